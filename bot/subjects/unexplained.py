"""A body of a plan issue of which no delivery has said who wrote it.

GitHub names the editor of a body in the delivery of the edit alone, and that may come after
something else made the plan be looked at. In an issue of ours it matters to nobody: only people who
may write to a repository can edit what others wrote there. In one that joined, its author can too.
https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization#permissions-for-each-role
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.edits import Edits
from bot.github.ports import MAY_WRITE, GitHubReader
from bot.github.snapshots import IssueSnapshot
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.render import body_sha, issue_plan_text
from bot.subjects.body_edits import claimed_edits
from bot.subjects.plan_recovery import is_ours
from bot.subjects.plan_snapshot import TextEdit

GRACE = timedelta(seconds=20)
"""How long the delivery of an edit is waited for. Then it counts as its author's: it is held."""


def is_unexplained(
    reader: GitHubReader,
    memory: PlanMemory,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
) -> bool:
    """Whether the body may be that of somebody who may not write, and no delivery says so yet.

    Costs no request for an issue of ours.
    """
    if not memory.body_sha or not memory.base_blob or issue.author.is_bot:
        return False
    if is_ours(issue, reader.app_slug) or reader.permission(issue.author.login) in MAY_WRITE:
        return False
    now = body_sha(issue.body)
    ours = (pair.rstrip("?").rpartition(">")[2] for pair in (*memory.wrote, memory.landing_body))
    known = {memory.body_sha, *memory.seen_bodies, *ours}
    return now not in known and all(edit.to != now for edit in claimed_edits(deliveries))


def wait_until(deliveries: Sequence[OpenDelivery]) -> datetime | None:
    """Until when the delivery of the edit is waited for."""
    first = min((delivery.received_at for delivery in deliveries), default=None)
    return first + GRACE if first is not None else None


def held_edit(issue: IssueSnapshot, deliveries: Sequence[OpenDelivery], edit_of: Edits) -> TextEdit:
    """What nobody explains, as an edit of the issue's author since the last one that is known."""
    last = next(reversed(claimed_edits(deliveries)), None)
    known = edit_of(last.delivery.id) if last else None
    before = issue_plan_text(known.after) if known else None
    return TextEdit(issue.author.login, before, issue_plan_text(issue.body))
