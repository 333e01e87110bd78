"""The mirror's three-way merge: a plan file and its issue, both against their base.

A box with a known base cannot conflict: whoever differs from the base wins, and where both differ
they agree. Cells, fields and text of a line that only one side changed are that side's; where both
changed the same the file's stand and the issue's come back as a ``Conflict``: words are never only
in the copy that is overwritten.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from bot.plans.alignment import align
from bot.plans.companions import (
    Feature,
    has_own_lines,
    is_feature,
    marker,
    parse_feature,
    part_begun,
    render_feature,
    shown_feature,
    shown_parts,
    without_own_lines,
)
from bot.plans.document import parse_document
from bot.plans.merge_lines import (
    Conflict,
    Line,
    MergedLines,
    in_file_order,
    merge_units,
    without_base,
)
from bot.plans.render import plan_text
from bot.plans.units import Unit, read_units

__all__ = [
    "Conflict",
    "Merged",
    "Tick",
    "Vanished",
    "carry",
    "merge",
    "merge_texts",
    "take_over",
    "vanished",
    "with_boxes",
]


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


@dataclass(frozen=True, slots=True)
class Vanished:
    """How many of a plan's tasks an edit took away."""

    gone: int
    total: int

    @property
    def share(self) -> float:
        """0.0 to 1.0; 0.0 for a plan that had no task."""
        return self.gone / self.total if self.total else 0.0


def merge(base: str | None, file: str, issue: str) -> Merged:
    """Merge the plan text of an issue into a plan file.

    ``base`` and ``file`` are whole plan files, ``issue`` the plan as the issue has it (no marker,
    no front matter, LF). Without a base a box ticked on either side is ticked and the file's text
    stands. Unchanged lines keep every byte, also their line ends.
    """
    return take_over(file, plan_text(base) if base is not None else None, issue)


def take_over(file: str, was: str | None, now: str, *, unsure: bool = False) -> Merged:
    """The plan file with what changed between two plan texts, which need not be its own.

    ``unsure``: nobody knows exactly what was; then a box ticked on either side is ticked.
    """
    ours = plan_text(file)
    merged = merge_texts(was, ours, now, unsure=unsure)
    return replace(merged, text=carry(file, ours, merged.text))


def merge_texts(
    was: str | None, ours: str, theirs: str, *, unsure: bool = False, alike: bool = False
) -> Merged:
    """``take_over`` among plan texts alone (no front matter, LF).

    ``alike``: lines that both added and that are alike are one, however many there are.
    """
    if theirs == ours or (theirs == was and not unsure):
        return Merged(ours)
    if has_own_lines(theirs) or any(map(is_feature, (was or "", ours))):
        return _merge_features(was, ours, theirs, unsure=unsure, alike=alike)
    here, there = read_units(ours), read_units(theirs)
    if was is None:
        merged = without_base(here, there)
    else:
        before = read_units(was)
        if unsure:
            before = _unticked(before, here, there)
        merged = merge_units(before, here, there, unsure=unsure or alike)
        if not _reads_right(merged):
            merged = in_file_order(before, here, there)
        if not _reads_right(merged):
            merged = _boxes_alone(before, here, there)
    return Merged(
        text="\n".join(line.text for line in merged.lines).strip("\n"),
        ticks=_ticks(here, merged.lines),
        edited=_edited(here, merged.lines),
        conflicts=merged.conflicts,
    )


def _merge_features(
    was: str | None, ours: str, theirs: str, *, unsure: bool, alike: bool
) -> Merged:
    """A plan with its companions: each file by itself. Which files there are the file side says."""
    here, theirs = shown_parts(ours), with_parts(was or ours, theirs, (*parse_feature(ours).files,))
    if not any(map(is_feature, (was or "", ours))):
        return merge_texts(was, ours, theirs, unsure=unsure, alike=alike)
    there = shown_parts(theirs)
    before = shown_parts(was) if was is not None else None
    plan = before.plan if before else None
    found = {"": merge_texts(plan, here.plan, there.plan, unsure=unsure, alike=alike)}
    for name, said in here.files.items():
        base = before.files.get(name) if before else None
        other = there.files.get(name, said if base is None else "")
        found[name] = merge_texts(base, said, other, unsure=unsure, alike=alike)
    lost = []
    for name, said in there.files.items():
        if name not in here.files and said != (before.files.get(name) if before else None):
            lost.append(Conflict("", said))
    files = {name: merged.text for name, merged in found.items() if name}
    return Merged(
        text=shown_feature(Feature(found[""].text, files)),
        ticks=tuple(tick for merged in found.values() for tick in merged.ticks),
        edited=any(merged.edited for merged in found.values()),
        conflicts=(*(c for merged in found.values() for c in merged.conflicts), *lost),
    )


def with_parts(was: str, now: str, others: Sequence[str] = ()) -> str:
    """An edited plan text with the hidden lines that somebody took out, each above its words.

    One of a file that has no words left is not put back. Those of files that ``was`` has not and
    that are not among ``others`` are somebody's, and go: what is below belongs to the part above.
    """
    known = parse_feature(was).files
    now = without_own_lines(now, (*known, *others))
    there = parse_feature(now).files
    missing = [name for name in known if name not in there]
    if not missing:
        return now
    before, after = read_units(was), read_units(now)
    pairs = align(before, after)
    first: dict[str, int] = {}
    name = ""
    for index, unit in enumerate(before):
        name = part_begun(unit.line) or name
        if name in missing and index in pairs and unit.kind != "blank":
            first[name] = min(first.get(name, len(after)), pairs[index])
    lines = now.split("\n")
    for name, at in sorted(first.items(), key=lambda one: one[1], reverse=True):
        lines[at:at] = [marker(name), ""]
    return "\n".join(lines)


def _unticked(base: list[Unit], file: list[Unit], issue: list[Unit]) -> list[Unit]:
    """Against a base without ticks, a tick on either side stands.

    A line that one side took out keeps its box: whether the other changed it is then still seen.
    """
    in_both = align(base, file).keys() & align(base, issue).keys()
    return [
        replace(unit, mark=" ") if unit.mark and n in in_both else unit
        for n, unit in enumerate(base)
    ]


def with_boxes(before: str, after: str, steps: Iterable[tuple[str, str]], said: str) -> str:
    """``after``, an edit of ``before``, with boxes that were set once more as ``said`` has them.

    These are the ones that the edit and one of the later ``steps`` (a text and what became of it)
    changed. All are plan texts with LF.
    """
    units, known = read_units(after), read_units(said)
    changed = {there for _, there in _boxes_moved(read_units(before), units)}
    since: set[int] = set()
    for was, now in steps:
        old = read_units(was)
        to_units = align(old, units)
        since |= {to_units[n] for n, _ in _boxes_moved(old, read_units(now)) if n in to_units}
    to_known = align(units, known)
    for at in changed & since & to_known.keys():
        units[at] = replace(units[at], mark=known[to_known[at]].mark or units[at].mark)
    return "\n".join(unit.line for unit in units)


def _boxes_moved(old: list[Unit], new: list[Unit]) -> list[tuple[int, int]]:
    pairs = align(old, new).items()
    return [(n, there) for n, there in pairs if old[n].checked != new[there].checked]


def vanished(before: str, after: str) -> Vanished:
    """How many tasks of one plan text are not in another, wherever they may have moved."""
    old, new = read_units(before), read_units(after)
    pairs = align(old, new)
    tasks = [n for n, unit in enumerate(old) if unit.kind == "task"]
    return Vanished(sum(n not in pairs for n in tasks), len(tasks))


def _reads_right(merged: MergedLines) -> bool:
    """Whether the merged lines still read as the tasks they were: no fence opened, no item cut."""
    text = "\n".join(line.text for line in merged.lines)
    document = parse_document(text)
    read = {document.line_of(task.offset): task.checked for task in document.tasks}
    meant = {
        number: line.checked
        for number, line in enumerate(merged.lines, start=1)
        if line.checked is not None
    }
    return read == meant


def _boxes_alone(base: list[Unit], file: list[Unit], issue: list[Unit]) -> MergedLines:
    """The file's text with the issue's ticks; everything else that the issue has is told."""
    to_file, to_issue = align(base, file), align(base, issue)
    of_base = {here: n for n, here in to_file.items()}
    lines = []
    for index, unit in enumerate(file):
        was = of_base.get(index)
        other = issue[to_issue[was]] if was is not None and was in to_issue else None
        checked = unit.checked
        if was is not None and other is not None and other.checked is not None:
            checked = other.checked if checked == base[was].checked else checked
        mark = unit.mark if checked == unit.checked or checked is None else " x"[checked]
        lines.append(Line(unit.with_mark(mark), checked if unit.mark else None, index))
    known = Counter(unit.text.strip() for unit in (*base, *file))
    unknown = [unit.line for unit in issue if unit.text.strip() not in known]
    told = (Conflict("", "\n".join(unknown)),) if unknown else ()
    return MergedLines(tuple(lines), told)


def _ticks(file: list[Unit], lines: tuple[Line, ...]) -> tuple[Tick, ...]:
    return tuple(
        Tick(_task_text(file[line.of_file]), line.checked, file[line.of_file].section)
        for line in lines
        if line.of_file is not None
        and line.checked is not None
        and file[line.of_file].checked is not None
        and line.checked != file[line.of_file].checked
    )


def _task_text(unit: Unit) -> str:
    tasks = parse_document(unit.line.lstrip(" \t>")).tasks
    return tasks[0].text if tasks else unit.name


def _edited(file: list[Unit], lines: tuple[Line, ...]) -> bool:
    """Whether anything but boxes differs from the file."""
    if [line.of_file for line in lines] != list(range(len(file))):
        return True
    return any(
        line.text != file[n].with_mark(" x"[line.checked] if line.checked is not None else "")
        and line.text != file[n].line
        for n, line in enumerate(lines)
    )


def carry(file: str, before: str, after: str) -> str:
    """The plan file with its plan text ``before`` (LF) changed to ``after`` (LF).

    Lines that stay keep every byte and new lines end as most of the file's do.
    """
    if before == after:
        return file
    if is_feature(file) or is_feature(after):
        return _carry_features(file, before, after)
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


def _carry_features(file: str, before: str, after: str) -> str:
    whole, was, now = parse_feature(file), shown_parts(before), shown_parts(after)
    files = {
        name: carry(whole.files[name], was.files.get(name, ""), said)
        if name in whole.files
        else f"{said}\n"
        for name, said in now.files.items()
    }
    plan = carry(whole.plan, was.plan, now.plan)
    return render_feature(Feature(plan, files, whole.outputs))


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
