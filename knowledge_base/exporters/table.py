"""Our places as a table: for people (a French spreadsheet opens it) or for machines."""

import csv
import io
import unicodedata
from collections.abc import Iterable

from knowledge_base.exporters.entries import Entry
from knowledge_base.place_record import CELLS

_DECIMAL = {"latitude", "longitude"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def write_table(entries: Iterable[Entry], for_machines: bool = False) -> str:
    """Return the CSV of the cells: `,` for machines; `;`, a byte order mark and decimal commas for people.

    For people, a cell that a spreadsheet would compute begins with an apostrophe.
    """
    out = io.StringIO(newline="")
    if not for_machines:
        out.write("\ufeff")
    writer = csv.writer(out, delimiter="," if for_machines else ";", lineterminator="\r\n")
    writer.writerow(CELLS)
    for entry in entries:
        cells = {name: str(entry.record.get(name) or "") for name in CELLS}
        writer.writerow(cells.values() if for_machines else [_for_people(*cell) for cell in cells.items()])
    return out.getvalue()


def _for_people(name: str, value: str) -> str:
    return value.replace(".", ",") if name in _DECIMAL else neutralise(value)


def neutralise(value: str) -> str:
    """Return `value` such that no spreadsheet computes it.

    >>> neutralise("=1+1"), neutralise("Mairie")
    ("'=1+1", 'Mairie')
    """
    # Full-width twins (＝) are signs too, for some spreadsheets; what is already quoted is quoted again, to be undone.
    plain = unicodedata.normalize("NFKC", value).lstrip(" ")
    return f"'{value}" if plain.startswith(_FORMULA) or value.startswith("'") else value
