"""A plan of a few boxes and its issue, settled, for what happens to them between two writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.plans.render import issue_plan_text, plan_text
from tests.databases import sqlite_store
from tests.fake_github import Crash
from tests.world import World

PATH = "docs/user-stories/search.md"
PLAN = """\
# User Story: Search

## Requirements
- [ ] list
- [x] sort
- [ ] find
- [ ] show

Some words.
"""


@dataclass
class Pair:
    """A plan file and its issue."""

    world: World
    issue: int

    @property
    def file(self) -> str:
        return self.world.repo.text(PATH)

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    @property
    def told(self) -> str:
        """Everything said on the issue but the status."""
        said = [comment.body for comment in self.world.repo.comments_on(self.issue)]
        return "\n".join(body for body in said if "plansync:status" not in body)

    def push(self, old: str, new: str) -> None:
        """Bob changes the file."""
        assert old in self.file
        self.world.bob.edit_file(PATH, lambda text: text.replace(old, new))

    def reword(self, old: str, new: str) -> None:
        """Alice changes the issue."""
        assert old in self.body
        self.world.alice.change_body(self.issue, lambda body: body.replace(old, new))

    def work(self) -> None:
        """plansync works off what was sent, once, and may die of it."""
        self.world.send()
        with suppress(Crash):
            self.world.work()

    def settle(self) -> None:
        """Everything arrives and is worked off; then both sides are equal and stay as they are."""
        self.world.settle()
        assert plan_text(self.file).rstrip() == issue_plan_text(self.body).rstrip()
        written = len(self.world.github.writes)
        self.world.settle()
        assert self.world.github.writes[written:] == []


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    store = sqlite_store(tmp_path / "plansync.sqlite3")
    world = World(store)
    world.bob.push_file(PATH, PLAN)
    world.settle()
    yield Pair(world, world.plan_issue(PATH))
    store.close()
