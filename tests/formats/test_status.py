"""Where the filled-in plans stand, counted by hand, and what follows what."""

from __future__ import annotations

from datetime import date

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.gates import (
    PlanStatus,
    blockers,
    critical_path,
    cycles,
    next_tasks,
    status_of,
    why_not,
)
from bot.plans.model import PlanTask, TaskState
from tests.formats.plans_at_hand import PATHS, filled, filled_files, filled_text, read


def status(name: str, *edits: tuple[str, str], today: date | None = None) -> PlanStatus:
    text = filled_text(name)
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    document = parse_document(text)
    plan = read_plan(PATHS[name], document, files=filled_files())
    assert plan is not None
    return status_of(plan, document, files=filled_files(), today=today)


def row(address: str, *depends_on: str, done: bool = False) -> PlanTask:
    state = TaskState.COMPLETE if done else TaskState.PENDING
    return PlanTask(address, "", 1, state, settled=done, depends_on=depends_on)


def test_feature_plan_by_hand() -> None:
    # Phases 3/3, 2/2, 2/4 (one is struck), 0/3, 1/3 (one is N/A with a reason), 0/2; gate 2/4.
    found = status("feature-plan")
    assert found.overall == "In Progress"
    assert (found.progress.done, found.progress.total) == (10, 21)
    assert [(g.progress.done, g.progress.total, g.complete) for g in found.groups] == [
        (3, 3, True), (2, 2, True), (2, 4, False), (0, 3, False), (1, 3, False), (0, 2, False),
        (2, 4, False),
    ]  # fmt: skip
    assert [task.address for task in found.next] == ["2.2", "2.3"]
    assert (found.blockers, found.questions, found.coverage) == ((), (), None)


def test_user_story_by_hand() -> None:
    # Rows 1 and 3 are Complete, 2 is In Progress. 4 waits for 3 only; 5 for 2; 6 for 4 and 5.
    found = status("user-story")
    assert (found.overall, found.written) == ("In Progress", "In Progress")
    assert (found.progress.done, found.progress.total) == (2, 6)
    assert [task.address for task in found.next] == ["4"]
    assert [task.address for task in found.in_progress] == ["2"]
    assert found.critical_path == ("2", "5", "6")
    assert (found.requirements.done, found.requirements.total) == (1, 3)
    assert found.coverage is not None
    assert (found.coverage.covered, found.coverage.total, found.coverage.missing) == (3, 3, ())
    assert found.aspects is not None
    assert (found.aspects.covered, found.aspects.total) == (6, 6)
    assert [gate.passed for gate in found.gates] == [True]


def test_task_plan_by_hand() -> None:
    # S-1: 3 tasks and 8 exit boxes, all settled. S-2: 1 of 4 tasks, 0 of 3 exit boxes.
    found = status("task-plan", today=date(2025, 5, 20))
    assert found.overall == "In Progress"
    assert (found.progress.done, found.progress.total) == (12, 18)
    first, second = found.groups
    assert first.complete
    assert (second.exit.done, second.exit.total) == (0, 3) if second.exit else False
    assert [(task.address, task.text) for task in found.next] == [
        ("S-2/T-2", "Name the file after customer and period")
    ]


def test_implementation_plan_by_hand() -> None:
    # research.md; data-model.md and contracts/ of three; T001-T003 of seven; 3 and 4 boxes.
    found = status("implementation-plan")
    assert (found.progress.done, found.progress.total) == (1 + 2 + 3 + 3 + 4, 1 + 3 + 7 + 3 + 4)
    assert [task.address for task in found.next] == ["quickstart.md", "T004", "T005"]
    assert found.overall == "In Progress"
    assert [gate.name for gate in found.gates if gate.passed is False] == [
        "Complexity / Scope Creep"
    ]


def test_track_spec_by_hand() -> None:
    # One of three criteria; the Product Owner has approved, Security is waived with a reason.
    found = status("track-spec")
    assert (found.progress.done, found.progress.total) == (3, 7)
    assert (found.approvals.done, found.approvals.total) == (2, 4)
    assert [task.address for task in found.next] == [
        "acceptance-criteria.2", "acceptance-criteria.3", "approval-gates.2", "approval-gates.4",
    ]  # fmt: skip


def test_a_story_goes_from_draft_to_complete_with_its_facts() -> None:
    waiting = (("Complete |", "Pending |"), ("In Progress |", "Pending |"))
    links = [(f"[#{n}](https://github.com/acme/shop/pull/{n})", "") for n in (41, 42, 43, 44)]
    ready = status("user-story", *waiting, *links)
    assert ready.overall == "Ready"
    assert [task.address for task in ready.next] == ["1"]
    asked = ("| Answered | Yes", "| Pending | Yes")
    assert status("user-story", *waiting, *links, asked).overall == "Planning"
    assert (
        status("user-story", *waiting, *links, ("| R-3 | 2, 6 |", "| R-3 | |")).overall
        == "Planning"
    )
    undecided = ("**Result**: PASS", "**Result**: PASS | FAIL")
    assert status("user-story", *waiting, *links, undecided).overall == "Planning"
    linked = status("user-story", *waiting, *links[1:])
    assert linked.overall == "In Progress"
    done = status("user-story", ("Pending |", "Complete |"), ("In Progress |", "Complete |"))
    assert (done.overall, done.next, done.critical_path) == ("Complete", (), ())
    failed = status("user-story", ("**Result**: PASS", "**Result**: FAIL"))
    assert (failed.overall, failed.next) == ("Blocked", ())
    assert [problem.code for problem in failed.blockers] == ["story.validation-failed"]


def test_a_stop_token_or_a_missed_date_blocks_a_task_plan() -> None:
    stopped = status("task-plan", ("- External: none", "- BLOCKED: no proxy"))
    assert (stopped.overall, stopped.next) == ("Blocked", ())
    assert [(p.code, p.message) for p in stopped.blockers] == [
        ("tasks.blocked", "BLOCKED stands here: no proxy")
    ]
    due = ("before the audit in June", "2025-06-06")
    assert status("task-plan", due, today=date(2025, 6, 6)).overall == "In Progress"
    assert status("task-plan", due, today=date(2025, 6, 7)).overall == "Blocked"


def test_everything_settled_is_complete() -> None:
    assert status("feature-plan", ("- [ ]", "- [x]")).overall == "Complete"
    signed = (("- [ ]", "- [x]"), ("| [ ] |", "| [x] |"))
    assert status("track-spec", *signed).overall == "Complete"
    assert status("track-spec", signed[0]).overall == "In Progress"


def test_the_gates_of_an_implementation_plan_come_in_order() -> None:
    files = filled_files()
    folder = PATHS["implementation-plan"].removesuffix("impl-plan.md")
    document = parse_document(filled_text("implementation-plan"))

    def following() -> list[str]:
        plan = read_plan(PATHS["implementation-plan"], document, files=files)
        assert plan is not None
        return [task.address for task in next_tasks(plan)]

    gate = folder + "checklists/PlanQualityGate.md"
    files[gate] = files[gate].replace("- [x] Every", "- [ ] Every")
    assert following() == ["quickstart.md", "PlanQualityGate.2"]
    requirements = folder + "checklists/requirements.md"
    files[requirements] = files[requirements].replace("- [x] No", "- [ ] No")
    assert following() == ["requirements.3"]


def test_the_plan_quality_gate_needs_settled_boxes_and_no_error() -> None:
    def gate(*edits: tuple[str, str]) -> tuple[bool | None, str]:
        found = status("implementation-plan", *edits)
        held = next(gate for gate in found.gates if gate.name == "PlanQualityGate.md")
        return held.passed, held.detail

    assert gate() == (True, "")
    assert gate(("3. Update", "3. BLOCKED: no ledger\n4. Update")) == (
        False, "The plan has one error.",
    )  # fmt: skip


def test_a_story_without_open_tasks_offers_its_exit_boxes() -> None:
    text = (
        "# Plan\n## User Stories\n### Story [S-1]: A\n#### Tasks Checklist\n- [x] one\n"
        "#### Story Exit Checklist\n- [x] tests pass\n"
        '- [ ] Decision Log includes final "Done" entry for this story\n'
        "### Story [S-2]: B\n#### Tasks Checklist\n- [ ] two\n- [ ] three\n"
    )
    plan = read(text, "p.md", "task-plan")
    assert [task.address for task in next_tasks(plan)] == ["S-1/E-2"]
    assert [problem.code for problem in why_not(plan, "S-2/T-1")] == ["tasks.story-out-of-order"]
    assert why_not(plan, "S-1/T-1") == []
    closed = read(text.replace("- [ ] Decision", "- [x] Decision"), "p.md", "task-plan")
    assert [task.address for task in next_tasks(closed)] == ["S-2/T-1"]
    assert why_not(closed, "S-2/T-1") == []


def test_a_failed_validation_holds_every_task_of_a_story_back() -> None:
    plan, _ = filled("user-story")
    assert why_not(plan, "4") == []
    failed = read(filled_text("user-story").replace("PASS", "FAIL"))
    assert [problem.code for problem in why_not(failed, "4")] == ["story.validation-failed"]


def test_spec_kit_tasks_marked_p_are_next_together() -> None:
    boxes = "- [x] T001 a\n- [ ] T002 [P] b\n- [ ] T003 [P] c\n- [ ] T004 d\n"
    text = f"# Tasks: x\n## Phase 1: a\n{boxes}"
    plan = read(text, "specs/x/tasks.md")
    assert [task.address for task in next_tasks(plan)] == ["T002", "T003"]
    later = read(text.replace("[P] b", "b"), "specs/x/tasks.md")
    assert [task.address for task in next_tasks(later)] == ["T002"]


@pytest.mark.parametrize(
    ("tasks", "circles"),
    [
        ([row("1"), row("2", "1")], []),
        ([row("1", "1")], [("1",)]),
        ([row("1", "3"), row("2", "1"), row("3", "2"), row("4", "3")], [("1", "2", "3")]),
        ([row("4", "5"), row("5", "4"), row("1", "2"), row("2", "1")], [("4", "5"), ("1", "2")]),
        ([row("1", "9")], []),
    ],
)
def test_cycles(tasks: list[PlanTask], circles: list[tuple[str, ...]]) -> None:
    assert cycles(tasks) == circles


def test_long_chains_are_no_recursion() -> None:
    chain = [row("0"), *(row(str(n), str(n - 1)) for n in range(1, 3000))]
    assert cycles(chain) == []
    assert len(critical_path(chain)) == 3000
    assert len(cycles([row("0", "2999"), *chain[1:]])[0]) == 3000


def test_the_critical_path_is_the_longest_chain_of_open_tasks() -> None:
    tasks = [row("1", done=True), row("2", "1"), row("3", "2"), row("4", "1"), row("5", "3", "4")]
    assert critical_path(tasks) == ("2", "3", "5")
    assert critical_path([row("1"), row("2")]) == ()
    assert critical_path([row("1", "2"), row("2", "1")]) == ()


def test_blockers_are_findings_that_stop_work() -> None:
    plan, document = filled("user-story")
    assert blockers(plan, document) == []
    cyclic = filled_text("user-story").replace("| dba | — |", "| dba | 5 |")
    found = blockers(read(cyclic), parse_document(cyclic))
    assert [(problem.code, problem.line) for problem in found] == [("story.dependency-cycle", 98)]
