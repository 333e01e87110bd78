"""What becomes of a plan whose file or whose issue is not where it was. Pure.

docs/identity.md has the table of all that can happen, and what plansync does then.
"""

from __future__ import annotations

from dataclasses import replace

from bot.changes import Decision
from bot.config import RepoConfig
from bot.github.snapshots import IssueSnapshot
from bot.memory import SAME_CLAIM, PlanMemory, SubjectKey, Trigger
from bot.subjects.plan_brake import Stop, stopped
from bot.subjects.plan_snapshot import PlanSnapshot


def without_issue(snapshot: PlanSnapshot) -> Decision:
    """The issue is deleted, transferred or a discussion now: no other one takes its place.

    Where the file is gone too the plan is forgotten, and one that comes back is a new plan.
    """
    memory = snapshot.memory
    note = f"the plan issue #{memory.issue_number} is gone"
    if snapshot.deleted or snapshot.file is None:
        forgotten = PlanMemory(memory.repository_id, memory.path, "", state="gone")
        return Decision(note=f"{note}, and so is the plan file", after=forgotten)
    return Decision(note=note, after=replace(memory, state="gone"))


def without_file(snapshot: PlanSnapshot, issue: IssueSnapshot, config: RepoConfig) -> Decision:
    """The file is deleted, or stands elsewhere and the plan goes there."""
    memory = snapshot.memory
    if snapshot.moved_to is not None:
        return follow(memory, snapshot.moved_to)
    return stopped(snapshot, issue, (Stop("file", "deleted", why=snapshot.deleted),), config)


def follow(memory: PlanMemory, path: str) -> Decision:
    """The plan at its new path has everything that is still told of the old one."""
    there = SubjectKey(memory.repository_id, "plan", path)
    return Decision(forward=(Trigger(there, SAME_CLAIM),), note=f"the plan file moved to {path}")


def left_behind(snapshot: PlanSnapshot) -> tuple[PlanMemory, ...]:
    """What is known of the path a plan moved away from: where it is; a new one may stand there."""
    if snapshot.moved_from is None:
        return ()
    memory, left = snapshot.memory, snapshot.moved_from
    return (PlanMemory(memory.repository_id, left, "", state="moved", moved_to=snapshot.path),)
