"""What every plan format becomes: one frozen model that gates, status and the mirror read.

A ``Plan`` is built from a ``Document`` by ``bot.plans.formats``; every value keeps the 1-based line
it was read from so that a finding can point at it. Nothing here does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is: errors fail a check, warnings and notes do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a text: a stable code, what is wrong, and how to fix it."""

    code: str
    message: str
    fix: str = ""
    line: int = 1
    column: int = 1
    severity: Severity = Severity.ERROR
    path: str | None = None


class TaskState(StrEnum):
    """Where a task stands, whichever way its format writes that down."""

    PENDING = "Pending"
    IN_PROGRESS = "In Progress"
    BLOCKED = "Blocked"
    COMPLETE = "Complete"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A unit of work: a task list item, an implementation row, or a task skeleton.

    ``address`` is what a pull request writes after ``Task:`` (``2``, ``S-1/T-2``, ``2.3``, ``A.3``,
    ``T012``); ``group`` is the address of the phase, story or checklist the task belongs to.
    """

    address: str
    text: str
    line: int
    state: TaskState
    group: str = ""
    own_id: str | None = None
    settled: bool = False
    owner: str = ""
    depends_on: tuple[str, ...] = ()
    covers: str = ""
    offset: int | None = None
    status_word: str = ""
    parallel: bool = False
    story: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A phase, story or checklist: tasks counted together, with the gate that closes it."""

    key: str
    title: str
    line: int
    kind: str
    tasks: tuple[PlanTask, ...] = ()
    exit_tasks: tuple[PlanTask, ...] = ()
    hygiene: tuple[PlanTask, ...] = ()
    owner: str = ""
    due: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement, its box, and the addresses of the tasks that cover it."""

    id: str
    text: str
    line: int
    checked: bool
    covered_by: tuple[str, ...] = ()
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A clarification or open question; ``number`` is its row number or 1-based place."""

    number: int
    text: str
    line: int
    critical: bool = False
    resolved: bool = False
    asked_by: str = ""
    answer: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Assumption:
    """An assumption row of a user story."""

    number: str
    text: str
    line: int
    made_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """One role's sign-off: its table row and the gate box that belongs to it."""

    role: str
    name: str
    line: int
    required: str = ""
    approved: bool = False
    waived: bool = False
    optional: bool = False
    gate_line: int | None = None
    gate_checked: bool | None = None
    gate_offset: int | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk row; numbers are None when they are not integers 1-5."""

    text: str
    line: int
    probability: int | None = None
    impact: int | None = None
    score: int | None = None
    likelihood_word: str = ""
    impact_word: str = ""
    mitigation: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """A named gate with its verdict: True passed, False failed, None undecided."""

    name: str
    line: int
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StopToken:
    """A stop token that stands where it counts."""

    token: str
    line: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A Devloop Tracking row; ``pulls`` are the pull request numbers in its PR cell."""

    number: str
    text: str
    line: int
    output: str = ""
    pulls: tuple[int, ...] = ()
    status_word: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The quoted template header: what the plan issue is made with."""

    title: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Settled and total tasks; ``fraction`` is 0.0 for an empty plan."""

    done: int = 0
    total: int = 0

    @property
    def fraction(self) -> float:
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan, whatever its format."""

    format: str
    path: str
    title: str
    status: str = ""
    header: Header | None = None
    groups: tuple[Group, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    questions: tuple[Question, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    approvals: tuple[Approval, ...] = ()
    risks: tuple[Risk, ...] = ()
    gates: tuple[Gate, ...] = ()
    stop_tokens: tuple[StopToken, ...] = ()
    tracking: tuple[TrackingRow, ...] = ()
    participants: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    example_rows: int = 0
    target_branch: str | None = None
    milestones: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[PlanTask, ...]:
        """Every task that counts as work, in document order (exit and hygiene boxes are not)."""
        return tuple(task for group in self.groups for task in group.tasks)

    @property
    def progress(self) -> Progress:
        """Settled tasks over all tasks of the plan."""
        tasks = self.tasks
        return Progress(sum(task.settled for task in tasks), len(tasks))

    def task(self, address: str) -> PlanTask | None:
        """The task with this address, or None; addresses compare without regard to case."""
        wanted = address.casefold()
        for group in self.groups:
            for task in (*group.tasks, *group.exit_tasks):
                if task.address.casefold() == wanted or (task.own_id or "").casefold() == wanted:
                    return task
        return None
