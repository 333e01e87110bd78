"""Labels and state of a plan issue: they follow the plan, and no other label is touched. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.changes import AddLabel, Change, RemoveLabel, SetState
from bot.github.snapshots import IssueSnapshot
from bot.plans.document import Document
from bot.plans.gates import PlanStatus, status_of
from bot.plans.model import Plan
from bot.plans.orders_tasks import blocked_tasks

CONFLICT_LABEL = "plan:conflict"
"""Stands on a plan issue until the next merge of news that has no conflict."""

BLOCKED_LABEL = "plan:blocked"
"""Stands there while something stops the plan: a failed gate, a stop token, a blocked task."""

CLARIFY_LABEL = "plan:needs-clarification"
"""Stands there while a critical question waits for its answer."""

STATUS_LABELS: Mapping[str, str] = {"Ready": "plan:ready", "Complete": "plan:complete"}
"""The label of a status. Drafts and work under way have none: the issue is open, that says it."""

LABELS: Mapping[str, str] = {
    CONFLICT_LABEL: "File and issue changed the same text; a comment has both.",
    BLOCKED_LABEL: "Something stops the plan: a failed gate, a stop token, a blocked task.",
    CLARIFY_LABEL: "A critical question waits for its answer.",
    "plan:ready": "A user story can be started: validated, answered, covered.",
    "plan:complete": "Every task is done and every sign-off given.",
}
"""Every label that plansync sets and takes off by itself, and what it says."""

_QUESTIONS = frozenset(
    {"tasks.needs-clarification", "tasks.question-critical", "impl.needs-clarification-late"}
)


def stop_labels(
    plan: Plan, document: Document, status: PlanStatus | None = None
) -> tuple[str, ...]:
    """The labels that say what stops a plan."""
    status = status or status_of(plan, document)
    if status.overall == "Complete":
        return ()
    codes = {problem.code for problem in status.blockers}
    blocked = bool(codes - _QUESTIONS) or bool(blocked_tasks(document, plan))
    wanted = ((BLOCKED_LABEL, blocked), (CLARIFY_LABEL, bool(codes & _QUESTIONS)))
    return tuple(label for label, stands in wanted if stands)


def label_changes(
    issue: IssueSnapshot, plan: Plan | None, document: Document, status: PlanStatus | None
) -> list[Change]:
    """What brings the labels to what the plan is now; the conflict label apart."""
    if plan is None or status is None:
        return []
    wanted = [*stop_labels(plan, document, status)]
    if status.overall in STATUS_LABELS:
        wanted.append(STATUS_LABELS[status.overall])
    there = {label.casefold(): label for label in issue.labels}
    follows = (BLOCKED_LABEL, CLARIFY_LABEL, *STATUS_LABELS.values())
    number, changes = issue.number, list[Change]()
    for label in wanted:
        if label.casefold() not in there:
            changes.append(AddLabel(number, label, LABELS[label]))
    for label in follows:
        if label not in wanted and label.casefold() in there:
            changes.append(RemoveLabel(number, label, f"The plan is {status.overall} now"))
    return changes


def state_changes(
    issue: IssueSnapshot, status: PlanStatus | None, blob: str, closed_for: str
) -> tuple[Sequence[Change], str]:
    """Close the issue of a complete plan, open it again when it is complete no more.

    ``closed_for`` is the version of the plan for which it was closed, "" where it was not; the new
    one comes back. Who opens the issue of a complete plan again is let have their way until the
    plan changes; an issue that a person closed before the end stays closed.
    """
    complete = status is not None and status.overall == "Complete"
    if complete and issue.state == "open" and closed_for != blob:
        return [SetState(issue.number, "closed", "The plan is complete")], blob
    if complete:
        return [], blob if issue.state == "closed" else closed_for
    if issue.state == "closed" and closed_for:
        return [SetState(issue.number, "open", "The plan is complete no more")], ""
    return [], ""
