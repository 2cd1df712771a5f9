"""Versions of the tables of the review desk, oldest first; alembic runs them on command (`marks.desk_base.upgrade`)."""
