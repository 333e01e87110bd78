"""The circuit breaker: a plan that is written again and again is left alone, and that is told.

Two tools that answer each other's commits would go on for ever. A plan that was written
``MOST_WRITES`` times ``WITHIN`` ten minutes is parked before the next write: its deliveries stay
open, so everything done meanwhile is merged in one go when ``/plan sync confirm``, the operator
(``plansync replay --parked``, ``plansync sync``) or the end of an hour lets it go on.

What people alone caused is no loop, so somebody may tick as many boxes as they like. Tools that act
under a person's name look like that person; ``MOST_BY_ANYBODY`` stops those, and is more than
anybody does by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.apply import apply
from bot.changes import CommitFiles, CommitToBranch, Decision, EditIssueBody, PostComment
from bot.comments import render_comment
from bot.errors import Retryable, UserProblem
from bot.events import COMPARE
from bot.github.ports import GitHubReader, GitHubWriter, Refused, Stale
from bot.memory import AuditEntry, OpenDelivery, PlanMemory, RequestMemory, SubjectKey

MOST_WRITES = 20
"""Of writes that another tool had a part in, or nobody."""
MOST_BY_ANYBODY = 100
WITHIN = timedelta(minutes=10)
"""The time over which writes are counted."""
PARKED_FOR = timedelta(hours=1)

_WRITING = (CommitFiles, CommitToBranch, EditIssueBody)
_KINDS = frozenset(change.__name__ for change in _WRITING)
# A reconcile of a plan seldom makes more than six changes.
_ROWS_A_WRITE = 8

log = structlog.get_logger("plansync.breaker")


class Tripped(UserProblem):
    """The plan was written too often: nothing is written, and nothing is until ``until``."""

    def __init__(self, count: int, until: datetime, *, told: bool) -> None:
        super().__init__(
            f"plansync wrote this plan {count} times within ten minutes.",
            "Something seems to answer each of its writes; plansync replay --parked, or the comment"
            " /plan sync confirm on its issue, goes on before the hour is over.",
        )
        self.count = count
        self.until = until
        self.told = told


class Row(Protocol):
    """One row of the audit trail."""

    @property
    def at(self) -> datetime: ...

    @property
    def entry(self) -> AuditEntry: ...


class Trail(Protocol):
    """What is needed of the store."""

    def audit(self, *, subject: SubjectKey | None, limit: int) -> Sequence[Any]: ...

    def remember(self, memories: Sequence[PlanMemory | RequestMemory]) -> None: ...

    def finish(
        self,
        key: SubjectKey,
        delivery_ids: Sequence[int],
        *,
        audit: Sequence[AuditEntry] = (),
        finished_at: datetime,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Breaker:
    """How often a plan was written, and what that means for the reconcile at hand.

    ``count``: how often it was written, where that is too often already, else 0. ``asks``: the plan
    is parked and goes on only when one of the deliveries is the command for it. ``resets``: it was
    parked and goes on.
    """

    count: int
    now: datetime
    until: datetime
    asks: bool = False
    resets: bool = False

    def passed(self, snapshot: Any, decision: Decision) -> Decision:
        """The decision, where it may be carried out. Raises Tripped before a write too many."""
        confirmed = False
        if self.asks or self.count:
            ordered = getattr(snapshot, "ordered", None)
            confirmed = ordered is not None and ordered("sync", "confirm") is not None
        writes = any(isinstance(change, _WRITING) for change in decision.changes)
        if writes and not confirmed and (self.asks or self.count):
            raise Tripped(self.count, self.until, told=self.asks)
        if decision.after is None or not (confirmed or self.resets):
            return decision
        after = replace(
            decision.after, tripped_at="", tripped_by=0, counted_from=self.now.isoformat()
        )
        return replace(decision, after=after)


def look(
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    memory: PlanMemory | RequestMemory | None,
    *,
    store: Trail,
    now: datetime,
) -> Breaker:
    """The breaker for this reconcile; costs no request. Raises Tripped while the plan is parked."""
    until = now + PARKED_FOR
    if not isinstance(memory, PlanMemory):
        return Breaker(0, now, until)
    if not memory.tripped_at:
        return Breaker(_too_many(store, key, memory, now), now, until)
    until = datetime.fromisoformat(memory.tripped_at) + PARKED_FOR
    newer = [delivery for delivery in deliveries if delivery.id > memory.tripped_by]
    if now >= until or _released(newer):
        return Breaker(0, now, now + PARKED_FOR, resets=True)
    if not any(delivery.claim.startswith("comment:") for delivery in newer):
        _keep(store, memory, memory.tripped_at, deliveries)
        raise Tripped(MOST_WRITES, until, told=True)
    return Breaker(MOST_WRITES, now, until, asks=True)


def _too_many(store: Trail, key: SubjectKey, memory: PlanMemory, now: datetime) -> int:
    """How many reconciles wrote the plan within the time, where they are too many; else 0."""
    since = now - WITHIN
    if memory.counted_from:
        since = max(since, datetime.fromisoformat(memory.counted_from))
    few = _ROWS_A_WRITE * MOST_WRITES
    rows: Sequence[Row] = store.audit(subject=key, limit=few)
    if len(rows) == few and rows[-1].at > since:
        rows = store.audit(subject=key, limit=_ROWS_A_WRITE * MOST_BY_ANYBODY)
    wrote = [row for row in rows if row.at > since and row.entry.kind in _KINDS]
    times = len({row.at for row in wrote})
    by_tools = len({row.at for row in wrote if not _by_people(row.entry.actor)})
    if by_tools >= MOST_WRITES:
        return by_tools
    return times if times >= MOST_BY_ANYBODY else 0


def _by_people(actor: str) -> bool:
    """Whether people, and no other tool, caused what the audit trail has."""
    names = [name for name in actor.split(", ") if name]
    return bool(names) and not any(name.endswith("[bot]") for name in names)


def _released(newer: Sequence[OpenDelivery]) -> bool:
    """Whether the operator let the plan go on: no delivery that came since could have done it."""
    if any(each.event == COMPARE and each.action == "sync" for each in newer):
        return True
    return all(each.actor_is_bot for each in newer)


def _keep(store: Trail, memory: PlanMemory, at: str, deliveries: Sequence[OpenDelivery]) -> None:
    newest = max((delivery.id for delivery in deliveries), default=0)
    store.remember([replace(memory, tripped_at=at, tripped_by=max(newest, memory.tripped_by))])


def trip(
    tripped: Tripped,
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    memory: PlanMemory,
    *,
    store: Trail,
    gate: tuple[GitHubReader, GitHubWriter],
    now: datetime,
) -> None:
    """Remember that the plan is parked, and say so once on its issue."""
    at = memory.tripped_at or now.isoformat()
    _keep(store, memory, at, deliveries)
    if tripped.told or memory.issue_number is None:
        return
    log.warning("a plan is written too often", subject=str(key), writes=tripped.count)
    body = render_comment(
        "paused.md", at=at, count=tripped.count, until=f"{tripped.until:%Y-%m-%d %H:%M} UTC"
    )
    comment = PostComment(memory.issue_number, body, "paused", tripped.message, once=True)
    try:
        apply([comment], reader=gate[0], writer=gate[1])
    except (Refused, Retryable, Stale) as error:
        log.info("that cannot be told", subject=str(key), reason=str(error))
        return
    entry = AuditEntry(str(key), "PostComment", comment.target, comment.reason)
    store.finish(key, [], audit=[entry], finished_at=now)
