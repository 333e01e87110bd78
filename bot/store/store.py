"""``Store``: every question and every change, each in one transaction, safe between threads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.checks import CheckMemory
from bot.config import ConfigMemory
from bot.github.snapshots import Person, RepoRef
from bot.memory import (
    AuditEntry,
    OpenDelivery,
    PlanMemory,
    RequestMemory,
    SubjectKey,
    Trigger,
)
from bot.store import (
    choices,
    inbox,
    listings,
    operations,
    pages,
    preflights,
    remembered,
    retention,
    sessions,
    tallying,
    upkeep,
)
from bot.store.connection import Transactions
from bot.store.engine import sqlite_path
from bot.store.migrate import NEWEST, current_revision, migrate
from bot.store.records import (
    AuditRow,
    Counts,
    DeliveryRow,
    DueSubject,
    StoredDelivery,
    SubjectRow,
)
from bot.store.tables import workers


class Store(
    upkeep.Upkeep,
    pages.Pages,
    operations.Operations,
    preflights.Preflights,
    retention.Retention,
    sessions.Sessions,
    tallying.Tallying,
    choices.Choices,
):
    """The inbox and the memory on SQLite or PostgreSQL.

    Making one connects to nothing; ``migrate`` makes the tables. Every method may raise
    StoreUnavailable (a Retryable): the database cannot be used now and nothing was changed.
    """

    def __init__(
        self, database_url: str, *, busy_seconds: float = 30.0, pool_size: int = 20
    ) -> None:
        self._db = Transactions(database_url, busy_seconds=busy_seconds, pool_size=pool_size)

    @property
    def sqlite_file(self) -> Path | None:
        """Where the SQLite file is; None on PostgreSQL."""
        return sqlite_path(self._db.engine)

    def migrate(self) -> bool:
        """Make or update the tables; True when there was something to do.

        Raises StoreProblem when the database cannot be used.
        """
        return migrate(self._db.engine)

    def is_current(self) -> bool:
        """True when the tables are those of this version."""
        with self._db.read() as connection:
            return current_revision(connection) == NEWEST

    def check_writable(self) -> None:
        """Take the write lock and give it back; raises StoreUnavailable when that fails."""
        with self._db.write() as connection:
            connection.execute(sa.delete(workers).where(workers.c.id == ""))

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._db.close()

    # Intake and dispatch

    def receive(self, guid: str, event: str, body: bytes, *, received_at: datetime) -> bool:
        """Store a delivery as it came; False when this id with this body is known already."""
        with self._db.write() as connection:
            return inbox.receive(connection, guid, event, body, received_at)

    def new_deliveries(
        self, limit: int = 100, *, most_bytes: int = 64 * 1024 * 1024
    ) -> list[StoredDelivery]:
        """Deliveries not dispatched yet, oldest first: at least one, then as many as fit."""
        with self._db.read() as connection:
            return inbox.new_deliveries(connection, limit, most_bytes)

    def record_dispatch(
        self,
        delivery_id: int,
        triggers: Sequence[Trigger],
        *,
        due_at: datetime,
        repo: RepoRef | None = None,
        actor: Person | None = None,
        action: str = "",
        reason_ignored: str | None = None,
    ) -> bool:
        """Open a delivery for its subjects, or finish it as ignored when it has none.

        ``due_at`` is the end of the settle window. A person's delivery releases a parked subject;
        a bot's does not, because our own writes come back as a bot's and would keep a failing
        subject busy for ever. False when the delivery is dispatched already.
        """
        state = "open" if triggers else "ignored"
        note = "" if triggers else (reason_ignored or "about nothing that plansync keeps")
        with self._db.write() as connection:
            if not inbox.take(
                connection,
                delivery_id,
                state=state,
                note=note,
                action=action,
                actor=actor,
                repository_id=repo.id if repo else None,
            ):
                return False
            if repo is not None:
                inbox.keep_repository(connection, repo, delivery_id)
            inbox.open_for(
                connection,
                delivery_id,
                triggers,
                due_at=due_at,
                releases=actor is None or not actor.is_bot,
            )
            return True

    def record_failure(self, delivery_id: int, reason: str) -> bool:
        """A delivery that could not be dispatched: kept for the operator, never tried by itself."""
        with self._db.write() as connection:
            return inbox.take(connection, delivery_id, state="failed", note=reason)

    # The work

    def due_subjects(self, now: datetime, limit: int = 100) -> list[DueSubject]:
        """Subjects to be reconciled now whose job is not queued yet, longest due first."""
        with self._db.read() as connection:
            return inbox.due_subjects(connection, now, limit)

    def mark_queued(self, due: DueSubject, now: datetime) -> None:
        """Note that the job of this round exists, so that it is not offered again."""
        with self._db.write() as connection:
            inbox.mark_queued(connection, due, now)

    def long_queued(self, before: datetime, limit: int = 100) -> list[DueSubject]:
        """Subjects queued before that time and still open: is their job alive?"""
        with self._db.read() as connection:
            return inbox.long_queued(connection, before, limit)

    def subject(self, key: SubjectKey) -> SubjectRow | None:
        with self._db.read() as connection:
            rows = listings.subject_rows(connection, key=key)
        return rows[0] if rows else None

    def open_deliveries(self, key: SubjectKey) -> list[OpenDelivery]:
        """The deliveries not yet finished for a subject, oldest first."""
        with self._db.read() as connection:
            return inbox.open_deliveries(connection, key)

    def finish(
        self,
        key: SubjectKey,
        delivery_ids: Collection[int],
        *,
        finished_at: datetime,
        remember: Sequence[PlanMemory | RequestMemory | ConfigMemory | CheckMemory] = (),
        audit: Sequence[AuditEntry] = (),
        forward: Sequence[Trigger] = (),
        note: str = "",
        compared: bool = True,
    ) -> None:
        """End a reconcile in one transaction: memory, audit rows, and exactly these deliveries.

        ``delivery_ids`` are those that were listed before the snapshot was read; what came later
        stays open and causes another reconcile. Without any id only memory and audit are kept.
        ``forward`` opens the same deliveries for further subjects, which are due at once.
        ``compared`` is False when GitHub was not asked: the plan then counts as not looked at.
        """
        plans = [m for m in remember if isinstance(m, PlanMemory | RequestMemory)]
        summaries = self.new_summaries(plans, finished_at)
        with self._db.write() as connection:
            if forward:
                inbox.hand_on(connection, key, delivery_ids, forward, finished_at)
            if delivery_ids:
                inbox.finish(connection, key, delivery_ids, finished_at, note)
            for memory in plans:
                remembered.remember(connection, memory)
            for choice in remember:
                if isinstance(choice, ConfigMemory):
                    choices.keep_choices(connection, choice, finished_at)
                elif isinstance(choice, CheckMemory):
                    choices.keep_check(connection, choice)
            if delivery_ids and compared:
                upkeep.note_compared(connection, key, plans, finished_at)
            pages.follow_move(connection, plans)
            pages.keep_summaries(connection, summaries, finished_at)
            remembered.record_audit(connection, audit, sorted(delivery_ids), finished_at)

    def reschedule(self, key: SubjectKey, due_at: datetime, reason: str, attempts: int) -> None:
        """Try a subject again at that time; ``attempts`` is how often it has failed by now."""
        with self._db.write() as connection:
            inbox.next_round(
                connection,
                key,
                due_at=due_at,
                reason=reason,
                attempts=attempts,
                parked_at=None,
                parked_until=None,
            )

    def park(
        self, key: SubjectKey, reason: str, *, now: datetime, until: datetime | None = None
    ) -> None:
        """Stop trying until then, or until a person's next delivery or the operator."""
        with self._db.write() as connection:
            inbox.next_round(connection, key, reason=reason, parked_at=now, parked_until=until)

    def release(self, key: SubjectKey, now: datetime) -> bool:
        """Try a parked or waiting subject at once; False when there is no such subject."""
        with self._db.write() as connection:
            return inbox.next_round(
                connection, key, due_at=now, attempts=0, parked_at=None, parked_until=None
            )

    def replay(self, delivery_id: int, now: datetime) -> int | None:
        """Work a stored delivery off once more; gives the new id, None when there is no such.

        Raises PayloadGone.
        """
        with self._db.write() as connection:
            return inbox.replay(connection, delivery_id, now)

    # Memory

    def remember(
        self,
        memories: Sequence[PlanMemory | RequestMemory],
        *,
        audit: Sequence[AuditEntry] = (),
        at: datetime | None = None,
    ) -> None:
        """Keep memory between two writes of one reconcile, before ``finish``."""
        with self._db.write() as connection:
            for memory in memories:
                remembered.remember(connection, memory)
            if audit and at is not None:
                remembered.record_audit(connection, audit, (), at)

    def plan(self, repository_id: int, path: str) -> PlanMemory | None:
        with self._db.read() as connection:
            return remembered.plan(connection, repository_id, path)

    def plan_of_issue(self, repository_id: int, number: int) -> PlanMemory | None:
        with self._db.read() as connection:
            return remembered.plan_of_issue(connection, repository_id, number)

    def plans(self, repository_id: int | None = None) -> list[PlanMemory]:
        with self._db.read() as connection:
            return remembered.all_plans(connection, repository_id)

    def plan_path_of_issue(self, repository_id: int, number: int) -> str | None:
        plan = self.plan_of_issue(repository_id, number)
        return None if plan is None else plan.path

    def plan_paths(self, repository_id: int) -> list[str]:
        with self._db.read() as connection:
            return remembered.plan_paths(connection, repository_id)

    def plan_paths_watching(self, repository_id: int, words: Sequence[str]) -> list[str]:
        """The paths of the plans that watch a branch or commit (``PlanMemory.watches``)."""
        with self._db.read() as connection:
            return remembered.plan_paths_watching(connection, repository_id, words)

    def plan_paths_under_way(self, repository_id: int) -> list[str]:
        """The paths of the plans whose pull requests are about to be looked at."""
        with self._db.read() as connection:
            return remembered.plan_paths_under_way(connection, repository_id)

    def plan_paths_of_pull(self, repository_id: int, number: int) -> list[str]:
        with self._db.read() as connection:
            return remembered.plan_paths_of_pull(connection, repository_id, number)

    def request(self, repository_id: int, number: int) -> RequestMemory | None:
        with self._db.read() as connection:
            return remembered.request(connection, repository_id, number)

    def keep_repo(self, repo: RepoRef, delivery_id: int = 0) -> None:
        """Remember where a repository is; without a delivery only what none has said yet."""
        with self._db.write() as connection:
            inbox.keep_repository(connection, repo, delivery_id)

    def repo(self, repository_id: int) -> RepoRef | None:
        with self._db.read() as connection:
            return remembered.repo(connection, repository_id)

    def repos(self) -> list[RepoRef]:
        with self._db.read() as connection:
            return remembered.repos(connection)

    # For people

    def delivery(self, delivery_id: int) -> StoredDelivery | None:
        with self._db.read() as connection:
            return listings.delivery(connection, delivery_id)

    def deliveries(
        self, *, state: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[DeliveryRow]:
        """Deliveries, newest first; ``before`` is the id to go on from."""
        with self._db.read() as connection:
            return listings.delivery_rows(connection, state, before, limit)

    def subjects(self, *, parked: bool | None = None, limit: int = 100) -> list[SubjectRow]:
        with self._db.read() as connection:
            return listings.subject_rows(connection, parked=parked, limit=limit)

    def audit(
        self, *, subject: SubjectKey | None = None, before: int | None = None, limit: int = 50
    ) -> list[AuditRow]:
        """What was done and why, newest first."""
        with self._db.read() as connection:
            return remembered.audit_rows(connection, subject, before, limit)

    def oldest_pending(self) -> datetime | None:
        """When the oldest delivery came in that is not worked off; None when all are."""
        with self._db.read() as connection:
            return listings.oldest_pending(connection)

    def counts(self) -> Counts:
        with self._db.read() as connection:
            return listings.counts(connection)

    def forget_deliveries(self, before: datetime, limit: int = 1000) -> int:
        """Delete deliveries received before that time that are done with; gives how many."""
        with self._db.write() as connection:
            return listings.forget_deliveries(connection, before, limit)

    # Workers

    def beat(self, worker_id: str, host: str, pid: int, now: datetime) -> None:
        """Note that a worker is alive."""
        with self._db.write() as connection:
            listings.beat(connection, worker_id, host, pid, now)

    def silent_workers(self, before: datetime) -> list[str]:
        """Workers that were last seen before that time and did not say goodbye."""
        with self._db.read() as connection:
            return listings.silent_workers(connection, before)

    def forget_worker(self, worker_id: str) -> None:
        with self._db.write() as connection:
            listings.forget_worker(connection, worker_id)

    def last_beat(self) -> datetime | None:
        """When any worker was last seen alive."""
        with self._db.read() as connection:
            return listings.last_beat(connection)
