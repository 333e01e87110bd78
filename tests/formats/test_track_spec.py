"""Track specifications: front matter, approvals, risks, references, questions."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import recognise
from bot.plans.gates.spec_rules import score_of
from bot.plans.model import Approval, Plan
from bot.plans.prose import lone_placeholder
from bot.plans.scores import correct_scores
from tests.formats.plans_at_hand import filled, filled_text, read

HEAD = "# Specification: x\n\n## Stakeholders & Approvals\n\n"
TABLE = "| Role | Name | Approval Required | Status |\n|-|-|-|-|\n"


def spec(text: str) -> Plan:
    return read(text, "draft/tracks/x/spec.md", "track-spec")


def approval(status: str, gate: str = "", required: str = "Review (if applicable)") -> Approval:
    row = f"| Security | Yusuf | {required} | {status} |\n"
    gates = f"\n### Approval Gates\n{gate}\n" if gate else ""
    return spec(HEAD + TABLE + row + gates).approvals[0]


def test_recognised_by_headings_or_track_id() -> None:
    _, document = filled("track-spec")
    found = recognise("x.md", document)
    assert found is not None
    assert found.format == "track-spec"
    assert recognise("draft/tracks/a/spec.md", "# Specification: A\n") is not None
    assert recognise("spec.md", "# Feature Specification: A\n\n## Requirements\n") is None


def test_front_matter_and_head() -> None:
    plan, _ = filled("track-spec")
    assert plan.title == "Maps without a network"
    assert (plan.status, plan.extra["status_checked"]) == ("Drafting", "no")
    assert plan.extra["track_id"] == plan.extra["fm.track_id"] == "offline-maps"
    assert plan.extra["fm.git.dirty"] == "false"
    assert plan.extra["fm.git.remote"] == "origin/main"
    unfilled = spec('---\ntrack_id: "{TRACK_ID}"\n---\n# Specification: [Title]\n')
    assert "fm.track_id" not in unfilled.extra


def test_approvals_and_their_gates() -> None:
    plan, document = filled("track-spec")
    assert [(a.role, a.name, a.approved, a.waived, a.gate_checked) for a in plan.approvals] == [
        ("Product Owner", "Lena", True, False, True),
        ("Tech Lead", "@marek", False, False, False),
        ("Security", "Yusuf", False, True, False),
        ("QA", "Pia", False, False, False),
    ]
    security = plan.approvals[2]
    assert (security.optional, security.waiver) == (True, "no new data leaves the phone")
    assert document.line_text(security.gate_line or 0).startswith("- [ ] Security review")
    assert [gate.passed for gate in plan.gates] == [True, None, True, None]


@pytest.mark.parametrize(
    ("status", "approved", "waived", "reason"),
    [
        ("[ ]", False, False, ""),
        ("[x]", True, False, ""),
        ("[X] 2025-02-03", True, False, ""),
        ("N/A — no new data", False, True, "no new data"),
        ("n/a: no new data", False, True, "no new data"),
        ("[ ] N/A (no new data)", False, True, "no new data"),
        ("N/A", False, True, ""),
        ("", False, False, ""),
    ],
)
def test_the_status_cell(status: str, approved: bool, waived: bool, reason: str) -> None:
    found = approval(status)
    assert (found.approved, found.waived, found.waiver) == (approved, waived, reason)
    assert found.optional


def test_a_role_is_optional_by_its_row_or_its_gate() -> None:
    assert not approval("[ ]", required="Review").optional
    gate = "- [ ] Security review completed (if touching auth)"
    assert approval("[ ]", gate, "Review").optional


def test_gates_belong_to_the_longest_role_they_name() -> None:
    plan = spec(
        HEAD + TABLE + "| QA | a | b | [ ] |\n| QA Lead | a | b | [ ] |\n| Legal | a | b | [ ] |\n"
        "\n### Approval Gates\n- [x] Signed by QA Lead\n- [ ] Tested by QA\n- [ ] Quality again\n"
    )
    assert [a.gate_checked for a in plan.approvals] == [False, True, None]


def test_risks_are_graded() -> None:
    plan, _ = filled("track-spec")
    assert [(r.probability, r.impact, r.score, bool(r.mitigation)) for r in plan.risks] == [
        (4, 3, 12, True), (2, 4, 8, False),
    ]  # fmt: skip
    odd = spec(
        "# Specification: x\n## Risk Assessment\n\n| Risk | Probability | Impact | Score | "
        "Mitigation |\n|-|-|-|-|-|\n| a | 6 | 3 | 18 | — |\n| b | 2 | x | | N/A |\n"
        "| [e.g., c] | 3 | 3 | 9 | [plan] |\n"
    )
    assert [(r.probability, r.impact, score_of(r), r.mitigation) for r in odd.risks] == [
        (None, 3, 18, ""), (2, None, None, ""),
    ]  # fmt: skip
    assert odd.example_rows == 1


def test_scores_are_corrected_in_place_and_nothing_else_moves() -> None:
    text = filled_text("track-spec").replace("| 4 | 3 | 12 |", "| 4 | 3 |  7 |")
    document = parse_document(text)
    corrected, said = correct_scores(document)
    assert corrected == text.replace("|  7 |", "|  12 |")
    assert [(change.line, change.was, change.now) for change in said] == [(80, "7", 12)]
    assert correct_scores(parse_document(corrected)) == (corrected, ())


def test_context_references() -> None:
    plan, _ = filled("track-spec")
    assert [(a.label, a.path, a.pending) for a in plan.artifacts] == [
        ("Product", "draft/product.md", False),
        ("Tech Stack", "draft/tech-stack.md", True),
        ("Architecture", "draft/.ai-context.md", False),
    ]


@pytest.mark.parametrize(
    ("body", "alone"),
    [
        ("[Tracked during conversation]", "[Tracked during conversation]"),
        ("> Why and what.\n\n[Summary\ncomes here]\n\n---", "[Summary\ncomes here]"),
        ("<!-- a note -->\n[Summary]", "[Summary]"),
        ("[Summary]\n\n- 2025-02-05: decided", None),
        ("- 2025-02-05: decided", None),
        ("", None),
    ],
)
def test_a_placeholder_that_stands_alone_is_where_a_first_entry_goes(
    body: str, alone: str | None
) -> None:
    document = parse_document(f"# Specification: x\n\n## Open Questions\n{body}\n\n## Next\n[X]\n")
    section = document.section("Open Questions")
    assert section is not None
    span = lone_placeholder(document, section)
    assert (span.of(document.text) if span else None) == alone


def test_open_questions_and_boxes() -> None:
    plan, _ = filled("track-spec")
    assert [(q.number, q.resolved, q.answer) for q in plan.questions] == [
        (1, True, ""), (2, True, "seven days (Marek, 2025-02-10)"),
    ]  # fmt: skip
    assert [(group.kind, group.progress.done, group.progress.total) for group in plan.groups] == [
        ("checklist", 1, 3), ("approvals", 2, 4),
    ]  # fmt: skip
    assert [task.address for task in plan.groups[1].tasks] == [
        "approval-gates.1", "approval-gates.2", "approval-gates.3", "approval-gates.4",
    ]  # fmt: skip
    assert spec("# Specification: x\n## Open Questions\n[Tracked later]\n").questions == ()
