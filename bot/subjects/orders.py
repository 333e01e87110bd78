"""What is done about the commands in comments: the plan's new text, and what is told. Pure.

A command that wrote into the plan is acknowledged by a reaction. What cannot be obeyed, and what
asks for words, gets exactly one comment, which carries a marker so that it is never written twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from difflib import unified_diff
from posixpath import dirname

from bot.changes import AssignPeople, Change, CreateIssue, EditPull, FileEdit, PostComment, React
from bot.comments import render_comment
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.ports import IssueSnapshot, Person, RepoPath
from bot.memory import PullMemory, SubjectKey, Trigger
from bot.plans.commands import COMMANDS, misuse, split_pull, split_task, split_tasks, unquoted
from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise, resolve_task
from bot.plans.harmless import harmless
from bot.plans.links import body_lines, parse_links
from bot.plans.merge import merge_texts
from bot.plans.model import PlanTask
from bot.plans.ordered import Around, Done, LinkedPull, NotHere
from bot.plans.orders import obey, preview
from bot.plans.render import shown_text
from bot.subjects.explaining import explain_pull
from bot.subjects.order_reading import answer_marker, ordered_marker
from bot.subjects.plan_settle import Settled
from bot.subjects.plan_snapshot import Order, PlanSnapshot
from bot.templates import read_template

_DIFF_LINES = 60
_SETTLED_ELSEWHERE = frozenset({"take", "accept", "sync"})
_ANSWERS = frozenset({"help", "status", "check", "why", "start", "preview"})
_MAKES_STORIES = frozenset({"story", "preview"})
_NOBODY = UserProblem("Only people with write access to this repository may give commands.")
_SEVERAL = UserProblem(
    "This pull request is linked with several plans.", "Write the command in the plan's issue."
)
_TASK_LINE = re.compile(
    r"^(?P<key>\s*(?:[-*+]\s+)?tasks?\s*[:：]\s*)(?P<value>.*?)(?P<end>\s*)$", re.I
)


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What the commands came to: the plan with their edits, and what else is to be written.

    ``log`` is the file beside the plan that changes with it, mostly the decision log; ``forward``
    are plans that are to be looked at; ``detached`` is the new state of the mirror, None where
    nobody ordered one.
    """

    settled: Settled
    changes: tuple[Change, ...] = ()
    log: FileEdit | None = None
    forward: tuple[Trigger, ...] = ()
    detached: bool | None = None
    people: tuple[Person, ...] = ()


@dataclass(slots=True)
class _Run:
    """The commands so far: each sees what the ones before it left."""

    snapshot: PlanSnapshot
    issue: IssueSnapshot
    config: RepoConfig
    text: str
    pulls: tuple[PullMemory, ...]
    log: str | None
    changes: list[Change] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    forward: list[Trigger] = field(default_factory=list)
    detached: bool | None = None

    def around(self, order: Order) -> Around:
        at = order.at.astimezone(UTC) if order.at else None
        on_pull, verb = order.number not in (0, self.issue.number), order.command.verb
        return Around(
            path=self.snapshot.path,
            issue=self.issue.number,
            login=order.login,
            role=order.role,
            date=at.strftime("%Y-%m-%d") if at else "",
            time=at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else "",
            pull=order.number if on_pull else None,
            pulls=tuple(_linked(p, self.pulls) for p in self.pulls),
            statuses=self.config.statuses,
            people=getattr(self.config, "people", {}) or {},
            story=read_template("plans", "task-plan.md") if verb in _MAKES_STORIES else "",
            log=self.log,
            changes=order.seen.changes if order.seen else (),
        )


def _linked(pull: PullMemory, pulls: Sequence[PullMemory]) -> LinkedPull:
    why = tuple(explain_pull(pull, task, pulls) for task in pull.tasks)
    return LinkedPull(pull.number, pull.state, pull.tasks, why)


def obey_orders(
    snapshot: PlanSnapshot, settled: Settled, issue: IssueSnapshot, config: RepoConfig
) -> Obeyed:
    """The settled plan after every command, in the order in which they were given."""
    log = snapshot.log.text if snapshot.log else None
    run = _Run(snapshot, issue, config, settled.text, settled.pulls, log)
    for order in snapshot.orders:
        _obey_one(run, order)
    if run.text != settled.text or run.did:
        settled = _with_text(settled, run)
    edit = None
    if snapshot.log is not None and run.log is not None and run.log != snapshot.log.text:
        path = RepoPath(f"{dirname(snapshot.path)}/decision-log.md")
        edit = FileEdit(path, run.log, snapshot.log.blob_sha)
    return Obeyed(
        settled, tuple(run.changes), edit, tuple(run.forward), run.detached, tuple(run.people)
    )


def _with_text(settled: Settled, run: _Run) -> Settled:
    was, now = shown_text(settled.text), shown_text(run.text)
    shown = now if settled.shown == was else merge_texts(was, now, settled.shown).text
    return replace(settled, text=run.text, shown=shown, reasons=(*settled.reasons, *run.did))


def answer_only(
    snapshot: PlanSnapshot, issue: IssueSnapshot, config: RepoConfig, text: str, why: UserProblem
) -> list[Change]:
    """The answers where the plan cannot be changed now: what asks for words gets them, the rest
    is told ``why`` not."""
    run = _Run(snapshot, issue, config, text, snapshot.memory.pulls, None)
    for order in snapshot.orders:
        if order.allowed and order.command.verb not in _ANSWERS and misuse(order.command) is None:
            _refuse(run, order, why)
        else:
            _obey_one(run, order)
    return run.changes


def _obey_one(run: _Run, order: Order) -> None:
    verb = order.command.verb
    if order.done:
        if order.done == "landed":
            _thumb(run, order)
        return
    if not order.allowed:
        _refuse(run, order, _NOBODY)
        return
    wrong = misuse(order.command)
    if wrong is not None:
        _refuse(run, order, UserProblem(wrong.what, wrong.usage))
    elif order.several and verb != "help":
        _refuse(run, order, _SEVERAL)
    elif verb in _SETTLED_ELSEWHERE:
        if run.snapshot.memory.state == "detached" and verb == "sync":
            run.detached = False
        _thumb(run, order)
    elif verb in _ON_GITHUB:
        try:
            _ON_GITHUB[verb](run, order)
        except UserProblem as problem:
            _refuse(run, order, problem)
    elif verb == "preview":
        _preview(run, order)
    else:
        _take(run, order, obey(run.text, order.command, run.around(order)))


def _take(run: _Run, order: Order, done: Done) -> None:
    if done.refused is not None:
        _refuse(run, order, done.refused)
        return
    changed = done.text != run.text or (done.log is not None and done.log != run.log)
    run.text = done.text
    run.log = done.log if done.log is not None else run.log
    if changed:
        run.did.append(f"{done.did[:1].upper()}{done.did[1:]}, as {order.login} ordered")
        run.people.append(Person(order.login, order.actor_id))
    if order.command.verb == "assign":
        try:
            _assign(run, order)
        except UserProblem as problem:
            _refuse(run, order, problem)
            return
    if done.shows is None:
        _thumb(run, order)
    else:
        name, values = done.shows
        _answer(run, order, name, values)


# What is told


def _thumb(run: _Run, order: Order) -> None:
    place = order.number or run.issue.number
    reason = f"{order.login} ordered /plan {order.command.verb}"
    run.changes.append(React(place, order.comment_id, "+1", reason))


def _refuse(run: _Run, order: Order, problem: UserProblem) -> None:
    form = COMMANDS.get(order.command.verb)
    shown = order.allowed and problem is not _SEVERAL and not isinstance(problem, NotHere)
    values = {
        "what": harmless(problem.message),
        "fix": "" if problem.fix.startswith("/plan ") else harmless(problem.fix),
        "form": problem.fix if problem.fix.startswith("/plan ") else "",
        "usage": form.usage if form and shown else "",
        "example": form.example if form else "",
    }
    _answer(run, order, "told.md", values)


def _answer(run: _Run, order: Order, name: str, values: Mapping[str, object]) -> None:
    body = render_comment(name, marker=answer_marker(order.comment_id, order.command), **values)
    reason = f"{order.login} wrote /plan {order.command.verb}"
    place = order.number or run.issue.number
    run.changes.append(PostComment(place, body, "told", reason, once=True))


def _preview(run: _Run, order: Order) -> None:
    done, inner = preview(run.text, order.command, run.around(order))
    if done.refused is not None:
        _refuse(run, order, done.refused)
        return
    memory = run.snapshot.memory
    lines = list(unified_diff(run.text.split("\n"), done.text.split("\n"), lineterm="", n=0))
    said = [line for line in lines[2:] if not line.startswith("@@")]
    values = {
        "command": f"/plan {inner.verb} {inner.text}".rstrip() if inner else "",
        "diff": "\n".join(said[:_DIFF_LINES]),
        "more": max(len(said) - _DIFF_LINES, 0),
        "held": list(memory.held),
        "proposed": memory.proposed,
        "conflict": bool(memory.conflicts),
        "github": bool(inner and inner.verb in (*_ON_GITHUB, *_SETTLED_ELSEWHERE)),
        "does": COMMANDS[inner.verb].does if inner and inner.verb in COMMANDS else "",
    }
    _answer(run, order, "preview.md", values)


# What is done on GitHub rather than in the plan


def _assign(run: _Run, order: Order) -> None:
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


def _link(run: _Run, order: Order) -> None:
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
    links = parse_links(pull.body)
    there = {
        _address(run, task.named) for task in links.tasks_of(run.issue.number, run.snapshot.path)
    }
    missing = [task for task in tasks if task not in there]
    if missing:
        ending = "\r\n" if "\r\n" in pull.body else "\n"
        lines = body_lines(run.issue.number, missing).replace("\n", ending)
        gap = ending * 2 if pull.body.strip() else ""
        body = pull.body.rstrip() + gap + lines + ending
        reason = f"{order.login} linked it with {', '.join(missing)} of {run.snapshot.path}"
        run.changes.append(EditPull(pull.number, reason, body=body))
    _thumb(run, order)


def _task(run: _Run, name: str) -> PlanTask:
    plan = read_plan(run.snapshot.path, parse_document(run.text))
    found = resolve_task(plan, name) if plan else None
    if not isinstance(found, PlanTask):
        raise UserProblem(
            found.message if found else "There is no plan.", found.fix if found else ""
        )
    return found


def _address(run: _Run, name: str) -> str:
    try:
        return _task(run, name).address
    except UserProblem:
        return name


def _unlink(run: _Run, order: Order) -> None:
    number, rest = split_pull(order.command.text)
    pull = order.seen.pull if order.seen else None
    if pull is None:
        raise UserProblem(
            f"There is no pull request #{number}." if number else "No pull request is named.",
            COMMANDS["unlink"].usage,
        )
    links = parse_links(pull.body, pull.title, pull.head_ref)
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
    lines: list[str | None] = list(pull.body.split("\n"))
    for at in {task.source.line for task in about}:
        gone = {task.named for task in about if task.source.line == at}
        lines[at - 1] = _without_tasks(lines[at - 1] or "", gone)
    body = "\n".join(line for line in lines if line is not None)
    reason = f"{order.login} unlinked it from {run.snapshot.path}"
    run.changes.append(EditPull(pull.number, reason, body=body))
    _thumb(run, order)


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


def _new(run: _Run, order: Order) -> None:
    if order.seen and order.seen.issue:
        _thumb(run, order)
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
    _thumb(run, order)


def _adopt(run: _Run, order: Order) -> None:
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
    _thumb(run, order)


def _detach(run: _Run, order: Order) -> None:
    run.detached = True
    _thumb(run, order)


_ON_GITHUB: Mapping[str, Callable[[_Run, Order], None]] = {
    "link": _link,
    "unlink": _unlink,
    "new": _new,
    "adopt": _adopt,
    "detach": _detach,
}


def acknowledged(orders: Sequence[Order]) -> tuple[str, ...]:
    """The claims of commands that need not be heard again."""
    return tuple(order.claim for order in orders)
