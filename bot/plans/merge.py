"""The mirror's three-way merge: a plan file and its issue, both against their base.

A box with a known base cannot conflict: whoever differs from the base wins, and where both differ
they agree. So box states are settled first and made equal in all three texts; what then still
differs is text, merged by line and table cell. Where both sides changed the same line the file's
text stands and the issue's comes back as a ``Conflict``: words are never only in the copy that is
overwritten.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.plans.alignment import align_tasks
from bot.plans.document import Document, Task, parse_document
from bot.plans.merge_lines import Conflict, merge_lines
from bot.plans.render import plan_text

__all__ = ["Conflict", "Merged", "Tick", "carry", "merge"]


@dataclass(frozen=True, slots=True)
class Tick:
    """A box that changed in one copy: the task's text and the state it has now."""

    text: str
    checked: bool
    section: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged plan file, and what the issue brought to it.

    ``ticks`` are boxes whose state comes from the issue; ``edited`` is True when text does.
    """

    text: str
    ticks: tuple[Tick, ...] = ()
    edited: bool = False
    conflicts: tuple[Conflict, ...] = ()


def merge(base: str | None, file: str, issue: str) -> Merged:
    """Merge the plan text of an issue into a plan file.

    ``base`` and ``file`` are whole plan files, ``issue`` the plan as the issue has it (no marker,
    no front matter, LF). Without a base a box ticked on either side is ticked and the file's text
    stands. Unchanged lines keep every byte, also their line ends.
    """
    ours = plan_text(file)
    common = plan_text(base) if base is not None else None
    if issue in (ours, common):
        return Merged(file)
    settled = _settle_boxes(common, ours, issue)
    conflicts: tuple[Conflict, ...]
    if settled.base is None:
        merged, conflicts = settled.file, _lost_without_base(settled.file, settled.issue)
    else:
        copies = (settled.base, settled.file, settled.issue)
        lines, conflicts = merge_lines(*(copy.split("\n") for copy in copies))
        merged = "\n".join(lines)
    ticks = _ticks_between(ours, settled.file)
    return Merged(
        text=carry(file, ours, merged),
        ticks=ticks,
        edited=merged != settled.file,
        conflicts=conflicts,
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    base: str | None
    file: str
    issue: str


def _settle_boxes(base: str | None, file: str, issue: str) -> _Settled:
    """The three texts with every box they share in its merged state."""
    of_file, of_issue = parse_document(file), parse_document(issue)
    of_base = parse_document(base) if base is not None else None
    boxes: tuple[dict[int, str], ...] = ({}, {}, {})
    for was, ours, theirs in _shared_tasks(of_base, of_file, of_issue):
        if was is None:
            checked = ours.checked or theirs.checked
        else:
            checked = theirs.checked if ours.checked == was.checked else ours.checked
            boxes[0][was.offset] = _box(of_file, ours, checked)
        # `[X]` and `[x]` are one state: the file's own character stays unless the state moves.
        boxes[1][ours.offset] = boxes[2][theirs.offset] = _box(of_file, ours, checked)
    return _Settled(
        _with_boxes(base, boxes[0]) if base is not None else None,
        _with_boxes(file, boxes[1]),
        _with_boxes(issue, boxes[2]),
    )


def _shared_tasks(
    base: Document | None, file: Document, issue: Document
) -> list[tuple[Task | None, Task, Task]]:
    """Every task that both copies have, with what it was in the base where it stood there."""
    if base is None:
        pairs = align_tasks(file.tasks, issue.tasks)
        return [(None, file.tasks[here], issue.tasks[there]) for here, there in pairs.items()]
    here_of, there_of = align_tasks(base.tasks, file.tasks), align_tasks(base.tasks, issue.tasks)
    shared: list[tuple[Task | None, Task, Task]] = [
        (base.tasks[was], file.tasks[here_of[was]], issue.tasks[there_of[was]])
        for was in here_of
        if was in there_of
    ]
    new_here = [t for n, t in enumerate(file.tasks) if n not in here_of.values()]
    new_there = [t for n, t in enumerate(issue.tasks) if n not in there_of.values()]
    pairs = align_tasks(new_here, new_there)
    shared += [
        (None, new_here[n], new_there[m])
        for n, m in pairs.items()
        if new_here[n].text == new_there[m].text
    ]
    return shared


def _box(document: Document, task: Task, checked: bool) -> str:
    if checked == task.checked:
        return document.text[task.offset]
    return "x" if checked else " "


def _with_boxes(text: str, boxes: Mapping[int, str]) -> str:
    characters = list(text)
    for offset, box in boxes.items():
        characters[offset] = box
    return "".join(characters)


def _ticks_between(before: str, after: str) -> tuple[Tick, ...]:
    old, new = parse_document(before).tasks, parse_document(after).tasks
    return tuple(
        Tick(now.text, now.checked, now.section)
        for was, now in zip(old, new, strict=True)
        if was.checked != now.checked
    )


def _lost_without_base(file: str, issue: str) -> tuple[Conflict, ...]:
    known = Counter(file.split("\n"))
    unknown = [line for line in issue.split("\n") if line.strip() and line not in known]
    return (Conflict(kept="", lost="\n".join(unknown)),) if unknown else ()


def carry(file: str, before: str, after: str) -> str:
    """The plan file with its plan text ``before`` (LF) changed to ``after`` (LF).

    Lines that stay keep every byte and new lines end as most of the file's do.
    """
    if before == after:
        return file
    head, core, tail = _around(file)
    old_lines, new_lines, ends = before.split("\n"), after.split("\n"), _line_ends(core)
    usual = Counter(ends).most_common(1)
    default = usual[0][0] if usual else "\n"
    lines: list[tuple[str, str]] = []
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old_lines, new_lines, False).get_opcodes():
        for place, line in enumerate(new_lines[j1:j2], start=i1):
            lines.append((line, ends[place] if place < min(i2, len(ends)) else default))
    text = "".join(line + end for line, end in lines[:-1]) + lines[-1][0]
    return head + text + tail


def _around(file: str) -> tuple[str, str, str]:
    """Front matter and blank lines before, the plan text as it stands, line ends after."""
    start = parse_document(file).body_start
    if file.startswith("\ufeff", start):
        start += 1
    rest = file[start:]
    core = rest.lstrip("\r\n")
    head = file[: start + len(rest) - len(core)]
    stripped = core.rstrip("\r\n")
    return head, stripped, core[len(stripped) :]


def _line_ends(text: str) -> list[str]:
    return re.findall(r"\r\n|\r|\n", text)
