"""A world whose repository says no."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.attempt import Bench, Outcome, attempt
from bot.memory import PlanMemory
from bot.plans.render import plan_text
from bot.reconcile import reconcile
from bot.rolling import BRANCH
from tests.fake_github import FakeRepository
from tests.fake_repository import FakeIssue
from tests.subjects.conftest import world
from tests.world import World

__all__ = ["world"]

PATH = "plan_docs/search.md"


@dataclass
class Plan:
    """A feature plan and its issue, and the pull requests of our branch."""

    world: World
    number: int
    path: str = PATH

    @property
    def repo(self) -> FakeRepository:
        return self.world.repo

    @property
    def file(self) -> str:
        return self.repo.text(self.path)

    @property
    def waiting(self) -> str:
        """The file as it waits in the pull request."""
        return self.repo.text(self.path, BRANCH)

    @property
    def issue(self) -> str:
        """The plan as the issue has it."""
        return self.repo.issues[self.number].body.split("-->\n\n", 1)[1]

    @property
    def memory(self) -> PlanMemory:
        found = self.world.store.plan(self.repo.id, self.path)
        assert found is not None
        return found

    @property
    def status(self) -> str:
        (comment,) = [
            one.body for one in self.repo.comments_on(self.number) if "plansync:status" in one.body
        ]
        return comment

    def same(self) -> bool:
        return self.issue.rstrip() == plan_text(self.file).rstrip()


def pulls(world: World) -> list[FakeIssue]:
    """The pull requests from our branch, oldest first."""
    return [world.repo.issues[n] for n, one in world.repo.pulls.items() if one.head == BRANCH]


@pytest.fixture
def ready(world: World) -> Plan:
    """A settled feature plan in a repository that refuses nothing yet."""
    world.request()
    made = Plan(world, world.plan_issue(PATH))
    world.new_calls()
    return made


@pytest.fixture
def plan(world: World) -> Plan:
    """A settled feature plan; from now on the default branch is protected."""
    world.request()
    made = Plan(world, world.plan_issue(PATH))
    world.repo.protected = True
    world.new_calls()
    return made


def work_now(world: World, only: str = "") -> list[Outcome]:
    """Try every subject that is due at this very time, or ``only`` a plan's."""
    bench = Bench(
        store=world.store,
        gateway=world.github,
        reconcile=reconcile,
        clock=lambda: world.github.now,
        sleep=lambda seconds: None,
        chance=lambda: 0.5,
    )
    due = world.store.due_subjects(world.github.now)
    return [attempt(each.key, bench) for each in due if only in ("", each.key.name)]


def parked(world: World) -> dict[str, str]:
    """Every parked subject and why."""
    return {str(row.key): row.reason for row in world.store.subjects(parked=True)}
