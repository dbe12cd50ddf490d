"""Nothing a person writes reaches a log, a metric or a file beside the databases, whatever fails (S14)."""

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.raw_http import send_raw
from tests.service import Service
from tests.stub_rasa import StubRasa, answers, cut_before, cut_within, well
from tests.talk import Talk

CANARIES = {
    "name": "Zoraïde Quetzalcoatl",
    "phone": "+33612345678",
    "spoken phone": "06 12 34 56 78",
    "social security number": "2 85 07 62 193 045 21",
    "bank account": "FR76 3000 6000 0112 3456 7890 189",
    "e-mail": "zoraide.q@exemple.fr",
    "address": "14 rue des Hortensias bleus",
    "text": "perroquet-orange",
    "format": "{context.__class__} %s perroquet-vert",
}
FORGED = [
    '\n{"event": "fausse-ligne", "level": "info"}', "\r\nfausse-ligne", "\x1b[31mfausse-ligne\x1b[0m",
    "\u2028fausse-ligne", "\x1b]0;fausse-ligne\x07", "\x0bfausse-ligne", "\x85fausse-ligne", "\x00fausse-ligne",
    "%0afausse-ligne", "\\nfausse-ligne",
]  # fmt: skip
NEEDLES = (
    *CANARIES.values(),
    "Zora",
    "Quetzal",
    "12345678",
    "12 34 56",
    "exemple.fr",
    "Hortensias",
    "perroquet",
    "fausse-ligne",
)


def sayings(canary: str) -> Iterator[str]:
    """Texts that take different roads: search, order, danger, question of danger, place, out of scope, too long."""
    yield f"bonjour je m'appelle {canary}"
    yield f"je veux la css {canary}"
    yield f"/{canary}{{"
    yield f'/choose{{"canary": "{canary}"}}'
    yield f"mon mari me frappe {canary}"
    yield f"j'en peux plus {canary}"
    yield f"où aller à {canary}"
    yield f"{canary} " * 150


async def say_everywhere(service: Service, session: aiohttp.ClientSession, canary: str) -> Talk:
    """Push a canary through every road of the public port, refusals included; return the conversation."""
    talk = await Talk(session, service.url).open()
    for number, text in enumerate(sayings(canary)):
        await talk.post({"client_id": f"{number}", "text": text})
    bodies = [{"client_id": canary, "text": "a"}, {"client_id": "x", "choice": canary}, {"text": canary, canary: 1}]
    for body in bodies:
        await talk.post(body)
    feedback = {"seq": 1, "useful": True, "comment": canary}
    async with session.post(f"{talk.path}/feedback", json=feedback, headers=talk.headers) as response:
        assert response.status == 204
    for body in (canary.encode(), f'{{"text": "{canary}'.encode()):
        async with session.post(f"{talk.path}/messages", data=body, headers=talk.headers) as response:
            assert response.status < 500
    async with session.post(f"{service.url}/chat", data={"text": canary}, allow_redirects=False) as response:
        assert response.status < 500
    for path in ("search?q", "communes?q", "lieux?code_insee", "lieux?kind", "lieux?at"):
        async with session.get(
            URL(f"{service.url}/api/v1/{path}=").update_query({path.split("?")[1]: canary})
        ) as response:
            assert response.status < 500
    for path in ("", "fiches", "lieux", "api/v1/fiches", "api/v1/conversations", "static"):
        async with session.get(URL(service.url) / path / canary) as response:
            assert response.status < 500
    return talk


async def speak_out_of_turn(service: Service, session: aiohttp.ClientSession, canary: str, token: str) -> None:
    """The same on the inner ports, and in bytes that are no HTTP."""
    ports = service.ports
    inner = f"http://127.0.0.1:{ports['PROCHE_INTERNAL_PORT']}/internal/acts/ask_right"
    for headers in ({}, {"Authorization": f"Bearer {token}x"}):
        async with session.post(inner, json={"text": canary, "context": {}}, headers=headers) as response:
            assert response.status == 401
    for text in (canary, f"/{canary}", f'/choose{{"x": "{canary}"}}'):
        async with session.post(
            f"http://127.0.0.1:{ports['PROCHE_RASA_PORT']}/webhooks/rest/webhook",
            json={"sender": "loopback", "message": text, "metadata": {"context": canary, "choice": canary}},
        ) as response:
            await response.read()
    for body in ({"next_action": "action_ask_right", "tracker": {canary: canary}}, {canary: canary}):
        async with session.post(f"http://127.0.0.1:{ports['PROCHE_ACTIONS_PORT']}/webhook", json=body) as response:
            await response.read()
    raw = canary.encode()
    get = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    for request in (
        b"GET /" + raw + b" HTTP/1.1\r\n\r\n",
        raw + b"\r\n\r\n",
        get + b"X: " + raw * 900 + b"\r\n\r\n",
        get + b"User-Agent: " + raw + b"\r\nReferer: http://" + raw + b"\r\nCookie: proche_chat=" + raw + b"\r\n\r\n",
    ):
        await send_raw(service.url, request)


def command_lines(service: Service) -> list[Path]:
    """Where the system shows to everybody how our processes were started."""
    pids = [pid for part in ("gateway", "rasa", "actions") for pid in service.pids(part)]
    assert pids
    return [Path(f"/proc/{pid}/cmdline") for pid in pids]


async def everything_written(service: Service, session: aiohttp.ClientSession) -> str:
    """All logs of the three processes, the metrics, the process list, every file of the var folder but databases."""
    async with session.get(f"{service.url}/metrics") as response:
        written = [await response.text()]
    written.append(service.log.read_text(errors="replace"))
    written += [path.read_bytes().replace(b"\0", b" ").decode(errors="replace") for path in command_lines(service)]
    files = (
        path for path in service.var_dir.rglob("*") if path.is_file() and not re.search(r"\.db(-wal|-shm)?$", path.name)
    )
    return "\n".join([*written, *(path.read_text(errors="replace") for path in files)])


async def test_no_canary_is_found_in_anything_written(service: Service, session: aiohttp.ClientSession) -> None:
    tokens = []
    for canary in CANARIES.values():
        talk = await say_everywhere(service, session, canary)
        await speak_out_of_turn(service, session, canary, talk.token)
        tokens.append(talk.token)
    written = await everything_written(service, session)
    assert [needle for needle in (*NEEDLES, *tokens) if needle in written] == []


async def test_no_line_of_a_log_can_be_forged(service: Service, session: aiohttp.ClientSession) -> None:
    for canary in FORGED:
        talk = await say_everywhere(service, session, canary)
        await speak_out_of_turn(service, session, canary, talk.token)
    log = service.log.read_bytes()
    assert b"fausse-ligne" not in log and b"\x1b]0;" not in log and b"\r" not in log
    written = [line.partition(" | ")[2] for line in log.decode().split("\n") if "gateway" in line.partition(" | ")[0]]
    for line in written:
        if line.startswith("{"):
            json.loads(line)


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(answers(b'[{"text": "perroquet-orange"'), id="broken JSON"),
        pytest.param(answers(b"perroquet-orange", status=500), id="an error that quotes"),
        pytest.param(answers(b'[{"custom": {"proche": {"messages": "perroquet-orange"}}}]'), id="another shape"),
        pytest.param(
            answers(well("x").replace(b'"outcome": "answered"', b'"outcome": "perroquet-orange"')), id="another outcome"
        ),
        pytest.param(answers(b'{"perroquet-orange": 1}'), id="an object"),
        pytest.param(cut_before, id="cut before a word"),
        pytest.param(cut_within, id="cut within a word"),
    ],
)
async def test_a_failing_rasa_brings_no_word_into_the_logs(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession, behave: object
) -> None:
    rasa.behaviour = behave  # type: ignore[assignment]
    talk = await Talk(session, gateway.url).open()
    messages = await talk.say("je veux la css, signé perroquet-orange, Zoraïde Quetzalcoatl, +33612345678")
    assert messages[0]["text"] and "perroquet" not in json.dumps(messages)
    written = await everything_written(gateway, session)
    assert [needle for needle in (*NEEDLES, talk.token) if needle in written] == []
    assert "rasa failed" in gateway.log.read_text()


async def test_a_database_that_fails_brings_no_word_into_the_logs(
    tmp_path_factory: pytest.TempPathFactory, session: aiohttp.ClientSession
) -> None:
    """An error of the database quotes the statement and its values: the log must not."""
    running = Service(
        tmp_path_factory.mktemp("failing") / "var", {"PROCHE_RASA": "off"}, what=("-m", "gateway.cli", "serve")
    )
    try:
        running.start().wait_ready()
        talk = await Talk(session, running.url).open()
        database = running.var_dir / "proche.db"
        command = ["DROP TABLE feedback", "ALTER TABLE message RENAME COLUMN outcome TO perdu"]
        await asyncio.to_thread(subprocess.run, ["python3", "-c", SQL, str(database), *command], check=True)
        status, body = await talk.post({"client_id": "1", "text": "je veux la css, perroquet-orange +33612345678"})
        assert status == 503 and body["error"]["message"].endswith(".")
        written = await everything_written(running, session)
        assert [needle for needle in (*NEEDLES, talk.token) if needle in written] == []
        assert "message not stored" in written
    finally:
        running.stop()


SQL = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as c:\n    [c.execute(s) for s in sys.argv[2:]]"
