"""The rows of a CSV file, one at a time; a comma or a semicolon between cells, as the heading says."""

import csv
from collections.abc import Iterator
from itertools import chain

from knowledge_base.importers.items import Item
from knowledge_base.importers.source_file import SourceFile, refuse

MAX_CELL = 100_000  # characters


def read_table(source: SourceFile) -> Iterator[Item]:
    """Yield every row as an Item numbered by its line; raises ContentError at the first that is no row."""
    csv.field_size_limit(MAX_CELL)
    lines = _lines(source)
    heading = next(lines, "")
    delimiter = _delimiter(source, heading)
    rows = _rows(source, chain([heading], lines), delimiter)
    _, written = next(rows)
    names = [name.strip() for name in written]
    if len(set(names)) != len(names):
        raise refuse(source.path, 1, "deux colonnes ont le même nom")
    empty = True
    for line, cells in rows:
        if len(cells) != len(names):
            raise refuse(source.path, line, f"la ligne a {len(cells)} cases, l'en-tête {len(names)}")
        empty = False
        yield Item(line, "", dict(zip(names, cells, strict=True)))
    if empty:
        raise refuse(source.path, 1, "le fichier n'a que son en-tête, aucune ligne")


def _rows(source: SourceFile, lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line where it starts."""
    reader, start = csv.reader(lines, delimiter=delimiter, strict=True), 1
    try:
        for cells in reader:
            source.rest()
            if cells:
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        reasons = f"autre séparateur, guillemet non fermé, ou case de plus de {MAX_CELL} caractères"
        raise refuse(source.path, start, f"la ligne est mal formée : {reasons}") from None


def _lines(source: SourceFile) -> Iterator[str]:
    while line := source.readline():
        yield line.decode("utf-8")


def _delimiter(source: SourceFile, heading: str) -> str:
    if "," in heading and ";" in heading:
        raise refuse(source.path, 1, "l'en-tête mêle virgules et points-virgules")
    return ";" if ";" in heading else ","
