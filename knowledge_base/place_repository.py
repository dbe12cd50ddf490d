"""Places in the database: brought to what a source says, all or nothing; corrections made by hand are kept."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from assistance.lieu import Place
from knowledge_base.place_record import PlaceChecks, Record, parse_place
from knowledge_base.tables import lieu_table

DEPOT = "depot"  # the origin of what stands in data/territoire

Change = tuple[Any, Any]  # before and after


@dataclass(frozen=True)
class StoredPlace:
    """One row: what its source says, and what people corrected."""

    id: str
    origin: str
    record: Record
    corrections: Record

    @property
    def current(self) -> Record:
        """The record as it is served: corrections win."""
        return {**self.record, **self.corrections}


@dataclass(frozen=True)
class PlacesReport:
    """What an import changes, or would change on a dry run. Cells by name, before and after."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, Change]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    corrected: dict[str, dict[str, Change]] = field(default_factory=dict)  # the source moved, the correction stays
    unchanged: list[str] = field(default_factory=list)


async def fetch_places(connection: AsyncConnection) -> dict[str, StoredPlace]:
    """Every place by id."""
    rows = (await connection.execute(select(lieu_table).order_by(lieu_table.c.id))).all()
    return {row.id: StoredPlace(row.id, row.origin, row.record, row.corrections) for row in rows}


async def import_places(
    connection: AsyncConnection,
    records: Iterable[Record],
    origin: str,
    remove_absent: bool = False,
    known: Container[str] = (),
) -> PlacesReport:
    """Bring the database to `records`, inside the caller's transaction.

    A record speaks for the cells it has: the others (permanences, services, languages added by ourselves) stay as
    they were. What an import said last is not undone by the repository's files (DEPOT). `remove_absent` removes the
    places of this origin that are not among the records, nor among the ids `known` to the source under another form.
    """
    report = PlacesReport()
    stored = await fetch_places(connection)
    given = {record["id"]: record for record in records}
    now = datetime.now(UTC)
    added = [record for place_id, record in given.items() if place_id not in stored]
    if added:
        rows = [
            {"id": record["id"], "origin": origin, "record": record, "corrections": {}, "updated_at": now}
            for record in added
        ]
        await connection.execute(insert(lieu_table), rows)
        report.added.extend(record["id"] for record in added)
    for place_id in sorted(given.keys() & stored.keys()):
        await _renew(connection, report, stored[place_id], given[place_id], origin, now)
    if remove_absent:
        gone = (old.id for old in stored.values() if old.origin == origin and old.id not in given)
        report.removed.extend(place_id for place_id in gone if place_id not in known)
        await connection.execute(delete(lieu_table).where(lieu_table.c.id.in_(report.removed)))
    return report


async def _renew(
    connection: AsyncConnection, report: PlacesReport, old: StoredPlace, record: Record, origin: str, now: datetime
) -> None:
    """Update a place that is already there, where its source says something new."""
    changes = {
        name: (old.record.get(name, ""), value)
        for name, value in record.items()
        if (old.record.get(name) or "") != (value or "")
    }
    if not changes or (origin == DEPOT != old.origin):
        report.unchanged.append(old.id)
        return
    shadowed = {name: change for name, change in changes.items() if name in old.corrections}
    if shadowed:
        report.corrected[old.id] = shadowed
    if visible := {name: change for name, change in changes.items() if name not in shadowed}:
        report.changed[old.id] = visible
    values = {"record": {**old.record, **record}, "origin": origin, "updated_at": now}
    await connection.execute(update(lieu_table).where(lieu_table.c.id == old.id).values(values))


async def correct_place(connection: AsyncConnection, place_id: str, corrections: Mapping[str, Any]) -> None:
    """Set cells of a place by hand, inside the caller's transaction; a cell set to None follows its source again.

    The caller has parsed the result. Raises KeyError when there is no such place.
    """
    row = (await connection.execute(select(lieu_table).where(lieu_table.c.id == place_id))).one_or_none()
    if row is None:
        raise KeyError(place_id)
    kept = {name: value for name, value in {**row.corrections, **corrections}.items() if value is not None}
    values = {"corrections": kept, "updated_at": datetime.now(UTC)}
    await connection.execute(update(lieu_table).where(lieu_table.c.id == place_id).values(values))


def parse_stored(stored: Iterable[StoredPlace], checks: PlaceChecks) -> tuple[tuple[Place, ...], list[str]]:
    """Return the places, and the ids of those that an edit has broken: left out rather than shown wrong."""
    places, broken = [], []
    for one in stored:
        faults: list[str] = []
        place = parse_place(one.current, checks, faults.append)
        if faults:
            broken.append(one.id)
        else:
            places.append(place)
    return tuple(places), broken
