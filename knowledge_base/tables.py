"""Tables of the knowledge, and the metadata shared by every table of the database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, DateTime, Dialect, Integer, MetaData, String, Table, Text, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC without zone so that SQLite and PostgreSQL sort it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


fiche_table = Table(
    "fiche",
    metadata,
    Column("slug", String(80), primary_key=True),
    Column("document", Text, nullable=False),  # the whole Markdown file: the only copy of what the fiche says
    Column("file_digest", String(64), nullable=False),  # SHA-256 of the file last imported, to see edits on either side
    Column("updated_at", UtcDateTime, nullable=False),
    Column("origin", String(40), nullable=False, server_default="depot"),  # who brought it: the repository, or a wiki
)

# Pages of the State, shown beside ours as links: never a fiche, never part of what a fiche says.
official_page_table = Table(
    "official_page",
    metadata,
    Column("id", String(20), primary_key=True),  # of the State: F19778
    Column("title", String(300), nullable=False),
    Column("theme", String(500), nullable=False),  # the path to it, "Logement > Location", or nothing
    Column("summary", String(400), nullable=False),  # the State's words, or nothing
    Column("url", String(200), nullable=False),
    Column("updated_on", Date, nullable=False),  # by the State
    Column("audience", String(40), nullable=False),
)

lieu_table = Table(
    "lieu",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("origin", String(40), nullable=False),  # who says it: `depot` (data/territoire) or an importer's name
    Column("record", JSON, nullable=False),  # knowledge_base.place_record.Record, as last imported
    Column("corrections", JSON, nullable=False),  # cells corrected by hand: they win, whatever is imported
    Column("updated_at", UtcDateTime, nullable=False),
)

# One row; triggers raise `revision` at every change of `fiche`, `lieu` or `official_page`, whoever makes it.
knowledge_table = Table(
    "knowledge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", Integer, nullable=False),
)
