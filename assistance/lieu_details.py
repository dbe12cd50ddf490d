"""The detail of a place that a sentence asks for: hours, distance, the way without a car…"""

import re
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

from assistance.french import fold
from assistance.french_days import find_day

_TABLE = Path(__file__).parent / "lieu_details.yml"
_ANY_DAY = date(2026, 1, 1)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return tuple((row["detail"], re.compile(rf"\b(?:{'|'.join(map(_as_pattern, row['words']))})\b")) for row in rows)


def _as_pattern(word: str) -> str:
    return word.replace("*", r"\w*")


def find_detail(text: str) -> str | None:
    """Return the detail that `text` asks for: a key of lieu_details.yml; a day alone asks for the hours."""
    folded = fold(text)
    found = next((detail for detail, pattern in _patterns() if pattern.search(folded)), None)
    return found or ("hours" if find_day(text, _ANY_DAY) else None)


def without_details(text: str) -> str:
    """Return `text` folded, without the words that ask for a detail: what is left may name a subject."""
    folded = fold(text)
    for _, pattern in _patterns():
        folded = pattern.sub(" ", folded)
    return " ".join(folded.split())
