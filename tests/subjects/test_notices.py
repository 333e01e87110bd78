"""What people are told once: the next story, work on a story too early, corrected scores."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.store import Store
from tests.fake_github import Crash
from tests.formats.plans_at_hand import PATHS, filled_text
from tests.subjects.test_pulls import Feature
from tests.subjects.test_story_log import PATH, TEXT, Tasks
from tests.world import World

BOXES = ("Write the query", "Limit it", "All criteria met for Query")


def told(world: World, issue: int) -> list[str]:
    comments = world.repo.comments_on(issue)
    return [c.body for c in comments if c.body.startswith("<!-- plansync:notice ")]


def owned(world: World, owner: str) -> Tasks:
    """Two stories; the second one has an owner."""
    tasks = Tasks(world)
    head = "### Story [S-2]: Download\n"
    world.bob.edit_file(
        PATH,
        lambda text: text.replace(head, f"{head}Story ID: S-2 | Priority: P1 | Owner: {owner}\n"),
    )
    world.settle()
    assert f"Owner: {owner}" in world.repo.issues[tasks.issue].body
    return tasks


def finish(tasks: Tasks, *texts: str) -> None:
    for text in texts or BOXES:
        tasks.world.alice.tick(tasks.issue, text)
    tasks.world.settle()


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ("@bob", "for @bob."),
        ("`@bob`", "for @bob."),
        ("Ada Lovelace", "for @ada."),
        ("Bob", "for @bob."),
        ("@acme/shop-team", "for @acme/shop-team."),
        ("The shop", "for @acme/shop-team."),
        ("Bo Berg", "for `Bo Berg`."),
        ("team of [x](y) @x/y", "for `team of [x](y) @x/y`."),
    ],
)
def test_the_owner_of_the_next_story_is_told_when_its_turn_comes(
    world: World, owner: str, shown: str
) -> None:
    world.configure("people:\n  Ada Lovelace: ada\n  Bob: bob\n  The shop: acme/shop-team\n")
    tasks = owned(world, owner)
    finish(tasks, *BOXES[:2])
    assert told(world, tasks.issue) == []
    finish(tasks, BOXES[2])
    (said,) = told(world, tasks.issue)
    assert "Story **S-1** is complete. Next is **S-2** `Download`" in said
    assert "with `S-2/T-1`: `Stream it`" in said
    assert said.rstrip().endswith(shown)
    assert ("S-1", "Done", "done") in tasks.log()
    for text in ("Stream it", "Name the file", "All criteria met for Download"):
        world.alice.tick(tasks.issue, text)
    world.settle()
    assert len(told(world, tasks.issue)) == 1
    assert "- [ ]" not in world.repo.text(PATH)


@pytest.mark.parametrize("side", ["issue", "file"])
def test_it_is_told_once_though_the_story_is_opened_and_closed_again(
    world: World, side: str, tmp_path: Path
) -> None:
    tasks = Tasks(world)
    if side == "issue":
        finish(tasks)
    else:
        first, _, rest = TEXT.partition("### Story [S-2]")
        world.bob.push_file(PATH, first.replace("- [ ]", "- [x]") + "### Story [S-2]" + rest)
        world.settle()
    assert len(told(world, tasks.issue)) == 1
    world.alice.untick(tasks.issue, "Limit it")
    world.settle()
    world.alice.tick(tasks.issue, "Limit it")
    world.settle()
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.send(list(world.github.deliveries[-3:]))
    world.settle()
    assert len(told(world, tasks.issue)) == 1


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Crash(), Retryable("502 Bad Gateway")], ids=["crash", "502"])
def test_a_write_that_is_cut_short_is_told_once(
    world: World, error: BaseException, after: bool, nth: int
) -> None:
    tasks = Tasks(world)
    for text in BOXES:
        world.alice.tick(tasks.issue, text)
    world.github.interrupt(error, nth=nth, after=after)
    world.send()
    with suppress(Crash):
        world.work()
    world.github.calm()
    world.settle()
    assert len(told(world, tasks.issue)) == 1
    assert tasks.log() == [("S-1", "Done", "done")]


def test_work_on_a_story_too_early_is_told_once_and_nothing_is_unticked(world: World) -> None:
    tasks = Tasks(world)
    finish(tasks, "Stream it")
    (said,) = told(world, tasks.issue)
    assert "S-2 is worked on although the exit checklist of S-1 is open." in said
    finish(tasks, "Name the file")
    assert len(told(world, tasks.issue)) == 1
    assert "- [x] Stream it\n- [x] Name the file" in world.repo.text(PATH)


SPEC = PATHS["track-spec"]
ROW = "| 4 | 3 | 12 |"


@pytest.fixture
def spec(world: World) -> Feature:
    text = filled_text("track-spec")
    assert ROW in text
    return Feature(world, text, SPEC)


@pytest.mark.parametrize("side", ["issue", "file"])
@pytest.mark.parametrize("was", ["7", "", "30"])
def test_a_wrong_score_is_corrected_and_told_once(spec: Feature, side: str, was: str) -> None:
    world = spec.world
    wrong = f"| 4 | 3 | {was} |" if was else "| 4 | 3 |  |"
    for _ in range(2):
        if side == "file":
            world.bob.edit_file(SPEC, lambda text: text.replace(ROW, wrong))
        else:
            world.alice.change_body(spec.issue, lambda body: body.replace(ROW, wrong))
        world.settle()
        assert ROW in " ".join(world.repo.text(SPEC).split())
        assert ROW in " ".join(world.repo.issues[spec.issue].body.split())
    (said,) = told(world, spec.issue)
    assert "4 × 3 is **12**" + (f", not `{was}`" if was else "\n") in said
    written = len(world.github.writes)
    world.send(list(world.github.deliveries[-4:]))
    world.settle()
    assert world.github.writes[written:] == []


def test_a_score_follows_its_factors(spec: Feature) -> None:
    world = spec.world
    world.bob.edit_file(SPEC, lambda text: text.replace(ROW, "| 5 | 3 | 12 |"))
    world.settle()
    assert "| 5 | 3 | 15 |" in world.repo.text(SPEC)
    assert "| 5 | 3 | 15 |" in world.repo.issues[spec.issue].body
    assert "5 × 3 is **15**, not `12`" in told(world, spec.issue)[0]


@pytest.mark.parametrize(
    "row", ["| high | 3 | 12 |", "| 4 | 6 | 12 |", "| 4 | 3 | see below |", "| 4.5 | 3 | 12 |"]
)
def test_what_is_no_number_from_one_to_five_is_left(spec: Feature, row: str) -> None:
    world = spec.world
    world.bob.edit_file(SPEC, lambda text: text.replace(ROW, row))
    world.settle()
    assert row in world.repo.text(SPEC)
    assert told(world, spec.issue) == []


def test_a_specification_that_comes_with_a_wrong_score_is_corrected(world: World) -> None:
    spec = Feature(world, filled_text("track-spec").replace(ROW, "| 4 | 3 | 7 |"), SPEC)
    assert "| 4 | 3 | 12 |" in " ".join(world.repo.text(SPEC).split())
    assert len(told(world, spec.issue)) == 1
