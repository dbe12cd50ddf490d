"""The State's own pages beside ours; and who brought each fiche."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fiche", sa.Column("origin", sa.String(40), nullable=False, server_default="depot"))
    op.create_table(
        "official_page",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("theme", sa.String(500), nullable=False),
        sa.Column("summary", sa.String(400), nullable=False),
        sa.Column("url", sa.String(200), nullable=False),
        sa.Column("updated_on", sa.Date(), nullable=False),
        sa.Column("audience", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_official_page"),
    )
    _count_every_change_of_an_official_page()


def _count_every_change_of_an_official_page() -> None:
    """As for a fiche: what an import brings answers the next search."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("INSERT", "UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER official_page_{act.lower()} AFTER {act} ON official_page "
                "BEGIN UPDATE knowledge SET revision = revision + 1; END"
            )
        return
    op.execute(
        "CREATE TRIGGER official_page_change AFTER INSERT OR UPDATE OR DELETE ON official_page "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_fiche_change()"
    )


def downgrade() -> None:
    op.drop_table("official_page")
    op.drop_column("fiche", "origin")
