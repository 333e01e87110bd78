"""What to write so that a plan's file and issue agree, and what is known afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.changes import (
    AddLabel,
    Change,
    CommitFiles,
    Decision,
    EditComment,
    EditIssueBody,
    FileEdit,
    PostComment,
    RemoveLabel,
)
from bot.commits import compose, tick_lines, tick_subject
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.snapshots import FileSnapshot, IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.companions import recipe_of
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.gates import PlanStatus, status_of
from bot.plans.model import Plan
from bot.plans.render import (
    PlanMarker,
    blob_sha,
    body_form,
    body_sha,
    issue_plan_text,
    parse_plan_marker,
    render_body,
    shown_form,
    written_over,
)
from bot.subjects.body_edits import seconds
from bot.subjects.detached import leave_detached, stays_detached
from bot.subjects.orders import Obeyed, answer_only, obey_orders
from bot.subjects.overdue import day_of, tell_overdue, told_after
from bot.subjects.plan_brake import find_stops, put_back, stopped, went_on
from bot.subjects.plan_companions import file_edits
from bot.subjects.plan_header import Headed, with_header
from bot.subjects.plan_identity import follow, without_file, without_issue
from bot.subjects.plan_issue import conflict_comments, create_plan_issue
from bot.subjects.plan_labels import CONFLICT_LABEL, label_changes, state_changes
from bot.subjects.plan_remember import memory_after, open_conflicts
from bot.subjects.plan_settle import Settled, settle
from bot.subjects.plan_snapshot import PlanSnapshot
from bot.subjects.plan_status import status_comment
from bot.subjects.plan_take import untaken_comment
from bot.subjects.standstill import Standstill, find_standstill, tell_stalled
from bot.subjects.story_keeping import with_beside


def decide(snapshot: PlanSnapshot, config: RepoConfig) -> Decision:
    """Merge file and issue, move the rows of pull requests whose facts changed, say so."""
    file, issue, memory = snapshot.file, snapshot.issue, snapshot.memory
    if issue is None and memory.issue_number is not None:
        return without_issue(snapshot)
    if file is None and memory.moved_to:
        return follow(memory, memory.moved_to)
    if file is None:
        return _no_plan(snapshot, config, snapshot.problem or "there is no plan file at this path")
    if issue is not None and snapshot.deleted:
        return without_file(snapshot, issue, config)
    known = issue is not None and snapshot.bases.agreed is not None
    if not known and recognise(snapshot.path, parse_document(file.text)) is None:
        return _no_plan(snapshot, config, "the file is in no plan format that plansync knows")
    if issue is None:
        return _create(snapshot, file)
    if stays_detached(snapshot):
        return leave_detached(snapshot, file, issue, config)
    stops = find_stops(snapshot, file, issue, config)
    snapshot, taken, stops = put_back(snapshot, file, issue, stops)
    if stops:
        return stopped(snapshot, issue, stops, config)
    settled = settle(snapshot, taken, issue, config)
    obeyed = obey_orders(snapshot, settled, issue, config)
    obeyed = with_beside(snapshot, issue, obeyed, config)
    settled, headed = with_header(snapshot, obeyed.settled, issue, config.people)
    obeyed = replace(obeyed, settled=settled)
    return _mirror(snapshot, file, issue, obeyed, headed, config)


def _no_plan(snapshot: PlanSnapshot, config: RepoConfig, note: str) -> Decision:
    """Nothing to mirror; who asked for it in an issue is told."""
    if snapshot.issue is None:
        return Decision(note=note)
    why = UserProblem(f"This cannot be a plan: {note}.", "`/plan adopt PATH` takes a plan file.")
    return Decision(tuple(answer_only(snapshot, snapshot.issue, config, "", why)), note=note)


def _create(snapshot: PlanSnapshot, file: FileSnapshot) -> Decision:
    new = create_plan_issue(
        file.text, snapshot.path, snapshot.memory.request_number, snapshot.request_title
    )
    plan = read_plan(snapshot.path, parse_document(file.text))
    after = replace(
        snapshot.memory,
        format=plan.format if plan else "",
        moved_to="",
        base_text=file.text,
        base_blob=file.blob_sha,
        body_base=file.blob_sha,
        body_sha=body_sha(new.body),
        seen_bodies=(body_sha(new.body),),
    )
    return Decision((new,), again=True, after=after)


def _mirror(
    snapshot: PlanSnapshot,
    file: FileSnapshot,
    issue: IssueSnapshot,
    obeyed: Obeyed,
    headed: Headed,
    config: RepoConfig,
) -> Decision:
    settled = obeyed.settled
    if obeyed.edits and settled.text == file.text and not snapshot.orders:
        # What follows from the file as it stands comes before the base, or a write that is cut
        # short would leave nothing to follow from.
        commit = _commit(snapshot, file, obeyed)
        return Decision((commit,), again=True, after=snapshot.memory)
    body = _body_edit(snapshot, issue, settled)
    told = _tell(snapshot, issue, settled)
    plan, document, standing, still = _standing(snapshot, obeyed, config)
    after = memory_after(snapshot, issue, settled, body, plan)
    closing, closed_for = _closing(snapshot, issue, settled, standing, config)
    after = replace(
        after,
        conflicts=open_conflicts(snapshot.memory, settled, told),
        closed_for=closed_for,
        told=told_after(standing, snapshot.memory.told),
        ticked_at=still.ticked_at,
        stalled=still.stories,
        shown_title=headed.title,
        shown_labels=headed.labels,
        shown_people=headed.people,
        state="detached" if obeyed.detached else after.state,
    )
    marks = _labels(issue, settled)
    # What is told and marked stands before anything is written over it, whatever happens then.
    changes: list[Change] = [
        *told,
        *obeyed.told,
        *(mark for mark in marks if isinstance(mark, AddLabel)),
    ]
    changes += [*_tell_untaken(snapshot, issue, settled), *headed.changes]
    if settled.text != file.text or obeyed.edits or _other_files(snapshot):
        changes.append(_commit(snapshot, file, obeyed))
    beforehand = _beforehand(snapshot, file, issue, settled, body, after)
    changes += [body] if body else []
    changes += _status(snapshot, file, issue, settled, after, standing, config)
    changes += [mark for mark in marks if not isinstance(mark, AddLabel)]
    changes += label_changes(issue, plan, document, standing)
    changes += tell_overdue(issue, standing, snapshot.memory.told)
    changes += tell_stalled(issue, still, snapshot.memory)
    changes += closing
    changes += went_on(snapshot, issue)
    changes += obeyed.changes
    note = "" if changes else "the file and the issue already agree"
    return Decision(
        tuple(changes),
        again=_looks_on(snapshot, changes),
        note=note,
        beforehand=beforehand,
        after=after,
        forward=obeyed.forward,
    )


def _looks_on(snapshot: PlanSnapshot, changes: Sequence[Change]) -> bool:
    """Whether issues that boxes stand for are left over that another pass is to read.

    A commit may be refused, and what follows from that is remembered by the last pass alone.
    """
    commits = any(isinstance(change, CommitFiles) for change in changes)
    return bool(snapshot.unread) and not (commits or snapshot.orders or snapshot.waiting)


def _beforehand(
    snapshot: PlanSnapshot,
    file: FileSnapshot,
    issue: IssueSnapshot,
    settled: Settled,
    body: EditIssueBody | None,
    after: PlanMemory,
) -> PlanMemory | None:
    """What is remembered before anything is written, for a process that dies in between."""
    waiting = snapshot.waiting.agreed if snapshot.waiting else ""
    moved = settled.text != (waiting or file.text)
    if not body and not moved:
        return None
    return replace(
        snapshot.memory,
        landing_blob=after.base_blob,
        landing_issue=issue.body,
        landing_at=seconds(issue.updated_at),
        landing_facts=after.facts,
        landing_body=after.wrote[-1] if body else "",
        landing_orders=tuple(order.claim for order in snapshot.orders if moved),
        conflicts=after.conflicts,
        # A tick is one whatever lands; who stands still since is told once that is written.
        ticked_at=after.ticked_at,
        stalled=tuple(story for story in snapshot.memory.stalled if story in after.stalled),
    )


def _standing(
    snapshot: PlanSnapshot, obeyed: Obeyed, config: RepoConfig
) -> tuple[Plan | None, Document, PlanStatus | None, Standstill]:
    document = parse_document(obeyed.settled.text)
    plan = read_plan(snapshot.path, document, statuses=config.statuses)
    today = day_of(snapshot.heard_at)
    still = find_standstill(snapshot, obeyed, plan)
    if plan is None:
        return None, document, None, still
    return plan, document, status_of(plan, document, today=today, stalled=still.stories), still


def _closing(
    snapshot: PlanSnapshot,
    issue: IssueSnapshot,
    settled: Settled,
    standing: PlanStatus | None,
    config: RepoConfig,
) -> tuple[Sequence[Change], str]:
    """Whether the issue is to be closed or opened, and the version it was closed for."""
    if not config.close_when_complete or snapshot.memory.proposed:
        return (), snapshot.memory.closed_for
    return state_changes(issue, standing, blob_sha(settled.text), snapshot.memory.closed_for)


def _tell(snapshot: PlanSnapshot, issue: IssueSnapshot, settled: Settled) -> list[PostComment]:
    reason = "The issue and the file changed the same lines"
    return [
        PostComment(issue.number, comment, "conflict", reason, once=True)
        for comment in conflict_comments(
            snapshot.path, snapshot.memory.base_blob, settled.conflicts, settled.overwritten
        )
    ]


def _tell_untaken(
    snapshot: PlanSnapshot, issue: IssueSnapshot, settled: Settled
) -> list[PostComment]:
    order = snapshot.ordered("take", "issue")
    if order is None or not settled.untaken:
        return []
    comment = untaken_comment(order.comment_id, settled.untaken)
    return [PostComment(issue.number, comment, "untaken", "It has no place in the file", once=True)]


def _commit(snapshot: PlanSnapshot, file: FileSnapshot, obeyed: Obeyed) -> CommitFiles:
    settled = obeyed.settled
    edits = file_edits(file, settled.text)
    about = edits[0].path if len(edits) == 1 else snapshot.path
    subjects: list[str] = []
    if settled.ticks:
        subjects.append(tick_subject(settled.ticks, about))
    if settled.edited:
        subjects.append(f"Take over the edit of the plan issue in {about}")
    subjects += settled.reasons
    details = tick_lines(settled.ticks) if len(settled.ticks) > 1 else []
    people = snapshot.people if settled.ticks or settled.edited else ()
    edits += obeyed.edits
    edits += [e for e in _other_files(snapshot) if e.path not in {one.path for one in edits}]
    subjects = subjects or [f"Bring {snapshot.path} and its issue together"]
    message = compose(subjects, details, (*people, *obeyed.people))
    return CommitFiles(tuple(edits), message, reason="; ".join(subjects))


def _other_files(snapshot: PlanSnapshot) -> tuple[FileEdit, ...]:
    """The files beside the plan with what waits in the pull request."""
    return snapshot.waiting.files if snapshot.waiting else ()


def _body_edit(
    snapshot: PlanSnapshot, issue: IssueSnapshot, settled: Settled
) -> EditIssueBody | None:
    marker = parse_plan_marker(issue.body)
    request, replaced = snapshot.memory.request_number, body_sha(issue.body)
    made_of = recipe_of(settled.text)
    new = PlanMarker(snapshot.path, request, blob_sha(settled.text), files=made_of)
    wanted = written_over(replaced, new)
    there = marker is not None and (marker.path, marker.request) == (wanted.path, wanted.request)
    form = shown_form(settled.text)
    there = there and body_form(issue.body) == form
    if there and issue_plan_text(issue.body).rstrip() == settled.shown.rstrip():
        return None
    body = render_body(settled.shown, wanted, form)
    reason = f"The plan file {snapshot.path} changed"
    return EditIssueBody(issue.number, body, replaced, reason)


def _status(
    snapshot: PlanSnapshot,
    file: FileSnapshot,
    issue: IssueSnapshot,
    settled: Settled,
    after: PlanMemory,
    standing: PlanStatus | None,
    config: RepoConfig,
) -> list[Change]:
    memory = snapshot.memory
    comment = status_comment(
        settled.text,
        snapshot.path,
        issue.number,
        settled.pulls,
        base=file.text if memory.proposed else None,
        proposed=memory.proposed,
        body_base=after.body_base,
        held=after.held,
        held_text=settled.shown if after.held else "",
        conflict=bool(after.conflicts),
        detached=after.state == "detached",
        statuses=config.statuses,
        standing=standing,
        issue_facts=settled.issue_facts,
    )
    if memory.comment_id is None:
        reason = "The plan issue has no status yet"
        return [PostComment(issue.number, comment, "status", reason, once=True)]
    if body_sha(comment) == memory.comment_sha:
        return []
    reason = "The plan's status changed"
    return [EditComment(issue.number, memory.comment_id, comment, "status", reason)]


def _labels(issue: IssueSnapshot, settled: Settled) -> list[Change]:
    """The conflict label is set until the next merge of news that has no conflict."""
    there = CONFLICT_LABEL.casefold() in (label.casefold() for label in issue.labels)
    clash = any(conflict.lost for conflict in settled.conflicts)
    if clash and not there:
        return [AddLabel(issue.number, CONFLICT_LABEL, "Text of the issue was not taken over")]
    if there and settled.settles and not clash:
        return [RemoveLabel(issue.number, CONFLICT_LABEL, "Somebody said which text stands")]
    if there and settled.news and not clash:
        return [RemoveLabel(issue.number, CONFLICT_LABEL, "Both sides merged without a conflict")]
    return []
