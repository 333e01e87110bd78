"""Implementation plans with their checklists, and Spec Kit task lists."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.formats.implementation_plan import epic_dir
from bot.plans.model import Plan
from tests.formats.plans_at_hand import PATHS, filled, filled_text, read

PATH = PATHS["implementation-plan"]
FOLDER = PATH.removesuffix("impl-plan.md")
HEAD = "# Implementation Plan: x\n\n## Constitution Check\n\n"


def gates_of(lines: str) -> list[tuple[bool | None, str]]:
    plan = read(HEAD + lines, PATH)
    return [(gate.passed, gate.detail) for gate in plan.gates]


def test_recognised_with_its_checklists_and_task_lists() -> None:
    for name, path in (
        ("implementation-plan", "docs/any.md"),
        ("tasks", "specs/031-credit-notes/tasks.md"),
        ("requirements", FOLDER + "checklists/requirements.md"),
        ("gate", FOLDER + "checklists/PlanQualityGate.md"),
    ):
        found = recognise(path, filled_text(name))
        assert found is not None, name
        assert found.format == "implementation-plan"
    for boxes in ("- [ ] sweep\n- [ ] T001 dust\n- [ ] mop\n", "- [ ] T001 dust\n- [ ] T002 mop\n"):
        assert recognise("specs/a/tasks.md", f"# Chores\n\n{boxes}") is None


def test_head_and_parts() -> None:
    plan, _ = filled("implementation-plan")
    assert plan.title == "031-credit-notes"
    assert plan.target_branch == "031-credit-notes"
    assert plan.extra == {"date": "2025-04-02", "epic": "EPIC-12", "spec": "spec.md"}
    assert [artifact.path for artifact in plan.artifacts] == [
        "spec.md", "checklists/requirements.md", "checklists/PlanQualityGate.md",
    ]  # fmt: skip
    parts = {part.name: part.text for part in plan.parts}
    assert parts["Technical Context: Storage"] == "PostgreSQL 16"
    assert parts["Structure Decision"].startswith("Both services keep")
    assert plan.begun
    assert plan.phases == (
        "Phase 0: Research",
        "Phase 1: Design & Contracts",
        "Phase 2: Implementation Prep",
        "Phase 3: Validation",
    )
    (row,) = plan.complexity
    assert row.filled
    assert row.why == "The ledger refuses negative invoices"


def test_the_feature_carries_the_boxes_of_the_files_beside_it() -> None:
    plan, _ = filled("implementation-plan")
    assert [(g.key, g.kind, g.progress.done, g.progress.total) for g in plan.groups] == [
        ("outputs-0", "outputs", 1, 1),
        ("outputs-1", "outputs", 2, 3),
        ("1", "phase", 2, 2),
        ("2", "phase", 1, 3),
        ("3", "phase", 0, 2),
        ("requirements", "checklist", 3, 3),
        ("PlanQualityGate", "checklist", 4, 4),
    ]
    assert (plan.progress.done, plan.progress.total) == (13, 18)
    task = plan.task("T005")
    assert task is not None
    assert task.path == FOLDER + "tasks.md"
    assert task.text == "Contract test of the nightly export"
    box = plan.task("PlanQualityGate.3")
    assert box is not None
    assert (box.path, box.settled) == (FOLDER + "checklists/PlanQualityGate.md", True)


def test_without_the_files_there_are_no_boxes() -> None:
    plan = read(filled_text("implementation-plan"), PATH)
    assert plan.groups == ()
    assert plan.progress.total == 0


def test_constitution_gates() -> None:
    assert gates_of("- **A**: OK\n- **B**: ok\n- **C**: [OK]\n") == [(True, "")] * 3
    assert gates_of("- **A**: [OK / NEEDS REVIEW – reason]\n- **B**: OK / NEEDS REVIEW\n") == [
        (None, ""), (None, ""),
    ]  # fmt: skip
    assert gates_of("- **A**: NEEDS REVIEW – a queue is added\n") == [(False, "a queue is added")]
    assert gates_of("- **A**: NEEDS REVIEW\n- **B**: NEEDS REVIEW – reason\n") == [
        (False, ""), (False, ""),
    ]  # fmt: skip
    assert gates_of("- **A**: [NEEDS REVIEW – new queue]\n") == [(False, "new queue")]
    assert gates_of("- **A**:\n") == [(None, "")]
    assert gates_of("- **A**: violated, see below\n") == [(False, "violated, see below")]


@pytest.mark.parametrize(
    ("path", "epic"),
    [
        (PATH, "plans/core/billing/EPIC-12/"),
        ("impl-plan.md", None),
        ("specs/031/plan.md", None),
        ("EPIC-1/features/2/impl-plan.md", "EPIC-1/"),
    ],
)
def test_the_epic_of_a_path(path: str, epic: str | None) -> None:
    assert epic_dir(path) == epic


def speckit(text: str) -> Plan:
    return read(text, "specs/1/tasks.md", "implementation-plan")


def test_spec_kit_task_lists() -> None:
    plan = read(filled_text("tasks"), "specs/031/tasks.md")
    assert plan.title == "Credit notes"
    sizes = [(group.key, len(group.tasks)) for group in plan.groups]
    assert sizes == [("1", 2), ("2", 3), ("3", 2)]
    second = plan.task("t002")
    assert second is not None
    assert (second.parallel, second.story, second.path) == (True, None, "")
    last = plan.task("T007")
    assert last is not None
    assert (last.parallel, last.story, last.text) == (False, "US1", "Page for clerks")
    assert plan.groups[2].title == "Phase 3: User Story 1 - Write a credit note"


def test_spec_kit_lists_without_phases_with_odd_marks_and_loose_boxes() -> None:
    plan = speckit(
        "# Tasks: x\n\n- [ ] T001 first\n- [x] **T002** [US2] [P] second\n- [ ] ~~T003 third~~\n"
        "- [ ] loose box\n- [ ] T004: fourth\n"
    )
    (group,) = plan.groups
    assert [(t.address, t.text, t.settled) for t in group.tasks] == [
        ("T001", "first", False),
        ("T002", "second", True),
        ("T003", "third", True),
        ("tasks-tasks.4", "loose box", False),
        ("T004", "fourth", False),
    ]
    assert group.tasks[1].parallel
    assert group.tasks[1].story == "US2"


def test_a_checklist_on_its_own_is_one_group() -> None:
    plan = read(filled_text("gate"), FOLDER + "checklists/PlanQualityGate.md")
    assert [(group.kind, group.progress.total) for group in plan.groups] == [("checklist", 4)]
    assert plan.gates[0].passed is True
    assert plan.extra == {"kind": "checklist"}


def test_folders_of_a_lazy_mapping_are_asked_for_by_name() -> None:
    document = parse_document(filled_text("implementation-plan"))
    plan = read_plan(PATH, document, files={FOLDER + "contracts/": ""})
    assert plan is not None
    outputs = [task.address for group in plan.groups for task in group.tasks if task.settled]
    assert outputs == ["contracts/"]
