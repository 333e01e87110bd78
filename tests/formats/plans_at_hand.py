"""The plans the format tests read: filled-in ones of ours, and small ones built in place."""

from __future__ import annotations

from pathlib import Path

from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan

FILLED = Path(__file__).parent.parent / "plans"
_FEATURE = "plans/core/billing/EPIC-12/features/031-credit-notes"
PATHS = {
    "feature-plan": "plan_docs/queue-tickets.md",
    "user-story": "docs/user-stories/2025-03-11-return-without-printer.md",
    "task-plan": "tasks/export-audit-log-20250502T081500Z/plan.md",
    "implementation-plan": f"{_FEATURE}/impl-plan.md",
    "track-spec": "draft/tracks/offline-maps/spec.md",
}
BESIDE = {
    "decision-log": "tasks/export-audit-log-20250502T081500Z/decision-log.md",
    "tasks": f"{_FEATURE}/tasks.md",
    "requirements": f"{_FEATURE}/checklists/requirements.md",
    "gate": f"{_FEATURE}/checklists/PlanQualityGate.md",
}


def filled_text(name: str) -> str:
    """The text of a filled-in plan, or of a file beside one."""
    return (FILLED / (PATHS | BESIDE)[name]).read_text(encoding="utf-8")


def filled_files() -> dict[str, str]:
    """Every file of the filled-in plans by its path."""
    files = sorted(path for path in FILLED.rglob("*") if path.is_file())
    return {path.relative_to(FILLED).as_posix(): path.read_text(encoding="utf-8") for path in files}


def filled(name: str) -> tuple[Plan, Document]:
    """A filled-in plan and its document."""
    document = parse_document(filled_text(name))
    plan = read_plan(PATHS[name], document, files=filled_files())
    assert plan is not None
    return plan, document


def read(text: str, path: str = "plan.md", format: str | None = None) -> Plan:
    """The plan of a text that is one."""
    plan = read_plan(path, parse_document(text), format)
    assert plan is not None
    return plan
