"""User stories: what is read from the filled-in plan and from small ones."""

from __future__ import annotations

from bot.plans.formats import recognise
from bot.plans.model import Gate, TaskState
from tests.formats.plans_at_hand import filled, read

HEAD = "# User Story: Codes\n\n**Status**: {status}\n\n"
VALIDATION = HEAD + "## Story\n## Architecture Validation\n\n**Result**: {result}\n\n- no owner\n"


def test_recognised_by_its_title_and_one_heading_or_by_its_headings() -> None:
    _, document = filled("user-story")
    found = recognise("x.md", document)
    assert found is not None
    assert found.format == "user-story"
    assert recognise("x.md", "# User Story: A\n\n## Devloop Tracking\n") is not None
    assert recognise("x.md", "# User Story: A\n\nOnce upon a time.\n") is None


def test_head_fields() -> None:
    plan, _ = filled("user-story")
    assert plan.title == "Return a parcel without a printer"
    assert plan.status == "In Progress"
    assert plan.extra["date"] == "2025-03-11"
    assert plan.participants == (
        "returns-api", "label-service", "web-shop", "dba", "Maren Holt (QA)",
    )  # fmt: skip


def test_a_status_that_lists_its_alternatives_is_none() -> None:
    undecided = "Draft | Planning | Ready | In Progress | Complete"
    assert read(HEAD.format(status=undecided) + "## Story\n").status == ""
    assert read(HEAD.format(status="ready (since Monday)") + "## Story\n").status == "Ready"


def test_requirements_keep_their_ids_and_the_others_take_their_place() -> None:
    plan, _ = filled("user-story")
    assert [(r.id, r.checked, r.covered_by) for r in plan.requirements] == [
        ("R-1", True, ("1", "3")),
        ("R-2", False, ("2", "4", "5")),
        ("R-3", False, ("2", "6")),
    ]
    assert plan.requirements[0].text.startswith("A customer can ask")
    boxes = "- [ ] R‑2: late\n- [x] no id\n- [ ] **R-1** x\n"
    loose = read(HEAD + "## Story\n## Requirements\n" + boxes)
    assert [(r.id, r.text) for r in loose.requirements] == [
        ("R-2", "late"), ("R-3", "no id"), ("R-1", "x"),
    ]  # fmt: skip


def test_validation_result_is_a_gate_with_its_gaps() -> None:
    def gate(result: str) -> Gate:
        return read(VALIDATION.format(result=result, status="Draft")).gates[0]

    assert gate("FAIL").passed is False
    assert gate("fail — see below").detail == "- no owner"
    assert gate("PASS | FAIL").passed is None
    assert gate("**PASS**").passed is True
    assert gate("passable").passed is None


def test_implementation_rows_are_tasks() -> None:
    plan, document = filled("user-story")
    second = plan.task("2")
    assert second is not None
    assert second.text == "Sign and verify codes"
    assert (second.owner, second.depends_on, second.covers) == ("label-service", ("1",), "code")
    assert second.state is TaskState.IN_PROGRESS
    assert document.line_text(second.line).startswith("| 2 | Sign")
    waits = [t.depends_on for t in plan.tasks]
    assert waits == [(), ("1",), ("1",), ("3",), ("2", "3"), ("4", "5")]
    assert (plan.progress.done, plan.progress.total) == (2, 6)


def test_tracking_rows_with_several_pull_requests() -> None:
    plan, _ = filled("user-story")
    assert [(row.number, row.pulls, row.status_word) for row in plan.tracking] == [
        ("1", (41,), "Complete"), ("2", (44,), "In Progress"), ("3", (42, 43), "Complete"),
        ("4", (), "Pending"), ("5", (), "Pending"), ("6", (), "Pending"),
    ]  # fmt: skip
    assert plan.tracking[0].output == "docs/devloops/codes-table.md"


def test_aspects_questions_assumptions_scenarios_and_revisions() -> None:
    plan, _ = filled("user-story")
    aspects = {c.name: (c.tasks, c.not_applicable) for c in plan.coverage if c.kind == "aspect"}
    assert aspects["Code"] == (("1", "2", "3", "4", "5"), False)
    assert aspects["Deployment"] == ((), True)
    assert [(q.number, q.asked_by, q.resolved) for q in plan.questions] == [
        (1, "label-service", True), (2, "Maren Holt", True),
    ]  # fmt: skip
    assert plan.assumptions[0].made_by == "web-shop"
    assert plan.assumptions[0].reason == "The carrier's contract of 2024 demands it"
    assert [s.requirements for s in plan.scenarios] == [("R-1", "R-2"), ("R-3",)]
    assert [(r.number, r.date) for r in plan.revisions] == [(1, "2025-03-14")]
    assert plan.revisions[0].feedback.startswith("Codes must expire")


def test_pending_or_undecided_questions_are_not_resolved() -> None:
    plan = read(
        HEAD + "## Story\n## Clarification Questions\n\n"
        "| # | Question | Asked By | Status | Answer |\n|-|-|-|-|-|\n"
        "| 1 | why? | dba | Pending / Answered | |\n| 2 | when? | dba | Pending | |\n"
        "| 3 | who? | dba | answered | me |\n"
    )
    assert [(q.number, q.resolved, q.status) for q in plan.questions] == [
        (1, False, ""), (2, False, "Pending"), (3, True, "answered"),
    ]  # fmt: skip


def test_the_model_revision_in_a_comment_is_not_revision_one() -> None:
    plan = read(
        HEAD + "## Story\n## Revisions\n\n<!--\n### Revision 1 — YYYY-MM-DD\n"
        '\n**Feedback**: "{user\'s feedback}"\n-->\n'
    )
    assert plan.revisions == ()


def test_parts_say_what_is_filled_in() -> None:
    plan, _ = filled("user-story")
    assert all(part.text for part in plan.parts)
    assert [part.name for part in plan.parts if part.name.startswith("Operations")] == [
        "Operations: Runbook updates", "Operations: Monitoring/Alerts", "Operations: Rollback",
    ]  # fmt: skip
    empty = read(HEAD + "## Story\n## Design\n\n### {service-specialist-1}\n\n{What changes.}\n")
    assert [(part.text, part.placeholder) for part in empty.parts] == [("", True)]
    assert empty.begun is False
