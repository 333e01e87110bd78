"""The boxes of ``tasks.md`` and both checklists stand in the plan's issue, and follow both ways."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.companions import COMPANIONS, parse_feature
from bot.plans.render import issue_plan_text, plan_text
from bot.store import Store
from tests.fake_github import Crash
from tests.subjects.features import (
    FOLDER,
    GATE,
    LIST,
    PATH,
    REQUIREMENTS,
    TASKS,
    Notes,
)
from tests.world import World


def test_the_issue_has_a_part_for_each_file_and_none_of_them_an_issue(notes: Notes) -> None:
    assert len(notes.world.repo.issues) == 1
    shown = parse_feature(issue_plan_text(notes.body))
    assert list(shown.files) == list(COMPANIONS)
    for name in COMPANIONS:
        assert f'<!-- plansync:part file="{name}" -->' in notes.body
    assert "**0 of 12** tasks done" in notes.status
    notes.settle()


@pytest.mark.parametrize(
    ("path", "task"),
    [(TASKS, "T003 Entity"), (REQUIREMENTS, "Says why"), (GATE, "Steps name files")],
)
def test_a_tick_goes_to_the_file_that_has_the_box(notes: Notes, path: str, task: str) -> None:
    before = {one: notes.text(one) for one in (PATH, TASKS, REQUIREMENTS, GATE)}
    notes.world.alice.tick(notes.issue, task)
    notes.settle()
    assert notes.is_ticked(path, task)
    changed = [one for one, text in before.items() if notes.text(one) != text]
    assert changed == [path]
    assert len(notes.text(path)) == len(before[path])
    notes.world.alice.untick(notes.issue, task)
    notes.settle()
    assert {one: notes.text(one) for one in before} == before


@pytest.mark.parametrize(
    ("path", "task"),
    [(TASKS, "T003 Entity"), (REQUIREMENTS, "Says why"), (GATE, "Steps name files")],
)
def test_a_tick_in_a_file_comes_to_the_issue(notes: Notes, path: str, task: str) -> None:
    commits = len(notes.commits())
    notes.push(path, f"- [ ] {task}", f"- [x] {task}")
    notes.settle()
    assert f"- [x] {task}" in notes.body
    assert len(notes.commits()) == commits


def test_ticks_in_several_files_are_one_commit(notes: Notes) -> None:
    commits = len(notes.commits())
    for task in ("T001", "Says why", "Steps name"):
        notes.world.alice.tick(notes.issue, task)
    notes.settle()
    assert len(notes.commits()) == commits + 1
    assert notes.is_ticked(TASKS, "T001")
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert notes.is_ticked(GATE, "Steps name")


def test_both_sides_at_once_are_merged_file_by_file(notes: Notes) -> None:
    notes.push(TASKS, "- [ ] T001", "- [x] T001")
    notes.push(TASKS, "- [ ] T004", "- [ ] T009 New\n- [ ] T004")
    notes.push(PATH, "two zones", "three zones")
    notes.world.alice.tick(notes.issue, "T002")
    notes.world.alice.tick(notes.issue, "Says why")
    notes.reword("- [ ] Steps name files", "- [ ] Steps name files\n- [ ] Owners are named")
    notes.settle()
    assert [notes.is_ticked(TASKS, one) for one in ("T001", "T002", "T009", "T003")] == [
        True,
        True,
        False,
        False,
    ]
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert "- [ ] Owners are named\n" in notes.text(GATE)
    assert "Owners" not in notes.text(TASKS) + notes.text(REQUIREMENTS) + notes.text(PATH)
    assert "three zones" in notes.body


def test_a_conflict_in_one_of_them_is_told_and_can_be_settled(notes: Notes) -> None:
    notes.push(TASKS, "T003 Entity and rules", "T003 Entity, rules and states")
    notes.reword("T003 Entity and rules", "T003 Entity without rules")
    notes.settle()
    assert "T003 Entity, rules and states" in notes.text(TASKS)
    (told,) = notes.said("conflict")
    assert "T003 Entity without rules" in told
    notes.world.alice.comment(notes.issue, "/plan take issue")
    notes.settle()
    assert "T003 Entity without rules" in notes.text(TASKS)


def test_what_a_person_writes_between_the_parts_is_kept(notes: Notes) -> None:
    notes.reword(
        '<!-- plansync:part file="checklists/requirements.md" -->',
        'A word of mine.\n\n<!-- plansync:part file="checklists/requirements.md" -->',
    )
    notes.settle()
    assert "A word of mine." in notes.text(TASKS)


def test_a_hidden_line_that_somebody_took_out_comes_back(notes: Notes) -> None:
    notes.reword('<!-- plansync:part file="checklists/requirements.md" -->\n', "")
    notes.world.alice.tick(notes.issue, "Says why")
    before = notes.text(TASKS)
    notes.settle()
    assert notes.text(TASKS) == before
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert '<!-- plansync:part file="checklists/requirements.md" -->' in notes.body


def test_a_list_of_tasks_that_comes_later_joins_the_plan(world: World) -> None:
    notes = Notes(world, tasks=None)
    world.alice.tick(notes.issue, "Says why")
    world.bob.push_file(TASKS, LIST, "Cut the plan into tasks")
    notes.settle()
    assert len(world.repo.issues) == 1
    assert "- [ ] T001" in notes.body
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    world.alice.tick(notes.issue, "T001")
    notes.settle()
    assert notes.is_ticked(TASKS, "T001")


def test_an_old_copy_from_before_the_tasks_came_takes_nothing_away(world: World) -> None:
    notes = Notes(world, tasks=None)
    old = notes.body
    world.bob.push_file(TASKS, LIST, "Cut the plan into tasks")
    world.settle()
    assert "T001" in notes.body
    world.alice.edit_issue(notes.issue, body=old.replace("- [ ] Says why", "- [x] Says why"))
    notes.settle()
    assert notes.text(TASKS) == LIST
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert notes.said("stopped") == []


@pytest.mark.parametrize("how", ["emptied", "deleted"])
@pytest.mark.parametrize("path", [TASKS, REQUIREMENTS])
def test_a_file_that_goes_stops_the_plan_until_somebody_says_so(
    notes: Notes, path: str, how: str
) -> None:
    before = notes.text(path)
    notes.world.bob.push_files({path: "" if how == "emptied" else None}, "Away with it")
    notes.world.settle()
    (told,) = notes.said("stopped")
    assert path.removeprefix(f"{FOLDER}/") in told
    assert before.strip() in notes.body
    notes.quiet()
    notes.world.alice.comment(notes.issue, "/plan take issue")
    notes.settle()
    assert plan_text(notes.text(path)) == plan_text(before)


def test_a_file_may_go_when_somebody_says_so(notes: Notes) -> None:
    notes.world.bob.push_files({TASKS: None}, "Away with it")
    notes.world.settle()
    notes.world.alice.comment(notes.issue, "/plan sync confirm")
    notes.settle()
    assert "T001" not in notes.body
    assert "Says why" in notes.body


def test_a_part_that_is_taken_out_of_the_issue_stops_the_plan(notes: Notes) -> None:
    before = notes.text(TASKS)
    start = notes.body.index("<!-- plansync:part")
    end = notes.body.index("<!-- plansync:part", start + 5)
    gone = notes.body[start:end]
    notes.reword(gone, "")
    notes.world.settle()
    (told,) = notes.said("stopped")
    assert "tasks.md" in told
    assert notes.text(TASKS) == before
    notes.world.alice.comment(notes.issue, "/plan take file")
    notes.settle()
    assert notes.text(TASKS) == before


@pytest.mark.parametrize("begun", ["quiet", "ticked", "pushed", "both"])
def test_a_lost_database_is_found_again(notes: Notes, begun: str, tmp_path: Path) -> None:
    notes.world.alice.tick(notes.issue, "T001")
    notes.settle()
    if begun in ("ticked", "both"):
        notes.world.alice.untick(notes.issue, "T001")
        notes.world.alice.tick(notes.issue, "Says why")
    if begun in ("pushed", "both"):
        notes.push(GATE, "- [ ] Steps", "- [x] Steps")
        notes.push(TASKS, "- [ ] T004", "- [x] T004")
    notes.world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    notes.world.store.migrate()
    notes.world.send(list(notes.world.github.deliveries[-2:]))
    notes.settle()
    assert len(notes.world.repo.issues) == 1
    assert len(notes.said("status")) == 1
    assert notes.is_ticked(TASKS, "T001") == (begun not in ("ticked", "both"))
    assert notes.is_ticked(REQUIREMENTS, "Says why") == (begun in ("ticked", "both"))
    assert notes.is_ticked(GATE, "Steps") == (begun in ("pushed", "both"))
    assert notes.is_ticked(TASKS, "T004") == (begun in ("pushed", "both"))


@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Crash(), Retryable("502 Bad Gateway")], ids=["crash", "502"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_crash_between_two_writes_loses_and_doubles_nothing(
    notes: Notes, nth: int, error: BaseException, after: bool, lost: bool, tmp_path: Path
) -> None:
    world = notes.world
    for task in ("T001", "Says why"):
        world.alice.tick(notes.issue, task)
    notes.push(GATE, "- [ ] Steps", "- [x] Steps")
    world.github.interrupt(error, nth=nth, after=after)
    world.send()
    with suppress(Crash):
        world.work()
    world.github.calm()
    if lost:
        world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
        world.store.migrate()
        world.send(list(world.github.deliveries[-4:]))
    if not lost:
        # With the memory goes which of the two came last: then what is ticked stays.
        world.alice.untick(notes.issue, "Says why")
    world.alice.tick(notes.issue, "Says what")
    notes.settle()
    assert notes.is_ticked(TASKS, "T001")
    assert notes.is_ticked(REQUIREMENTS, "Says what")
    assert notes.is_ticked(REQUIREMENTS, "Says why") == lost
    assert notes.is_ticked(GATE, "Steps")
    assert len(notes.said("status")) == 1


def test_a_file_that_moved_between_read_and_write_is_merged_again(notes: Notes) -> None:
    world = notes.world
    world.alice.tick(notes.issue, "T001")
    world.alice.tick(notes.issue, "Says why")
    push = lambda: notes.push(TASKS, "- [ ] T004", "- [x] T004")  # noqa: E731
    world.github.meanwhile(push)
    notes.settle()
    assert notes.is_ticked(TASKS, "T001")
    assert notes.is_ticked(TASKS, "T004")
    assert notes.is_ticked(REQUIREMENTS, "Says why")


def test_line_ends_and_spaces_at_line_ends_stay(notes: Notes) -> None:
    crlf = LIST.replace("\n", "\r\n").replace("Setup\r\n", "Setup  \r\n")
    notes.world.bob.push_file(TASKS, crlf, "As Windows has it")
    notes.world.settle()
    notes.world.alice.tick(notes.issue, "T003")
    notes.settle()
    assert notes.text(TASKS) == crlf.replace("- [ ] T003", "- [x] T003")
