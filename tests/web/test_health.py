"""``/healthz``, ``/readyz``, ``/metrics`` and the front page."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from bot.memory import SubjectKey, Trigger
from bot.settings import Settings
from bot.store import Store
from webhooks.app import create_app
from webhooks.health import exposition, readiness


def test_ready_with_a_good_database_and_key(
    settings: Settings, store: Store, now: datetime
) -> None:
    client = create_app(settings, store).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    found = answer.get_json()
    assert set(found["checks"].values()) == {"ok"}
    assert found["oldest_pending_seconds"] is None
    assert client.get("/healthz").data == b"ok\n"


def test_the_age_of_what_waits_is_told(settings: Settings, store: Store, now: datetime) -> None:
    store.receive("g", "ping", b"{}", received_at=now - timedelta(seconds=90))
    store.beat("w", "host", 1, now - timedelta(seconds=5))
    ready, found = readiness(settings, store, now)
    assert ready
    assert (found["oldest_pending_seconds"], found["worker_seen_seconds"]) == (90, 5)


def test_not_ready_without_tables(settings: Settings, database_url: str) -> None:
    empty = Store(database_url, busy_seconds=0.1)
    answer = create_app(settings, empty).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["migrations current"] == "the tables are out of date"
    empty.close()


def test_not_ready_while_another_writer_holds_the_database(
    settings: Settings, sqlite_url: str, store: Store
) -> None:
    impatient = Store(sqlite_url, busy_seconds=0.05)
    blocker = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    client = create_app(settings, impatient).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "locked" in answer.get_json()["checks"]["database writable"]
    blocker.execute("ROLLBACK")
    assert client.get("/readyz").status_code == 200
    blocker.close()
    impatient.close()


def test_the_numbers_for_prometheus(store: Store, now: datetime) -> None:
    store.receive("g", "ping", b"{}", received_at=now - timedelta(seconds=3))
    lines = exposition(store, now).splitlines()
    assert "plansync_deliveries_new 1" in lines
    assert "plansync_oldest_pending_seconds 3.0" in lines
    assert "plansync_worker_up 0" in lines
    (delivery,) = store.new_deliveries()
    key = SubjectKey(1, "plan", "p.md")
    store.record_dispatch(delivery.id, [Trigger(key)], due_at=now)
    store.park(key, "a bug", now=now)
    store.beat("w", "host", 1, now)
    lines = exposition(store, now).splitlines()
    assert "plansync_subjects_parked 1" in lines
    assert "plansync_worker_up 1" in lines


@pytest.mark.parametrize("path", ["/", "/readyz", "/metrics", "/healthz", "/nowhere"])
def test_pages_load_nothing_from_elsewhere(settings: Settings, store: Store, path: str) -> None:
    store.beat("w", "host", 1, datetime.now(UTC))
    answer = create_app(settings, store).test_client().get(path)
    assert answer.status_code == (404 if path == "/nowhere" else 200)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
