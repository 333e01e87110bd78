"""One try at one subject, and what its failure means. No queue here: tests step this by hand.

The deliveries that are open are listed before anything is read; only these are finished. A passing
fault is tried again later, what a person must mend and what is a bug are parked, and no failure of
one subject reaches another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

import structlog

from bot.blocks import Blocked
from bot.breaker import Tripped
from bot.errors import Retryable, UserProblem
from bot.github.ports import Refused, Stale
from bot.logs import about, mask
from bot.memory import OpenDelivery, SubjectKey
from bot.store import Store
from bot.tally import TALLY
from bot.telemetry import span

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
MOST_ATTEMPTS = 12
STALE_TRIES = 5
PARKED_FOR = timedelta(hours=1)
"""How long a subject rests that failed ``MOST_ATTEMPTS`` times for passing reasons."""

_MOST_NAMED = 20
"""How many of the deliveries that a try is for its log lines name: the newest."""

log = structlog.get_logger("plansync.jobs")


class Reconcile(Protocol):
    """``bot.reconcile.reconcile``, or what a test puts in its place."""

    def __call__(
        self,
        key: SubjectKey,
        deliveries: Sequence[OpenDelivery],
        *,
        store: Any,
        gateway: Any,
        now: datetime,
        stopping: Callable[[], bool],
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended.

    ``idle``: nothing was open. ``held``: parked or backing off. ``done``. ``later``: to be tried
    again. ``parked``: waits for a person, the operator, or an hour.
    """

    kind: Literal["idle", "held", "done", "later", "parked"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a try works with; all of it handed in, so that a test decides time and chance."""

    store: Store
    gateway: Any
    reconcile: Reconcile
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopping: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


def attempt(key: SubjectKey, bench: Bench) -> Outcome:
    """Reconcile a subject once and record how it went. Raises only what the store raises."""
    store = bench.store
    subject = store.subject(key)
    if subject is None:
        return Outcome("idle")
    if subject.held(bench.clock()):
        return Outcome("held", subject.reason)
    waiting = store.open_deliveries(key)
    if not waiting:
        return Outcome("idle")
    repo = store.repo(key.repository_id)
    with about(
        subject=str(key),
        repository=repo.full_name if repo else str(key.repository_id),
        installation=repo.installation_id if repo else None,
        deliveries=[delivery.guid for delivery in waiting[-_MOST_NAMED:]],
    ):
        started = time.monotonic()
        with span("reconcile", kind=key.kind, subject=str(key)):
            outcome = _try(key, bench, subject.attempts)
        seconds = time.monotonic() - started
        TALLY.observe("reconcile_seconds", seconds, outcome=outcome.kind)
        log.info(
            "reconciled" if outcome.kind == "done" else "not reconciled",
            outcome=outcome.kind,
            reason=outcome.reason,
            seconds=round(seconds, 3),
        )
    return outcome


def _try(key: SubjectKey, bench: Bench, attempts: int) -> Outcome:
    try:
        return _reconcile(key, bench)
    except Retryable as error:
        if bench.stopping():
            # Not the subject's failure: the next worker takes it up at once.
            bench.store.reschedule(key, bench.clock(), mask(str(error)), attempts)
            return Outcome("later", str(error))
        return try_later(key, bench, str(error), until=error.until)
    except Stale as error:
        return try_later(key, bench, str(error) or "it kept changing while it was written")
    except (Blocked, Tripped) as rests:
        bench.store.park(key, mask(str(rests)), now=bench.clock(), until=rests.until)
        return Outcome("parked", str(rests))
    except (UserProblem, Refused) as error:
        return _park(key, bench, str(error))
    except Exception as error:
        log.exception("a bug")
        return _park(key, bench, _named(error))


def _reconcile(key: SubjectKey, bench: Bench) -> Outcome:
    for tries_left in reversed(range(STALE_TRIES)):
        # Listed again for each try: what a try lists, it reads after.
        deliveries = bench.store.open_deliveries(key)
        if not deliveries:
            return Outcome("done")
        try:
            bench.reconcile(
                key,
                deliveries,
                store=bench.store,
                gateway=bench.gateway,
                now=bench.clock(),
                stopping=bench.stopping,
            )
            break
        except Stale:
            if not tries_left or bench.stopping():
                raise
            bench.sleep(0.05 + 0.25 * bench.chance())
    listed = {delivery.id for delivery in deliveries}
    left = listed & {delivery.id for delivery in bench.store.open_deliveries(key)}
    if left:
        raise RuntimeError(f"the reconcile ended without finishing deliveries {sorted(left)}")
    return Outcome("done")


def try_later(
    key: SubjectKey, bench: Bench, reason: str, *, until: datetime | None = None
) -> Outcome:
    """Count a failure and set the next try: after a growing wait, and not before ``until``.

    After ``MOST_ATTEMPTS`` the subject rests for an hour, shown to the operator as parked.
    """
    reason = mask(reason)
    subject = bench.store.subject(key)
    attempts = (subject.attempts if subject else 0) + 1
    now = bench.clock()
    if attempts >= MOST_ATTEMPTS:
        rest = max(now + PARKED_FOR, until or now)
        bench.store.park(key, f"failed {attempts} times: {reason}", now=now, until=rest)
        return Outcome("parked", reason)
    due_at = now + wait(attempts, bench.chance())
    bench.store.reschedule(key, max(due_at, until or due_at), reason, attempts)
    return Outcome("later", reason)


def wait(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failures: 1 s, doubled each time, 5 minutes at most.

    ``chance`` (0 to 1) spreads it by a quarter to either side, so that subjects that failed
    together do not come back together.
    """
    seconds = min(FIRST_WAIT_SECONDS * 2 ** min(attempts - 1, 16), LONGEST_WAIT_SECONDS)
    return timedelta(seconds=seconds * (0.75 + 0.5 * chance))


def _park(key: SubjectKey, bench: Bench, reason: str) -> Outcome:
    reason = mask(reason)
    bench.store.park(key, reason, now=bench.clock())
    return Outcome("parked", reason)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\x00", "")[:500]
