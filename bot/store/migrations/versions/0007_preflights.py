"""What was found of each repository when the App was installed on it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "preflights",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("checked_at", _TIME),
        sa.Column("found", sa.String, nullable=False, server_default=""),
        sa.Column("fix", sa.String, nullable=False, server_default=""),
    )
