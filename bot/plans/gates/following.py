"""What to do next: open tasks whose dependencies are complete and whose gate is open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.plans.model import Group, Plan, PlanTask, TaskState

_IN_ORDER = frozenset({"phase", "acceptance", "story"})


def next_tasks(plan: Plan) -> list[PlanTask]:
    """The open tasks that nothing holds back and nobody has begun, in document order.

    Rows wait for their dependencies. Phases and the acceptance checklist come one after the other:
    the first that is not complete gives its open tasks. Of stories, the first that is not complete
    gives its first open task, or its open exit boxes. A Spec Kit task list gives its first open
    task, and with it those marked ``[P]`` beside it, once both checklists are settled.
    """
    if _stopped(plan):
        return []
    groups = plan.groups
    if plan.format == "implementation-plan":
        groups = _behind_gates(groups)
    found: list[PlanTask] = []
    current = next((g for g in groups if g.kind in _IN_ORDER and not _done(g)), None)
    for group in groups:
        if group.kind in _IN_ORDER:
            if group is current:
                found.extend(_of_current(group))
        elif group.kind == "rows":
            found.extend(_ready_rows(group.tasks))
        else:
            found.extend(_open(group.tasks))
    return found


def _behind_gates(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """What the gate order lets through: the specification's checklist, the plan's, then tasks."""
    checklists = {group.key: group for group in groups if group.kind == "checklist"}
    first = checklists.get("requirements")
    if first is not None and not first.complete:
        return (first,)
    gate = checklists.get("PlanQualityGate")
    if gate is not None and not gate.complete:
        return tuple(group for group in groups if group.kind != "phase")
    return groups


def _stopped(plan: Plan) -> bool:
    if plan.format == "user-story":
        return any(gate.passed is False for gate in plan.gates)
    return bool(plan.stop_tokens) or any(q.critical and not q.resolved for q in plan.questions)


def _done(group: Group) -> bool:
    return group.complete or not (group.tasks or group.exit_tasks)


def _open(tasks: Sequence[PlanTask]) -> Iterator[PlanTask]:
    begun = (TaskState.BLOCKED, TaskState.IN_PROGRESS)
    return (task for task in tasks if not task.settled and task.state not in begun)


def _of_current(group: Group) -> Iterator[PlanTask]:
    waiting = list(_open(group.tasks))
    if not waiting:
        yield from _open(group.exit_tasks)
    elif group.kind == "story":
        yield waiting[0]
    elif group.kind == "phase" and _is_task_list(group):
        yield from _in_parallel(waiting)
    else:
        yield from waiting


def _is_task_list(group: Group) -> bool:
    return any(re.fullmatch(r"T\d+[a-z]?", task.own_id or "") for task in group.tasks)


def _in_parallel(waiting: list[PlanTask]) -> Iterator[PlanTask]:
    yield waiting[0]
    for task in waiting[1:] if waiting[0].parallel else ():
        if not task.parallel:
            return
        yield task


def _ready_rows(tasks: Sequence[PlanTask]) -> Iterator[PlanTask]:
    complete = {task.address for task in tasks if task.settled}
    known = {task.address for task in tasks}
    for task in _open(tasks):
        waits = [name for name in task.depends_on if name in known and name not in complete]
        unknown = [name for name in task.depends_on if name not in known]
        if not waits and not unknown:
            yield task
