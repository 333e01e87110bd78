"""What is found in the plans that a pull request touches or names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from bot.comments import code_span
from bot.config import RepoConfig
from bot.config_schema import OTHER_CODES
from bot.plans import gates
from bot.plans.addresses import resolve_task
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.links import Links, PlanLink, TaskLink
from bot.plans.model import Plan, PlanTask, Problem, Severity, TaskState
from bot.plans.paths import is_plan_path
from bot.subjects.check_files import CommitFiles

_MOST_OPEN = 15


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """One plan file as it was read for a check.

    ``text`` is None where there is no such file, ``unreadable`` why it cannot be read. ``touched``:
    the pull request changes it, or a file that belongs to it; ``link`` is where it is named.
    ``files`` are the commit's, None where they are not known. ``stalled`` are its stories that
    stand still.
    """

    path: str
    issue: int | None
    text: str | None
    touched: bool
    link: PlanLink | None = None
    unreadable: Problem | None = None
    files: CommitFiles | None = None
    known: bool = False
    stalled: tuple[str, ...] = ()

    def read(self, config: RepoConfig) -> tuple[Document, Plan | None]:
        """The parsed text and the plan in it."""
        document = parse_document(self.text or "")
        if document.refused:
            return document, None
        plan = read_plan(self.path, document, files=self.files, statuses=config.statuses)
        return document, plan


def find(
    plans: Iterable[CheckedPlan],
    links: Links,
    config: RepoConfig,
    *,
    named: bool,
    work: bool,
    today: date | None = None,
) -> list[Problem]:
    """Everything that is to be said, with the repository's own severities.

    A Problem's path is that of its file; None for what the pull request itself says. ``named``:
    there is a pull request that can name tasks; ``work``: it changes more than plan files;
    ``today`` is the day for which due dates are looked at.
    """
    found: list[Problem] = []
    for one in plans:
        found += _in_file(one, config, today)
        if named and one.link is not None:
            found += _in_links(one, links, config, work=work)
    found += map(_in_body, links.problems) if named else ()
    return [p for p in map(config.checks.graded, dict.fromkeys(found)) if p is not None]


def _in_body(problem: Problem) -> Problem:
    message = f"{problem.message.rstrip('.')} (line {problem.line} of the body)."
    return replace(problem, message=message)


def other(code: str, message: str, fix: str, line: int = 1, path: str | None = None) -> Problem:
    """A finding of ``OTHER_CODES`` with its usual severity."""
    return Problem(code, message, fix, line, severity=Severity(OTHER_CODES[code][0]), path=path)


def _in_file(one: CheckedPlan, config: RepoConfig, today: date | None) -> list[Problem]:
    if one.unreadable is not None:
        return [one.unreadable]
    if one.text is None:
        if not (one.touched and one.known):
            return []
        issue = f" of #{one.issue}" if one.issue else ""
        return [
            other("plan.deleted", f"The plan file{issue} is not there any more.",
                  "Keep it, or close its issue when it is merged.", path=one.path)
        ]  # fmt: skip
    document, plan = one.read(config)
    if plan is None:
        if not one.touched or not (one.known or document.refused or is_plan_path(one.path)):
            return []
        if document.refused:
            return [replace(p, path=one.path) for p in document.problems]
        return [
            other("plan.unrecognised", "No plan format is recognised in this file.",
                  "Keep the headings of the format, or move the file elsewhere.", path=one.path)
        ]  # fmt: skip
    files = one.files if one.touched else None
    found = gates.check(
        plan,
        document,
        files=files,
        exists=files.exists if files is not None else None,
        today=today,
        stalled=one.stalled,
        statuses=config.statuses,
        phase_order=config.checks.phase_order,
    )
    if not one.touched:
        # What stands in a plan that is only named is not this pull request's doing; what stops
        # work on it is.
        found = [problem for problem in found if problem.code in gates.BLOCKING]
    return [replace(problem, path=problem.path or one.path) for problem in found]


def _in_links(
    one: CheckedPlan, links: Links, config: RepoConfig, *, work: bool
) -> Iterator[Problem]:
    _, plan = one.read(config)
    if plan is None:
        return
    tasks = links.tasks_of(one.issue, one.path)
    for link in tasks:
        yield from _in_task(link, one, plan)
    if not tasks and work and not _is_done(plan):
        yield _no_task(one, plan)


def _in_task(link: TaskLink, one: CheckedPlan, plan: Plan) -> Iterator[Problem]:
    found = resolve_task(plan, link.named)
    place = f" ({link.source.sentence})" if link.source.words else ""
    if isinstance(found, Problem):
        message = f"{found.message.rstrip('.')}{place}."
        yield replace(found, message=message, line=link.source.line or 1, path=None)
        return
    if found.settled and found.state is TaskState.COMPLETE:
        return
    for problem in gates.why_not(plan, found.address):
        yield replace(problem, path=one.path)
    waits = [plan.task(address) for address in found.depends_on]
    for before in waits:
        if isinstance(before, PlanTask) and not before.settled:
            yield other(
                "task.dependency-open",
                f"Task {code_span(found.address)} depends on {code_span(before.address)}, which is"
                " not complete.",
                "Finish that one first, or change the Dependencies of the plan.",
                found.line,
                one.path,
            )


def _is_done(plan: Plan) -> bool:
    return plan.progress.total > 0 and plan.progress.done == plan.progress.total


def _no_task(one: CheckedPlan, plan: Plan) -> Problem:
    first = gates.next_tasks(plan)
    rest = [task for task in plan.tasks if not task.settled and task not in first]
    tasks = [*first, *rest]
    if not tasks:
        fix = "The plan has no open task; fill it in first."
    else:
        shown = [f"{code_span(t.address)} ({code_span(t.text[:80])})" for t in tasks[:_MOST_OPEN]]
        more = f" and {len(tasks) - _MOST_OPEN} more" if len(tasks) > _MOST_OPEN else ""
        fix = (
            f"It could be {', '.join(shown)}{more}: write `Task: {tasks[0].address}` into the body."
        )
    message = f"{code_span(one.path)} is named, but none of its tasks."
    return other("link.no-task", message, fix)
