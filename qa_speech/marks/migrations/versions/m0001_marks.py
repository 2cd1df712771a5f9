"""The table of marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "marks",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("call", sa.String(1000), nullable=False, index=True),
        sa.Column("criterion", sa.String(200), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("points", sa.Float),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("person", sa.String(200), nullable=False, index=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("scorecard", sa.String(200), nullable=False),
        sa.Column("scorecard_version", sa.Integer, nullable=False),
        sa.Column("machine_outcome", sa.String(20), nullable=False),
        sa.Column("machine_points", sa.Float),
        sa.Column("blind", sa.Boolean, nullable=False),
    )
