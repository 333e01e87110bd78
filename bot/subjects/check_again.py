"""Which pull requests are to be checked again because a plan that they name has changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.memory import PlanMemory, SubjectKey, Trigger
from bot.plans import gates
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import PlanTask
from bot.subjects.overdue import overdue_of

_OPEN = frozenset({"open", "draft"})


def checks_again(before: PlanMemory, after: PlanMemory) -> tuple[Trigger, ...]:
    """The checks of the open pull requests whose answer a changed plan may have changed.

    A tick alone changes none: what counts is what stops work, and what the named tasks wait for.
    """
    pulls = [pull for pull in after.pulls if pull.state in _OPEN]
    same = before.base_text == after.base_text and before.stalled == after.stalled
    same = same and overdue_of(before.told) == overdue_of(after.told)
    if not pulls or same or not before.base_text:
        return ()
    tasks = sorted({address for pull in pulls for address in pull.tasks})
    if _stops(before, tasks) == _stops(after, tasks):
        return ()
    return tuple(
        Trigger(
            SubjectKey(after.repository_id, "check", str(pull.number)),
            f"plan:{after.base_blob}:{after.path}",
        )
        for pull in pulls
    )


def _stops(memory: PlanMemory, tasks: Sequence[str]) -> tuple[object, ...]:
    document = parse_document(memory.base_text)
    plan = None if document.refused else read_plan(memory.path, document)
    if plan is None:
        return ("no plan",)
    found = gates.blockers(plan, document, stalled=memory.stalled)
    blocking = [(problem.code, problem.message) for problem in found]
    waits: list[object] = []
    for address in tasks:
        task = plan.task(address)
        needs = [plan.task(one) for one in task.depends_on] if task else []
        open_ = [one.address for one in needs if isinstance(one, PlanTask) and not one.settled]
        why = [problem.message for problem in gates.why_not(plan, address)]
        waits.append((address, task is None, why, open_))
    return (*blocking, *overdue_of(memory.told), *waits)
