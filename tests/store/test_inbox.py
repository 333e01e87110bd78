"""The inbox: what is stored once, what is due when, and what finishes a delivery."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.github.snapshots import Person, RepoRef
from bot.memory import AuditEntry, SubjectKey, Trigger
from bot.store import Store

REPO = RepoRef(id=7, full_name="octo/plans", installation_id=3)
PLAN = SubjectKey(7, "plan", "plan_docs/search.md")
OTHER = SubjectKey(7, "plan", "plan_docs/other.md")
PERSON = Person("mona", 5)
OURSELVES = Person("plansync[bot]", 6, is_bot=True)


def arrive(
    store: Store,
    now: datetime,
    *keys: SubjectKey,
    guid: str = "a",
    actor: Person = PERSON,
    settle: float = 0,
    claim: str = "",
) -> int:
    """A delivery that came in and was dispatched; its id."""
    assert store.receive(guid, "issues", b"{}", received_at=now)
    (delivery,) = store.new_deliveries()
    triggers = [Trigger(key, claim) for key in keys]
    due = now + timedelta(seconds=settle)
    assert store.record_dispatch(
        delivery.id, triggers, due_at=due, repo=REPO, actor=actor, action="edited"
    )
    return delivery.id


def due(store: Store, now: datetime) -> list[SubjectKey]:
    return [each.key for each in store.due_subjects(now)]


def test_a_delivery_is_stored_once_by_id_and_body(store: Store, now: datetime) -> None:
    assert store.receive("g", "push", b'{"a":1}', received_at=now) is True
    assert store.receive("g", "push", b'{"a":1}', received_at=now) is False
    assert store.receive("g", "push", b'{"a":2}', received_at=now) is True
    bodies = [delivery.body for delivery in store.new_deliveries()]
    assert bodies == [b'{"a":1}', b'{"a":2}']


def test_the_raw_body_and_time_come_back_as_they_were(store: Store, now: datetime) -> None:
    body = bytes(range(256))
    store.receive("g", "push", body, received_at=now)
    (delivery,) = store.new_deliveries()
    assert (delivery.guid, delivery.event, delivery.body) == ("g", "push", body)
    assert delivery.received_at == now


def test_dispatch_opens_the_delivery_for_each_subject(store: Store, now: datetime) -> None:
    number = arrive(store, now, PLAN, OTHER, claim="body:1")
    assert store.new_deliveries() == []
    (found,) = store.open_deliveries(PLAN)
    assert (found.id, found.action, found.claim) == (number, "edited", "body:1")
    assert (found.actor_login, found.actor_id, found.actor_is_bot) == ("mona", 5, False)
    assert due(store, now) == [OTHER, PLAN]
    assert store.repo(7) == REPO


def test_a_delivery_about_nothing_is_ignored_with_its_reason(store: Store, now: datetime) -> None:
    store.receive("g", "star", b"{}", received_at=now)
    (delivery,) = store.new_deliveries()
    store.record_dispatch(delivery.id, [], due_at=now, reason_ignored="stars are nothing to us")
    (row,) = store.deliveries()
    assert (row.state, row.note) == ("ignored", "stars are nothing to us")
    assert store.due_subjects(now) == []


def test_a_second_dispatcher_changes_nothing(store: Store, now: datetime) -> None:
    number = arrive(store, now, PLAN)
    store.finish(PLAN, [number], finished_at=now)
    assert not store.record_dispatch(number, [Trigger(PLAN)], due_at=now, repo=REPO)
    assert store.open_deliveries(PLAN) == []


def test_the_settle_window_begins_with_the_first_delivery(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN, guid="a", settle=2)
    arrive(store, now + timedelta(seconds=1), PLAN, guid="b", settle=2)
    assert due(store, now + timedelta(seconds=1.9)) == []
    (found,) = store.due_subjects(now + timedelta(seconds=2))
    assert found.newest == max(each.id for each in store.open_deliveries(PLAN))


def test_a_queued_subject_is_offered_again_only_for_a_newer_delivery(
    store: Store, now: datetime
) -> None:
    first = arrive(store, now, PLAN, guid="a")
    (offer,) = store.due_subjects(now)
    store.mark_queued(offer, now)
    assert store.due_subjects(now) == []
    second = arrive(store, now, PLAN, guid="b")
    (again,) = store.due_subjects(now)
    assert (offer.job_id, again.job_id) == (f"{PLAN}@{first}.0", f"{PLAN}@{second}.0")


def test_what_arrives_during_a_reconcile_stays_open(store: Store, now: datetime) -> None:
    first = arrive(store, now, PLAN, guid="a")
    (offer,) = store.due_subjects(now)
    store.mark_queued(offer, now)
    listed = [each.id for each in store.open_deliveries(PLAN)]
    second = arrive(store, now, PLAN, guid="b")
    store.finish(PLAN, listed, finished_at=now)
    assert listed == [first]
    assert [each.id for each in store.open_deliveries(PLAN)] == [second]
    assert due(store, now) == [PLAN]


def test_an_older_delivery_that_becomes_visible_late_is_offered(
    store: Store, now: datetime
) -> None:
    store.receive("late", "issues", b"{}", received_at=now)
    (late,) = store.new_deliveries()
    store.receive("early", "issues", b"{}", received_at=now)
    early = max(each.id for each in store.new_deliveries())
    store.record_dispatch(early, [Trigger(PLAN)], due_at=now, repo=REPO, actor=PERSON)
    (offer,) = store.due_subjects(now)
    store.mark_queued(offer, now)
    store.finish(PLAN, [early], finished_at=now)
    store.record_dispatch(late.id, [Trigger(PLAN)], due_at=now, repo=REPO, actor=PERSON)
    assert [each.newest for each in store.due_subjects(now)] == [late.id]


def test_a_delivery_ends_with_its_last_subject(store: Store, now: datetime) -> None:
    number = arrive(store, now, PLAN, OTHER)
    store.finish(PLAN, [number], finished_at=now)
    assert store.deliveries()[0].state == "open"
    store.finish(OTHER, [number], finished_at=now, note="nothing to do")
    (row,) = store.deliveries()
    assert (row.state, row.finished_at, row.note) == ("finished", now, "nothing to do")
    assert row.subjects == (str(OTHER), str(PLAN))


def test_a_failed_try_waits_and_then_has_a_new_job_id(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN)
    (offer,) = store.due_subjects(now)
    store.mark_queued(offer, now)
    later = now + timedelta(seconds=30)
    store.reschedule(PLAN, later, "GitHub asked to wait", attempts=1)
    subject = store.subject(PLAN)
    assert subject is not None
    assert (subject.attempts, subject.reason, subject.open) == (1, "GitHub asked to wait", 1)
    assert subject.held(now)
    assert not subject.held(later)
    assert due(store, later - timedelta(seconds=1)) == []
    (again,) = store.due_subjects(later)
    assert again.job_id != offer.job_id


def test_new_deliveries_do_not_cut_a_wait_short(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN, guid="a")
    later = now + timedelta(minutes=5)
    store.reschedule(PLAN, later, "rate limit", attempts=3)
    arrive(store, now, PLAN, guid="b")
    assert due(store, now) == []
    assert due(store, later) == [PLAN]


def test_a_mark_for_a_round_that_is_over_changes_nothing(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN)
    (offer,) = store.due_subjects(now)
    store.reschedule(PLAN, now, "try again", attempts=1)
    store.mark_queued(offer, now)
    assert due(store, now) == [PLAN]


def test_a_parked_subject_waits_for_a_person(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN, guid="a")
    store.park(PLAN, "KeyError: 'x'", now=now)
    arrive(store, now, PLAN, guid="b", actor=OURSELVES)
    assert due(store, now + timedelta(days=1)) == []
    assert store.oldest_pending() is None
    assert [row.reason for row in store.subjects(parked=True)] == ["KeyError: 'x'"]
    arrive(store, now, PLAN, guid="c", actor=PERSON)
    assert due(store, now) == [PLAN]
    assert store.subjects(parked=True) == []
    assert len(store.open_deliveries(PLAN)) == 3


def test_a_subject_parked_until_a_time_is_tried_again_then(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN)
    later = now + timedelta(hours=1)
    store.park(PLAN, "GitHub is down", now=now, until=later)
    assert due(store, later - timedelta(seconds=1)) == []
    (offer,) = store.due_subjects(later)
    store.mark_queued(offer, later)
    subject = store.subject(PLAN)
    assert subject is not None
    assert not subject.held(later)


def test_the_operator_releases(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN)
    store.park(PLAN, "refused", now=now)
    assert store.release(PLAN, now) is True
    assert due(store, now) == [PLAN]
    assert store.release(OTHER, now) is False


def test_a_replay_is_a_delivery_of_its_own(store: Store, now: datetime) -> None:
    first = arrive(store, now, PLAN)
    listed = [first]
    copied = store.replay(first, now)
    assert copied is not None
    (delivery,) = store.new_deliveries()
    assert (delivery.id, delivery.guid) == (copied, "a")
    store.record_dispatch(copied, [Trigger(PLAN)], due_at=now, repo=REPO, actor=PERSON)
    store.finish(PLAN, listed, finished_at=now)
    assert [each.id for each in store.open_deliveries(PLAN)] == [copied]
    assert store.replay(first, now) not in (None, copied)
    assert store.replay(99_999, now) is None


def test_a_delivery_that_could_not_be_dispatched_is_kept(store: Store, now: datetime) -> None:
    store.receive("g", "issues", b"{}", received_at=now)
    (delivery,) = store.new_deliveries()
    assert store.record_failure(delivery.id, "KeyError: 'issue'")
    assert store.new_deliveries() == []
    assert store.counts().failed == 1
    store.replay(delivery.id, now)
    assert store.counts().failed == 0


def test_a_job_that_vanished_is_noticed(store: Store, now: datetime) -> None:
    arrive(store, now, PLAN)
    (offer,) = store.due_subjects(now)
    store.mark_queued(offer, now)
    assert store.long_queued(now) == []
    assert store.long_queued(now + timedelta(seconds=1)) == [offer]


def test_a_rename_is_not_undone_by_an_older_delivery(store: Store, now: datetime) -> None:
    for guid in ("old", "new"):
        store.receive(guid, "push", b"{}", received_at=now)
    old, new = store.new_deliveries()
    renamed = RepoRef(7, "octo/renamed", 3)
    store.record_dispatch(new.id, [Trigger(PLAN)], due_at=now, repo=renamed)
    store.record_dispatch(old.id, [Trigger(PLAN)], due_at=now, repo=REPO)
    assert store.repo(7) == renamed
    store.keep_repo(REPO)
    assert store.repo(7) == renamed


def test_finishing_writes_the_audit_with_its_deliveries(store: Store, now: datetime) -> None:
    number = arrive(store, now, PLAN)
    entry = AuditEntry(str(PLAN), "CommitFiles", "plan_docs/search.md", "ticked by mona", url="u")
    store.finish(PLAN, [number], finished_at=now, audit=[entry])
    (row,) = store.audit(subject=PLAN)
    assert (row.entry, row.deliveries, row.at) == (entry, (number,), now)
    assert store.audit(subject=OTHER) == []


def test_old_deliveries_that_are_done_are_forgotten(store: Store, now: datetime) -> None:
    done = arrive(store, now, PLAN, guid="done")
    store.finish(PLAN, [done], finished_at=now)
    arrive(store, now, PLAN, guid="open")
    assert store.forget_deliveries(now) == 0
    assert store.forget_deliveries(now + timedelta(days=30)) == 1
    assert [row.guid for row in store.deliveries()] == ["open"]


def test_the_oldest_pending_delivery(store: Store, now: datetime) -> None:
    assert store.oldest_pending() is None
    store.receive("new", "push", b"{}", received_at=now)
    assert store.oldest_pending() == now


def test_a_worker_that_stopped_beating_is_named(store: Store, now: datetime) -> None:
    assert store.last_beat() is None
    store.beat("one", "host", 1, now)
    store.beat("two", "host", 2, now + timedelta(seconds=20))
    assert store.last_beat() == now + timedelta(seconds=20)
    assert store.silent_workers(now + timedelta(seconds=10)) == ["one"]
    store.forget_worker("one")
    assert store.silent_workers(now + timedelta(hours=1)) == ["two"]


def test_large_deliveries_are_read_a_few_at_a_time(store: Store, now: datetime) -> None:
    for guid in "abc":
        store.receive(guid, "push", b"x" * 1000, received_at=now)
    assert [each.guid for each in store.new_deliveries(most_bytes=2500)] == ["a", "b"]
    assert [each.guid for each in store.new_deliveries(most_bytes=10)] == ["a"]
    assert [each.guid for each in store.new_deliveries(limit=1)] == ["a"]


def test_any_number_of_deliveries_is_finished_at_once(store: Store, now: datetime) -> None:
    for n in range(5):
        store.receive(f"{n}", "push", b"{}", received_at=now)
    for delivery in store.new_deliveries():
        store.record_dispatch(delivery.id, [Trigger(PLAN)], due_at=now, repo=REPO)
    listed = [each.id for each in store.open_deliveries(PLAN)]
    unknown = range(10_000, 80_000)
    store.finish(PLAN, [*listed, *unknown], finished_at=now)
    assert {row.state for row in store.deliveries()} == {"finished"}
