"""A plan's relations on GitHub: a sub-issue for each story, and what blocks what. Both are opt-in.

What is wanted follows from the plan file alone. What is there is read from GitHub, and every
sub-issue says in its hidden line which state of its story was carried over last, so nothing is
doubled or fought over when the database is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.changes import NOT_RELATED, Applied, BlockIssue, Decision
from bot.config import RepoConfig
from bot.edits import Edits
from bot.github.ports import GitHubReader
from bot.github.snapshots import IssueSnapshot
from bot.memory import OpenDelivery, PlanMemory, SubjectKey
from bot.plans.render import parse_plan_marker
from bot.plans.story_issues import parse_story_marker, stories_of
from bot.plans.waits_for import needed_by
from bot.subjects.issue_following import home
from bot.subjects.plan_recovery import is_ours
from bot.subjects.relations_claims import digest_of, is_as_left, left_as
from bot.subjects.relations_decide import (
    MOST_SUB_ISSUES,
    Child,
    RelationsSnapshot,
    block_word,
    decide_blocking,
    decide_stories,
    limit_comment,
    wanted_blocks,
)

__all__ = ["MEMORY", "decide", "is_known", "read", "remember"]

MEMORY = PlanMemory


def is_known(claim: str, memory: PlanMemory | None) -> bool:
    """True for what was carried over already, and for a sub-issue as it was left."""
    if memory is None:
        return False
    kind, _, value = claim.partition(":")
    if kind == "relations":
        return value == memory.related_for
    return kind == "story" and is_as_left(value, memory.stories)


def read(
    key: SubjectKey,
    reader: GitHubReader,
    memory: PlanMemory | None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
    edit_of: Edits,
) -> RelationsSnapshot:
    """The plan issue, its sub-issues, and the issues that the plan waits for.

    Two requests where sub-issues are kept; one more for every page of issues while one is missing,
    and for what blocks an issue where that may have changed.
    """
    known = memory or PlanMemory(key.repository_id, key.name, "")
    wanted = config.sub_issues or config.blocked_by
    if known.issue_number is None or known.state != "active" or not wanted:
        return RelationsSnapshot(known)
    issue = reader.issue(known.issue_number)
    if issue is None:
        return RelationsSnapshot(known)
    snapshot = RelationsSnapshot(known, parent=issue)
    if config.sub_issues:
        snapshot = _with_children(snapshot, reader, issue)
    if config.blocked_by:
        snapshot = _with_blockers(snapshot, reader, issue, config)
    return snapshot


def _with_children(
    snapshot: RelationsSnapshot, reader: GitHubReader, parent: IssueSnapshot
) -> RelationsSnapshot:
    stories = stories_of(snapshot.known.path, snapshot.known.base_text, home(parent))
    if not stories and not snapshot.known.stories:
        return snapshot
    listed = reader.sub_issues(parent.number)
    if listed is None:
        return replace(snapshot, stories=stories, supported=False)
    here = home(parent)
    linked = _children(listed, parent, reader.app_slug, here)
    found = {child.marker.key: child for child in reversed(linked)}
    # A list may lag behind what was made a moment ago.
    numbers = {int(left.partition(":")[0]) for left in snapshot.known.stories}
    unseen = (reader.issue(n) for n in sorted(numbers - {child.issue.number for child in linked}))
    others = [issue for issue in unseen if issue is not None]
    if any(story.key not in found for story in stories):
        # One may have been made and not linked, or somebody took it off the plan issue.
        others += reader.issues()
    for child in _children(others, parent, reader.app_slug, here):
        found.setdefault(child.marker.key, replace(child, linked=False))
    children = tuple(sorted(found.values(), key=lambda child: child.issue.number))
    return replace(snapshot, stories=stories, children=children, taken=len(listed))


def _children(
    issues: Sequence[IssueSnapshot], parent: IssueSnapshot, slug: str, here: str
) -> list[Child]:
    """Our issues for stories of this plan, the oldest first."""
    found = []
    for issue in sorted(issues, key=lambda issue: issue.number):
        marker = parse_story_marker(issue.body)
        if marker is not None and marker.plan == parent.number and is_ours(issue, slug):
            found.append(Child(issue, marker, here=home(issue) == here))
    return found


def _with_blockers(
    snapshot: RelationsSnapshot, reader: GitHubReader, parent: IssueSnapshot, config: RepoConfig
) -> RelationsSnapshot:
    spans = [story.span for story in snapshot.stories]
    needed = needed_by(snapshot.known.base_text, home(parent), spans)
    numbers = dict.fromkeys(needed.issues)
    if needed.plans:
        markers = ((one, parse_plan_marker(one.body)) for one in reader.issues())
        for one, marker in markers:
            if marker and marker.path in needed.plans and is_ours(one, reader.app_slug):
                numbers[one.number] = None
    numbers.pop(parent.number, None)
    own = dict.fromkeys(number for story in snapshot.stories for number in story.needs)
    found = {number: reader.issue(number) for number in (*numbers, *own)}
    there_are = {number: issue for number, issue in found.items() if issue is not None}
    snapshot = replace(snapshot, needed=tuple(numbers), issues=there_are)
    there = {child.marker.key for child in snapshot.children}
    if snapshot.taken < MOST_SUB_ISSUES and any(s.key not in there for s in snapshot.stories):
        # The sub-issues come first.
        return snapshot
    wanted, ours = wanted_blocks(snapshot), set(snapshot.known.blocks)
    changed = {word for word in (*wanted, *ours) if (word in wanted) != (word in ours)}
    touched = sorted({int(word.partition("<")[0]) for word in changed})
    read = {number: reader.blocked_by(number) for number in touched}
    blocked = {number: tuple(found) for number, found in read.items() if found is not None}
    return replace(snapshot, blocked=blocked)


def decide(snapshot: RelationsSnapshot, config: RepoConfig) -> Decision:
    """Make, name, close and open the sub-issues; say what blocks what."""
    known, parent = snapshot.known, snapshot.parent
    if parent is None:
        return Decision(note="there is nothing to relate", after=known)
    digest = digest_of(known, config)
    if not snapshot.supported:
        told = limit_comment(parent, ())
        return Decision((told,), after=replace(known, related_for=digest))
    made, changes = decide_stories(snapshot)
    if made:
        return Decision(tuple(changes), again=True, after=known)
    blocks, blocking = decide_blocking(snapshot) if config.blocked_by else (known.blocks, [])
    changes += blocking
    note = "" if changes else "the relations are as they shall be"
    after = replace(known, related_for=digest, blocks=blocks)
    return Decision(tuple(changes), note=note, after=after)


def remember(
    snapshot: RelationsSnapshot, decision: Decision, applied: Sequence[Applied]
) -> tuple[PlanMemory, ...]:
    """What was carried over, and how each sub-issue was left.

    A relation that GitHub did not take is none of ours, whoever makes it later.
    """
    memory = decision.after
    if memory is None or snapshot.parent is None:
        return ()
    left = {child.issue.number: left_as(child.issue) for child in snapshot.children}
    refused: set[str] = set()
    for done in applied:
        if isinstance(done.result, IssueSnapshot):
            left[done.result.number] = left_as(done.result)
        elif isinstance(done.change, BlockIssue) and done.result == NOT_RELATED:
            refused.add(block_word(done.change.number, done.change.blocker))
    blocks = tuple(word for word in memory.blocks if word not in refused)
    stories = tuple(left[number] for number in sorted(left))
    return (replace(memory, stories=stories, blocks=blocks),)
