"""French as it is printed: spaces that do not break, telephone numbers, days and hours."""

import re
from datetime import date, datetime
from urllib.parse import urlsplit

from assistance.opening_hours import PARIS

NBSP = "\N{NO-BREAK SPACE}"
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_SPACE_BEFORE = re.compile(r" (?=[;:!?»%€])")
_SPACE_AFTER = re.compile(r"(?<=«) ")
_SPACE_INSIDE = re.compile(r"(?<=\d) (?=\d|km\b|h\b)")


def typeset(text: str) -> str:
    """Return `text` with no-break spaces where French wants them.

    >>> typeset("« Oui » : 03 21").count(NBSP)
    4
    """
    for space in (_SPACE_BEFORE, _SPACE_AFTER, _SPACE_INSIDE):
        text = space.sub(NBSP, text)
    return text


def dial(number: str) -> str:
    """The digits to dial.

    >>> dial("03 21 21 62 16")
    '0321216216'
    """
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")


def say_day(day: date) -> str:
    """A day in words: "1er août 2024"."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {_MONTHS[day.month - 1]} {day.year}".replace(" ", NBSP)


def say_hour(moment: datetime) -> str:
    """An hour in Paris: "à 17 h 30"."""
    local = moment.astimezone(PARIS)
    return f"à {local.hour} h" + (f" {local.minute:02d}" if local.minute else "")


def say_moment(moment: datetime, now: datetime) -> str:
    """A moment near `now`, in Paris: "demain à 9 h"."""
    day = moment.astimezone(PARIS).date()
    gap = (day - now.astimezone(PARIS).date()).days
    if gap in (0, 1):
        return f"{('aujourd’hui', 'demain')[gap]} {say_hour(moment)}"
    named = f"{_DAYS[day.weekday()]} {say_day(day).rpartition(NBSP)[0]}"
    return f"{named} {say_hour(moment)}"


def say_sentence(text: str) -> str:
    """Return `text` with a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def say_km(distance_km: float) -> str:
    return f"{distance_km:.0f}" if distance_km >= 10 else f"{distance_km:.1f}".replace(".", ",")


def say_host(url: str) -> str:
    """The site a link leads to: "caf.fr"."""
    return urlsplit(url).netloc.removeprefix("www.")
