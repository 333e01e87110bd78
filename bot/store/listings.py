"""What people look at: deliveries, subjects, counts, workers. Inside a given transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.memory import SubjectKey
from bot.store.engine import upsert
from bot.store.records import Counts, DeliveryRow, StoredDelivery, SubjectRow
from bot.store.tables import deliveries, delivery_subjects, subjects, workers

_open = delivery_subjects.c.finished_at.is_(None)


def delivery(connection: Connection, delivery_id: int) -> StoredDelivery | None:
    columns = (
        deliveries.c.id,
        deliveries.c.guid,
        deliveries.c.event,
        deliveries.c.body,
        deliveries.c.received_at,
    )
    found = connection.execute(
        sa.select(*columns).where(deliveries.c.id == delivery_id)
    ).one_or_none()
    return None if found is None else StoredDelivery(*found)


def delivery_rows(
    connection: Connection, state: str | None, before: int | None, limit: int
) -> list[DeliveryRow]:
    query = shown().order_by(deliveries.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if before is not None:
        query = query.where(deliveries.c.id < before)
    return rows_of(connection, query)


def shown() -> sa.Select[Any]:
    """Every column of a delivery but its body."""
    hidden = ("body", "body_sha", "body_kept")
    return sa.select(*(column for column in deliveries.c if column.name not in hidden))


def rows_of(connection: Connection, query: sa.Select[Any]) -> list[DeliveryRow]:
    """The deliveries that a query made from ``shown`` selects, each with its subjects."""
    found = connection.execute(query).all()
    about: dict[int, list[str]] = {row.id: [] for row in found}
    named = sa.select(delivery_subjects.c.delivery_id, delivery_subjects.c.subject)
    named = named.where(delivery_subjects.c.delivery_id.in_(list(about)))
    for row in connection.execute(named.order_by(delivery_subjects.c.subject)):
        about[row.delivery_id].append(row.subject)
    return [
        DeliveryRow(
            id=row.id,
            guid=row.guid,
            event=row.event,
            action=row.action,
            state=row.state,
            repository_id=row.repository_id,
            actor_login=row.actor_login,
            received_at=row.received_at,
            finished_at=row.finished_at,
            replay=row.replay,
            note=row.note,
            subjects=tuple(about[row.id]),
        )
        for row in found
    ]


def subject_rows(
    connection: Connection,
    *,
    key: SubjectKey | None = None,
    parked: bool | None = None,
    limit: int = 100,
) -> list[SubjectRow]:
    waiting = (
        sa.select(sa.func.count())
        .where(delivery_subjects.c.subject == subjects.c.key, _open)
        .scalar_subquery()
        .label("open")
    )
    query = sa.select(subjects, waiting).order_by(subjects.c.due_at.desc(), subjects.c.key)
    if key is not None:
        query = query.where(subjects.c.key == str(key))
    if parked is not None:
        is_parked = subjects.c.parked_at.is_not(None)
        query = query.where(is_parked if parked else ~is_parked)
    return [subject_of(row, row.open) for row in connection.execute(query.limit(limit))]


def subject_of(row: sa.Row[Any], waiting: int = 0) -> SubjectRow:
    """A row of ``subjects`` as a value."""
    return SubjectRow(
        key=SubjectKey.parse(row.key),
        due_at=row.due_at,
        attempts=row.attempts,
        round=row.round,
        parked_at=row.parked_at,
        parked_until=row.parked_until,
        reason=row.reason,
        finished_at=row.finished_at,
        open=waiting,
    )


def oldest_pending(connection: Connection) -> datetime | None:
    """When the oldest delivery came in that is not worked off; parked subjects do not count."""
    new = sa.select(sa.func.min(deliveries.c.id)).where(deliveries.c.state == "new")
    unfinished = (
        # Of the sum, or databases walk all deliveries from the oldest on to find the smallest.
        sa.select(sa.func.min(delivery_subjects.c.delivery_id + 0))
        .join(subjects, subjects.c.key == delivery_subjects.c.subject)
        .where(_open, subjects.c.parked_at.is_(None))
    )
    ids = [connection.execute(query).scalar() for query in (new, unfinished)]
    oldest = min((found for found in ids if found is not None), default=None)
    if oldest is None:
        return None
    query = sa.select(deliveries.c.received_at).where(deliveries.c.id == oldest)
    return connection.execute(query).scalar_one_or_none()


def counts(connection: Connection) -> Counts:
    def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        return connection.execute(
            sa.select(sa.func.count()).select_from(table).where(*where)
        ).scalar_one()

    waiting = sa.select(sa.func.count(delivery_subjects.c.subject.distinct())).where(_open)
    return Counts(
        new=count(deliveries, deliveries.c.state == "new"),
        open=connection.execute(waiting).scalar_one(),
        parked=count(subjects, subjects.c.parked_at.is_not(None)),
        failed=count(deliveries, deliveries.c.state == "failed"),
    )


def forget_deliveries(connection: Connection, before: datetime, limit: int) -> int:
    """Delete deliveries that ended before that time; gives how many."""
    old = (
        sa.select(deliveries.c.id)
        .where(deliveries.c.state.in_(("finished", "ignored")), deliveries.c.received_at < before)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return connection.execute(sa.delete(deliveries).where(deliveries.c.id.in_(old))).rowcount


def beat(connection: Connection, worker_id: str, host: str, pid: int, now: datetime) -> None:
    """Note that a worker is alive."""
    insert = upsert(connection.engine, workers).values(
        id=worker_id, host=host, pid=pid, started_at=now, seen_at=now
    )
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["id"], set_={"seen_at": now, "host": host, "pid": pid}
        )
    )


def silent_workers(connection: Connection, before: datetime) -> list[str]:
    query = sa.select(workers.c.id).where(workers.c.seen_at < before).order_by(workers.c.id)
    return list(connection.execute(query).scalars())


def forget_worker(connection: Connection, worker_id: str) -> None:
    connection.execute(sa.delete(workers).where(workers.c.id == worker_id))


def last_beat(connection: Connection) -> datetime | None:
    """When any worker was last seen alive."""
    return connection.execute(sa.select(sa.func.max(workers.c.seen_at))).scalar()
