"""A plan that nothing was heard of for a day is compared, at a bounded pace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, SubjectKey
from bot.sweeps import DRIFT_ALL, DRIFT_EACH, EVERY, sweep, sweep_drift
from tests.world import World

PATH = "plan_docs/search.md"
DAY = timedelta(days=1)


@pytest.fixture
def ready(world: World) -> int:
    world.request()
    world.new_calls()
    return world.plan_issue(PATH)


def drift(world: World) -> int:
    return sweep_drift(world.store, world.github.now + world.waited)


def test_a_change_that_no_list_holds_is_found_after_a_day(world: World, ready: int) -> None:
    with world.github.silence():
        world.alice.tick(ready, "Backend/API changes")
    assert drift(world) == 0
    world.github.now += DAY
    assert drift(world) == 1
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
    (row,) = [row for row in world.store.deliveries() if row.event == "plansync.compare"]
    assert (row.action, row.state, row.actor_login) == ("drift", "finished", "plansync")
    assert row.subjects == (f"plan:1:{PATH}",)
    assert "Co-authored-by" not in world.repo.git.commits[world.repo.git.branches["main"]].message


def test_a_plan_that_agrees_costs_two_requests_a_day(world: World, ready: int) -> None:
    for _ in range(3):
        world.github.now += DAY + timedelta(hours=3)
        for _ in range(4):
            drift(world)
            world.settle()
            world.github.now += EVERY
        assert world.new_calls() == ["file", "issue"]


def test_an_echo_is_no_comparison(world: World, ready: int) -> None:
    world.alice.tick(ready, "Backend/API changes")
    world.send()
    world.work()
    echoes = world.github.take_deliveries()
    world.new_calls()
    world.github.now += DAY
    world.send(echoes)
    world.settle()
    assert world.new_calls() == []
    assert drift(world) == 1


def test_a_wish_that_is_still_open_is_not_stored_again(world: World, ready: int) -> None:
    world.github.now += DAY
    assert drift(world) == 1
    assert drift(world) == 0
    world.send()
    assert drift(world) == 0


def test_an_open_wish_is_finished_only_by_a_reconcile_that_listed_it(
    world: World, ready: int
) -> None:
    """The sweep stores the wish while the plan is being reconciled: another reconcile follows."""
    world.github.now += DAY
    world.alice.tick(ready, "Backend/API changes")
    world.send()
    reader = world.github.reader
    asked = iter([lambda: drift(world)])

    def asking(ref: RepoRef):  # type: ignore[no-untyped-def]
        made = reader(ref)
        file = made.file

        def read_file(*args, **kwargs):  # type: ignore[no-untyped-def]
            for act in asked:
                assert act() == 1
                world.send([])
            return file(*args, **kwargs)

        made.file = read_file
        return made

    world.github.reader = asking  # type: ignore[method-assign]
    world.work()
    key = SubjectKey(1, "plan", PATH)
    assert [one.event for one in world.store.open_deliveries(key)] == ["plansync.compare"]
    world.settle()
    assert world.store.open_deliveries(key) == []


def test_a_wish_does_not_release_a_parked_plan(world: World, ready: int) -> None:
    key = SubjectKey(1, "plan", PATH)
    world.github.now += DAY
    drift(world)
    world.store.park(key, "a bug", now=world.github.now)
    world.send()
    assert world.work() == []
    subject = world.store.subject(key)
    assert subject is not None
    assert subject.parked_at is not None


def test_many_plans_are_spread_over_rounds(world: World) -> None:
    store, now = world.store, world.github.now
    for repository_id in range(1, 14):
        store.keep_repo(RepoRef(repository_id, f"acme/r{repository_id}", 800 + repository_id))
        store.remember([PlanMemory(repository_id, f"{n}.md", "feature-plan") for n in range(30)])
    first = sweep_drift(store, now)
    assert first == DRIFT_ALL
    for delivery in store.new_deliveries(1000):
        store.record_failure(delivery.id, "not worked off here")
    asked = [store.stale_plans(now, each=DRIFT_EACH, limit=1000)]
    counts: dict[int, int] = {}
    for plan in asked[0]:
        counts[plan.repo.installation_id] = counts.get(plan.repo.installation_id, 0) + 1
    assert set(counts.values()) == {DRIFT_EACH}


def test_the_timer_does_both_sweeps(world: World, ready: int) -> None:
    with world.github.silence():
        world.alice.tick(ready, "Backend/API changes")
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules of"))
    world.github.take_deliveries()
    world.github.now += DAY + timedelta(hours=3)
    sweep(world.store, world.github, world.github.now)
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
    assert "- [x] Rules of the" in world.repo.issues[ready].body
