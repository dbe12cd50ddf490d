"""`proche places …`: the places checked, imported from what others publish, exported for others."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistance.errors import ContentError
from assistance.opening_hours import PARIS
from gateway.console import (
    FOUND_PROBLEMS,
    DryRun,
    Folder,
    Json,
    count_or_tell,
    printable,
    read_settings,
    run_to_end,
    say,
    say_value,
)
from gateway.settings import ROOT

if TYPE_CHECKING:  # the formats and their schemas take a second to load, which no other command should pay
    from sqlalchemy.ext.asyncio import AsyncConnection

    from knowledge_base.exporters.entries import Entry
    from knowledge_base.importers.arrival import Arrival
    from knowledge_base.place_repository import Change
    from knowledge_base.territory import Territory

MAX_MB = 500
TERRITORY = ROOT / "data" / "territoire"

places_app = typer.Typer(no_args_is_help=True, help="Les lieux et les communes.")


class ImportFormat(StrEnum):
    DILA = "dila"
    FRANCE_SERVICES = "france-services"
    DATA_INCLUSION = "data-inclusion"
    MEDIATION_NUMERIQUE = "mediation-numerique"


class ExportFormat(StrEnum):
    DATA_INCLUSION = "data-inclusion"
    GEOJSON = "geojson"
    CSV = "csv"


@places_app.command("check")
def places_check(folder: Folder = None, as_json: Json = False) -> None:
    """Relire les tables de communes, lieux et numéros."""
    from knowledge_base.territory import load_territory

    count_or_tell(lambda: len(load_territory(folder or TERRITORY).places), "lieux", as_json)


@places_app.command("import")
def places_import(
    file: Annotated[Path, typer.Argument(help="Fichier CSV ou JSON.")],
    format_name: Annotated[
        ImportFormat | None, typer.Option("--format", help="Format ; par défaut reconnu d'après le fichier.")
    ] = None,
    dry_run: DryRun = False,
    remove_absent: Annotated[
        bool, typer.Option("--remove-absent", help="Retirer les lieux de cette source qui n'y sont plus.")
    ] = False,
    max_mb: Annotated[int, typer.Option("--max-mb", min=1, help="Taille admise, en Mo.")] = MAX_MB,
    as_json: Json = False,
) -> None:
    """Importer les lieux d'un fichier public : tous ou aucun, les corrections faites à la main sont gardées."""
    from knowledge_base.importers.arrival import bring_in
    from knowledge_base.importers.reading import read_places
    from knowledge_base.territory import load_territory

    async def bring() -> "Arrival":
        territory = load_territory(TERRITORY)
        today = datetime.now(PARIS).date()
        # Read before the database is touched: a refused file leaves nothing behind.
        reading, faults = read_places(file, territory, today, format_name, max_mb)
        async with _places(territory, dry_run) as connection:
            return await bring_in(connection, reading, faults, territory, remove_absent)

    try:
        arrival: Arrival = run_to_end(bring(), refusals_pass=as_json)
    except ContentError as error:
        faults = [asdict(fault) for fault in error.faults]
        typer.echo(json.dumps({"faults": faults}, ensure_ascii=False))
        raise typer.Exit(FOUND_PROBLEMS) from None
    if as_json:
        typer.echo(json.dumps({**asdict(arrival), "dry_run": dry_run}, ensure_ascii=False))
        return
    for line in _told(arrival):
        typer.echo(line)
    say(_summed(arrival))
    say("Rien n'a été changé (essai)." if dry_run else "Fait.")


def _summed(arrival: "Arrival") -> str:
    report = arrival.report
    counts = {
        "ajoutés": report.added,
        "changés": report.changed,
        "retirés": report.removed,
        "corrigés à la main et gardés": report.corrected,
        "inchangés": report.unchanged,
        "ignorés": arrival.ignored,
    }
    said = ", ".join(f"{len(ids)} {what}" for what, ids in counts.items())
    return f"{arrival.format} : {said}, {arrival.elsewhere} ailleurs qu'en Pas-de-Calais."


def _told(arrival: "Arrival") -> Iterable[str]:
    """The changes, a line each: for a person, and for a diff of two runs."""
    report = arrival.report
    yield from (f"ajouté : {place_id}" for place_id in report.added)
    yield from _told_cells("changé", report.changed)
    yield from (f"retiré : {place_id}" for place_id in report.removed)
    yield from _told_cells("corrigé à la main, gardé", report.corrected)
    yield from (f"ignoré : {printable(one.written_id)} ({one.number}) : {one.reason}" for one in arrival.ignored)


def _told_cells(what: str, places: "Mapping[str, Mapping[str, Change]]") -> Iterable[str]:
    for place_id, cells in places.items():
        for name, (before, after) in cells.items():
            yield f"{what} : {place_id} : {name} : {say_value(before)} → {say_value(after)}"


@places_app.command("export")
def places_export(
    file: Annotated[str, typer.Argument(help="Fichier à écrire, ou - pour la sortie.")],
    format_name: Annotated[ExportFormat, typer.Option("--format", help="Format.")],
    machine: Annotated[
        bool, typer.Option("--machine", help="CSV pour un programme : virgules, sans BOM, sans apostrophes.")
    ] = False,
) -> None:
    """Écrire les lieux de la base, corrections comprises."""
    from knowledge_base.exporters.entries import entries_of
    from knowledge_base.importers.arrival import checks_of
    from knowledge_base.place_repository import fetch_places
    from knowledge_base.territory import load_territory

    async def read() -> "tuple[list[Entry], list[str]]":
        territory = load_territory(TERRITORY)
        async with _places(territory) as connection:
            return entries_of((await fetch_places(connection)).values(), checks_of(territory))

    entries, broken = run_to_end(read())
    document, left_out = _written(format_name, entries, machine)
    if file == "-":
        typer.echo(document, nl=False)
    else:
        _write_whole(Path(file), document)
    for place_id in broken:
        say(f"laissé de côté, une modification l'a abîmé : {place_id}")
    for written_id, reason in left_out.items():
        say(f"laissé de côté : {written_id} : {reason}")
    say(f"{len(entries) - len(left_out.keys() & {entry.place.id for entry in entries})} lieux écrits.")


def _written(format_name: ExportFormat, entries: "list[Entry]", machine: bool) -> tuple[str, dict[str, str]]:
    from knowledge_base.exporters.data_inclusion import write_data_inclusion
    from knowledge_base.exporters.geojson import write_geojson
    from knowledge_base.exporters.table import write_table

    if format_name is ExportFormat.DATA_INCLUSION:
        return write_data_inclusion(entries)
    return (write_geojson(entries) if format_name is ExportFormat.GEOJSON else write_table(entries, machine)), {}


def _write_whole(path: Path, document: str) -> None:
    """Write the file whole, or leave the one of before."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(document, encoding="utf-8", newline="")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        say(f"Échec : {error}")
        raise typer.Exit(1) from None


@asynccontextmanager
async def _places(territory: "Territory", dry_run: bool = False) -> "AsyncIterator[AsyncConnection]":
    """A transaction on a database of this version that holds the places of the repository."""
    from gateway import migrate
    from gateway.database import Database
    from knowledge_base.place_repository import DEPOT, import_places

    database = Database(read_settings().database_url)
    try:
        await migrate.upgrade(database)
        async with database.write() as connection:
            await import_places(connection, territory.records.values(), DEPOT)
            yield connection
            if dry_run:
                await connection.rollback()
    finally:
        await database.close()
