"""Commands about one task: done, undo, na, block, unblock, assign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.errors import UserProblem
from bot.plans.cellwords import leading_word, na_reason
from bot.plans.commands import Command, split_task, split_tasks
from bot.plans.companions import parse_feature
from bot.plans.document import Document, Field, Table, Task, parse_document
from bot.plans.edit import set_cell, set_field, set_task
from bot.plans.formats import alone, read_plan, resolve_task
from bot.plans.formats.parts import Record, fields_in, find_field
from bot.plans.formats.user_story import (
    implementation_table,
    requirements_in,
    tracking_table,
)
from bot.plans.harmless import harmless
from bot.plans.model import Plan, PlanTask, TaskState
from bot.plans.ordered import Around, Done
from bot.plans.orders_lines import line_under, remove_line, without_na, words_after
from bot.plans.prose import is_example_row
from bot.plans.tracking import follow_status

_BLOCK = re.compile(r"[ \t>]*[-*+][ \t]+BLOCKED(?:[ \t]*:.*|[ \t]*)")
_LOGIN = re.compile(r"@?([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))(?:\[bot\])?")
_OPEN = frozenset({"open", "draft"})
_SKELETON = {"done": "done", "pending": "todo", "in_progress": "in-progress", "blocked": "blocked"}


def named_task(plan: Plan, address: str, *, anywhere: bool = False) -> PlanTask:
    """The task that the address names. Raises UserProblem when there is none, or several.

    One of another file counts only where it may stand ``anywhere``.
    """
    found = resolve_task(plan, address)
    if not isinstance(found, PlanTask):
        raise UserProblem(found.message, found.fix)
    if found.path and not anywhere:
        raise UserProblem(
            f"Task {found.address} stands in {found.path}.", "Change it there: it is mirrored too."
        )
    return found


def box_of(document: Document, task: PlanTask) -> Task | None:
    """The box of a task; None for a row or a skeleton."""
    return next((t for t in document.tasks if t.offset == task.offset), None)


def done(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Tick boxes, set rows and skeletons to their last state."""
    return _each(document, plan, command, around, finished=True)


def undo(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Untick boxes or take their N/A away, set rows back to what their pull requests say."""
    return _each(document, plan, command, around, finished=False)


def _each(
    document: Document, plan: Plan, command: Command, around: Around, *, finished: bool
) -> Done:
    tasks = [named_task(plan, name) for name in split_tasks(command.text)]
    if not tasks:
        raise UserProblem("No task is named.", "Name one: /plan done 2.1")
    text = document.text
    for task in tasks:
        document = parse_document(text)
        now = read_plan(around.path, document, plan.format, statuses=around.statuses) or plan
        current = now.task(task.address) or task
        text = _finished(document, now, current, around, finished)
    names = ", ".join(task.address for task in tasks)
    return Done(text, did=f"{'finish' if finished else 'take back'} {names}")


def _finished(
    document: Document, plan: Plan, task: PlanTask, around: Around, finished: bool
) -> str:
    box = box_of(document, task)
    if box is None:
        key = "complete" if finished else _as_pulls_say(task, around)
        return set_state(document, plan, task, key, around)
    if any(approval.gate_offset == task.offset for approval in plan.approvals):
        raise UserProblem(
            "This gate is a sign-off.", "Sign it with /plan approve ROLE; see /plan help approve."
        )
    if not finished and not box.checked and na_reason(box.raw):
        return without_na(document, box)
    return set_task(document, box, finished)


def _as_pulls_say(task: PlanTask, around: Around) -> str:
    about = [pull for pull in around.pulls if task.address in pull.tasks]
    return "in_progress" if any(pull.state in _OPEN for pull in about) else "pending"


def set_state(document: Document, plan: Plan, task: PlanTask, key: str, around: Around) -> str:
    """The text with a row's or skeleton's status set: ``pending``, ``in_progress``, ``complete``.

    A user story's requirements and its own status follow.
    """
    if plan.format != "user-story":
        field = _skeleton_field(document, task, "Status")
        word = {"complete": "done"}.get(key) or _SKELETON.get(key, key)
        return set_field(document, field, word)
    text = _set_rows(document.text, task.address, "Status", around.statuses.get(key, key))
    text = _tick_requirements(text, plan, task.address, around.statuses)
    return follow_status(text, plan, around.statuses).text


def _skeleton_field(document: Document, task: PlanTask, key: str) -> Field:
    section = next((s for s in document.sections if s.line == task.line), None)
    field = find_field(document, key, section.whole) if section else None
    if field is None:
        raise UserProblem(
            f"Task {task.address} has no {key} to set.", f"Write a line “- {key}:” below it."
        )
    return field


@dataclass(frozen=True, slots=True)
class _Place:
    table: Table
    index: int

    @property
    def record(self) -> Record:
        return Record(self.table, self.table.rows[self.index])


def _places(document: Document, address: str) -> Iterator[_Place]:
    for table in (implementation_table(document), tracking_table(document)):
        for index, row in enumerate(table.rows if table else ()):
            assert table is not None  # noqa: S101 - it has rows
            if is_example_row(table, row):
                continue
            if Record(table, row).number == address.upper():
                yield _Place(table, index)
                break


def _set_rows(text: str, address: str, column: str, value: str) -> str:
    count = len(list(_places(parse_document(text), address)))
    for number in range(count):
        document = parse_document(text)
        place = list(_places(document, address))[number]
        if place.table.column(column) is not None:
            text = set_cell(document, place.table, place.index, column, value)
    return text


def _tick_requirements(text: str, plan: Plan, task: str, statuses: Mapping[str, str]) -> str:
    """Requirements whose last task this was are ticked, those it takes back are unticked."""
    now = read_plan(plan.path, parse_document(text), plan.format, statuses=statuses) or plan
    was, is_now = _complete(plan), _complete(now)
    for requirement in now.requirements:
        covering = frozenset(requirement.covered_by)
        wanted = covering <= is_now
        if task not in covering or wanted == (covering <= was):
            continue
        document = parse_document(text)
        offset = next((r.offset for r in requirements_in(document) if r.id == requirement.id), None)
        for box in document.tasks:
            if box.offset == offset:
                text = set_task(document, box, wanted)
    return text


def _complete(plan: Plan) -> frozenset[str]:
    return frozenset(task.address for task in plan.tasks if task.state is TaskState.COMPLETE)


def na(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Settle a box with ``— N/A: reason`` at the end of its words."""
    address, why = split_task(command.text)
    task, reason = named_task(plan, address), _reason(why)
    box = box_of(document, task)
    if box is None:
        raise UserProblem(
            f"Task {task.address} is no box: only boxes can be not applicable.",
            "Take its row out of the plan, or set it with /plan done.",
        )
    if any(approval.gate_offset == task.offset for approval in plan.approvals):
        raise UserProblem(
            "This gate is a sign-off.", "Waive it with /plan approve ROLE n/a REASON."
        )
    if na_reason(box.raw) == reason:
        return Done(document.text)
    text = without_na(document, box)
    if text != document.text:
        document = parse_document(text)
        box = next(t for t in document.tasks if t.offset == task.offset)
    text = words_after(document, box, f" — N/A: {reason}")
    return Done(text, did=f"settle {task.address} as not applicable")


def _reason(why: str) -> str:
    reason = harmless(why)
    if not reason or re.fullmatch(r"n/?a\.?", reason, re.IGNORECASE):
        raise UserProblem("The reason is missing.", "Say why in a few words.")
    return reason.replace("\n", " ")


def block(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Mark a task as blocked: its status where it has one, else a line right below its box."""
    address, why = split_task(command.text)
    task, reason = named_task(plan, address), _reason(why)
    box = box_of(document, task)
    did = f"mark {task.address} as blocked"
    if box is not None:
        if box.checked:
            raise UserProblem(
                f"Task {task.address} is done.", f"Take that back first: /plan undo {task.address}"
            )
        said = f"BLOCKED: {reason}"
        there = _block_line(document, box)
        text = document.text
        if there is not None:
            if document.line_text(there).rstrip().endswith(f"- {said}"):
                return Done(text)
            text = remove_line(document, there)
            document = parse_document(text)
            box = next(t for t in document.tasks if t.offset == task.offset)
        return Done(line_under(document, box, said), did=did)
    if plan.format == "user-story":
        text = _set_rows(document.text, task.address, "Status", f"Blocked: {reason}")
        return Done(text, did=did)
    text = set_field(document, _skeleton_field(document, task, "Status"), "blocked")
    return Done(text, did=did)


def unblock(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Lift what ``block`` did."""
    task = named_task(plan, split_task(command.text)[0])
    box = box_of(document, task)
    did = f"lift the block of {task.address}"
    if box is not None:
        line = _block_line(document, box)
        return Done(document.text if line is None else remove_line(document, line), did=did)
    if leading_word(task.status_word, ["Blocked"]) is None:
        return Done(document.text)
    return Done(
        set_state(document, plan, task, _as_pulls_say(task, around), around),
        did=did,
    )


def _block_line(document: Document, box: Task) -> int | None:
    """The line of the ``BLOCKED`` bullet that stands in this box's item and in none below it."""
    inner = [t for t in document.tasks if t.offset != box.offset and t.offset in box.item]
    last = document.line_of(max(box.item.end - 1, box.offset))
    for line in range(document.line_of(box.offset) + 1, last + 1):
        inside = any(document.line_start(line) in task.item for task in inner)
        if not inside and _BLOCK.fullmatch(document.line_text(line)):
            return line
    return None


def blocked_tasks(document: Document, plan: Plan) -> list[tuple[PlanTask, str]]:
    """The open tasks that are blocked, each with its reason: by a line below a box, or a status."""
    rows = [
        (task, task.status_word[len("Blocked") :].lstrip(" \t:-—"))
        for task in plan.tasks
        if task.state is TaskState.BLOCKED and task.offset is None
    ]
    if "BLOCKED" not in document.text:
        return rows
    files = parse_feature(document.text).beside(plan.path)
    documents = {path: parse_document(text) for path, text in files.items()}
    documents[""] = alone(document)
    found = []
    for task in plan.boxes:
        held = documents.get(task.path)
        box = box_of(held, task) if held and not task.settled else None
        line = _block_line(held, box) if held and box else None
        if held and line is not None:
            _, _, reason = held.line_text(line).partition("BLOCKED")
            found.append((task, reason.lstrip(" \t:")))
    return [*rows, *found]


def assign(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Write the person into the task's owner where the format has a place for one."""
    address, person = split_task(command.text)
    login = _LOGIN.fullmatch(person.strip("` "))
    if login is None:
        raise UserProblem("The second word is no login.", "Write it as /plan assign 2 @alice")
    task, name = named_task(plan, address), f"`@{login[1]}`"
    did = f"assign {task.address} to {login[1]}"
    if plan.format == "user-story" and box_of(document, task) is None:
        return Done(_set_rows(document.text, task.address, "Specialist", name), did=did)
    if plan.format != "task-plan":
        return Done(document.text, did=did)
    section = next((s for s in document.sections if s.line == task.line), None)
    if section is None:
        story = next((g for g in plan.groups if g.key == task.group), None)
        section = next((s for s in document.sections if story and s.line == story.line), None)
    owner = next(
        (f for f in (fields_in(document, section.whole) if section else ()) if f.key == "Owner"),
        None,
    )
    text = document.text if owner is None else set_field(document, owner, name)
    return Done(text, did=did)
