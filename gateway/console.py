"""The manners all commands share: options, exit codes, refusals told in one message."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from assistance.errors import ContentError, Fault
from gateway.settings import Settings, SettingsError, load_settings

FAILURE, FOUND_PROBLEMS = 1, 3

Json = Annotated[bool, typer.Option("--json", help="Sortie en JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Dire ce qui changerait, sans rien changer.")]
Folder = Annotated[Path | None, typer.Argument(help="Dossier des fichiers ; par défaut celui du dépôt.")]


def say(text: str) -> None:
    typer.echo(text, err=True)


def read_settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        say(str(error))
        raise typer.Exit(2) from None


def run_to_end(work: Coroutine[Any, Any, Any], refusals_pass: bool = False) -> Any:
    """Run to the end, a refusal told in one message rather than a traceback.

    With `refusals_pass`, ContentError is the caller's to tell.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from gateway.database import DatabaseUnfitError

    try:
        return asyncio.run(work)
    except ContentError as error:
        if refusals_pass:
            raise
        say("Contenu refusé, rien n'a été changé :")
        say(str(error))
        raise typer.Exit(FOUND_PROBLEMS) from None
    except (DatabaseUnfitError, SQLAlchemyError, OSError) as error:
        reason = error if isinstance(error, (DatabaseUnfitError, OSError)) else type(error).__name__
        say(f"Échec : {reason}")
        raise typer.Exit(FAILURE) from None


def count_or_tell(count: Callable[[], int], what: str, as_json: bool) -> NoReturn:
    """Tell how many there are, or the faults that `count` raises as a ContentError."""
    try:
        number = count()
    except ContentError as error:
        tell_faults(what, 0, error.faults, as_json)
    tell_faults(what, number, (), as_json)


def tell_faults(what: str, number: int, faults: Sequence[Fault], as_json: bool, **counted: int) -> NoReturn:
    """End the command with what a check found: 0 without fault, 3 otherwise."""
    if as_json:
        found = {"count": number, **counted, "faults": [asdict(fault) for fault in faults]}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        for fault in faults:
            typer.echo(str(fault))
        say(f"{len(faults)} faute(s)." if faults else f"{number} {what}, aucune faute.")
    raise typer.Exit(FOUND_PROBLEMS if faults else 0)


def say_value(value: Any) -> str:
    """A value of a file or of the database, as it is told on the terminal."""
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"« {printable(written)} »" if written else "rien"


def printable(text: str) -> str:
    """A file must not write on the terminal by itself."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
