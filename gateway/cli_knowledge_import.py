"""`proche knowledge import`: fiches from their files or a wiki's export, and the State's own pages beside them."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistance.errors import ContentError
from assistance.opening_hours import PARIS
from gateway.console import FOUND_PROBLEMS, DryRun, Json, printable, read_settings, run_to_end, say, say_value
from gateway.settings import ROOT

if TYPE_CHECKING:  # what reads XML and web pages is loaded by the import alone
    from sqlalchemy.ext.asyncio import AsyncConnection

    from knowledge_base.importers.fiche_draft import Draft
    from knowledge_base.official_repository import OfficialReport
    from knowledge_base.repository import ImportReport

MAX_MB = 20
WIKI = "wiki"  # the origin of the fiches drafted from a wiki's export
_WORDS = {
    "added": "ajoutée", "changed": "changée", "removed": "retirée", "kept": "écrite ou modifiée ailleurs, gardée",
    "older": "plus ancienne que la nôtre, laissée",
}  # fmt: skip


class KnowledgeFormat(StrEnum):
    MARKDOWN = "markdown"
    CSV = "csv"
    HTML = "html"
    SERVICE_PUBLIC = "service-public"


_SUFFIXES = {
    ".md": KnowledgeFormat.MARKDOWN, ".csv": KnowledgeFormat.CSV, ".html": KnowledgeFormat.HTML,
    ".htm": KnowledgeFormat.HTML, ".xml": KnowledgeFormat.SERVICE_PUBLIC,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What an import has to say: its report, lines for a person, and counts for the end."""

    report: "ImportReport | OfficialReport"
    lines: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Wanted:
    """What is asked of an import, besides what to read."""

    force: bool
    remove_absent: bool
    max_mb: int


def knowledge_import(
    source: Annotated[Path | None, typer.Argument(help="Dossier ou fichier ; par défaut les fiches du dépôt.")] = None,
    format_name: Annotated[
        KnowledgeFormat | None, typer.Option("--format", help="Format ; par défaut reconnu d'après les noms.")
    ] = None,
    dry_run: DryRun = False,
    force: Annotated[bool, typer.Option("--force", help="Écraser aussi les fiches modifiées dans la base.")] = False,
    remove_absent: Annotated[
        bool, typer.Option("--remove-absent", help="Retirer ce que cette source a donné et ne donne plus.")
    ] = False,
    drafts: Annotated[
        Path | None, typer.Option("--drafts", help="Écrire les pages d'un wiki en fiches à compléter, dans ce dossier.")
    ] = None,
    max_mb: Annotated[int, typer.Option("--max-mb", min=1, help="Taille admise d'un fichier, en Mo.")] = MAX_MB,
    as_json: Json = False,
) -> None:
    """Charger des fiches ou des pages officielles, toutes ou aucune ; elles répondent au message suivant."""
    path = source or ROOT / "knowledge_base" / "fiches"
    wanted = Wanted(force, remove_absent, max_mb)

    async def run() -> Told | None:
        kind = format_name or _recognised(path)
        if drafts is not None:
            _write_drafts(drafts, _read_wiki(kind, path, max_mb))
            return None
        # Read before the database is touched: a refused file leaves nothing behind.
        bring = _READERS[kind](path, wanted)
        async with _knowledge(dry_run) as connection:
            return await bring(connection)

    try:
        told: Told | None = run_to_end(run(), refusals_pass=as_json)
    except ContentError as error:
        typer.echo(json.dumps({"faults": [asdict(fault) for fault in error.faults]}, ensure_ascii=False))
        raise typer.Exit(FOUND_PROBLEMS) from None
    if told is None:
        return
    if as_json:
        typer.echo(json.dumps(asdict(told.report), ensure_ascii=False, default=str))
        return
    for line in told.lines:
        typer.echo(line)
    for note in told.notes:
        say(note)
    say("Rien n'a été changé (essai)." if dry_run else "Fait.")


def _recognised(path: Path) -> KnowledgeFormat:
    """The format of a file by its name, of a folder by those of its files. Raises ContentError."""
    from knowledge_base.importers.source_file import refuse

    if not path.exists():
        raise refuse(path, 1, "le fichier ou le dossier n'existe pas")
    names = [file.name for file in path.iterdir()] if path.is_dir() else [path.name]
    found = {_SUFFIXES[suffix] for name in names if (suffix := Path(name).suffix.lower()) in _SUFFIXES}
    if len(found) == 1:
        return found.pop()
    formats = ", ".join(KnowledgeFormat)
    reason = "plusieurs sortes de fichiers" if found else "ni Markdown, ni CSV, ni HTML, ni XML (archive : l'extraire)"
    raise refuse(path, 1, f"{reason} ; formats : {formats}, à préciser par --format")


@asynccontextmanager
async def _knowledge(dry_run: bool) -> "AsyncIterator[AsyncConnection]":
    """A transaction on a database of this version, undone on a dry run."""
    from gateway import migrate
    from gateway.database import Database

    database = Database(read_settings().database_url)
    try:
        await migrate.upgrade(database)
        async with database.write() as connection:
            yield connection
            if dry_run:
                await connection.rollback()
    finally:
        await database.close()


Bring = Callable[["AsyncConnection"], Awaitable[Told]]


def _read_markdown(path: Path, wanted: Wanted) -> Bring:
    from knowledge_base.repository import import_fiches, load_fiches

    files = load_fiches(path)

    async def bring(connection: "AsyncConnection") -> Told:
        report = await import_fiches(connection, files, wanted.force)
        return Told(report, tuple(_told_slugs(report)))

    return bring


def _read_pages(kind: KnowledgeFormat) -> Callable[[Path, Wanted], Bring]:
    def read(path: Path, wanted: Wanted) -> Bring:
        from knowledge_base.importers.fiche_draft import check_drafts
        from knowledge_base.repository import fetch_documents, import_fiches

        drafts = _read_wiki(kind, path, wanted.max_mb)

        async def bring(connection: "AsyncConnection") -> Told:
            files = check_drafts(drafts, await fetch_documents(connection))
            report = await import_fiches(connection, files, wanted.force, WIKI, wanted.remove_absent)
            brought = {*report.added, *report.changed}
            told = (line for draft in drafts if draft.slug in brought for line in _told_draft(draft))
            return Told(report, (*_told_slugs(report), *told))

        return bring

    return read


def _read_state(path: Path, wanted: Wanted) -> Bring:
    from knowledge_base.importers.service_public import read_official
    from knowledge_base.official_repository import import_official

    reading = read_official(path, wanted.max_mb)

    async def bring(connection: "AsyncConnection") -> Told:
        report = await import_official(connection, reading.pages, wanted.remove_absent)
        counts = Counter(reason for _, reason in reading.ignored)
        notes = [f"{count} fichier(s) laissé(s) de côté : {reason}" for reason, count in counts.most_common()]
        notes.append(f"{len(reading.pages)} page(s) officielle(s), {len(report.unchanged)} inchangée(s).")
        return Told(report, tuple(_told_pages(report)), tuple(notes))

    return bring


_READERS: dict[KnowledgeFormat, Callable[[Path, Wanted], Bring]] = {
    KnowledgeFormat.MARKDOWN: _read_markdown,
    KnowledgeFormat.CSV: _read_pages(KnowledgeFormat.CSV),
    KnowledgeFormat.HTML: _read_pages(KnowledgeFormat.HTML),
    KnowledgeFormat.SERVICE_PUBLIC: _read_state,
}


def _read_wiki(kind: KnowledgeFormat, path: Path, max_mb: int) -> "list[Draft]":
    """The pages of a wiki as fiches, faulty or not. Raises ContentError for what is no export of a wiki."""
    from knowledge_base.importers.source_file import refuse
    from knowledge_base.importers.wiki import read_table_of_pages, read_web_pages

    today = datetime.now(PARIS).date()
    if kind is KnowledgeFormat.CSV:
        return read_table_of_pages(path, today, max_mb)
    if kind is KnowledgeFormat.HTML:
        return read_web_pages(path, today, max_mb)
    raise refuse(path, 1, "seules les pages d'un wiki (csv, html) deviennent des fiches à compléter")


def _write_drafts(folder: Path, drafts: "list[Draft]") -> None:
    """Write each draft as the file of a fiche, never over another, and say what each lacks. Raises ContentError."""
    from assistance.errors import Fault

    files = {folder / f"{draft.slug}.md": draft for draft in drafts if draft.slug}
    faults = [Fault(str(file), 1, "ce fichier existe déjà") for file in files if file.exists()]
    faults += [fault for draft in drafts if not draft.slug for fault in draft.as_faults()]
    if len(files) < len(drafts) and not faults:
        faults = [Fault(str(folder), 1, "deux pages ont le même nom")]
    if faults:
        raise ContentError(faults)
    folder.mkdir(parents=True, exist_ok=True)
    for file, draft in files.items():
        file.write_text(draft.document, encoding="utf-8", newline="\n")
        for line in (*_told_draft(draft), *(f"à compléter : {draft.slug} : {reason}" for reason in draft.faults)):
            typer.echo(printable(line))
    whole = sum(not draft.faults for draft in drafts)
    say(f"{len(files)} fiche(s) écrite(s), {whole} complète(s). La base n'a pas été changée.")


def _told_slugs(report: "ImportReport") -> Iterable[str]:
    for name, slugs in asdict(report).items():
        yield from (f"{_WORDS[name]} : {slug}" for slug in slugs)


def _told_draft(draft: "Draft") -> Iterable[str]:
    return (printable(f"à relire : {draft.slug} : {what}") for what in draft.told)


def _told_pages(report: "OfficialReport") -> Iterable[str]:
    yield from (f"{_WORDS['added']} : {page_id}" for page_id in report.added)
    for page_id, changes in report.changed.items():
        yield from (f"{_WORDS['changed']} : {page_id} : {name} : {_values(*pair)}" for name, pair in changes.items())
    yield from (f"{_WORDS['removed']} : {page_id}" for page_id in report.removed)
    yield from (f"{_WORDS['older']} : {page_id}" for page_id in report.older)


def _values(before: Any, after: Any) -> str:
    return f"{say_value(before)} → {say_value(after)}"
