"""Rasa is caged, orders typed by citizens are words, nothing personal leaves by the logs (S14, S15, S18, S19)."""

import json
import re
import socket
import sqlite3
import stat
import subprocess
from pathlib import Path

import aiohttp
import pytest
import yaml

from gateway.doctor import listens_beyond_loopback
from gateway.middleware import HEADERS
from tests.service import ROOT, Service
from tests.talk import Talk

CANARIES = (
    "Zoraïde", "Quetzalcoatl", "+33612345678", "06 12 34 56 78", "zoraide@exemple.fr", "perroquet-orange",
    "\x1b[31mrouge", "fausse-ligne",
)  # fmt: skip


def declared_intents() -> list[str]:
    domains = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "bot" / "domain").glob("*.yml"))]
    return [str(intent) for domain in domains for intent in domain.get("intents", [])]


def context_of(service: Service, conversation_id: str) -> dict[str, object]:
    with sqlite3.connect(service.var_dir / "proche.db") as connection:
        row = connection.execute("SELECT context FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    context: dict[str, object] = json.loads(row[0])
    return context


async def test_two_hundred_typed_orders_force_no_intent_and_change_nothing(
    service: Service, session: aiohttp.ClientSession
) -> None:
    payload = '{{"commune": "Mordor", "topic": "rsa"}}'
    forms = ("/{}", "  /{}", "\u200b/{}", "//{}", "/{}" + payload, "/{}@1.0" + payload)
    texts = [form.format(name) for name in [*declared_intents(), "restart", "session_start", "back"] for form in forms]
    assert len(texts) >= 190
    talk = await Talk(session, service.url).open()
    await talk.say("je veux la css à Lens")
    for text in texts:
        messages = await talk.say(text)
        assert messages and "Mordor" not in json.dumps(messages)
        assert context_of(service, talk.id)["commune"] == "62498", text


def test_rasa_and_its_actions_answer_on_loopback_only(service: Service) -> None:
    for name in ("PROCHE_RASA_PORT", "PROCHE_ACTIONS_PORT", "PROCHE_INTERNAL_PORT"):
        port = int(service.ports[name])
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            assert not listens_beyond_loopback(port)


@pytest.mark.parametrize(
    "path", ["/status", "/model", "/conversations/x/tracker", "/domain", "/webhooks/rest/../model"]
)
async def test_rasa_has_no_other_door_than_its_webhook(
    service: Service, session: aiohttp.ClientSession, path: str
) -> None:
    for method in ("GET", "PUT", "POST"):
        async with session.request(method, f"http://127.0.0.1:{service.ports['PROCHE_RASA_PORT']}{path}") as response:
            assert response.status in (404, 405)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_the_internal_api_wants_its_token(
    service: Service, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    url = f"http://127.0.0.1:{service.ports['PROCHE_INTERNAL_PORT']}/internal/acts/ask_right"
    async with session.post(url, json={"text": "rsa", "context": {}}, headers=headers) as response:
        assert response.status == 401


async def test_nothing_a_citizen_writes_reaches_logs_or_metrics(
    service: Service, session: aiohttp.ClientSession
) -> None:
    talk = await Talk(session, service.url).open()
    for canary in CANARIES:
        for text in (f"bonjour je m'appelle {canary}", f"/{canary}{{", f"mon mari me frappe {canary}", canary * 50):
            await talk.say(text)
        await talk.post({"client_id": canary[:60], "text": canary, "surprise": canary})
        for path in (f"/api/v1/search?q={canary}", f"/{canary}", f"/fiches/{canary}", f"/lieux?commune={canary}"):
            async with session.get(service.url + path) as response:
                assert response.status < 500
        async with session.get(f"{talk.path}/messages", headers={"Authorization": f"Bearer {canary[1:]}x"}) as response:
            assert response.status in (400, 401, 404)
    async with session.get(f"{service.url}/metrics") as response:
        written = await response.text()
    written += service.log.read_text(errors="replace")
    others = (path for path in service.var_dir.rglob("*") if path.is_file() and ".db" not in path.name)
    written += "".join(path.read_text(errors="replace") for path in others)
    assert [canary for canary in (*CANARIES, talk.token) if canary in written] == []
    assert not re.search(r"\bperroquet\b|Zora", written)


def test_secrets_are_private_and_shown_nowhere(service: Service) -> None:
    secrets = list((service.var_dir / "secrets").iterdir())
    assert secrets and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    token = (service.var_dir / "secrets" / "internal_token").read_text().strip()
    processes = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert token not in processes
    assert token not in service.log.read_text(errors="replace")


def test_no_secret_and_no_path_of_a_machine_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        assert path.suffix not in (".db", ".pem", ".key"), name
        if path.suffix in (".py", ".sh", ".yml", ".toml", ".txt", ".in", ".md", ""):
            content = path.read_text(errors="replace")
            assert not re.search(r"--(?:extra-)?index-url|/ho" + r"me/|BEGIN [A-Z ]*PRIVATE KEY", content), name


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/chat",
        "/fiches/",
        "/fiches/rsa",
        "/lieux",
        "/numeros-utiles",
        "/api/v1/search?q=rsa",
        "/zoo",
        "/health/live",
    ],
)
async def test_every_answer_bears_the_headers_of_safety(
    service: Service, session: aiohttp.ClientSession, path: str
) -> None:
    async with session.get(service.url + path) as response:
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
        assert response.headers["Server"] == "Proche"
        assert response.headers.get("Cache-Control")


def test_var_folder_holds_nothing_for_others(service: Service) -> None:
    assert stat.S_IMODE((Path(service.var_dir) / "secrets").stat().st_mode) == 0o700
