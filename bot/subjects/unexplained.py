"""A body of a plan issue of which no delivery has said who wrote it.

GitHub names the editor of a body in the delivery of the edit alone, and that may come after
something else made the plan be looked at: also after the delivery of a later edit, whose body then
has in it what the first one wrote. In an issue of ours it matters to nobody: only people who may
write to a repository can edit what others wrote there. In one that joined, its author can too.
https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization#permissions-for-each-role
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.edits import Edits
from bot.github.ports import MAY_WRITE, GitHubReader
from bot.github.snapshots import IssueSnapshot
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.render import body_sha, issue_plan_text, shown_text
from bot.subjects.body_edits import ClaimedEdit, claimed_edits
from bot.subjects.plan_recovery import is_ours
from bot.subjects.plan_snapshot import TextEdit

GRACE = timedelta(seconds=20)
"""How long the delivery of an edit is waited for. Then it counts as its author's: it is held."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A body of which nobody says where it comes from.

    ``next`` is the edit that replaced it, None where it is the present body; ``then`` are the
    deliveries of that edit and of those that made the present body of it; ``last`` is the last
    edit before it that is new and explained. ``old``: an old copy was saved over it, so that the
    present body is none of what was made of it.
    """

    sha: str
    next: ClaimedEdit | None
    then: frozenset[int]
    last: ClaimedEdit | None
    old: bool = False


def find_unexplained(
    reader: GitHubReader,
    memory: PlanMemory,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
) -> Unexplained | None:
    """The body that may be that of somebody who may not write, and no delivery says so yet.

    It is the present one, or one from which that was made by edits that deliveries tell of. Costs
    no request for an issue of ours.
    """
    if not memory.body_sha or not memory.base_blob or issue.author.is_bot:
        return None
    if is_ours(issue, reader.app_slug) or reader.permission(issue.author.login) in MAY_WRITE:
        return None
    ours = (pair.rstrip("?").rpartition(">")[2] for pair in (*memory.wrote, memory.landing_body))
    known = {memory.body_sha, *memory.seen_bodies, *filter(None, ours)}
    edits = claimed_edits(deliveries)
    walked = _walk_back(body_sha(issue.body), edits, known)
    if walked is None:
        return None
    sha, step = walked
    made = _made_of(sha, edits)
    then = frozenset(edit.delivery.id for edit in made)
    before = [
        edit
        for edit in edits
        if edit.delivery.id not in then
        and edit.to not in known
        and (step is None or edit.at <= step.at)
        and _walk_back(edit.to, edits, known) is None
    ]
    last = max(before, key=lambda edit: edit.at, default=None)
    return Unexplained(sha, step, then, last, any(edit.stale for edit in made))


def _walk_back(
    sha: str, edits: Sequence[ClaimedEdit], known: Collection[str]
) -> tuple[str, ClaimedEdit | None] | None:
    """The body at which the edits that led to this one end without a known one, and what replaced
    it; None where one of their ways begins at a body that is known.

    An edit of which GitHub does not say what it replaced is believed, but for a bot's: that is one
    of the title.
    """
    ways: list[tuple[str, ClaimedEdit | None]] = [(sha, None)]
    for here, _ in ways:
        if here in known:
            return None
        reached = {one for one, _ in ways}
        for edit in edits:
            if edit.to == here and not edit.former and not edit.by_bot:
                return None
            if edit.to == here and edit.former and edit.former not in reached:
                ways.append((edit.former, edit))
    return ways[-1]


def _made_of(sha: str, edits: Sequence[ClaimedEdit]) -> list[ClaimedEdit]:
    """The edits that were made on a body, or on what was made of it."""
    bodies, found = {sha}, []
    left = list(edits)
    while step := next((edit for edit in left if edit.former in bodies), None):
        left.remove(step)
        found.append(step)
        bodies.add(step.to)
    return found


def wait_until(deliveries: Sequence[OpenDelivery]) -> datetime | None:
    """Until when the delivery of the edit is waited for."""
    first = min((delivery.received_at for delivery in deliveries), default=None)
    return first + GRACE if first is not None else None


def held_edit(
    unexplained: Unexplained, memory: PlanMemory, issue: IssueSnapshot, edit_of: Edits
) -> TextEdit:
    """What nobody explains, as an edit of the issue's author since the last one that is known."""
    last, step = unexplained.last, unexplained.next
    known = edit_of(last.delivery.id) if last else None
    before = issue_plan_text(known.after) if known else None
    if before is None and unexplained.old:
        before = memory.issue_text or shown_text(memory.base_text)
    replaced = edit_of(step.delivery.id) if step else None
    body = issue.body if replaced is None or replaced.before is None else replaced.before
    return TextEdit(issue.author.login, before, issue_plan_text(body))
