"""The kinds of place named in a resident's words."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from assistance.french import fold

_TABLE = Path(__file__).parent / "lieu_words.yml"


@lru_cache(maxsize=1)
def _words() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    rows = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    kinds = {word: tuple(row["kinds"]) for row in rows for word in row["words"]}
    longest_first = sorted(kinds, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b"), kinds


def find_kinds(text: str) -> tuple[str, ...]:
    """Return the kinds of the place that `text` names, the one to try first first; empty when it names none."""
    pattern, kinds = _words()
    named = [kinds[match] for match in pattern.findall(fold(text))]
    return tuple(dict.fromkeys(kind for group in named for kind in group))
