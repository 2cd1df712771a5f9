"""Versions of the marks database, oldest first; alembic runs them on command (`marks.database.upgrade`)."""
