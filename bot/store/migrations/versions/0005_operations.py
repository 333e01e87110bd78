"""What operators look at: payloads that were dropped, quick lists of deliveries, the counters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column("body_kept", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.create_index("deliveries_received", "deliveries", ["received_at"])
    op.create_index("deliveries_repository", "deliveries", ["repository_id", "id"])
    op.create_index(
        "deliveries_payloads",
        "deliveries",
        ["received_at"],
        sqlite_where=sa.text("body_kept = 1"),
        postgresql_where=sa.text("body_kept"),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("labels", sa.String, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
