"""Runs migrations over the connection that `marks.database` hands over. Never by itself: imported without one, it does nothing."""

from __future__ import annotations

from alembic import context

if "config" in vars(context):
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, version_table="marks_version", render_as_batch=True)
    context.run_migrations()
