"""What the operator's page asks of the store: lists, standings, retries, holds, counters."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.github.snapshots import Person, RepoRef
from bot.memory import SubjectKey, Trigger
from bot.store import Store
from bot.store.operations import DeliveryFilter
from bot.store.records import PayloadGone

SHOP, BLOG = RepoRef(7, "acme/shop", 3), RepoRef(8, "zoo/blog", 4)
HOUR = timedelta(hours=1)


def arrive(
    store: Store,
    at: datetime,
    guid: str,
    repo: RepoRef = SHOP,
    *names: str,
    event: str = "issues",
) -> int:
    """A delivery about the plans of these paths, dispatched; its id."""
    store.receive(guid, event, b"{}", received_at=at)
    (found,) = store.new_deliveries()
    triggers = [Trigger(SubjectKey(repo.id, "plan", name)) for name in names]
    store.record_dispatch(found.id, triggers, due_at=at, repo=repo, actor=Person("alice", 1))
    return found.id


def guids(store: Store, **wanted: object) -> list[str]:
    rows = store.handled(DeliveryFilter(**wanted))  # type: ignore[arg-type]
    return [one.row.guid for one in rows]


def test_deliveries_by_repository_state_and_time(store: Store, now: datetime) -> None:
    arrive(store, now, "old", SHOP, "a.md")
    arrive(store, now + HOUR, "ignored")
    last = arrive(store, now + 2 * HOUR, "other", BLOG, "b.md", event="push")
    assert guids(store) == ["other", "ignored", "old"]
    assert guids(store, repository_id=7) == ["ignored", "old"]
    assert guids(store, repository_id=7, state="open") == ["old"]
    assert guids(store, since=now + HOUR) == ["other", "ignored"]
    assert guids(store, until=now + HOUR) == ["old"]
    assert guids(store, since=now + HOUR, until=now + 2 * HOUR) == ["ignored"]
    assert guids(store, since=now + 3 * HOUR) == []
    assert guids(store, until=now) == []
    assert guids(store, before=last) == ["ignored", "old"]
    (newest, *_) = store.handled(DeliveryFilter())
    assert (newest.repository, newest.has_payload) == ("zoo/blog", True)


def test_what_went_wrong_is_told_of_what_is_open_and_of_what_failed(
    store: Store, now: datetime
) -> None:
    first = arrive(store, now, "first", SHOP, "a.md", "b.md")
    a, b = (SubjectKey(7, "plan", name) for name in ("a.md", "b.md"))
    store.reschedule(a, now, "GitHub gave no answer.", 3)
    store.park(b, "a bug", now=now)
    (found,) = store.handled(DeliveryFilter())
    assert found.attempts == 3
    assert set(found.error.split("; ")) == {"GitHub gave no answer.", "a bug"}
    store.finish(b, [first], finished_at=now)
    assert store.handled(DeliveryFilter())[0].error == "GitHub gave no answer."
    store.finish(a, [first], finished_at=now)
    (found,) = store.handled(DeliveryFilter())
    assert (found.row.state, found.error, found.attempts) == ("finished", "", 0)
    store.receive("bad", "push", b"{}", received_at=now)
    store.record_failure(store.new_deliveries()[0].id, "KeyError: x")
    assert store.handled(DeliveryFilter(state="failed"))[0].error == "KeyError: x"


def test_only_github_counts_as_the_last_webhook(store: Store, now: datetime) -> None:
    assert store.last_webhook() is None
    arrive(store, now, "one")
    arrive(store, now + HOUR, "ours", event="plansync.compare")
    assert store.last_webhook() == now


def test_a_held_subject_waits_for_an_operator_alone(store: Store, now: datetime) -> None:
    arrive(store, now, "one", SHOP, "a.md")
    key = SubjectKey(7, "plan", "a.md")
    assert store.hold(key, "olivia", now)
    arrive(store, now, "two", SHOP, "a.md")
    subject = store.subject(key)
    assert subject is not None
    assert subject.reason == "held by olivia"
    assert store.due_subjects(now + HOUR) == []
    assert store.release_parked(now - HOUR, now) == 0
    store.release(key, now)
    assert [due.key for due in store.due_subjects(now)] == [key]
    assert not store.hold(SubjectKey(7, "plan", "none.md"), "olivia", now)


def test_everything_that_was_parked_since_is_released(store: Store, now: datetime) -> None:
    arrive(store, now, "one", SHOP, "a.md", "b.md")
    old, new = SubjectKey(7, "plan", "a.md"), SubjectKey(7, "plan", "b.md")
    store.park(old, "a bug", now=now - 2 * HOUR)
    store.park(new, "a bug", now=now)
    assert store.release_parked(now - HOUR, now) == 1
    assert [due.key for due in store.due_subjects(now)] == [new]


def test_what_failed_since_can_be_worked_off_while_its_payload_is_there(
    store: Store, now: datetime
) -> None:
    ids = []
    for hours, guid in enumerate(("a", "b", "c")):
        store.receive(guid, "push", b"{}", received_at=now + hours * HOUR)
        ids.append(store.new_deliveries()[0].id)
        store.record_failure(ids[-1], "KeyError: x")
    assert store.failed_since(now + HOUR) == ids[1:]
    assert store.drop_payloads(now + 2 * HOUR) == 2
    assert store.failed_since(now) == ids[2:]
    with pytest.raises(PayloadGone, match="plansync sync"):
        store.replay(ids[0], now)


def test_installations_workers_and_sweeps(store: Store, now: datetime) -> None:
    arrive(store, now, "one", SHOP)
    arrive(store, now, "two", BLOG)
    store.beat("worker-0", "host", 12, now)
    store.claim_sweep("drift", now, now + HOUR)
    assert store.installations() == {3: "acme", 4: "zoo"}
    assert [(w.id, w.pid, w.seen_at) for w in store.worker_rows()] == [("worker-0", 12, now)]
    assert [(s.name, s.due_at) for s in store.sweep_rows()] == [("drift", now + HOUR)]


def test_counts_add_up_over_processes_and_gauges_are_replaced(store: Store, now: datetime) -> None:
    good = ("received", (("result", "stored"),))
    left = ("rate_left", (("installation", "3"),))
    store.add_tallies({good: 2.0}, {left: 5000.0}, now)
    store.add_tallies({good: 3.0}, {left: 4000.0}, now + HOUR)
    store.add_tallies({}, {}, now)
    found = {one.name: (dict(one.labels), one.value, one.at) for one in store.tallies()}
    assert found == {
        "received": ({"result": "stored"}, 5.0, now + HOUR),
        "rate_left": ({"installation": "3"}, 4000.0, now + HOUR),
    }
    store.forget_gauges(["rate_left"], now + 2 * HOUR)
    assert [one.name for one in store.tallies()] == ["received"]


def test_deliveries_by_their_event(store: Store, now: datetime) -> None:
    arrive(store, now, "edit", SHOP, "a.md")
    arrive(store, now + HOUR, "push", SHOP, event="push")
    arrive(store, now + 2 * HOUR, "elsewhere", BLOG, "b.md", event="push")
    assert guids(store, event="push") == ["elsewhere", "push"]
    assert guids(store, event="push", repository_id=7) == ["push"]
    assert guids(store, event="push", state="ignored") == ["push"]
    assert guids(store, event="push", state="open") == ["elsewhere"]
    assert guids(store, event="issues", since=now + HOUR) == []
    assert guids(store, event="pushes") == []
