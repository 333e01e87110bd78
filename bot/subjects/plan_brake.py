"""The brake: a change that takes much of a plan away is left where it is until somebody says so.

Whether a plan is stopped follows from its base and its two sides alone, and the base is kept on
GitHub too: so a stop outlives the database, ends by itself when what vanished comes back, and
costs nothing to remember. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.changes import Change, Decision, EditComment, PostComment
from bot.comments import render_comment
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.snapshots import FileSnapshot, IssueSnapshot, RepoPath
from bot.memory import PlanMemory
from bot.plans.alignment import align
from bot.plans.companions import parse_feature, render_feature, shown_parts
from bot.plans.digest import short_digest
from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.merge import Vanished, merge_texts, with_parts
from bot.plans.render import body_sha, issue_plan_text, plan_text
from bot.plans.units import read_units
from bot.subjects.body_edits import note_edits
from bot.subjects.issue_following import with_its_words
from bot.subjects.orders import answer_only
from bot.subjects.plan_settle import now_linked, taken_in
from bot.subjects.plan_snapshot import PlanSnapshot, TextEdit

FEWEST_GONE = 3
"""So many tasks have to vanish at least: one of two is an edit, not a catastrophe."""

_SEEN_BODIES = 40
_MOST_PUT_OFF = 12


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a plan is left as it is: what happened to which of its sides.

    ``kind`` is ``tasks`` (too many vanished), ``emptied`` (nothing is left), ``format`` (it is no
    plan any more), ``unreadable`` (it cannot even be compared; ``why`` says why not) or ``deleted``
    (``why`` is the commit). ``what`` is the companion that was emptied, "" for the plan itself.
    """

    side: Literal["file", "issue"]
    kind: Literal["tasks", "emptied", "format", "unreadable", "deleted"]
    gone: int = 0
    total: int = 0
    why: str = ""
    what: str = ""


def vanished_tasks(path: str, before: str, after: str) -> Vanished:
    """How many tasks of one plan text are not in another, wherever they may have moved.

    Boxes are counted, and the rows that are tasks; where one kind lost the larger share, that one.
    While nothing is ticked, tasks that others take the place of do not count: the plan is written.
    """
    old, new = read_units(before), read_units(after)
    pairs = align(old, new)
    boxes = [n for n, unit in enumerate(old) if unit.kind == "task"]
    plan = read_plan(path, parse_document(before))
    lines = {task.line for task in plan.tasks if task.offset is None} if plan else set()
    rows = [n for n, unit in enumerate(old) if unit.kind == "row" and n + 1 in lines]
    written = 0
    if not any(unit.checked for unit in old):
        kept = set(pairs.values())
        written = sum(unit.kind == "task" and n not in kept for n, unit in enumerate(new))
    found = [
        Vanished(max(0, sum(n not in pairs for n in boxes) - written), len(boxes)),
        Vanished(sum(n not in pairs for n in rows), len(rows)),
    ]
    return max(found, key=lambda one: (one.gone >= FEWEST_GONE, one.share))


def find_stops(
    snapshot: PlanSnapshot, file: FileSnapshot, issue: IssueSnapshot, config: RepoConfig
) -> tuple[Stop, ...]:
    """What of this plan's changes is not carried over before somebody confirms it."""
    bases = snapshot.bases
    if bases.agreed is None:
        return ()
    document = parse_document(file.text)
    if snapshot.problem or document.refused:
        why = snapshot.problem or " ".join(problem.message for problem in document.problems[:1])
        return (Stop("file", "unreadable", why=why),)
    if snapshot.ordered("sync", "confirm"):
        return ()
    found = [
        _of_file(snapshot.path, bases.agreed, bases.file or bases.agreed, file.text, config),
        _of_issue(snapshot, issue, config),
    ]
    return tuple(stop for stop in found if stop is not None)


def _of_file(path: RepoPath, agreed: str, was: str, now: str, config: RepoConfig) -> Stop | None:
    if now in (agreed, was):
        return None
    before, after = plan_text(was), plan_text(now)
    lost = vanished_tasks(path, before, after)
    gone = _emptied(before, after)
    if gone is not None:
        return Stop("file", "emptied", lost.gone, lost.total, what=gone)
    if recognise(path, parse_document(agreed)) and not recognise(path, parse_document(now)):
        return Stop("file", "format", lost.gone, lost.total)
    return _too_many("file", lost, config)


def _of_issue(snapshot: PlanSnapshot, issue: IssueSnapshot, config: RepoConfig) -> Stop | None:
    was, now = taken_in(snapshot), issue_plan_text(issue.body)
    if was is None or now == was or snapshot.ordered("accept"):
        return None
    now = with_its_words(snapshot, issue, was, now)
    lost = vanished_tasks(snapshot.path, was, now)
    gone = _emptied(was, with_parts(was, now))
    if gone is not None:
        return Stop("issue", "emptied", lost.gone, lost.total, what=gone)
    return _too_many("issue", lost, config)


def _emptied(before: str, after: str) -> str | None:
    """The companion of which nothing is left, "" for the plan itself; None where all are there."""
    was, now = shown_parts(before), shown_parts(after)
    if was.plan.strip() and not now.plan.strip():
        return ""
    return next((n for n in was.files if was.files[n].strip() and not now.files.get(n)), None)


def _too_many(side: Literal["file", "issue"], lost: Vanished, config: RepoConfig) -> Stop | None:
    if lost.gone >= FEWEST_GONE and lost.share > config.brake:
        return Stop(side, "tasks", lost.gone, lost.total)
    return None


def put_back(
    snapshot: PlanSnapshot, file: FileSnapshot, issue: IssueSnapshot, stops: Sequence[Stop]
) -> tuple[PlanSnapshot, FileSnapshot, tuple[Stop, ...]]:
    """The plan as it is when the side that was not stopped is taken, where somebody said so.

    Gives the snapshot and the file to go on with, and the stops that are left.
    """
    left = []
    for stop in stops:
        if stop.kind == "unreadable":
            left.append(stop)
        elif stop.side == "file" and snapshot.ordered("take", "issue"):
            file = replace(file, text=_restored(file.text, snapshot.bases.agreed or "", stop.what))
        elif stop.side == "issue" and snapshot.ordered("take", "file"):
            bases = replace(snapshot.bases, issue=issue_plan_text(issue.body))
            memory = replace(snapshot.memory, held=(), issue_text="")
            snapshot = replace(snapshot, bases=bases, memory=memory, refused=())
        else:
            left.append(stop)
    return snapshot, file, tuple(left)


def _restored(text: str, agreed: str, what: str) -> str:
    """The plan as it was agreed on; only the companion ``what`` where that is what was lost."""
    was = parse_feature(agreed)
    if what not in was.files:
        return agreed or text
    now = parse_feature(text)
    return render_feature(replace(now, files={**now.files, what: was.files[what]}))


def stopped(
    snapshot: PlanSnapshot, issue: IssueSnapshot, stops: Sequence[Stop], config: RepoConfig
) -> Decision:
    """Both sides stay as they are; what happened is told once, and what was read is remembered."""
    memory = snapshot.memory
    deleted = any(stop.kind == "deleted" for stop in stops)
    digest = _digest(memory, stops)
    if deleted and memory.state == "deleted":
        digest = memory.stopped
    confirmable = all(stop.kind not in ("unreadable", "deleted") for stop in stops)
    changes: list[Change] = []
    if memory.stopped != digest:
        comment = render_comment(
            "stopped.md",
            digest=digest,
            path=snapshot.path,
            stops=stops,
            confirmable=confirmable,
            unseen=[edit.after for edit in snapshot.overwritten],
        )
        changes.append(PostComment(issue.number, comment, "stopped", reason(stops), once=True))
    why = UserProblem(
        f"plansync has stopped: {reason(stops)}.",
        "Its comment above says how it goes on"
        f"{', `/plan sync confirm` for one' if confirmable else ''}.",
    )
    changes += answer_only(snapshot, issue, config, snapshot.bases.agreed or "", why)
    note = f"stopped: {reason(stops)}"
    after = _after(snapshot, issue, digest)
    over = deleted and issue.state == "closed"
    after = replace(after, stopped_for="" if over else reason(stops))
    if deleted and memory.state != "detached":
        after = replace(after, state="deleted")
    return Decision(tuple(changes), note=note, after=after)


def reason(stops: Sequence[Stop]) -> str:
    """What happened, in one sentence."""
    said = []
    for stop in stops:
        where = "the plan file" if stop.side == "file" else "the plan issue"
        match stop.kind:
            case "tasks":
                said.append(f"{stop.gone} of {stop.total} tasks vanished from {where}")
            case "emptied" if stop.what and stop.side == "file":
                said.append(f"{stop.what} was emptied or deleted")
            case "emptied" if stop.what:
                said.append(f"what {stop.what} says was taken out of {where}")
            case "emptied":
                said.append(f"{where} was emptied")
            case "format":
                said.append(f"{where} is no plan any more")
            case "deleted":
                said.append(f"{where} was deleted")
            case "unreadable":
                said.append(f"{where} cannot be read ({stop.why})")
    return "; ".join(said)


def _digest(memory: PlanMemory, stops: Sequence[Stop]) -> str:
    """The same while the same sides are stopped against the same base, so that it is told once."""
    about = (stop.why if stop.kind == "deleted" else stop.side for stop in stops)
    return short_digest(memory.path, memory.base_blob, *about)


def _after(snapshot: PlanSnapshot, issue: IssueSnapshot, digest: str) -> PlanMemory:
    """The bases stay: what both sides say is compared with them again. Facts are not applied."""
    memory = snapshot.memory
    seen = (*memory.seen_bodies, *snapshot.bodies, body_sha(issue.body))
    held = dict.fromkeys((*memory.held, *(edit.login for edit in snapshot.refused)))
    taken = taken_in(snapshot) if snapshot.refused else None
    handled = (*memory.handled, *(order.claim for order in snapshot.orders))
    later = _put_off(snapshot.overwritten)
    return replace(
        memory,
        stopped=digest,
        body_sha=body_sha(issue.body),
        seen_bodies=tuple(dict.fromkeys(seen))[-_SEEN_BODIES:],
        echoes=tuple(dict.fromkeys((*memory.echoes, *snapshot.echoes)))[-_SEEN_BODIES:],
        put_off=tuple(text for edit in later for text in (edit.before or "", edit.after)),
        put_off_how=tuple(
            f"{'unsure ' * edit.unsure}{'late' * edit.late}".strip() for edit in later
        ),
        settled_edits=note_edits(memory, snapshot.settled_edits),
        held=tuple(held),
        issue_text=memory.issue_text if taken is None else taken,
        pulls=now_linked(snapshot),
        handled=tuple(dict.fromkeys(handled))[-_SEEN_BODIES:],
    )


def _put_off(edits: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits to be merged when the stop is over: the newest as they are, older ones as one."""
    kept = list(dict.fromkeys(replace(edit, login="", over=None) for edit in edits))
    while len(kept) > _MOST_PUT_OFF:
        first, second = kept[:2]
        both = merge_texts(
            second.before, first.after, second.after, unsure=second.unsure, alike=second.late
        )
        unsure, late = first.unsure or second.unsure, first.late or second.late
        kept[:2] = [TextEdit("", first.before, both.text, unsure=unsure, late=late)]
    return tuple(kept)


def went_on(snapshot: PlanSnapshot, issue: IssueSnapshot) -> list[Change]:
    """The comment that told of a stop says that it is over, and why."""
    memory = snapshot.memory
    if not memory.stopped or memory.stop_comment is None:
        return []
    orders = (("sync", "confirm"), ("take", "issue"), ("take", "file"))
    order = next((found for words in orders if (found := snapshot.ordered(*words))), None)
    comment = render_comment(
        "went-on.md",
        digest=memory.stopped,
        command=" ".join(["/plan", order.command.verb, *order.command.words]) if order else "",
        login=order.login if order else "",
    )
    why = "What the plan was stopped for is over"
    return [EditComment(issue.number, memory.stop_comment, comment, "stopped", why)]
