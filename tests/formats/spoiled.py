"""Filled-in plans with one thing spoiled each, and what is to be found in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Edit = tuple[str, str]
FEATURE, STORY, TASKS = "feature-plan", "user-story", "task-plan"
IMPL, SPEC = "implementation-plan", "track-spec"
FOLDER = "plans/core/billing/EPIC-12/features/031-credit-notes/"
LOG = "tasks/export-audit-log-20250502T081500Z/decision-log.md"


@dataclass(frozen=True)
class Case:
    """One spoiled plan: the code it brings, the words of the line that is to blame."""

    code: str
    plan: str
    edits: tuple[Edit, ...] = ()
    blames: str = ""
    files: tuple[tuple[str, Callable[[str], str | None]], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    with_it: frozenset[str] = frozenset()
    where: str | None = None


def changed(old: str, new: str) -> Callable[[str], str | None]:
    return lambda text: text.replace(old, new) if old in text else None


def gone(text: str) -> None:
    return None
