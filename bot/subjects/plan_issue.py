"""What a plan issue is made of, and the comments that stand on it."""

from __future__ import annotations

from collections.abc import Sequence

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
    render_issue_body,
    render_status_marker,
)
from bot.subjects.pull_facts import facts_of

# The only title that says nothing: every task plan's first heading.
_EMPTY_TITLES = frozenset({"plan", ""})
_TITLE_LENGTH = 256
_NEXT_SHOWN = 5


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
) -> str:
    """The one status comment of a plan issue; its marker carries base and facts.

    ``proposed`` is the pull request that ``text`` waits in; ``base`` is then what the default
    branch has.
    """
    plan = read_plan(path, parse_document(text))
    return render_comment(
        "status.md",
        marker=render_status_marker(
            StatusMarker(blob_sha(text if base is None else base), facts_of(pulls))
        ),
        path=path,
        issue=issue,
        progress=plan.progress if plan else None,
        groups=[(group.title, _progress(group.tasks)) for group in plan.groups] if plan else [],
        next_tasks=_next(plan),
        pulls=[(p.number, p.state, p.tasks) for p in pulls if p.tasks],
        proposed=proposed,
    )


def _progress(tasks: Sequence[PlanTask]) -> tuple[int, int]:
    return sum(task.settled for task in tasks), len(tasks)


def _next(plan: Plan | None) -> list[tuple[str, str]]:
    if plan is None:
        return []
    return [(t.address, code_span(t.text)) for t in status_of(plan).next[:_NEXT_SHOWN]]


def conflict_comment(path: RepoPath, conflicts: Sequence[Conflict]) -> str:
    """The comment that keeps the issue's words where the file's text was kept."""
    return render_comment("conflict.md", path=path, conflicts=conflicts)
