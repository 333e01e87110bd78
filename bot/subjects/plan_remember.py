"""What is known of a plan once all that was decided is written, or a part of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.changes import (
    Applied,
    AssignPeople,
    CommitFiles,
    CreateIssue,
    Decision,
    EditComment,
    EditIssueBody,
    PostComment,
    UnassignPeople,
)
from bot.github.snapshots import CommentSnapshot, Committed, FileSnapshot, IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.issue_boxes import issues_named
from bot.plans.model import Plan
from bot.plans.render import blob_sha, body_sha, shown_text, version_of
from bot.subjects.body_edits import note_edits, note_read, seconds
from bot.subjects.issue_following import home, watchword
from bot.subjects.plan_bases import replaced_bodies
from bot.subjects.plan_identity import left_behind
from bot.subjects.plan_settle import Settled, without_commit
from bot.subjects.plan_snapshot import PlanSnapshot
from bot.subjects.plan_take import conflict_digest
from bot.subjects.pull_standing import watched
from bot.subjects.pull_words import facts_of

_SEEN_COMMITS = 20
_SEEN_BODIES = 40
_WRITES_KEPT = 30
_HANDLED = 100


def memory_after(
    snapshot: PlanSnapshot,
    issue: IssueSnapshot,
    settled: Settled,
    body: EditIssueBody | None,
    plan: Plan | None,
) -> PlanMemory:
    """What is known once everything decided is written."""
    memory = snapshot.memory
    before, now = body_sha(issue.body), body_sha(body.body if body else issue.body)
    wrote = (*memory.wrote, f"{before}>{now}") if body else memory.wrote
    seen = (*memory.seen_bodies, *snapshot.bodies, before, now)
    held = settled.shown if settled.shown != shown_text(settled.text) else ""
    made_from = version_of(body.body if body else issue.body)
    return replace(
        memory.landed(),
        format=plan.format if plan else memory.format,
        state="active",
        stopped="",
        stopped_for="",
        stop_comment=None,
        moved_to="",
        base_text=settled.text,
        base_blob=blob_sha(settled.text),
        issue_text=held if settled.holders else "",
        held=settled.holders,
        body_sha=now,
        body_base=made_from,
        body_bases=_newest((*memory.body_bases, memory.body_base, made_from), _WRITES_KEPT),
        seen_bodies=_newest(seen, _SEEN_BODIES),
        wrote=wrote[-_WRITES_KEPT:],
        overwrote=replaced_bodies(memory, issue.body) if body else memory.overwrote,
        echoes=_newest((*memory.echoes, *snapshot.echoes), _SEEN_BODIES),
        reads=note_read(
            memory,
            seconds(issue.updated_at),
            before,
            made_from,
            "" if body or settled.holders else blob_sha(settled.text),
        ),
        put_off=(),
        put_off_how=(),
        settled_edits=note_edits(memory, snapshot.settled_edits),
        pulls=settled.pulls,
        watches=_watches(settled, plan, issue),
        facts=(*facts_of(settled.pulls), *settled.issue_facts),
        seen_commits=_newest((*memory.seen_commits, *snapshot.commits), _SEEN_COMMITS),
        handled=_newest((*memory.handled, *(o.claim for o in snapshot.orders)), _HANDLED),
        waiting_text="",
    )


def open_conflicts(
    memory: PlanMemory, settled: Settled, told: Sequence[PostComment]
) -> tuple[str, ...]:
    """The conflicts that are not settled: those told now, and former ones until a clean merge."""
    lost = any(conflict.lost for conflict in settled.conflicts)
    former = () if settled.settles or (settled.news and not lost) else memory.conflicts
    new = (conflict_digest(comment.body) for comment in told) if lost else ()
    return _newest((*former, *new), _HANDLED)


def _watches(settled: Settled, plan: Plan | None, issue: IssueSnapshot) -> tuple[str, ...]:
    """What else may have to do with the plan: branches, merges, issues that boxes stand for."""
    pulls = watched(settled.pulls, plan.target_branch if plan else None)
    named = issues_named(settled.text, home(issue))
    return (*pulls, *(watchword(number) for number in named if number != issue.number))


def _newest(values: Sequence[str], count: int) -> tuple[str, ...]:
    """The last ``count`` different values, in order of when each came last."""
    return tuple(reversed(dict.fromkeys(reversed(values))))[-count:]


def remember(
    snapshot: PlanSnapshot, decision: Decision, applied: Sequence[Applied]
) -> tuple[PlanMemory, ...]:
    """What is known after ``applied``; nothing where nothing was decided to be known."""
    memory = decision.after
    if memory is None:
        return ()
    committed = False
    for done in applied:
        match done.change, done.result:
            case CommitFiles(), Committed(sha=sha):
                committed = True
                commits = (*memory.seen_commits, sha)
                memory = replace(memory, seen_commits=_newest(commits, _SEEN_COMMITS))
            case (PostComment(role="status") | EditComment(role="status")) as change, (
                CommentSnapshot(id=id_)
            ):
                memory = replace(memory, comment_id=id_, comment_sha=body_sha(change.body))
            case EditIssueBody() as change, IssueSnapshot(updated_at=at):
                shows = "" if memory.held else memory.base_blob
                sha, version = body_sha(change.body), version_of(change.body)
                reads = note_read(memory, seconds(at), sha, version, shows)
                memory = replace(memory, reads=reads)
            case ((AssignPeople() | UnassignPeople()), tuple() as people):
                # GitHub leaves out without a word whom it does not let be assigned.
                memory = replace(memory, shown_people=people)
            case PostComment(role="stopped"), CommentSnapshot(id=id_):
                memory = replace(memory, stop_comment=id_)
            case CreateIssue(), IssueSnapshot(number=number, title=title) if (
                memory.issue_number is None
            ):
                memory = replace(memory, issue_number=number, title=title)
    wanted = any(isinstance(change, CommitFiles) for change in decision.changes)
    if wanted and not committed and snapshot.file and not decision.again:
        memory = _without_commit(memory, snapshot.file)
    return (*left_behind(snapshot), memory)


def _without_commit(memory: PlanMemory, file: FileSnapshot) -> PlanMemory:
    """The branch did not take the commit: it has the file as it stands, and the rest waits."""
    if memory.proposed is not None:
        waits = memory.base_text
        return replace(memory, base_text=file.text, base_blob=file.blob_sha, waiting_text=waits)
    shown = memory.issue_text or shown_text(memory.base_text)
    settled = Settled(memory.base_text, shown, holders=memory.held)
    left = without_commit(settled, file)
    return replace(memory, base_text=file.text, base_blob=file.blob_sha, issue_text=left.shown)
