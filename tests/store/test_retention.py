"""Payloads go after their time, and everything of a repository when the App is removed."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.blocks import Block
from bot.github.snapshots import Person, RepoRef
from bot.memory import AuditEntry, PlanMemory, RequestMemory, SubjectKey, Trigger
from bot.store import Store

SHOP, BLOG = RepoRef(7, "acme/shop", 3), RepoRef(8, "acme/blog", 3)
DAY = timedelta(days=1)
PATH = "plan_docs/search.md"


def arrive(store: Store, at: datetime, guid: str, repo: RepoRef, *names: str) -> int:
    store.receive(guid, "issues", b'{"secret plan": 1}', received_at=at)
    (found,) = store.new_deliveries()
    triggers = [Trigger(SubjectKey(repo.id, "plan", name)) for name in names]
    store.record_dispatch(found.id, triggers, due_at=at, repo=repo, actor=Person("alice", 1))
    return found.id


def body(store: Store, delivery_id: int) -> bytes:
    found = store.delivery(delivery_id)
    assert found is not None
    return found.body


def test_payloads_are_dropped_when_their_time_is_over(store: Store, now: datetime) -> None:
    old = arrive(store, now, "old", SHOP)
    waits = arrive(store, now, "waits", SHOP, PATH)
    new = arrive(store, now + DAY, "new", SHOP)
    assert store.drop_payloads(now + DAY) == 1
    assert store.drop_payloads(now + DAY) == 0
    assert [body(store, one) == b"" for one in (old, waits, new)] == [True, False, False]
    assert not store.receive("old", "issues", b'{"secret plan": 1}', received_at=now)


def fill(store: Store, now: datetime, repo: RepoRef) -> int:
    """A repository with a plan, a request, an audit row, a block, and an open delivery."""
    key = SubjectKey(repo.id, "plan", PATH)
    first = arrive(store, now, f"{repo.id}-a", repo, PATH)
    store.finish(
        key,
        [first],
        finished_at=now,
        remember=[
            PlanMemory(repo.id, PATH, "feature-plan", base_text="# x\n\n- [ ] a\n"),
            RequestMemory(repo.id, 1),
        ],
        audit=[AuditEntry(str(key), "CommitFiles", PATH, "alice ticked it")],
    )
    store.keep_block(Block(repo.id, "archived", "It is archived.", now, now))
    return arrive(store, now, f"{repo.id}-b", repo, PATH)


def everything(store: Store) -> str:
    """The rows of every table but the repository-less ones, as text."""
    with store._db.read() as connection:
        names = sa.inspect(connection).get_table_names()
        rows = [
            row for name in names for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
        ]
    return "\n".join(map(repr, rows))


def test_nothing_of_a_removed_repository_is_left(store: Store, now: datetime) -> None:
    waiting = fill(store, now, SHOP)
    kept = fill(store, now, BLOG)
    last = arrive(store, now, "removed", BLOG)
    assert store.purge(3, [7], delivery_id=last, action="removed", now=now) == [7]
    left = everything(store)
    assert "acme/shop" not in left
    assert "plan:7:" not in left
    assert store.plans(7) == []
    assert store.blocks() == [Block(8, "archived", "It is archived.", now, now)]
    assert body(store, waiting) == b""
    assert body(store, kept) != b""
    assert [row.state for row in store.deliveries() if row.repository_id == 7] == ["finished"] * 2
    assert store.counts().open == 1

    assert store.purge(3, None, delivery_id=last + 1, action="deleted", now=now) == [8]
    left = everything(store)
    assert "secret plan" not in left
    assert PATH not in left
    assert store.oldest_pending() is None


def test_a_repository_that_was_heard_of_since_stays(store: Store, now: datetime) -> None:
    removed = arrive(store, now, "removed", BLOG)
    fill(store, now, SHOP)
    assert store.purge(3, None, delivery_id=removed, action="deleted", now=now) == []
    assert store.plan(7, PATH) is not None
