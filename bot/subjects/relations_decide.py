"""What to write so that a plan's sub-issues and their order are as the plan says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from bot.changes import (
    BlockIssue,
    Change,
    KeepSubIssue,
    LinkSubIssue,
    OpenSubIssue,
    PostComment,
    UnblockIssue,
)
from bot.comments import render_comment
from bot.github.snapshots import IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.render import body_sha, newlines
from bot.plans.story_issues import (
    State,
    Story,
    StoryMarker,
    render_story_marker,
    with_marker,
)
from bot.plans.waits_for import MOST as MOST_BLOCKING
from bot.subjects.issue_following import home

_WHERE = re.compile(
    r"^Story S-\d{1,4} of \[[^\]\n]*\]\([^)\n]*\), the plan of #\d{1,9}\.$", re.MULTILINE
)
MOST_SUB_ISSUES = 100
"""https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/adding-sub-issues"""


@dataclass(frozen=True, slots=True)
class Child:
    """An issue of ours for a story; ``linked`` to the plan issue, ``here`` in its repository."""

    issue: IssueSnapshot
    marker: StoryMarker
    linked: bool = True
    here: bool = True


@dataclass(frozen=True, slots=True)
class RelationsSnapshot:
    """What is known of the plan, and what was read: the plan issue is the ``parent``.

    ``taken`` is how many sub-issues it has, whoever made them; ``supported`` whether GitHub has
    sub-issues. ``needed`` are issues that the plan waits for, ``issues`` these and those that
    stories wait for, ``blocked`` what blocks an issue.
    """

    known: PlanMemory
    parent: IssueSnapshot | None = None
    stories: tuple[Story, ...] = ()
    children: tuple[Child, ...] = ()
    taken: int = 0
    supported: bool = True
    needed: tuple[int, ...] = ()
    issues: Mapping[int, IssueSnapshot] = field(default_factory=dict)
    blocked: Mapping[int, tuple[IssueSnapshot, ...]] = field(default_factory=dict)


def decide_stories(snapshot: RelationsSnapshot) -> tuple[bool, list[Change]]:
    """Whether sub-issues are still to be made, and the changes of all of them."""
    parent, changes = snapshot.parent, list[Change]()
    assert parent is not None  # noqa: S101 - only asked where there is one
    there = {child.marker.key: child for child in snapshot.children}
    room = MOST_SUB_ISSUES - snapshot.taken
    left: list[str] = []
    made = False
    for story in snapshot.stories:
        child = there.get(story.key)
        if child is None or not child.linked:
            if room <= 0:
                left.append(story.key)
                continue
            room -= 1
        if child is None:
            changes.append(_opened(snapshot.known.path, parent, story))
            made = True
            continue
        if not child.linked:
            why = f"It is for {story.key} of {snapshot.known.path}"
            changes.append(LinkSubIssue(parent.number, child.issue.number, child.issue.id, why))
        changes += _kept(
            child, story.title, story.state, _said_in(snapshot.known.path, parent, story)
        )
    wanted = {story.key for story in snapshot.stories}
    for child in snapshot.children:
        if child.marker.key not in wanted:
            changes += _kept(child, child.issue.title, "gone", "")
    if left:
        changes.append(limit_comment(parent, left))
    return made, changes


def _opened(path: str, parent: IssueSnapshot, story: Story) -> OpenSubIssue:
    # A story that is done by then is opened too, and closed with the next look.
    body = _said_in(path, parent, story)
    reason = f"{story.key} of {path} has no sub-issue yet"
    return OpenSubIssue(parent.number, story.title, body, reason)


def _said_in(path: str, parent: IssueSnapshot, story: Story) -> str:
    """The body of a new sub-issue."""
    return render_comment(
        "story.md",
        marker=render_story_marker(StoryMarker(parent.number, story.key)),
        key=story.key,
        path=path,
        url=f"{home(parent)}/blob/HEAD/{quote(path, safe='/')}",
        issue=parent.number,
    )


def _kept(child: Child, title: str, state: State, fresh: str) -> list[Change]:
    """What brings a sub-issue to its story: its title always, its state where the story's is
    another than the one carried over last, and its line with the plan's path as in a ``fresh``
    body, where nobody rewrote that."""
    issue = child.issue
    if not child.here:
        return []
    change = KeepSubIssue(issue.number, _why(child, state))
    if issue.title != title:
        change = replace(change, title=title)
    body = with_marker(issue.body, replace(child.marker, state=state))
    if now := _WHERE.search(fresh):
        body = _WHERE.sub(lambda _: now[0], body, count=1)
    if body != newlines(issue.body):
        change = replace(change, body=body, expected_sha=body_sha(issue.body))
    if child.marker.state != state:
        wanted = "open" if state == "open" else "closed"
        if issue.state != wanted:
            reason = {"done": "completed", "gone": "not_planned", "open": None}[state]
            change = replace(change, state=wanted, state_reason=reason)
    return [change] if change.title is not None or change.body is not None else []


def _why(child: Child, state: State) -> str:
    if child.marker.state == state:
        return f"The plan names {child.marker.key} differently, or stands elsewhere"
    said = {"done": "is complete", "open": "is to be done", "gone": "is no story of the plan now"}
    return f"{child.marker.key} {said[state]}"


def limit_comment(parent: IssueSnapshot, missing: Sequence[str]) -> PostComment:
    """The comment that says which stories have no sub-issue, or that GitHub has none at all."""
    body = render_comment("story_limit.md", missing=list(missing), most=MOST_SUB_ISSUES)
    return PostComment(parent.number, body, "sub-issues", "Sub-issues have a limit", once=True)


def block_word(blocked: int, blocker: int) -> str:
    """A relation as it is remembered: ``12<7`` for #12 that is blocked by #7."""
    return f"{blocked}<{blocker}"


def wanted_blocks(snapshot: RelationsSnapshot) -> dict[str, IssueSnapshot]:
    """Every relation that the plan asks for, with the issue that blocks."""
    parent = snapshot.parent
    if parent is None:
        return {}
    pairs = [(parent.number, snapshot.issues.get(number)) for number in snapshot.needed]
    there = {child.marker.key: child.issue for child in snapshot.children if child.here}
    for story in snapshot.stories:
        if story.key in there:
            own = there[story.key].number
            pairs += [(own, there.get(key)) for key in story.waits_for]
            pairs += [(own, snapshot.issues.get(number)) for number in story.needs]
    return {
        block_word(number, blocker.number): blocker
        for number, blocker in pairs
        if blocker is not None and blocker.number != number
    }


def decide_blocking(snapshot: RelationsSnapshot) -> tuple[tuple[str, ...], list[Change]]:
    """Which relations are ours afterwards, and what is to be written.

    One that somebody made is never ours; one of ours that somebody took away stays away.
    """
    wanted, ours, changes = wanted_blocks(snapshot), set(snapshot.known.blocks), list[Change]()
    path = snapshot.known.path
    here = home(snapshot.parent) if snapshot.parent else ""
    for word, blocker in wanted.items():
        number = int(word.partition("<")[0])
        there = snapshot.blocked.get(number)
        if word in ours or there is None:
            continue
        if blocker.id in {one.id for one in there} or len(there) >= MOST_BLOCKING:
            continue
        reason = f"{path} says that it waits for #{blocker.number}"
        changes.append(BlockIssue(number, blocker.number, blocker.id, reason))
        ours.add(word)
    for word in sorted(ours - wanted.keys()):
        number, other = (int(part) for part in word.split("<"))
        there = snapshot.blocked.get(number)
        gone = [one for one in there or () if one.number == other and home(one) == here]
        reason = f"{path} does not say any more that it waits for #{other}"
        changes += [UnblockIssue(number, other, one.id, reason) for one in gone]
        ours.discard(word)
    return tuple(sorted(ours)), changes
