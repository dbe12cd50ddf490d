"""A file read whole, or refused with every fault: which format it is, what it holds for the Pas-de-Calais."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NoReturn

from assistance.errors import ContentError, Fault
from knowledge_base.importers import cells, data_inclusion, dila, france_services, mediation_numerique
from knowledge_base.importers.items import Found, Item, Reading, Report, Setting
from knowledge_base.importers.json_items import read_objects
from knowledge_base.importers.source_file import SourceFile, open_source, refuse
from knowledge_base.importers.table_items import read_table
from knowledge_base.place_record import LISTS, Record
from knowledge_base.territory import Territory

MAX_MB = 500
MAX_ITEMS = 500_000
MAX_FAULTS = 1_000
MAX_TEXT = 2_000  # characters of a cell of ours
MAX_ID = 120  # as in the table


@dataclass(frozen=True)
class Format:
    """How a format is recognised by the names in its first item, and read."""

    keys: frozenset[str]  # without which it cannot be read
    json: bool
    table: bool
    recognises: Callable[[frozenset[str]], bool]
    read: Callable[[Iterable[Item], Setting, Reading, Report], None]


FORMATS = {
    "dila": Format(dila.KEYS, True, False, dila.recognises, dila.read),
    "france-services": Format(france_services.KEYS, False, True, france_services.recognises, france_services.read),
    "mediation-numerique": Format(
        mediation_numerique.KEYS, False, True, mediation_numerique.recognises, mediation_numerique.read
    ),
    # Last: a digital help place has nearly all the names of a data·inclusion structure of old.
    "data-inclusion": Format(data_inclusion.KEYS, True, True, data_inclusion.recognises, data_inclusion.read),
}


class Faults:
    """The faults of one file, gathered rather than stopping at the first."""

    def __init__(self, path: Path, is_json: bool) -> None:
        self.path, self.is_json = path, is_json
        self.found: list[Fault] = []

    def __call__(self, number: int, written_id: str, reason: str) -> None:
        where = f"élément {number}, id « {written_id[:60]} » : " if self.is_json else ""
        self.found.append(Fault(str(self.path), number, where + reason))
        if len(self.found) >= MAX_FAULTS:
            raise ContentError([*self.found, Fault(str(self.path), number, f"arrêt après {MAX_FAULTS} fautes")])

    def stop_if_any(self) -> None:
        if self.found:
            raise ContentError(sorted(self.found, key=lambda one: one.line))

    def stop_at(self, error: ContentError) -> NoReturn:
        """Raise `error` with the faults found before it."""
        raise ContentError(list(dict.fromkeys([*self.found, *error.faults]))) from None


def read_places(
    path: Path, territory: Territory, today: date, format_name: str | None = None, max_mb: int = MAX_MB
) -> tuple[Reading, Faults]:
    """Return what the file holds, and where to tell the faults found later.

    Raises ContentError naming file, line (in JSON the rank of the object, and its id) and reason of every fault.
    """
    with open_source(path, max_mb) as source:
        is_json = source.starts_like_json()
        items = _counted(read_objects(source) if is_json else read_table(source), source)
        first = next(items, None)
        if first is None:
            raise refuse(path, 1, "le fichier ne contient aucun lieu")
        name = format_name or _recognised(first, source)
        _check_form(name, is_json, first, source)
        reading, faults = Reading(name), Faults(path, is_json)
        setting = Setting(territory, today, _date_in(path.name))
        try:
            FORMATS[name].read(chain([first], items), setting, reading, faults)
        except ContentError as error:  # the file cannot be read further; what was found before is told too
            faults.stop_at(error)
        _check_records(reading.found, faults)
        faults.stop_if_any()
        if not reading.found:
            raise refuse(path, 1, _nothing_found(reading))
        return reading, faults


def _counted(items: Iterable[Item], source: SourceFile) -> Iterator[Item]:
    for count, item in enumerate(items, 1):
        if count > MAX_ITEMS:
            raise refuse(source.path, item.number, f"plus de {MAX_ITEMS} lignes ou éléments")
        yield item


def _recognised(first: Item, source: SourceFile) -> str:
    keys = frozenset(first.values)
    for name, one in FORMATS.items():
        if one.recognises(keys):
            return name
    reason = f"format non reconnu ({', '.join(FORMATS)}) ; le préciser par --format"
    raise refuse(source.path, 1, reason)


def _check_form(name: str, is_json: bool, first: Item, source: SourceFile) -> None:
    one = FORMATS[name]
    if not (one.json if is_json else one.table):
        raise refuse(source.path, 1, f"le format {name} est un fichier {'CSV' if is_json else 'JSON'}")
    if missing := sorted(one.keys - set(first.values)):
        raise refuse(source.path, 1, f"{'champs absents' if is_json else 'colonnes absentes'} : {', '.join(missing)}")


def _nothing_found(reading: Reading) -> str:
    example = f" ; par exemple {reading.ignored[0].reason}" if reading.ignored else ""
    counts = f"{reading.elsewhere} ailleurs, {len(reading.ignored)} d'un autre type{example}"
    return f"aucun lieu du Pas-de-Calais d'un type que Proche connaît ({counts}) ; format lu : {reading.format}"


def _date_in(name: str) -> date | None:
    match = re.search(r"(20\d\d)-?(\d\d)-?(\d\d)", name)
    return cells.day("-".join(match.groups())) if match else None


def _check_records(found: list[Found], faults: Faults) -> None:
    """What no format may hold: the same id twice, characters no one types, texts without end."""
    times = Counter(one.record["id"] for one in found)
    for one in found:
        if times[one.record["id"]] > 1:
            faults(one.number, one.written_id, f"l'id « {one.record['id'][:60]} » est écrit deux fois")
        if len(one.record["id"]) > MAX_ID:
            faults(one.number, one.written_id, f"« id » : plus de {MAX_ID} caractères")
        for name, value in _texts(one.record):
            if cells.has_control(value):
                faults(one.number, one.written_id, f"« {name} » : caractère de contrôle")
            if len(value) > MAX_TEXT:
                faults(one.number, one.written_id, f"« {name} » : plus de {MAX_TEXT} caractères")


def _texts(record: Record) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if name in LISTS:
            yield from ((name, text) for row in value for text in row.values())
        else:
            yield name, value
