"""Three-way merge of a plan's lines: first what each line says, then in which order they stand.

Lines are paired before anything is compared, so a line that one side ticked and the other moved is
one line. What each says is merged by itself: its box, its cells or field values, its text. The
order is merged by a library over the lines' identities, so that edits never look like deletions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.plans.alignment import align
from bot.plans.merge_order import Conflict, Places, order_lines
from bot.plans.units import Unit

__all__ = ["Conflict", "Line", "MergedLines", "in_file_order", "merge_units", "without_base"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the merged plan: which line of the file it was (None: new there), and its box."""

    text: str
    checked: bool | None
    of_file: int | None


@dataclass(frozen=True, slots=True)
class MergedLines:
    """The merged lines in order, and every conflict in that order."""

    lines: tuple[Line, ...]
    conflicts: tuple[Conflict, ...] = ()


def merge_units(
    base: Sequence[Unit], file: Sequence[Unit], issue: Sequence[Unit], *, unsure: bool = False
) -> MergedLines:
    """Both copies' changes against their base; where they exclude each other the file's stand.

    ``unsure``: the base is a guess, so a line that both seem to have added is an old one.
    """
    places = Places.of(base, file, issue, unsure=unsure)
    order, replaced = order_lines(places)
    lines, conflicts = [], []
    for name in order:
        line, conflict = _say(places, name)
        lines.append(line)
        conflicts += [*replaced.get(name, ()), *([conflict] if conflict else ())]
    conflicts += replaced.get(None, ())
    return MergedLines(tuple(lines), tuple(conflicts))


def in_file_order(base: Sequence[Unit], file: Sequence[Unit], issue: Sequence[Unit]) -> MergedLines:
    """What both say merged line by line, but only the file's lines, in the file's order.

    Every line that the issue added or moved is told, none is taken over.
    """
    places = Places.of(base, file, issue)
    said = [_say(places, name) for name in places.file]
    said = [(line, told if told and told.lost else None) for line, told in said]
    there = set(places.file)
    added = [n for n in places.issue if n not in there and places.says(n, issue_alone=True)]
    lost = "\n".join(places.issue_unit(name).line for name in added)
    conflicts = [conflict for _, conflict in said if conflict]
    if lost:
        conflicts.append(Conflict("", lost))
    return MergedLines(tuple(line for line, _ in said), tuple(conflicts))


def without_base(file: Sequence[Unit], issue: Sequence[Unit]) -> MergedLines:
    """Two copies of which nobody knows what they once agreed on.

    A box ticked in either is ticked, the file's text stands and the issue's other text is told.
    """
    to_issue = align(file, issue)
    lines, conflicts = [], []
    for index, unit in enumerate(file):
        other: Unit | None = issue[to_issue[index]] if index in to_issue else None
        checked = unit.checked
        if other is not None and checked is not None:
            checked = checked or bool(other.checked)
        line = unit.with_mark(_mark(unit, checked))
        lines.append(Line(line, checked, index))
        if other is not None and _different(unit, other):
            conflicts.append(Conflict(line, other.line))
    paired = set(to_issue.values())
    unknown: list[str] = []
    for index, unit in enumerate(issue):
        if index not in paired and unit.kind != "blank":
            unknown.append(unit.line)
        elif unknown and unit.kind != "blank":
            conflicts.append(Conflict("", "\n".join(unknown)))
            unknown = []
    if unknown:
        conflicts.append(Conflict("", "\n".join(unknown)))
    return MergedLines(tuple(lines), tuple(conflicts))


def _different(one: Unit, other: Unit) -> bool:
    return " ".join(one.text.split()) != " ".join(other.text.split())


def _say(places: Places, name: int) -> tuple[Line, Conflict | None]:
    base, file, issue = places.units[name]
    at = places.file_index.get(name)
    present = [unit for unit in (file, issue) if unit is not None]
    if len(present) == 1:
        (unit,) = present
        kept = Conflict(unit.line, "", "kept") if base is not None else None
        return Line(unit.line, unit.checked, at), kept
    assert file is not None  # noqa: S101 - a line that stands is in one of the copies
    assert issue is not None  # noqa: S101
    if len({unit.checked is None for unit in (base, file, issue) if unit is not None}) > 1:
        # One of them made a task of a line, or a line of a task: the box is part of its text.
        text, lost = _merge_text(base, file, issue, whole=True)
        taken = next((u for u in (file, issue) if u.line == text), None)
        return Line(text, taken.checked if taken else None, at), lost
    checked = _merge_box(base, file, issue)
    text, lost = _merge_text(base, file, issue)
    mark = _mark(file, checked)
    if lost is not None:
        other = lost.lost.replace("[ ]", f"[{mark}]", 1) if mark else lost.lost
        lost = Conflict(text.replace("[ ]", f"[{mark}]", 1) if mark else text, other, lost.kind)
    line = text.replace("[ ]", f"[{mark}]", 1) if mark else text
    return Line(line, checked, at), lost


def _mark(file: Unit, checked: bool | None) -> str:
    """`[X]` and `[x]` are one state: the file's own character stays unless the state moves."""
    if checked is None or checked == file.checked:
        return file.mark
    return "x" if checked else " "


def _merge_box(base: Unit | None, file: Unit, issue: Unit) -> bool | None:
    if file.checked is None:
        return None
    if base is None:
        return bool(file.checked or issue.checked)
    return issue.checked if file.checked == base.checked else file.checked


def _merge_text(
    base: Unit | None, file: Unit, issue: Unit, *, whole: bool = False
) -> tuple[str, Conflict | None]:
    """The line with its box still empty, and what of the issue's found no place in it."""
    here, there = (file.line, issue.line) if whole else (file.text, issue.text)
    if base is None:
        return here, Conflict(here, there) if _different(file, issue) else None
    before = base.line if whole else base.text
    if here in (before, there):
        return there, None
    if there == before:
        return here, None
    if not whole and file.slots and len({base.frame, file.frame, issue.frame}) == 1:
        return _merge_slots(base, file, issue)
    same = " ".join(here.split()) == " ".join(there.split())
    return here, None if same else Conflict(here, there)


def _merge_slots(base: Unit, file: Unit, issue: Unit) -> tuple[str, Conflict | None]:
    ours, theirs = [], []
    for slot, (was, here, there) in enumerate(
        zip(base.values, file.values, issue.values, strict=True)
    ):
        ours.append(there if here == was else here)
        marker = slot == 0 and file.kind in ("task", "text")
        changed = there not in (was, here) and here != was
        theirs.append(there if changed and not marker else ours[-1])
    text = file.filled(ours)
    if theirs == ours:
        return text, None
    kind: Literal["text", "cell"] = "cell" if file.kind == "row" or len(ours) > 2 else "text"
    return text, Conflict(text, file.filled(theirs), kind)
