"""Whatever call plansync dies at, what it stops for, holds or follows ends as if it had not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.render import issue_plan_text, plan_text
from bot.store import Store
from tests.fake_github import Crash
from tests.subjects.test_brake import GONE, PATH, TEN, Ten, wiped, without
from tests.world import World

MOVED = "plan_docs/moved.md"
LINE = "- [ ] Number 5 of many"


@dataclass(frozen=True)
class Journey:
    """What is done before (undisturbed), what then (disturbed once), and what must be so."""

    name: str
    before: Callable[[Ten], object]
    act: Callable[[Ten], object]
    holds: Callable[[Ten], bool]


def nothing(ten: Ten) -> None:
    """Nothing was done before."""


def drop(ten: Ten) -> None:
    ten.world.bob.edit_file(PATH, lambda t: without(t, *GONE))


def wipe(ten: Ten) -> None:
    ten.world.alice.change_body(ten.issue, wiped)


def clash(ten: Ten) -> None:
    ten.world.alice.change_body(ten.issue, lambda b: b.replace(LINE, "- [ ] Five by Alice"))
    ten.world.bob.edit_file(PATH, lambda t: t.replace(LINE, "- [ ] Five by Bob"))


def mallory(ten: Ten) -> None:
    ten.world.person("mallory").tick(ten.issue, "Number 5 of many")


def say(words: str) -> Callable[[Ten], object]:
    return lambda ten: ten.world.bob.comment(ten.issue, words)


def then(*acts: Callable[[Ten], object]) -> Callable[[Ten], object]:
    """One after the other, each settled."""

    def do(ten: Ten) -> None:
        for act in acts:
            act(ten)
            ten.world.settle()

    return do


def delete(ten: Ten) -> None:
    ten.world.bob.push_files({PATH: None}, "Delete it")


def move(ten: Ten) -> None:
    ten.world.bob.push_files({PATH: None, MOVED: ten.file}, "Move it")


def agrees(ten: Ten, path: str = PATH) -> bool:
    return issue_plan_text(ten.body) == plan_text(ten.world.repo.text(path))


def told(ten: Ten, kind: str) -> bool:
    return len(ten.said(kind)) == 1


def labels(ten: Ten) -> list[str]:
    return ten.world.repo.issues[ten.issue].labels


JOURNEYS = [
    Journey("stop", nothing, drop, lambda t: told(t, "stopped") and "Number 2 " in t.body),
    Journey("stop the other way", nothing, wipe, lambda t: told(t, "stopped") and t.file == TEN),
    Journey(
        "confirm",
        then(drop),
        say("/plan sync confirm"),
        lambda t: agrees(t) and told(t, "went-on") and "Number 2 " not in t.body,
    ),
    Journey(
        "restore",
        then(drop),
        lambda t: t.world.bob.push_file(PATH, TEN),
        lambda t: agrees(t) and told(t, "went-on") and t.file == TEN,
    ),
    Journey("take the issue", then(drop), say("/plan take issue"), lambda t: t.file == TEN),
    Journey("take the file", then(wipe), say("/plan take file"), lambda t: agrees(t)),
    Journey(
        "conflict",
        nothing,
        clash,
        lambda t: agrees(t) and told(t, "conflict") and "plan:conflict" in labels(t),
    ),
    Journey(
        "settle a conflict",
        then(clash),
        say("/plan take issue"),
        lambda t: agrees(t) and "by Alice" in t.file and "plan:conflict" not in labels(t),
    ),
    Journey(
        "hold", nothing, mallory, lambda t: t.file == TEN and "**Held**" in t.said("status")[0]
    ),
    Journey("accept", then(mallory), say("/plan accept"), lambda t: agrees(t) and "[x]" in t.file),
    Journey("delete", nothing, delete, lambda t: told(t, "stopped")),
    Journey(
        "put back",
        then(delete),
        lambda t: t.world.bob.push_file(PATH, TEN + "\nMore.\n"),
        lambda t: agrees(t) and told(t, "went-on"),
    ),
    Journey("move", nothing, move, lambda t: agrees(t, MOVED)),
]


def play(journey: Journey, folder: Path, error: BaseException, nth: int, *, after: bool) -> bool:
    """Whether the nth call was reached at all; AssertionError where the end is another one."""
    store = Store(f"sqlite:///{folder}/{nth}-{after}-{type(error).__name__}.sqlite3")
    store.migrate()
    world = World(store)
    ten = Ten(world)
    journey.before(ten)
    world.github.interrupt(error, nth=nth, calls="any", after=after)
    journey.act(ten)
    try:
        world.settle()
    except Crash:
        world.settle()
    reached = not world.github.armed
    world.github.calm()
    assert journey.holds(ten), (nth, after, error)
    marked = [n for n, i in world.repo.issues.items() if "plansync:plan" in i.body]
    assert marked in ([ten.issue], []), marked
    assert told(ten, "status")
    written = len(world.github.writes)
    world.send(list(world.github.deliveries))
    world.settle()
    assert len(world.github.writes) == written, world.github.writes[written:]
    store.close()
    return reached


@pytest.mark.thorough
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_a_call_that_fails_or_kills_changes_no_end(journey: Journey, tmp_path: Path) -> None:
    for error, after in ((Crash(), False), (Crash(), True), (Retryable("502"), True)):
        nth = 1
        while play(journey, tmp_path, error, nth, after=after):
            nth += 1
        assert nth > 2
