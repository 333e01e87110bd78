"""``/plan take issue`` and ``/plan take file``: which of two texts stands after a conflict. Pure.

What lost a conflict is kept in a comment of ours, so that is where it is taken from: also after the
database was lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.comments import render_comment
from bot.github.snapshots import CommentSnapshot
from bot.plans.document import parse_document
from bot.plans.merge import Conflict, carry
from bot.plans.render import plan_text
from bot.subjects.plan_issue import parse_conflict_comment
from bot.subjects.plan_snapshot import PlanSnapshot

_BOX = re.compile(r"^((?:[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)+\[)([ xX])(\])")
_DIGEST = re.compile(r"<!-- plansync:conflict ([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Taken:
    """A plan file with texts of the issue put in; ``left`` are those that had no place in it."""

    text: str
    count: int = 0
    left: tuple[Conflict, ...] = ()


def conflict_digest(comment: str) -> str:
    """What names the conflict that a comment of ours tells; "" for any other comment."""
    found = _DIGEST.match(comment)
    return found[1] if found else ""


def open_conflicts(snapshot: PlanSnapshot) -> tuple[Conflict, ...]:
    """The conflicts that nobody settled: those remembered, else the last one that was told."""
    ours = [(conflict_digest(c.body), c) for c in snapshot.comments if c.ours]
    told: list[tuple[str, CommentSnapshot]] = [(digest, c) for digest, c in ours if digest]
    wanted = set(snapshot.memory.conflicts) or {digest for digest, _ in told[-1:]}
    found: list[Conflict] = []
    for digest, comment in told:
        if digest in wanted:
            found += parse_conflict_comment(comment.body) or ()
    return tuple(found)


def take_issue(text: str, conflicts: Sequence[Conflict]) -> Taken:
    """The plan file with the issue's text wherever the file's was kept.

    A box keeps the state it has now. What was kept must still stand there, and nothing else may
    read differently afterwards; where that is not so the text is among ``left``.
    """
    shown, count = plan_text(text), 0
    left: list[Conflict] = []
    for conflict in conflicts:
        after = _put(shown, conflict)
        if after is not None:
            shown, count = after, count + 1
        elif not _stands(shown, conflict.lost):
            left.append(conflict)
    return Taken(carry(text, plan_text(text), shown), count, tuple(left))


def _stands(text: str, lost: str) -> bool:
    """Whether it is there already: then the same was said before."""
    return bool(_lines(lost)) and bool(_find(text.split("\n"), _lines(lost)))


def _put(text: str, conflict: Conflict) -> str | None:
    kept, lost = _lines(conflict.kept), _lines(conflict.lost)
    lines = text.split("\n")
    here = _find(lines, kept)
    if not lost or not here:
        return None
    if len(here) == len(lost):
        lost = [_with_box_of(one, lines[at]) for one, at in zip(lost, here, strict=True)]
    before, behind = lines[: here[0]], lines[here[-1] + 1 :]
    after = "\n".join([*before, *lost, *behind])
    return after if _same_elsewhere(text, after, len(before), len(behind)) else None


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _find(lines: Sequence[str], kept: Sequence[str]) -> list[int]:
    """Where these lines stand one after the other, whatever their boxes and blank lines between."""
    wanted = [_unticked(line) for line in kept]
    said = [n for n, line in enumerate(lines) if line.strip()]
    for start in range(len(said) - len(kept) + 1):
        places = said[start : start + len(kept)]
        if [_unticked(lines[n]) for n in places] == wanted:
            return places
    return []


def _unticked(line: str) -> str:
    return _BOX.sub(r"\1 \3", line)


def _with_box_of(new: str, old: str) -> str:
    box = _BOX.match(old)
    return _BOX.sub(lambda found: f"{found[1]}{box[2]}{found[3]}", new) if box else new


def _same_elsewhere(before: str, after: str, lines_before: int, lines_behind: int) -> bool:
    """Whether every box before and behind the place reads as it did."""

    def boxes(text: str) -> list[tuple[int, bool]]:
        document, count = parse_document(text), text.count("\n") + 1
        found = []
        for task in document.tasks:
            line = document.line_of(task.offset)
            if line <= lines_before:
                found.append((line, task.checked))
            elif line > count - lines_behind:
                found.append((line - count - 1, task.checked))
        return found

    return boxes(before) == boxes(after)


def untaken_comment(order: int, left: Sequence[Conflict]) -> str:
    """What is told where a text of the issue found no place in the file."""
    return render_comment("untaken.md", order=order, left=[conflict.lost for conflict in left])
