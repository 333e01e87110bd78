"""What operators see and do: lists of deliveries, the state of everything, retries in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.memory import SubjectKey
from bot.store import inbox, listings
from bot.store.connection import Transactions
from bot.store.records import HELD, DeliveryRow, SubjectRow
from bot.store.tables import deliveries, delivery_subjects, repositories, subjects, sweeps, workers

_open = delivery_subjects.c.finished_at.is_(None)
MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are wanted; an empty field leaves nothing out.

    ``since`` and ``until`` are about when a delivery came in; ``before`` is the id to go on from.
    """

    repository_id: int | None = None
    event: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """A delivery with the standing of its subjects and whether its payload is still there."""

    row: DeliveryRow
    repository: str
    has_payload: bool
    subjects: tuple[SubjectRow, ...] = ()

    @property
    def attempts(self) -> int:
        """How often the subjects that wait for it failed in a row."""
        return max((subject.attempts for subject in self.subjects), default=0)

    @property
    def error(self) -> str:
        """What went wrong, "" when nothing did."""
        if self.row.state == "failed":
            return self.row.note
        stuck = [s for s in self.subjects if s.parked_at is not None or s.attempts]
        return "; ".join(dict.fromkeys(s.reason for s in stuck if s.reason))


@dataclass(frozen=True, slots=True)
class SweepRow:
    """A sweep and when its next turn is."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker, where it runs, and when it was last seen."""

    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime


class Operations:
    """The part of ``Store`` for the operator's pages; each method is a transaction."""

    _db: Transactions

    def handled(self, wanted: DeliveryFilter, limit: int = 50) -> list[Handled]:
        """Deliveries, newest first, with what became of each."""
        with self._db.read() as connection:
            return handled(connection, wanted, limit)

    def handled_one(self, delivery_id: int) -> Handled | None:
        """One delivery with what became of it."""
        with self._db.read() as connection:
            found = handled(connection, DeliveryFilter(before=delivery_id + 1), 1)
            return found[0] if found and found[0].row.id == delivery_id else None

    def parked(
        self, limit: int, wanted: DeliveryFilter = DeliveryFilter(), offset: int = 0
    ) -> list[SubjectRow]:
        """The parked subjects, those first that were parked last.

        Of the filter the repository counts, and the times, as when a subject was parked.
        """
        parked_at = subjects.c.parked_at
        query = sa.select(subjects).where(parked_at.is_not(None))
        if wanted.repository_id is not None:
            query = query.where(subjects.c.repository_id == wanted.repository_id)
        if wanted.since is not None:
            query = query.where(parked_at >= wanted.since)
        if wanted.until is not None:
            query = query.where(parked_at < wanted.until)
        query = query.order_by(parked_at.desc(), subjects.c.key).limit(limit).offset(offset)
        with self._db.read() as connection:
            return [listings.subject_of(row) for row in connection.execute(query)]

    def last_webhook(self) -> datetime | None:
        """When GitHub's newest delivery came in; our own wishes do not count."""
        with self._db.read() as connection:
            query = sa.select(deliveries.c.received_at).order_by(deliveries.c.id.desc()).limit(1)
            query = query.where(~deliveries.c.event.startswith("plansync.", autoescape=True))
            return connection.execute(query).scalar_one_or_none()

    def sweep_rows(self) -> list[SweepRow]:
        with self._db.read() as connection:
            query = sa.select(sweeps.c.name, sweeps.c.due_at).order_by(sweeps.c.name)
            return [SweepRow(*row) for row in connection.execute(query)]

    def worker_rows(self) -> list[WorkerRow]:
        with self._db.read() as connection:
            columns = [workers.c[name] for name in WorkerRow.__slots__]
            query = sa.select(*columns).where(workers.c.id != "").order_by(workers.c.id)
            return [WorkerRow(*row) for row in connection.execute(query)]

    def installations(self) -> dict[int, str]:
        """The owner's login of each installation that is known."""
        with self._db.read() as connection:
            query = sa.select(repositories.c.installation_id, repositories.c.full_name)
            found = connection.execute(query.order_by(repositories.c.full_name.desc()))
            return {row.installation_id: row.full_name.partition("/")[0] for row in found}

    def hold(self, key: SubjectKey, who: str, now: datetime) -> bool:
        """Park a subject until an operator releases it; False when there is no such subject."""
        with self._db.write() as connection:
            return inbox.next_round(
                connection, key, reason=f"{HELD}{who}", parked_at=now, parked_until=None
            )

    def release_parked(self, since: datetime, now: datetime) -> int:
        """Try every subject again that was parked since then, held ones apart; gives how many."""
        with self._db.write() as connection:
            query = sa.select(subjects.c.key).where(
                subjects.c.parked_at >= since, ~subjects.c.reason.startswith(HELD, autoescape=True)
            )
            keys = connection.execute(query.order_by(subjects.c.key)).scalars().all()
            for key in keys:
                inbox.next_round(
                    connection,
                    SubjectKey.parse(key),
                    due_at=now,
                    attempts=0,
                    parked_at=None,
                    parked_until=None,
                )
            return len(keys)

    def failed_since(self, since: datetime, limit: int = MOST_AT_ONCE) -> list[int]:
        """Deliveries that came in since then, failed, and can be worked off once more."""
        with self._db.read() as connection:
            query = sa.select(deliveries.c.id).where(
                deliveries.c.state == "failed",
                deliveries.c.received_at >= since,
                deliveries.c.body_kept,
            )
            return list(connection.execute(query.order_by(deliveries.c.id).limit(limit)).scalars())


def handled(connection: Connection, wanted: DeliveryFilter, limit: int) -> list[Handled]:
    rows = listings.rows_of(connection, _selected(connection, wanted).limit(limit))
    ids = [row.id for row in rows]
    names = _names(connection, {row.repository_id for row in rows} - {None})
    kept = set(
        connection.execute(
            sa.select(deliveries.c.id).where(deliveries.c.id.in_(ids), deliveries.c.body_kept)
        ).scalars()
    )
    standing = _standing(connection, [row for row in rows if row.state == "open"])
    return [
        Handled(
            row,
            names.get(row.repository_id or 0, ""),
            row.id in kept,
            tuple(standing[key] for key in row.subjects if key in standing)
            if row.state == "open"
            else (),
        )
        for row in rows
    ]


def _selected(connection: Connection, wanted: DeliveryFilter) -> sa.Select[tuple[object, ...]]:
    query = listings.shown().order_by(deliveries.c.id.desc())
    if wanted.repository_id is not None:
        query = query.where(deliveries.c.repository_id == wanted.repository_id)
    event: sa.ColumnElement[str] = deliveries.c.event
    state: sa.ColumnElement[str] = deliveries.c.state
    if wanted.event and wanted.state:
        # Databases guess which of two indexes is the shorter way. Nearly all are finished or
        # ignored, and few are in the other states; a sum has no index.
        if wanted.state in ("finished", "ignored"):
            state = state + ""
        else:
            event = event + ""
    if wanted.event:
        query = query.where(event == wanted.event)
    if wanted.state:
        query = query.where(state == wanted.state)
    if wanted.before is not None:
        query = query.where(deliveries.c.id < wanted.before)
    # A span of time as a span of ids too: the list is walked by id, and need not be sorted.
    if wanted.since is not None:
        inside = deliveries.c.received_at >= wanted.since
        query = query.where(inside, deliveries.c.id >= _bound(connection, inside, "min"))
    if wanted.until is not None:
        inside = deliveries.c.received_at < wanted.until
        query = query.where(inside, deliveries.c.id <= _bound(connection, inside, "max"))
    return query


_SLACK = 1000
"""Ids are given in the order of arrival, but for what arrived within the same moment."""


def _bound(connection: Connection, inside: sa.ColumnElement[bool], end: str) -> int:
    at = deliveries.c.received_at
    query = sa.select(deliveries.c.id).where(inside).limit(1)
    if end == "min":
        found = connection.execute(query.order_by(at, deliveries.c.id)).scalar()
        return 2**62 if found is None else found - _SLACK
    found = connection.execute(query.order_by(at.desc(), deliveries.c.id.desc())).scalar()
    return -1 if found is None else found + _SLACK


def _names(connection: Connection, ids: set[int | None]) -> dict[int, str]:
    query = sa.select(repositories.c.id, repositories.c.full_name)
    found = connection.execute(query.where(repositories.c.id.in_(ids)))
    return {row.id: row.full_name for row in found}


def _standing(connection: Connection, rows: Sequence[DeliveryRow]) -> dict[str, SubjectRow]:
    """The subjects for which these deliveries are still open."""
    ids = [row.id for row in rows]
    waiting = sa.select(delivery_subjects.c.subject).where(
        delivery_subjects.c.delivery_id.in_(ids), _open
    )
    query = sa.select(subjects).where(subjects.c.key.in_(waiting))
    return {str(row.key): listings.subject_of(row) for row in connection.execute(query)}
