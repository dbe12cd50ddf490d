"""Acknowledged is on disk (R3): the system calls of the real gateway are watched while it answers."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import event

from gateway.database import Database, DatabaseUnfitError, find_file_system
from tests.service import Service
from tests.talk import Talk

CALLS = "trace=fdatasync,fsync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg"
DANGER = "mon mari me frappe"


@asynccontextmanager
async def watched(pid: int, trace: Path) -> AsyncIterator[None]:
    """Write the system calls of a process and all its threads to `trace`, in the order in which they were made."""
    command = ["strace", "-f", "-y", "-s", "48", "-e", CALLS, "-o", str(trace), "-p", str(pid)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    first = await process.stderr.readline()
    assert b"attached" in first, first
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()


@dataclass(frozen=True)
class Acknowledgement:
    """What was done between the reading of a message and the first byte of its answer."""

    syncs: int  # of the journal, completed
    status: str


def parse_trace(trace: str) -> list[Acknowledgement]:
    """Read a trace of messages sent one after the other."""
    found: list[Acknowledgement] = []
    syncing: set[str] = set()  # threads whose sync has begun and not ended
    syncs: int | None = None  # None: no message is being answered
    for line in trace.splitlines():
        thread = line.split(" ", 1)[0]
        if '"POST /api/v1/conversations/' in line:
            syncs = 0
        elif re.search(r"\bf(data)?sync\(\d+<[^>]*-wal>", line):
            if "unfinished" in line:
                syncing.add(thread)
            elif line.endswith("= 0") and syncs is not None:
                syncs += 1
        elif re.search(r"<\.\.\. f(data)?sync resumed>", line) and thread in syncing:
            syncing.discard(thread)
            if line.endswith("= 0") and syncs is not None:
                syncs += 1
        elif (answer := re.search(r'"HTTP/1\.1 (\d{3})', line)) and syncs is not None:
            found.append(Acknowledgement(syncs, answer[1]))
            syncs = None
    return found


async def test_two_hundred_of_two_hundred_messages_are_on_disk_before_their_answer_is_written(
    service_without_rasa: Service, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    talks = [await Talk(session, service_without_rasa.url).open() for _ in range(10)]
    (pid,) = service_without_rasa.pids("gateway")
    dangers = range(0, 200, 4)

    async with watched(pid, tmp_path / "trace"):
        for number in range(200):
            await talks[number % 10].say(DANGER if number in dangers else "comment demander le rsa")

    found = parse_trace((tmp_path / "trace").read_text(errors="replace"))
    assert len(found) == 200
    assert {one.status for one in found} == {"200"}
    for number, one in enumerate(found):
        # A danger is stored with its card in one commit; else the message is stored, then its answer.
        assert one.syncs >= (1 if number in dangers else 2), (number, one)


async def test_an_erasure_is_on_disk_before_it_is_confirmed(
    service_without_rasa: Service, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    talks = [await Talk(session, service_without_rasa.url).open() for _ in range(10)]
    (pid,) = service_without_rasa.pids("gateway")
    async with watched(pid, tmp_path / "trace"):
        for talk in talks:
            assert "effacé" in (await talk.say("EFFACER"))[0]["text"]
    found = parse_trace((tmp_path / "trace").read_text(errors="replace"))
    assert [one.syncs >= 1 for one in found] == [True] * 10


@pytest.mark.parametrize(
    ("pragma", "name"),
    [
        pytest.param("synchronous=NORMAL", "synchronous", id="a commit may be lost"),
        pytest.param("synchronous=OFF", "synchronous", id="nothing is waited for"),
        pytest.param("secure_delete=OFF", "secure_delete", id="what is erased stays in the file"),
    ],
)
async def test_the_start_is_refused_on_a_database_that_does_not_keep_its_promise(
    tmp_path: Path, pragma: str, name: str
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'proche.db'}")
    event.listen(database.engine.sync_engine, "connect", lambda raw, _: raw.execute(f"PRAGMA {pragma}").close())
    with pytest.raises(DatabaseUnfitError, match=name):
        await database.verify()
    await database.close()


async def test_a_sound_database_is_accepted(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'proche.db'}")
    await database.verify()
    await database.close()


MOUNTS = """\
/dev/vda / ext4 rw,relatime 0 0
nas:/export /srv nfs4 rw 0 0
//nas/part /srv/local\\040windows cifs rw 0 0
/dev/vdb /srv/disk ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/proche", "ext4"),
        ("/srv/proche", "nfs4"),
        ("/srv", "nfs4"),
        ("/srvother/proche", "ext4"),
        ("/srv/local windows/proche", "cifs"),
        ("/srv/disk/proche", "ext4"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount_above_it(path: str, kind: str) -> None:
    assert find_file_system(Path(path), MOUNTS) == kind
