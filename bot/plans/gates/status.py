"""Where a plan stands, in one frozen value that a comment, a terminal or ``--json`` can print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.plans.gates.dependencies import critical_path
from bot.plans.gates.following import next_tasks
from bot.plans.model import Gate, Plan, PlanTask, Problem, Progress, Question, TaskState


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """A phase, story or checklist: its progress, and whether its exit gate is settled.

    ``exit`` is None for a group without one.
    """

    key: str
    title: str
    kind: str
    progress: Progress
    exit: Progress | None = None
    complete: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class CoverageStatus:
    """Which requirements and aspects are covered, and by which tasks; ``covered`` of ``total``."""

    covered: int
    total: int
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is left uncovered."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """Where a plan stands.

    ``overall`` is Draft, Planning, Ready, In Progress, Blocked or Complete, worked out from facts;
    ``written`` is the status the plan states itself. ``critical_path`` are the addresses of the
    longest chain of open tasks. ``approvals`` is settled and all sign-offs.
    """

    format: str
    path: str
    title: str
    overall: str
    written: str
    progress: Progress
    groups: tuple[GroupStatus, ...] = ()
    next: tuple[PlanTask, ...] = ()
    in_progress: tuple[PlanTask, ...] = ()
    blockers: tuple[Problem, ...] = ()
    gates: tuple[Gate, ...] = ()
    questions: tuple[Question, ...] = ()
    coverage: CoverageStatus | None = None
    aspects: CoverageStatus | None = None
    requirements: Progress = field(default=Progress())
    approvals: Progress = field(default=Progress())
    critical_path: tuple[str, ...] = ()
    example_rows: int = 0


def build_status(plan: Plan, blocking: Sequence[Problem]) -> PlanStatus:
    """The status of a plan whose blockers are known."""
    return PlanStatus(
        format=plan.format,
        path=plan.path,
        title=plan.title,
        overall=overall(plan, blocking),
        written=plan.status,
        progress=plan.progress,
        groups=tuple(_group(plan, index) for index in range(len(plan.groups))),
        next=tuple(next_tasks(plan)),
        in_progress=tuple(t for t in plan.tasks if t.state is TaskState.IN_PROGRESS),
        blockers=tuple(blocking),
        gates=plan.gates,
        questions=tuple(question for question in plan.questions if not question.resolved),
        coverage=requirement_coverage(plan),
        aspects=aspect_coverage(plan),
        requirements=Progress(
            sum(requirement.checked for requirement in plan.requirements), len(plan.requirements)
        ),
        approvals=Progress(
            sum(approval.approved or approval.waived for approval in plan.approvals),
            len(plan.approvals),
        ),
        critical_path=critical_path(plan.tasks),
        example_rows=plan.example_rows,
    )


def _group(plan: Plan, index: int) -> GroupStatus:
    group = plan.groups[index]
    exits = group.exit_tasks
    settled = Progress(sum(task.settled for task in exits), len(exits)) if exits else None
    return GroupStatus(
        group.key, group.title, group.kind, group.progress, settled, group.complete, group.owner
    )


def overall(plan: Plan, blocking: Sequence[Problem]) -> str:
    """The one word a plan's facts amount to."""
    if plan.format == "user-story":
        word = story_word(plan)
        return "Blocked" if blocking and word != "Complete" else word
    if blocking:
        return "Blocked"
    progress, approvals = plan.progress, plan.approvals
    signed = all(approval.approved or approval.waived for approval in approvals)
    if progress.total and progress.done == progress.total and signed and _is_cut(plan):
        return "Complete"
    begun = progress.done or any(task.state is TaskState.IN_PROGRESS for task in plan.tasks)
    if begun:
        return "In Progress"
    return "Draft"


def _is_cut(plan: Plan) -> bool:
    """Whether the work is listed: an implementation plan has none before its ``tasks.md`` is."""
    if plan.format != "implementation-plan" or plan.extra.get("kind"):
        return True
    return any(group.kind == "phase" for group in plan.groups)


def story_word(plan: Plan) -> str:
    """The status that a user story's facts amount to, one of its own five words."""
    states = [task.state for task in plan.tasks]
    if states and all(state is TaskState.COMPLETE for state in states):
        return "Complete"
    begun = (TaskState.IN_PROGRESS, TaskState.COMPLETE)
    if any(state in begun for state in states) or any(row.pulls for row in plan.tracking):
        return "In Progress"
    if is_ready(plan):
        return "Ready"
    return "Planning" if plan.begun else "Draft"


def is_ready(plan: Plan) -> bool:
    """Whether a user story can be started: validated, every question answered, all covered."""
    validated = any(gate.passed for gate in plan.gates)
    asked = any(not question.resolved for question in plan.questions)
    requirements, aspects = requirement_coverage(plan), aspect_coverage(plan)
    covered = (requirements is None or requirements.complete) and (
        aspects is None or aspects.complete
    )
    return validated and not asked and covered and bool(plan.tasks)


def requirement_coverage(plan: Plan) -> CoverageStatus | None:
    """The requirements that a task of the plan covers; None for a plan without requirements."""
    if not plan.requirements:
        return None
    known = {task.address for task in plan.tasks}
    missing = tuple(r.id for r in plan.requirements if not known & set(r.covered_by))
    total = len(plan.requirements)
    return CoverageStatus(total - len(missing), total, missing)


def aspect_coverage(plan: Plan) -> CoverageStatus | None:
    """The aspects that are covered or not applicable; None for a plan that lists none."""
    aspects = [entry for entry in plan.coverage if entry.kind == "aspect"]
    if not aspects:
        return None
    known = {task.address for task in plan.tasks}
    missing = tuple(
        entry.name for entry in aspects if not entry.not_applicable and not known & set(entry.tasks)
    )
    return CoverageStatus(len(aspects) - len(missing), len(aspects), missing)
