"""`proche`: the command line. Nouns then verbs; data on stdout, progress on stderr; exit 0, 1, 2, 3."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from assistance.errors import ContentError, Fault
from gateway.settings import ROOT, Settings, SettingsError, load_settings

FAILURE, FOUND_PROBLEMS = 1, 3

app = typer.Typer(no_args_is_help=True, help="Proche : droits et orientation dans le Pas-de-Calais.")
knowledge_app = typer.Typer(no_args_is_help=True, help="Les fiches.")
places_app = typer.Typer(no_args_is_help=True, help="Les lieux et les communes.")
db_app = typer.Typer(no_args_is_help=True, help="La base de données.")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(places_app, name="places")
app.add_typer(db_app, name="db")

Json = Annotated[bool, typer.Option("--json", help="Sortie en JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Dire ce qui changerait, sans rien changer.")]
Folder = Annotated[Path | None, typer.Argument(help="Dossier des fichiers ; par défaut celui du dépôt.")]


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        _say(str(error))
        raise typer.Exit(2) from None


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end, a refusal told in one message rather than a traceback."""
    from sqlalchemy.exc import SQLAlchemyError

    from gateway.database import DatabaseUnfitError

    try:
        return asyncio.run(work)
    except ContentError as error:
        _say("Contenu refusé, rien n'a été changé :")
        _say(str(error))
        raise typer.Exit(FOUND_PROBLEMS) from None
    except (DatabaseUnfitError, SQLAlchemyError, OSError) as error:
        reason = error if isinstance(error, (DatabaseUnfitError, OSError)) else type(error).__name__
        _say(f"Échec : {reason}")
        raise typer.Exit(FAILURE) from None


@app.command()
def serve() -> None:
    """Servir le site et l'API (sans Rasa ni actions : voir `make run`)."""
    from gateway.app import serving
    from gateway.logs import configure_logs

    settings = _settings()
    configure_logs(settings.log_level)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        async with serving(settings) as services:
            address = f"http://localhost:{settings.port}/chat"
            if services.rasa is not None:
                _say(f"Proche répond déjà, par sa seule recherche ; Rasa se prépare : {address}")
                await first_of(services.rasa_answers.wait(), stop.wait())
            if not stop.is_set():
                _say(f"Proche est prêt : {address}")
            await stop.wait()

    _run(run())


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Return when the first of `works` ends; the others are cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    _, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


@knowledge_app.command("check")
def knowledge_check(folder: Folder = None, as_json: Json = False) -> None:
    """Relire les fichiers des fiches : fichier, ligne et raison de chaque faute."""
    from knowledge_base.repository import load_fiches

    _check(lambda: len(load_fiches(folder or ROOT / "knowledge_base" / "fiches")), "fiches", as_json)


@places_app.command("check")
def places_check(folder: Folder = None, as_json: Json = False) -> None:
    """Relire les tables de communes, lieux et numéros."""
    from knowledge_base.territory import load_territory

    _check(lambda: len(load_territory(folder or ROOT / "data" / "territoire").places), "lieux", as_json)


def _check(count: Callable[[], int], what: str, as_json: bool) -> None:
    number, faults = 0, tuple[Fault, ...]()
    try:
        number = count()
    except ContentError as error:
        faults = error.faults
    if as_json:
        typer.echo(json.dumps({"count": number, "faults": [asdict(fault) for fault in faults]}, ensure_ascii=False))
    else:
        for fault in faults:
            typer.echo(str(fault))
        _say(f"{len(faults)} faute(s)." if faults else f"{number} {what}, aucune faute.")
    raise typer.Exit(FOUND_PROBLEMS if faults else 0)


@knowledge_app.command("import")
def knowledge_import(
    folder: Folder = None,
    dry_run: DryRun = False,
    force: Annotated[bool, typer.Option("--force", help="Écraser aussi les fiches modifiées dans la base.")] = False,
    as_json: Json = False,
) -> None:
    """Charger les fichiers dans la base, tous ou aucun ; le service en marche les sert au message suivant."""
    from gateway import migrate
    from gateway.database import Database
    from knowledge_base.repository import ImportReport, import_fiches, load_fiches

    settings = _settings()

    async def run() -> ImportReport:
        files = load_fiches(folder or ROOT / "knowledge_base" / "fiches")
        database = Database(settings.database_url)
        try:
            await migrate.upgrade(database)
            async with database.write() as connection:
                report = await import_fiches(connection, files, force)
                if dry_run:
                    await connection.rollback()
            return report
        finally:
            await database.close()

    report = _run(run())
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    words = {"added": "ajoutée", "changed": "changée", "removed": "retirée", "kept": "modifiée des deux côtés, gardée"}
    for name, slugs in asdict(report).items():
        for slug in slugs:
            typer.echo(f"{words[name]} : {slug}")
    _say("Rien n'a été changé (essai)." if dry_run else "Fait.")


@knowledge_app.command("export")
def knowledge_export(folder: Annotated[Path, typer.Argument(help="Dossier où écrire.")]) -> None:
    """Écrire les fiches de la base en fichiers Markdown, sans perte."""
    from gateway.database import Database
    from knowledge_base.repository import fetch_documents

    settings = _settings()

    async def run() -> dict[str, str]:
        database = Database(settings.database_url)
        try:
            async with database.read() as connection:
                return await fetch_documents(connection)
        finally:
            await database.close()

    documents = _run(run())
    folder.mkdir(parents=True, exist_ok=True)
    for slug, document in documents.items():
        (folder / f"{slug}.md").write_text(document, encoding="utf-8", newline="\n")
    _say(f"{len(documents)} fiches écrites.")


@app.command()
def purge(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Effacer ce que le tableau de conservation ne garde plus (fait aussi chaque heure par le service)."""
    from gateway.database import Database
    from gateway.purge import PurgeReport
    from gateway.purge import purge as run_purge
    from gateway.rasa_tracker import RasaTracker

    settings = _settings()

    async def run() -> PurgeReport:
        database = Database(settings.database_url)
        try:
            tracker = RasaTracker(settings.var_dir / "rasa.db")
            return await run_purge(database, tracker, settings, datetime.now(UTC), dry_run)
        finally:
            await database.close()

    report = _run(run())
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        typer.echo(f"conversations : {report.conversations} ; avis : {report.feedback} ; copies : {report.trackers}")


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Mettre la base au schéma de cette version."""
    from gateway import migrate
    from gateway.database import Database

    settings = _settings()

    async def run() -> None:
        database = Database(settings.database_url)
        try:
            await migrate.upgrade(database)
        finally:
            await database.close()

    _run(run())
    _say("Base à jour.")


@app.command()
def doctor(
    ouverture: Annotated[bool, typer.Option("--ouverture", help="Dire ce qui empêche d'ouvrir au public.")] = False,
    as_json: Json = False,
) -> None:
    """Montrer les réglages (secrets cachés) et l'état de l'installation."""
    from gateway.doctor import examine

    if ouverture:
        _tell_blocks(as_json)
    settings = _settings()
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
        _say(f"{len(blocks)} raisons de ne pas ouvrir au public." if blocks else "Rien n'empêche d'ouvrir au public.")
    raise typer.Exit(FOUND_PROBLEMS if blocks else 0)


@app.command()
def chat(url: Annotated[str, typer.Option(help="Adresse du service.")] = "") -> None:
    """Parler au service en marche, dans le terminal."""
    from gateway.terminal_chat import talk

    _run(talk(url or f"http://localhost:{_settings().port}"))


def main() -> None:
    app()


if __name__ == "__main__":
    main()
