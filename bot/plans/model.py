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
    ``offset`` is that of the character in its box, None where the task is no box of the text.
    ``path`` names the file that holds it when that is not the plan itself.
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
    path: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Settled and total tasks; ``fraction`` is 0.0 for an empty plan."""

    done: int = 0
    total: int = 0

    @property
    def fraction(self) -> float:
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """A phase, story or checklist: tasks counted together, with the gate that closes it.

    ``kind`` is ``phase``, ``acceptance``, ``story``, ``rows`` (an implementation table),
    ``skeletons`` (``### Task [T-1]``), ``approvals``, ``checklist`` or ``outputs`` (files that a
    phase yields). ``exit_line`` is the line of the Exit Checklist's heading, None without one.
    """

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
    exit_line: int | None = None
    criteria: tuple[str, ...] = ()

    @property
    def progress(self) -> Progress:
        """Settled and all boxes of the group; per-loop hygiene is left out."""
        counted = (*self.tasks, *self.exit_tasks)
        return Progress(sum(task.settled for task in counted), len(counted))

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: every task and every exit box is settled."""
        return self.progress.total > 0 and self.progress.done == self.progress.total


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
    """One role's sign-off: its table row and the gate box that belongs to it.

    ``waiver`` is the reason of a waived role; only an ``optional`` one may be waived.
    """

    role: str
    name: str
    line: int
    required: str = ""
    approved: bool = False
    waived: bool = False
    waiver: str = ""
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
    score_word: str = ""


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
class Coverage:
    """A row that says which tasks cover a requirement or an aspect (``kind``)."""

    kind: str
    name: str
    line: int
    tasks: tuple[str, ...] = ()
    not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """An E2E scenario and the requirements it names."""

    text: str
    line: int
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A named part that is to be filled in (a section, a field): its text, ``""`` when unfilled."""

    name: str
    line: int
    text: str = ""
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A row of Component & Service Impact."""

    name: str
    line: int
    responsibility: str = ""
    change: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Regression:
    """A line of the Regression Impact Log: area, impact and how it is met."""

    line: int
    area: str
    impact: str = ""
    mitigation: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file the plan names and expects; ``pending`` where the plan says that it is to come."""

    path: str
    line: int
    label: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """A numbered revision of a user story."""

    number: int
    line: int
    date: str = ""
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Complexity:
    """A row of Complexity Tracking: what is broken, why, and what was rejected."""

    violation: str
    line: int
    why: str = ""
    rejected: str = ""
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """What a task plan may contain and which words stop it; ``source`` says whose it is."""

    allowed_sections: tuple[str, ...] = ()
    stop_tokens: tuple[tuple[str, str], ...] = ()
    source: str = "built-in"


@dataclass(frozen=True, slots=True)
class Header:
    """The quoted template header: what the plan issue is made with."""

    title: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan, whatever its format.

    ``others`` are boxes that have an address but are no work of their own (requirements, boxes in
    sections that no format names). ``example_rows`` counts the template's rows that still stand
    (``example_lines``: where); no rule sees them. ``parts`` are what the format wants filled in.
    ``begun`` is False while nothing has been filled in that the format asks for first.
    """

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
    others: tuple[PlanTask, ...] = ()
    example_lines: tuple[int, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    parts: tuple[Part, ...] = ()
    components: tuple[Component, ...] = ()
    regressions: tuple[Regression, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    revisions: tuple[Revision, ...] = ()
    complexity: tuple[Complexity, ...] = ()
    phases: tuple[str, ...] = ()
    contract: Contract | None = None
    begun: bool = True

    @property
    def tasks(self) -> tuple[PlanTask, ...]:
        """Every task that counts as work, in document order (exit and hygiene boxes are not)."""
        return tuple(task for group in self.groups for task in group.tasks)

    @property
    def boxes(self) -> tuple[PlanTask, ...]:
        """Everything that has an address: tasks, exit and hygiene boxes, and the others."""
        grouped = (
            task
            for group in self.groups
            for task in (*group.tasks, *group.exit_tasks, *group.hygiene)
        )
        return (*grouped, *self.others)

    @property
    def progress(self) -> Progress:
        """Settled tasks and exit boxes over all of them; per-loop hygiene is left out."""
        parts = [group.progress for group in self.groups]
        return Progress(sum(part.done for part in parts), sum(part.total for part in parts))

    def task(self, address: str) -> PlanTask | None:
        """The task with this address, or None; addresses compare without regard to case."""
        wanted = address.casefold()
        for task in self.boxes:
            if task.address.casefold() == wanted:
                return task
        for task in self.boxes:
            if (task.own_id or "").casefold() == wanted:
                return task
        return None
