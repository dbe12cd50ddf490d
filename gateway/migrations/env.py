"""Alembic's entry: runs on the connection given by gateway.migrate."""

from alembic import context

import gateway.inbox.tables  # noqa: F401 - registers the tables of conversations
from knowledge_base.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
