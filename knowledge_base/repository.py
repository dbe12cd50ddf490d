"""Fiches in the database: loaded from their files all or nothing, published edits kept."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from assistance.errors import ContentError, Fault
from assistance.fiche import Fiche, parse_fiche
from knowledge_base.tables import fiche_table, knowledge_table

DEPOT = "depot"  # the origin of the fiches of knowledge_base/fiches


@dataclass(frozen=True)
class FicheFile:
    """A fiche as its file says it."""

    fiche: Fiche
    document: str
    path: str = ""  # as faults name it

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.document.encode()).hexdigest()


@dataclass(frozen=True)
class ImportReport:
    """What an import changes (or would change, on a dry run): slugs."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # edited in the database too, or of another origin: left as it is


def load_fiches(folder: Path) -> list[FicheFile]:
    """Read every fiche of a folder. Raises ContentError naming every fault: all are loaded or none."""
    files, faults = read_fiches(folder)
    if faults:
        raise ContentError(faults)
    return files


def read_fiches(folder: Path) -> tuple[list[FicheFile], list[Fault]]:
    """Read every fiche of a folder that can be read, and every fault of the others."""
    files, faults = list[FicheFile](), list[Fault]()
    for path in sorted(folder.glob("*.md")):
        name = path.name if folder.name != "fiches" else f"knowledge_base/fiches/{path.name}"
        try:
            document = path.read_bytes().decode()
            fiche = parse_fiche(document, name)
        except UnicodeDecodeError as error:
            faults.append(Fault(name, 1, f"le fichier n'est pas en UTF-8 (octet {error.start})"))
            continue
        except ContentError as error:
            faults += error.faults
            continue
        if fiche.slug != path.stem:
            faults.append(Fault(name, 2, f"« slug » doit être le nom du fichier, {path.stem}"))
        files.append(FicheFile(fiche, document, name))
    if not files and not faults:
        faults.append(Fault(str(folder.name), 1, "aucune fiche dans ce dossier"))
    return files, faults + _faults_between(files)


def _faults_between(files: list[FicheFile]) -> list[Fault]:
    slugs = {file.fiche.slug for file in files}
    faults = []
    for file in files:
        line = _line_of(file.document, "related:")
        faults += [
            Fault(file.path, line, f"fiche « {slug} » inconnue") for slug in file.fiche.related if slug not in slugs
        ]
    return faults


def _line_of(document: str, start: str) -> int:
    return next((n for n, line in enumerate(document.split("\n"), 1) if line.startswith(start)), 1)


async def import_fiches(
    connection: AsyncConnection,
    files: list[FicheFile],
    force: bool = False,
    origin: str = DEPOT,
    remove_absent: bool = True,
) -> ImportReport:
    """Bring the fiches of `origin` to the files, inside the caller's transaction.

    A fiche edited in the database keeps its edit unless its file is unchanged; when both changed it is kept and
    reported, or overwritten with `force`. So is a fiche of another origin, which is never removed.
    """
    report = ImportReport()
    rows = {row.slug: row for row in (await connection.execute(select(fiche_table))).all()}
    now = datetime.now(UTC)
    for file in files:
        slug, row = file.fiche.slug, rows.pop(file.fiche.slug, None)
        values = {"document": file.document, "file_digest": file.digest, "updated_at": now, "origin": origin}
        if row is None:
            await connection.execute(insert(fiche_table).values(slug=slug, **values))
            report.added.append(slug)
        elif row.document == file.document or (row.file_digest == file.digest and not force):
            continue
        elif (row.origin != origin or _is_edited(row)) and not force:
            report.kept.append(slug)
        else:
            await connection.execute(update(fiche_table).where(fiche_table.c.slug == slug).values(**values))
            report.changed.append(slug)
    for slug, row in rows.items():
        if remove_absent and row.origin == origin:
            await connection.execute(delete(fiche_table).where(fiche_table.c.slug == slug))
            report.removed.append(slug)
    return report


def _is_edited(row: Row[Any]) -> bool:
    """Whether a fiche was edited in the database since its file was imported."""
    return hashlib.sha256(row.document.encode()).hexdigest() != str(row.file_digest)


async def fetch_revision(connection: AsyncConnection) -> int:
    """The number that rises at every change of a fiche, whoever makes it."""
    return int((await connection.execute(select(knowledge_table.c.revision))).scalar() or 0)


async def fetch_documents(connection: AsyncConnection) -> dict[str, str]:
    """Every fiche's Markdown document by slug."""
    rows = (await connection.execute(select(fiche_table.c.slug, fiche_table.c.document))).all()
    return {row.slug: row.document for row in rows}
