"""The files beside an implementation plan: commands, gates, moves, protection and checks."""

from __future__ import annotations

import pytest

from bot.errors import Retryable
from bot.plans.render import issue_plan_text, parse_plan_marker
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
