"""Three-way merge of lines: a library's merge, and inside its conflicts one line at a time.

A library calls neighbouring edits a conflict. Here tasks and table rows of a conflict are aligned
first, so that only a line which both sides changed in the same place is one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from merge3 import Merge3

from bot.plans.alignment import SIMILAR, similarity

_BOX = re.compile(r"^([\s>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[[ xX]\][ \t]")
_PIPE = re.compile(r"(?<!\\)\|")
# Aligning is quadratic; a conflict this large is two different texts anyway.
_MOST_CELLS = 40_000
_BLANK_SCORE = 0.05


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides changed: the text that was kept and the one that was not.

    ``kind`` is ``text`` (the file's was kept, ``lost`` is the issue's), ``cell`` (the same for one
    table cell) or ``kept`` (one side deleted what the other changed: it stands, nothing is lost).
    """

    kept: str
    lost: str
    kind: Literal["text", "cell", "kept"] = "text"


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    from_issue: bool = False


def merge_lines(
    base: Sequence[str], file: Sequence[str], issue: Sequence[str]
) -> tuple[list[str], tuple[Conflict, ...]]:
    """The merged lines and every conflict, in order. Lines carry no line ends."""
    merged: list[_Line] = []
    conflicts: list[Conflict] = []
    for group in Merge3(list(base), list(file), list(issue)).merge_groups():
        if group[0] == "conflict":
            lines, found = _merge_region(group[1], group[2], group[3])
            merged.extend(lines)
            conflicts.extend(found)
        else:
            merged.extend(_Line(line, group[0] == "b") for line in group[1])
    moved = set(map(_identity, file)) & set(map(_identity, issue))
    told = [c for c in conflicts if c.kind != "kept" or _identity(c.kept) not in moved]
    return _without_doubles(merged, base, file, issue), tuple(told)


def _without_doubles(
    merged: Sequence[_Line], base: Sequence[str], file: Sequence[str], issue: Sequence[str]
) -> list[str]:
    """Drop the issue's copy of a line that both sides moved: the file's place stands."""
    counts = [Counter(map(_identity, lines)) for lines in (base, file, issue)]
    extra = Counter(_identity(line.text) for line in merged)
    for name in list(extra):
        wanted = max(count[name] for count in counts)
        moved = name and all(count[name] for count in counts)
        extra[name] = max(0, extra[name] - wanted) if moved else 0
    kept: list[str] = []
    for line in merged:
        name = _identity(line.text)
        if line.from_issue and extra[name]:
            extra[name] -= 1
        else:
            kept.append(line.text)
    return kept


def _merge_region(
    base: Sequence[str], file: Sequence[str], issue: Sequence[str]
) -> tuple[list[_Line], list[Conflict]]:
    lines: list[_Line] = []
    conflicts: list[Conflict] = []
    to_file, to_issue = [*_align(base, file), len(file)], [*_align(base, issue), len(issue)]
    file_at = issue_at = gone = 0
    for index, (here, there) in enumerate(zip(to_file, to_issue, strict=True)):
        if here is None and there is None:
            gone += 1
            continue
        ours = list(file[file_at : file_at if here is None else here])
        theirs = list(issue[issue_at : issue_at if there is None else there])
        if gone and ours and theirs and ours != theirs:
            # Both replaced the same lines; without a line that went, both only inserted.
            conflicts.append(Conflict("\n".join(ours), "\n".join(theirs)))
            theirs = []
        lines += [_Line(line) for line in ours]
        lines += [_Line(line, from_issue=True) for line in theirs if line not in ours]
        gone = 0
        file_at = file_at if here is None else here + 1
        issue_at = issue_at if there is None else there + 1
        if index == len(base):
            break
        line, conflict = _resolve(
            base[index],
            None if here is None else file[here],
            None if there is None else issue[there],
        )
        if line is not None:
            lines.append(line)
        if conflict is not None:
            conflicts.append(conflict)
    return lines, conflicts


def _resolve(
    base: str, file: str | None, issue: str | None
) -> tuple[_Line | None, Conflict | None]:
    if file == issue or issue == base:
        return (None if file is None else _Line(file)), None
    if file == base:
        return (None if issue is None else _Line(issue, from_issue=True)), None
    if file is None or issue is None:
        stands = file if file is not None else issue or ""
        return _Line(stands, file is None), Conflict(stands, "", "kept")
    if cells := _merge_cells(base, file, issue):
        row, lost = cells
        return _Line(row), Conflict(row, lost, "cell") if lost else None
    return _Line(file), Conflict(file, issue)


def _merge_cells(base: str, file: str, issue: str) -> tuple[str, str] | None:
    """A table row merged cell by cell and the issue's cells that lost; None for other lines."""
    rows = [_PIPE.split(line) for line in (base, file, issue)]
    if min(map(len, rows)) < 3 or len({len(row) for row in rows}) != 1:
        return None
    merged, lost = [], []
    for before, here, there in zip(*rows, strict=True):
        if here.strip() == before.strip() and there.strip() != before.strip():
            merged.append(there)
            continue
        merged.append(here)
        if there.strip() not in (before.strip(), here.strip()):
            lost.append(there.strip())
    return "|".join(merged), " | ".join(lost)


def _align(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each old line the new line that it became, in order, or None where it is gone."""
    if len(old) * len(new) > _MOST_CELLS:
        return [None] * len(old)
    scores = [[_alike(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            both = scores[i][j] + best[i + 1][j + 1] if scores[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    found: list[int | None] = [None] * len(old)
    i = j = 0
    while i < len(old) and j < len(new):
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            found[i] = j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _alike(one: str, other: str) -> float:
    if not one.strip() or not other.strip():
        return _BLANK_SCORE if one.strip() == other.strip() else 0.0
    one, other = _identity(one), _identity(other)
    if "|" in one and "|" in other and _first_cell(one) == _first_cell(other):
        return 0.9
    score = similarity(one, other)
    return score if score >= SIMILAR else 0.0


def _first_cell(row: str) -> str:
    return next((cell.strip() for cell in _PIPE.split(row) if cell.strip()), "")


def _identity(line: str) -> str:
    """A line without its box: what makes it the same line when it was ticked or moved."""
    return _BOX.sub(r"\1", line).strip()
