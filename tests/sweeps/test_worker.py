"""The real worker sweeps by itself: it begins with what was missed while it was down."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bot import jobs
from bot.settings import Settings
from bot.store import Store
from tests.world import World

pytestmark = pytest.mark.thorough

PATH = "plan_docs/search.md"
PATIENCE = 20.0


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    store = Store(settings.database_url)
    store.migrate()
    yield World(store)
    store.close()


def test_a_tick_that_was_missed_while_the_worker_was_down_is_carried_over(
    world: World, settings: Settings
) -> None:
    world.request()
    issue = world.plan_issue(PATH)
    world.alice.tick(issue, "Backend/API changes")
    (missed,) = world.github.take_deliveries()
    world.github.answers[missed.guid] = 502
    written = threading.Event()
    world.github.interrupt(written.set, calls="edit_comment", after=True)
    stop = threading.Event()
    ended: list[bool] = []

    def run() -> None:
        ended.append(jobs.run_worker(settings, stop, gateway_factory=lambda given: world.github))

    worker = threading.Thread(target=run)
    worker.start()
    try:
        assert written.wait(PATIENCE)
    finally:
        stop.set()
        worker.join(PATIENCE)
    assert ended == [True]
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
    assert missed.guid in {row.guid for row in world.store.deliveries()}
    assert "sweeps" not in {thread.name for thread in threading.enumerate()}


def test_a_sweep_that_fails_does_not_stop_the_worker(world: World, settings: Settings) -> None:
    """A bug in a sweep is logged; what is in the inbox is worked off all the same."""
    world.request()
    issue = world.plan_issue(PATH)
    swept = threading.Event()

    def fail() -> None:
        swept.set()
        raise ValueError("a bug")

    world.github.interrupt(fail, calls="deliveries")
    world.alice.tick(issue, "Backend/API changes")
    world.send()
    written = threading.Event()
    world.github.interrupt(written.set, calls="edit_comment", after=True)
    stop = threading.Event()
    worker = threading.Thread(
        target=jobs.run_worker,
        args=(settings, stop),
        kwargs={"gateway_factory": lambda given: world.github},
    )
    worker.start()
    try:
        assert swept.wait(PATIENCE)
        assert written.wait(PATIENCE)
    finally:
        stop.set()
        worker.join(PATIENCE)
    assert not worker.is_alive()
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
