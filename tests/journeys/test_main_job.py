"""The main job with real processes: web, worker, database, signed webhooks, a stateful GitHub."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.demo import STEPS, Scene, running
from bot.emulator.stage import Stage
from bot.plans.document import parse_document
from tests.journeys import kills

QUIET_SECONDS = 2.5
"""Longer than the settle window and a reconcile together."""


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
    )


def test_the_demo_sees_every_step_happen() -> None:
    done = demo("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"All {len(STEPS)} steps were seen to happen" in done.stdout


def test_the_demo_says_what_did_not_happen() -> None:
    done = demo("--once", "--without-worker")
    assert done.returncode == 1
    assert "FAILED: a comment on #1 that links file and issue was not seen" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_killed_processes_lose_and_double_nothing() -> None:
    killed, _, problems = kills.play(kills=4, seed=7)
    assert killed == 4
    assert problems == []


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    """A feature plan that was requested, all quiet, with a settle window of a second."""
    with running(stage, tmp_path, "serve", settle_seconds=1):
        made = Scene(stage, print, stage.person("alice"), stage.person("bob"))
        STEPS[0](made)
        kills.await_quiet(stage, QUIET_SECONDS)
        yield made


def test_requests_are_counted(scene: Scene) -> None:
    front, number = scene.stage.front, int(scene.seen["feature"])
    tasks = [task.text for task in parse_document(scene.body(number)).tasks]
    path = "plan_docs/search.md"

    def commits() -> int:
        return len(scene.call(f"/commits?path={path}&per_page=100"))

    def cost(act: Callable[[], object]) -> int:
        """Requests of plansync until all is quiet, echoes of its own writes included."""
        before = len(front.records)
        act()
        kills.await_quiet(scene.stage, QUIET_SECONDS)
        return front.count(since=before)

    assert cost(lambda: scene.alice.tick(number, tasks[0])) == 4
    before = commits()
    assert cost(lambda: [scene.alice.tick(number, text) for text in tasks[1:11]]) == 4
    assert commits() == before + 1
    text = scene.bob.read_file(path)
    assert cost(lambda: scene.bob.push_file(path, text, "Change nothing")) <= 2
    known = scene.stage.relay.sent[-1].webhook.guid
    assert cost(lambda: scene.stage.relay.redeliver(known)) == 0
