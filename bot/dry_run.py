"""``dry_run: true``: one comment that says what would be done, in place of doing it."""

from __future__ import annotations

from typing import Any

from bot.changes import Change, Decision, EditComment, PostComment
from bot.comments import render_comment
from bot.github.ports import GitHubReader
from bot.github.snapshots import IssueSnapshot
from bot.memory import PlanMemory
from bot.subjects.check_report import plain
from bot.subjects.detached import with_held
from bot.subjects.plan_snapshot import PlanSnapshot

MARKER = "<!-- plansync:dry-run -->"
_MOST_LISTED = 30
_REASON = "The repository's configuration says dry_run"


def rehearse(snapshot: Any, decision: Decision, reader: GitHubReader) -> tuple[Change, ...]:
    """The comment in place of what was decided: none without an issue to stand on, none while
    there is nothing to say, and none where it says so already. Costs one request."""
    issue = getattr(snapshot, "issue", None)
    if not isinstance(issue, IssueSnapshot):
        return ()
    body = rehearsal(decision)
    there = next(
        (one for one in reader.comments(issue.number) if one.ours and one.body.startswith(MARKER)),
        None,
    )
    if there is None:
        if not decision.changes:
            return ()
        return (PostComment(issue.number, body, "dry-run", _REASON),)
    if there.body.rstrip() == body.rstrip():
        return ()
    return (EditComment(issue.number, there.id, body, "dry-run", _REASON),)


def held_back(snapshot: Any) -> PlanMemory | None:
    """What is to be remembered of a plan all the same: edits by people who may not write, so that
    the end of the dry run does not take them over. None where that is known already."""
    if not isinstance(snapshot, PlanSnapshot) or not snapshot.memory.base_blob:
        return None
    memory = with_held(snapshot)
    return memory if memory != snapshot.memory else None


def rehearsal(decision: Decision) -> str:
    """The comment: every change with its target and reason."""
    changes = [
        (type(change).__name__, plain(change.target), plain(change.reason))
        for change in decision.changes[:_MOST_LISTED]
    ]
    return render_comment(
        "dry_run.md",
        marker=MARKER,
        changes=changes,
        more=len(decision.changes) - len(changes),
        again=decision.again,
    )
