"""Feature plans: what is read from the filled-in plan and from small ones."""

from __future__ import annotations

from bot.plans.document import parse_document
from bot.plans.formats import recognise
from tests.formats.plans_at_hand import filled, read

HEAD = "# Kiosk – Tickets Feature Plan\n\n"


def test_recognised_by_its_headings_whatever_its_path() -> None:
    _, document = filled("feature-plan")
    found = recognise("anything.md", document)
    assert found is not None
    assert found.format == "feature-plan"
    assert recognise("plan_docs/notes.md", "# Notes\n\n- [ ] call Ines\n") is None


def test_phases_are_groups_and_the_acceptance_checklist_is_the_last() -> None:
    plan, _ = filled("feature-plan")
    assert [(g.key, g.title, len(g.tasks), g.progress.done) for g in plan.groups] == [
        ("0", "Phase 0: Discovery & Alignment", 3, 3),
        ("1", "Phase 1: Foundation & Enablers", 2, 2),
        ("2", "Phase 2: Core Feature Development", 4, 2),
        ("3", "Phase 3: Experience & Integration", 3, 0),
        ("4", "Phase 4: Validation & Hardening", 3, 1),
        ("5", "Phase 5: Rollout & Monitoring", 2, 0),
        ("A", "Acceptance Checklist", 4, 2),
    ]
    assert (plan.progress.done, plan.progress.total) == (10, 21)
    assert [(gate.name, gate.passed) for gate in plan.gates] == [("Acceptance Checklist", None)]


def test_header_branch_milestones_and_projects() -> None:
    plan, _ = filled("feature-plan")
    assert plan.header is not None
    assert plan.header.title == "Kiosk – Queue Tickets Feature Plan"
    assert plan.header.labels == ("plan", "feature", "documentation")
    assert plan.header.assignees == ("jonas-w",)
    assert plan.target_branch == "feature/queue-tickets"
    assert plan.milestones == ("North hall", "All sites")
    assert plan.extra["projects"] == "Kiosk board"


def test_placeholders_name_no_branch_milestone_project_or_assignee() -> None:
    plan = read(
        ">Title: X\n\n>Assignees: [owner]\n\n---\n\n" + HEAD
        + "## Repository Branch & Milestones\n"
        "- Target implementation branch: [e.g., feature/[slug]]\n"
        "- Milestone(s): [Milestone 1], Beta\n"
        "- Linked GitHub Project(s): [Project]\n",
        "plan_docs/x.md",
    )  # fmt: skip
    assert plan.target_branch is None
    assert plan.milestones == ("Beta",)
    assert plan.extra == {}
    assert plan.header is not None
    assert plan.header.assignees == ()


def test_risks_components_regressions_and_artifacts() -> None:
    plan, document = filled("feature-plan")
    risk = plan.risks[0]
    assert (risk.impact_word, risk.likelihood_word, risk.owner) == ("Med", "High", "Ines")
    assert risk.mitigation == "Paper sensor raises an alert"
    assert document.line_text(risk.line).startswith("| Printers run out")
    assert [component.name for component in plan.components] == ["kiosk-ui", "badge-service"]
    assert plan.components[0].change == "Draw and reprint tickets"
    first = plan.regressions[0]
    assert (first.area, first.impact) == ("Check-in", "one more screen before the badge")
    assert first.mitigation == "timing test in the kiosk suite"
    assert [artifact.path for artifact in plan.artifacts] == [
        "plan_docs/feature-brief.md",
        "plan_docs/tech-stack.md",
        "plan_docs/architecture.md",
        "docs/adr/0007-queue-service.md",
    ]


def test_example_rows_are_counted_and_read_by_no_rule() -> None:
    plan = read(
        HEAD + "## Implementation Plan\n\n## Risk Management\n"
        "| Risk | Impact | Likelihood | Mitigation | Owner |\n|-|-|-|-|-|\n"
        "| [Risk] | [High/Med/Low] | [High/Med/Low] | [Plan] | [Name] |\n\n"
        "## Regression Impact Log\n- [Area] — [Impact] — [Mitigation/Test]\n",
        "plan_docs/x.md",
    )  # fmt: skip
    assert plan.risks == ()
    assert plan.regressions == ()
    assert (plan.example_rows, plan.example_lines) == (1, (8,))


def test_a_regression_may_run_over_lines_and_between_paragraphs() -> None:
    plan = read(
        HEAD + "## Implementation Plan\n\n## Regression Impact Log\nWhat could break:\n"
        "- Search — slower\n  writes — load test\n\nand\n- Export — none — none needed\n- —\n",
        "plan_docs/x.md",
    )  # fmt: skip
    assert [(e.line, e.area, e.impact, e.mitigation) for e in plan.regressions] == [
        (7, "Search", "slower writes", "load test"), (11, "Export", "none", "none needed"),
    ]  # fmt: skip


def test_settled_boxes_count_and_a_bare_na_does_not() -> None:
    plan = read(
        HEAD + "## Implementation Plan\n### Phase 0: A\n"
        "- [ ] ~~dropped~~\n- [ ] load test — N/A: one site\n- [ ] other – N/A\n- [X] done\n",
        "plan_docs/x.md",
    )  # fmt: skip
    assert [task.settled for task in plan.tasks] == [True, True, False, True]
    assert [task.address for task in plan.tasks] == ["0.1", "0.2", "0.3", "0.4"]


def test_a_phase_that_stands_twice_or_inside_another_is_counted_once() -> None:
    plan = read(
        HEAD + "## Implementation Plan\n### Phase 1: A\n- [ ] one\n#### Phase 2: inner\n- [ ] two\n"
        "### Phase 1: again\n- [ ] three\n### Phase 2: B\n- [ ] four\n",
        "plan_docs/x.md",
    )  # fmt: skip
    assert [(t.address, t.text) for t in plan.tasks] == [
        ("1.1", "one"), ("1.2", "two"), ("1.3", "three"), ("2.1", "four"),
    ]  # fmt: skip
    assert [(group.key, group.title) for group in plan.groups] == [
        ("1", "Phase 1: A"), ("2", "Phase 2: B"),
    ]  # fmt: skip


def test_phase_headings_with_any_dash_and_boxes_elsewhere_have_addresses_too() -> None:
    document = parse_document(
        HEAD + "## Implementation Plan\n#### Phase 2 – Core\n- [ ] one\n  - [ ] nested\n"
        "## Implementation Notes\n- [ ] ask Ines\n"
    )
    plan = read(document.text, "plan_docs/x.md")
    assert [(t.address, t.text) for t in plan.tasks] == [("2.1", "one"), ("2.2", "nested")]
    assert [(t.address, t.text) for t in plan.others] == [("implementation-notes.1", "ask Ines")]
