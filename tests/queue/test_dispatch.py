"""From stored deliveries to jobs, one round at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.attempt import Bench
from bot.dispatch import JOB_SILENT, dispatch, enqueue_due, revive_lost
from bot.memory import OpenDelivery, SubjectKey
from bot.store import DueSubject, Store

AT_ONCE = timedelta(0)
REQUEST = SubjectKey(7, "request", "4")


def issue_opened(number: int = 4, **changed: Any) -> bytes:
    """The payload of an issue that asks for a feature plan, cut down to what is read."""
    issue = {
        "number": number,
        "title": "Search",
        "body": "",
        "state": "open",
        "labels": [{"name": "plan:feature"}],
        "user": {"login": "mona", "id": 5, "type": "User"},
    }
    payload = {
        "action": "opened",
        "issue": issue,
        "repository": {
            "id": 7,
            "name": "plans",
            "full_name": "octo/plans",
            "owner": {"login": "octo"},
            "default_branch": "main",
        },
        "installation": {"id": 3},
        "sender": {"login": "mona", "id": 5, "type": "User"},
    }
    return json.dumps(payload | changed).encode()


def never(key: SubjectKey, deliveries: Sequence[OpenDelivery], **given: Any) -> None:
    raise AssertionError("nothing is reconciled here")


def test_an_event_becomes_a_due_subject(store: Store, now: datetime) -> None:
    store.receive("g", "issues", issue_opened(), received_at=now)
    assert dispatch(store, now, timedelta(seconds=2)) == 1
    assert store.due_subjects(now) == []
    (due,) = store.due_subjects(now + timedelta(seconds=2))
    assert due.key == REQUEST
    (row,) = store.deliveries()
    assert (row.state, row.action, row.actor_login) == ("open", "opened", "mona")
    assert row.repository_id == 7
    repo = store.repo(7)
    assert repo is not None
    assert (repo.full_name, repo.installation_id) == ("octo/plans", 3)


@pytest.mark.parametrize(("event", "body"), [("ping", b'{"zen": "x"}'), ("never_seen", b"{}")])
def test_an_unknown_event_is_ignored_and_says_so(
    store: Store, now: datetime, event: str, body: bytes
) -> None:
    store.receive("g", event, body, received_at=now)
    dispatch(store, now, AT_ONCE)
    (row,) = store.deliveries()
    assert row.state == "ignored"
    assert event in row.note


def test_an_issue_without_a_plan_label_is_ignored(store: Store, now: datetime) -> None:
    body = json.loads(issue_opened())
    body["issue"]["labels"] = []
    store.receive("g", "issues", json.dumps(body).encode(), received_at=now)
    dispatch(store, now, AT_ONCE)
    assert store.deliveries()[0].state == "ignored"


def test_one_bad_delivery_does_not_stop_the_next(store: Store, now: datetime) -> None:
    store.receive("bad", "issues", b"\xff", received_at=now)
    store.receive("good", "issues", issue_opened(), received_at=now)
    assert dispatch(store, now, AT_ONCE) == 2
    states = {row.guid: row.state for row in store.deliveries()}
    assert states == {"bad": "failed", "good": "open"}
    assert dispatch(store, now, AT_ONCE) == 0


def test_due_subjects_are_enqueued_once(store: Store, now: datetime) -> None:
    store.receive("g", "issues", issue_opened(), received_at=now)
    dispatch(store, now, AT_ONCE)
    asked: list[DueSubject] = []
    assert enqueue_due(store, asked.append, now) == 1
    assert enqueue_due(store, asked.append, now) == 0
    assert [due.job_id for due in asked] == [f"{REQUEST}@{asked[0].newest}.0"]


def test_a_crash_between_asking_and_noting_asks_for_the_same_job(
    store: Store, now: datetime
) -> None:
    store.receive("g", "issues", issue_opened(), received_at=now)
    dispatch(store, now, AT_ONCE)
    asked: list[str] = []

    def crash(due: DueSubject) -> None:
        asked.append(due.job_id)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enqueue_due(store, crash, now)
    enqueue_due(store, lambda due: asked.append(due.job_id), now)
    assert len(asked) == 2
    assert len(set(asked)) == 1


def test_a_lost_job_is_asked_for_again_and_a_living_one_is_not(store: Store, now: datetime) -> None:
    store.receive("g", "issues", issue_opened(), received_at=now)
    dispatch(store, now, AT_ONCE)
    asked: list[str] = []
    enqueue_due(store, lambda due: asked.append(due.job_id), now)
    later = now + JOB_SILENT + timedelta(seconds=1)
    bench = Bench(store, None, never, clock=lambda: later, chance=lambda: 0.5)
    assert revive_lost(bench, lambda job: True) == 0
    assert store.due_subjects(later) == []
    much_later = later + JOB_SILENT + timedelta(seconds=1)
    bench = Bench(store, None, never, clock=lambda: much_later, chance=lambda: 0.5)
    assert revive_lost(bench, lambda job: job != asked[0]) == 1
    enqueue_due(store, lambda due: asked.append(due.job_id), much_later + timedelta(seconds=1))
    assert len(set(asked)) == 2


def test_a_path_that_is_too_long_takes_no_other_plan_with_it(store: Store, now: datetime) -> None:
    long = "plan_docs/" + "ä" * 1100 + ".md"
    push = json.loads(issue_opened())
    del push["issue"], push["action"]
    push |= {
        "ref": "refs/heads/main",
        "before": "a" * 40,
        "after": "b" * 40,
        "head_commit": {"id": "b" * 40},
        "commits": [
            {"id": "b" * 40, "added": [long, "plan_docs/search.md"], "removed": [], "modified": []}
        ],
    }
    store.receive("g", "push", json.dumps(push).encode(), received_at=now)
    dispatch(store, now, AT_ONCE)
    assert [due.key.name for due in store.due_subjects(now)] == ["plan_docs/search.md"]
    (row,) = store.deliveries()
    assert row.state == "open"


def removed(action: str, ids: Sequence[int] = (), installation: int = 3) -> bytes:
    """The payload of an App that is uninstalled, or taken from some repositories."""
    named = [{"id": number, "full_name": f"octo/{number}"} for number in ids]
    return json.dumps(
        {
            "action": action,
            "installation": {"id": installation},
            "repositories_removed": named,
            "sender": {"login": "mona", "id": 5, "type": "User"},
        }
    ).encode()


@pytest.mark.parametrize(
    ("event", "body", "left"),
    [
        ("installation", removed("deleted"), []),
        ("installation", removed("deleted", installation=4), [7]),
        ("installation_repositories", removed("removed", [7]), []),
        ("installation_repositories", removed("removed", [8]), [7]),
    ],
    ids=["uninstalled", "another's", "removed", "another one"],
)
def test_what_the_app_is_removed_from_is_forgotten(
    store: Store, now: datetime, event: str, body: bytes, left: list[int]
) -> None:
    store.receive("asked", "issues", issue_opened(), received_at=now)
    dispatch(store, now, AT_ONCE)
    store.receive("removed", event, body, received_at=now)
    assert dispatch(store, now, AT_ONCE) == 1
    assert [repo.id for repo in store.repos()] == left
    assert [due.key for due in store.due_subjects(now)] == ([REQUEST] if left else [])
    newest, asked = store.deliveries()
    assert newest.state == "ignored"
    assert (
        newest.note
        == f"the App was removed: {'0 repositories' if left else '1 repository'} forgotten"
    )
    found = store.delivery(asked.id)
    assert found is not None
    assert (found.body == b"") == (not left)
    assert b"octo" not in getattr(store.delivery(newest.id), "body", b"")
