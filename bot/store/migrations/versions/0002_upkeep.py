"""When each plan was last compared, where each sweep stands, and which repositories are closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("plans", sa.Column("compared_at", _TIME))
    op.create_table(
        "sweeps",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("cursor", sa.JSON, nullable=False),
    )
    op.create_table(
        "blocks",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("checked_at", _TIME, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
    )
