"""The real queue around the hand-stepped parts: DBOS on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import jobs
from bot.errors import Retryable
from bot.memory import OpenDelivery, SubjectKey, Trigger
from bot.settings import Settings, load_settings
from bot.slot import only_worker
from bot.store import Store

pytestmark = pytest.mark.thorough

PATIENCE = 20.0
"""Seconds that nothing here should take; a wait that long is a failure."""


@pytest.fixture
def environ_here(environ: dict[str, str], database_url: str) -> dict[str, str]:
    return environ | {"DATABASE_URL": database_url}


@pytest.fixture
def settings(environ_here: dict[str, str]) -> Settings:
    return load_settings(environ_here)


class Reconciles:
    """Stands for the reconcile. ``act`` says what one does; ends are told through a condition."""

    def __init__(self, act: Callable[[SubjectKey, Callable[[], bool]], None]) -> None:
        self.act = act
        self.ended: list[SubjectKey] = []
        self.seen: list[tuple[SubjectKey, tuple[int, ...]]] = []
        self.changed = threading.Condition()

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
        ids = tuple(delivery.id for delivery in deliveries)
        with self.changed:
            self.seen.append((key, ids))
            self.changed.notify_all()
        self.act(key, stopping)
        store.finish(key, ids, finished_at=now)
        with self.changed:
            self.ended.append(key)
            self.changed.notify_all()

    def wait_until(self, good: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(good, PATIENCE), (self.seen, self.ended)


@contextmanager
def working(settings: Settings, reconciles: Reconciles) -> Iterator[threading.Event]:
    """A worker in a thread; at the end it has stopped, without a job left."""
    stop = threading.Event()
    ended: list[bool] = []

    def run() -> None:
        ended.append(
            jobs.run_worker(
                settings, stop, gateway_factory=lambda given: None, reconcile=reconciles
            )
        )

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert ended == [True]


def plan(repository_id: int, name: str = "a.md") -> SubjectKey:
    return SubjectKey(repository_id, "plan", name)


def arrive(store: Store, *keys: SubjectKey) -> int:
    """A delivery about these subjects that is dispatched and due."""
    now = datetime.now(UTC)
    guid = os.urandom(8).hex()
    store.receive(guid, "issues", b"{}", received_at=now)
    found = next(each for each in store.new_deliveries() if each.guid == guid)
    store.record_dispatch(found.id, [Trigger(key) for key in keys], due_at=now)
    return found.id


def nothing(key: SubjectKey, stopping: Callable[[], bool]) -> None:
    """A reconcile that has nothing to do."""


def test_one_at_a_time_in_a_repository_and_side_by_side_across(
    settings: Settings, store: Store
) -> None:
    inside: dict[int, int] = {1: 0, 2: 0}
    lock = threading.Lock()
    together = threading.Barrier(2, timeout=PATIENCE)

    def act(key: SubjectKey, stopping: Callable[[], bool]) -> None:
        with lock:
            inside[key.repository_id] += 1
            assert inside[key.repository_id] == 1, "two at once in one repository"
        if key.name == "0.md":
            together.wait()
        with lock:
            inside[key.repository_id] -= 1

    keys = [plan(repository, f"{n}.md") for n in range(4) for repository in (1, 2)]
    for key in keys:
        arrive(store, key)
    reconciles = Reconciles(act)
    with working(settings, reconciles):
        reconciles.wait_until(lambda: len(reconciles.ended) == len(keys))
    assert sorted(reconciles.ended) == sorted(keys)
    assert store.subjects(parked=True) == []
    assert {row.state for row in store.deliveries()} == {"finished"}


def test_a_webhook_goes_all_the_way(settings: Settings, store: Store) -> None:
    from tests.queue.test_dispatch import REQUEST, issue_opened

    reconciles = Reconciles(nothing)
    with working(settings, reconciles):
        store.receive("g", "issues", issue_opened(), received_at=datetime.now(UTC))
        reconciles.wait_until(lambda: reconciles.ended == [REQUEST])
    assert store.deliveries()[0].state == "finished"
    assert store.oldest_pending() is None


def test_what_arrives_during_a_job_causes_another(settings: Settings, store: Store) -> None:
    key = plan(1)
    late: list[int] = []

    def act(key: SubjectKey, stopping: Callable[[], bool]) -> None:
        if not late:
            late.append(arrive(store, key))

    reconciles = Reconciles(act)
    first = arrive(store, key)
    with working(settings, reconciles):
        reconciles.wait_until(lambda: len(reconciles.ended) == 2)
    assert reconciles.seen == [(key, (first,)), (key, (late[0],))]


def test_a_failed_job_is_tried_again_and_a_bug_stops_only_its_subject(
    settings: Settings, store: Store
) -> None:
    tries: dict[str, int] = {}

    def act(key: SubjectKey, stopping: Callable[[], bool]) -> None:
        tries[key.name] = tries.get(key.name, 0) + 1
        if key.name == "bug.md":
            raise KeyError("x")
        if key.name == "flaky.md" and tries[key.name] == 1:
            raise Retryable("502")

    arrive(store, plan(1, "bug.md"), plan(1, "flaky.md"), plan(1, "good.md"))
    reconciles = Reconciles(act)
    with working(settings, reconciles):
        reconciles.wait_until(lambda: len(reconciles.ended) == 2)
    assert tries == {"bug.md": 1, "flaky.md": 2, "good.md": 1}
    assert [row.reason for row in store.subjects(parked=True)] == ["KeyError: 'x'"]


def test_stopping_during_a_reconcile_loses_nothing(settings: Settings, store: Store) -> None:
    key = plan(1)
    number = arrive(store, key)
    stopped = threading.Event()

    def act(key: SubjectKey, stopping: Callable[[], bool]) -> None:
        assert stopped.wait(PATIENCE)
        assert stopping()
        raise Retryable("the worker is stopping")

    reconciles = Reconciles(act)
    with working(settings, reconciles) as stop:
        reconciles.wait_until(lambda: len(reconciles.seen) == 1)
        stop.set()
        stopped.set()
    assert [each.id for each in store.open_deliveries(key)] == [number]
    again = Reconciles(nothing)
    with working(settings, again):
        again.wait_until(lambda: again.ended == [key])
    assert again.seen == [(key, (number,))]


def test_a_job_that_does_not_end_does_not_hold_the_worker(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "DRAIN_SECONDS", 0.1)
    arrive(store, plan(1))
    let_go = threading.Event()
    stop = threading.Event()

    def act(key: SubjectKey, stopping: Callable[[], bool]) -> None:
        assert let_go.wait(PATIENCE)

    reconciles = Reconciles(act)
    watcher = threading.Thread(
        target=lambda: (reconciles.wait_until(lambda: bool(reconciles.seen)), stop.set())
    )
    watcher.start()
    ended = jobs.run_worker(
        settings, stop, gateway_factory=lambda given: None, reconcile=reconciles
    )
    assert ended is False
    assert len(store.open_deliveries(plan(1))) == 1
    let_go.set()
    watcher.join(PATIENCE)
    reconciles.wait_until(lambda: reconciles.ended == [plan(1)])


def test_old_jobs_are_forgotten(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEEP_JOBS", timedelta(days=-1))
    monkeypatch.setattr(jobs, "HOUSEKEEPING", timedelta(0))
    forgotten: list[int] = []
    forget = jobs._Jobs.forget

    def counted(self: jobs._Jobs, before: datetime) -> int:
        gone = forget(self, before)
        with reconciles.changed:
            forgotten.append(gone)
            reconciles.changed.notify_all()
        return gone

    monkeypatch.setattr(jobs._Jobs, "forget", counted)
    reconciles = Reconciles(nothing)
    for n in range(3):
        arrive(store, plan(1, f"{n}.md"))
    with working(settings, reconciles):
        reconciles.wait_until(lambda: sum(forgotten) == 3)
    assert store.oldest_pending() is None


class Process:
    """``worker_process.py`` as a child; its lines are waited for, it is killed at the end."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.queue.worker_process"],
            env={"PATH": os.environ.get("PATH", ""), "LOG_LEVEL": "error"} | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def line(self) -> str:
        assert self.child.stdout is not None
        timer = threading.Timer(PATIENCE, self.child.kill)
        timer.start()
        try:
            return self.child.stdout.readline().strip()
        finally:
            timer.cancel()

    def say(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()


def test_a_killed_worker_resumes_at_once(environ_here: dict[str, str], store: Store) -> None:
    key = plan(1)
    arrive(store, key)
    arrive(store, plan(1, "behind.md"))
    with Process(environ_here) as first:
        began = first.line()
        assert began.startswith("begin plan:1:")
        first.child.kill()
        first.child.wait()
    assert len(store.open_deliveries(SubjectKey.parse(began.removeprefix("begin ")))) == 1
    with Process(environ_here) as second:
        assert second.line() == began
        second.say("finish")
        assert second.line() == began.replace("begin", "finished")
        second.say("finish")
        assert second.line().startswith("begin plan:1:")
        assert second.line().startswith("finished plan:1:")
    assert store.oldest_pending() is None


@pytest.mark.postgres
def test_another_worker_takes_over_the_jobs_of_a_dead_one(
    environ: dict[str, str], postgres_url: str, tmp_path: Path
) -> None:
    store = Store(postgres_url)
    store.migrate()
    arrive(store, plan(1))
    here = environ | {"DATABASE_URL": postgres_url}
    with Process(here) as dead:
        assert dead.line() == "begin plan:1:a.md"
    (dead_id,) = store.silent_workers(datetime.now(UTC) + timedelta(minutes=1))
    store.beat(dead_id, "elsewhere", 1, datetime.now(UTC) - timedelta(minutes=1))
    with Process(here | {"PLANSYNC_DATA_DIR": str(tmp_path / "elsewhere")}) as other:
        assert other.line() == "begin plan:1:a.md"
        other.say("finish")
        assert other.line() == "finished plan:1:a.md"
    assert dead_id not in store.silent_workers(datetime.now(UTC) + timedelta(minutes=1))
    store.close()


@pytest.mark.postgres
def test_two_workers_share_one_postgres(
    environ: dict[str, str], postgres_url: str, tmp_path: Path
) -> None:
    store = Store(postgres_url)
    store.migrate()
    here = environ | {"DATABASE_URL": postgres_url}
    with Process(here) as one, Process(here) as two:
        for child in (one, two):
            child.say("finish\n" * 20)
        keys = [plan(repository) for repository in range(1, 9)]
        for key in keys:
            arrive(store, key)
        deadline = datetime.now(UTC) + timedelta(seconds=PATIENCE)
        while store.oldest_pending() is not None:
            assert datetime.now(UTC) < deadline
        for child in (one, two):
            child.child.terminate()
        lines = [
            line
            for child in (one, two)
            for line in (child.child.communicate()[0] or "").splitlines()
        ]
    assert sorted(lines) == sorted(
        f"{word} {key}" for key in keys for word in ("begin", "finished")
    )
    store.close()


def test_a_second_worker_on_sqlite_says_who_holds_it(
    environ: dict[str, str], tmp_path: Path
) -> None:
    database = tmp_path / "p.sqlite3"
    with only_worker(database):
        second = subprocess.run(
            [sys.executable, "-m", "bot.cli", "worker"],
            env={"PATH": os.environ.get("PATH", "")}
            | environ
            | {"DATABASE_URL": f"sqlite:///{database}"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert second.returncode == 2
    assert f"process {os.getpid()} on" in second.stderr
    assert "PostgreSQL" in second.stderr
    assert "Traceback" not in second.stderr
