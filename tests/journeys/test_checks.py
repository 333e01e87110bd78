"""Check runs with real processes: broken, mended, run again, and a wrong configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import CONFIG_PATH
from bot.demo import STEPS, Scene, running
from bot.emulator.stage import Stage
from tests.journeys import kills

PATH = "plan_docs/search.md"


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    """A feature plan that was requested, all quiet."""
    with running(stage, tmp_path, "serve", settle_seconds=0):
        made = Scene(stage, print, stage.person("alice"), stage.person("bob"))
        STEPS[0](made)
        kills.await_quiet(stage, 1.0)
        yield made


def awaited(scene: Scene, commit: str, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The newest check run of a commit once it is as wanted; raises NotSeen after a while."""

    def look() -> dict[str, Any] | None:
        runs = scene.call(f"/commits/{commit}/check-runs")["check_runs"]
        return runs[0] if runs and found(runs[0]) else None

    run: dict[str, Any] = scene.wait("a check run", look)
    return run


def ended(conclusion: str) -> Callable[[dict[str, Any]], bool]:
    return lambda run: (run["status"], run["conclusion"]) == ("completed", conclusion)


def _ended(run: dict[str, Any]) -> str:
    return str(run["completed_at"]) if run["status"] == "completed" else ""


def test_from_red_to_green_and_once_more(scene: Scene) -> None:
    bob, issue = scene.bob, int(scene.seen["feature"])
    bob.create_branch("work")
    bob.push_file("src/a.py", "a\n", branch="work")
    number = bob.open_pull("work", "Work", f"Plan: #{issue}\nTask: 99")
    head = str(scene.call("/git/ref/heads/work")["object"]["sha"])
    red = awaited(scene, head, ended("failure"))
    assert "no task `99`" in red["output"]["summary"]
    bob.edit_pull(number, body=f"Plan: #{issue}\nTask: 2.1")
    green = awaited(scene, head, ended("success"))
    scene.stage.emulator.api("bob").call(
        "POST", f"/repos/acme/shop/check-runs/{green['id']}/rerequest"
    )
    # The same outcome ends the run that waits, in place of a second one.
    ended_later = awaited(scene, head, lambda run: _ended(run) > green["completed_at"])
    assert (ended_later["id"], ended_later["conclusion"]) == (green["id"], "success")
    wrong = bob.push_file(CONFIG_PATH, "labelz: 1\n")
    told = awaited(scene, wrong, ended("failure"))
    assert "Did you mean `labels`?" in told["output"]["summary"]
    kills.await_quiet(scene.stage, 1.0)
    assert len(scene.call(f"/commits/{head}/check-runs?filter=all")["check_runs"]) == 2
