"""`proche doctor`: is this installation sound?"""

import re
import shutil
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from assistance.safety import TEXTS_PATH, list_numbers_used, load_texts
from gateway.settings import ROOT, Settings
from knowledge_base.repository import load_fiches
from knowledge_base.territory import UsefulNumber, load_territory

LOW_DISK = 0.1
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/:@]*):[^/]*@")


def examine(settings: Settings) -> dict[str, Any]:
    """Return the settings with secrets hidden, and a list of checks {what, ok}."""
    shown = {
        f"PROCHE_{name.upper()}": _PASSWORD_IN_URL.sub(r"\1:***@", str(value))  # a SecretStr hides itself
        for name, value in settings
    }
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(settings.var_dir)
    checks = [
        {"what": f"place sur le disque : {usage.free // 2**20} Mo libres", "ok": usage.free / usage.total > LOW_DISK},
        {"what": "modèle Rasa entraîné", "ok": settings.rasa == "off" or any((ROOT / "models").glob("*.tar.gz"))},
        {"what": "secrets lisibles par le seul propriétaire", "ok": _secrets_are_private(settings)},
    ]
    for name, port in (("Rasa", settings.rasa_port), ("actions", settings.actions_port)):
        if settings.rasa == "on":
            what = f"{name} hors d'atteinte depuis une autre machine (port {port})"
            checks.append({"what": what, "ok": not listens_beyond_loopback(port)})
    return {"settings": shown, "checks": checks}


def _secrets_are_private(settings: Settings) -> bool:
    files = (settings.var_dir / "secrets").glob("*")
    return all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def listens_beyond_loopback(port: int) -> bool:
    """Whether something answers on `port` at an address of this machine other than loopback (test S15)."""
    return any(_answers(address, port) for address in own_addresses())


def own_addresses() -> set[str]:
    """Addresses of this machine that others may know, IPv4 and IPv6."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        found = set()
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))  # no packet leaves: it only tells which address would be used
            found.add(str(probe.getsockname()[0]))
    return {address for address in found if not ip_address(address.partition("%")[0]).is_loopback}


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=0.3):
            return True
    except OSError:
        return False


def list_blocks(root: Path, today: date) -> list[dict[str, str]]:
    """Return what forbids opening to the public, as {where, why}: what no person has read, checked or kept current.

    Raises ContentError when the files of fiches or places are faulty.
    """
    territory = load_territory(root / "data" / "territoire")
    found = [
        *_unsigned_texts(load_texts()),
        *_unverified_numbers({number.number: number for number in territory.numbers}),
        *_unread_fiches(root / "knowledge_base" / "fiches", today),
    ]
    return [{"where": where, "why": why} for where, why in found]


def _unsigned_texts(texts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not texts["relu_par"]:
        names = [name for name in texts if name not in ("relu_par", "themes")] + list(texts["themes"])
        yield from ((f"{TEXTS_PATH.name} : {name}", "texte de danger que personne n'a signé") for name in names)


def _unverified_numbers(numbers: dict[str, UsefulNumber]) -> Iterator[tuple[str, str]]:
    for key in sorted(list_numbers_used()):
        number = numbers.get(key)
        if number is None or not number.verified:
            yield f"numeros.csv : {key}", "numéro d'urgence non vérifié"
        elif number.source_date is None:
            yield f"numeros.csv : {key}", "numéro d'urgence vérifié sans date"


def _unread_fiches(folder: Path, today: date) -> Iterator[tuple[str, str]]:
    for file in load_fiches(folder):
        if file.fiche.statut == "amorce":
            yield f"{file.fiche.slug}.md", "fiche amorce, que personne n'a relue"
        if file.fiche.is_stale(today):
            yield f"{file.fiche.slug}.md", f"à relire depuis le {file.fiche.review_after:%d/%m/%Y}"
