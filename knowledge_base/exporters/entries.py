"""What every exporter receives."""

from collections.abc import Iterable
from dataclasses import dataclass

from assistance.lieu import Place
from knowledge_base.place_record import PlaceChecks, Record
from knowledge_base.place_repository import StoredPlace, parse_stored


@dataclass(frozen=True)
class Entry:
    """A place twice: parsed, and as written."""

    place: Place
    record: Record


def entries_of(stored: Iterable[StoredPlace], checks: PlaceChecks) -> tuple[list[Entry], list[str]]:
    """Return the places in the order of their ids, corrections applied, and the ids an edit has broken."""
    by_id = {one.id: one for one in stored}
    places, broken = parse_stored(by_id.values(), checks)
    return [Entry(place, by_id[place.id].current) for place in sorted(places, key=lambda one: one.id)], broken
