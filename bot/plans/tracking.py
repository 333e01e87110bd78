"""What a pull request's fact does to a plan: rows of the tracking tables, boxes, status fields.

Pure functions from a document to its new text, every edit through ``bot.plans.edit``. A status word
that nobody configured is a person's: it stays, and comes back as a Problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from bot.plans.cellwords import (
    STATUS_WORDS,
    is_nothing,
    is_struck,
    leading_word,
    na_reason,
    same_word,
    state_of,
)
from bot.plans.document import Document, Row, Table, Task, parse_document
from bot.plans.edit import append_row, append_to_section, set_cell, set_field, set_task
from bot.plans.formats import read_plan
from bot.plans.formats.parts import Record, find_field, find_section
from bot.plans.formats.user_story import (
    STATUSES,
    TRACKING_COLUMNS,
    implementation_table,
    pulls_in,
    requirements_in,
    tracking_table,
)
from bot.plans.gates.status import story_word
from bot.plans.model import Plan, PlanTask, Problem, Severity, TaskState
from bot.plans.placeholders import is_placeholder, is_undecided, placeholder_spans
from bot.plans.prose import is_example_row

_OPEN = frozenset({"open", "draft", "elsewhere"})
_WITHDRAWN = frozenset({"closed", "reverted", "unlinked"})
_NO_WORK = frozenset({"approvals", "checklist"})
SKELETON_STATUSES = ("todo", "in-progress", "blocked", "done")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A plan's new text, and what was left as a person wrote it."""

    text: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class PullFact:
    """What is known of one pull request and a task.

    ``state`` is ``open``, ``draft``, ``elsewhere`` (merged, but not into the plan's branch),
    ``merged``, ``closed``, ``reverted``, or ``unlinked``: merged, and no longer of this task.
    """

    number: int
    url: str
    state: str
    devloop: str = ""


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
        moved = _move_row(document, plan, task, facts, statuses, tick_requirements)
        if not status_follows:
            return moved
        followed = follow_status(moved.text, plan, statuses)
        return Tracked(followed.text, (*moved.problems, *followed.problems))
    found = plan.task(task)
    if found is None or found.path not in ("", plan.path) or _is_no_work(plan, found):
        return Tracked(document.text)
    if found.offset is not None:
        return Tracked(_tick(document, found, facts))
    return _set_skeleton(document, found, _outcome(facts))


def _outcome(facts: Sequence[PullFact]) -> str:
    """What several pull requests for one task amount to: ``open``, ``merged`` or ``closed``."""
    states = {fact.state for fact in facts}
    return "open" if states & _OPEN else "merged" if "merged" in states else "closed"


def add_output(document: Document, task: str, devloop: str) -> str:
    """The text with one more Devloop Output in a tracking row; nothing else of the row moves."""
    return _set(document.text, task, "Devloop Output", lambda raw: _output_cell(raw, devloop))


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


def add_tracking_rows(
    document: Document, plan: Plan, statuses: Mapping[str, str] = STATUS_WORDS
) -> str:
    """The text with a Devloop Tracking row for every task of the Implementation Plan.

    The template's example rows are filled first, the table is made where only its heading stands.
    """
    text = document.text
    if find_section(document, "Devloop Tracking") is None:
        return text
    for task in plan.tasks:
        document = parse_document(text)
        row = _row(tracking_table(document), task.address)
        if row is None or row.example:
            text = _write_row(document, row, task, statuses)
    return text


@dataclass(frozen=True, slots=True)
class _Row:
    table: Table
    index: int
    row: Row
    example: bool

    @property
    def record(self) -> Record:
        return Record(self.table, self.row)


def _row(table: Table | None, number: str) -> _Row | None:
    if table is None:
        return None
    found = [
        _Row(table, index, row, is_example_row(table, row))
        for index, row in enumerate(table.rows)
        if Record(table, row).number == number.upper()
    ]
    return next((row for row in found if not row.example), found[0] if found else None)


def _write_row(
    document: Document, row: _Row | None, task: PlanTask, statuses: Mapping[str, str]
) -> str:
    planned = _row(implementation_table(document), task.address)
    words = planned.record.raw("Task") if planned else task.text
    if row is not None:
        return set_cell(document, row.table, row.index, "Task", words)
    state = state_of(task.status_word, statuses)
    status = task.status_word if state is not TaskState.UNKNOWN else ""
    values = {"#": task.address, "Task": words, "Status": status or statuses["pending"]}
    table = tracking_table(document)
    if table is not None:
        columns = [cell.text for cell in table.header.cells]
        by_name = {name.casefold(): value for name, value in values.items()}
        return append_row(document, table, [by_name.get(name.casefold(), "") for name in columns])
    section = find_section(document, "Devloop Tracking")
    assert section is not None  # noqa: S101 - add_tracking_rows has looked
    head = "| " + " | ".join(TRACKING_COLUMNS) + " |\n|" + "---|" * len(TRACKING_COLUMNS) + "\n"
    text = append_to_section(document, section, head)
    document = parse_document(text)
    table = tracking_table(document)
    if table is None:
        return document.text
    return append_row(document, table, [values.get(name, "") for name in TRACKING_COLUMNS])


def _move_row(
    document: Document,
    plan: Plan,
    task: str,
    facts: Sequence[PullFact],
    statuses: Mapping[str, str],
    tick_requirements: bool,
) -> Tracked:
    was_complete = _complete(plan)
    outcome = _outcome(facts)
    text = document.text
    if outcome != "closed":
        text = add_tracking_rows(document, plan, statuses)
    row = _row(tracking_table(parse_document(text)), task)
    tracked = set(pulls_in(row.record.raw("PR"))) if row else set()
    text = _set(text, task, "PR", lambda raw: reduce(_pull_cell, facts, raw))
    outputs = [fact.devloop for fact in facts if fact.state == "merged" and fact.devloop]
    text = _set(text, task, "Devloop Output", lambda raw: reduce(_output_cell, outputs, raw))
    if outcome == "closed" and row is not None:
        withdrawn = {fact.number for fact in facts}
        # Another pull request that stands there is a person's word that the task is covered.
        if tracked - withdrawn or not tracked & withdrawn:
            return Tracked(text)
    problems: list[Problem] = []
    word = _word_for(outcome, statuses)
    for find in (tracking_table, implementation_table):
        text = _set_status(text, find, task, word, statuses, problems)
    if tick_requirements:
        text = _tick_requirements(text, plan, task, was_complete, statuses)
    return Tracked(text, tuple(problems))


def _word_for(state: str, statuses: Mapping[str, str]) -> str:
    if state in _OPEN:
        return statuses["in_progress"]
    return statuses["complete"] if state == "merged" else statuses["pending"]


def _set(text: str, task: str, column: str, change: Callable[[str], str]) -> str:
    document = parse_document(text)
    row = _row(tracking_table(document), task)
    if row is None or row.example or row.table.column(column) is None:
        return text
    raw = row.record.raw(column)
    value = change(raw)
    if value == raw:
        return text
    return set_cell(document, row.table, row.index, column, value.replace("\\|", "|"))


def _set_status(
    text: str,
    find: Callable[[Document], Table | None],
    task: str,
    word: str,
    statuses: Mapping[str, str],
    problems: list[Problem],
) -> str:
    document = parse_document(text)
    row = _row(find(document), task)
    if row is None or row.example or row.table.column("Status") is None:
        return text
    raw = row.record.raw("Status")
    here = row.record.text("Status")
    if same_word(here, word):
        return text
    if not _may_replace(raw, here, statuses):
        problems.append(
            Problem(
                "story.row-status",
                f"Row {task} has the status “{here}”, which plansync does not know; it was kept.",
                f"Use one of {', '.join(statuses.values())}.",
                row.row.line,
                severity=Severity.WARNING,
            )
        )
        return text
    return set_cell(document, row.table, row.index, "Status", word)


def _may_replace(raw: str, text: str, statuses: Mapping[str, str]) -> bool:
    if is_nothing(text) or placeholder_spans(raw) or is_undecided(text, statuses.values()):
        return True
    return any(same_word(text, word) for word in statuses.values())


def _pull_cell(raw: str, fact: PullFact) -> str:
    present = fact.number in pulls_in(raw)
    if fact.state in ("closed", "unlinked"):
        return _without_pull(raw, fact.number) if present else raw
    if present or fact.state == "reverted":
        return raw
    link = f"[#{fact.number}]({fact.url})" if fact.url else f"#{fact.number}"
    return link if is_nothing(raw) or is_placeholder(raw) else f"{raw}, {link}"


def _without_pull(raw: str, number: int) -> str:
    link = rf"\[#{number}\](?:\([^()]*\)|\[[^\[\]]*\])?|(?<![\w/#\[])#{number}\b"
    left = re.sub(link, "", raw)
    left = re.sub(r"\s*,\s*(?:,\s*)+", ", ", left)
    return left.strip(" ,")


def _output_cell(raw: str, devloop: str) -> str:
    if is_nothing(raw) or is_placeholder(raw):
        return devloop
    parts = [part.strip() for part in raw.split(",")]
    return raw if devloop in parts or devloop == raw else f"{raw}, {devloop}"


def _complete(plan: Plan) -> frozenset[str]:
    return frozenset(task.address for task in plan.tasks if task.state is TaskState.COMPLETE)


def _tick_requirements(
    text: str, plan: Plan, task: str, was: frozenset[str], statuses: Mapping[str, str]
) -> str:
    """Tick the requirements that this task's completion finishes, untick those it takes back."""
    document = parse_document(text)
    table = implementation_table(document)
    if table is None:
        return text
    now = {
        Record(table, row).number
        for row in table.rows
        if state_of(Record(table, row).value("Status"), statuses) is TaskState.COMPLETE
    }
    states: dict[str, bool] = {}
    for requirement in plan.requirements:
        covering = set(requirement.covered_by)
        if task in covering and (covering <= now) != (covering <= was):
            states[requirement.id] = covering <= now
    for name, checked in states.items():
        document = parse_document(text)
        offset = next((r.offset for r in requirements_in(document) if r.id == name), None)
        for found in document.tasks:
            if found.offset == offset and not is_placeholder(found.raw):
                text = set_task(document, found, checked)
    return text


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
    outcome = _outcome(facts)
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
    word = "in-progress" if state in _OPEN else "done" if state == "merged" else "todo"
    known = next((w for w in SKELETON_STATUSES if same_word(field.value, w)), None)
    if known == "blocked" and state in _OPEN:
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
