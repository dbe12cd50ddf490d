"""Tables of conversations. What must never be stored has no column here (acceptance E.6, test P10)."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from knowledge_base.tables import UtcDateTime, metadata

conversation_table = Table(
    "conversation",
    metadata,
    Column("id", String(32), primary_key=True),  # 128 random bits, also the sender id given to Rasa
    Column("token_digest", String(64), nullable=False),  # SHA-256 of the bearer token
    Column("channel", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_message_at", UtcDateTime, nullable=False, index=True),
    Column("owner", String(16), nullable=False),  # bot, waiting, mediator, closed
    Column("context", JSON, nullable=False),  # assistance.context.Context
    Column("next_seq", Integer, nullable=False),
    Column("turns", Integer, nullable=False),  # answered turns, for the restart of Rasa's session
    Column("lease_owner", String(32)),  # the worker at work on it
    Column("lease_until", Float),  # seconds since 1970; a lease past it may be taken over
    Column("fence", Integer, nullable=False),  # rises with each lease: an older holder's write is refused
    Column("flagged_at", UtcDateTime, index=True),  # first danger flag not yet closed by a human
)

message_table = Table(
    "message",
    metadata,
    Column("conversation_id", ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("sender", String(16), nullable=False),  # assistant, citizen, mediator, system
    Column("text", Text, nullable=False),
    Column("client_id", String(64)),  # the sender's own id: one message for one id
    Column("choice", JSON),  # what the pressed button does
    Column("content", JSON, nullable=False),  # references: choices, fiches, lieux, danger, urgent, handoff
    Column("reply_to", Integer),  # seq of the citizen's message it answers
    Column("pending", Boolean, nullable=False),  # a citizen's message that has no outcome yet
    Column("outcome", String(16)),  # rasa, fallback, safety, desk
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("conversation_id", "client_id"),
    Index("ix_message_pending", "pending", "at"),
)

feedback_table = Table(
    "feedback",
    metadata,
    Column("conversation_id", String(32), primary_key=True),  # no foreign key: outlives the conversation, masked
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("slug", String(80)),  # the fiche the answer showed, if one
    Column("useful", Boolean, nullable=False),
    Column("comment", String(255), nullable=False),
)
