"""What a pull request's fact does to a plan: rows of the tracking tables, boxes, status fields.

Pure functions from a document to its new text, every edit through ``bot.plans.edit``. A status word
that nobody configured is a person's: it stays, and comes back as a Problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.plans.cellwords import STATUS_WORDS, is_struck, leading_word, na_reason, same_word
from bot.plans.document import Document, Task, parse_document
from bot.plans.edit import set_field, set_task
from bot.plans.formats import read_plan
from bot.plans.formats.parts import find_field
from bot.plans.formats.user_story import STATUSES
from bot.plans.gates.status import story_word
from bot.plans.model import Plan, PlanTask, Problem, Severity
from bot.plans.placeholders import is_undecided, placeholder_spans
from bot.plans.tracking_rows import (
    OPEN,
    PullFact,
    Tracked,
    add_output,
    add_tracking_rows,
    move_row,
    outcome_of,
    tick_requirements,
)

__all__ = [
    "SKELETON_STATUSES",
    "PullFact",
    "Tracked",
    "add_output",
    "add_tracking_rows",
    "follow_status",
    "move_task",
    "move_task_by",
    "set_pull_fact",
    "tick_requirements",
]

SKELETON_STATUSES = ("todo", "in-progress", "blocked", "done")
_NO_WORK = frozenset({"approvals", "checklist"})


def set_pull_fact(
    document: Document,
    plan: Plan,
    *,
    task: str,
    number: int,
    url: str,
    state: str,
    devloop: str = "",
    statuses: Mapping[str, str] = STATUS_WORDS,
) -> str:
    """The text after one pull request's fact about one task; the same text when nothing moves.

    ``task`` is the address as the plan resolved it. Raises ``EditRefused`` (a UserProblem) where a
    cell cannot be written without changing anything else.
    """
    fact = PullFact(number, url, state, devloop)
    return move_task(document, plan, task, fact, statuses).text


def move_task(
    document: Document,
    plan: Plan,
    task: str,
    fact: PullFact,
    statuses: Mapping[str, str] = STATUS_WORDS,
    tick_requirements: bool = True,
    status_follows: bool = True,
) -> Tracked:
    """Like ``set_pull_fact``, with the status words that were kept as Problems."""
    return move_task_by(document, plan, task, (fact,), statuses, tick_requirements, status_follows)


def move_task_by(
    document: Document,
    plan: Plan,
    task: str,
    facts: Sequence[PullFact],
    statuses: Mapping[str, str] = STATUS_WORDS,
    tick_requirements: bool = True,
    status_follows: bool = True,
) -> Tracked:
    """The text after the facts of all pull requests for one task; no facts, no change.

    In progress while one of them is open, complete when one is merged and none is open. A user
    story's tracking and implementation rows move; any other task's box is ticked when it is
    complete and unticked when that is taken back; a task skeleton's Status is set.
    ``tick_requirements`` and ``status_follows`` say whether a story's requirements and its own
    Status follow its rows.
    """
    if not facts:
        return Tracked(document.text)
    if plan.format == "user-story" and not _is_box(plan, task):
        moved = move_row(document, plan, task, facts, statuses, tick_requirements)
        if not status_follows:
            return moved
        followed = follow_status(moved.text, plan, statuses)
        return Tracked(followed.text, (*moved.problems, *followed.problems))
    found = plan.task(task)
    if found is None or found.path not in ("", plan.path) or _is_no_work(plan, found):
        return Tracked(document.text)
    if found.offset is not None:
        return Tracked(_tick(document, found, facts))
    return _set_skeleton(document, found, outcome_of(facts))


def follow_status(text: str, before: Plan, statuses: Mapping[str, str] = STATUS_WORDS) -> Tracked:
    """A user story's text with its Status as its facts now are, where they differ from ``before``.

    As long as the facts amount to the same word, the word that a person wrote stands. A word that
    is none of the format's own is kept and told.
    """
    document = parse_document(text)
    now = read_plan(before.path, document, "user-story", statuses=statuses)
    field = find_field(document, "Status")
    if now is None or field is None or story_word(now) == story_word(before):
        return Tracked(text)
    word = story_word(now)
    written = leading_word(field.value, STATUSES)
    unset = is_undecided(field.value, STATUSES) or placeholder_spans(field.value)
    if written is None and field.value and not unset:
        problem = Problem(
            "story.status-word",
            f"The status “{field.value}” is none that a user story has; it was kept.",
            f"Use one of {', '.join(STATUSES)}.",
            field.line,
            severity=Severity.WARNING,
        )
        return Tracked(text, (problem,))
    return Tracked(text if written == word else set_field(document, field, word))


def _is_box(plan: Plan, task: str) -> bool:
    return any(other.address.casefold() == task.casefold() for other in plan.others)


def _is_no_work(plan: Plan, task: PlanTask) -> bool:
    """Requirements, approvals and exit boxes: a merge alone never settles them."""
    if any(requirement.id == task.address for requirement in plan.requirements):
        return True
    return any(
        task in (*group.exit_tasks, *group.hygiene)
        or (group.kind in _NO_WORK and task in group.tasks)
        for group in plan.groups
    )


def _tick(document: Document, task: PlanTask, facts: Sequence[PullFact]) -> str:
    """Tick a finished box, untick one whose pull request was taken back; else leave it."""
    outcome = outcome_of(facts)
    taken_back = outcome == "closed" and any(f.state in ("reverted", "unlinked") for f in facts)
    if outcome != "merged" and not taken_back:
        return document.text
    for found in document.tasks:
        if found.offset == task.offset and (outcome == "merged" or not _is_settled_by_word(found)):
            return set_task(document, found, outcome == "merged")
    return document.text


def _is_settled_by_word(task: Task) -> bool:
    """Whether a person struck the task out, or said that it does not apply."""
    return is_struck(task.raw) or na_reason(task.raw) != ""


def _set_skeleton(document: Document, task: PlanTask, state: str) -> Tracked:
    """The ``Status:`` line of a ``### Task [T-1]`` skeleton."""
    section = next((s for s in document.sections if s.line == task.line), None)
    field = find_field(document, "Status", section.whole) if section else None
    if field is None:
        return Tracked(document.text)
    word = "in-progress" if state in OPEN else "done" if state == "merged" else "todo"
    known = next((w for w in SKELETON_STATUSES if same_word(field.value, w)), None)
    if known == "blocked" and state in OPEN:
        return Tracked(document.text)
    undecided = is_undecided(field.value, SKELETON_STATUSES) or placeholder_spans(field.value)
    if known is None and field.value and not undecided:
        problem = Problem(
            "tasks.status-word",
            f"The status “{field.value}” is none that plansync knows; it was kept.",
            f"Use one of {', '.join(SKELETON_STATUSES)}.",
            field.line,
            severity=Severity.WARNING,
        )
        return Tracked(document.text, (problem,))
    return Tracked(document.text if known == word else set_field(document, field, word))
