"""The database: one place for its engine, its pragmas and its writes."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.logs import log

# Acceptance fact 12: with NORMAL a commit may be lost after the answer; secure_delete wipes what is erased.
_SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "2",
    "secure_delete": "1",
    "foreign_keys": "1",
    "busy_timeout": "1000",
}


# SQLite's locks and syncs mean nothing on a disk shared over the network (test R3).
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "fuse.sshfs"})
PROBE_EVERY_S = 1.0
PROBE_PATIENCE_S = 2.0
SERVER_PATIENCE_S = 5.0  # a PostgreSQL that takes longer to connect, or to answer a statement, is away


class DatabaseUnfitError(Exception):
    """The database does not keep what it acknowledges; the start is refused."""


class DatabaseGoneError(OSError):
    """Our file is no longer where it was: what would be stored in it now would be lost with it."""


class Database:
    """An engine whose writes are one at a time on SQLite, so that none waits in SQLite's own busy loop."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        patience = {} if self.is_sqlite else {"timeout": SERVER_PATIENCE_S, "command_timeout": SERVER_PATIENCE_S}
        self.engine: AsyncEngine = create_async_engine(url, pool_pre_ping=not self.is_sqlite, connect_args=patience)
        self.path = Path(self.engine.url.database) if self.is_sqlite and self.engine.url.database else None
        self._file: tuple[int, int] | None = None  # the file we write to
        self._strayed = False
        self._writing = asyncio.Lock()
        self._probe: asyncio.Task[bool] | None = None
        self._probed_at = 0.0
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", self._keep_private)
            event.listen(self.engine.sync_engine, "connect", _set_pragmas)
            event.listen(self.engine.sync_engine, "begin", _begin)

    def _keep_private(self, *_: object) -> None:
        """The file is its owner's alone, and so are its journals, to which SQLite gives the rights of the file."""
        if self.path is not None:
            self.path.chmod(0o600)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading only. Raises like `write`."""
        await self._check_file()
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed, and on disk, when the block ends without exception.

        Raises DatabaseGoneError when the file is not in its place.
        """
        if not self.is_sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        await self._check_file()
        async with self._writing, self.engine.connect() as plain:
            connection = await plain.execution_options(proche_write=True)
            async with connection.begin():
                yield connection

    async def _check_file(self) -> None:
        """Refuse while the file is not in its place; a connection opened meanwhile may be another file's."""
        if self.path is None or (self._file is None and not self.path.exists()):
            return
        try:
            found = _identity(self.path)
        except FileNotFoundError:
            found = None
        self._file = self._file or found
        if found != self._file:
            self._strayed = True
            raise DatabaseGoneError("the database's file is not in its place")
        if self._strayed:
            self._strayed = False
            await self.engine.dispose()

    async def is_writable(self) -> bool:
        """Whether a write reaches the disk; tried once a second at most, however often one asks."""
        if self._probe is None or (self._probe.done() and time.monotonic() - self._probed_at > PROBE_EVERY_S):
            self._probed_at = time.monotonic()
            self._probe = asyncio.create_task(self._try_to_write())
        done, _ = await asyncio.wait({self._probe}, timeout=PROBE_PATIENCE_S)
        return bool(done) and self._probe.result()

    async def _try_to_write(self) -> bool:
        try:
            async with self.write() as connection:
                for step in (1, -1):  # SQLite writes nothing for a value that is already there
                    await connection.execute(text("UPDATE knowledge SET revision = revision + :step"), {"step": step})
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("database not writable", error=type(error).__name__)
            return False
        return True

    async def verify(self) -> None:
        """Raise DatabaseUnfitError unless a commit is durable here (tests R3)."""
        async with self.read() as connection:
            if self.is_sqlite:
                found = {name: str(await _scalar(connection, f"PRAGMA {name}")) for name in _SQLITE_PRAGMAS}
                wrong = [name for name, value in _SQLITE_PRAGMAS.items() if found[name] != value]
                if self._file_system() in NETWORK_FILE_SYSTEMS:
                    wrong.append("disque réseau")
            else:
                wanted = {"fsync": {"on"}, "synchronous_commit": {"on", "remote_apply", "remote_write"}}
                wrong = [name for name, good in wanted.items() if await _scalar(connection, f"SHOW {name}") not in good]
        if wrong:
            raise DatabaseUnfitError(f"la base ne garantit pas ce qu'elle enregistre : {', '.join(wrong)}")

    def _file_system(self) -> str | None:
        mounts = Path("/proc/mounts")
        if self.path is None or not mounts.exists():
            return None
        return find_file_system(self.path.resolve(), mounts.read_text())

    async def truncate_journal(self) -> None:
        """Empty SQLite's write-ahead log, so that what was erased is in no file."""
        if self.is_sqlite:
            async with self._writing, self.engine.connect() as connection:
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    async def close(self) -> None:
        await self.engine.dispose()


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def find_file_system(path: Path, mounts: str) -> str | None:
    """Return the kind of the file system that holds `path`; `mounts` is written as in /proc/mounts."""
    found: tuple[Path, str] | None = None
    for line in mounts.splitlines():
        _, point, kind = line.split(" ")[:3]
        mount = Path(point.replace("\\040", " "))
        if path.is_relative_to(mount) and (found is None or mount.is_relative_to(found[0])):
            found = mount, kind
    return found[1] if found else None


async def _scalar(connection: AsyncConnection, statement: str) -> Any:
    return (await connection.execute(text(statement))).scalar()


def _set_pragmas(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event below opens transactions, not the driver
    cursor = connection.cursor()
    for name, value in _SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _begin(connection: Any) -> None:
    is_write = connection.get_execution_options().get("proche_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
