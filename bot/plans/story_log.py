"""What plansync writes into a task plan's decision log by itself, each entry once.

An entry for each merged pull request and story, for a stop token that comes and goes, and the last
one of a story, which the story's own Exit Checklist asks for: without it nothing could be complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.plans.decision_log import LogEntry, append_entry, is_done, read_decision_log
from bot.plans.document import parse_document
from bot.plans.edit import set_task
from bot.plans.formats import read_plan
from bot.plans.gates.task_rules import asks_for_done_entry
from bot.plans.harmless import harmless
from bot.plans.model import Group, Plan, PlanTask, StopToken

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class MergedWork:
    """A pull request that was merged: its tasks' addresses, and when (``2026-03-02T09:00:00Z``)."""

    number: int
    title: str
    tasks: tuple[str, ...]
    at: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan and its decision log as they shall be, and a sentence for each thing that was done."""

    text: str
    log: str
    said: tuple[str, ...] = ()


def wants_log(versions: Sequence[Plan]) -> bool:
    """Whether some version of a plan, or what they amount to together, may call for an entry.

    The versions are those of the base, the file and the issue.
    """
    tokens = [_tokens(plan) for plan in versions]
    if any(one != tokens[0] for one in tokens[1:]):
        return True
    settled = {task.address for plan in versions for task in plan.boxes if task.settled}
    for plan in versions:
        for story in _stories(plan):
            asks = _asking(story)
            boxes = [task for task in (*story.tasks, *story.exit_tasks) if task is not asks]
            is_new = asks is None or not asks.settled
            if boxes and is_new and all(task.address in settled for task in boxes):
                return asks is not None or not story.complete or plan is not versions[0]
    return False


def keep_log(
    text: str,
    path: str,
    before: str,
    log: str,
    *,
    merged: Sequence[MergedWork] = (),
    at: str = "",
    evidence: Mapping[str, str] | None = None,
) -> Kept:
    """The plan and its log with the entries that are due; the same texts when none is.

    ``before`` is the plan both sides agreed on last, ``at`` the time of what happened, ``evidence``
    the newest run folder by story. Entries that stand in the log already are not repeated.
    """
    document = parse_document(text)
    plan, was = read_plan(path, document), read_plan(path, parse_document(before))
    if plan is None or plan.format != "task-plan":
        return Kept(text, log)
    entries = [*_of_merges(plan, merged, evidence or {})]
    entries += _of_tokens(was, plan, at) if was and at else []
    said = []
    for entry in entries:
        longer = append_entry(log, entry)
        if longer != log:
            said.append(f"Log {entry.outcome} for {entry.story}")
            log = longer
    for story in _stories(plan):
        former = next((g for g in was.groups if g.key == story.key), None) if was else None
        last = _completion(story, former, at, plan, evidence or {})
        if last is None:
            continue
        logged = any(
            is_done(one) and one.story == story.key
            for one in read_decision_log(parse_document(log))
        )
        if not logged:
            log = append_entry(log, last)
            said.append(f"Log that {story.key} is done")
        text = _tick(text, story)
    return Kept(text, log, tuple(said))


def _stories(plan: Plan) -> list[Group]:
    return [group for group in plan.groups if group.kind == "story"]


def _asking(story: Group) -> PlanTask | None:
    """The exit box that asks for the story's last entry."""
    return next((task for task in story.exit_tasks if asks_for_done_entry(task)), None)


def _of_merges(
    plan: Plan, merged: Sequence[MergedWork], evidence: Mapping[str, str]
) -> Iterator[LogEntry]:
    for work in merged:
        by_group: dict[str, list[str]] = {}
        for address in work.tasks:
            task = plan.task(address)
            if task is not None:
                by_group.setdefault(_tag(task), []).append(task.address)
        for tag, addresses in by_group.items():
            story = next((group for group in _stories(plan) if group.key == tag), None)
            yield LogEntry(
                story=tag,
                outcome=f"#{work.number} merged",
                at=work.at,
                attempt=_short(work.title) or f"#{work.number}",
                result=f"merged{f' by {_name(work.by)}' if work.by else ''}, "
                f"{', '.join(addresses)} done",
                evidence=evidence.get(tag, ""),
                decision="continue",
                next_step=_next_step(story),
            )


def _tag(task: PlanTask) -> str:
    """The story of a task, or the task itself where it belongs to none."""
    return task.group if re.fullmatch(r"S-\d+", task.group) else task.address.split("/")[0]


def _next_step(story: Group | None) -> str:
    if story is None:
        return ""
    task = next((task for task in story.tasks if not task.settled), None)
    if task is not None:
        return f"{task.address} {_short(task.text)}"
    left = sum(not task.settled for task in story.exit_tasks)
    return "Story Exit Checklist" if left else ""


def _of_tokens(was: Plan, now: Plan, at: str) -> Iterator[LogEntry]:
    before, after = _tokens(was), _tokens(now)
    for place, token in after.items():
        if place not in before:
            yield _token_entry(now, token, at, f"{token.token} stands in the plan", "blocked")
    for place, token in before.items():
        if place not in after:
            yield _token_entry(was, token, at, f"{token.token} is lifted", "continue")


def _tokens(plan: Plan) -> dict[tuple[str, str, str], StopToken]:
    return {
        (_story_at(plan, token.line), token.token, token.reason): token
        for token in plan.stop_tokens
        if _stories(plan)
    }


def _token_entry(plan: Plan, token: StopToken, at: str, outcome: str, decision: str) -> LogEntry:
    return LogEntry(
        story=_story_at(plan, token.line),
        outcome=outcome,
        at=at,
        attempt="plan edited",
        result=_short(token.reason) or token.token,
        decision=decision,
    )


def _story_at(plan: Plan, line: int) -> str:
    """The story in whose lines a line stands; else the first one that is not complete."""
    stories = _stories(plan)
    above = [story for story in stories if story.line <= line]
    if above:
        return above[-1].key
    open_ = next((story for story in stories if not story.complete), None)
    return open_.key if open_ else stories[0].key if stories else ""


def _completion(
    story: Group, former: Group | None, at: str, plan: Plan, evidence: Mapping[str, str]
) -> LogEntry | None:
    """The story's last entry, where all but that is settled and it is not complete yet."""
    asks = _asking(story)
    others = [task for task in story.exit_tasks if task is not asks]
    if not story.tasks or not all(task.settled for task in (*story.tasks, *others)):
        return None
    if asks is not None and asks.settled:
        # Ticked by a person: the entry is theirs to write.
        return None
    if asks is None and (former is None or former.complete or not story.exit_tasks):
        return None
    later = _stories(plan)[_stories(plan).index(story) + 1 :]
    following = next((one for one in later if not one.complete), None)
    return LogEntry(
        story=story.key,
        outcome="Done",
        at=at,
        attempt="Story Exit Checklist",
        result="every task and every exit box is settled",
        evidence=evidence.get(story.key, ""),
        decision="done",
        next_step=f"Story {following.key} {_short(following.title)}" if following else "",
    )


def _tick(text: str, story: Group) -> str:
    asks = _asking(story)
    if asks is None:
        return text
    document = parse_document(text)
    for task in document.tasks:
        if task.offset == asks.offset:
            return set_task(document, task, True)
    return text


def _name(login: str) -> str:
    return re.sub(r"[^A-Za-z0-9\[\]-]", "", login)


def _short(text: str) -> str:
    line = harmless(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"
