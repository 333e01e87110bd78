"""The mirror's three-way merge: a plan file and its issue, both against their base.

A box with a known base cannot conflict: whoever differs from the base wins, and where both differ
they agree. So box states are settled first and made equal in all three texts; what then still
differs is text, merged by line. Where both sides changed the same lines the file's text stands and
the issue's comes back as a ``Conflict``: words are never only in the copy that is overwritten.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from merge3 import Merge3

from bot.plans.document import Document, Task, parse_document
from bot.plans.render import plan_text

TaskKey = tuple[tuple[str, ...], str, int]


@dataclass(frozen=True, slots=True)
class Tick:
    """A box that changed in one copy: the task's text and the state it has now."""

    text: str
    checked: bool
    section: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Lines both sides changed: what was kept (the file's) and what was not (the issue's)."""

    kept: str
    lost: str


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
    merged_lines, conflicts = _merge_lines(settled.base, settled.file, settled.issue)
    merged = "\n".join(merged_lines)
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
    settled_file = parse_document(file)
    documents = [
        parse_document(base) if base is not None else None,
        settled_file,
        parse_document(issue),
    ]
    of_base, of_file, of_issue = (_keyed(document) for document in documents)
    boxes: dict[TaskKey, str] = {}
    for key in {**of_file, **of_issue}:
        before, here, there = of_base.get(key), of_file.get(key), of_issue.get(key)
        if here is None or there is None:
            continue
        if before is None:
            checked = here.checked or there.checked
        else:
            checked = there.checked if here.checked == before.checked else here.checked
        # `[X]` and `[x]` are one state: the file's own character stays unless the state moves.
        own = settled_file.text[here.offset]
        boxes[key] = own if checked == here.checked else "x" if checked else " "
    texts = (
        _with_boxes(document, keyed, boxes) if document is not None else None
        for document, keyed in zip(documents, (of_base, of_file, of_issue), strict=True)
    )
    new_base, new_file, new_issue = texts
    return _Settled(new_base, new_file or "", new_issue or "")


def _keyed(document: Document | None) -> dict[TaskKey, Task]:
    """Tasks by section and text; equal texts are told apart by their order in the section."""
    if document is None:
        return {}
    seen: Counter[tuple[tuple[str, ...], str]] = Counter()
    keyed: dict[TaskKey, Task] = {}
    for task in document.tasks:
        name = (task.section, task.text)
        keyed[(*name, seen[name])] = task
        seen[name] += 1
    return keyed


def _with_boxes(
    document: Document, keyed: Mapping[TaskKey, Task], boxes: Mapping[TaskKey, str]
) -> str:
    characters = list(document.text)
    for key, task in keyed.items():
        if key in boxes:
            characters[task.offset] = boxes[key]
    return "".join(characters)


def _ticks_between(before: str, after: str) -> tuple[Tick, ...]:
    old, new = parse_document(before).tasks, parse_document(after).tasks
    return tuple(
        Tick(now.text, now.checked, now.section)
        for was, now in zip(old, new, strict=True)
        if was.checked != now.checked
    )


def _merge_lines(base: str | None, file: str, issue: str) -> tuple[list[str], tuple[Conflict, ...]]:
    kept: Sequence[str]
    lost: Sequence[str]
    ours, theirs = file.split("\n"), issue.split("\n")
    if base is None:
        known = Counter(ours)
        unknown = [line for line in theirs if line.strip() and line not in known]
        return ours, (Conflict(kept="", lost="\n".join(unknown)),) if unknown else ()
    merged: list[str] = []
    conflicts: list[Conflict] = []
    for group in Merge3(base.split("\n"), ours, theirs).merge_groups():
        if group[0] == "conflict":
            _, _, kept, lost = group
            merged.extend(kept)
            if list(kept) != list(lost):
                conflicts.append(Conflict("\n".join(kept), "\n".join(lost)))
        else:
            merged.extend(group[1])
    return merged, tuple(conflicts)


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
