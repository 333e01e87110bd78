"""The boxes of ``tasks.md`` and both checklists stand in the plan's issue, and follow both ways."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.companions import COMPANIONS, parse_feature
from bot.plans.render import issue_plan_text, parse_plan_marker, plan_text
from bot.store import Store
from tests.fake_github import Crash
from tests.formats.plans_at_hand import filled_files
from tests.world import World

FOLDER = "plans/core/billing/EPIC-12/features/031-credit-notes"
PATH = f"{FOLDER}/impl-plan.md"
TASKS, REQUIREMENTS, GATE = (f"{FOLDER}/{name}" for name in COMPANIONS)
LIST = """\
# Tasks: Credit notes

## Phase 1: Setup

- [ ] T001 Create the migration
- [ ] T002 [P] Fixtures with sent invoices

## Phase 2: Foundation

- [ ] T003 Entity and rules
- [ ] T004 [P] Numbering of entries
"""
WANTED = "# Specification Quality Checklist\n\n- [ ] Says what is wanted\n- [ ] Says why\n"
GOOD = "# Plan Quality Gate\n\n- [ ] Steps name files\n- [ ] Validation says what it prints\n"


class Notes:
    """An implementation plan with its companions and its issue, settled."""

    def __init__(self, world: World, *, tasks: str | None = LIST) -> None:
        self.world = world
        files = {path: text for path, text in filled_files().items() if path == PATH}
        files |= {REQUIREMENTS: WANTED, GATE: GOOD} | ({TASKS: tasks} if tasks is not None else {})
        world.bob.push_files(files, "Plan")
        world.settle()
        self.issue = world.plan_issue(PATH)
        world.new_calls()

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    def text(self, path: str) -> str:
        return self.world.repo.text(path)

    def said(self, role: str) -> list[str]:
        comments = self.world.repo.comments_on(self.issue)
        return [c.body for c in comments if f"<!-- plansync:{role} " in c.body]

    @property
    def status(self) -> str:
        (one,) = self.said("status")
        return one

    def push(self, path: str, old: str, new: str) -> None:
        assert old in self.text(path)
        self.world.bob.edit_file(path, lambda text: text.replace(old, new))

    def reword(self, old: str, new: str) -> None:
        assert old in self.body
        self.world.alice.change_body(self.issue, lambda body: body.replace(old, new))

    def is_ticked(self, path: str, text: str) -> bool:
        (line,) = [one for one in self.text(path).split("\n") if text in one]
        return line.lstrip().startswith("- [x]")

    def settle(self) -> None:
        """All agree, each part of the issue with its own file; and it stays so."""
        self.world.settle()
        shown = parse_feature(issue_plan_text(self.body))
        assert shown.plan.strip() == plan_text(self.text(PATH)).strip()
        for name in COMPANIONS:
            path = f"{FOLDER}/{name}"
            there = path in self.world.repo.paths()
            assert (name in shown.files) == there
            if there:
                assert shown.files[name].strip() == plan_text(self.text(path)).strip()
        self.quiet()

    def quiet(self) -> None:
        """Another look at everything writes nothing."""
        written = len(self.world.github.writes)
        self.world.send(list(self.world.github.deliveries[-6:]))
        self.world.settle()
        assert self.world.github.writes[written:] == []

    def commits(self) -> list[str]:
        git = self.world.repo.git
        bot = self.world.github.bot
        return [one.message for one in git.commits.values() if one.author == bot]


@pytest.fixture
def notes(world: World) -> Notes:
    return Notes(world)


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


def test_commands_reach_the_boxes_of_all_files(notes: Notes) -> None:
    world = notes.world
    world.alice.comment(notes.issue, "/plan done T001 requirements.2")
    world.alice.comment(notes.issue, "/plan na T002 The ledger has them")
    world.alice.comment(notes.issue, "/plan block T003 waits for the ledger")
    notes.settle()
    assert notes.is_ticked(TASKS, "T001")
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert "T002 [P] Fixtures with sent invoices — N/A: The ledger has them\n" in notes.text(TASKS)
    assert "- BLOCKED: waits for the ledger" in notes.text(TASKS)
    assert "waits for the ledger" in notes.status
    assert notes.said("told") == []


def test_commands_that_ask_know_them_too(notes: Notes) -> None:
    world = notes.world
    for words in ("why T003", "start requirements.2", "status", "check"):
        world.alice.comment(notes.issue, f"/plan {words}")
    notes.settle()
    said = "\n".join(c.body for c in world.repo.comments_on(notes.issue))
    assert "Entity and rules" in said
    assert f"Plan: #{notes.issue}\nTask: requirements.2" in said
    assert "**0 of 12**" in said
    assert "although PlanQualityGate has not passed" in said


def test_a_command_for_a_file_that_is_still_to_come_is_answered(notes: Notes) -> None:
    notes.world.alice.comment(notes.issue, "/plan done research.md")
    notes.settle()
    comments = [c.body for c in notes.world.repo.comments_on(notes.issue)]
    assert any("is a file, not a box" in body for body in comments)


def test_what_the_phases_yield_is_progress(notes: Notes) -> None:
    world = notes.world
    assert "| `Phase 0 – Research` | 0 / 1 |" in notes.status
    body = notes.body
    world.bob.push_files(
        {f"{FOLDER}/research.md": "x\n", f"{FOLDER}/contracts/a.yml": "x\n"}, "Research"
    )
    notes.settle()
    assert "| `Phase 0 – Research` | 1 / 1 |" in notes.status
    assert "| `Phase 1 – Design & Contracts` | 1 / 3 |" in notes.status
    assert issue_plan_text(notes.body) == issue_plan_text(body)


def test_the_order_of_the_gates_is_said_in_the_status(notes: Notes) -> None:
    assert "has 2 open boxes although the plan is being written" in notes.status
    assert "tasks.md is there although PlanQualityGate has not passed" in notes.status
    for task in ("Says what", "Says why", "Steps name", "Validation says what it prints"):
        notes.world.alice.tick(notes.issue, task)
    notes.settle()
    assert "although" not in notes.status
    assert "- `requirements.md`: passed" in notes.status
    assert "- `PlanQualityGate.md`: passed" in notes.status


def test_a_line_of_ours_in_a_file_stops_the_plan(notes: Notes) -> None:
    before = notes.body
    notes.push(PATH, "## Summary\n", '## Summary\n\n<!-- plansync:part file="tasks.md" -->\n')
    notes.world.settle()
    (told,) = notes.said("stopped")
    assert "plansync writes into plan issues alone" in told
    assert notes.body == before
    notes.push(PATH, '\n<!-- plansync:part file="tasks.md" -->\n', "")
    notes.settle()


@pytest.mark.parametrize("name", ["tasks.md", "checklists/requirements.md", "other.md"])
def test_a_line_of_ours_in_another_plan_s_issue_is_no_part(world: World, name: str) -> None:
    """Somebody pasted it: what is below it is the plan's own, and the line goes."""
    path = "docs/user-stories/search.md"
    story = "# User Story: Search\n\n## Requirements\n\n- [ ] list\n- [ ] find\n\nWords.\n"
    world.bob.push_file(path, story)
    world.settle()
    issue = world.plan_issue(path)
    line = f'<!-- plansync:part file="{name}" -->'
    world.alice.change_body(issue, lambda body: body.replace("- [ ] find", f"{line}\n- [x] find"))
    world.settle()
    assert world.repo.text(path) == story.replace("- [ ] find", "- [x] find")
    assert "plansync:part" not in world.repo.issues[issue].body
    assert world.repo.paths() == ["README.md", path]
    world.bob.edit_file(path, lambda text: f"{text}\n{line}\n- [ ] more\n")
    world.settle()
    comments = [c.body for c in world.repo.comments_on(issue)]
    assert any("plansync writes into plan issues alone" in body for body in comments)
    world.bob.edit_file(path, lambda text: text.replace(f"{line}\n", ""))
    world.settle()
    assert "- [ ] more" in world.repo.issues[issue].body


def test_a_part_of_a_file_that_is_not_there_belongs_to_the_one_above(world: World) -> None:
    notes = Notes(world, tasks=None)
    notes.reword("## Summary\n", '## Summary\n\n<!-- plansync:part file="tasks.md" -->\n\nWords.\n')
    notes.settle()
    assert "## Summary\n\nWords.\n" in notes.text(PATH)
    assert TASKS not in world.repo.paths()


def test_a_long_list_is_shown_in_short_and_still_mirrored(notes: Notes) -> None:
    words = "\n".join(f"Word {n} of many that nobody ticks." for n in range(2500))
    notes.push(TASKS, "## Phase 2", f"{words}\n\n## Phase 2")
    notes.world.settle()
    assert "<!-- plansync:short -->" in notes.body
    assert "Word 7 " not in notes.body
    for task in ("T004", "Says why"):
        notes.world.alice.tick(notes.issue, task)
    notes.world.settle()
    assert notes.is_ticked(TASKS, "T004")
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert words in notes.text(TASKS)
    notes.quiet()
    notes.push(TASKS, f"{words}\n\n", "")
    notes.settle()


def test_a_moved_feature_keeps_its_issue(notes: Notes) -> None:
    world = notes.world
    new = FOLDER.replace("031-credit-notes", "031-notes")
    moved: dict[str, str | None] = {}
    for path in (PATH, TASKS, REQUIREMENTS, GATE):
        moved |= {path: None, path.replace(FOLDER, new): notes.text(path)}
    world.bob.push_files(moved, "Rename the feature")
    world.settle()
    assert len(world.repo.issues) == 1
    marker = parse_plan_marker(notes.body)
    assert marker is not None
    assert marker.path == f"{new}/impl-plan.md"
    world.alice.tick(notes.issue, "T001")
    world.settle()
    assert "- [x] T001" in world.repo.text(f"{new}/tasks.md")


def test_only_a_plan_takes_its_neighbours_in(world: World) -> None:
    """A Spec Kit list without an implementation plan beside it has its own issue, and keeps it."""
    world.bob.push_file("specs/001-search/tasks.md", LIST, "Tasks")
    world.settle()
    issue = world.plan_issue("specs/001-search/tasks.md")
    world.alice.tick(issue, "T001")
    world.settle()
    assert "- [x] T001" in world.repo.text("specs/001-search/tasks.md")


def test_a_companion_can_not_be_adopted(notes: Notes) -> None:
    world = notes.world
    number = world.alice.open_issue("Tasks", LIST)
    world.alice.comment(number, f"/plan adopt {TASKS}")
    world.settle()
    said = [c.body for c in world.repo.comments_on(number)]
    assert any("belongs to" in body for body in said), said


def test_what_it_costs(notes: Notes) -> None:
    world = notes.world
    world.new_calls()
    world.alice.tick(notes.issue, "T001")
    world.settle()
    assert world.new_calls() == ["file", "blobs", "blobs", "issue", "put_file", "edit_comment"]
    for task in ("T002", "Says why"):
        world.alice.tick(notes.issue, task)
    world.settle()
    several = world.new_calls()
    assert several[:4] == ["file", "blobs", "blobs", "issue"]
    assert several[4:] == ["repository", "head", "file", "file", "commit_files", "edit_comment"]
    world.send(list(world.github.deliveries[-4:]))
    world.settle()
    assert world.new_calls() == []
    notes.push(TASKS, "- [ ] T003", "- [x] T003")
    world.settle()
    assert world.new_calls() == [
        *("file", "blobs", "blobs", "file", "issue"),
        *("issue", "edit_issue", "edit_comment"),
    ]


def test_who_may_not_write_is_held_in_every_file(notes: Notes) -> None:
    world = notes.world
    world.person("mallory").tick(notes.issue, "T001")
    world.person("mallory").tick(notes.issue, "Says why")
    world.settle()
    assert not notes.is_ticked(TASKS, "T001")
    assert not notes.is_ticked(REQUIREMENTS, "Says why")
    assert "**Held**" in notes.status
    notes.push(TASKS, "- [ ] T004", "- [x] T004")
    world.settle()
    assert "- [x] T001" in notes.body
    assert "- [x] T004" in notes.body
    world.bob.comment(notes.issue, "/plan accept")
    notes.settle()
    assert notes.is_ticked(TASKS, "T001")
    assert notes.is_ticked(REQUIREMENTS, "Says why")


def test_what_a_protected_branch_refuses_waits_in_one_pull_request(notes: Notes) -> None:
    world = notes.world
    world.repo.protected = True
    for task in ("T001", "Says why"):
        world.alice.tick(notes.issue, task)
    world.settle()
    assert not notes.is_ticked(TASKS, "T001")
    (number,) = world.repo.pulls
    assert f"waits in #{number}" in notes.status
    branch = world.repo.pulls[number].head
    assert "- [x] T001" in world.bob.read_file(TASKS, branch)
    assert "- [x] Says why" in world.bob.read_file(REQUIREMENTS, branch)
    world.alice.tick(notes.issue, "T002")
    world.settle()
    world.alice.merge_pull(number)
    notes.settle()
    assert [notes.is_ticked(TASKS, one) for one in ("T001", "T002", "T003")] == [True, True, False]
    assert notes.is_ticked(REQUIREMENTS, "Says why")


def test_a_list_that_had_its_own_issue_keeps_it(world: World) -> None:
    world.configure("adopt: ['plans/**/*.md']\n")
    world.bob.push_file(TASKS, LIST, "Tasks first")
    world.settle()
    own = world.plan_issue(TASKS)
    notes = Notes(world, tasks=None)
    assert len(world.repo.issues) == 2
    world.alice.tick(own, "T001")
    world.settle()
    world.alice.tick(notes.issue, "T002")
    notes.settle()
    for text in (notes.text(TASKS), notes.body, world.repo.issues[own].body):
        assert "- [x] T001" in text
        assert "- [x] T002" in text
        assert "- [ ] T003" in text


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 15))
def test_every_call_may_fail_once(notes: Notes, nth: int, after: bool) -> None:
    world = notes.world
    for task in ("T001", "Says what", "Says why"):
        world.alice.tick(notes.issue, task)
    notes.push(GATE, "- [ ] Steps", "- [x] Steps")
    world.github.interrupt(Retryable("502"), nth=nth, calls="any", after=after)
    world.send()
    world.work()
    world.github.calm()
    notes.settle()
    assert notes.is_ticked(TASKS, "T001")
    assert notes.is_ticked(REQUIREMENTS, "Says why")
    assert notes.is_ticked(GATE, "Steps")
    assert len(notes.commits()) == 1
    assert len(notes.said("status")) == 1


@pytest.mark.parametrize(
    ("line", "conclusion"),
    [("Task: T001", "success"), ("Task: requirements.2", "success"), ("Task: T099", "failure")],
)
def test_a_pull_request_s_check_knows_the_tasks_beside_the_plan(
    notes: Notes, line: str, conclusion: str
) -> None:
    world = notes.world
    world.bob.create_branch("work")
    world.bob.push_file("src/work.py", "pass\n", "Work", "work")
    number = world.bob.open_pull("work", "Work", f"Plan: #{notes.issue}\n{line}\n")
    world.settle()
    (check,) = world.repo.checks.values()
    assert check.conclusion == conclusion
    world.alice.merge_pull(number)
    notes.settle()
    assert notes.is_ticked(TASKS, "T001") == (line == "Task: T001")
    # A merge settles no box of a gate: that is for people to say.
    assert not notes.is_ticked(REQUIREMENTS, "Says why")


def test_a_pull_request_that_changes_the_tasks_alone_is_checked(notes: Notes) -> None:
    world = notes.world
    world.bob.create_branch("work")
    twice = LIST.replace("T004 [P]", "T001 [P]")
    world.bob.push_file(TASKS, twice, "Twice", "work")
    world.bob.open_pull("work", "Work", "The list")
    world.settle()
    (check,) = world.repo.checks.values()
    assert "T001 stands on line" in str(check.annotations)
