"""A start in an empty folder, and two instances side by side from one checkout (design §2)."""

import asyncio
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.service import Service
from tests.talk import Talk


@pytest.fixture(scope="module")
def second(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, float]]:
    """Another whole service started in a folder that does not exist yet, while the first runs; and its start time."""
    running = Service(tmp_path_factory.mktemp("second") / "not" / "there" / "yet")
    running.var_dir.parent.mkdir(parents=True)  # where the log goes; the folder itself is the service's to make
    started = time.monotonic()
    try:
        running.start().wait_ready()
        yield running, time.monotonic() - started
    finally:
        running.stop()


def test_an_empty_folder_becomes_a_service_that_answers(second: tuple[Service, float]) -> None:
    running, took_s = second
    print(f"started in {took_s:.1f} s")  # measured in bench/, not asserted on a machine others use
    assert running.health()["status"] == "ok"


def test_the_folder_holds_all_that_is_written_and_its_secret_is_its_own(
    second: tuple[Service, float], service: Service
) -> None:
    running = second[0]
    secret = running.var_dir / "secrets" / "internal_token"
    assert {path.name for path in running.var_dir.iterdir()} >= {"proche.db", "secrets"}
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert len(secret.read_text()) >= 43  # 256 bits
    assert secret.read_text() != (service.var_dir / "secrets" / "internal_token").read_text()


async def test_two_instances_answer_at_the_same_time_by_their_own_rasa(
    second: tuple[Service, float], service: Service, session: aiohttp.ClientSession
) -> None:
    talks = [await Talk(session, one.url).open() for one in (service, second[0]) for _ in range(3)]
    answers = await asyncio.gather(*(talk.say("comment demander le rsa") for talk in talks))
    for messages in answers:
        assert "rsa" in [card["slug"] for one in messages for card in one["fiches"]]
    for running, mine in ((service, talks[:3]), (second[0], talks[3:])):
        assert {talk.id for talk in mine} <= senders(running.var_dir / "rasa.db")
        assert not {talk.id for talk in talks if talk not in mine} & senders(running.var_dir / "rasa.db")


def senders(path: Path) -> set[str]:
    """Conversations that an instance's Rasa has seen."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {row[0] for row in connection.execute("SELECT sender_id FROM tracker")}
    finally:
        connection.close()


async def test_a_conversation_of_one_is_unknown_to_the_other(
    second: tuple[Service, float], service: Service, session: aiohttp.ClientSession
) -> None:
    talk = await Talk(session, service.url).open()
    async with session.get(
        f"{second[0].url}/api/v1/conversations/{talk.id}/messages", headers=talk.headers
    ) as response:
        assert response.status == 404


async def test_stopping_one_leaves_the_other_answering(
    second: tuple[Service, float], service: Service, session: aiohttp.ClientSession
) -> None:
    await asyncio.to_thread(second[0].stop)
    talk = await Talk(session, service.url).open()
    messages = await talk.say("comment demander le rsa")
    assert "rsa" in [card["slug"] for one in messages for card in one["fiches"]]
    assert second[0].status("/health/live") == 0
