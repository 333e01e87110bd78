"""From stored deliveries to jobs: which subjects each is about, and which of them are due now.

Every function does one round and returns; ``bot.jobs`` calls them in a loop, tests by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.attempt import Bench, try_later
from bot.events import Ignored, InstallationEvent, RemovalEvent, parse_event
from bot.logs import about, mask
from bot.memory import SubjectKey, Trigger
from bot.store import DueSubject, Store, StoredDelivery, StoreUnavailable
from bot.subjects import subjects_of
from bot.subjects.check_claims import WAITING, may_wait

JOB_SILENT = timedelta(seconds=60)
"""How long a queued job may take before it is asked whether it still exists."""

_LONGEST_KEY_BYTES = 2000  # PostgreSQL refuses index entries above 2,704 bytes

_MOST_NAMED = 20

log = structlog.get_logger("plansync.dispatch")


def dispatch(store: Store, now: datetime, settle: timedelta, *, limit: int = 100) -> int:
    """Dispatch new deliveries, oldest first; gives how many there were.

    A delivery that cannot be dispatched is kept as failed and does not stop the others.
    """
    found = store.new_deliveries(limit)
    for delivery in found:
        try:
            _dispatch_one(store, delivery, now + settle)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("a delivery cannot be dispatched", delivery=delivery.guid)
            reason = mask(f"{type(error).__name__}: {error}").replace("\x00", "")[:500]
            store.record_failure(delivery.id, reason)
    return len(found)


def _dispatch_one(store: Store, delivery: StoredDelivery, due_at: datetime) -> None:
    event = parse_event(delivery.event, json.loads(delivery.body))
    if isinstance(event, Ignored):
        store.record_dispatch(delivery.id, [], due_at=due_at, reason_ignored=event.reason)
        return
    if isinstance(event, RemovalEvent):
        _forget(store, delivery, event, due_at)
        return
    config = store.config(event.repo.id) if event.repo else None
    triggers = _once(subjects_of(event, store, config))
    if not triggers and event.repo and may_wait(event) and store.choices_due(event.repo.id):
        triggers = [Trigger(SubjectKey(event.repo.id, "config"), WAITING)]
    if isinstance(event, InstallationEvent):
        for repo in event.repos:
            store.keep_repo(repo, delivery.id)
        if event.action in ("created", "added"):
            store.want_preflight([repo.id for repo in event.repos], delivery.received_at)
    store.record_dispatch(
        delivery.id,
        triggers,
        due_at=due_at,
        repo=event.repo,
        actor=event.sender,
        action=getattr(event, "action", ""),
        reason_ignored="about no plan and no plan request",
    )
    where = event.repo
    with about(
        repository=where.full_name if where else None,
        installation=where.installation_id if where else None,
    ):
        log.info(
            "dispatched",
            delivery=delivery.guid,
            github_event=delivery.event,
            subjects=[str(trigger.key) for trigger in triggers[:_MOST_NAMED]],
        )


def _forget(store: Store, delivery: StoredDelivery, event: RemovalEvent, now: datetime) -> None:
    """The App was removed: nothing of the repositories is kept any longer than that is known.

    https://docs.github.com/en/apps/creating-github-apps/about-creating-github-apps/best-practices-for-creating-a-github-app
    """
    gone = store.purge(
        event.installation_id,
        event.repository_ids,
        delivery_id=delivery.id,
        action=event.action,
        now=now,
    )
    log.info(
        "forgot", delivery=delivery.guid, installation=event.installation_id, repositories=gone
    )


def _once(triggers: Sequence[Trigger]) -> list[Trigger]:
    """One trigger for each subject; two different claims become none, which causes a read.

    What cannot be kept is left out: the other subjects of the same delivery must not suffer.
    """
    kept: dict[str, Trigger] = {}
    for trigger in triggers:
        key = str(trigger.key)
        if len(key.encode("utf-8", "replace")) > _LONGEST_KEY_BYTES:
            log.warning("a path is too long to be kept", subject=f"{key[:80]}…")
            continue
        other = kept.get(key)
        same = other is None or other.claim == trigger.claim
        kept[key] = trigger if same else Trigger(trigger.key)
    return list(kept.values())


def enqueue_due(
    store: Store, enqueue: Callable[[DueSubject], None], now: datetime, *, limit: int = 100
) -> int:
    """Ask for a job for each subject that is due; gives how many.

    The job is asked for before that is noted: after a crash in between it is asked for again, by
    the same id, which the queue takes for the same job.
    """
    due = store.due_subjects(now, limit)
    for subject in due:
        enqueue(subject)
        store.mark_queued(subject, now)
    return len(due)


def revive_lost(bench: Bench, is_alive: Callable[[str], bool]) -> int:
    """Try subjects again whose job is gone though their deliveries are open; gives how many."""
    now = bench.clock()
    lost = 0
    for subject in bench.store.long_queued(now - JOB_SILENT):
        if is_alive(subject.job_id):
            bench.store.mark_queued(subject, now)
            continue
        lost += 1
        log.warning("a job was lost", subject=str(subject.key), job=subject.job_id)
        try_later(subject.key, bench, "its job was lost")
    return lost
