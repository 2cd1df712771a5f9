"""Runs migrations over the connection that `marks.connection` hands over. Imported by itself, it does nothing."""

from __future__ import annotations

from alembic import context

if "config" in vars(context):
    connection = context.config.attributes["connection"]
    version_table = context.config.attributes["version_table"]
    context.configure(connection=connection, version_table=version_table, render_as_batch=True)
    context.run_migrations()
