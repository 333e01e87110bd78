"""What the store hands out: rows as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import Retryable, UserProblem
from bot.github.snapshots import RepoRef
from bot.memory import AuditEntry, SubjectKey


class StoreUnavailable(Retryable):
    """The database cannot answer now (locked, full, gone); nothing was changed."""


class PayloadGone(UserProblem):
    """A delivery cannot be worked off once more: what GitHub sent is not kept any more."""


HELD = "held by "
"""How the reason begins of a subject that an operator parked: only an operator releases it."""


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery as it came in: the event's name and the raw body."""

    id: int
    guid: str
    event: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery for people to look at. ``state``: new, open, finished, ignored or failed."""

    id: int
    guid: str
    event: str
    action: str
    state: str
    repository_id: int | None
    actor_login: str
    received_at: datetime
    finished_at: datetime | None
    replay: int
    note: str
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DueSubject:
    """A subject to be reconciled now, and the newest delivery that is open for it."""

    key: SubjectKey
    newest: int
    round: int

    @property
    def job_id(self) -> str:
        """The id of the job that works it off; asking twice for one id yields one job."""
        return f"{self.key}@{self.newest}.{self.round}"


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """Where a subject stands: when it is due, how often it failed, and whether it is parked.

    ``parked_until`` is None for a subject that waits for a person or the operator; ``open`` counts
    the deliveries not yet finished for it.
    """

    key: SubjectKey
    due_at: datetime
    attempts: int
    round: int
    parked_at: datetime | None
    parked_until: datetime | None
    reason: str
    finished_at: datetime | None
    open: int = 0

    def held(self, now: datetime) -> bool:
        """True while it may not be reconciled: parked, or backing off."""
        if self.parked_at is not None:
            return self.parked_until is None or self.parked_until > now
        return self.attempts > 0 and self.due_at > now


@dataclass(frozen=True, slots=True)
class StalePlan:
    """A plan that was not compared for long; ``compared_at`` is None when it never was."""

    repo: RepoRef
    path: str
    compared_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An audit entry with when it happened and the deliveries that led to it."""

    id: int
    at: datetime
    entry: AuditEntry
    deliveries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is waiting: deliveries not dispatched, subjects with open deliveries, parked."""

    new: int
    open: int
    parked: int
    failed: int
