"""The plans the format tests read: filled-in ones of ours, and small ones built in place."""

from __future__ import annotations

import posixpath
from pathlib import Path

from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan

FILLED = Path(__file__).parent.parent / "plans"
PATHS = {
    "feature-plan": "plan_docs/queue-tickets.md",
    "user-story": "docs/user-stories/2025-03-11-return-without-printer.md",
    "task-plan": "tasks/export-audit-log-20250502T081500Z/plan.md",
    "implementation-plan": "plans/core/billing/EPIC-12/features/031-credit-notes/impl-plan.md",
    "track-spec": "draft/tracks/offline-maps/spec.md",
}


NEIGHBOURS = {
    "task-plan": {"decision-log.md": "task-plan-decision-log"},
    "implementation-plan": {
        "spec.md": "implementation-plan",
        "tasks.md": "implementation-plan-tasks",
        "research.md": "implementation-plan",
        "data-model.md": "implementation-plan",
        "contracts/export.yml": "implementation-plan",
        "checklists/requirements.md": "implementation-plan-requirements",
        "checklists/PlanQualityGate.md": "implementation-plan-gate",
        "../../exec-plan.md": "implementation-plan-exec-plan",
    },
}


def filled_text(name: str) -> str:
    """The text of a filled-in plan."""
    return (FILLED / f"{name}.md").read_text(encoding="utf-8")


def filled_files(name: str) -> dict[str, str]:
    """The files that stand beside a filled-in plan, by their path."""
    folder = posixpath.dirname(PATHS[name])
    return {
        posixpath.normpath(posixpath.join(folder, there)): filled_text(held)
        for there, held in NEIGHBOURS.get(name, {}).items()
    }


def filled(name: str) -> tuple[Plan, Document]:
    """A filled-in plan and its document."""
    document = parse_document(filled_text(name))
    plan = read_plan(PATHS[name], document, files=filled_files(name))
    assert plan is not None
    return plan, document


def read(text: str, path: str = "plan.md", format: str | None = None) -> Plan:
    """The plan of a text that is one."""
    plan = read_plan(path, parse_document(text), format)
    assert plan is not None
    return plan
