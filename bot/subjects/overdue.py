"""Stories whose due date has passed: told once. Pure; the day is that of the newest delivery."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.changes import PostComment
from bot.comments import render_comment
from bot.github.snapshots import CommentSnapshot, IssueSnapshot
from bot.memory import OpenDelivery
from bot.plans.digest import short_digest
from bot.plans.gates import PlanStatus

_CODE = "tasks.overdue"
_MOST_TOLD = 50
_BEGINS = "<!-- plansync:overdue "
_SAID = re.compile(r"^- (`+)( ?)(.+)\2\1$", re.MULTILINE)


def day_of(moment: datetime | None) -> date | None:
    """The day in UTC on which something was heard; dates of plans are days in UTC."""
    return moment.astimezone(UTC).date() if moment else None


def day_heard(deliveries: Sequence[OpenDelivery]) -> date | None:
    """The day in UTC of the newest delivery."""
    return day_of(max((one.received_at for one in deliveries), default=None))


def tell_overdue(
    issue: IssueSnapshot, standing: PlanStatus | None, told: Sequence[str]
) -> list[PostComment]:
    """The one comment about stories that are overdue and were not told of before."""
    new = [said for said in _overdue(standing) if _name(said) not in told]
    if not new:
        return []
    comment = render_comment("overdue.md", digest=short_digest(*new), overdue=new)
    return [PostComment(issue.number, comment, "overdue", "A due date has passed", once=True)]


def told_after(standing: PlanStatus | None, told: Sequence[str]) -> tuple[str, ...]:
    """What people were told then; one that is overdue no more may be told again."""
    late = overdue_of(told)
    others = [one for one in told if one not in late]
    return (*others, *map(_name, _overdue(standing)))


def told_in(comments: Sequence[CommentSnapshot]) -> tuple[str, ...]:
    """What comments of ours told people of due dates: remembered where the database is lost."""
    ours = [one.body for one in comments if one.ours and one.body.startswith(_BEGINS)]
    said = (found[3] for body in ours for found in _SAID.finditer(body))
    return tuple(dict.fromkeys(map(_name, said)))


def overdue_of(told: Sequence[str]) -> tuple[str, ...]:
    """What of that is about due dates."""
    return tuple(one for one in told if one.startswith(f"{_CODE}:"))


def _overdue(standing: PlanStatus | None) -> list[str]:
    found = standing.blockers if standing else ()
    return [problem.message for problem in found if problem.code == _CODE][:_MOST_TOLD]


def _name(said: str) -> str:
    # As in the comment, where blanks are one.
    return f"{_CODE}:{' '.join(said.split())}"
