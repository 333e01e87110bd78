"""Every finding that plansync can make about a plan: its stable code, its severity, its meaning.

The severity is the usual one; about a plan that nobody has begun to fill in it may be milder.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.plans.limits import REFUSALS
from bot.plans.model import Problem, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        "plan.placeholder": (_N, "A placeholder of the template is still to be filled in."),
        "plan.undecided": (_N, "A value still lists the words it may have."),
        "plan.example-row": (_N, "A table row is still the template's example."),
        "plan.bare-na": (_W, "N/A stands where a reason is wanted."),
        "plan.label-long": (_W, "A label of the header is longer than GitHub takes."),
        "plan.assignee-unknown": (_W, "An assignee of the header can be no login."),
        "task.unknown": (_E, "An address names no task of the plan."),
        "task.ambiguous": (_E, "An address names more than one task."),
        "task.group": (_E, "An address names a story or phase, not a task."),
        "feature.artifact-missing": (_W, "A supporting artifact that the plan names is missing."),
        "feature.regression-incomplete": (_W, "A line of the Regression Impact Log lacks a part."),
        "feature.risk-level": (_W, "A risk's impact or likelihood is none of High, Med, Low."),
        "feature.component-change": (_W, "A component is listed without its planned change."),
        "feature.phase-order": (_N, "A later phase has ticks before an earlier one is done."),
        "story.validation-failed": (_E, "The architecture validation has failed."),
        "story.status-word": (_W, "The story's status is none that the format has."),
        "story.status-differs": (_N, "The story's status is not what its facts amount to."),
        "story.assumption-reason": (_W, "An assumption has no reason why it blocks nothing."),
        "story.question-pending": (_N, "A clarification question waits for its answer."),
        "story.question-status": (_W, "A question's status is neither Pending nor Answered."),
        "story.question-unanswered": (_W, "A question counts as answered but has no answer."),
        "story.duplicate-number": (_E, "Two rows of a table have the same number."),
        "story.dependency-unknown": (_E, "A task depends on a task that is not there."),
        "story.dependency-cycle": (_E, "Tasks depend on each other in a circle."),
        "story.row-status": (_W, "A row's status is a word that nobody configured."),
        "story.requirement-uncovered": (_W, "No task covers a requirement."),
        "story.requirement-unknown": (_W, "Requirements Coverage names an unknown requirement."),
        "story.coverage-unknown-task": (_W, "A coverage table names a task that is not there."),
        "story.aspect-uncovered": (_W, "An aspect is neither covered nor marked N/A."),
        "story.aspect-differs": (_W, "Aspect Coverage and a task's Covers say different things."),
        "story.scenario-requirement": (_W, "An E2E scenario names no requirement of the story."),
        "story.cross-cutting-empty": (_W, "A cross-cutting section says nothing."),
        "story.specialist-unknown": (_W, "A task's specialist is not among the participants."),
        "story.tracking-orphan": (_W, "A tracking row's task is no longer in the plan."),
        "story.tracking-missing": (_N, "A task has no row under Devloop Tracking."),
        "tasks.section-not-allowed": (_E, "The contract does not allow a section."),
        "tasks.needs-clarification": (_E, "The stop token NEEDS_CLARIFICATION stands in the plan."),
        "tasks.blocked": (_E, "The stop token BLOCKED stands in the plan."),
        "tasks.stop-token": (_E, "A stop token of the plan's own contract stands in it."),
        "tasks.question-critical": (_E, "A critical question is not resolved."),
        "tasks.story-out-of-order": (_E, "A later story has ticks before an earlier one's exit."),
        "tasks.exit-missing": (_W, "A story has no exit checklist."),
        "tasks.duplicate-story": (_E, "Two stories have the same id."),
        "tasks.story-id": (_W, "A story's heading and its Story ID differ."),
        "tasks.status-word": (_W, "A task's status is none of todo, in-progress, blocked, done."),
        "tasks.overdue": (_W, "A story's due date has passed."),
        "tasks.stalled": (_W, "Three log entries in a row brought no newly ticked box."),
        "tasks.log-entry": (_W, "An entry of the decision log is incomplete."),
        "tasks.done-entry-missing": (_W, "The log lacks the Done entry that an exit box claims."),
        "impl.constitution-unjustified": (_E, "A constitution gate is not OK and not justified."),
        "impl.constitution-recheck": (_N, "The Constitution Check is to be looked at again."),
        "impl.complexity-unneeded": (_W, "Complexity is tracked although every gate is OK."),
        "impl.complexity-unlogged": (_W, "A complexity row has no entry in the Decision Log."),
        "impl.requirements-missing": (_E, "The plan has no specification checklist."),
        "impl.requirements-open": (_E, "The plan is ahead of its specification checklist."),
        "impl.plan-gate-open": (_E, "tasks.md is there before PlanQualityGate has passed."),
        "impl.needs-clarification": (_W, "A value still needs clarification."),
        "impl.needs-clarification-late": (_E, "A value needs clarification after Phase 1."),
        "impl.blocked": (_E, "The stop token BLOCKED stands in the plan."),
        "impl.leftover-remove": (_W, "[REMOVE IF UNUSED] was left in place."),
        "impl.leftover-option": (_W, "An Option N label was left in place."),
        "impl.leftover-action": (_W, "ACTION REQUIRED was left in place."),
        "impl.phases-differ": (_W, "The phases are not those of the epic's Plan of Work."),
        "impl.duplicate-task": (_W, "Two tasks of a list have the same id."),
        "spec.front-matter-missing": (_W, "The specification has no front matter."),
        "spec.front-matter-key": (_W, "The front matter lacks a key."),
        "spec.track-id-differs": (_E, "Track ID and track_id differ."),
        "spec.gate-without-approval": (_W, "An approval gate is ticked without the approval."),
        "spec.approval-without-gate": (_W, "An approval's gate is not ticked."),
        "spec.waiver-not-allowed": (_E, "A role is waived that may not be."),
        "spec.waiver-without-reason": (_W, "A role is waived without a reason."),
        "spec.approval-stale": (_W, "An approval is older than a change of the specification."),
        "spec.risk-score": (_W, "A risk's score is not probability times impact."),
        "spec.risk-range": (_W, "A probability or impact is no whole number from 1 to 5."),
        "spec.risk-unmitigated": (_E, "A risk of 9 or more has no mitigation."),
        "spec.reference-missing": (_W, "A context reference's file is missing."),
        "spec.reference-pending": (_W, "A context reference is pending although its file exists."),
        "spec.question-open": (_N, "An open question waits for its answer."),
    }
)

# What reading a text can find, before it is a plan of any format.
READING_CODES: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        **{code: (_E, message) for code, (message, _) in REFUSALS.items()},
        "nul": (_E, "The text contains a NUL character."),
        "surrogate": (_E, "The text contains half of a surrogate pair."),
        "comment-unclosed": (_W, "An HTML comment is never closed."),
        "fence-unclosed": (_W, "A code fence is never closed, so what follows is code."),
        "front-matter-unclosed": (_W, "The front matter is never closed."),
        "front-matter-not-a-mapping": (_W, "The front matter is not made of keys and values."),
        "front-matter-yaml": (_E, "The front matter is not valid YAML."),
        "front-matter-size": (_E, "The front matter is larger than 256 KB."),
        "front-matter-depth": (_E, "The front matter is nested deeper than 20 levels."),
        "front-matter-anchor": (_E, "The front matter has an anchor or an alias."),
        "front-matter-merge": (_E, "The front matter has a merge key."),
        "front-matter-tag": (_E, "The front matter has a tag."),
        "front-matter-key": (_E, "A key of the front matter is not a plain word."),
        "front-matter-number": (_E, "A number of the front matter is too long."),
    }
)

# What stops work, rather than being to be mended.
BLOCKING = frozenset(
    {
        "story.validation-failed",
        "story.dependency-cycle",
        "tasks.needs-clarification",
        "tasks.blocked",
        "tasks.stop-token",
        "tasks.question-critical",
        "tasks.overdue",
        "tasks.stalled",
        "impl.constitution-unjustified",
        "impl.needs-clarification-late",
        "impl.blocked",
    }
)


def finding(
    code: str,
    message: str,
    fix: str,
    line: int,
    *,
    severity: Severity | None = None,
    path: str | None = None,
) -> Problem:
    """A finding with the severity of its code; ``path`` when it is not about the plan file."""
    return Problem(code, message, fix, line, severity=severity or CODES[code][0], path=path)
