"""Hours as public files write them, day by day, brought to OpenStreetMap's syntax."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
FRENCH_DAYS = dict(zip(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), DAYS, strict=True))

Span = tuple[str, str]  # "08:30", "12:00"

_TIME = r"(\d{1,2})\s*(?:[h:](?:\s*(\d{2}))?(?::\d{2})?)"
_SPAN = re.compile(rf"(?:de\s+)?{_TIME}\s*(?:-|–|—|à)\s*{_TIME}", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:/|,|;|et|puis)\s*", re.IGNORECASE)
_NOTHING = re.compile(r"(?:|ferm[ée]e?|-|–|néant)", re.IGNORECASE)


class HoursNotUnderstoodError(ValueError):
    """The message says in French what is wrong."""


def parse_spans(words: str) -> list[Span]:
    """Return the openings of one day.

    >>> parse_spans("08h30-12h / 13:30 - 17:00")
    [('08:30', '12:00'), ('13:30', '17:00')]

    Raises HoursNotUnderstoodError for words that are no hours, or hours that do not exist.
    """
    if _NOTHING.fullmatch(words.strip()):
        return []
    spans = []
    for part in _BETWEEN.split(words.strip()):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise HoursNotUnderstoodError(f"horaires non compris : « {words[:60]} »")
        start, end = _time(match[1], match[2]), _time(match[3], match[4])
        if (start, end) != ("00:00", "00:00"):  # how the France services list writes "no opening"
            spans.append((start, end))
    return _ordered(spans)


def _time(hour: str, minute: str | None) -> str:
    if int(hour) > 24 or int(minute or 0) > 59 or (int(hour) == 24 and int(minute or 0)):
        raise HoursNotUnderstoodError(f"l'heure « {hour}:{minute or '00'} » n'existe pas")
    return f"{int(hour):02d}:{minute or '00'}"


def _ordered(spans: Sequence[Span]) -> list[Span]:
    found = sorted(set(spans))
    for start, end in found:
        if start >= end:
            raise HoursNotUnderstoodError(f"horaires qui finissent avant de commencer : {start}-{end}")
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise HoursNotUnderstoodError(f"horaires qui se chevauchent : {end} et {start}")
    return found


def write_hours(week: Mapping[str, Sequence[Span]]) -> str:
    """Return the OSM text of a week; "" when no day opens.

    >>> write_hours({"Mo": [("09:00", "12:00")], "Tu": [("09:00", "12:00")], "Th": [("14:00", "17:00")]})
    'Mo-Tu 09:00-12:00; Th 14:00-17:00'
    """
    times = {day: ",".join(f"{start}-{end}" for start, end in _ordered(week.get(day, ()))) for day in DAYS}
    rules, first = [], 0
    while first < len(DAYS):
        last = first
        while last + 1 < len(DAYS) and times[DAYS[last + 1]] == times[DAYS[first]]:
            last += 1
        if times[DAYS[first]]:
            days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
            rules.append(f"{days} {times[DAYS[first]]}")
        first = last + 1
    return "; ".join(rules)
