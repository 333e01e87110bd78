"""A change that takes much of a plan away is not carried over before somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import RepoConfig
from bot.github.snapshots import RepoPath
from bot.memory import PlanMemory
from bot.plans.document import parse_document
from bot.plans.render import parse_plan_marker
from bot.store import Store
from bot.subjects.overwritten import put_off
from bot.subjects.plan_brake import Stop, stopped, vanished_tasks
from bot.subjects.plan_snapshot import PlanSnapshot, TextEdit
from tests.world import World

PATH = "plan_docs/ten.md"
TEN = (
    "# shop – Ten Feature Plan\n\n## Implementation Plan\n\n### Phase 1: All of it\n"
    + "".join(f"- [ ] Number {n} of many\n" for n in range(1, 11))
    + "\n## Acceptance Checklist\n- [ ] It is done\n\nLast words.\n"
)


class Ten:
    """A plan of eleven tasks and its issue, settled."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.bob.push_file(PATH, TEN)
        world.settle()
        self.issue = world.plan_issue(PATH)

    @property
    def file(self) -> str:
        return self.world.repo.text(PATH)

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    def said(self, kind: str) -> list[str]:
        comments = self.world.repo.comments_on(self.issue)
        return [c.body for c in comments if c.body.startswith(f"<!-- plansync:{kind} ")]

    def edit_issue(self, change: Callable[[str], str]) -> None:
        self.world.alice.change_body(self.issue, change)
        self.world.settle()

    def edit_file(self, change: Callable[[str], str]) -> None:
        self.world.bob.edit_file(PATH, change)
        self.world.settle()

    def comment(self, text: str, who: str = "bob") -> None:
        self.world.person(who).comment(self.issue, text)
        self.world.settle()

    def same(self) -> bool:
        return self.body.split("-->\n\n", 1)[1].rstrip() == self.file.rstrip()


@pytest.fixture
def ten(world: World) -> Ten:
    return Ten(world)


def without(text: str, *numbers: int) -> str:
    for number in numbers:
        text = text.replace(f"- [ ] Number {number} of many\n", "")
        text = text.replace(f"- [x] Number {number} of many\n", "")
    return text


def wiped(body: str) -> str:
    return body.split("\n")[0] + "\n"


GONE = (2, 4, 5, 7)


def test_many_tasks_that_vanish_from_the_file_stop_it(ten: Ten) -> None:
    before = ten.body
    ten.edit_file(lambda t: without(t, *GONE))
    assert ten.body == before
    (told,) = ten.said("stopped")
    assert "4 of 11 tasks vanished in one change of `plan_docs/ten.md`" in told
    assert "`/plan sync confirm`" in told
    assert "`/plan take issue`" in told


def test_many_tasks_that_vanish_from_the_issue_stop_it(ten: Ten) -> None:
    before = ten.file
    ten.edit_issue(lambda b: without(b, *GONE))
    assert ten.file == before
    assert "Number 2 " not in ten.body
    (told,) = ten.said("stopped")
    assert "4 of 11 tasks vanished in one change of this issue" in told


def test_an_ordinary_deletion_is_no_catastrophe(ten: Ten) -> None:
    ten.edit_issue(lambda b: without(b, 2, 4, 5))
    assert "Number 2 " not in ten.file
    ten.edit_file(lambda t: without(t, 7, 8))
    assert "Number 7 " not in ten.body
    assert ten.said("stopped") == []


@pytest.mark.parametrize("gone", [1, 2])
def test_one_or_two_tasks_are_never_a_catastrophe(world: World, gone: int) -> None:
    text = TEN
    for number in range(3, 11):
        text = without(text, number)
    world.bob.push_file(PATH, text)
    world.settle()
    plan = Ten.__new__(Ten)
    plan.world, plan.issue = world, world.plan_issue(PATH)
    plan.edit_file(lambda t: without(t, *range(1, gone + 1)))
    assert "Number 1 " not in plan.body
    assert plan.said("stopped") == []


def test_tasks_that_move_do_not_vanish(ten: Ten) -> None:
    lines = [f"- [ ] Number {n} of many\n" for n in GONE]
    ten.edit_file(
        lambda t: without(t, *GONE).replace("\nLast words.", "".join(lines) + "\nLast words.")
    )
    assert ten.said("stopped") == []
    assert ten.same()


def test_it_is_told_once_and_costs_no_write_while_it_lasts(ten: Ten) -> None:
    ten.edit_file(lambda t: without(t, *GONE))
    file, body, written = ten.file, ten.body, len(ten.world.github.writes)
    ten.world.send(list(ten.world.github.deliveries))
    ten.world.settle()
    assert len(ten.world.github.writes) == written
    ten.world.alice.tick(ten.issue, "Number 1 of many")
    ten.world.settle()
    assert len(ten.said("stopped")) == 1
    assert ten.file == file
    assert ten.body == body.replace("- [ ] Number 1 of", "- [x] Number 1 of")
    assert len(ten.world.github.writes) == written


@pytest.mark.parametrize("side", ["file", "issue"])
def test_confirmed_it_goes_on_with_everything_done_meanwhile(ten: Ten, side: str) -> None:
    getattr(ten, f"edit_{side}")(lambda t: without(t, *GONE))
    ten.world.alice.tick(ten.issue, "Number 1 of many")
    ten.edit_file(lambda t: t.replace("Last words.", "Last words, said twice."))
    ten.comment("/plan sync confirm", who="mallory")
    assert "Number 2 " in ten.file + ten.body
    ten.comment("/plan sync confirm")
    assert ten.same()
    assert "Number 2 " not in ten.file
    assert "- [x] Number 1 of" in ten.file
    assert "said twice" in ten.body
    assert ten.said("stopped") == []
    (over,) = ten.said("went-on")
    assert "`bob` said `/plan sync confirm`" in over
    # The next edit is an ordinary one again.
    ten.edit_issue(lambda b: b.replace("- [ ] Number 3 of", "- [x] Number 3 of"))
    assert "- [x] Number 3 of" in ten.file


def test_very_many_edits_that_are_overwritten_meanwhile_are_merged_afterwards(world: World) -> None:
    text = TEN.replace(
        "\n## Acc", "".join(f"- [ ] Item {n} of many\n" for n in range(30)) + "\n## Acc"
    )
    world.bob.push_file(PATH, text)
    world.settle()
    ten = Ten.__new__(Ten)
    ten.world, ten.issue = world, world.plan_issue(PATH)
    copies = [ten.body]
    ten.edit_file(lambda t: t.replace("Last words.", "Last words, said twice."))
    copies.append(ten.body)
    ten.edit_file(
        lambda t: "".join(
            one
            for one in t.splitlines(True)
            if "Number" not in one and "Item 0" not in one and "Item 1" not in one
        )
    )
    assert ten.said("stopped")
    for n in range(20):
        # Each saves a copy that does not have what the one before did.
        saved = copies[n % 2].replace(f"- [ ] Item {n + 5} of", f"- [x] Item {n + 5} of")
        world.alice.edit_issue(ten.issue, body=saved)
        world.settle()
    memory = world.store.plan(world.repo.id, PATH)
    assert memory is not None
    assert 0 < len(memory.put_off) <= 24
    assert len(memory.put_off_how) == len(memory.put_off) // 2
    ten.comment("/plan sync confirm")
    assert [n for n in range(5, 25) if f"- [x] Item {n} of" not in ten.file] == []


def test_what_is_known_of_an_edit_that_was_put_off_is_known_afterwards(ten: Ten) -> None:
    ten.edit_file(lambda t: without(t, *GONE))
    store = ten.world.store
    memory, repo = store.plan(ten.world.repo.id, PATH), store.repo(ten.world.repo.id)
    assert memory is not None
    assert repo is not None
    issue = ten.world.github.reader(repo).issue(ten.issue)
    assert issue is not None
    edits = tuple(
        TextEdit("", "was", f"now {unsure} {late}", unsure=unsure, late=late)
        for unsure in (True, False)
        for late in (True, False)
    )
    # One that is heard of again, with what was written over it, is the same edit.
    again = (*edits, replace(edits[0], over="what was written"))
    snapshot = PlanSnapshot(RepoPath(PATH), memory, None, issue, overwritten=again)
    decision = stopped(snapshot, issue, (Stop("file", "tasks", 4, 11),), RepoConfig())
    assert isinstance(decision.after, PlanMemory)
    store.remember([decision.after])
    kept = store.plan(ten.world.repo.id, PATH)
    assert kept is not None
    assert put_off(kept) == edits
    assert put_off(replace(kept, put_off_how=())) == tuple(
        replace(edit, unsure=False, late=False) for edit in edits
    )


@pytest.mark.parametrize("side", ["file", "issue"])
def test_restored_it_goes_on_by_itself(ten: Ten, side: str) -> None:
    edit = getattr(ten, f"edit_{side}")
    edit(lambda t: without(t, *GONE))
    assert ten.said("stopped")
    ten.world.alice.tick(ten.issue, "Number 1 of many")
    lines = "".join(f"- [ ] Number {n} of many\n" for n in GONE)
    edit(lambda t: t.replace("- [ ] Number 3 of many\n", f"- [ ] Number 3 of many\n{lines}"))
    assert ten.same()
    assert "- [x] Number 1 of" in ten.file
    assert all(f"Number {n} of" in ten.file for n in range(1, 11))
    (over,) = ten.said("went-on")
    assert "what was missing is back" in over
    # A second time it is told again.
    edit(lambda t: without(t, *GONE))
    assert len(ten.said("stopped")) == 1


def test_take_issue_writes_the_file_as_it_was(ten: Ten) -> None:
    ten.edit_file(lambda t: without(t, *GONE))
    ten.world.alice.tick(ten.issue, "Number 2 of many")
    ten.world.settle()
    ten.comment("/plan take issue")
    assert ten.file == TEN.replace("- [ ] Number 2 of", "- [x] Number 2 of")
    assert ten.same()


def test_take_file_writes_the_issue_as_the_file_is(ten: Ten) -> None:
    ten.edit_issue(wiped)
    ten.edit_file(lambda t: t.replace("- [ ] Number 2 of", "- [x] Number 2 of"))
    ten.comment("/plan take file")
    assert ten.file == TEN.replace("- [ ] Number 2 of", "- [x] Number 2 of")
    assert ten.same()


@pytest.mark.parametrize("body", ["", "\n\n", "<!-- gone -->"], ids=["empty", "blank", "other"])
def test_a_wiped_issue_empties_no_file(ten: Ten, body: str) -> None:
    ten.world.alice.edit_issue(ten.issue, body=body)
    ten.world.settle()
    assert ten.file == TEN
    assert ten.body == body
    assert len(ten.said("stopped")) == 1
    ten.comment("/plan take file")
    assert ten.same()
    assert parse_plan_marker(ten.body) is not None


def test_an_emptied_file_empties_no_issue(ten: Ten) -> None:
    before = ten.body
    ten.edit_file(lambda t: "\n")
    assert ten.body == before
    (told,) = ten.said("stopped")
    assert "was emptied; it had 11 tasks" in told
    ten.edit_file(lambda t: TEN)
    assert ten.same()
    assert ten.body == before


def test_a_file_that_is_no_plan_any_more_changes_no_issue(ten: Ten) -> None:
    before = ten.body
    ten.edit_file(lambda t: "# Something else\n\n" + t.split("### Phase 1: All of it\n")[1])
    assert ten.body == before
    assert len(ten.said("stopped")) == 1
    ten.comment("/plan sync confirm")
    assert ten.same()
    assert ten.body.endswith("Last words.\n")
    ten.edit_issue(lambda b: b.replace("- [ ] Number 3 of", "- [x] Number 3 of"))
    assert "- [x] Number 3 of" in ten.file


@pytest.mark.parametrize("data", [b"\xff\xfe\x00plan", b"x" * 1_100_000], ids=["bytes", "large"])
def test_a_file_that_cannot_be_read_is_told_and_waits(ten: Ten, data: bytes) -> None:
    before = ten.body
    ten.world.repo.commit("bob", {PATH: data}, "Break it")
    ten.world.settle()
    assert ten.body == before
    (told,) = ten.said("stopped")
    assert "cannot be read as a plan" in told
    assert "sync confirm" not in told
    ten.comment("/plan sync confirm")
    assert ten.body == before
    ten.world.bob.push_file(PATH, TEN.replace("Last words.", "Other words."))
    ten.world.settle()
    assert "Other words." in ten.body
    assert ten.said("went-on")


@pytest.mark.parametrize("side", ["file", "issue"])
def test_a_lost_database_does_not_lift_the_brake(ten: Ten, side: str, tmp_path: Path) -> None:
    getattr(ten, f"edit_{side}")(lambda t: without(t, *GONE))
    world, file, body = ten.world, ten.file, ten.body
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    ten.edit_file(lambda t: t.replace("Last words.", "Last words, said twice."))
    assert ten.file == file.replace("Last words.", "Last words, said twice.")
    assert ten.body == body
    assert len(ten.said("stopped")) == 1
    ten.comment("/plan sync confirm")
    assert ten.same()
    assert "Number 2 " not in ten.file
    assert ten.said("stopped") == []


def test_a_pull_request_merged_meanwhile_counts_afterwards(world: World) -> None:
    path = "docs/user-stories/2026-03-02-checkout.md"
    world.request("Checkout", "plan:story")
    issue = world.plan_issue(path)
    rows = "".join(f"| {n} | Do part {n} | backend | — | code | Pending |\n" for n in range(1, 7))
    text = world.repo.text(path)
    table = next(t for t in parse_document(text).tables if t.section[-1] == "Implementation Plan")
    start, end = table.rows[0].span.start, table.rows[-1].span.end
    world.bob.push_file(path, text[:start] + rows.rstrip("\n") + text[end:])
    world.settle()
    full = world.repo.text(path)
    for number in (4, 5, 6):
        world.bob.edit_file(
            path,
            lambda t, n=number: "".join(x for x in t.splitlines(True) if f"part {n} " not in x),
        )
    world.settle()
    said = [c.body for c in world.repo.comments_on(issue) if "plansync:stopped" in c.body]
    assert "3 of 6 tasks vanished" in said[0]
    world.bob.create_branch("work")
    world.bob.push_file("src/work.py", "pass\n", "Work", "work")
    number = world.bob.open_pull("work", "Work", f"Plan: #{issue}\nTask: 1\n")
    world.settle()
    world.bob.merge_pull(number)
    world.settle()
    assert "| Complete |" not in world.repo.text(path)
    world.bob.push_file(path, full)
    world.settle()
    assert "| 1 | Do part 1 | backend | — | code | Complete |" in world.repo.text(path)


def test_an_edit_that_may_not_be_made_is_held_not_stopped(ten: Ten) -> None:
    ten.world.person("mallory").change_body(ten.issue, wiped)
    ten.world.settle()
    assert ten.file == TEN
    assert ten.said("stopped") == []


def test_the_share_is_the_repositorys_choice(ten: Ten) -> None:
    ten.world.config = RepoConfig(brake=0.5)
    ten.edit_file(lambda t: without(t, *GONE))
    assert "Number 2 " not in ten.body


def test_rows_and_boxes_are_counted_apart() -> None:
    boxes = "".join(f"- [ ] Box {n} here\n" for n in range(10))
    lost = vanished_tasks("plan_docs/x.md", boxes, boxes.replace("- [ ] Box 3 here\n", ""))
    assert (lost.gone, lost.total) == (1, 10)


@pytest.mark.parametrize("ticked", [False, True])
def test_writing_the_plan_over_the_blank_one_is_no_loss(world: World, ticked: bool) -> None:
    """But once somebody has ticked a box, its task is work that was done."""
    ten = Ten(world)
    if ticked:
        world.alice.tick(ten.issue, "Number 3 of many")
        world.settle()
    words = ("dig", "sow", "reap", "thresh", "grind", "sift", "knead", "shape", "bake", "eat")

    def write(text: str) -> str:
        return "\n".join(
            f"- [ ] {words[int(line.split()[-3]) - 1]}" if "Number" in line else line
            for line in text.split("\n")
        )

    ten.edit_file(write)
    assert len(ten.said("stopped")) == ticked
    assert ("- [ ] knead" in ten.body) != ticked
