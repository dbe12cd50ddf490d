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


def names_place_we_lack(text: str) -> bool:
    """Whether `text` names a kind of place that is in no table, and none that is."""
    pattern, kinds = _words()
    named = pattern.findall(fold(text))
    return bool(named) and not any(kinds[word] for word in named)


def without_kinds(text: str) -> str:
    """Return `text` folded, without the words that name a place."""
    return _words()[0].sub(" ", fold(text))


def find_kinds(text: str) -> tuple[str, ...]:
    """Return the kinds of the place that `text` names, the one to try first first; empty when it names none."""
    pattern, kinds = _words()
    named = [kinds[match] for match in pattern.findall(fold(text))]
    return tuple(dict.fromkeys(kind for group in named for kind in group))
