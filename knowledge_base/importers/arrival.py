"""What a file says, brought into the database: met with the places already known, all or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import cos, hypot, radians

from rapidfuzz.fuzz import token_sort_ratio
from sqlalchemy.ext.asyncio import AsyncConnection

from assistance.french import fold
from knowledge_base.importers.items import Found, Ignored, Reading
from knowledge_base.importers.reading import Faults
from knowledge_base.place_record import PlaceChecks, Record, parse_place
from knowledge_base.place_repository import PlacesReport, StoredPlace, fetch_places, import_places
from knowledge_base.territory import Territory

_SAME_DOOR_KM = 0.1
_SAME_NAME = 90  # of 100
_LITTLE_WORDS = {"a", "au", "aux", "d", "de", "des", "du", "en", "l", "la", "le", "les"}


@dataclass(frozen=True)
class Arrival:
    """What an import did, or would do: changes, what was set aside and why, and how many items are of elsewhere."""

    format: str
    report: PlacesReport
    ignored: tuple[Ignored, ...]
    elsewhere: int


async def bring_in(
    connection: AsyncConnection, reading: Reading, faults: Faults, territory: Territory, remove_absent: bool = False
) -> Arrival:
    """Bring the places of a file into the database, inside the caller's transaction.

    Raises ContentError when one of them, as it would then stand, is faulty: the caller's transaction is to be undone.
    """
    stored = await fetch_places(connection)
    checks = checks_of(territory)
    records: list[Record] = []
    taken: set[str] = set()
    ignored = list(reading.ignored)
    ours = _OtherPlaces(stored.values(), reading.format)
    for found in reading.found:
        outcome = _settle(found, stored, ours)
        if isinstance(outcome, Ignored):
            ignored.append(outcome)
            continue
        old = stored.get(outcome["id"])
        whole = {**old.record, **outcome} if old else outcome
        parse_place(whole, checks, partial(faults, found.number, found.written_id))
        if outcome["id"] in taken:
            faults(found.number, found.written_id, f"deux fois le même lieu : « {outcome['id']} »")
        taken.add(outcome["id"])
        records.append(outcome)
    faults.stop_if_any()
    known = {one.known_as for one in ignored}
    report = await import_places(connection, records, reading.format, remove_absent, known)
    return Arrival(reading.format, report, tuple(sorted(ignored, key=lambda one: one.number)), reading.elsewhere)


def checks_of(territory: Territory) -> PlaceChecks:
    """What a place of this territory is checked against."""
    return PlaceChecks({*territory.communes, *(one.code_insee for one in territory.outside)}, territory.communes)


def _settle(found: Found, stored: Mapping[str, StoredPlace], others: "_OtherPlaces") -> Record | Ignored:
    """The record to import, under the id the place is already known by, or why it is set aside."""
    # A blank says nothing, except of the hours: those of before would take the date of now.
    said = {name: value for name, value in found.record.items() if value or name == "horaires"}
    old = next((stored[one] for one in (found.record["id"], *found.former_ids) if one in stored), None)
    if old is None:
        if "type" not in said:
            return Ignored(found.number, found.written_id, "service d'une structure qui n'est pas dans la base")
        if twin := others.find_twin(said):
            return Ignored(found.number, found.written_id, f"déjà connu sous l'id « {twin} »", twin)
        return {"itinerant": "non", **said}
    known, given = old.record.get("source_date", ""), said.get("source_date", "")
    if given and known and given < known[: len(given)]:
        reason = f"plus ancien ({given}) que ce que Proche sait déjà ({known})"
        return Ignored(found.number, found.written_id, reason, old.id)
    same = {name for name, value in said.items() if _says_the_same(name, old.record.get(name, ""), value)}
    record = {**said, "id": old.id, **{name: old.record[name] for name in same}}
    if any(record.get(name, old.record.get(name)) != old.record.get(name) for name in ("latitude", "longitude")):
        record.setdefault("precision_coord", "")  # what was known of the former point
    return record


def _says_the_same(name: str, old: str, new: str) -> bool:
    """Whether two cells differ by their writing alone: "Mairie - Arras" is "Mairie d'Arras"."""
    if name == "telephone":
        return old.replace(" ", "") == new.replace(" ", "")
    return name in ("nom", "adresse") and _words(old) == _words(new)


def _words(text: str) -> list[str]:
    return [word for word in fold(text).split() if word not in _LITTLE_WORDS]


class _OtherPlaces:
    """The places that another source told us of, to know the same door again."""

    def __init__(self, stored: Iterable[StoredPlace], origin: str) -> None:
        self._by_kind: dict[tuple[str, str], list[StoredPlace]] = {}
        for one in stored:
            if one.origin != origin:
                key = (one.current.get("type", ""), one.current.get("code_insee", ""))
                self._by_kind.setdefault(key, []).append(one)

    def find_twin(self, record: Record) -> str | None:
        """The id of a place of the same kind and commune with the same phone, door or name."""
        rivals = self._by_kind.get((record["type"], record.get("code_insee", "")), ())
        return next((one.id for one in rivals if _is_same_door(one.current, record)), None)


def _is_same_door(one: Record, other: Record) -> bool:
    phone = one.get("telephone", "").replace(" ", "")
    # A short number (3230) is a whole network's.
    if len(phone) == 10 and phone == other.get("telephone", "").replace(" ", ""):
        return True
    km = _distance_km(one, other)
    if km is not None and km < _SAME_DOOR_KM:
        return True
    return token_sort_ratio(" ".join(_words(one.get("nom", ""))), " ".join(_words(other.get("nom", "")))) >= _SAME_NAME


def _distance_km(one: Record, other: Record) -> float | None:
    # A point that stands for the commune is nobody's door.
    if "commune" in (one.get("precision_coord"), other.get("precision_coord")):
        return None
    try:
        points = [float(place[name]) for place in (one, other) for name in ("latitude", "longitude")]
    except (KeyError, ValueError):
        return None
    lat, lon, other_lat, other_lon = points
    return 111.2 * hypot(lat - other_lat, (lon - other_lon) * cos(radians(lat)))
