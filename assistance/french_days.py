"""The day a sentence speaks of: "samedi", "demain", "le 14 juillet"."""

import re
from datetime import date, timedelta

from assistance.french import fold

_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip
_NEAR = {"apres demain": 2, "demain": 1, "aujourd hui": 0, "ce matin": 0, "cet apres midi": 0, "ce soir": 0}
_FEASTS = {"noel": (12, 25), "reveillon": (12, 24), "nouvel an": (1, 1), "jour de l an": (1, 1), "toussaint": (11, 1)}
_DATED = re.compile(rf"\b(1er|\d{{1,2}}) ({'|'.join(_MONTHS)})\b")
_NAMED = re.compile(rf"\b({'|'.join(_WEEKDAYS)})s?\b")


def find_day(text: str, today: date) -> date | None:
    """Return the next such day, today included; the Saturday of "ce week-end"; None when no day is said."""
    folded = fold(text)
    if dated := _DATED.search(folded):
        return _next(today, _MONTHS.index(dated[2]) + 1, int(dated[1].removesuffix("er")))
    for words, (month, day) in _FEASTS.items():
        if re.search(rf"\b{words}\b", folded):
            return _next(today, month, day)
    for words, days in _NEAR.items():
        if re.search(rf"\b{words}\b", folded):
            return today + timedelta(days=days)
    named = _NAMED.search(folded)
    weekday = _WEEKDAYS.index(named[1]) if named else 5 if re.search(r"\bweek ?end\b", folded) else None
    return None if weekday is None else today + timedelta(days=(weekday - today.weekday()) % 7)


def _next(today: date, month: int, day: int) -> date | None:
    try:
        this_year = today.replace(month=month, day=day)
        return this_year if this_year >= today else this_year.replace(year=today.year + 1)
    except ValueError:
        return None
