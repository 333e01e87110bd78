"""Is a plan ready, blocked, complete, covered, approved, and what is wrong with it."""

from __future__ import annotations

from bot.plans.gates.dependencies import critical_path, cycles
from bot.plans.gates.following import next_tasks
from bot.plans.gates.status import CoverageStatus, GroupStatus, PlanStatus, build_status
from bot.plans.model import Plan

__all__ = [
    "CoverageStatus",
    "GroupStatus",
    "PlanStatus",
    "critical_path",
    "cycles",
    "next_tasks",
    "status_of",
]


def status_of(plan: Plan) -> PlanStatus:
    """Where a plan stands."""
    return build_status(plan, ())
