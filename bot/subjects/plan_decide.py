"""What to write so that a plan's file and issue agree, and what is known afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.changes import (
    AddLabel,
    Applied,
    AssignPeople,
    Change,
    CommitFiles,
    CreateIssue,
    Decision,
    EditComment,
    EditIssueBody,
    FileEdit,
    PostComment,
    RemoveLabel,
    UnassignPeople,
)
from bot.commits import compose, tick_lines, tick_subject
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.snapshots import CommentSnapshot, Committed, FileSnapshot, IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.companions import recipe_of
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.gates import PlanStatus, status_of
from bot.plans.issue_boxes import issues_named
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
    shown_text,
    version_of,
    written_over,
)
from bot.subjects.body_edits import note_edits, note_read, seconds
from bot.subjects.detached import leave_detached, stays_detached
from bot.subjects.issue_following import home, watchword
from bot.subjects.orders import Obeyed, answer_only, obey_orders
from bot.subjects.overdue import day_of, tell_overdue, told_after
from bot.subjects.plan_bases import replaced_bodies
from bot.subjects.plan_brake import find_stops, put_back, stopped, went_on
from bot.subjects.plan_companions import file_edits
from bot.subjects.plan_header import Headed, with_header
from bot.subjects.plan_identity import follow, left_behind, without_file, without_issue
from bot.subjects.plan_issue import conflict_comments, create_plan_issue
from bot.subjects.plan_labels import CONFLICT_LABEL, label_changes, state_changes
from bot.subjects.plan_settle import Settled, settle, without_commit
from bot.subjects.plan_snapshot import PlanSnapshot
from bot.subjects.plan_status import status_comment
from bot.subjects.plan_take import conflict_digest, untaken_comment
from bot.subjects.pull_standing import watched
from bot.subjects.pull_words import facts_of
from bot.subjects.story_keeping import with_beside

_SEEN_COMMITS = 20
_SEEN_BODIES = 40
_WRITES_KEPT = 30
_HANDLED = 100


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
    plan, document, standing = _standing(snapshot, settled, config)
    after = _after(snapshot, issue, settled, body, plan)
    closing, closed_for = _closing(snapshot, issue, settled, standing, config)
    after = replace(
        after,
        conflicts=_open_after(snapshot.memory, settled, told),
        closed_for=closed_for,
        told=told_after(standing, snapshot.memory.told),
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
    beforehand: PlanMemory | None = None
    waiting = snapshot.waiting.agreed if snapshot.waiting else ""
    moved = settled.text != (waiting or file.text)
    if body or moved:
        beforehand = replace(
            snapshot.memory,
            landing_blob=after.base_blob,
            landing_issue=issue.body,
            landing_at=seconds(issue.updated_at),
            landing_facts=after.facts,
            landing_body=after.wrote[-1] if body else "",
            landing_orders=tuple(order.claim for order in snapshot.orders if moved),
            conflicts=after.conflicts,
        )
    changes += [body] if body else []
    changes += _status(snapshot, file, issue, settled, after, standing, config)
    changes += [mark for mark in marks if not isinstance(mark, AddLabel)]
    changes += label_changes(issue, plan, document, standing)
    changes += tell_overdue(issue, standing, snapshot.memory.told)
    changes += closing
    changes += went_on(snapshot, issue)
    changes += obeyed.changes
    note = "" if changes else "the file and the issue already agree"
    return Decision(
        tuple(changes), note=note, beforehand=beforehand, after=after, forward=obeyed.forward
    )


def _standing(
    snapshot: PlanSnapshot, settled: Settled, config: RepoConfig
) -> tuple[Plan | None, Document, PlanStatus | None]:
    document = parse_document(settled.text)
    plan = read_plan(snapshot.path, document, statuses=config.statuses)
    today = day_of(snapshot.heard_at)
    return plan, document, status_of(plan, document, today=today) if plan else None


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


def _open_after(
    memory: PlanMemory, settled: Settled, told: Sequence[PostComment]
) -> tuple[str, ...]:
    """The conflicts that are not settled: those told now, and former ones until a clean merge."""
    lost = any(conflict.lost for conflict in settled.conflicts)
    former = () if settled.settles or (settled.news and not lost) else memory.conflicts
    new = (conflict_digest(comment.body) for comment in told) if lost else ()
    return _newest((*former, *new), _HANDLED)


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


def _after(
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
        memory,
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
        reads=note_read(memory, seconds(issue.updated_at), before),
        put_off=(),
        settled_edits=note_edits(memory, snapshot.settled_edits),
        pulls=settled.pulls,
        watches=_watches(settled, plan, issue),
        facts=(*facts_of(settled.pulls), *settled.issue_facts),
        seen_commits=_newest((*memory.seen_commits, *snapshot.commits), _SEEN_COMMITS),
        handled=_newest((*memory.handled, *(o.claim for o in snapshot.orders)), _HANDLED),
        landing_blob="",
        landing_issue="",
        landing_at=0,
        landing_facts=(),
        landing_body="",
        landing_orders=(),
        waiting_text="",
    )


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
                reads = note_read(memory, seconds(at), body_sha(change.body))
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
