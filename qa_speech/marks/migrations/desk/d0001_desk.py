"""The tables of the review desk; the audit can be added to and nothing else."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SQLITE = "CREATE TRIGGER audit_kept_{event} BEFORE {event} ON desk_audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
POSTGRESQL = (
    """CREATE FUNCTION desk_audit_kept() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER desk_audit_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON desk_audit
    FOR EACH STATEMENT EXECUTE FUNCTION desk_audit_kept()""",
)


def _text(name: str, length: int = 200, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, **more)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "desk_accounts",
        _number(),
        _text("name", unique=True),
        _text("secret", 300),
        _text("roles"),
        _text("team"),
        _text("agent"),
        sa.Column("unmasked", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        _text("lang", 8),
        _text("made_at", 32),
    )
    op.create_table(
        "desk_sessions",
        _text("token", 64, primary_key=True),
        sa.Column("account", sa.Integer, nullable=False, index=True),
        _text("csrf", 64),
        _text("made_at", 32),
        _text("seen_at", 32),
    )
    op.create_table(
        "desk_links",
        _text("token", 64, primary_key=True),
        sa.Column("account", sa.Integer, nullable=False, index=True),
        _text("until", 32),
    )
    op.create_table(
        "desk_assignments",
        _number(),
        _text("call", 1000, index=True),
        _text("person", index=True),
        _text("stage", 20),
        _text("due", 32),
        _text("given_at", 32),
        _text("given_by"),
        sa.Column("round", sa.Integer, nullable=False),
        _text("done_at", 32),
        sa.UniqueConstraint("call", "person", "stage", "round"),
    )
    op.create_table(
        "desk_drafts",
        _text("call", 1000, primary_key=True),
        _text("person", primary_key=True),
        _text("stage", 20, primary_key=True),
        _text("criterion", primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _text("page", 40),
        _text("at", 32),
    )
    op.create_table(
        "desk_rounds",
        _number(),
        _text("title"),
        sa.Column("calls", sa.Text, nullable=False),
        sa.Column("people", sa.Text, nullable=False),
        _text("expert"),
        _text("made_by"),
        _text("made_at", 32),
        _text("ended_at", 32),
    )
    op.create_table(
        "desk_filters",
        _number(),
        _text("person", index=True),
        _text("name"),
        _text("question", 2000),
    )
    op.create_table(
        "desk_notices",
        _number(),
        _text("person", index=True),
        _text("at", 32),
        _text("kind", 40),
        _text("call", 1000),
        _text("criterion"),
        _text("other"),
        _text("seen_at", 32),
    )
    op.create_table(
        "desk_audit",
        _number(),
        _text("at", 32),
        _text("person"),
        _text("action", 40),
        _text("call", 1000),
        sa.Column("detail", sa.Text, nullable=False),
        _text("address", 80),
    )
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(event=event))
    else:
        for statement in POSTGRESQL:
            op.execute(statement)
