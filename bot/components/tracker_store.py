"""Rasa's memory of a conversation: its last turns, without a word of what was said, in one SQLite row."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Text

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.components import quiet_logs

quiet_logs.install()
logger = logging.getLogger(__name__)

# Rules look at the present turn; one more is kept so that a form knows where it was interrupted.
KEPT_TURNS = 2
BUSY_TIMEOUT_S = 0.5  # the gateway's purge opens the same file
TABLE = """
CREATE TABLE IF NOT EXISTS tracker (
    sender_id TEXT PRIMARY KEY,
    updated_at REAL NOT NULL,
    events TEXT NOT NULL
) WITHOUT ROWID
"""
WRITE = "INSERT OR REPLACE INTO tracker (sender_id, updated_at, events) VALUES (?, ?, ?)"


class LastTurnsTrackerStore(TrackerStore):
    """A cache: whatever is missing or broken is a new conversation, never an error.

    The gateway remembers what was said and erases it; here only acts, actions, slots and forms are written.
    """

    def __init__(
        self,
        domain: Optional[Domain],
        event_broker: Optional[EventBroker] = None,
        path: Text = "var/rasa.db",
        **kwargs: Any,
    ) -> None:
        """Open the file at `path`; `domain` and `event_broker` are Rasa's."""
        super().__init__(domain, event_broker)
        self._path = Path(path)
        self._connection: Optional[sqlite3.Connection] = None

    async def save(self, tracker: DialogueStateTracker) -> None:
        row = (tracker.sender_id, time.time(), json.dumps([event.as_dict() for event in list_kept_events(tracker)]))
        self._execute(WRITE, row)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        rows = self._execute("SELECT events FROM tracker WHERE sender_id = ?", (sender_id,))
        return self._revive(sender_id, rows[0][0]) if rows else None

    async def exists(self, conversation_id: Text) -> bool:
        return bool(self._execute("SELECT 1 FROM tracker WHERE sender_id = ?", (conversation_id,)))

    async def keys(self) -> Iterable[Text]:
        return [row[0] for row in self._execute("SELECT sender_id FROM tracker")]

    def _revive(self, sender_id: Text, events: Text) -> Optional[DialogueStateTracker]:
        try:
            return DialogueStateTracker.from_events(
                sender_id, deserialise_events(json.loads(events)), self.domain.slots, domain=self.domain
            )
        except Exception as error:  # a row of another version, or half written
            logger.warning("tracker row dropped: %s", type(error).__name__)
            return None

    def _execute(self, statement: Text, values: tuple = ()) -> List[tuple]:
        """Run one statement; on any fault of the file, open it anew once, then do without it."""
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = open_file(self._path)
                return self._connection.execute(statement, values).fetchall()
            except (sqlite3.Error, OSError) as error:
                logger.warning("tracker file: %s", type(error).__name__)
                self._close()
                if _is_ruined(error):
                    remove_file(self._path)
        return []

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_file(path: Path) -> sqlite3.Connection:
    """Open or create the tracker file; raises sqlite3.Error or OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # before SQLite, which gives its journals the rights of the file
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # a cache: losing its last second loses nothing
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(TABLE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def remove_file(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        try:
            Path(f"{path}{suffix}").unlink()
        except OSError:
            continue


def _is_ruined(error: Exception) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def list_kept_events(tracker: DialogueStateTracker) -> List[Event]:
    """Return what is worth keeping of `tracker`: its state, then its last turns, without words."""
    events = list(tracker.events)
    start = _start_of_last_turns(events)
    # A session starts with what Rasa carries over to it, set again after its first event.
    is_session_start = start < len(events) and isinstance(events[start], SessionStarted)
    kept = [] if start == 0 or is_session_start else _state_before(events[:start])
    return kept + [_without_words(event) for event in events[start:] if not _is_session_metadata(event)]


def _start_of_last_turns(events: List[Event]) -> int:
    """Return the index of the oldest event kept: the last session start, or the message `KEPT_TURNS` back."""
    turns = 0
    for index in range(len(events) - 1, -1, -1):
        if isinstance(events[index], SessionStarted):
            return index
        turns += isinstance(events[index], UserUttered)
        if turns == KEPT_TURNS:
            return index
    return 0


def _state_before(events: List[Event]) -> List[Event]:
    """Return events that bring a new tracker to where `events` leave it: slots, form, listening."""
    slots: Dict[Text, Any] = {}
    loop: Optional[Text] = None
    for event in events:
        if isinstance(event, SlotSet) and not _is_session_metadata(event):
            slots[event.key] = event.value
        elif isinstance(event, ActiveLoop):
            loop = event.name
    filled: List[Event] = [SlotSet(name, value) for name, value in slots.items() if value is not None]
    return filled + ([ActiveLoop(loop)] if loop else []) + [ActionExecuted(ACTION_LISTEN_NAME)]


def _is_session_metadata(event: Event) -> bool:
    return isinstance(event, SlotSet) and event.key == SESSION_START_METADATA_SLOT


def _without_words(event: Event) -> Event:
    if isinstance(event, UserUttered):
        act = {"name": event.intent_name, "confidence": event.intent.get("confidence")}
        return UserUttered(text="", intent=act, timestamp=event.timestamp, input_channel=event.input_channel)
    if isinstance(event, BotUttered):
        return BotUttered(text="", timestamp=event.timestamp)
    return event
