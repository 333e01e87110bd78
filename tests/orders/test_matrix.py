"""Every command, by everybody, on the issue, on a pull request, and edited into a comment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.plans.commands import COMMANDS
from tests.orders.plans import PATHS
from tests.orders.stage import OTHER, Stage, State, build

FEATURE, STORY = PATHS["feature-plan"], PATHS["user-story"]
TASKS, SPEC = PATHS["task-plan"], PATHS["track-spec"]
LOG = TASKS.replace("plan.md", "decision-log.md")
PLACES = ("issue", "pull", "edited")


@dataclass(frozen=True)
class Case:
    """A command that can be obeyed in a plan of ``kind``, and all that it changes."""

    kind: str
    text: str
    changes: frozenset[str]


def case(kind: str, text: str, *changes: str) -> Case:
    return Case(kind, text, frozenset(changes))


THUMB = "reaction"
CASES = {
    "help": case("feature-plan", "/plan help", "answer"),
    "status": case("feature-plan", "/plan status", "answer"),
    "why": case("feature-plan", "/plan why 2.1", "answer"),
    "check": case("feature-plan", "/plan check", "answer"),
    "sync": case("feature-plan", "/plan sync", THUMB),
    "preview": case("feature-plan", "/plan preview na 2.2 not here", "answer"),
    "take": case("feature-plan", "/plan take file", THUMB),
    "accept": case("feature-plan", "/plan accept", THUMB),
    "done": case("feature-plan", "/plan done 2.2", FEATURE, THUMB),
    "undo": case("feature-plan", "/plan undo 0.1", FEATURE, THUMB),
    "start": case("feature-plan", "/plan start 2.2", "answer"),
    "na": case("feature-plan", "/plan na 2.2 not here", FEATURE, THUMB),
    "block": case("feature-plan", "/plan block 2.2 no printer", FEATURE, THUMB),
    "unblock": case("feature-plan", "/plan unblock 2.3", FEATURE, THUMB),
    "link": case("feature-plan", "/plan link #PULL 2.2", "pull", THUMB),
    "unlink": case("feature-plan", "/plan unlink #PULL 2.3", "pull", THUMB),
    "assign": case("user-story", "/plan assign 4 @bob", STORY, "assignees", THUMB),
    "story": case("task-plan", '/plan story "Export as CSV"', TASKS, THUMB),
    "ask": case("user-story", "/plan ask Which currencies?", STORY, THUMB),
    "answer": case("user-story", "/plan answer 1 It is settled", STORY, THUMB),
    "approve": case("track-spec", "/plan approve Tech Lead", SPEC, THUMB),
    "decide": case("track-spec", "/plan decide One region first", SPEC, THUMB),
    "revise": case("user-story", '/plan revise "Too long"', STORY, THUMB),
    "log": case("task-plan", "/plan log S-2 the cache is warm", LOG, THUMB),
    "new": case("feature-plan", "/plan new story Refund", "issues", THUMB),
    "adopt": case("feature-plan", f"/plan adopt {OTHER}", "issues", THUMB),
    "detach": case("feature-plan", "/plan detach", THUMB),
}


def text_for(stage: Stage, wanted: Case) -> str:
    return wanted.text.replace("#PULL", f"#{stage.pulls[wanted.kind]}")


def told(stage: Stage, comment: int) -> list[str]:
    marker = f'<!-- plansync:told comment="{comment}" '
    return [c.body for c in stage.world.repo.comments.values() if c.body.startswith(marker)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = build(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.world.store.close()


@pytest.fixture
def stage(built: Stage, tmp_path: Path) -> Iterator[Stage]:
    made = built.copied(tmp_path)
    yield made
    made.world.store.close()


def test_every_command_of_the_table_is_played() -> None:
    assert list(CASES) == list(COMMANDS)


@pytest.mark.thorough
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("verb", COMMANDS)
def test_who_may_write_is_obeyed_exactly_once(stage: Stage, verb: str, place: str) -> None:
    wanted = CASES[verb]
    who = "olivia" if verb == "approve" else "alice"
    before = State.of(stage.world)
    comment = stage.say(who, wanted.kind, place, text_for(stage, wanted))
    after = State.of(stage.world)
    pull = f"pull {stage.pulls[wanted.kind]}"
    expected = {pull if name == "pull" else name for name in wanted.changes}
    changed = before.changed(after)
    if verb in ("new", "adopt"):
        # The new plan makes its own files.
        changed = {name for name in changed if name in ("issues", THUMB, "answer")}
    if verb in ("link", "unlink"):
        # The plan's rows follow its pull requests; that is not the command's doing.
        changed -= {FEATURE}
    assert changed == expected
    assert len(told(stage, comment)) == ("answer" in expected)
    assert ((comment, "+1") in stage.world.repo.reactions) == (THUMB in expected)
    stage.world.send(list(stage.world.github.deliveries))
    stage.world.settle()
    assert State.of(stage.world) == after


@pytest.mark.thorough
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("who", ["carol", "rita", "mallory"])
@pytest.mark.parametrize("verb", COMMANDS)
def test_who_may_not_write_gets_one_answer(built: Stage, verb: str, who: str, place: str) -> None:
    wanted = CASES[verb]
    before = State.of(built.world)
    comment = built.say(who, wanted.kind, place, text_for(built, wanted))
    assert before.changed(State.of(built.world)) == {"answer"}
    (answer,) = told(built, comment)
    assert "Only people with write access" in answer
    assert "@" not in answer.split("-->", 1)[1]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("verb", COMMANDS)
def test_bots_are_not_heard_at_all(built: Stage, verb: str, place: str) -> None:
    wanted = CASES[verb]
    before = State.of(built.world)
    for bot in ("dependabot[bot]", built.world.github.bot):
        built.say(bot, wanted.kind, place, text_for(built, wanted))
    assert before.changed(State.of(built.world)) == set()
