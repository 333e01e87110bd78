"""What each repository chose, and what was reported of each pull request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "configs",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("memory", sa.JSON, nullable=False),
        sa.Column("read_at", _TIME, nullable=False),
    )
    op.create_table(
        "checks",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("head_sha", sa.String, nullable=False),
        sa.Column("memory", sa.JSON, nullable=False),
    )
    op.create_index("checks_head", "checks", ["repository_id", "head_sha"])
