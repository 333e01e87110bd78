"""What is done about the commands in comments: the plan's new text, and what is told. Pure.

A command that wrote into the plan is acknowledged by a reaction. What cannot be obeyed, and what
asks for words, gets exactly one comment, which carries a marker so that it is never written twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff

from bot.changes import Change, FileEdit
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.snapshots import IssueSnapshot, Person
from bot.memory import Trigger
from bot.plans.commands import COMMANDS, misuse
from bot.plans.ordered import Done
from bot.plans.orders import obey, preview
from bot.subjects.order_reading import log_path
from bot.subjects.order_run import NOBODY, SEVERAL, Run, answer, refuse, thumb
from bot.subjects.orders_on_github import ON_GITHUB, assign
from bot.subjects.plan_settle import Settled
from bot.subjects.plan_snapshot import Order, PlanSnapshot

_DIFF_LINES = 60
_SETTLED_ELSEWHERE = frozenset({"take", "accept", "sync"})
_ANSWERS = frozenset({"help", "status", "check", "why", "start", "preview"})


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What the commands came to: the plan with their edits, and what else is to be written.

    ``log`` is the decision log where it changes with the plan, ``beside`` are other files that do;
    ``forward`` are plans that are to be looked at; ``detached`` is the new state of the mirror,
    None where nobody ordered one. ``told`` is what is to be said before anything is written.
    """

    settled: Settled
    changes: tuple[Change, ...] = ()
    log: FileEdit | None = None
    forward: tuple[Trigger, ...] = ()
    detached: bool | None = None
    people: tuple[Person, ...] = ()
    beside: tuple[FileEdit, ...] = ()
    told: tuple[Change, ...] = ()

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        """The files that change with the plan."""
        return (*((self.log,) if self.log else ()), *self.beside)


def obey_orders(
    snapshot: PlanSnapshot, settled: Settled, issue: IssueSnapshot, config: RepoConfig
) -> Obeyed:
    """The settled plan after every command, in the order in which they were given."""
    log = snapshot.log.text if snapshot.log else None
    run = Run(snapshot, issue, config, settled.text, settled.pulls, log)
    for order in snapshot.orders:
        _obey_one(run, order)
    if run.text != settled.text or run.did:
        settled = settled.with_text(run.text, *run.did)
    edit = None
    if snapshot.log is not None and run.log is not None and run.log != snapshot.log.text:
        edit = FileEdit(log_path(snapshot.path), run.log, snapshot.log.blob_sha)
    return Obeyed(
        settled, tuple(run.changes), edit, tuple(run.forward), run.detached, tuple(run.people)
    )


def answer_only(
    snapshot: PlanSnapshot, issue: IssueSnapshot, config: RepoConfig, text: str, why: UserProblem
) -> list[Change]:
    """The answers where the plan cannot be changed now: what asks for words gets them, the rest
    is told ``why`` not."""
    run = Run(snapshot, issue, config, text, snapshot.memory.pulls, None)
    for order in snapshot.orders:
        if order.allowed and order.command.verb not in _ANSWERS and misuse(order.command) is None:
            refuse(run, order, why)
        else:
            _obey_one(run, order)
    return run.changes


def _obey_one(run: Run, order: Order) -> None:
    verb = order.command.verb
    if order.done:
        if order.done == "landed":
            thumb(run, order)
        return
    if not order.allowed:
        refuse(run, order, NOBODY)
        return
    wrong = misuse(order.command)
    if wrong is not None:
        refuse(run, order, UserProblem(wrong.what, wrong.usage))
    elif order.several and verb != "help":
        refuse(run, order, SEVERAL)
    elif verb in _SETTLED_ELSEWHERE:
        if run.snapshot.memory.state == "detached" and verb == "sync":
            run.detached = False
        thumb(run, order)
    elif verb in ON_GITHUB:
        try:
            ON_GITHUB[verb](run, order)
        except UserProblem as problem:
            refuse(run, order, problem)
    elif verb == "preview":
        _preview(run, order)
    else:
        _take(run, order, obey(run.text, order.command, run.around(order)))


def _take(run: Run, order: Order, done: Done) -> None:
    if done.refused is not None:
        refuse(run, order, done.refused)
        return
    changed = done.text != run.text or (done.log is not None and done.log != run.log)
    run.text = done.text
    run.log = done.log if done.log is not None else run.log
    if changed:
        run.did.append(f"{done.did[:1].upper()}{done.did[1:]}, as {order.login} ordered")
        run.people.append(Person(order.login, order.actor_id))
    if order.command.verb == "assign":
        try:
            assign(run, order)
        except UserProblem as problem:
            refuse(run, order, problem)
            return
    if done.shows is None:
        thumb(run, order)
    else:
        name, values = done.shows
        answer(run, order, name, values)


def _preview(run: Run, order: Order) -> None:
    done, inner = preview(run.text, order.command, run.around(order))
    if done.refused is not None:
        refuse(run, order, done.refused)
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
        "github": bool(inner and inner.verb in (*ON_GITHUB, *_SETTLED_ELSEWHERE)),
        "does": COMMANDS[inner.verb].does if inner and inner.verb in COMMANDS else "",
    }
    answer(run, order, "preview.md", values)
