"""The inbox, the subjects, what is remembered of plans and requests, the audit, the workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False, server_default=default)


def upgrade() -> None:
    _inbox()
    _memory()
    op.create_table(
        "audit",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        _text("subject"),
        _text("kind"),
        _text("target"),
        _text("reason"),
        _text("result"),
        _text("actor", ""),
        _text("url", ""),
        sa.Column("deliveries", sa.JSON, nullable=False),
    )
    op.create_index("audit_subject", "audit", ["subject", "id"])
    op.create_table(
        "workers",
        sa.Column("id", sa.String, primary_key=True),
        _text("host"),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
    )


def _inbox() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        _text("guid"),
        sa.Column("body_sha", sa.String(64), nullable=False),
        sa.Column("replay", sa.Integer, nullable=False, server_default="0"),
        _text("event"),
        sa.Column("received_at", _TIME, nullable=False),
        _text("state", "new"),
        _text("action", ""),
        sa.Column("repository_id", sa.BigInteger),
        _text("actor_login", ""),
        sa.Column("actor_id", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("actor_is_bot", sa.Boolean, nullable=False, server_default=sa.false()),
        _text("note", ""),
        sa.Column("finished_at", _TIME),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("guid", "body_sha", "replay", name="deliveries_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_state", "deliveries", ["state", "id"])
    op.create_table(
        "subjects",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("repository_id", sa.BigInteger, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("round", sa.Integer, nullable=False, server_default="0"),
        sa.Column("queued_delivery", sa.BigInteger),
        sa.Column("queued_at", _TIME),
        sa.Column("parked_at", _TIME),
        sa.Column("parked_until", _TIME),
        _text("reason", ""),
        sa.Column("finished_at", _TIME),
    )
    op.create_table(
        "delivery_subjects",
        sa.Column(
            "delivery_id",
            sa.BigInteger,
            sa.ForeignKey("deliveries.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("subject", sa.String, primary_key=True),
        _text("claim", ""),
        sa.Column("finished_at", _TIME),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "delivery_subjects_open",
        "delivery_subjects",
        ["subject", "delivery_id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


def _memory() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("full_name"),
        sa.Column("installation_id", sa.BigInteger, nullable=False),
        sa.Column("delivery_id", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "plans",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("issue_number", sa.Integer),
        _text("state"),
        sa.Column("memory", sa.JSON, nullable=False),
    )
    op.create_index("plans_issue", "plans", ["repository_id", "issue_number"])
    op.create_table(
        "plan_pulls",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("path", sa.String, primary_key=True),
    )
    op.create_table(
        "requests",
        sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _text("state"),
        sa.Column("memory", sa.JSON, nullable=False),
    )
