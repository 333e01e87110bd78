"""How many requests to GitHub each situation costs, counted on the tests' fake GitHub.

``python -m benchmarks.api_calls`` prints the table and ends with 1 when a limit is exceeded;
tests/test_budget.py asserts the same. Requests for tokens are not counted: they are kept for an
hour. Limits that GitHub sets: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from bot.config import CONFIG_PATH
from bot.store import Store
from bot.sweeps import DRIFT_AGE, sweep_drift
from tests.world import World

PATH = "plan_docs/search.md"
# What one call of a writer is in HTTP: a commit of several files is read, tree, commit, reference.
REQUESTS = {"commit_files": 4}
MANY = 100
FEATURE = "plans/general/shop/EPIC-1/features/001-search"
IMPLEMENTATION = f"{FEATURE}/impl-plan.md"


@dataclass(frozen=True, slots=True)
class Cost:
    """A situation: the webhooks that came, the requests they led to, and how many they may."""

    situation: str
    deliveries: int
    requests: int
    limit: int
    calls: tuple[str, ...]

    @property
    def within(self) -> bool:
        return self.requests <= self.limit


@dataclass(frozen=True, slots=True)
class Situation:
    """``act`` is what happens; what GitHub then sends is worked off until nothing is left."""

    name: str
    limit: int
    act: Callable[[World, int], None]


def with_tasks(text: str, tasks: int = 60) -> str:
    """A plan with that many more open tasks in two parts."""
    parts = [
        f"## Part {n}\n\n"
        + "".join(f"- [ ] Task number {i} of part {n}\n" for i in range(tasks // 2))
        for n in (1, 2)
    ]
    return text.rstrip() + "\n\n" + "\n".join(parts)


def tick(world: World, issue: int) -> None:
    world.alice.tick(issue, "Task number 3 of part 1")


def burst(world: World, issue: int) -> None:
    """Fifty boxes, two people, within one settle window."""
    for n in range(25):
        world.alice.tick(issue, f"Task number {n} of part 1")
        world.bob.tick(issue, f"Task number {n} of part 2")


def echo(world: World, issue: int) -> None:
    """What comes back of a tick that was carried over: the push, the comment."""
    tick(world, issue)
    world.send()
    world.work()
    world.new_calls()


def redelivery(world: World, issue: int) -> None:
    """Everything that ever came, once more."""
    tick(world, issue)
    world.settle()
    world.new_calls()
    world.send(list(world.github.deliveries))


def nothing_in_the_issue(world: World, issue: int) -> None:
    body = world.repo.issues[issue].body
    world.alice.edit_issue(issue, body=body + "\n- x")
    world.alice.edit_issue(issue, body=body)


def nothing_in_the_file(world: World, issue: int) -> None:
    text = world.repo.text(PATH)
    world.bob.push_file(PATH, text + "x")
    world.bob.push_file(PATH, text)


def push(world: World, issue: int) -> None:
    world.bob.edit_file(
        PATH, lambda text: text.replace("- [ ] Task number 3", "- [x] New number 3")
    )


def push_of_many(world: World, issue: int) -> None:
    """A hundred plans are there and settled; then one push changes each of them."""
    text = world.repo.text(PATH)
    plans = {f"plan_docs/plan-{n}.md": text.replace("Search", f"Plan {n}") for n in range(MANY)}
    world.bob.push_files(dict(plans), "Plans")
    world.settle()
    world.new_calls()
    ticked = {path: text.replace("- [ ] Task", "- [x] Task", 1) for path, text in plans.items()}
    world.bob.push_files(dict(ticked), "Tick each")


def push_of_other_files(world: World, issue: int) -> None:
    world.bob.push_file("src/search.py", "pass\n")


def other_issue(world: World, issue: int) -> None:
    number = world.alice.open_issue("A question", "How?")
    world.bob.comment(number, "So.")


def other_pull(world: World, issue: int) -> None:
    world.bob.create_branch("work")
    world.bob.push_file("src/search.py", "pass\n", branch="work")
    world.bob.open_pull("work", "Work", "Just work.")


def named_pull(world: World, issue: int) -> None:
    """A pull request that names a plan and a task: its check, and its place in the plan."""
    world.bob.create_branch("work")
    world.bob.push_file("src/search.py", "pass\n", branch="work")
    world.bob.open_pull("work", "Work", f"Plan: #{issue}\nTask: 2.1")


def rerun(world: World, issue: int) -> None:
    named_pull(world, issue)
    world.settle()
    world.new_calls()
    world.repo.rerun_check("bob", next(iter(world.repo.checks.values())))


def pushed_config(world: World, issue: int) -> None:
    world.bob.push_file(CONFIG_PATH, "brake: 0.5\n")


def drift(world: World, issue: int) -> None:
    world.github.now += DRIFT_AGE + timedelta(hours=3) + world.waited
    assert sweep_drift(world.store, world.github.now) == 1
    world.send([])


def protected(world: World, issue: int) -> None:
    world.repo.protected = True
    tick(world, issue)


def protected_again(world: World, issue: int) -> None:
    protected(world, issue)
    world.settle()
    world.new_calls()
    world.alice.tick(issue, "Task number 4 of part 1")


def command(world: World, issue: int) -> None:
    world.alice.comment(issue, '/plan done "Task number 3 of part 1"')


def question(world: World, issue: int) -> None:
    world.alice.comment(issue, "/plan status")


def request(world: World, issue: int) -> None:
    world.alice.open_issue("Basket", "", ("plan:feature",))


def implementation(world: World) -> int:
    """An implementation plan with its tasks and checklists, settled; the number of its issue."""
    files = {
        IMPLEMENTATION: "# Implementation Plan: Search\n\n## Technical Context\n\nText.\n",
        f"{FEATURE}/tasks.md": "# Tasks: Search\n\n- [ ] T001 Begin\n- [ ] T002 End\n",
        f"{FEATURE}/checklists/requirements.md": "# Requirements\n\n- [ ] One\n- [ ] Two\n",
        f"{FEATURE}/checklists/PlanQualityGate.md": "# Gate\n\n- [ ] Three\n- [ ] Four\n",
    }
    world.bob.push_files(dict(files), "Plan")
    world.settle()
    world.new_calls()
    return world.plan_issue(IMPLEMENTATION)


def tick_beside(world: World, issue: int) -> None:
    world.alice.tick(implementation(world), "T001 Begin")


def tick_beside_twice(world: World, issue: int) -> None:
    number = implementation(world)
    world.alice.tick(number, "T001 Begin")
    world.alice.tick(number, "Three")


def echo_beside(world: World, issue: int) -> None:
    tick_beside(world, issue)
    world.send()
    world.work()
    world.new_calls()


def push_beside(world: World, issue: int) -> None:
    implementation(world)
    path = f"{FEATURE}/tasks.md"
    world.bob.edit_file(path, lambda text: text.replace("- [ ] T001", "- [x] T001"))


SITUATIONS = (
    Situation("a tick", 4, tick),
    Situation("a burst of 50 ticks by two people", 4, burst),
    Situation("our own commit and comment come back", 0, echo),
    Situation("everything is delivered again", 0, redelivery),
    Situation("the issue is edited there and back", 2, nothing_in_the_issue),
    Situation("the file is pushed there and back", 2, nothing_in_the_file),
    Situation("a push of a plan file", 5, push),
    Situation(f"a push that touches {MANY} plans", 5 * MANY, push_of_many),
    Situation("a push of other files", 0, push_of_other_files),
    Situation("an issue that is no plan, and a comment", 0, other_issue),
    Situation("a pull request that names and touches no plan", 1, other_pull),
    Situation("a pull request that names a plan and a task", 11, named_pull),
    Situation("a check is run again", 5, rerun),
    Situation("the configuration is pushed", 1, pushed_config),
    Situation("nothing was heard for a day", 2, drift),
    Situation("a tick, the default branch protected", 12, protected),
    Situation("a further tick there", 14, protected_again),
    Situation("a command that ticks a box", 8, command),
    Situation("a command that is answered", 4, question),
    Situation("a plan is requested", 30, request),
    Situation("a tick in the tasks beside an implementation plan", 6, tick_beside),
    Situation("ticks in two of its files", 13, tick_beside_twice),
    Situation("our own commit there and comment come back", 0, echo_beside),
    Situation("a push of the tasks beside it", 8, push_beside),
)


def measure(situation: Situation, directory: Path) -> Cost:
    """What a situation costs in a repository with one settled plan of 60 tasks."""
    with _world(directory) as world:
        world.request()
        world.bob.edit_file(PATH, with_tasks)
        world.settle()
        issue = world.plan_issue(PATH)
        world.new_calls()
        before = len(world.github.deliveries)
        situation.act(world, issue)
        sent = len(world.github.deliveries) - before
        world.settle()
        calls = tuple(world.new_calls())
    requests = sum(REQUESTS.get(name, 1) for name in calls)
    return Cost(situation.name, sent, requests, situation.limit, calls)


@contextmanager
def _world(directory: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{Path(tempfile.mkdtemp(dir=directory)) / 'plansync.sqlite3'}")
    store.migrate()
    try:
        yield World(store)
    finally:
        store.close()


def table(costs: list[Cost]) -> str:
    """The costs as a table in markdown."""
    rows = [
        f"| {c.situation} | {c.deliveries} | {c.requests} | {c.limit} |"
        + ("" if c.within else " **over**")
        for c in costs
    ]
    head = "| Situation | Webhooks | Requests | At most |\n|---|---:|---:|---:|"
    return "\n".join([head, *rows])


def main() -> int:
    """Print the table; 1 when a limit is exceeded."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as directory:
        costs = [measure(situation, Path(directory)) for situation in SITUATIONS]
    print(table(costs))
    if "--calls" in sys.argv:
        for cost in costs:
            print(f"\n{cost.situation}: {', '.join(cost.calls[:40]) or 'nothing'}")
    return 0 if all(cost.within for cost in costs) else 1


if __name__ == "__main__":
    sys.exit(main())
