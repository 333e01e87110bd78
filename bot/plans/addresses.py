"""How people name a task: ``2``, ``2.3``, ``A.3``, ``S-1/T-2``, ``T012``, ``R-1``, a beginning."""

from __future__ import annotations

from bot.plans.elements import fold
from bot.plans.model import Plan, PlanTask, Problem
from bot.plans.plaintext import normalise_dashes

_QUOTES = "\"“”„'‘’"
_SHORTEST_BEGINNING = 3


def resolve_task(plan: Plan, address: str) -> PlanTask | Problem:
    """The task that an address names in a plan, or the Problem that says why there is none.

    Any dash counts as ``-``, case does not matter, ``#2`` is ``2`` and ``[T012]`` is ``T012``. A
    quoted beginning must be that of exactly one task, or one task's whole text.
    """
    named = " ".join(normalise_dashes(address).split())
    if len(named) > 1 and named[0] in _QUOTES and named[-1] in _QUOTES:
        return _beginning(plan, named[1:-1].strip())
    named = named.strip("`").removeprefix("[").removesuffix("]").removeprefix("#").strip()
    wanted = named.casefold()
    by_address = [task for task in plan.boxes if task.address.casefold() == wanted]
    by_id = [task for task in plan.boxes if (task.own_id or "").casefold() == wanted]
    for found in (by_address, by_id):
        if wanted and len(found) > 1:
            return _problem(
                "task.ambiguous", f"`{named}` names {len(found)} tasks.",
                "Give every task an id of its own, or quote how its text begins.",
            )  # fmt: skip
        if wanted and found:
            return found[0]
    return _unknown(plan, named)


def _beginning(plan: Plan, beginning: str) -> PlanTask | Problem:
    wanted = fold(beginning)
    if len(wanted) < _SHORTEST_BEGINNING:
        return _problem(
            "task.unknown", f"“{beginning}” is too short to name a task.",
            "Quote at least three characters of its text.",
        )  # fmt: skip
    found = [task for task in plan.boxes if fold(task.text).startswith(wanted)]
    whole = [task for task in found if fold(task.text) == wanted]
    found = whole if len(whole) == 1 else found
    if len(found) == 1:
        return found[0]
    if not found:
        return _problem(
            "task.unknown", f"No task begins “{beginning}”.",
            "Quote the beginning of its text as the plan has it.",
        )  # fmt: skip
    return _problem(
        "task.ambiguous", f"{len(found)} tasks begin “{beginning}”.",
        "Quote more of the text, or use an address: " + _addresses(found) + ".",
    )  # fmt: skip


def _unknown(plan: Plan, named: str) -> Problem:
    wanted = named.casefold()
    for group in plan.groups:
        if group.key.casefold() == wanted and group.tasks:
            return _problem(
                "task.group", f"`{named}` is {group.title}, not a task.",
                f"Name its tasks: {_addresses(group.tasks)}.", group.line,
            )  # fmt: skip
    known = _addresses(plan.tasks)
    fix = f"Its tasks are {known}." if known else "The plan has no tasks yet."
    if plan.example_rows and named.isdecimal():
        fix = "The template's example rows are no tasks: fill them in."
    return _problem("task.unknown", f"The plan has no task `{named}`.", fix)


def _addresses(tasks: tuple[PlanTask, ...] | list[PlanTask]) -> str:
    shown = [f"`{task.address}`" for task in tasks[:5]]
    return ", ".join(shown) + (", …" if len(tasks) > 5 else "")


def _problem(code: str, message: str, fix: str, line: int = 1) -> Problem:
    return Problem(code, message, fix, line)
