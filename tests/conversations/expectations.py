"""What a turn should bring, checked against the messages that came."""

from collections.abc import Callable
from typing import Any

from assistance.french import fold

Messages = list[dict[str, Any]]


def find_faults(expect: dict[str, Any], messages: Messages) -> list[str]:
    """Return what differs, one sentence each.

    Silence is always a fault, and so is an alarm in a turn that does not expect one.
    """
    if not messages:
        return ["no answer"]
    wanted = {"danger": None, **expect}
    faults = (_CHECKS[name](value, messages) for name, value in wanted.items() if name != "status")
    return [fault for fault in faults if fault]


def show(messages: Messages) -> str:
    """The messages in short, for the reader of a failure."""
    lines = []
    for message in messages:
        lines.append(f"  | {message['text'][:300]!r}")
        marks = {
            "fiches": _slugs([message]),
            "lieux": [lieu["id"] for lieu in message["lieux"]],
            "choices": _titles([message]),
            "danger": message["danger"],
            "urgent": _numbers([message]),
            "handoff": message["handoff"] and message["handoff"]["state"],
        }
        lines += [f"  |   {name}: {value}" for name, value in marks.items() if value]
    return "\n".join(lines)


def _slugs(messages: Messages) -> list[str]:
    return [card["slug"] for message in messages for card in message["fiches"]]


def _places(messages: Messages) -> list[dict[str, Any]]:
    return [lieu for message in messages for lieu in message["lieux"]]


def _titles(messages: Messages) -> list[str]:
    return [choice["title"] for message in messages for choice in message["choices"]]


def _numbers(messages: Messages) -> list[str]:
    return [line["number"] for message in messages for line in message["urgent"]]


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is(lieu: dict[str, Any], wanted: str) -> bool:
    """Whether a place is the one wanted, said by its id or by a part of its name."""
    return lieu["id"] == wanted or f" {fold(wanted)} " in f" {fold(lieu['name'])} "


def _fiche(slug: str, messages: Messages) -> str | None:
    """This fiche and no other: neither a list of close subjects nor a second answer."""
    shown = list(dict.fromkeys(_slugs(messages)))
    return None if shown == [slug] else f"fiche {slug} wanted, {shown} shown"


def _fiches(slugs: list[str], messages: Messages) -> str | None:
    """A fiche for each of several needs, in any order, and no other."""
    shown = set(_slugs(messages))
    return None if shown == set(slugs) else f"fiches {slugs} wanted, {sorted(shown)} shown"


def _proposes(slugs: Any, messages: Messages) -> str | None:
    missing = [slug for slug in _all(slugs) if slug not in _slugs(messages)]
    return f"{missing} not proposed" if missing else None


def _not_fiche(slugs: Any, messages: Messages) -> str | None:
    shown = [slug for slug in _all(slugs) if slug in _slugs(messages)]
    return f"{shown} shown" if shown else None


def _no_fiche(_: Any, messages: Messages) -> str | None:
    return f"fiches {_slugs(messages)} shown" if _slugs(messages) else None


def _says(parts: Any, messages: Messages) -> str | None:
    text = fold(" ".join(message["text"] for message in messages))
    missing = [part for part in _all(parts) if fold(str(part)) not in text]
    return f"{missing} not said" if missing else None


def _not_says(parts: Any, messages: Messages) -> str | None:
    text = fold(" ".join(message["text"] for message in messages))
    said = [part for part in _all(parts) if fold(str(part)) in text]
    return f"{said} said" if said else None


def _place(wanted: Any, messages: Messages) -> str | None:
    shown = _places(messages)
    missing = [one for one in _all(wanted) if not any(_is(lieu, one) for lieu in shown)]
    return f"places {missing} wanted, {[lieu['id'] for lieu in shown]} shown" if missing else None


def _first_place(wanted: str, messages: Messages) -> str | None:
    shown = _places(messages)
    if shown and _is(shown[0], wanted):
        return None
    return f"first place {wanted} wanted, {[lieu['id'] for lieu in shown]} shown"


def _no_place(_: Any, messages: Messages) -> str | None:
    shown = [lieu["id"] for lieu in _places(messages)]
    return f"places {shown} shown" if shown else None


def _choices(wanted: Any, messages: Messages) -> str | None:
    titles = [fold(title) for title in _titles(messages)]
    missing = [one for one in _all(wanted) if not any(fold(one) in title for title in titles)]
    return f"choices {missing} missing among {titles}" if missing else None


def _danger(wanted: dict[str, str] | None, messages: Messages) -> str | None:
    """The alarm of the first message, field by field; None: no alarm anywhere in the turn."""
    found = next((message["danger"] for message in messages if message["danger"]), None)
    if wanted is None:
        return f"alarm {found}" if found else None
    first = messages[0]["danger"] or {}
    return None if wanted.items() <= first.items() else f"danger {wanted} wanted, {first or found} found"


def _urgent(numbers: list[str], messages: Messages) -> str | None:
    """The first numbers of the first message, in the order in which to call."""
    found = _numbers(messages[:1])[: max(len(numbers), 1)]
    return None if found == numbers else f"numbers {numbers} wanted, {found} found"


def _handoff(state: str | None, messages: Messages) -> str | None:
    found = [message["handoff"]["state"] for message in messages if message["handoff"]]
    return None if found == ([state] if state else []) else f"handoff {state} wanted, {found} found"


def _count(number: int, messages: Messages) -> str | None:
    return None if len(messages) == number else f"{number} messages wanted, {len(messages)} came"


_CHECKS: dict[str, Callable[[Any, Messages], str | None]] = {
    "fiche": _fiche,
    "fiches": _fiches,
    "proposes": _proposes,
    "not_fiche": _not_fiche,
    "no_fiche": _no_fiche,
    "says": _says,
    "not_says": _not_says,
    "place": _place,
    "first_place": _first_place,
    "no_place": _no_place,
    "choices": _choices,
    "danger": _danger,
    "urgent": _urgent,
    "handoff": _handoff,
    "count": _count,
}
