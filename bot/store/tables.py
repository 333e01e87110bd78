"""The tables as SQLAlchemy knows them; ``migrations/`` is what makes them.

``deliveries`` is the inbox. ``subjects`` holds when each subject is due, and ``delivery_subjects``
which deliveries are not yet finished for it. The rest is memory, rebuilt from GitHub when lost.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData()

# SQLite numbers rows by itself only where the column is exactly INTEGER.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps no time zones, so there it is stored without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("guid", sa.String, nullable=False),
    sa.Column("body_sha", sa.String(64), nullable=False),
    sa.Column("replay", sa.Integer, nullable=False, server_default="0"),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    # new -> open | ignored | failed; open -> finished
    sa.Column("state", sa.String, nullable=False, server_default="new"),
    sa.Column("action", sa.String, nullable=False, server_default=""),
    sa.Column("repository_id", sa.BigInteger),
    sa.Column("actor_login", sa.String, nullable=False, server_default=""),
    sa.Column("actor_id", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("actor_is_bot", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("note", sa.String, nullable=False, server_default=""),
    sa.Column("finished_at", UtcTime),
    # Last, because SQLite reads a row from its beginning.
    sa.Column("body", sa.LargeBinary, nullable=False),
    # False once the body was dropped; a truth value is kept in the row's header, before the body.
    sa.Column("body_kept", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.UniqueConstraint("guid", "body_sha", "replay", name="deliveries_once"),
    # Ids are never used twice: job ids are made of them.
    sqlite_autoincrement=True,
)
sa.Index("deliveries_state", deliveries.c.state, deliveries.c.id)
sa.Index("deliveries_received", deliveries.c.received_at)
sa.Index("deliveries_event", deliveries.c.event, deliveries.c.id)
sa.Index("deliveries_repository", deliveries.c.repository_id, deliveries.c.id)
sa.Index(
    "deliveries_payloads",
    deliveries.c.received_at,
    sqlite_where=deliveries.c.body_kept,
    postgresql_where=deliveries.c.body_kept,
)

subjects = sa.Table(
    "subjects",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # Counts the rounds, so that a job id is new whenever the same delivery is tried again.
    sa.Column("round", sa.Integer, nullable=False, server_default="0"),
    sa.Column("queued_delivery", sa.BigInteger),
    sa.Column("queued_at", UtcTime),
    sa.Column("parked_at", UtcTime),
    sa.Column("parked_until", UtcTime),
    sa.Column("reason", sa.String, nullable=False, server_default=""),
    sa.Column("finished_at", UtcTime),
)

delivery_subjects = sa.Table(
    "delivery_subjects",
    metadata,
    sa.Column(
        "delivery_id",
        sa.BigInteger,
        sa.ForeignKey("deliveries.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("claim", sa.String, nullable=False, server_default=""),
    sa.Column("finished_at", UtcTime),
)
sa.Index(
    "delivery_subjects_open",
    delivery_subjects.c.subject,
    delivery_subjects.c.delivery_id,
    sqlite_where=delivery_subjects.c.finished_at.is_(None),
    postgresql_where=delivery_subjects.c.finished_at.is_(None),
)

repositories = sa.Table(
    "repositories",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("full_name", sa.String, nullable=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    # The delivery that said so: an older one that is dispatched later must not undo a rename.
    sa.Column("delivery_id", sa.BigInteger, nullable=False, server_default="0"),
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("path", sa.String, primary_key=True),
    sa.Column("issue_number", sa.Integer),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("memory", sa.JSON, nullable=False),
    sa.Column("compared_at", UtcTime),
)
sa.Index("plans_issue", plans.c.repository_id, plans.c.issue_number)

plan_pulls = sa.Table(
    "plan_pulls",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("path", sa.String, primary_key=True),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("memory", sa.JSON, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("result", sa.String, nullable=False),
    sa.Column("actor", sa.String, nullable=False, server_default=""),
    sa.Column("url", sa.String, nullable=False, server_default=""),
    sa.Column("deliveries", sa.JSON, nullable=False),
)
sa.Index("audit_subject", audit.c.subject, audit.c.id)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
)

sweeps = sa.Table(
    "sweeps",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("cursor", sa.JSON, nullable=False),
)

blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("checked_at", UtcTime, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
)

# What the pages list of each plan, so that they need not parse it; one row for each of ``plans``.
plan_summaries = sa.Table(
    "plan_summaries",
    metadata,
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
    # What waits for a person, "" where nothing does: its kind, and a sentence.
    sa.Column("attention", sa.String, nullable=False, server_default=""),
    sa.Column("attention_why", sa.String, nullable=False, server_default=""),
)

# One row whenever a plan's counts changed: the burn-up chart.
plan_progress = sa.Table(
    "plan_progress",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
)
sa.Index(
    "plan_progress_plan", plan_progress.c.repository_id, plan_progress.c.path, plan_progress.c.id
)

# Who is signed in, and sign-in links that nobody used yet (``kind``): keys are SHA-256 hashes.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("login", sa.String, nullable=False),
    sa.Column("user_id", sa.BigInteger, nullable=False),
    sa.Column("sealed", sa.String, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

# Repositories that the App was installed on: when to look at each, and what somebody has to do.
preflights = sa.Table(
    "preflights",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("checked_at", UtcTime),
    sa.Column("found", sa.String, nullable=False, server_default=""),
    sa.Column("fix", sa.String, nullable=False, server_default=""),
)

# What was counted, by every process, since the database was made; and the newest of each gauge.
tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("labels", sa.String, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

# What each repository chose, all its files put together.
configs = sa.Table(
    "configs",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("memory", sa.JSON, nullable=False),
    sa.Column("read_at", UtcTime, nullable=False),
)

# What was reported of each pull request and merge group.
checks = sa.Table(
    "checks",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("head_sha", sa.String, nullable=False),
    sa.Column("memory", sa.JSON, nullable=False),
)
sa.Index("checks_head", checks.c.repository_id, checks.c.head_sha)
