"""The rows of a user story's tables: status, pull requests and outputs of each task."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from bot.plans.cellwords import STATUS_WORDS, is_nothing, same_word, state_of
from bot.plans.document import Document, Row, Table, parse_document
from bot.plans.edit import append_row, append_to_section, set_cell, set_task
from bot.plans.formats import read_plan
from bot.plans.formats.parts import Record, find_section
from bot.plans.formats.user_story import (
    TRACKING_COLUMNS,
    implementation_table,
    pulls_in,
    requirements_in,
    tracking_table,
)
from bot.plans.model import Plan, PlanTask, Problem, Severity, TaskState
from bot.plans.placeholders import is_placeholder, is_undecided, placeholder_spans
from bot.plans.prose import is_example_row

OPEN = frozenset({"open", "draft", "elsewhere"})
"""States of a pull request whose work is under way."""


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


def outcome_of(facts: Sequence[PullFact]) -> str:
    """What several pull requests for one task amount to: ``open``, ``merged`` or ``closed``."""
    states = {fact.state for fact in facts}
    return "open" if states & OPEN else "merged" if "merged" in states else "closed"


def add_output(document: Document, task: str, devloop: str) -> str:
    """The text with one more Devloop Output in a tracking row; nothing else of the row moves."""
    return _set(document.text, task, "Devloop Output", lambda raw: _output_cell(raw, devloop))


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


def move_row(
    document: Document,
    plan: Plan,
    task: str,
    facts: Sequence[PullFact],
    statuses: Mapping[str, str],
    with_requirements: bool,
) -> Tracked:
    """A task's rows in both tables after the facts of all its pull requests."""
    outcome = outcome_of(facts)
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
    if with_requirements:
        now = read_plan(plan.path, parse_document(text), plan.format, statuses=statuses)
        text = tick_requirements(text, plan, now) if now else text
    return Tracked(text, tuple(problems))


def _word_for(state: str, statuses: Mapping[str, str]) -> str:
    if state in OPEN:
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


def tick_requirements(text: str, was: Plan, now: Plan) -> str:
    """Tick the requirements whose tasks are all complete by now, untick those taken back.

    ``now`` is the plan of ``text``; a box that somebody changed since ``was`` is left to them.
    """
    before, after = _complete(was), _complete(now)
    boxes = {requirement.id: requirement.checked for requirement in was.requirements}
    states = {
        requirement.id: after.issuperset(requirement.covered_by)
        for requirement in now.requirements
        if requirement.covered_by
        and boxes.get(requirement.id) == requirement.checked
        and after.issuperset(requirement.covered_by) != before.issuperset(requirement.covered_by)
    }
    for name, checked in states.items():
        document = parse_document(text)
        offset = next((r.offset for r in requirements_in(document) if r.id == name), None)
        for found in document.tasks:
            if found.offset == offset and not is_placeholder(found.raw):
                text = set_task(document, found, checked)
    return text


def _complete(plan: Plan) -> frozenset[str]:
    return frozenset(task.address for task in plan.tasks if task.state is TaskState.COMPLETE)
