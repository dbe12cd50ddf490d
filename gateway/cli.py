"""`proche`: the command line. Nouns then verbs; data on stdout, progress on stderr; exit 0, 1, 2, 3."""

import asyncio
import json
import signal
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from assistance.errors import ContentError
from gateway.cli_knowledge_import import knowledge_import
from gateway.cli_places import places_app
from gateway.console import FOUND_PROBLEMS, DryRun, Folder, Json, read_settings, run_to_end, say, tell_faults
from gateway.settings import ROOT

app = typer.Typer(no_args_is_help=True, help="Proche : droits et orientation dans le Pas-de-Calais.")
knowledge_app = typer.Typer(no_args_is_help=True, help="Les fiches.")
db_app = typer.Typer(no_args_is_help=True, help="La base de données.")
knowledge_app.command("import")(knowledge_import)
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(places_app, name="places")
app.add_typer(db_app, name="db")


@app.command()
def serve() -> None:
    """Servir le site et l'API (sans Rasa ni actions : voir `make run`)."""
    from gateway.app import serving
    from gateway.logs import configure_logs

    settings = read_settings()
    configure_logs(settings.log_level)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        async with serving(settings) as services:
            address = f"http://localhost:{settings.port}/chat"
            if services.rasa is not None:
                say(f"Proche répond déjà, par sa seule recherche ; Rasa se prépare : {address}")
                await first_of(services.rasa_answers.wait(), stop.wait())
            if not stop.is_set():
                say(f"Proche est prêt : {address}")
            await stop.wait()

    run_to_end(run())


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Return when the first of `works` ends; the others are cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    _, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


@knowledge_app.command("check")
def knowledge_check(folder: Folder = None, as_json: Json = False) -> None:
    """Relire les fichiers des fiches : fichier, ligne et raison de chaque faute."""
    from knowledge_base.fiche_check import check_folder
    from knowledge_base.territory import load_territory

    fiches, data = folder or ROOT / "knowledge_base" / "fiches", ROOT / "data"
    try:
        territory = load_territory(data / "territoire")
        report = check_folder(fiches, data / "glossaire.yml", territory, datetime.now(UTC).date())
    except ContentError as error:
        tell_faults("fiches", 0, error.faults, as_json)
    say(report.told)
    tell_faults(
        "fiches", report.count, report.faults, as_json, amorce=report.amorce, unread=report.unread, due=report.due
    )


@knowledge_app.command("export")
def knowledge_export(folder: Annotated[Path, typer.Argument(help="Dossier où écrire.")]) -> None:
    """Écrire les fiches de la base en fichiers Markdown, sans perte."""
    from gateway.database import Database
    from knowledge_base.repository import fetch_documents

    settings = read_settings()

    async def run() -> dict[str, str]:
        database = Database(settings.database_url)
        try:
            async with database.read() as connection:
                return await fetch_documents(connection)
        finally:
            await database.close()

    documents = run_to_end(run())
    folder.mkdir(parents=True, exist_ok=True)
    for slug, document in documents.items():
        (folder / f"{slug}.md").write_text(document, encoding="utf-8", newline="\n")
    say(f"{len(documents)} fiches écrites.")


@app.command()
def purge(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Effacer ce que le tableau de conservation ne garde plus (fait aussi chaque heure par le service)."""
    from gateway.database import Database
    from gateway.purge import PurgeReport
    from gateway.purge import purge as run_purge
    from gateway.rasa_tracker import RasaTracker

    settings = read_settings()

    async def run() -> PurgeReport:
        database = Database(settings.database_url)
        try:
            tracker = RasaTracker(settings.var_dir / "rasa.db")
            return await run_purge(database, tracker, settings, datetime.now(UTC), dry_run)
        finally:
            await database.close()

    report = run_to_end(run())
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        typer.echo(f"conversations : {report.conversations} ; avis : {report.feedback} ; copies : {report.trackers}")


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Mettre la base au schéma de cette version."""
    from gateway import migrate
    from gateway.database import Database

    settings = read_settings()

    async def run() -> None:
        database = Database(settings.database_url)
        try:
            await migrate.upgrade(database)
        finally:
            await database.close()

    run_to_end(run())
    say("Base à jour.")


@app.command()
def doctor(
    ouverture: Annotated[bool, typer.Option("--ouverture", help="Dire ce qui empêche d'ouvrir au public.")] = False,
    as_json: Json = False,
) -> None:
    """Montrer les réglages (secrets cachés) et l'état de l'installation."""
    from gateway.doctor import examine

    if ouverture:
        _tell_blocks(as_json)
    settings = read_settings()
    report = examine(settings)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        for name, value in report["settings"].items():
            typer.echo(f"{name}={value}")
        for check in report["checks"]:
            typer.echo(f"{'ok ' if check['ok'] else 'NON'} {check['what']}")
    raise typer.Exit(0 if all(check["ok"] for check in report["checks"]) else FOUND_PROBLEMS)


def _tell_blocks(as_json: bool) -> None:
    from gateway.doctor import list_blocks

    try:
        blocks = list_blocks(ROOT, date.today())
    except ContentError as error:
        blocks = [{"where": f"{fault.path}:{fault.line}", "why": fault.reason} for fault in error.faults]
    if as_json:
        typer.echo(json.dumps({"blocks": blocks}, ensure_ascii=False))
    else:
        for block in blocks:
            typer.echo(f"NON {block['where']} : {block['why']}")
        say(f"{len(blocks)} raisons de ne pas ouvrir au public." if blocks else "Rien n'empêche d'ouvrir au public.")
    raise typer.Exit(FOUND_PROBLEMS if blocks else 0)


@app.command()
def chat(url: Annotated[str, typer.Option(help="Adresse du service.")] = "") -> None:
    """Parler au service en marche, dans le terminal."""
    from gateway.terminal_chat import talk

    run_to_end(talk(url or f"http://localhost:{read_settings().port}"))


def main() -> None:
    app()


if __name__ == "__main__":
    main()
