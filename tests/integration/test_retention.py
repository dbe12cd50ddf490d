"""The retention table is what happens, on simulated days; nothing stays in the bytes of a file (P1)."""

import json
import random
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from assistance.reply import Answer
from gateway import migrate
from gateway.database import Database
from gateway.inbox.conversations import Conversations, Incoming
from gateway.inbox.tables import conversation_table
from gateway.purge import PurgeReport, purge
from gateway.rasa_tracker import RasaTracker
from gateway.settings import Settings
from tests.service import ROOT, bare_environment

SEED = 1
CONVERSATIONS = 120
CANARY = "perroquet-mauve"
START = datetime.now(UTC)
DANGER = Answer("Appelez le 17.", danger={"level": "card", "theme": "feu_gaz"})
TRACKER = "CREATE TABLE tracker (sender_id TEXT PRIMARY KEY, updated_at REAL, events TEXT) WITHOUT ROWID"


@dataclass
class Archive:
    """A folder as the service leaves it: conversations of three days, a third of them flagged, and Rasa's copies."""

    folder: Path
    settings: Settings
    database: Database
    written: dict[str, datetime] = field(default_factory=dict)  # id to the moment of the last message
    flagged: set[str] = field(default_factory=set)

    @property
    def tracker(self) -> RasaTracker:
        return RasaTracker(self.folder / "rasa.db")

    async def fill(self) -> None:
        print(f"seed {SEED}")
        chance, conversations = random.Random(SEED), Conversations(self.database, "worker")
        with closing(sqlite3.connect(self.folder / "rasa.db", isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode=WAL")
            copy.execute(TRACKER)
            for number in range(CONVERSATIONS):
                conversation_id, token, _ = await conversations.open("web", Answer("Bonjour"))
                in_danger = number % 3 == 0
                message = Incoming("1", f"{CANARY} numéro {number}.")
                await conversations.accept(conversation_id, token, message, [DANGER] if in_danger else [])
                await conversations.add_feedback(conversation_id, 1, True, f"{CANARY}-avis")
                copy.execute("INSERT INTO tracker VALUES (?, 0, ?)", (conversation_id, CANARY))
                await self.move(conversation_id, START + timedelta(hours=chance.uniform(-72, 0)), in_danger)

    async def move(self, conversation_id: str, at: datetime, in_danger: bool) -> None:
        """Let the conversation have taken place at `at`."""
        values = {"created_at": at, "last_message_at": at, "flagged_at": at if in_danger else None}
        query = update(conversation_table).where(conversation_table.c.id == conversation_id).values(**values)
        async with self.database.write() as connection:
            await connection.execute(query)
        self.written[conversation_id] = at
        if in_danger:
            self.flagged.add(conversation_id)

    async def purge(self, now: datetime, dry_run: bool = False) -> PurgeReport:
        return await purge(self.database, self.tracker, self.settings, now, dry_run)

    async def living(self) -> set[str]:
        async with self.database.read() as connection:
            return set((await connection.execute(select(conversation_table.c.id))).scalars())

    def copied(self) -> set[str]:
        with closing(sqlite3.connect(self.folder / "rasa.db")) as copy:
            return {row[0] for row in copy.execute("SELECT sender_id FROM tracker")}

    def due(self, now: datetime) -> set[str]:
        """What the table says must be gone at `now`."""
        keep = {one: timedelta(days=7 if one in self.flagged else 1) for one in self.written}
        return {one for one, at in self.written.items() if now - at > keep[one]}

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.glob("*.db*"))


@pytest_asyncio.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    settings = Settings(var_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    database = Database(settings.database_url)
    await migrate.upgrade(database)
    filled = Archive(tmp_path, settings, database)
    await filled.fill()
    yield filled
    await database.close()


async def test_hour_after_hour_exactly_what_is_due_goes(archive: Archive) -> None:
    for hours in range(0, 8 * 24, 6):
        now = START + timedelta(hours=hours)
        announced = await archive.purge(now, dry_run=True)
        assert (await archive.purge(now)).conversations == announced.conversations
        living = await archive.living()
        assert living == set(archive.written) - archive.due(now)
        assert archive.copied() == living
        content = archive.bytes_on_disk()
        said = {number for number in range(CONVERSATIONS) if f"{CANARY} numéro {number}.".encode() in content}
        assert said == {number for number, one in enumerate(archive.written) if one in living}
    assert await archive.living() == set()
    assert f"{CANARY} numéro".encode() not in archive.bytes_on_disk()


async def test_opinions_go_after_ninety_days_and_the_files_are_clean(archive: Archive) -> None:
    await archive.purge(datetime.now(UTC) + timedelta(days=89))
    assert f"{CANARY}-avis".encode() in archive.bytes_on_disk()
    report = await archive.purge(datetime.now(UTC) + timedelta(days=91))
    assert report.feedback == CONVERSATIONS
    assert CANARY.encode() not in archive.bytes_on_disk()
    assert not any(one.encode() in archive.bytes_on_disk() for one in archive.written)


async def test_a_purge_cut_short_goes_on_where_it_stopped(archive: Archive) -> None:
    """Rasa's file out of reach: what the database lost stays lost, and the next purge wipes the copy."""
    late = START + timedelta(days=30)
    with closing(sqlite3.connect(archive.folder / "rasa.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError):
            await archive.purge(late)
    assert (await archive.living(), len(archive.copied())) == (set(), CONVERSATIONS)
    await archive.purge(late)
    assert (await archive.living(), archive.copied()) == (set(), set())


async def test_a_flag_closed_by_a_human_is_kept_no_longer_than_the_others(archive: Archive) -> None:
    async with archive.database.write() as connection:
        await connection.execute(update(conversation_table).values(flagged_at=None))
    await archive.purge(START + timedelta(days=1, hours=1))
    assert await archive.living() == set()


async def test_the_command_line_says_then_does(archive: Archive) -> None:
    now = datetime.now(UTC)
    for number, one in enumerate(archive.written):
        await archive.move(one, now - timedelta(hours=2 if number < 40 else 26), one in archive.flagged)
    due = len(archive.due(now))

    def proche(*words: str) -> dict[str, int]:
        environment = bare_environment() | {"PROCHE_VAR_DIR": str(archive.folder)}
        command = [str(ROOT / "proche"), "purge", "--json", *words]
        done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
        report: dict[str, int] = json.loads(done.stdout)
        return report

    assert proche("--dry-run")["conversations"] == due > 0
    assert len(await archive.living()) == CONVERSATIONS
    assert proche()["conversations"] == due
    assert len(await archive.living()) == CONVERSATIONS - due
    assert proche() == {"conversations": 0, "feedback": 0, "trackers": 0}
