"""Commands that are done on GitHub, not in the plan: link, assign, new, adopt, detach. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.changes import AssignPeople, CreateIssue, EditPull
from bot.comments import render_comment
from bot.errors import UserProblem
from bot.memory import SubjectKey, Trigger
from bot.plans.commands import COMMANDS, split_pull, split_task, split_tasks, unquoted
from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise, resolve_task
from bot.plans.harmless import harmless
from bot.plans.links import body_lines, parse_links
from bot.plans.model import PlanTask
from bot.plans.render import body_sha
from bot.subjects.order_reading import ordered_marker
from bot.subjects.order_run import Run, thumb
from bot.subjects.plan_snapshot import Order

_TASK_LINE = re.compile(
    r"^(?P<key>\s*(?:[-*+]\s+)?tasks?\s*[:：]\s*)(?P<value>.*?)(?P<end>\s*)$", re.I
)


def assign(run: Run, order: Order) -> None:
    """Assign the issue to the person of ``/plan assign``; UserProblem where GitHub would not."""
    login = split_task(order.command.text)[1].strip("`@ ")
    role = order.seen.role if order.seen else ""
    if role in ("", "none"):
        raise UserProblem(
            f"GitHub assigns only people with access to this repository: {login} has none.",
            "An owner of the repository can invite them.",
        )
    if login.casefold() not in (name.casefold() for name in run.issue.assignees):
        reason = f"{order.login} ordered /plan assign"
        run.changes.append(AssignPeople(run.issue.number, (login,), reason))


def _link(run: Run, order: Order) -> None:
    number, rest = split_pull(order.command.text)
    pull = order.seen.pull if order.seen else None
    if pull is None:
        raise UserProblem(
            f"There is no pull request #{number}." if number else "No pull request is named.",
            COMMANDS["link"].usage,
        )
    tasks = [_task(run, name).address for name in split_tasks(rest)]
    if not tasks:
        raise UserProblem("No task is named.", COMMANDS["link"].usage)
    before = run.bodies.get(pull.number, pull.body)
    links = parse_links(before)
    there = {
        _address(run, task.named) for task in links.tasks_of(run.issue.number, run.snapshot.path)
    }
    missing = [task for task in tasks if task not in there]
    if missing:
        ending = "\r\n" if "\r\n" in before else "\n"
        lines = body_lines(run.issue.number, missing).replace("\n", ending)
        gap = ending * 2 if before.strip() else ""
        body = run.bodies[pull.number] = before.rstrip() + gap + lines + ending
        reason = f"{order.login} linked it with {', '.join(missing)} of {run.snapshot.path}"
        run.changes.append(_edit(pull.number, reason, before, body))
    thumb(run, order)


def _edit(number: int, reason: str, before: str, body: str) -> EditPull:
    """The pull request's new body, where it still has the one before."""
    return EditPull(number, reason, body=body, expected_sha=body_sha(before))


def _task(run: Run, name: str) -> PlanTask:
    plan = read_plan(run.snapshot.path, parse_document(run.text))
    found = resolve_task(plan, name) if plan else None
    if not isinstance(found, PlanTask):
        raise UserProblem(
            found.message if found else "There is no plan.", found.fix if found else ""
        )
    return found


def _address(run: Run, name: str) -> str:
    try:
        return _task(run, name).address
    except UserProblem:
        return name


def _unlink(run: Run, order: Order) -> None:
    number, rest = split_pull(order.command.text)
    pull = order.seen.pull if order.seen else None
    if pull is None:
        raise UserProblem(
            f"There is no pull request #{number}." if number else "No pull request is named.",
            COMMANDS["unlink"].usage,
        )
    before = run.bodies.get(pull.number, pull.body)
    links = parse_links(before, pull.title, pull.head_ref)
    named = links.tasks_of(run.issue.number, run.snapshot.path)
    wanted = {_task(run, name).address for name in split_tasks(rest)}
    about = [task for task in named if not wanted or _address(run, task.named) in wanted]
    if not about:
        raise UserProblem(f"#{pull.number} is not linked with that.", COMMANDS["unlink"].usage)
    elsewhere = next((task for task in about if task.source.kind != "line"), None)
    if elsewhere is not None:
        raise UserProblem(
            f"#{pull.number} cannot be unlinked by command: {elsewhere.source.sentence}.",
            "Change that on the pull request.",
        )
    lines: list[str | None] = list(before.split("\n"))
    for at in {task.source.line for task in about}:
        gone = {task.named for task in about if task.source.line == at}
        lines[at - 1] = _without_tasks(lines[at - 1] or "", gone)
    body = run.bodies[pull.number] = "\n".join(line for line in lines if line is not None)
    reason = f"{order.login} unlinked it from {run.snapshot.path}"
    run.changes.append(_edit(pull.number, reason, before, body))
    thumb(run, order)


def _without_tasks(line: str, gone: set[str]) -> str | None:
    """A ``Tasks:`` line without some of them; None where none is left."""
    found = _TASK_LINE.match(line)
    if found is None:
        return line
    known = {name.casefold() for name in gone}
    left = [
        part.strip()
        for part in found["value"].split(",")
        if part.strip() and part.strip().strip("*`").casefold() not in known
    ]
    return f"{found['key']}{', '.join(left)}{found['end']}" if left else None


def _new(run: Run, order: Order) -> None:
    if order.seen and order.seen.issue:
        thumb(run, order)
        return
    asked, title = split_task(order.command.text)
    wanted = asked.casefold().removeprefix("plan:")
    labels = run.config.labels
    label = next(
        (
            name
            for name, kind in labels.items()
            if wanted in (kind, name.casefold().removeprefix("plan:"))
        ),
        None,
    )
    if label is None:
        names = ", ".join(name.removeprefix("plan:") for name in labels)
        raise UserProblem("That is no plan format.", f"The formats are {names}.")
    title = " ".join(unquoted(title).split())[:200]
    body = render_comment(
        "asked.md",
        marker=ordered_marker(order.comment_id),
        owner=order.login,
        issue=run.issue.number,
    )
    reason = f"{order.login} ordered a {labels[label]}"
    run.changes.append(CreateIssue(title, body, (label,), None, reason))
    thumb(run, order)


def _adopt(run: Run, order: Order) -> None:
    file = order.seen.file if order.seen else None
    named = harmless(order.command.text)
    if file is None:
        raise UserProblem(f"There is no file {named} on the default branch.", "Push it first.")
    if order.joins and order.number != run.issue.number:
        raise UserProblem(f"{named} has its issue already: #{run.issue.number}.", "Go on there.")
    if not file.path.writable or recognise(file.path, parse_document(file.text)) is None:
        raise UserProblem(
            f"{named} is in no plan format that plansync knows.",
            "`plansync check` says what a plan has to look like.",
        )
    key = SubjectKey(run.snapshot.memory.repository_id, "plan", str(file.path))
    if file.path != run.snapshot.path:
        run.forward.append(Trigger(key))
    thumb(run, order)


def _detach(run: Run, order: Order) -> None:
    run.detached = True
    thumb(run, order)


ON_GITHUB: Mapping[str, Callable[[Run, Order], None]] = {
    "link": _link,
    "unlink": _unlink,
    "new": _new,
    "adopt": _adopt,
    "detach": _detach,
}
"""Which function obeys which of these commands; each raises UserProblem where it cannot."""
