"""What to do next: open tasks whose dependencies are complete and whose gate is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.plans.model import Group, Plan, PlanTask, TaskState

_IN_ORDER = frozenset({"phase", "acceptance", "story"})


def next_tasks(plan: Plan) -> list[PlanTask]:
    """The open tasks that nothing holds back and nobody has begun, in document order.

    Rows wait for their dependencies. Phases, stories and the acceptance checklist come one after
    the other: the first that is not complete gives its open tasks. A Spec Kit task list gives its
    first open task, and with it the tasks marked ``[P]`` beside it.
    """
    if _stopped(plan):
        return []
    found: list[PlanTask] = []
    in_order = [group for group in plan.groups if group.kind in _IN_ORDER]
    current = next((group for group in in_order if not _done(group)), None)
    for group in plan.groups:
        if group.kind in _IN_ORDER:
            if group is current:
                found.extend(_of_current(group))
        elif group.kind == "rows":
            found.extend(_ready_rows(group.tasks))
        elif group.kind in ("skeletons", "outputs"):
            found.extend(_open(group.tasks))
    return found


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
        return
    listed = any(task.own_id and task.own_id.startswith("T") for task in group.tasks)
    if not listed or group.kind != "phase":
        yield from waiting
        return
    yield waiting[0]
    if waiting[0].parallel:
        for task in waiting[1:]:
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
