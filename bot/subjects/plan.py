"""One plan: its file, its issue and its pull requests brought to agree.

``plan_read`` asks GitHub, ``plan_bases`` and ``plan_recovery`` find what each side is compared
with, ``plan_settle`` puts both sides' changes together, ``plan_decide`` says what to write,
``plan_remember`` what is known once it is written.
"""

from __future__ import annotations

from bot.memory import PlanMemory
from bot.subjects.plan_decide import decide
from bot.subjects.plan_read import is_known, read
from bot.subjects.plan_remember import remember

__all__ = ["MEMORY", "decide", "is_known", "read", "remember"]

MEMORY = PlanMemory
