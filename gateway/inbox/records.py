"""Conversations and messages as the inbox holds them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistance.context import Context


@dataclass(frozen=True)
class StoredMessage:
    """One message of a conversation; `content` holds references (assistance.reply.Answer)."""

    seq: int
    at: datetime
    sender: str
    text: str
    content: dict[str, Any]
    reply_to: int | None
    pending: bool
    outcome: str | None


@dataclass(frozen=True)
class Claim:
    """The right to answer one message: valid while `fence` is the conversation's."""

    conversation_id: str
    fence: int
    seq: int
    text: str
    choice: dict[str, Any] | None
    context: Context
    turns: int
    attempts: int
    safety_given: bool  # a safety answer went out with this message already


@dataclass(frozen=True)
class Accepted:
    """What became of an incoming message."""

    seq: int
    pending: bool
    claim: Claim | None  # given when this very process may answer it at once
    is_repeat: bool
    owner: str
