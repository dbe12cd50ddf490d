"""Places in the database: as imported, with the corrections made by hand beside."""

import sqlalchemy as sa
from alembic import op

from knowledge_base.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lieu",
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lieu"),
    )
    _count_every_change_of_a_place()


def _count_every_change_of_a_place() -> None:
    """As for a fiche: an edit made by whatever hand answers the next message."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("INSERT", "UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER lieu_{act.lower()} AFTER {act} ON lieu "
                "BEGIN UPDATE knowledge SET revision = revision + 1; END"
            )
        return
    op.execute(
        "CREATE TRIGGER lieu_change AFTER INSERT OR UPDATE OR DELETE ON lieu "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_fiche_change()"
    )


def downgrade() -> None:
    op.drop_table("lieu")
