"""What is remembered of plans, requests and pull requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from bot.memory import PlanMemory, PullMemory, RequestMemory, SubjectKey
from bot.store import Store
from bot.subjects import Known

PULL = PullMemory(number=41, state="open", url="u", tasks=("S-1/T-2", "3"), devloop="d", digest="x")
PLAN = PlanMemory(
    repository_id=7,
    path="plan_docs/ü.md",
    format="feature-plan",
    issue_number=12,
    request_number=11,
    base_text="# Plan\r\n\x00\ufeff- [ ] ünïcode 🎉\n",
    base_blob="abc",
    body_sha="def",
    title="Search",
    seen_commits=("1", "2"),
    comment_id=2**40,
    comment_sha="c",
    facts=("41:merged:2,3",),
    pulls=(PULL,),
    told=("x",),
)
REQUEST = RequestMemory(7, 11, state="done", path="plan_docs/ü.md", issue_number=12)


def test_a_plan_comes_back_as_it_was(store: Store) -> None:
    store.remember([PLAN, REQUEST])
    assert store.plan(7, PLAN.path) == PLAN
    assert store.plan_of_issue(7, 12) == PLAN
    assert store.request(7, 11) == REQUEST
    assert store.plan(8, PLAN.path) is None
    assert store.plan_of_issue(7, 13) is None
    assert store.request(7, 12) is None


def test_the_newest_memory_replaces_the_former(store: Store) -> None:
    store.remember([PLAN])
    newer = replace(PLAN, issue_number=13, pulls=(replace(PULL, number=42),))
    store.remember([newer, replace(REQUEST, state="open")])
    assert store.plans() == [newer]
    assert store.plan_of_issue(7, 12) is None
    assert store.plan_paths_of_pull(7, 41) == []
    assert store.plan_paths_of_pull(7, 42) == [PLAN.path]


def test_what_the_subjects_may_ask(store: Store) -> None:
    other = PlanMemory(7, "a.md", "user-story", pulls=(PULL, replace(PULL, state="merged")))
    elsewhere = replace(PLAN, repository_id=8)
    store.remember([PLAN, other, elsewhere])
    known: Known = store
    assert known.plan_path_of_issue(7, 12) == PLAN.path
    assert known.plan_path_of_issue(7, 99) is None
    assert known.plan_paths(7) == ["a.md", PLAN.path]
    assert known.plan_paths_of_pull(7, 41) == ["a.md", PLAN.path]
    assert store.plans(8) == [elsewhere]


def test_an_active_plan_is_preferred_for_an_issue(store: Store) -> None:
    gone = replace(PLAN, path="a.md", state="gone")
    store.remember([gone, PLAN])
    assert store.plan_of_issue(7, 12) == PLAN


def test_finishing_remembers_in_the_same_transaction(store: Store, now: datetime) -> None:
    store.receive("g", "push", b"{}", received_at=now)
    broken = replace(PLAN, path=None)  # type: ignore[arg-type]
    key = SubjectKey(7, "plan", PLAN.path)
    with pytest.raises(IntegrityError):
        store.finish(key, [1], finished_at=now, remember=[PLAN, broken])
    assert store.plans() == []
    store.finish(key, [1], finished_at=now, remember=[PLAN, REQUEST])
    assert store.plans() == [PLAN]
    assert store.request(7, 11) == REQUEST


def test_memory_of_an_older_version_is_read(store: Store) -> None:
    import sqlalchemy as sa

    from bot.store.tables import plans

    store.remember([PLAN])
    with store._db.write() as connection:
        stored = {"repository_id": 7, "path": PLAN.path, "format": "f", "no_longer": 1}
        connection.execute(sa.update(plans).values(memory=stored))
    assert store.plan(7, PLAN.path) == PlanMemory(7, PLAN.path, "f")
