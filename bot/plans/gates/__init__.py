"""Is a plan ready, blocked, complete, covered, approved, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.plans.cellwords import STATUS_WORDS
from bot.plans.companions import is_feature, parse_feature
from bot.plans.document import Document, parse_document
from bot.plans.formats import FORMATS, alone, task_plan
from bot.plans.gates import (
    feature_rules,
    general_rules,
    implementation_rules,
    spec_rules,
    story_rules,
    task_rules,
)
from bot.plans.gates.codes import BLOCKING, CODES, READING_CODES
from bot.plans.gates.context import Context
from bot.plans.gates.dependencies import critical_path, cycles
from bot.plans.gates.following import next_tasks
from bot.plans.gates.status import CoverageStatus, GroupStatus, PlanStatus, build_status
from bot.plans.model import Plan, Problem

__all__ = [
    "BLOCKING",
    "CODES",
    "READING_CODES",
    "CoverageStatus",
    "GroupStatus",
    "PlanStatus",
    "blockers",
    "check",
    "critical_path",
    "cycles",
    "next_tasks",
    "status_of",
    "why_not",
]
_NOTHING = parse_document("")
_RULES: Mapping[str, Callable[[Context], Iterator[Problem]]] = {
    "feature-plan": feature_rules.findings,
    "user-story": story_rules.findings,
    "task-plan": task_rules.findings,
    "implementation-plan": implementation_rules.findings,
    "track-spec": spec_rules.findings,
}


def check(
    plan: Plan,
    document: Document,
    *,
    files: Mapping[str, str] | None = None,
    exists: Callable[[str], bool] | None = None,
    today: date | None = None,
    phase_order: bool = False,
    stalled: Collection[str] = (),
    approved_at: Mapping[str, datetime] | None = None,
    changed_at: datetime | None = None,
    statuses: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Everything that is to be said about a plan, by line. Never raises on user text.

    ``files`` are the texts of other files by their path in the repository: an implementation
    plan's neighbours and its epic's ``exec-plan.md``, a task plan's ``decision-log.md``.
    ``exists`` answers for files and folders that are only named; without it a file that is not in
    ``files`` counts as missing, and where ``files`` is None nothing is said about them. ``today``
    is for due dates, ``stalled`` are the stories that stand still, as the decision log showed,
    ``approved_at`` (by role) and ``changed_at`` are for stale approvals; unknown facts make no
    findings.
    """
    if plan.format == "implementation-plan":
        if files is None and is_feature(document.text):
            files, exists = parse_feature(document.text).beside(plan.path), _nobody_looked
        document = alone(document)
        if files is not None:
            plan = _with_files(plan, document, files, statuses)
    if document.refused:
        return list(document.problems)
    around = document.problems
    if plan.format == "task-plan":
        document = task_plan.plan_document(document)
    context = Context(
        plan,
        document,
        files,
        exists,
        today,
        phase_order,
        stalled,
        approved_at or {},
        changed_at,
        statuses or STATUS_WORDS,
    )
    found = [*around, *general_rules.findings(context), *_RULES[plan.format](context)]
    if plan.format == "implementation-plan":
        found += implementation_rules.gate_findings(context, found)
    return sorted(found, key=lambda problem: (problem.path or "", problem.line))


def _nobody_looked(path: str) -> bool:
    """Nothing is said to be missing of which a text with companions does not tell."""
    return True


def _with_files(
    plan: Plan, document: Document, files: Mapping[str, str], statuses: Mapping[str, str] | None
) -> Plan:
    known = next(known for known in FORMATS if known.name == plan.format)
    return known.read(plan.path, document, files, statuses or STATUS_WORDS)


def blockers(
    plan: Plan,
    document: Document,
    *,
    files: Mapping[str, str] | None = None,
    today: date | None = None,
    stalled: Collection[str] = (),
) -> list[Problem]:
    """The findings that stop work: failed gates, stop tokens, critical questions, missed dates."""
    found = check(plan, document, files=files, today=today, stalled=stalled)
    return [problem for problem in found if problem.code in BLOCKING]


def status_of(
    plan: Plan,
    document: Document | None = None,
    *,
    files: Mapping[str, str] | None = None,
    today: date | None = None,
    stalled: Collection[str] = (),
) -> PlanStatus:
    """Where a plan stands: the overall word, progress, what is next, and what stops it.

    Without its document only what the plan itself says can block it.
    """
    if files is not None and document is not None and plan.format == "implementation-plan":
        plan = _with_files(plan, alone(document), files, None)
    held = document if document is not None else _NOTHING
    found = check(plan, held, files=files, today=today, stalled=stalled)
    if plan.format == "implementation-plan":
        plan = replace(plan, gates=implementation_rules.gates_after(plan.gates, found))
    return build_status(plan, [problem for problem in found if problem.code in BLOCKING])


def why_not(plan: Plan, address: str) -> list[Problem]:
    """Why a task may not be worked on now: what a pull request that names it is told.

    A story before the earlier one's exit, anything of a story whose validation has failed.
    """
    if plan.format == "task-plan":
        return list(task_rules.out_of_order(plan, address))
    if plan.format == "user-story":
        return [p for p in story_rules.gate_findings(plan) if p.code in BLOCKING]
    return []
