"""What a plan issue is made of, and the comments that stand on it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from difflib import unified_diff

from bot.changes import CreateIssue
from bot.comments import code_span, render_comment
from bot.github.ports import RepoPath
from bot.memory import PullMemory
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.gates import status_of
from bot.plans.merge import Conflict
from bot.plans.model import Plan, PlanTask
from bot.plans.render import (
    PlanMarker,
    StatusMarker,
    blob_sha,
    newlines,
    render_issue_body,
    render_status_marker,
    shown_text,
)
from bot.subjects.plan_snapshot import TextEdit
from bot.subjects.pull_facts import facts_of

# The only title that says nothing: every task plan's first heading.
_EMPTY_TITLES = frozenset({"plan", ""})
_TITLE_LENGTH = 256
_NEXT_SHOWN = 5
_HELD_SHOWN = 60
_MOST_TOLD = 30_000

CONFLICT_LABEL = "plan:conflict"
"""Stands on a plan issue until the next merge of news that has no conflict."""


def create_plan_issue(
    text: str, path: RepoPath, request: int | None, title: str = ""
) -> CreateIssue:
    """The plan issue for a plan file; ``title`` serves where the plan names none."""
    document = parse_document(text)
    plan = read_plan(path, document)
    format_name = plan.format if plan else "plan"
    wanted = header_values(document, "labels")
    return CreateIssue(
        title=plan_title(document, path, title)[:_TITLE_LENGTH],
        body=render_issue_body(text, PlanMarker(path, request)),
        labels=wanted or tuple(dict.fromkeys(("plan", format_name))),
        milestone=plan.milestones[0] if plan and plan.milestones else None,
        reason=f"The plan {path} has no issue yet",
    )


def plan_title(document: Document, path: str, fallback: str = "") -> str:
    """The header's title, else the first heading where it says something, else the fallback."""
    named = next((line.value for line in document.header if line.key == "title"), "")
    heading = next((s.title for s in document.sections if s.level == 1), "")
    if heading.strip().casefold() in _EMPTY_TITLES:
        heading = ""
    return " ".join((named or heading or fallback or path).split())


def header_values(document: Document, key: str) -> tuple[str, ...]:
    """The comma-separated values of a header line, without ``@`` and without placeholders."""
    value = next((line.value for line in document.header if line.key == key), "")
    parts = (part.strip().lstrip("@") for part in value.split(","))
    return tuple(dict.fromkeys(p for p in parts if p and not p.startswith(("[", "{", "<"))))


def status_comment(
    text: str,
    path: RepoPath,
    issue: int,
    pulls: Sequence[PullMemory],
    *,
    base: str | None = None,
    proposed: int | None = None,
    body_base: str = "",
    held: Sequence[str] = (),
    held_text: str = "",
) -> str:
    """The one status comment of a plan issue; its marker carries base, facts and what is held.

    ``proposed`` is the pull request that ``text`` waits in; ``base`` is then what the default
    branch has. ``body_base`` is the blob that the issue's body was made from, ``held_text`` what
    the issue shows with the edits of ``held`` people.
    """
    plan = read_plan(path, parse_document(text))
    blob = blob_sha(text if base is None else base)
    marker = StatusMarker(
        blob, facts_of(pulls), "" if body_base == blob else body_base, tuple(held), path
    )
    return render_comment(
        "status.md",
        marker=render_status_marker(marker),
        path=path,
        issue=issue,
        progress=plan.progress if plan else None,
        groups=[(group.title, _progress(group.tasks)) for group in plan.groups] if plan else [],
        next_tasks=_next(plan),
        pulls=[(p.number, p.state, p.tasks) for p in pulls if p.tasks],
        proposed=proposed,
        held=[code_span(login) for login in held],
        difference=_difference(text, held_text) if held else "",
    )


def _progress(tasks: Sequence[PlanTask]) -> tuple[int, int]:
    return sum(task.settled for task in tasks), len(tasks)


def _next(plan: Plan | None) -> list[tuple[str, str]]:
    if plan is None:
        return []
    return [(t.address, code_span(t.text)) for t in status_of(plan).next[:_NEXT_SHOWN]]


def _difference(text: str, shown: str) -> str:
    """What the issue shows beyond the plan, as a diff; cut where it is very long."""
    lines = list(unified_diff(shown_text(text).split("\n"), shown.split("\n"), lineterm="", n=0))
    said = [line for line in lines[2:] if not line.startswith("@@")]
    cut = said[:_HELD_SHOWN]
    return "\n".join([*cut, *(["…"] if len(said) > len(cut) else [])])


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
    digest = hashlib.sha256("\0\0".join(said).encode("utf-8", "replace")).hexdigest()[:16]
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
            overwritten=[edit.login for edit in overwritten] if number == 1 else [],
        )
        for number, part in enumerate(parts, start=1)
    ]


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
