"""What of a plan waits for a person, and deliveries by their event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("attention", "attention_why"):
        column = sa.Column(name, sa.String, nullable=False, server_default="")
        op.add_column("plan_summaries", column)
    op.create_index("deliveries_event", "deliveries", ["event", "id"])
