"""A plan whose mirror is stopped: file and issue go their own ways until ``/plan sync``. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.changes import Decision
from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.github.snapshots import FileSnapshot, IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.render import body_sha
from bot.subjects.orders import answer_only
from bot.subjects.plan_settle import taken_in
from bot.subjects.plan_snapshot import PlanSnapshot

WHY = UserProblem("The mirror of this plan is stopped.", "`/plan sync` starts it again.")
_HANDLED = 100
_SEEN_BODIES = 40


def stays_detached(snapshot: PlanSnapshot) -> bool:
    """Whether nothing is carried over: the plan is detached, and nobody ends that now."""
    return snapshot.memory.state == "detached" and snapshot.ordered("sync") is None


def leave_detached(
    snapshot: PlanSnapshot, file: FileSnapshot, issue: IssueSnapshot, config: RepoConfig
) -> Decision:
    """Commands are answered, both sides stay as they are, and what they were last is remembered."""
    memory = with_held(snapshot)
    handled = dict.fromkeys((*memory.handled, *(order.claim for order in snapshot.orders)))
    changes = tuple(answer_only(snapshot, issue, config, file.text, WHY))
    after = replace(memory, handled=tuple(handled)[-_HANDLED:])
    return Decision(changes, note="the mirror of this plan is stopped", after=after)


def with_held(snapshot: PlanSnapshot) -> PlanMemory:
    """The memory with the edits by people who may not write, of a plan that is left as it is.

    When it is mirrored again these are held, and all others count.
    """
    memory, issue = snapshot.memory, snapshot.issue
    taken = taken_in(snapshot)
    if issue is None or taken is None:
        return memory
    bodies = dict.fromkeys((*memory.seen_bodies, *snapshot.bodies, body_sha(issue.body)))
    memory = replace(memory, seen_bodies=tuple(bodies)[-_SEEN_BODIES:])
    if not snapshot.refused:
        return memory
    held = dict.fromkeys((*memory.held, *(edit.login for edit in snapshot.refused)))
    return replace(memory, held=tuple(held), issue_text=taken)
