"""What a delivery claims of a pull request: two digests, of all that matters and of its words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.event_kinds import PullEvent
from bot.github.snapshots import PullSnapshot
from bot.memory import PlanMemory
from bot.plans.digest import short_digest


def pull_digest(pull: PullEvent | PullSnapshot) -> str:
    """Sixteen hex digits of everything about a pull request that a plan cares for, a dot, and
    sixteen of what it says."""
    parts = (
        pull.state,
        str(pull.merged),
        str(pull.draft),
        pull.title,
        pull.body,
        pull.head_ref,
        pull.head_sha,
        pull.base_ref,
    )
    return f"{short_digest(*parts)}.{said_digest(pull)}"


def said_digest(pull: PullEvent | PullSnapshot) -> str:
    """Sixteen hex digits of a pull request's title and body, which people can edit."""
    return short_digest(pull.title, pull.body)


def pull_claim(pull: PullEvent | PullSnapshot) -> str:
    """The claim: ``pull:<number>:<digest>``."""
    return f"pull:{pull.number}:{pull_digest(pull)}"


def undone_commits(
    claims: Sequence[Sequence[str]], memory: PlanMemory
) -> tuple[tuple[str, str], ...]:
    """What claims ``commit:<sha>:undo:<reverted>=<by>,…`` say that is not taken in already."""
    found: list[tuple[str, str]] = []
    for claim in claims:
        if claim[0] == "commit" and claim[2:3] == ["undo"] and claim[1] not in memory.seen_commits:
            for pair in claim[3].split(","):
                reverted, _, by = pair.partition("=")
                found.append((reverted, by))
    return tuple(found)
