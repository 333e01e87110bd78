"""When a plan's relations are looked at: what of the plan they follow from, and their echoes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.config import RepoConfig
from bot.github.snapshots import IssueSnapshot
from bot.memory import PlanMemory, SubjectKey, Trigger
from bot.plans.digest import short_digest
from bot.plans.story_issues import parse_story_marker, stories_of
from bot.plans.waits_for import needs_as_written

KIND = "relations"


def story_claim(number: int, title: str, state: str, body: str) -> str:
    """What an event says of a sub-issue of ours: its ``state``, or where that is "" the rest.

    One write of ours comes back as an event for each of the two.
    """
    return f"story:{number}:{'' if state else _digest(title, body)}:{state}"


def left_as(issue: IssueSnapshot) -> str:
    """A sub-issue as it was left, so that the echo of that is recognised."""
    return f"{issue.number}:{_digest(issue.title, issue.body)}:{issue.state}"


def is_as_left(value: str, stories: Sequence[str]) -> bool:
    """Whether a sub-issue is, as an event says, how it was left."""
    number, digest, state = value.split(":")
    there = (story.split(":") for story in stories)
    return any(
        one == number and (digest or was) == was and (state or stood) == stood
        for one, was, stood in there
    )


def _digest(title: str, body: str) -> str:
    said = json.dumps([title, repr(parse_story_marker(body))])
    return short_digest(said)


def digest_of(memory: PlanMemory, config: RepoConfig) -> str:
    """Sixteen hex digits of everything that a plan's relations follow from, "" for none."""
    if memory.issue_number is None or memory.state != "active":
        return ""
    stories = stories_of(memory.path, memory.base_text) if config.sub_issues else ()
    needed = needs_as_written(memory.base_text) if config.blocked_by else ()
    if not (stories or needed or memory.stories or memory.blocks):
        return ""
    said = repr((memory.issue_number, stories, needed, bool(config.blocked_by)))
    return short_digest(said)


def relations_again(after: PlanMemory, config: RepoConfig) -> tuple[Trigger, ...]:
    """The relations of a plan that were not carried over as they shall be now. Pure."""
    if config.dry_run or not (config.sub_issues or config.blocked_by):
        return ()
    digest = digest_of(after, config)
    if not digest or digest == after.related_for:
        return ()
    return (Trigger(SubjectKey(after.repository_id, KIND, after.path), f"relations:{digest}"),)


def relations_of_config(
    before: RepoConfig, after: RepoConfig, repository_id: int, paths: Sequence[str]
) -> tuple[Trigger, ...]:
    """Every plan's relations where a repository just chose to have them."""
    was = (before.sub_issues, before.blocked_by, before.dry_run)
    now = (after.sub_issues, after.blocked_by, after.dry_run)
    if was == now or after.dry_run or not (after.sub_issues or after.blocked_by):
        return ()
    return tuple(Trigger(SubjectKey(repository_id, KIND, path)) for path in paths)
