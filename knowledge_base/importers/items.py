"""What an importer receives and gives back, whatever the file: an item as written, a record as we write it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from knowledge_base.importers import cells
from knowledge_base.place_record import Record
from knowledge_base.territory import Territory

FRESH_MONTHS = 36  # beyond, a fact is shown "à confirmer", as in data/territoire


@dataclass(frozen=True)
class Item:
    """One row of a CSV file or one object of a JSON file, before anyone has judged it."""

    number: int  # the line in a CSV file, the rank (from 1) in a JSON file
    group: str  # the list it stands in: "structures", "services", "service", "" at the top or in a table
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """A place of the file: the cells it speaks for, and where to look when they are faulty.

    `former_ids` are the ids under which the same place may already be known.
    """

    number: int
    written_id: str  # as in the file
    record: Record
    former_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ignored:
    """An item set aside, and why, in French."""

    number: int
    written_id: str
    reason: str
    known_as: str = ""  # our id of the place, when it is known already


@dataclass(frozen=True)
class Setting:
    """What a conversion may know beside the item."""

    territory: Territory
    today: date
    file_date: date | None  # the day written in the file's name, for formats whose rows have none

    def is_fresh(self, day: date | None) -> bool:
        """Whether a fact of that day is less than FRESH_MONTHS old."""
        if day is None or day > self.today:
            return False
        months = (self.today.year - day.year) * 12 + self.today.month - day.month - (self.today.day < day.day)
        return months < FRESH_MONTHS

    def dated(self, record: Record, written: Any) -> Record:
        """Return `record` with its day, and whether it is to confirm."""
        day = written if isinstance(written, date) else cells.day(written)
        to_confirm = "non" if self.is_fresh(day) else "oui"
        # A date that is none stays as written, for the check to refuse.
        return {**record, "source_date": day.isoformat() if day else cells.text(written)[:60], "a_verifier": to_confirm}


@dataclass
class Reading:
    """What a file holds for the Pas-de-Calais; items of elsewhere are only counted."""

    format: str
    found: list[Found] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    elsewhere: int = 0


Report = Callable[[int, str, str], None]  # number, id as written, reason in French


def is_of_the_departement(code_insee: str, code_postal: str) -> bool:
    """Whether an item is of the Pas-de-Calais, by its INSEE code or else by its postcode."""
    return (code_insee or code_postal).lstrip().startswith("62")
