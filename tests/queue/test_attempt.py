"""One try at one subject, stepped by hand: what is finished, and what each failure leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.attempt import (
    MOST_ATTEMPTS,
    PARKED_FOR,
    STALE_TRIES,
    Bench,
    Outcome,
    attempt,
    wait,
)
from bot.errors import Retryable, UserProblem
from bot.github.ports import Refused, Stale
from bot.github.snapshots import RepoRef
from bot.memory import OpenDelivery, SubjectKey, Trigger
from bot.store import Store, SubjectRow
from tests.conftest import NOW

KEY = SubjectKey(7, "plan", "plan_docs/search.md")
OTHER = SubjectKey(7, "plan", "plan_docs/other.md")
REPO = RepoRef(7, "octo/plans", 3)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Work:
    """Stands for the reconcile: finishes what it is given, after doing what the test says."""

    store: Store
    during: list[Callable[[], None]] = field(default_factory=list)
    seen: list[list[int]] = field(default_factory=list)
    finishes: bool = True

    def __call__(
        self,
        key: SubjectKey,
        deliveries: Sequence[OpenDelivery],
        *,
        store: Any,
        gateway: Any,
        now: datetime,
        stopping: Callable[[], bool],
    ) -> None:
        self.seen.append([delivery.id for delivery in deliveries])
        if self.during:
            self.during.pop(0)()
        if self.finishes:
            self.store.finish(key, self.seen[-1], finished_at=now)


@pytest.fixture
def work(store: Store) -> Work:
    return Work(store)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(store: Store, work: Work, clock: Clock) -> Bench:
    return Bench(store, None, work, clock=clock, sleep=lambda seconds: None, chance=lambda: 0.5)


def arrive(store: Store, *keys: SubjectKey, at: datetime = NOW) -> int:
    guid = f"{len(store.deliveries(limit=1000))}"
    store.receive(guid, "issues", b"{}", received_at=at)
    (delivery,) = store.new_deliveries()
    store.record_dispatch(delivery.id, [Trigger(key) for key in keys], due_at=at, repo=REPO)
    return delivery.id


def subject(store: Store, key: SubjectKey = KEY) -> SubjectRow:
    found = store.subject(key)
    assert found is not None
    return found


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_a_delivery_during_a_reconcile_causes_another_one(
    store: Store, work: Work, bench: Bench
) -> None:
    """The invariant: finished are exactly the deliveries listed before the snapshot was read."""
    first = arrive(store, KEY)
    late: list[int] = []
    work.during = [lambda: late.append(arrive(store, KEY))]
    assert attempt(KEY, bench) == Outcome("done")
    assert work.seen == [[first]]
    assert [each.id for each in store.open_deliveries(KEY)] == late
    assert [each.newest for each in store.due_subjects(NOW)] == late
    assert attempt(KEY, bench) == Outcome("done")
    assert work.seen == [[first], late]
    assert store.due_subjects(NOW) == []


def test_a_replay_during_a_reconcile_causes_another_one(
    store: Store, work: Work, bench: Bench
) -> None:
    first = arrive(store, KEY)

    def replay() -> None:
        copied = store.replay(first, NOW)
        assert copied is not None
        store.record_dispatch(copied, [Trigger(KEY)], due_at=NOW, repo=REPO)

    work.during = [replay]
    attempt(KEY, bench)
    assert len(store.due_subjects(NOW)) == 1


def test_nothing_open_costs_nothing(store: Store, work: Work, bench: Bench) -> None:
    assert attempt(KEY, bench) == Outcome("idle")
    arrive(store, KEY)
    attempt(KEY, bench)
    assert attempt(KEY, bench) == Outcome("idle")
    assert len(work.seen) == 1


def test_many_deliveries_are_one_reconcile(store: Store, work: Work, bench: Bench) -> None:
    numbers = [arrive(store, KEY) for _ in range(5)]
    attempt(KEY, bench)
    assert work.seen == [numbers]


def test_a_passing_fault_waits_longer_each_time(
    store: Store, work: Work, bench: Bench, clock: Clock
) -> None:
    arrive(store, KEY)
    waits = []
    for _ in range(5):
        work.during = [raising(Retryable("502 from GitHub"))]
        assert attempt(KEY, bench) == Outcome("later", "502 from GitHub")
        waits.append((subject(store).due_at - clock.now).total_seconds())
        assert attempt(KEY, bench).kind == "held"
        clock.now = subject(store).due_at
        assert [each.key for each in store.due_subjects(clock.now)] == [KEY]
    assert waits == [1, 2, 4, 8, 16]
    assert attempt(KEY, bench) == Outcome("done")
    assert subject(store).attempts == 0


def test_a_given_time_is_honoured(store: Store, work: Work, bench: Bench, clock: Clock) -> None:
    arrive(store, KEY)
    reset = NOW + timedelta(minutes=42)
    work.during = [raising(Retryable("rate limit", until=reset))]
    attempt(KEY, bench)
    assert subject(store).due_at == reset
    work.during = [raising(Retryable("rate limit", until=NOW - timedelta(minutes=1)))]
    clock.now = reset
    attempt(KEY, bench)
    assert subject(store).due_at == reset + timedelta(seconds=2)


def test_after_twelve_failures_it_rests_an_hour(
    store: Store, work: Work, bench: Bench, clock: Clock
) -> None:
    arrive(store, KEY)
    work.during = [raising(Retryable("502")) for _ in range(MOST_ATTEMPTS)]
    for _ in range(MOST_ATTEMPTS - 1):
        assert attempt(KEY, bench).kind == "later"
        clock.now = subject(store).due_at
    assert attempt(KEY, bench).kind == "parked"
    assert subject(store).reason == "failed 12 times: 502"
    assert attempt(KEY, bench).kind == "held"
    assert store.due_subjects(clock.now + PARKED_FOR - timedelta(seconds=1)) == []
    clock.now += PARKED_FOR
    assert len(store.due_subjects(clock.now)) == 1
    assert attempt(KEY, bench) == Outcome("done")
    assert (subject(store).parked_at, subject(store).attempts) == (None, 0)


def test_waits_grow_to_five_minutes_and_are_spread() -> None:
    assert [wait(n, 0.5).total_seconds() for n in (1, 2, 9, 10, 50)] == [1, 2, 256, 300, 300]
    assert wait(1, 0.0) == timedelta(seconds=0.75)
    assert wait(1, 1.0) == timedelta(seconds=1.25)


def test_stale_is_tried_again_at_once_with_a_new_list(
    store: Store, work: Work, bench: Bench
) -> None:
    first = arrive(store, KEY)
    late: list[int] = []

    def stale_while_another_arrives() -> None:
        late.append(arrive(store, KEY))
        raise Stale("the file moved")

    work.during = [stale_while_another_arrives]
    assert attempt(KEY, bench) == Outcome("done")
    assert work.seen == [[first], [first, *late]]


def test_stale_for_ever_waits_like_a_passing_fault(store: Store, work: Work, bench: Bench) -> None:
    arrive(store, KEY)
    work.during = [raising(Stale("the file moved")) for _ in range(STALE_TRIES)]
    assert attempt(KEY, bench) == Outcome("later", "the file moved")
    assert len(work.seen) == STALE_TRIES
    assert subject(store).attempts == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UserProblem("The plan is too large.", "Split it."), "The plan is too large. Split it."),
        (Refused(403, "Forbidden"), "GitHub refused the request (403): Forbidden"),
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError("a\x00b"), "ValueError: ab"),
    ],
)
def test_what_cannot_pass_is_parked_and_stops_nothing_else(
    store: Store, work: Work, bench: Bench, error: Exception, reason: str
) -> None:
    arrive(store, KEY, OTHER)
    work.during = [raising(error)]
    assert attempt(KEY, bench) == Outcome("parked", reason)
    assert [row.reason for row in store.subjects(parked=True)] == [reason]
    assert attempt(KEY, bench).kind == "held"
    assert attempt(OTHER, bench) == Outcome("done")
    assert store.due_subjects(NOW + timedelta(days=1)) == []


def test_a_reconcile_that_finishes_nothing_is_a_bug(store: Store, work: Work, bench: Bench) -> None:
    number = arrive(store, KEY)
    work.finishes = False
    outcome = attempt(KEY, bench)
    assert outcome.kind == "parked"
    assert str(number) in outcome.reason


def test_audit_without_deliveries_does_not_forget_the_failures(
    store: Store, work: Work, bench: Bench
) -> None:
    arrive(store, KEY)
    store.reschedule(KEY, NOW, "502", attempts=3)
    store.finish(KEY, [], finished_at=NOW)
    assert subject(store).attempts == 3


def test_stopping_is_not_a_failure(store: Store, work: Work, bench: Bench) -> None:
    arrive(store, KEY)
    (before,) = store.due_subjects(NOW)
    store.mark_queued(before, NOW)
    work.during = [raising(Retryable("the worker is stopping"))]
    attempt(KEY, replace(bench, stopping=lambda: True))
    assert subject(store).attempts == 0
    (after,) = store.due_subjects(NOW)
    assert after.job_id != before.job_id
