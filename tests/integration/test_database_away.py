"""The database locked, replaced, its disk full: danger is answered, nothing acknowledged is lost (R5, R6, R23, V2)."""

import asyncio
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.patience import until
from tests.service import GATEWAY_ALONE, Service
from tests.talk import Talk

DANGERS = ["mon mari me frappe", "je veux mourir", "on dort dehors ce soir", "ma fille a avalé des cachets"]
SAFETY_WITHIN_S = 2.0  # V2
REFUSAL_WITHIN_S = 2.0  # R5
Outage = Callable[[Service], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {f"PROCHE_MESSAGES_PER_SECOND_PER_{whom}": "1000" for whom in ("ADDRESS", "CONVERSATION")}
    environment = {"PROCHE_RASA": "off", **limits}
    alone = Service(tmp_path_factory.mktemp("away") / "var", environment, what=GATEWAY_ALONE)
    try:
        yield alone.start().wait_ready(30)
    finally:
        alone.stop()


@contextmanager
def locked(running: Service) -> Iterator[None]:
    """Another program holds the file for writing."""
    other = sqlite3.connect(running.var_dir / "proche.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def disk_full(running: Service) -> Iterator[None]:
    """No file of the gateway may grow, nor be written beyond its first page."""
    (pid,) = running.pids("gateway")
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def replaced(running: Service) -> Iterator[None]:
    """Somebody puts another file in the place of the database."""
    path, aside = running.var_dir / "proche.db", running.var_dir / "aside.db"
    path.rename(aside)
    path.write_bytes(b"This is no database." * 1000)
    try:
        yield
    finally:
        aside.rename(path)


@contextmanager
def removed(running: Service) -> Iterator[None]:
    path, aside = running.var_dir / "proche.db", running.var_dir / "aside.db"
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


OUTAGES = [
    pytest.param(locked, id="locked by another program"),
    pytest.param(disk_full, id="disk full"),
    pytest.param(replaced, id="replaced by another file"),
    pytest.param(removed, id="removed"),
]


@pytest.mark.parametrize("outage", OUTAGES)
async def test_danger_is_answered_a_hundred_times_of_a_hundred_without_database(
    outage: Outage, running: Service, session: aiohttp.ClientSession
) -> None:
    talks = [await Talk(session, running.url).open() for _ in range(25)]
    delays: list[float] = []

    async def tell(talk: Talk, text: str) -> None:
        started = time.monotonic()
        messages = await talk.say(text)
        delays.append(time.monotonic() - started)
        assert messages[0]["danger"], text
        assert messages[0]["urgent"] or messages[0]["danger"]["level"] == "ask", text
        assert messages[0]["text"]

    with outage(running):
        for wave in range(4):
            await asyncio.gather(*(tell(talk, DANGERS[wave]) for talk in talks))

    assert len(delays) == 100
    assert max(delays) <= SAFETY_WITHIN_S, sorted(delays)[-5:]
    await until(lambda: running.health().get("database") == "ok", 10)


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_ordinary_message_is_refused_never_falsely_acknowledged_and_service_comes_back_by_itself(
    outage: Outage, running: Service, session: aiohttp.ClientSession
) -> None:
    talk = await Talk(session, running.url).open()
    before = await talk.say("comment demander le rsa", "avant")

    with outage(running):
        started = time.monotonic()
        status, body = await talk.post({"client_id": "pendant", "text": "et quels papiers"})
        assert time.monotonic() - started < REFUSAL_WITHIN_S
        assert_is_refusal(status, body)
        async with session.post(f"{running.url}/api/v1/conversations", json={}) as response:
            assert_is_refusal(response.status, await response.json())
        await until(lambda: running.health().get("database") == "unavailable", 10)
        assert running.status("/health/ready") == 503
        assert running.status("/health/live") == 200
        assert running.status("/api/v1/search?q=loyer") == 200

    await until(lambda: running.status("/health/ready") == 200, 10)
    again = await talk.say("et quels papiers", "pendant")
    assert "rsa" in [card["slug"] for one in again for card in one["fiches"]]
    assert await talk.say("comment demander le rsa", "avant") == before
    assert await asyncio.to_thread(integrity, running) == "ok"


def assert_is_refusal(status: int, body: dict[str, Any]) -> None:
    assert status == 503, body
    assert body["error"]["code"] == "unavailable"
    assert len(body["error"]["message"]) > 20


def integrity(running: Service) -> str:
    connection = sqlite3.connect(f"file:{running.var_dir / 'proche.db'}?mode=ro", uri=True)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


async def test_twenty_full_disks_in_a_row_lose_nothing_acknowledged(
    running: Service, session: aiohttp.ClientSession
) -> None:
    talk = await Talk(session, running.url).open()
    acknowledged: list[str] = []

    async def speak(name: str) -> int:
        status, body = await talk.post({"client_id": name, "text": f"comment demander le rsa {name}"})
        if status == 200:
            acknowledged.append(f"comment demander le rsa {name}")
        else:
            assert_is_refusal(status, body)
        return status

    for cycle in range(20):
        assert await speak(f"libre {cycle}") == 200
        speaking = [asyncio.create_task(speak(f"entre {cycle} {rank}")) for rank in range(3)]
        with disk_full(running):
            assert await speak(f"plein {cycle}") == 503
            await asyncio.gather(*speaking)
    await until(lambda: running.status("/health/ready") == 200, 10)
    assert await speak("fin") == 200

    stored = stored_texts(running.var_dir / "proche.db", talk.id)
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    assert await asyncio.to_thread(integrity, running) == "ok"


def stored_texts(path: Path, conversation_id: str) -> list[str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        query = "SELECT text FROM message WHERE conversation_id = ? AND sender = 'citizen' ORDER BY seq"
        return [row[0] for row in connection.execute(query, (conversation_id,))]
    finally:
        connection.close()


async def test_a_message_stored_just_before_the_database_went_away_is_answered_when_it_is_back(
    running: Service, session: aiohttp.ClientSession
) -> None:
    """Its outcome could not be written; the lease runs out and the sweep takes it again."""
    talk = await Talk(session, running.url).open()
    with sqlite3.connect(running.var_dir / "proche.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        now = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime())
        other.execute(
            "INSERT INTO message (conversation_id, seq, at, sender, text, client_id, content, pending, attempts) "
            "VALUES (?, 2, ?, 'citizen', 'comment demander le rsa', 'un', '{}', 1, 1)",
            (talk.id, now),
        )
        other.execute(
            "UPDATE conversation SET next_seq = 3, fence = 1, lease_owner = 'gone', lease_until = ? WHERE id = ?",
            (time.time() + 2, talk.id),
        )
        other.execute("COMMIT")
    other.close()

    messages = await talk.say("comment demander le rsa", "un")
    assert "rsa" in [card["slug"] for one in messages for card in one["fiches"]]
    assert [one["reply_to"] for one in rows(running, talk) if one["sender"] == "assistant"][1:] == [2]


def rows(running: Service, talk: Talk) -> list[dict[str, Any]]:
    connection = sqlite3.connect(f"file:{running.var_dir / 'proche.db'}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        query = "SELECT * FROM message WHERE conversation_id = ? ORDER BY seq"
        return [dict(row) for row in connection.execute(query, (talk.id,))]
    finally:
        connection.close()
