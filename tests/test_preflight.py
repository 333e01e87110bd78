"""When the App is installed on repositories: one look at each, told only where needed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from bot.config import FORMATS_BY_LABEL
from bot.dispatch import dispatch
from bot.preflight import A_ROUND, AGAIN, preflight
from bot.store import Store
from tests.fake_github import FakeGitHub

LABELS = list(FORMATS_BY_LABEL)


@pytest.fixture
def github(store: Store, now: datetime) -> FakeGitHub:
    """Two repositories that the App was just installed on; one of them has no label."""
    made = FakeGitHub(now=now)
    made.repository("acme/shop").labels["plan:feature"] = "5319e7"
    made.repository("acme/lab")
    install(store, made, now)
    return made


def install(store: Store, github: FakeGitHub, now: datetime, action: str = "created") -> None:
    named = [{"id": r.id, "full_name": r.full_name} for r in github.repositories.values()]
    payload = {
        "action": action,
        "installation": {"id": github.installation_id},
        "repositories_added" if action == "added" else "repositories": named,
        "sender": {"login": "olivia", "id": 5, "type": "User"},
    }
    event = "installation_repositories" if action == "added" else "installation"
    guid = f"{action}-{now.isoformat()}"
    store.receive(guid, event, json.dumps(payload).encode(), received_at=now)
    dispatch(store, now, timedelta(0))


def test_only_what_needs_somebody_is_told(store: Store, github: FakeGitHub, now: datetime) -> None:
    assert preflight(store, github, LABELS, now) == 2
    (finding,) = store.findings()
    assert finding.repo.full_name == "acme/lab"
    assert "no label" in finding.found
    assert "plansync sync acme/lab --labels" in finding.fix
    assert not [name for name in github.calls if name.startswith(("create", "edit", "put"))]


def test_each_is_looked_at_once_and_again_only_where_needed(
    store: Store, github: FakeGitHub, now: datetime
) -> None:
    preflight(store, github, LABELS, now)
    assert preflight(store, github, LABELS, now + AGAIN - timedelta(seconds=1)) == 0
    lab = next(r for r in github.repositories.values() if r.full_name == "acme/lab")
    lab.labels["plan:spec"] = "5319e7"
    assert preflight(store, github, LABELS, now + AGAIN) == 1
    assert store.findings() == []
    assert preflight(store, github, LABELS, now + 100 * AGAIN) == 0


def test_a_repository_that_is_added_later_is_looked_at(
    store: Store, github: FakeGitHub, now: datetime
) -> None:
    preflight(store, github, LABELS, now)
    github.repository("acme/new")
    later = now + timedelta(minutes=1)
    install(store, github, later, "added")
    assert preflight(store, github, LABELS, later) == 3
    assert {one.repo.full_name for one in store.findings()} == {"acme/lab", "acme/new"}


def test_other_events_cause_no_look(store: Store, github: FakeGitHub, now: datetime) -> None:
    preflight(store, github, LABELS, now)
    install(store, github, now + timedelta(minutes=1), "unsuspend")
    assert preflight(store, github, LABELS, now + timedelta(minutes=2)) == 0


def test_a_round_is_bounded_and_can_be_stopped(
    store: Store, github: FakeGitHub, now: datetime
) -> None:
    for number in range(A_ROUND):
        github.repository(f"acme/more{number}")
    later = now + timedelta(minutes=1)
    install(store, github, later, "added")
    assert preflight(store, github, LABELS, later, lambda: True) == 0
    assert preflight(store, github, LABELS, later) == A_ROUND
    assert preflight(store, github, LABELS, later) == 2


def test_what_the_app_is_removed_from_is_not_told_any_more(
    store: Store, github: FakeGitHub, now: datetime
) -> None:
    preflight(store, github, LABELS, now)
    store.purge(github.installation_id, None, delivery_id=99, action="deleted", now=now)
    assert store.findings() == []
