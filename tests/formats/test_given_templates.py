"""The template documents the formats come from, where a folder of them is at hand.

``PLANSYNC_SEEDS`` names that folder; every expected value was counted in the documents by hand.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.gates import check, status_of
from bot.plans.model import Plan, Severity

FOLDER = os.environ.get("PLANSYNC_SEEDS", "")
SEEDS = sorted(Path(FOLDER).glob("*.txt")) if FOLDER else []
pytestmark = pytest.mark.skipif(not SEEDS, reason="PLANSYNC_SEEDS names no folder of templates")


def seed(format: str) -> tuple[Plan, Document]:
    for path in SEEDS:
        document = parse_document(path.read_bytes().decode())
        found = recognise("", document)
        if found is not None and found.format == format:
            plan = read_plan("", document)
            assert plan is not None
            return plan, document
    raise AssertionError(f"no document of the format {format}")


@pytest.mark.parametrize(
    ("format", "boxes", "examples"),
    [
        ("feature-plan", 30, (48, 138)),
        ("user-story", 0, (83, 89, 97, 98, 99, 100, 101, 130, 131)),
        ("task-plan", 11, ()),
        ("implementation-plan", 0, (183, 184, 185)),
        ("track-spec", 4, (84, 85, 86)),
    ],
)
def test_a_template_is_an_unfilled_plan(format: str, boxes: int, examples: tuple[int, ...]) -> None:
    plan, document = seed(format)
    assert (plan.progress.done, plan.progress.total) == (0, boxes)
    assert (plan.example_rows, plan.example_lines) == (len(examples), examples)
    found = check(plan, document)
    assert {problem.severity for problem in found} == {Severity.NOTE}
    status = status_of(plan, document)
    assert (status.overall, status.blockers) == ("Draft", ())
    assert status.written in ("", "Drafting")


def test_feature_plan() -> None:
    plan, _ = seed("feature-plan")
    assert [(group.key, len(group.tasks)) for group in plan.groups] == [
        ("0", 3), ("1", 3), ("2", 4), ("3", 4), ("4", 4), ("5", 4), ("A", 8),
    ]  # fmt: skip
    assert plan.header is not None
    assert plan.header.labels == ("plan", "feature", "documentation")
    assert (plan.header.assignees, plan.target_branch, plan.milestones) == ((), None, ())
    assert (plan.risks, plan.components, plan.regressions) == ((), (), ())
    assert [artifact.line for artifact in plan.artifacts] == [156, 157, 158]


def test_user_story() -> None:
    plan, document = seed("user-story")
    assert [(r.id, r.line, r.covered_by) for r in plan.requirements] == [
        ("R-1", 13, ("1", "2")), ("R-2", 14, ("2", "3")), ("R-3", 15, ("3", "5")),
    ]  # fmt: skip
    assert [(gate.passed, gate.line, gate.detail) for gate in plan.gates] == [(None, 21, "")]
    assert plan.tasks == plan.tracking == plan.questions == plan.assumptions == plan.revisions == ()
    assert [entry.name for entry in plan.coverage if entry.kind == "aspect"] == [
        "Code", "Database", "Tests", "Observability", "Deployment", "Operations",
    ]  # fmt: skip
    undecided = [p.line for p in check(plan, document) if p.code == "plan.undecided"]
    assert undecided == [4, 21]


def test_task_plan() -> None:
    plan, document = seed("task-plan")
    (story,) = plan.groups
    assert (story.key, len(story.tasks), len(story.exit_tasks)) == ("S-1", 3, 8)
    assert document.line_text(story.tasks[0].line) == "- [ ] <task 1>"
    assert plan.contract is not None
    assert (plan.contract.source, len(plan.contract.allowed_sections)) == ("plan", 15)
    assert (plan.stop_tokens, plan.questions, plan.others) == ((), (), ())


def test_implementation_plan() -> None:
    plan, document = seed("implementation-plan")
    assert [(gate.name, gate.passed) for gate in plan.gates] == [
        ("Safety / Security", None), ("Maintainability", None),
        ("Complexity / Scope Creep", None), ("Testing / Observability", None),
    ]  # fmt: skip
    assert (plan.begun, plan.complexity, plan.stop_tokens) == (False, (), ())
    assert len(plan.phases) == 4
    left = [(p.code, p.line) for p in check(plan, document) if p.code.startswith("impl.")]
    assert left == [
        ("impl.leftover-action", 41), ("impl.leftover-action", 124), ("impl.leftover-option", 129),
        ("impl.leftover-remove", 134), ("impl.leftover-option", 134),
        ("impl.leftover-remove", 144), ("impl.leftover-option", 144),
        ("impl.leftover-remove", 157), ("impl.leftover-option", 157),
    ]  # fmt: skip


def test_track_spec() -> None:
    plan, _ = seed("track-spec")
    assert [(a.role, a.name, a.optional, a.gate_line) for a in plan.approvals] == [
        ("Product Owner", "", False, 74), ("Tech Lead", "", False, 75),
        ("Security", "", True, 76), ("QA", "", False, 77),
    ]  # fmt: skip
    assert (plan.status, plan.risks, plan.questions) == ("Drafting", (), ())
    assert [(a.path, a.pending) for a in plan.artifacts] == [
        ("draft/product.md", True), ("draft/tech-stack.md", True), ("draft/.ai-context.md", True),
    ]  # fmt: skip
    assert plan.extra["fm.git.dirty"] == "false"
    assert "fm.track_id" not in plan.extra
