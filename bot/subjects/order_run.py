"""The commands of one reconcile as they are obeyed, and how each is answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from bot.changes import Change, PostComment, React
from bot.comments import render_comment
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.snapshots import IssueSnapshot, Person
from bot.memory import PullMemory, Trigger
from bot.plans.commands import COMMANDS
from bot.plans.harmless import harmless
from bot.plans.ordered import Around, LinkedPull, NotHere
from bot.subjects.explaining import explain_pull
from bot.subjects.order_reading import answer_marker
from bot.subjects.plan_snapshot import Order, PlanSnapshot
from bot.templates import read_template

_MAKES_STORIES = frozenset({"story", "preview"})
NOBODY = UserProblem("Only people with write access to this repository may give commands.")
SEVERAL = UserProblem(
    "This pull request is linked with several plans.", "Write the command in the plan's issue."
)


@dataclass(slots=True)
class Run:
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
    bodies: dict[int, str] = field(default_factory=dict)

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
            people=self.config.people,
            teams=order.seen.teams if order.seen else {},
            story=read_template("plans", "task-plan.md") if verb in _MAKES_STORIES else "",
            log=self.log,
            changes=order.seen.changes if order.seen else (),
            stalled=self.snapshot.memory.stalled,
        )


def _linked(pull: PullMemory, pulls: Sequence[PullMemory]) -> LinkedPull:
    why = tuple(explain_pull(pull, task, pulls) for task in pull.tasks)
    return LinkedPull(pull.number, pull.state, pull.tasks, why)


def thumb(run: Run, order: Order) -> None:
    """Acknowledge a command by a reaction."""
    place = order.number or run.issue.number
    reason = f"{order.login} ordered /plan {order.command.verb}"
    run.changes.append(React(place, order.comment_id, "+1", reason))


def refuse(run: Run, order: Order, problem: UserProblem) -> None:
    """Answer why a command was not obeyed, and what the right form would be."""
    form = COMMANDS.get(order.command.verb)
    shown = order.allowed and problem is not SEVERAL and not isinstance(problem, NotHere)
    values = {
        "what": harmless(problem.message),
        "fix": "" if problem.fix.startswith("/plan ") else harmless(problem.fix),
        "form": problem.fix if problem.fix.startswith("/plan ") else "",
        "usage": form.usage if form and shown else "",
        "example": form.example if form else "",
    }
    answer(run, order, "told.md", values)


def answer(run: Run, order: Order, name: str, values: Mapping[str, object]) -> None:
    """Answer with the comment ``name``; by its first line the next reading knows it is answered."""
    body = render_comment(name, marker=answer_marker(order.comment_id, order.command), **values)
    reason = f"{order.login} wrote /plan {order.command.verb}"
    place = order.number or run.issue.number
    run.changes.append(PostComment(place, body, "told", reason))
