"""What the sweeps and the blocked repositories need of SQL, inside a given transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.blocks import Block
from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, RequestMemory, SubjectKey
from bot.store.connection import Transactions
from bot.store.engine import upsert
from bot.store.inbox import next_round
from bot.store.records import StalePlan
from bot.store.tables import (
    blocks,
    deliveries,
    plan_summaries,
    plans,
    repositories,
    requests,
    subjects,
    sweeps,
)

_MOST_NAMES = 500  # SQLite takes at most 32,766 parameters, older ones 999


class Upkeep:
    """The part of ``Store`` for sweeps and blocked repositories; each method is a transaction."""

    _db: Transactions

    def known_deliveries(self, guids: Collection[str]) -> set[str]:
        """Which of these delivery ids are in the inbox."""
        with self._db.read() as connection:
            return set(delivery_states(connection, guids))

    def delivery_states(self, guids: Collection[str]) -> dict[str, str]:
        """The state of each of these deliveries that is in the inbox: new, open, finished …"""
        with self._db.read() as connection:
            return delivery_states(connection, guids)

    def claim_sweep(self, name: str, now: datetime, due_next: datetime) -> bool:
        """True for the one worker whose turn it is; the next turn is at ``due_next``."""
        with self._db.write() as connection:
            return claim_sweep(connection, name, now, due_next)

    def sweep_cursor(self, name: str) -> dict[str, Any]:
        """What ``keep_sweep_cursor`` kept; {} before."""
        with self._db.read() as connection:
            return sweep_cursor(connection, name)

    def keep_sweep_cursor(self, name: str, cursor: Mapping[str, Any]) -> None:
        """Keep where a sweep stands, as JSON; only for a sweep that was claimed once."""
        with self._db.write() as connection:
            keep_sweep_cursor(connection, name, cursor)

    def stale_plans(
        self, before: datetime, *, each: int = 1000, limit: int = 1000
    ) -> list[StalePlan]:
        """Active plans not compared since that time, longest first, ``each`` an installation.

        Left out: plans that are parked, and those of blocked repositories.
        """
        with self._db.read() as connection:
            return stale_plans(connection, before, each, limit)

    def block(self, repository_id: int) -> Block | None:
        """Why a repository takes nothing for now; None when it does."""
        with self._db.read() as connection:
            return block(connection, repository_id)

    def blocks(self) -> list[Block]:
        """Every blocked repository, the longest blocked first."""
        with self._db.read() as connection:
            return all_blocks(connection)

    def keep_block(self, kept: Block) -> None:
        """Note that a repository is blocked, or that it still is."""
        with self._db.write() as connection:
            keep_block(connection, kept)

    def lift_block(self, repository_id: int, now: datetime) -> int:
        """Forget a block and release every subject parked in that repository; gives how many."""
        with self._db.write() as connection:
            return lift_block(connection, repository_id, now)

    def parked_in(self, repository_id: int) -> list[SubjectKey]:
        """The subjects of a repository that are parked."""
        with self._db.read() as connection:
            return parked(connection, repository_id)

    def proposed_in(self, repository_id: int) -> list[SubjectKey]:
        """The requests of a repository whose new plan waits in the rolling pull request, and the
        plans of which something does."""
        with self._db.read() as connection:
            query = sa.select(requests.c.number).order_by(requests.c.number)
            query = query.where(
                requests.c.repository_id == repository_id, requests.c.state == "proposed"
            )
            numbers = connection.execute(query).scalars()
            found = [SubjectKey(repository_id, "request", str(number)) for number in numbers]
            waits = plans.c.memory["proposed"].as_integer().is_not(None)
            query = sa.select(plans.c.path).order_by(plans.c.path)
            paths = connection.execute(
                query.where(plans.c.repository_id == repository_id, waits)
            ).scalars()
            return [*found, *(SubjectKey(repository_id, "plan", path) for path in paths)]

    def repository_ids(self, installation_id: int) -> list[int]:
        """The known repositories of an installation."""
        with self._db.read() as connection:
            query = sa.select(repositories.c.id).order_by(repositories.c.id)
            query = query.where(repositories.c.installation_id == installation_id)
            return list(connection.execute(query).scalars())


def delivery_states(connection: Connection, guids: Collection[str]) -> dict[str, str]:
    wanted = sorted(set(guids))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _MOST_NAMES):
        some = wanted[start : start + _MOST_NAMES]
        query = sa.select(deliveries.c.guid, deliveries.c.state)
        query = query.where(deliveries.c.guid.in_(some)).order_by(deliveries.c.id)
        found.update((row.guid, row.state) for row in connection.execute(query))
    return found


def claim_sweep(connection: Connection, name: str, now: datetime, due_next: datetime) -> bool:
    """True for the one caller whose turn it is; the next turn is at ``due_next``."""
    insert = upsert(connection.engine, sweeps).values(name=name, due_at=now, cursor={})
    connection.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
    change = (
        sa.update(sweeps)
        .where(sweeps.c.name == name, sweeps.c.due_at <= now)
        .values(due_at=due_next)
    )
    return connection.execute(change).rowcount == 1


def sweep_cursor(connection: Connection, name: str) -> dict[str, Any]:
    query = sa.select(sweeps.c.cursor).where(sweeps.c.name == name)
    found: dict[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return found or {}


def keep_sweep_cursor(connection: Connection, name: str, cursor: Mapping[str, Any]) -> None:
    change = sa.update(sweeps).where(sweeps.c.name == name).values(cursor=dict(cursor))
    connection.execute(change)


def note_compared(
    connection: Connection,
    key: SubjectKey,
    remembered: Iterable[PlanMemory | RequestMemory],
    at: datetime,
) -> None:
    """Note that a reconcile of ``key`` read both sides of its plan, or made them."""
    made = {(m.repository_id, m.path) for m in remembered if isinstance(m, PlanMemory)}
    if key.kind not in ("plan", "request"):
        # Others remember a plan without a look at both of its sides.
        return
    if key.kind == "plan":
        made.add((key.repository_id, key.name))
    for repository_id, path in sorted(made):
        connection.execute(
            sa.update(plans)
            .where(plans.c.repository_id == repository_id, plans.c.path == path)
            .values(compared_at=at)
        )


def stale_plans(connection: Connection, before: datetime, each: int, limit: int) -> list[StalePlan]:
    key = sa.literal("plan:") + sa.cast(plans.c.repository_id, sa.String) + ":" + plans.c.path
    oldest_first = (plans.c.compared_at.asc().nulls_first(), plans.c.repository_id, plans.c.path)
    stale = (
        sa.select(
            repositories.c.id,
            repositories.c.full_name,
            repositories.c.installation_id,
            plans.c.path,
            plans.c.compared_at,
            sa.func.row_number()
            .over(partition_by=repositories.c.installation_id, order_by=oldest_first)
            .label("place"),
        )
        .join(repositories, repositories.c.id == plans.c.repository_id)
        .outerjoin(subjects, subjects.c.key == key)
        .outerjoin(blocks, blocks.c.repository_id == plans.c.repository_id)
        .outerjoin(
            plan_summaries,
            sa.and_(
                plan_summaries.c.repository_id == plans.c.repository_id,
                plan_summaries.c.path == plans.c.path,
            ),
        )
        .where(
            # Of a deleted plan somebody is asked what to do, until its issue is closed.
            sa.or_(
                plans.c.state == "active",
                sa.and_(plans.c.state == "deleted", plan_summaries.c.attention != ""),
            ),
            subjects.c.parked_at.is_(None),
            blocks.c.repository_id.is_(None),
            sa.or_(plans.c.compared_at.is_(None), plans.c.compared_at < before),
        )
        .subquery()
    )
    query = (
        sa.select(stale)
        .where(stale.c.place <= each)
        .order_by(stale.c.compared_at.asc().nulls_first(), stale.c.id, stale.c.path)
        .limit(limit)
    )
    return [
        StalePlan(RepoRef(row.id, row.full_name, row.installation_id), row.path, row.compared_at)
        for row in connection.execute(query)
    ]


def block(connection: Connection, repository_id: int) -> Block | None:
    query = sa.select(blocks).where(blocks.c.repository_id == repository_id)
    found = connection.execute(query).one_or_none()
    return None if found is None else Block(*found)


def all_blocks(connection: Connection) -> list[Block]:
    return [Block(*row) for row in connection.execute(sa.select(blocks).order_by(blocks.c.since))]


def keep_block(connection: Connection, kept: Block) -> None:
    values = {
        "kind": kept.kind,
        "reason": kept.reason,
        "since": kept.since,
        "checked_at": kept.checked_at,
        "subject": kept.subject,
    }
    insert = upsert(connection.engine, blocks).values(repository_id=kept.repository_id, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["repository_id"], set_=values))


def lift_block(connection: Connection, repository_id: int, now: datetime) -> int:
    connection.execute(sa.delete(blocks).where(blocks.c.repository_id == repository_id))
    waiting = parked(connection, repository_id)
    for key in waiting:
        next_round(connection, key, due_at=now, attempts=0, parked_at=None, parked_until=None)
    return len(waiting)


def parked(connection: Connection, repository_id: int) -> list[SubjectKey]:
    query = (
        sa.select(subjects.c.key)
        .where(subjects.c.repository_id == repository_id, subjects.c.parked_at.is_not(None))
        .order_by(subjects.c.key)
    )
    return [SubjectKey.parse(key) for key in connection.execute(query).scalars()]
