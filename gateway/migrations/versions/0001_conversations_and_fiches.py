"""Conversations, messages, feedback, fiches and their revision."""

import sqlalchemy as sa
from alembic import op

from knowledge_base.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_message_at", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.String(16), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(32)),
        sa.Column("lease_until", sa.Float()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("flagged_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_last_message_at", "conversation", ["last_message_at"])
    op.create_index("ix_conversation_flagged_at", "conversation", ["flagged_at"])
    op.create_table(
        "message",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("sender", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(64)),
        sa.Column("choice", sa.JSON()),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reply_to", sa.Integer()),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name="fk_message_conversation_id_conversation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name="pk_message"),
        sa.UniqueConstraint("conversation_id", "client_id", name="uq_message_conversation_id"),
    )
    op.create_index("ix_message_pending", "message", ["pending", "at"])
    op.create_table(
        "feedback",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("slug", sa.String(80)),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name="pk_feedback"),
    )
    op.create_index("ix_feedback_at", "feedback", ["at"])
    op.create_table(
        "fiche",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("file_digest", sa.String(64), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_fiche"),
    )
    knowledge = op.create_table(
        "knowledge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge"),
    )
    op.bulk_insert(knowledge, [{"id": 1, "revision": 0}])
    _count_every_change_of_a_fiche()


def _count_every_change_of_a_fiche() -> None:
    """A trigger, so that an edit made by whatever hand answers the next message."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("INSERT", "UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER fiche_{act.lower()} AFTER {act} ON fiche "
                "BEGIN UPDATE knowledge SET revision = revision + 1; END"
            )
        return
    op.execute(
        "CREATE FUNCTION count_fiche_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE knowledge SET revision = revision + 1; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER fiche_change AFTER INSERT OR UPDATE OR DELETE ON fiche "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_fiche_change()"
    )


def downgrade() -> None:
    for table in ("knowledge", "fiche", "feedback", "message", "conversation"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION count_fiche_change()")
