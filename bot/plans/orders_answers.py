"""Commands that only answer: help, status, check, why, start."""

from __future__ import annotations

from datetime import date

from bot.errors import UserProblem
from bot.plans.commands import COMMANDS, Command, split_task
from bot.plans.document import Document
from bot.plans.gates import check as findings_of
from bot.plans.gates import status_of, why_not
from bot.plans.links import body_lines, branch_name
from bot.plans.model import Plan, Severity
from bot.plans.ordered import Around, Done
from bot.plans.orders_tasks import blocked_tasks, named_task

_SHOWN = 30


def show_help(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Every command of the table, or the one that is asked for."""
    asked = command.words[0].casefold().removeprefix("/plan") if command.words else ""
    if asked and asked not in COMMANDS:
        raise UserProblem("There is no such command.", "/plan help lists them.")
    forms = [COMMANDS[asked]] if asked else list(COMMANDS.values())
    shown = [form for form in forms if asked or not form.formats or plan.format in form.formats]
    return Done(document.text, shows=("help.md", {"forms": shown, "one": bool(asked)}))


def status(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """How far the plan is, in two lines; the status comment has the rest."""
    today = date.fromisoformat(around.date) if around.date else None
    found = status_of(plan, document, today=today, stalled=around.stalled)
    blocked = blocked_tasks(document, plan)
    values = {
        "overall": "Blocked" if blocked and found.overall != "Complete" else found.overall,
        "progress": found.progress,
        "next": [(task.address, task.text) for task in found.next[:3]],
        "blockers": len(found.blockers) + len(blocked),
        "questions": len(found.questions),
    }
    return Done(document.text, shows=("standing.md", values))


def check(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """The findings about the plan, worst first."""
    order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    noticed = findings_of(plan, document, stalled=around.stalled)
    found = sorted(noticed, key=lambda p: (order.index(p.severity), p.line))
    values = {
        "path": around.path,
        "findings": found[:_SHOWN],
        "more": max(len(found) - _SHOWN, 0),
        "counts": [(level.value, sum(p.severity is level for p in found)) for level in order],
    }
    return Done(document.text, shows=("findings.md", values))


def why(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Why a task stands where it stands."""
    task = named_task(plan, split_task(command.text)[0], anywhere=True)
    about = [pull for pull in around.pulls if task.address in pull.tasks]
    values = {
        "address": task.address,
        "text": task.text,
        "state": task.state.value,
        "line": task.line,
        "pulls": [
            why
            for pull in about
            for named, why in zip(pull.tasks, pull.why, strict=False)
            if named == task.address
        ],
        "stops": [f"{problem.message} {problem.fix}" for problem in why_not(plan, task.address)],
        "waits": [
            other.address
            for other in plan.tasks
            if other.address in task.depends_on and not other.settled
        ],
    }
    return Done(document.text, shows=("why.md", values))


def start(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """The branch to make for a task, and the lines for the pull request."""
    task = named_task(plan, split_task(command.text)[0], anywhere=True)
    if task.settled:
        raise UserProblem(f"Task {task.address} is done.", f"/plan undo {task.address} reopens it.")
    stops = why_not(plan, task.address)
    values = {
        "address": task.address,
        "text": task.text,
        "branch": branch_name(around.issue, task.address),
        "lines": body_lines(around.issue, [task.address]),
        "stops": [f"{problem.message} {problem.fix}" for problem in stops],
    }
    return Done(document.text, shows=("start.md", values))
