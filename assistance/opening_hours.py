"""Opening hours in OpenStreetMap's syntax: their state at a moment in Paris, and how to say them in French."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

PARIS = ZoneInfo("Europe/Paris")

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_HORIZON = timedelta(days=120)  # longer than any seasonal closure; an opening further away is not worth saying
_RULE = re.compile(r"(?P<days>(?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)[-, ]*)*)(?P<times>[\d:,\- ]*|off|closed)")
_TIME = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")


@dataclass(frozen=True)
class OpeningState:
    """What is certain at a moment: times are aware, Europe/Paris.

    `open_now` is None when the hours do not tell (days without times, "unknown"). `closes_at` is None when
    closed or never closing; `next_opening` is None when open or when nothing opens within four months.
    """

    open_now: bool | None
    closes_at: datetime | None = None
    next_opening: datetime | None = None


_UNKNOWN = OpeningState(open_now=None)


def is_valid(hours: str) -> bool:
    """Whether `hours` is OSM syntax; the empty text is not."""
    return validate(hours)


def is_plausible(hours: str) -> bool:
    """Whether every span of a counter's hours ends after it starts, before midnight: "17:00-09:00" is a slip.

    Round-the-clock hours ("24/7", "00:00-24:00") are plausible.
    """
    spans = [[int(part) for part in span] for span in _TIME.findall(hours)]
    return all((start, start_min) < (end, end_min) <= (24, 0) for start, start_min, end, end_min in spans)


def with_closures(hours: str, closures: Iterable[tuple[date, date]]) -> str:
    """Return `hours` without the days of `closures` (first and last day); "" stays "".

    The last rule wins in opening_hours: closures go to the end.
    """
    if not hours:
        return ""
    return "; ".join([hours, *(f"{_day(start)}-{_day(end)} off" for start, end in closures)])


def _day(day: date) -> str:
    return f"{day.year} {_MONTHS[day.month - 1]} {day.day:02d}"


def state(hours: str, at: datetime) -> OpeningState:
    """Return the state of `hours` at the aware moment `at`, French public holidays included.

    On a public holiday everything is closed, unless the hours name holidays (PH) or serve seven days a week.
    Raises ValueError when `hours` is not OSM syntax.
    """
    parsed = _parse(hours)
    if parsed is None:
        return _UNKNOWN
    now = at.astimezone(PARIS)
    current, _ = parsed.state(now)
    if current == State.OPEN:
        return OpeningState(open_now=True, closes_at=_end_of_opening(parsed, now))
    if current == State.CLOSED:
        return OpeningState(open_now=False, next_opening=_next_opening(parsed, now))
    return _UNKNOWN


def is_open(hours: str, at: datetime) -> bool | None:
    """Whether it is open at the aware moment `at`; None when the hours do not tell. Raises ValueError as `state`."""
    parsed = _parse(hours)
    current = parsed.state(at.astimezone(PARIS))[0] if parsed else None
    return {State.OPEN: True, State.CLOSED: False}.get(current) if current is not None else None


def spans_on(hours: str, day: date) -> list[tuple[datetime, datetime]] | None:
    """Return when it is open on `day` in Paris, as (start, end); None when the hours do not tell.

    Raises ValueError when `hours` is not OSM syntax.
    """
    parsed = _parse(hours)
    if parsed is None:
        return None
    morning = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    intervals = list(parsed.intervals(morning, morning + timedelta(days=1)))
    if any(status not in (State.OPEN, State.CLOSED) for _, _, status, _ in intervals):
        return None
    return [(start, end) for start, end, status, _ in intervals if status == State.OPEN and end is not None]


@lru_cache(maxsize=4096)
def _parse(hours: str) -> OpeningHours | None:
    """Return None for days without times ("Mo-Fr"): the library reads them as open day and night, nobody is."""
    if not validate(hours):
        raise ValueError("not in opening_hours syntax")
    if any(not times for _, times in _rules(hours) or ()):
        return None
    # Last rule wins, hence at the end. A service that names Sunday or no day at all works seven days a week.
    rules = hours if "PH" in hours or _is_daily(hours) else f"{hours}; PH off"
    return OpeningHours(rules, timezone=PARIS, country="FR")


def _is_daily(hours: str) -> bool:
    rules = _rules(hours)
    if rules is None:
        return hours == "24/7"
    return {day for days, times in rules if times for day in days} >= set(_DAYS)


def _horizon(now: datetime) -> datetime:
    """Counted in UTC: in Paris it might fall in the hour that does not exist, one night in March."""
    return (now.astimezone(UTC) + _HORIZON).astimezone(PARIS)


def _end_of_opening(parsed: OpeningHours, now: datetime) -> datetime | None:
    # Two openings may touch (a comment changes, midnight passes): the door closes at the end of the last.
    end: datetime | None = None
    for _, stop, status, _ in parsed.intervals(now, _horizon(now)):
        if status != State.OPEN:
            return end
        end = stop
    return None


def _next_opening(parsed: OpeningHours, now: datetime) -> datetime | None:
    for start, _, status, _ in parsed.intervals(now, _horizon(now)):
        if status == State.OPEN:
            return start
    return None


@lru_cache(maxsize=4096)
def in_words(hours: str) -> str:
    """Return the hours as a French resident reads them; "" when they cannot be said simply.

    >>> in_words("Mo-Fr 08:30-12:00,13:30-17:00")
    'du lundi au vendredi de 8h30 à 12h et de 13h30 à 17h'
    """
    if hours == "24/7":
        return "tous les jours, 24 heures sur 24"
    rules = _rules(hours)
    if not rules:
        return ""
    return " ; ".join(f"{_say_days(days)} {times}".strip() for days, times in _merged(rules)).strip()


def _rules(hours: str) -> list[tuple[tuple[str, ...], str]] | None:
    """Return each rule as its days and its times in French ("" for none); None beyond days and times."""
    found = []
    for rule in hours.split(";"):
        match = _RULE.fullmatch(rule.strip())
        if match is None or not rule.strip():
            return None
        days = _expand(match["days"].replace(" ", "")) if match["days"].strip() else _DAYS
        found.append((days, _say_times(match["times"].strip())))
    return found


def _expand(days: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in days.rstrip(",").split(","):
        first, _, last = part.partition("-")
        if first == "PH" or not last:
            found.append(first)
            continue
        start, stop = _DAYS.index(first), _DAYS.index(last)
        found += [_DAYS[day % 7] for day in range(start, stop + 1 if stop >= start else stop + 8)]
    return tuple(found)


def _say_times(times: str) -> str:
    if times in ("off", "closed"):
        return "fermé"
    spans = _TIME.findall(times)
    return " et ".join(_say_span(*span) for span in spans)


def _say_span(hour: str, minute: str, end_hour: str, end_minute: str) -> str:
    if (hour, end_hour) == ("00", "24"):
        return "toute la journée"
    end = "minuit" if end_hour in ("00", "24") and end_minute == "00" else _say_time(end_hour, end_minute)
    return f"de {_say_time(hour, minute)} à {end}"


def _say_time(hour: str, minute: str) -> str:
    return f"{int(hour)}h{minute}" if minute != "00" else f"{int(hour)}h"


def _merged(rules: Iterable[tuple[tuple[str, ...], str]]) -> list[tuple[tuple[str, ...], str]]:
    """Say once the days that keep the same times."""
    by_times: dict[str, tuple[str, ...]] = {}
    for days, times in rules:
        by_times[times] = by_times.get(times, ()) + days
    return [(days, times) for times, days in by_times.items()]


def _say_days(days: tuple[str, ...]) -> str:
    numbers = sorted(_DAYS.index(day) for day in set(days) if day != "PH")
    parts = ["tous les jours"] if len(numbers) == 7 else [part for run in _runs(numbers) for part in _say_run(run)]
    if "PH" in days:
        parts.append("les jours fériés")
    return " et ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _runs(numbers: list[int]) -> list[list[int]]:
    runs = [numbers[:1]] if numbers else []
    for before, number in pairwise(numbers):
        if number == before + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _say_run(run: list[int]) -> list[str]:
    if len(run) > 2:
        return [f"du {_FRENCH_DAYS[run[0]]} au {_FRENCH_DAYS[run[-1]]}"]
    return [f"le {_FRENCH_DAYS[day]}" for day in run]
