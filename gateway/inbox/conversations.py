"""Conversations in the database: stored before acknowledged, one at a time, in order (invariants I1 to I4)."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from assistance.context import Context
from assistance.reply import Answer
from gateway.database import Database
from gateway.inbox.records import Accepted, Claim, StoredMessage
from gateway.inbox.tables import conversation_table, feedback_table, message_table

LEASE_S = 15.0  # longer than the longest turn (Rasa's 8 s and our own answer)

_ID, _TOKEN = re.compile(r"[\w-]{22}", re.ASCII), re.compile(r"[\w-]{43}", re.ASCII)  # as `open` makes them
_c, _m = conversation_table.c, message_table.c


class UnknownConversationError(Exception):
    """No such conversation, or another one's token: told apart for nobody."""


class UnknownChoiceError(Exception):
    """The button is none of this conversation's."""


@dataclass(frozen=True)
class Incoming:
    """A citizen's message, cleaned and masked."""

    client_id: str
    text: str
    choice_id: str | None = None


@dataclass
class Conversations:
    """Every reading and writing of conversations."""

    database: Database
    worker_id: str

    async def open(self, channel: str, welcome: Answer) -> tuple[str, str, list[StoredMessage]]:
        """Create a conversation; return its id, its token and its first messages."""
        conversation_id, token = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            await connection.execute(
                insert(conversation_table).values(
                    id=conversation_id,
                    token_digest=_digest(token),
                    channel=channel,
                    created_at=now,
                    last_message_at=now,
                    owner="bot",
                    context=Context().to_json(),
                    next_seq=2,
                    turns=0,
                    fence=0,
                )
            )
            await _add_answers(connection, conversation_id, 1, [welcome], None, now, None)
        return conversation_id, token, await self.list_messages(conversation_id)

    async def check_token(self, conversation_id: str, token: str) -> None:
        """Raise UnknownConversationError unless `token` opens the conversation."""
        _check_shape(conversation_id, token)
        query = select(_c.token_digest).where(_c.id == conversation_id)
        async with self.database.read() as connection:
            _check(token, (await connection.execute(query)).scalar())

    async def accept(
        self,
        conversation_id: str,
        token: str,
        incoming: Incoming,
        safety: Sequence[Answer],
        topic: str | None = None,
    ) -> Accepted:
        """Store a message, and the safety answers it calls for, in one transaction; on disk at the return.

        With a plain danger the message needs no other outcome; `safety` then is the outcome. A level `talk`
        leaves the message pending for the dialogue. `topic`: the fiche spoken of from then on.
        Raises UnknownConversationError, UnknownChoiceError.
        """
        _check_shape(conversation_id, token)
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            conversation = await _get(connection, conversation_id)
            _check(token, conversation.token_digest if conversation else None)
            assert conversation is not None
            known = await _list_pending_and_repeat(connection, conversation_id, incoming.client_id)
            repeat = next((row for row in known if row.client_id == incoming.client_id), None)
            if repeat is not None:
                return Accepted(repeat.seq, repeat.pending, None, True, conversation.owner)
            text, choice = incoming.text, None
            if incoming.choice_id is not None:
                text, choice = await _find_choice(connection, conversation_id, incoming.choice_id)
            about_danger = choice is not None and choice.get("act") == "danger"
            goes_on = conversation.owner == "bot" and not about_danger and not _is_final(safety)
            seq = conversation.next_seq
            takes_lease = goes_on and _is_free(conversation) and not known
            await connection.execute(
                insert(message_table).values(
                    conversation_id=conversation_id,
                    seq=seq,
                    at=now,
                    sender="citizen",
                    text=text,
                    client_id=incoming.client_id,
                    choice=choice,
                    content={},
                    pending=goes_on,
                    outcome=None if goes_on else ("safety" if safety else "desk"),
                    attempts=int(takes_lease),
                )
            )
            await _add_answers(connection, conversation_id, seq + 1, safety, seq, now, "safety")
            changes = _arrival(conversation, seq, safety, topic, goes_on, now)
            claim = None
            if takes_lease:
                changes |= self._lease(conversation)
                claim = Claim(
                    conversation_id, changes["fence"], seq, text, choice, Context.from_json(conversation.context),
                    conversation.turns, 1, bool(safety),
                )  # fmt: skip
            await connection.execute(update(conversation_table).where(_c.id == conversation_id).values(**changes))
        return Accepted(seq, goes_on, claim, False, conversation.owner)

    def _lease(self, conversation: Row[*tuple[Any, ...]]) -> dict[str, Any]:
        return {
            "lease_owner": self.worker_id,
            "lease_until": time.time() + LEASE_S,
            "fence": conversation.fence + 1,
        }

    async def claim_waiting(self, limit: int) -> list[Claim]:
        """Take up to `limit` conversations in which a message waits and nobody is at work."""
        waiting = (
            select(_m.conversation_id, func.min(_m.seq).label("seq"), func.min(_m.at).label("since"))
            .where(_m.pending)
            .group_by(_m.conversation_id)
            .subquery()
        )
        free = or_(_c.lease_until.is_(None), _c.lease_until < time.time())
        query = (
            select(_c.id)
            .join(waiting, waiting.c.conversation_id == _c.id)
            .where(free, _c.owner == "bot")
            .order_by(waiting.c.since)
            .limit(limit)
        )
        async with self.database.read() as connection:  # most of the time nothing waits: no write lock then
            ids = list((await connection.execute(query)).scalars())
        claims = []
        for conversation_id in ids:
            async with self.database.write() as connection:
                conversation = await _get(connection, conversation_id, lock=True)
                if conversation is not None and _is_free(conversation):
                    claim = await self._claim_next(connection, conversation)
                    claims += [claim] if claim else []
        return claims

    async def _claim_next(self, connection: AsyncConnection, conversation: Row[*tuple[Any, ...]]) -> Claim | None:
        query = select(message_table).where(_m.conversation_id == conversation.id, _m.pending).order_by(_m.seq).limit(1)
        message = (await connection.execute(query)).one_or_none()
        if message is None:
            return None
        lease = self._lease(conversation)
        await connection.execute(update(conversation_table).where(_c.id == conversation.id).values(**lease))
        await _count_attempt(connection, conversation.id, message.seq)
        query = select(func.count()).where(
            _m.conversation_id == conversation.id, _m.reply_to == message.seq, _m.outcome == "safety"
        )
        safety_given = bool((await connection.execute(query)).scalar())
        return Claim(
            conversation.id, lease["fence"], message.seq, message.text, message.choice,
            Context.from_json(conversation.context), conversation.turns, message.attempts + 1, safety_given,
        )  # fmt: skip

    async def settle(
        self, claim: Claim, answers: Sequence[Answer], context: Context, outcome: str
    ) -> tuple[list[StoredMessage] | None, Claim | None]:
        """Write the outcome of a claimed message; return its answers as stored, and the claim of the next message.

        A claim whose fence is no longer the conversation's writes nothing (None): another worker has taken over.
        """
        now = datetime.now(UTC)
        async with self.database.write() as connection:
            conversation = await _get(connection, claim.conversation_id, lock=True)
            if conversation is None or conversation.fence != claim.fence:
                return None, None
            await _add_answers(
                connection, claim.conversation_id, conversation.next_seq, answers, claim.seq, now, outcome
            )
            await connection.execute(
                update(message_table)
                .where(_m.conversation_id == claim.conversation_id, _m.seq == claim.seq)
                .values(pending=False, outcome=outcome)
            )
            changes = {
                "context": context.to_json(),
                "next_seq": conversation.next_seq + len(answers),
                "turns": conversation.turns + 1,
                "lease_owner": None,
                "lease_until": None,
            }
            await connection.execute(update(conversation_table).where(_c.id == claim.conversation_id).values(**changes))
            following = None
            if conversation.next_seq > claim.seq + 1:
                fresh = await _get(connection, claim.conversation_id)
                assert fresh is not None
                following = await self._claim_next(connection, fresh)
        stored = [
            StoredMessage(seq, now, "assistant", answer.text, _content(answer), claim.seq, False, outcome)
            for seq, answer in enumerate(answers, conversation.next_seq)
        ]
        return stored, following

    async def list_messages(
        self, conversation_id: str, after: int = 0, reply_to: int | None = None
    ) -> list[StoredMessage]:
        """The messages after `after`, or those that answer `reply_to`, in order; at most 500."""
        query = select(message_table).where(_m.conversation_id == conversation_id, _m.seq > after)
        if reply_to is not None:
            query = query.where(_m.reply_to == reply_to)
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(_m.seq).limit(500))).all()
        return [_stored(row) for row in rows]

    async def find_choice(self, conversation_id: str, choice_id: str) -> dict[str, Any]:
        """What a button does. Raises UnknownChoiceError."""
        async with self.database.read() as connection:
            return (await _find_choice(connection, conversation_id, choice_id))[1]

    async def get_context(self, conversation_id: str) -> Context:
        async with self.database.read() as connection:
            query = select(_c.context).where(_c.id == conversation_id)
            return Context.from_json((await connection.execute(query)).scalar())

    async def find_last_said(self, conversation_id: str, since: datetime) -> str:
        """Return what the citizen last typed, after `since`; "" when nothing, or when a button came after."""
        query = (
            select(_m.text, _m.choice)
            .where(_m.conversation_id == conversation_id, _m.sender == "citizen", _m.at > since)
            .order_by(_m.seq.desc())
            .limit(1)
        )
        async with self.database.read() as connection:
            last = (await connection.execute(query)).one_or_none()
        return last.text if last is not None and last.choice is None else ""

    async def is_pending(self, conversation_id: str, seq: int) -> bool:
        query = select(_m.pending).where(_m.conversation_id == conversation_id, _m.seq == seq)
        async with self.database.read() as connection:
            return bool((await connection.execute(query)).scalar())

    async def add_feedback(self, conversation_id: str, seq: int, useful: bool, comment: str) -> bool:
        """Record an opinion on an answer (the last one given counts); False when there is no such answer."""
        async with self.database.write() as connection:
            query = select(_m.content).where(
                _m.conversation_id == conversation_id, _m.seq == seq, _m.sender == "assistant"
            )
            content = (await connection.execute(query)).scalar()
            if content is None:
                return False
            await connection.execute(_same_feedback(conversation_id, seq))
            await connection.execute(
                insert(feedback_table).values(
                    conversation_id=conversation_id,
                    seq=seq,
                    at=datetime.now(UTC),
                    slug=next(iter(content.get("fiches", ())), None),
                    useful=useful,
                    comment=comment,
                )
            )
        return True

    async def erase(self, conversation_id: str) -> None:
        """Delete a conversation and what was said of it; nothing of it stays in any file of the database."""
        async with self.database.write() as connection:
            await connection.execute(delete(message_table).where(_m.conversation_id == conversation_id))
            await connection.execute(delete(conversation_table).where(_c.id == conversation_id))
            await connection.execute(delete(feedback_table).where(feedback_table.c.conversation_id == conversation_id))
        await self.database.truncate_journal()

    async def free_leases(self) -> None:
        """Give back the leases of a process that is gone; only where this process is the only one (SQLite)."""
        async with self.database.write() as connection:
            await connection.execute(update(conversation_table).values(lease_owner=None, lease_until=None))

    async def oldest_pending_s(self) -> float:
        """Age in seconds of the oldest message without an outcome; 0 when none waits."""
        query = select(func.min(_m.at)).where(_m.pending)
        async with self.database.read() as connection:
            since = (await connection.execute(query)).scalar()
        return max(0.0, (datetime.now(UTC) - since).total_seconds()) if since else 0.0

    async def count_flags(self) -> int:
        query = select(func.count()).where(_c.flagged_at.is_not(None))
        async with self.database.read() as connection:
            return int((await connection.execute(query)).scalar() or 0)


def _arrival(
    conversation: Row[*tuple[Any, ...]],
    seq: int,
    safety: Sequence[Answer],
    topic: str | None,
    goes_on: bool,
    now: datetime,
) -> dict[str, Any]:
    """What a message changes in its conversation when it arrives."""
    changes: dict[str, Any] = {"last_message_at": now, "next_seq": seq + 1 + len(safety)}
    if any(answer.danger and answer.danger["level"] != "ask" for answer in safety):
        changes["flagged_at"] = conversation.flagged_at or now
    if safety and not goes_on:
        context = Context.from_json(conversation.context).but(awaiting=_question_of(safety), failures=0)
        changes["context"] = (context.but(topic=topic, kinds=()) if topic else context).to_json()
    return changes


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_shape(conversation_id: str, token: str) -> None:
    """Bytes that could be neither an id nor a token must not reach the database."""
    if not (_ID.fullmatch(conversation_id) and _TOKEN.fullmatch(token)):
        raise UnknownConversationError


def _check(token: str, digest: str | None) -> None:
    if digest is None or not hmac.compare_digest(_digest(token), digest):
        raise UnknownConversationError


async def _get(connection: AsyncConnection, conversation_id: str, lock: bool = True) -> Row[*tuple[Any, ...]] | None:
    query = select(conversation_table).where(_c.id == conversation_id)
    if lock and connection.dialect.name != "sqlite":
        query = query.with_for_update()
    return (await connection.execute(query)).one_or_none()


def _is_free(conversation: Row[*tuple[Any, ...]]) -> bool:
    return conversation.lease_until is None or conversation.lease_until < time.time()


def _is_final(safety: Sequence[Answer]) -> bool:
    return any(answer.danger and answer.danger["level"] in ("card", "ask") for answer in safety)


def _question_of(safety: Sequence[Answer]) -> str | None:
    """What `Context.awaiting` holds after "êtes-vous en danger ?": the question, its theme and its rule."""
    for answer in safety:
        if answer.danger and answer.danger["level"] == "ask":
            do = answer.choices[0].do
            return f"danger {do['theme']} {do['rule']}"
    return None


async def _count_attempt(connection: AsyncConnection, conversation_id: str, seq: int) -> None:
    await connection.execute(
        update(message_table)
        .where(and_(_m.conversation_id == conversation_id, _m.seq == seq))
        .values(attempts=_m.attempts + 1)
    )


async def _list_pending_and_repeat(
    connection: AsyncConnection, conversation_id: str, client_id: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The messages that wait, and the one already stored under this id if any."""
    query = select(_m.seq, _m.pending, _m.client_id).where(
        _m.conversation_id == conversation_id, or_(_m.client_id == client_id, _m.pending)
    )
    return (await connection.execute(query)).all()


async def _find_choice(connection: AsyncConnection, conversation_id: str, choice_id: str) -> tuple[str, dict[str, Any]]:
    """Return title and effect of a button; its id is the seq of its message and its rank there."""
    seq, _, rank = choice_id.partition(".")
    if not (seq.isdecimal() and rank.isdecimal() and len(choice_id) <= 12):
        raise UnknownChoiceError
    query = select(_m.content).where(
        _m.conversation_id == conversation_id, _m.seq == int(seq), _m.sender == "assistant"
    )
    content = (await connection.execute(query)).scalar() or {}
    choices = content.get("choices", [])
    if int(rank) >= len(choices):
        raise UnknownChoiceError
    return choices[int(rank)]["title"], choices[int(rank)]["do"]


async def _add_answers(
    connection: AsyncConnection,
    conversation_id: str,
    first_seq: int,
    answers: Sequence[Answer],
    reply_to: int | None,
    now: datetime,
    outcome: str | None,
) -> None:
    rows = [
        {
            "conversation_id": conversation_id, "seq": seq, "at": now, "sender": "assistant", "text": answer.text,
            "content": _content(answer), "reply_to": reply_to, "pending": False, "outcome": outcome, "attempts": 0,
        }
        for seq, answer in enumerate(answers, first_seq)
    ]  # fmt: skip
    if rows:
        await connection.execute(insert(message_table), rows)


def _content(answer: Answer) -> dict[str, Any]:
    """The references of an answer, as stored."""
    return {key: value for key, value in answer.to_json().items() if value and key != "text"}


def _same_feedback(conversation_id: str, seq: int) -> Any:
    return delete(feedback_table).where(
        feedback_table.c.conversation_id == conversation_id, feedback_table.c.seq == seq
    )


def _stored(row: Row[*tuple[Any, ...]]) -> StoredMessage:
    return StoredMessage(row.seq, row.at, row.sender, row.text, row.content, row.reply_to, row.pending, row.outcome)
