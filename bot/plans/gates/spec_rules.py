"""What is found in track specifications."""

from __future__ import annotations

from collections.abc import Iterator

from bot.plans.document import fold
from bot.plans.formats.track_spec import FRONT_MATTER_KEYS
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.model import Approval, Problem, Risk

HIGH_SCORE = 9


def findings(context: Context) -> Iterator[Problem]:
    """Everything that is particular to track specifications."""
    yield from _front_matter(context)
    yield from _approvals(context)
    for risk in context.plan.risks:
        yield from _risk(risk)
    yield from _references(context)
    for question in context.plan.questions:
        if not question.resolved:
            yield finding(
                "spec.question-open",
                f"Question {question.number} is open: {question.text}",
                f"Answer it with `/plan answer {question.number} text` or a nested `Answer:`.",
                question.line,
            )


def score_of(risk: Risk) -> int | None:
    """Probability times impact, else the score as written when it is a number."""
    if risk.probability is not None and risk.impact is not None:
        return risk.probability * risk.impact
    return risk.score


def _front_matter(context: Context) -> Iterator[Problem]:
    front, extra = context.document.front_matter, context.plan.extra
    if front is None:
        yield finding(
            "spec.front-matter-missing", "The specification has no front matter.",
            "Begin it with `---` and the keys that say where it comes from.", 1,
        )  # fmt: skip
        return
    for key in FRONT_MATTER_KEYS:
        value: object = front.data
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) or hasattr(value, "get") else None
        if value is None:
            yield finding(
                "spec.front-matter-key", f"The front matter has no `{key}`.",
                "Add it; it is filled in once, when the specification is made.", front.line,
            )  # fmt: skip
    said, held = extra.get("track_id", ""), extra.get("fm.track_id", "")
    if said and held and said != held:
        field = context.document.field("Track ID")
        yield finding(
            "spec.track-id-differs", f"Track ID is {said}, `track_id` is {held}.",
            "Make the two the same.", field.line if field else 1,
        )  # fmt: skip


def _approvals(context: Context) -> Iterator[Problem]:
    for approval in context.plan.approvals:
        yield from _approval(approval)
        at = context.approved_at.get(approval.role)
        changed = context.changed_at
        if approval.approved and at is not None and changed is not None and at < changed:
            yield finding(
                "spec.approval-stale",
                f"{approval.role} approved before the specification was last changed.",
                f"Ask for it again: `/plan approve {approval.role}`.",
                approval.line,
            )


def _approval(approval: Approval) -> Iterator[Problem]:
    role = approval.role
    if approval.waived and not approval.optional:
        yield finding(
            "spec.waiver-not-allowed", f"{role} is waived, but only roles “if applicable” may be.",
            "Ask for the approval.", approval.line,
        )  # fmt: skip
    if approval.waived and not approval.waiver:
        yield finding(
            "spec.waiver-without-reason", f"{role} is waived without a reason.",
            "Write it as `N/A — reason`.", approval.line,
        )  # fmt: skip
    settled = approval.approved or approval.waived
    if approval.gate_checked and not settled:
        yield finding(
            "spec.gate-without-approval",
            f"The gate of {role} is ticked, but {approval.name or role} has not approved.",
            f"Let them write `/plan approve {role}`.",
            approval.gate_line or approval.line,
        )
    if approval.approved and approval.gate_checked is False:
        yield finding(
            "spec.approval-without-gate", f"{role} has approved, but the gate is not ticked.",
            "Tick the gate.", approval.gate_line or approval.line,
        )  # fmt: skip


def _risk(risk: Risk) -> Iterator[Problem]:
    for name, word, grade in (
        ("probability", risk.likelihood_word, risk.probability),
        ("impact", risk.impact_word, risk.impact),
    ):
        if grade is None and fold(word):
            yield finding(
                "spec.risk-range", f"The {name} “{word}” is no whole number from 1 to 5.",
                "Use a number from 1 to 5.", risk.line,
            )  # fmt: skip
    score = score_of(risk)
    graded = risk.probability is not None and risk.impact is not None
    if graded and score != risk.score:
        yield finding(
            "spec.risk-score",
            f"The score is {risk.score_word or 'empty'}, "
            f"{risk.probability} × {risk.impact} is {score}.",
            "Nothing has to be done: plansync corrects it.",
            risk.line,
        )
    if score is not None and score >= HIGH_SCORE and not risk.mitigation:
        yield finding(
            "spec.risk-unmitigated", f"“{risk.text}” scores {score} and has no mitigation.",
            "Say how it is met.", risk.line,
        )  # fmt: skip


def _references(context: Context) -> Iterator[Problem]:
    for artifact in context.plan.artifacts:
        there = context.is_named_there(artifact.path)
        if there is True and artifact.pending:
            yield finding(
                "spec.reference-pending",
                f"`{artifact.path}` is there, but still marked [pending].",
                "Take the mark away, or say what the file is.",
                artifact.line,
            )
        elif there is False and not artifact.pending:
            yield finding(
                "spec.reference-missing", f"`{artifact.path}` is not there.",
                "Add the file, or mark it [pending].", artifact.line,
            )  # fmt: skip
