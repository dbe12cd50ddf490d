"""The same promises on a real PostgreSQL: schema, turns, order, erasure, outage."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from alembic import command

from gateway import migrate
from gateway.database import Database, DatabaseUnfitError
from knowledge_base.importers.service_public import read_official
from knowledge_base.official_repository import import_official
from tests.patience import until
from tests.postgresql import PostgreSql
from tests.service import GATEWAY_ALONE, ROOT, Service
from tests.talk import Talk

TABLES = ["alembic_version", "conversation", "feedback", "fiche", "knowledge", "lieu", "message", "official_page"]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    made = PostgreSql.make()
    try:
        yield made.start()
    finally:
        made.remove()


@pytest.fixture(scope="module")
def running(server: PostgreSql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {
        "PROCHE_RASA": "off",
        "PROCHE_DATABASE_URL": server.url,
        "PROCHE_MESSAGES_PER_SECOND_PER_CONVERSATION": "1000",
    }
    alone = Service(tmp_path_factory.mktemp("postgresql") / "var", environment, what=GATEWAY_ALONE)
    try:
        yield alone.start().wait_ready(30)
    finally:
        alone.stop()


@pytest.fixture
async def database(running: Service, server: PostgreSql) -> AsyncIterator[Database]:
    opened = Database(server.url)
    yield opened
    await opened.close()


def test_the_service_makes_its_tables_and_writes_no_sqlite_file(running: Service, server: PostgreSql) -> None:
    names = server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").split()
    assert names == TABLES
    assert not (running.var_dir / "proche.db").exists()


async def test_the_tables_are_those_the_code_declares(database: Database) -> None:
    async with database.write() as connection:
        await connection.run_sync(migrate.run, command.check)


async def test_on_sqlite_too_the_tables_are_those_the_code_declares(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'proche.db'}")
    await migrate.upgrade(database)
    async with database.write() as connection:
        await connection.run_sync(migrate.run, command.check)
    await database.close()


async def test_a_conversation_keeps_its_subject_and_its_commune(
    running: Service, session: aiohttp.ClientSession
) -> None:
    talk = await Talk(session, running.url).open()
    assert "rsa" in [card["slug"] for one in await talk.say("comment demander le rsa") for card in one["fiches"]]
    places = [place for one in await talk.say("où aller à Lens") for place in one["lieux"]]
    assert places
    assert "rsa" in [card["slug"] for one in await talk.say("quels papiers") for card in one["fiches"]]
    assert (await talk.say("mon mari me frappe"))[0]["danger"]["level"] == "card"
    async with session.post(f"{talk.path}/feedback", json={"seq": 3, "useful": True}, headers=talk.headers) as response:
        assert response.status == 204


async def test_twenty_messages_at_once_and_each_twice_are_answered_once_in_order(
    running: Service, session: aiohttp.ClientSession, server: PostgreSql
) -> None:
    talk = await Talk(session, running.url).open()
    names = [f"n{number}" for number in range(20)] * 2
    given = await asyncio.gather(*(talk.say("comment demander le rsa", name) for name in names))
    assert all(given)
    assert given[:20] == given[20:]
    query = f"SELECT sender, count(*), count(DISTINCT reply_to) FROM message WHERE conversation_id = '{talk.id}'"
    assert server.ask(f"{query} GROUP BY 1 ORDER BY 1").split() == ["assistant|21|20", "citizen|20|0"]
    order = f"SELECT reply_to FROM message WHERE conversation_id = '{talk.id}' AND reply_to IS NOT NULL ORDER BY seq"
    answered = [int(seq) for seq in server.ask(order).split()]
    assert answered == sorted(answered)


async def test_strange_characters_are_stored_or_taken_out(running: Service, session: aiohttp.ClientSession) -> None:
    talk = await Talk(session, running.url).open()
    for text in ("a\x00b", "\ud800 rsa", "😀 rsa", "\u202ersa"):
        assert await talk.say(text), text


async def test_an_erased_conversation_is_in_no_table(
    running: Service, session: aiohttp.ClientSession, server: PostgreSql
) -> None:
    talk = await Talk(session, running.url).open()
    await talk.say("comment demander le rsa")
    async with session.delete(talk.path, headers=talk.headers) as response:
        assert response.status == 204
    for table, column in (("conversation", "id"), ("message", "conversation_id"), ("feedback", "conversation_id")):
        assert server.ask(f"SELECT count(*) FROM {table} WHERE {column} = '{talk.id}'") == "0"
    async with session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        assert response.status == 404


async def test_an_edit_made_in_the_database_answers_the_next_message(
    running: Service, session: aiohttp.ClientSession, server: PostgreSql
) -> None:
    title = "Demander le revenu de solidarité tout neuf"
    edited = f"regexp_replace(document, 'title: [^\\n]*', 'title: {title}')"
    server.ask(f"UPDATE fiche SET document = {edited} WHERE slug = 'rsa'")
    talk = await Talk(session, running.url).open()
    assert title in [card["title"] for one in await talk.say("comment demander le rsa") for card in one["fiches"]]


async def test_an_official_page_imported_is_found_by_the_next_search(
    running: Service, session: aiohttp.ClientSession, database: Database
) -> None:
    pages = read_official(ROOT / "tests" / "payloads" / "service-public").pages
    async with database.write() as connection:
        await import_official(connection, pages, remove_absent=True)
    async with session.get(f"{running.url}/api/v1/official", params={"q": "adopter un enfant"}) as response:
        assert (await response.json())["results"][0]["id"] == "F90001"


@pytest.mark.parametrize("how", ["stopped", "asleep"])
async def test_without_its_server_danger_is_answered_words_are_refused_and_it_comes_back_by_itself(
    how: str, running: Service, session: aiohttp.ClientSession, server: PostgreSql
) -> None:
    talk = await Talk(session, running.url).open()
    await talk.say("comment demander le rsa", "avant")
    try:
        server.stop() if how == "stopped" else server.signal(signal.SIGSTOP)
        started = time.monotonic()
        assert (await talk.say("mon mari me frappe"))[0]["danger"]
        assert time.monotonic() - started <= 2
        status, body = await talk.post({"client_id": "pendant", "text": "quels papiers"})
        assert (status, body["error"]["code"]) == (503, "unavailable")
        await until(lambda: running.health().get("database") == "unavailable", 10)
    finally:
        server.start() if how == "stopped" else server.signal(signal.SIGCONT)
    await until(lambda: running.status("/health/ready") == 200, 10)
    # A server that slept may have kept the words of danger after all: the papers are then those of that subject.
    shown = {card["slug"] for one in await talk.say("quels papiers", "pendant") for card in one["fiches"]}
    assert shown & {"rsa", "violences-conjugales"}
    kept = f"SELECT count(*) FROM message WHERE conversation_id = '{talk.id}' AND client_id IN ('avant', 'pendant')"
    assert server.ask(kept) == "2"


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
async def test_the_start_is_refused_on_a_server_that_does_not_wait_for_the_disk(
    setting: str, server: PostgreSql, database: Database
) -> None:
    await database.verify()
    server.ask(f"ALTER SYSTEM SET {setting} = off")
    server.ask("SELECT pg_reload_conf()")
    try:
        await until(lambda: server.ask(f"SHOW {setting}") == "off", 5)
        unfit = Database(server.url)
        with pytest.raises(DatabaseUnfitError, match=setting):
            await unfit.verify()
        await unfit.close()
    finally:
        server.ask(f"ALTER SYSTEM RESET {setting}")
        server.ask("SELECT pg_reload_conf()")
        await until(lambda: server.ask(f"SHOW {setting}") == "on", 5)
