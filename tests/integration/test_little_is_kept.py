"""Little is kept, and not for long: erasing, retention and masking reach every byte on disk (P1, P2, P5, P7)."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select, update

from assistance.reply import Answer
from gateway import migrate
from gateway.database import Database
from gateway.inbox.conversations import Conversations, Incoming
from gateway.inbox.tables import conversation_table
from gateway.purge import purge
from gateway.rasa_tracker import RasaTracker
from gateway.settings import Settings
from tests.service import ROOT, Service, bare_environment
from tests.talk import Talk

CANARY = "perroquet-violet"


def bytes_on_disk(folder: Path) -> bytes:
    """Every byte of the databases and their journals."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("way", ["DELETE", "EFFACER", "effacez !"])
async def test_erasing_leaves_no_byte_and_kills_the_token(
    service: Service, session: aiohttp.ClientSession, way: str
) -> None:
    kept = await Talk(session, service.url).open()
    await kept.say("je veux la css")
    talk = await Talk(session, service.url).open()
    await talk.say(f"aide pour mon loyer {CANARY}", client_id="same")
    assert CANARY.encode() in bytes_on_disk(service.var_dir)

    if way == "DELETE":
        async with session.delete(talk.path, headers=talk.headers) as response:
            assert response.status == 204
    else:
        assert "effacé" in (await talk.say(way))[0]["text"]

    assert CANARY.encode() not in bytes_on_disk(service.var_dir)
    assert talk.id.encode() not in bytes_on_disk(service.var_dir)
    status, body = await talk.post({"client_id": "same", "text": f"aide pour mon loyer {CANARY}"})
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert CANARY.encode() not in bytes_on_disk(service.var_dir)
    assert (await kept.say("quels papiers"))[0]["fiches"][0]["slug"] == "css"


@pytest.mark.parametrize(
    "secret",
    [
        "2 85 07 62 193 045 21",
        "FR76 3000 6000 0112 3456 7890 189",
        "4970 1012 3456 7893",
        "mot de passe : Tartiflette59",
    ],
    ids=["social security number", "bank account", "card", "password"],
)
async def test_numbers_of_persons_are_masked_before_the_first_write(talk: Talk, service: Service, secret: str) -> None:
    await talk.say(f"bonjour voici {secret} pour mon dossier")
    tail = secret.rsplit(" : ", maxsplit=1)[-1].encode()
    assert tail not in bytes_on_disk(service.var_dir)


async def test_numbers_of_services_stay(talk: Talk, service: Service) -> None:
    await talk.say("on ma donné le 03 21 21 62 16 c'est qui")
    assert b"on ma donn\xc3\xa9 le 03 21 21 62 16" in bytes_on_disk(service.var_dir)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]


async def test_day_by_day_each_conversation_goes_when_the_table_says(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings.database_url)
    await migrate.upgrade(database)
    conversations, start = Conversations(database, "worker"), datetime.now(UTC)
    ordinary, flagged = [], []
    for number in range(60):
        conversation_id, token, _ = await conversations.open("web", Answer("Bonjour"))
        in_danger = number % 3 == 0
        answers = [Answer("Appelez le 17.", danger={"level": "card", "theme": "feu_gaz"})] if in_danger else []
        await conversations.accept(conversation_id, token, Incoming("1", f"{CANARY} {number}"), answers)
        (flagged if in_danger else ordinary).append(conversation_id)
    tracker = RasaTracker(tmp_path / "rasa.db")

    async def living(days: float) -> set[str]:
        await purge(database, tracker, settings, start + timedelta(days=days))
        async with database.read() as connection:
            return set((await connection.execute(select(conversation_table.c.id))).scalars())

    assert await living(0.9) == {*ordinary, *flagged}
    assert await living(1.1) == set(flagged)
    assert await living(6.9) == set(flagged)
    assert await living(7.1) == set()
    await database.close()
    assert CANARY.encode() not in bytes_on_disk(tmp_path)


async def test_a_flag_closed_by_a_human_is_kept_no_longer_than_the_others(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings.database_url)
    await migrate.upgrade(database)
    conversations = Conversations(database, "worker")
    conversation_id, token, _ = await conversations.open("web", Answer("Bonjour"))
    danger = [Answer("Appelez le 17.", danger={"level": "card", "theme": "feu_gaz"})]
    await conversations.accept(conversation_id, token, Incoming("1", "au feu"), danger)
    async with database.write() as connection:
        await connection.execute(update(conversation_table).values(flagged_at=None))
    tomorrow = datetime.now(UTC) + timedelta(days=1.1)
    report = await purge(database, RasaTracker(tmp_path / "rasa.db"), settings, tomorrow)
    assert report.conversations == 1
    await database.close()


def test_the_command_line_says_what_it_would_purge_and_purges(service: Service) -> None:
    environment = bare_environment() | {"PROCHE_VAR_DIR": str(service.var_dir), **service.ports}
    command = [str(ROOT / "proche"), "purge", "--json"]
    dry = subprocess.run([*command, "--dry-run"], env=environment, capture_output=True, check=True, text=True)
    assert set(json.loads(dry.stdout)) == {"conversations", "feedback", "trackers"}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    assert json.loads(done.stdout)["conversations"] == 0
