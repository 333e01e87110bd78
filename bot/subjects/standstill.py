"""Stories that stand still: three log entries in a row without a newly ticked box. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.changes import PostComment
from bot.comments import render_comment
from bot.github.snapshots import IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.decision_log import LogEntry, read_decision_log, stalled
from bot.plans.digest import short_digest
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.gates.task_rules import is_story_complete, stories_of
from bot.plans.model import Plan
from bot.subjects.body_edits import seconds
from bot.subjects.orders import Obeyed
from bot.subjects.plan_snapshot import PlanSnapshot


@dataclass(frozen=True, slots=True)
class Standstill:
    """When a box of each story was last newly ticked, and which stories stand still since.

    ``ticked_at`` is like ``PlanMemory.ticked_at``, ``stories`` are keys in the plan's order.
    """

    ticked_at: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()


def find_standstill(snapshot: PlanSnapshot, obeyed: Obeyed, plan: Plan | None) -> Standstill:
    """Which stories of the settled ``plan`` stand still, with the log entries of this decision.

    Where the log was not read, those that did so before. A story that nobody has a record of had
    its last tick when this was heard, so a new plan and a lost database raise no alarm.
    """
    memory = snapshot.memory
    if plan is None:
        return Standstill(memory.ticked_at, memory.stalled)
    if plan.format != "task-plan":
        return Standstill()
    former = _settled(_former_plan(snapshot))
    known = ticks_of(memory.ticked_at)
    entries, new = _entries(snapshot, obeyed)
    ticks: dict[str, int] = {}
    for key, settled in _settled(plan).items():
        last = known.get(key)
        if last is None or settled - former.get(key, Counter()):
            # The entry of a merged pull request is no older than the tick that it brought, though
            # GitHub's clock may be ahead of ours.
            last = max([seconds(snapshot.heard_at), *_times(new, key)])
        if last:
            ticks[key] = last
    open_ = [story.key for story in stories_of(plan) if not is_story_complete(story)]
    still = [
        key
        for key in dict.fromkeys(open_)
        if key in ticks
        and (
            stalled(entries, key, datetime.fromtimestamp(ticks[key], UTC))
            if entries is not None
            else key in memory.stalled and ticks[key] == known.get(key)
        )
    ]
    return Standstill(tuple(f"{key}={at}" for key, at in ticks.items()), tuple(still))


def ticks_of(ticked_at: Iterable[str]) -> dict[str, int]:
    """``PlanMemory.ticked_at`` as seconds by story."""
    pairs = (one.rpartition("=") for one in ticked_at)
    return {key: int(at) for key, _, at in pairs}


def tell_stalled(issue: IssueSnapshot, found: Standstill, memory: PlanMemory) -> list[PostComment]:
    """A comment for each story that stands still now and did not before."""
    ticks = ticks_of(found.ticked_at)
    return [_comment(issue, key, ticks[key]) for key in found.stories if key not in memory.stalled]


def _comment(issue: IssueSnapshot, story: str, ticked: int) -> PostComment:
    # The same words again only after another tick: a write that is cut short is told once.
    digest = short_digest(f"{story}={ticked}")
    comment = render_comment("stalled.md", digest=digest, story=story)
    return PostComment(issue.number, comment, "stalled", f"{story} stands still", once=True)


def _former_plan(snapshot: PlanSnapshot) -> Plan | None:
    """The plan as it was known before."""
    waits = snapshot.waiting.agreed if snapshot.waiting else ""
    text = waits or snapshot.memory.base_text or snapshot.bases.agreed
    return read_plan(snapshot.path, parse_document(text), "task-plan") if text else None


def _settled(plan: Plan | None) -> Mapping[str, Counter[str]]:
    """The texts of the settled boxes of each story; those of a loop's hygiene tell nothing."""
    found: dict[str, Counter[str]] = {}
    for story in stories_of(plan) if plan else ():
        boxes = (*story.tasks, *story.exit_tasks)
        there = found.setdefault(story.key, Counter())
        there.update(task.text for task in boxes if task.settled)
    return found


def _entries(
    snapshot: PlanSnapshot, obeyed: Obeyed
) -> tuple[tuple[LogEntry, ...] | None, list[LogEntry]]:
    """The entries of the log as it is going to be, None where it was not read, and the new ones."""
    if snapshot.log is None:
        return None, []
    before = read_decision_log(parse_document(snapshot.log.text))
    if obeyed.log is None:
        return before, []
    after = read_decision_log(parse_document(obeyed.log.text))
    there = {(entry.story, entry.outcome, entry.at) for entry in before}
    new = [one for one in after if (one.story, one.outcome, one.at) not in there]
    return after, new


def _times(entries: Iterable[LogEntry], story: str) -> list[int]:
    return [seconds(one.time) for one in entries if one.story == story and one.time]
