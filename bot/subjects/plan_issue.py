"""What a plan issue is made of, and the comments that stand on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.changes import CreateIssue
from bot.comments import render_comment
from bot.github.snapshots import RepoPath
from bot.plans.digest import short_digest
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.issue_parts import issue_parts
from bot.plans.merge import Conflict
from bot.plans.render import PlanMarker, newlines, render_issue_body
from bot.subjects.plan_labels import stop_labels
from bot.subjects.plan_snapshot import TextEdit

_MOST_TOLD = 30_000
_MOST_LINES = 20
_LONGEST_LINE = 300


def create_plan_issue(
    text: str, path: RepoPath, request: int | None, title: str = ""
) -> CreateIssue:
    """The plan issue for a plan file; ``title`` serves where the plan names none."""
    document = parse_document(text)
    parts, plan = issue_parts(path, document, title=title), read_plan(path, document)
    return CreateIssue(
        title=parts.title,
        body=render_issue_body(text, PlanMarker(path, request)),
        labels=(*parts.labels, *(stop_labels(plan, document) if plan else ())),
        milestone=next(iter(parts.milestones), None),
        further_milestones=parts.milestones[1:],
        reason=f"The plan {path} has no issue yet",
    )


def conflict_comments(
    path: RepoPath,
    base: str,
    conflicts: Sequence[Conflict],
    overwritten: Sequence[TextEdit] = (),
) -> list[str]:
    """The comment that keeps the issue's words where the file's were kept; several when too long.

    Its first line is the same whenever the same is told of the same base.
    """
    told: list[Conflict] = []
    for conflict in conflicts:
        told += _pieces(conflict) if conflict.lost else [conflict]
    if not told and not overwritten:
        return []
    said = [path, base, *(c.kept + "\0" + c.lost for c in told), *(e.after for e in overwritten)]
    digest = short_digest("\0\0".join(said))
    parts: list[list[Conflict]] = [[]]
    for conflict in told:
        if sum(len(c.kept) + len(c.lost) for c in [*parts[-1], conflict]) > _MOST_TOLD:
            parts.append([])
        parts[-1].append(conflict)
    return [
        render_comment(
            "conflict.md",
            digest=digest,
            part=number,
            path=path,
            lost=[conflict for conflict in part if conflict.lost],
            kept=[conflict for conflict in part if not conflict.lost],
            overwritten=list(map(_Overwritten.of, overwritten)) if number == 1 else [],
        )
        for number, part in enumerate(parts, start=1)
    ]


@dataclass(frozen=True, slots=True)
class _Overwritten:
    """Whose edit was overwritten ("" where nobody knows), and the ``lines`` that it wrote."""

    login: str
    lines: str

    @classmethod
    def of(cls, edit: TextEdit) -> _Overwritten:
        known = set((edit.before or "").split("\n"))
        lines = [line for line in edit.after.split("\n") if line.strip() and line not in known]
        shown = lines[:_MOST_LINES] if edit.before is not None else []
        more = ["…"] if len(lines) > len(shown) > 0 else []
        return cls(edit.login, "\n".join(line[:_LONGEST_LINE] for line in (*shown, *more)))


def _pieces(conflict: Conflict) -> list[Conflict]:
    """A conflict cut to what a comment can hold."""
    if len(conflict.kept) + len(conflict.lost) <= _MOST_TOLD:
        return [conflict]
    step = _MOST_TOLD // 2
    return [
        Conflict("", conflict.lost[at : at + step], conflict.kind)
        for at in range(0, len(conflict.lost), step)
    ]


_TOLD = re.compile(
    r"^<!-- plansync:(kept|lost) -->\n(`{3,})text\n(.*?)\n\2$", re.MULTILINE | re.DOTALL
)


def parse_conflict_comment(body: str) -> list[Conflict] | None:
    """The conflicts that a comment of ours tells; None for any other comment."""
    if not body.startswith("<!-- plansync:conflict "):
        return None
    found: list[Conflict] = []
    kept = ""
    for match in _TOLD.finditer(newlines(body)):
        if match[1] == "kept":
            kept = match[3]
        else:
            found.append(Conflict(kept, match[3]))
            kept = ""
    return found
