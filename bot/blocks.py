"""A repository that takes nothing from plansync for now: which, why, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import UserProblem

RECHECK = timedelta(hours=1)
"""How long a blocked repository is left alone before GitHub is asked once whether it is over."""


@dataclass(frozen=True, slots=True)
class Block:
    """Why nothing is asked of a repository; ``kind`` is one of ``bot.subjects.refused.KINDS``.

    ``checked_at`` is when GitHub last said so, to ``subject``; ``reason`` says what is wrong and
    what ends it.
    """

    repository_id: int
    kind: str
    reason: str
    since: datetime
    checked_at: datetime
    subject: str = ""

    @property
    def until(self) -> datetime:
        """When GitHub is asked again, unless an event says earlier that it is over."""
        return self.checked_at + RECHECK


class Blocked(UserProblem):
    """The subject's repository is blocked: nothing was written, and nothing is until ``until``."""

    def __init__(self, block: Block) -> None:
        super().__init__(block.reason)
        self.until = block.until
