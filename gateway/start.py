"""`make run`: check what the three processes need, then run them under honcho."""

import os
import shutil
import socket
import sys

from pydantic import SecretStr

from gateway.settings import ROOT, Settings, SettingsError, load_settings

MIN_FREE_MB = 300


class NotReadyError(Exception):
    """Something is missing; the message is one sentence that says what to do."""


def check_ports(settings: Settings) -> None:
    """Raise NotReadyError when a port is taken."""
    ports = {"PROCHE_PORT": settings.port, "PROCHE_INTERNAL_PORT": settings.internal_port}
    if settings.rasa == "on":
        ports |= {"PROCHE_RASA_PORT": settings.rasa_port, "PROCHE_ACTIONS_PORT": settings.actions_port}
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host if name == "PROCHE_PORT" else "127.0.0.1", port))
            except OSError:
                raise NotReadyError(
                    f"Le port {port} ({name}) est déjà pris : arrêtez le programme qui l'occupe, "
                    "ou choisissez un autre port, par exemple « PROCHE_PORT=8180 PROCHE_VAR_DIR=var-2 make run »."
                ) from None


def check_disk(settings: Settings) -> None:
    """Raise NotReadyError when the folder of the database cannot be written or has no room."""
    try:
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        free_mb = shutil.disk_usage(settings.var_dir).free // 2**20
    except OSError as error:
        raise NotReadyError(f"Le dossier PROCHE_VAR_DIR ne peut pas être écrit : {error.strerror}.") from None
    if free_mb < MIN_FREE_MB:
        raise NotReadyError(
            f"Le disque est presque plein : {free_mb} Mo libres pour PROCHE_VAR_DIR, il en faut {MIN_FREE_MB}. "
            "Libérez de la place, puis relancez."
        )


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of the three processes: settings resolved, the shared token included."""
    resolved = {}
    for name, value in settings:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        if plain:
            resolved[f"PROCHE_{name.upper()}"] = plain
    return {**os.environ, **resolved, "PYTHONUNBUFFERED": "1"}


def main() -> None:
    try:
        settings = load_settings()
        check_disk(settings)
        check_ports(settings)
    except (SettingsError, NotReadyError) as error:
        sys.exit(str(error))
    processes = [] if settings.rasa == "on" else ["gateway"]
    honcho = ROOT / ".venv" / "bin" / "honcho"
    os.chdir(ROOT)
    # honcho would read .env by itself and put it above what was given on the command line.
    os.execve(honcho, ["honcho", "-e", os.devnull, "start", *processes], child_environment(settings))


if __name__ == "__main__":
    main()
