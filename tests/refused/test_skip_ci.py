"""``skip_ci``: a commit that carries ticks over starts no CI, and one in a pull request does."""

from __future__ import annotations

from functools import partial

import pytest

from bot.attempt import Bench, attempt
from bot.config import RepoConfig
from bot.reconcile import reconcile
from bot.rolling import BRANCH
from tests.refused.conftest import PATH, Plan
from tests.world import World


def settle(world: World, config: RepoConfig) -> None:
    bench = Bench(
        store=world.store,
        gateway=world.github,
        reconcile=partial(reconcile, config=config),
        clock=lambda: world.github.now + world.waited,
    )
    for _ in range(4):
        world.send()
        for due in world.store.due_subjects(bench.clock()):
            assert attempt(due.key, bench).kind in ("done", "idle")


def message(world: World, branch: str = "main") -> str:
    return world.repo.git.commits[world.repo.git.branches[branch]].message


@pytest.mark.parametrize("skip_ci", [False, True])
def test_ticks_start_no_ci_where_it_is_so_chosen(ready: Plan, skip_ci: bool) -> None:
    world = ready.world
    world.alice.tick(ready.number, "Backend/API changes")
    settle(world, RepoConfig(skip_ci=skip_ci))
    title = message(world).split("\n")[0]
    assert title == "Tick “Backend/API changes”" + (" [skip ci]" if skip_ci else "")
    assert "Co-authored-by: alice" in message(world)


def test_a_new_plan_is_a_persons_wish_and_starts_it(world: World) -> None:
    world.alice.open_issue("Search", "", ("plan:feature",))
    settle(world, RepoConfig(skip_ci=True))
    assert PATH in world.repo.paths()
    assert "[skip ci]" not in message(world)


def test_in_a_pull_request_the_checks_run(plan: Plan) -> None:
    """A pull request whose checks never start can never be merged."""
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    settle(world, RepoConfig(skip_ci=True))
    assert "- [x] Backend" in plan.waiting
    assert "[skip ci]" not in message(world, BRANCH)
