"""Spec Kit task lists: ``- [ ] T012 [P] [US1] text``, grouped by ``## Phase N: name``."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from bot.plans.cellwords import is_settled
from bot.plans.document import Document, Section, Task, fold
from bot.plans.formats.parts import box, main_title, phase_of, read_header, title_part
from bot.plans.model import Group, Plan, PlanTask
from bot.plans.plaintext import normalise_dashes, plain_text

NAME = "implementation-plan"

_TITLE = "Tasks:"
_TASK = re.compile(
    r"[*_`~]*(?P<id>T\d{2,5}[a-z]?)\b[*_`]*[:.]?\s*(?P<marks>(?:\[[^\[\]\n]{1,12}\]\s*)*)(?P<text>.*)",
    re.DOTALL,
)
_STORY = re.compile(r"\[(US\d{1,3}|S-\d{1,4})\]", re.IGNORECASE)


def recognise(path: str, document: Document) -> float:
    """How sure this is a Spec Kit task list, 0 to 1."""
    ids = sum(_TASK.match(task.raw) is not None for task in document.tasks)
    if not ids or ids * 2 < len(document.tasks):
        return 0.0
    titled = fold(main_title(document)).startswith("tasks")
    named = posixpath.basename(path) == "tasks.md"
    return round(0.4 * titled + 0.2 * named + 0.1 * min(ids, 4), 3)


def read(path: str, document: Document) -> Plan:
    """The plan of a task list that stands on its own (``specs/*/tasks.md``)."""
    return Plan(
        format=NAME,
        path=path,
        title=title_part(document, _TITLE),
        header=read_header(document),
        groups=groups(document, ""),
        extra={"kind": "task-list"},
    )


def groups(document: Document, path: str) -> tuple[Group, ...]:
    """The phases of a task list; ``path`` is the file when it is not the plan's own.

    Tasks before the first phase, or in a list without phases, are one group ``tasks``.
    """
    phases = [section for section in document.sections if phase_of(section.title)]
    found: list[tuple[Section | None, list[Task]]] = []
    for task in document.tasks:
        section = _phase(phases, task)
        if not found or found[-1][0] is not section:
            found.append((section, []))
        found[-1][1].append(task)
    merged: dict[str, Group] = {}
    for section, tasks in found:
        named = phase_of(section.title) if section else None
        key = named[0] if named else "tasks"
        title = f"Phase {key}: {named[1]}".rstrip(": ") if named else "Tasks"
        line = section.line if section else 1
        before = merged.get(key, Group(key, title, line, "phase"))
        start = len(before.tasks) + 1
        added = (_task(task, key, place, path) for place, task in enumerate(tasks, start))
        merged[key] = replace(before, tasks=(*before.tasks, *added))
    return tuple(merged.values())


def _phase(phases: list[Section], task: Task) -> Section | None:
    """The last section named ``Phase N`` before a task, when the task still stands in it."""
    place = bisect_right(phases, task.offset, key=lambda section: section.heading.start)
    if place and task.offset in phases[place - 1].whole:
        return phases[place - 1]
    return None


def _task(task: Task, group: str, place: int, path: str) -> PlanTask:
    match = _TASK.match(normalise_dashes(task.raw))
    if match is None:
        return box(task, f"tasks-{group}.{place}", group, path)
    story = _STORY.search(match["marks"])
    found = box(task, match["id"], group, path)
    return replace(
        found,
        own_id=match["id"],
        text=plain_text(task.raw[match.start("text") :].rstrip("~")) or found.text,
        parallel="[P]" in match["marks"].upper(),
        story=story[1].upper() if story else None,
        settled=is_settled(task),
    )


def duplicates(tasks: Iterable[PlanTask]) -> list[tuple[PlanTask, PlanTask]]:
    """Tasks whose id another task of the same list has already: the first and the later one."""
    seen: dict[str, PlanTask] = {}
    found = []
    for task in tasks:
        key = f"{task.path}:{task.address.casefold()}"
        if key in seen:
            found.append((seen[key], task))
        else:
            seen[key] = task
    return found
