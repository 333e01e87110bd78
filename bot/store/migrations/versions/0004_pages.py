"""What the pages list of each plan, how far it was when, and who is signed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plan_summaries",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("issue_number", sa.Integer),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("next", sa.String, nullable=False),
        sa.Column("blockers", sa.Integer, nullable=False),
        sa.Column("blocker", sa.String, nullable=False),
        sa.Column("words", sa.String, nullable=False),
    )
    op.create_table(
        "plan_progress",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("repository_id", sa.BigInteger, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
    )
    op.create_index("plan_progress_plan", "plan_progress", ["repository_id", "path", "id"])
    op.create_table(
        "sessions",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("login", sa.String, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.String, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
