"""A repository in which somebody works on pull requests that are checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.fake_github import FakeCheck
from tests.world import World

PATH = "plan_docs/search.md"
STORY = Path("tests/plans/docs/user-stories/2025-03-11-return-without-printer.md")
BROKEN = "\n## Regression Impact Log\n\n- Checkout — slower\n"


@dataclass
class Desk:
    """A repository with a settled plan, and a branch to work on."""

    world: World

    def pull(self, body: str = "", *, branch: str = "work", **files: str) -> int:
        """Bob opens a pull request with these files (``__`` is a slash), settled."""
        bob = self.world.bob
        bob.create_branch(branch)
        given = {name.replace("__", "/"): text for name, text in files.items()}
        bob.push_files(dict(given or {"src/search.py": "pass\n"}), "Work", branch)
        number = bob.open_pull(branch, "Work", body)
        self.world.settle()
        return number

    def push(self, path: str, text: str, branch: str = "work") -> None:
        self.world.bob.push_file(path, text, branch=branch)
        self.world.settle()

    @property
    def checks(self) -> list[FakeCheck]:
        return list(self.world.repo.checks.values())

    @property
    def check(self) -> FakeCheck:
        return self.checks[-1]

    @property
    def plan(self) -> str:
        return self.world.repo.text(PATH)

    def again(self) -> list[str]:
        """Everything is worked off once more, three times; the writes that led to."""
        return work_again(self.world)


def work_again(world: World) -> list[str]:
    """Everything that ever came, three times, as if it were new; the writes that led to."""
    came = list(world.github.deliveries)
    world.github.calls.clear()
    for turn in range(3):
        world.send([replace(one, guid=f"{one.guid}-{turn}") for one in came])
        world.settle()
    return world.github.writes


def story(world: World) -> str:
    """A user story that is a settled plan of the repository; gives its path."""
    path = "docs/user-stories/2025-03-11-return.md"
    world.bob.push_file(path, STORY.read_text(encoding="utf-8"))
    world.settle()
    return path


def row_of(text: str) -> str:
    """The second row of a story's Implementation Plan."""
    rows = text.partition("\n## Implementation Plan")[2].split("\n")
    return next(line for line in rows if line.startswith("| 2 "))
