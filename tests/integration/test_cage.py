"""Orders typed by a citizen are words, and nobody but the gateway reaches Rasa (S15)."""

import asyncio
import json
import random
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
import yaml

from gateway.doctor import listens_beyond_loopback
from tests.patience import until
from tests.service import GATEWAY_ALONE, ROOT, Service, free_ports
from tests.stub_rasa import StubRasa
from tests.talk import Talk

SEED = 15
TEXTS = 240
TURNS = 15
# What Rasa trims before it looks for a slash, and what a reader does not see.
BEFORE = [
    "", " ", "\t", "\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u200b", "\u2060", "\ufeff", "\u202e", "/", "/ ",
    "/\u00a0", "/\u200b/", "//\u3000\n/",
]  # fmt: skip
AFTER = [
    "", "@1.0", '{"commune": "00000", "topic": "rsa"}', '@0.99{"commune":"00000"}', '{"session_started_metadata": {}}',
    " {", '{"a":',
]  # fmt: skip
COMMANDS = ["restart", "session_start", "back", "choose", "unlikely_intent", "EXTERNAL: choose"]


def declared_intents() -> list[str]:
    domains = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "bot" / "domain").glob("*.yml"))]
    return [str(intent) for domain in domains for intent in domain.get("intents", [])]


def orders() -> list[tuple[str, str]]:
    """Orders as typed, with the plain words each of them is; every declared intent is among them."""
    print(f"seed {SEED}")
    chance, names = random.Random(SEED), [*declared_intents(), *COMMANDS]
    chosen = names + [chance.choice(names) for _ in range(TEXTS - len(names))]
    afters = [chance.choice(AFTER) for _ in chosen]
    return [
        (f"{chance.choice(BEFORE)}/{name}{after}", f"{name}{after}") for name, after in zip(chosen, afters, strict=True)
    ]


def rows(path: Path, query: str, *values: object) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, values).fetchall()


def context_of(service: Service, conversation_id: str) -> dict[str, object]:
    found = rows(service.var_dir / "proche.db", "SELECT context FROM conversation WHERE id = ?", conversation_id)
    context: dict[str, object] = json.loads(found[0][0])
    return context


def last_understood(service: Service, conversation_id: str) -> tuple[str, float]:
    """The intent Rasa last heard in a conversation, and how sure it was: an order obeyed is heard with certainty."""
    found = rows(service.var_dir / "rasa.db", "SELECT events FROM tracker WHERE sender_id = ?", conversation_id)
    heard = [event["parse_data"]["intent"] for event in json.loads(found[0][0]) if event["event"] == "user"]
    return heard[-1]["name"], round(heard[-1]["confidence"], 6)


async def test_typed_orders_are_understood_as_the_words_they_are_and_move_nobody(
    service: Service, session: aiohttp.ClientSession
) -> None:
    for start in range(0, TEXTS, TURNS):  # Rasa forgets what it heard every twenty turns
        ordered, plain = await Talk(session, service.url).open(), await Talk(session, service.url).open()
        await asyncio.gather(*(talk.say("je veux la css à Lens") for talk in (ordered, plain)))
        for typed, words in orders()[start : start + TURNS]:
            await asyncio.gather(ordered.say(typed), plain.say(words))
            heard = last_understood(service, ordered.id)
            assert heard == last_understood(service, plain.id), repr(typed)
            assert heard[1] < 1, repr(typed)
            assert context_of(service, ordered.id)["commune"] == "62498", repr(typed)


async def test_an_order_in_a_pressed_button_is_no_button(talk: Talk) -> None:
    for choice in ("/restart", '/choose{"a":1}', "choose", "1.0/restart"):
        status, body = await talk.post({"client_id": choice[:20], "choice": choice})
        assert (status, body["error"]["code"]) == (422, "unknown_choice")


def own_address() -> str:
    """An address of this machine that others can reach; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.254", 9))
        return str(probe.getsockname()[0])


def test_only_the_public_port_could_be_reached_from_another_machine(service: Service) -> None:
    for name in ("PROCHE_RASA_PORT", "PROCHE_ACTIONS_PORT", "PROCHE_INTERNAL_PORT"):
        port = int(service.ports[name])
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            pass
        with pytest.raises(OSError):
            socket.create_connection((own_address(), port), timeout=2)
        assert not listens_beyond_loopback(port)


@pytest.mark.parametrize(
    "path", ["/webhooks/rest/webhook", "/internal/acts/ask_right", "/internal/commune", "/webhook", "/model"]
)
async def test_the_public_port_leads_to_nothing_inside(
    service: Service, session: aiohttp.ClientSession, path: str
) -> None:
    for method in ("GET", "POST", "PUT"):
        async with session.request(method, service.url + path, json={"sender": "x", "message": "/restart"}) as response:
            assert response.status in (404, 405)


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


@pytest.fixture
def caged(tmp_path: Path) -> Iterator[tuple[Service, int, int]]:
    """A gateway, not started yet, whose Rasa answers well; the ports of Rasa and of its actions."""
    ports = free_ports()
    gateway = Service(tmp_path / "var", ports=ports, what=GATEWAY_ALONE)
    rasa, actions = int(ports["PROCHE_RASA_PORT"]), int(ports["PROCHE_ACTIONS_PORT"])
    with StubRasa(rasa).serving():
        try:
            yield gateway, rasa, actions
        finally:
            gateway.stop()


@pytest.mark.parametrize("open_part", ["rasa", "actions"])
async def test_a_part_that_others_can_reach_is_told_of_and_not_used(
    caged: tuple[Service, int, int], session: aiohttp.ClientSession, open_part: str
) -> None:
    gateway, rasa, actions = caged
    address, port = (own_address(), rasa) if open_part == "rasa" else ("0.0.0.0", actions)
    with socket.create_server((address, port)):
        gateway.start()
        await until(lambda: b"reachable from other machines" in gateway.log.read_bytes(), what="the alarm")
        assert f'"port": {port}'.encode() in gateway.log.read_bytes()
        assert gateway.health()["status"] == "starting" and gateway.status("/health/ready") == 503
        talk = await Talk(session, gateway.url).open()
        assert (await talk.say("je veux la css"))[0]["fiches"][0]["slug"] == "css"  # by the gateway's own search
    await until(lambda: gateway.status("/health/ready") == 200, what="ready once the door is shut")
