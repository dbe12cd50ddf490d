"""Bring the database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from gateway.database import Database


async def upgrade(database: Database) -> None:
    """Run the missing migrations, all or nothing."""
    async with database.write() as connection:
        await connection.run_sync(run, command.upgrade, "head")


def run(connection: Connection, act: "object", *words: str) -> None:
    """Run an Alembic command on `connection`, inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    act(config, *words)  # type: ignore[operator]
