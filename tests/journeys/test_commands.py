"""Commands in comments, with real processes and signed webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo import STEPS, Scene, running
from bot.emulator.stage import Stage
from tests.journeys import kills

PATH = "plan_docs/search.md"
QUIET_SECONDS = 2.5


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    """A feature plan that was requested, all quiet, with a settle window of a second."""
    with running(stage, tmp_path, "serve", settle_seconds=1):
        made = Scene(stage, print, stage.person("alice"), stage.person("bob"))
        STEPS[0](made)
        kills.await_quiet(stage, QUIET_SECONDS)
        yield made


def told(scene: Scene, number: int, comment: int) -> list[str]:
    marker = f'<!-- plansync:told comment="{comment}" '
    return [body for body in scene.comments(number) if body.startswith(marker)]


def test_commands_on_the_issue_and_on_a_pull_request(scene: Scene) -> None:
    number = int(scene.seen["feature"])
    scene.alice.comment(number, "/plan done 2.1\n\nIt is on staging.")
    scene.wait("a ticked box", lambda: "- [x] Backend/API" in scene.bob.read_file(PATH))
    scene.wait("the issue follows", lambda: "- [x] Backend/API" in scene.body(number))

    wrong = scene.alice.comment(number, "/plan dnoe 2.1")
    (answer,) = scene.wait("an answer", lambda: told(scene, number, wrong))
    assert "/plan done T" in answer

    scene.bob.create_branch("work")
    scene.bob.push_file("src/rules.py", "RULES = ()\n", "Rules", "work")
    pull = scene.bob.open_pull("work", "Rules", f"Plan: #{number}\nTask: 2.2\n")
    kills.await_quiet(scene.stage, QUIET_SECONDS)
    scene.bob.comment(pull, "/plan na 2.3 no data is kept")
    line = "Data model and its migrations — N/A: no data is kept"
    scene.wait("a settled box", lambda: line in scene.bob.read_file(PATH))
    kills.await_quiet(scene.stage, QUIET_SECONDS)

    asked = scene.alice.comment(number, "Let me see.")
    scene.alice.edit_comment(asked, "/plan status")
    (standing,) = scene.wait("where it stands", lambda: told(scene, number, asked))
    assert "2 of 30 tasks done" in standing
    kills.await_quiet(scene.stage, QUIET_SECONDS)
    assert len(told(scene, number, asked)) == len(told(scene, number, wrong)) == 1
