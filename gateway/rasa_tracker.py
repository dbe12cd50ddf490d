"""Rasa's copy of conversations: one SQLite file that erasing and the purge open too (test P5)."""

import asyncio
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RasaTracker:
    """The file written by bot/components/tracker_store.py: table tracker(sender_id, updated_at, events)."""

    path: Path

    async def erase(self, sender_ids: Iterable[str]) -> None:
        """Wipe the trackers of these conversations from the file and its journal."""
        await asyncio.to_thread(self._erase, list(sender_ids))

    async def erase_all_but(self, sender_ids: Iterable[str]) -> int:
        """Wipe the trackers of no living conversation; return how many."""
        return await asyncio.to_thread(self._erase_all_but, set(sender_ids))

    def _erase(self, sender_ids: list[str]) -> None:
        if not self.path.exists():
            return
        connection = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        try:
            connection.execute("PRAGMA secure_delete=ON")
            connection.executemany("DELETE FROM tracker WHERE sender_id = ?", [(sender,) for sender in sender_ids])
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
        finally:
            connection.close()

    def _erase_all_but(self, living: set[str]) -> int:
        if not self.path.exists():
            return 0
        connection = sqlite3.connect(self.path, timeout=5)
        try:
            stored = [row[0] for row in connection.execute("SELECT sender_id FROM tracker")]
        except sqlite3.OperationalError:
            stored = []
        finally:
            connection.close()
        gone = [sender for sender in stored if sender not in living]
        self._erase(gone)
        return len(gone)
