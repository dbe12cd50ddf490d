"""The rows of a CSV file, one at a time; a comma or a semicolon between cells, as the heading says."""

import csv
from collections.abc import Iterator

from knowledge_base.importers.items import Item
from knowledge_base.importers.source_file import SourceFile, refuse

MAX_CELL = 100_000  # characters


def read_table(source: SourceFile) -> Iterator[Item]:
    """Yield every row as an Item numbered by its line; raises ContentError at the first that is no row."""
    csv.field_size_limit(MAX_CELL)
    lines = _lines(source)
    heading = next(lines, "")
    delimiter = _delimiter(source, heading)
    names = [name.strip() for name in next(csv.reader([heading], delimiter=delimiter))]
    if len(set(names)) != len(names):
        raise refuse(source.path, 1, "deux colonnes ont le même nom")
    reader, start, empty = csv.reader(lines, delimiter=delimiter, strict=True), 2, True
    try:
        for cells in reader:
            source.rest()
            if cells:
                if len(cells) != len(names):
                    raise refuse(source.path, start, f"la ligne a {len(cells)} cases, l'en-tête {len(names)}")
                empty = False
                yield Item(start, "", dict(zip(names, cells, strict=True)))
            start = reader.line_num + 2
    except csv.Error:
        reason = (
            f"la ligne est mal formée : autre séparateur, guillemet non fermé, ou case de plus de {MAX_CELL} caractères"
        )
        raise refuse(source.path, start, reason) from None
    if empty:
        raise refuse(source.path, 1, "le fichier n'a que son en-tête, aucune ligne")


def _lines(source: SourceFile) -> Iterator[str]:
    while line := source.readline():
        yield line.decode("utf-8")


def _delimiter(source: SourceFile, heading: str) -> str:
    if "," in heading and ";" in heading:
        raise refuse(source.path, 1, "l'en-tête mêle virgules et points-virgules")
    return ";" if ";" in heading else ","
