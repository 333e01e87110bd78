"""What is found in user stories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bot.plans.cellwords import leading_word, split_people, state_of
from bot.plans.document import fold
from bot.plans.formats.parts import Record
from bot.plans.formats.user_story import (
    ASPECTS,
    QUESTION_STATUSES,
    STATUSES,
    implementation_table,
)
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.gates.dependencies import cycles
from bot.plans.gates.status import is_ready, story_word
from bot.plans.model import Plan, Problem, TaskState
from bot.plans.placeholders import is_placeholder

_RESOLVED = ("Answered", "Resolved")
_ASPECT_WORDS = {
    "Code": {"code", "coding", "api", "ui", "frontend", "backend"},
    "Database": {"database", "db", "migration", "migrations", "schema", "sql", "data"},
    "Tests": {"test", "tests", "testing", "e2e"},
    "Observability": {"observability", "metric", "metrics", "logs", "logging", "traces"},
    "Deployment": {"deploy", "deployment", "manifest", "manifests"},
    "Operations": {"operations", "operation", "ops", "runbook", "runbooks", "alerts", "alert"},
}


def findings(context: Context) -> Iterator[Problem]:
    """Everything that is particular to user stories."""
    yield from _status(context)
    yield from gate_findings(context.plan)
    yield from _questions(context.plan)
    yield from _numbers(context)
    yield from _dependencies(context)
    yield from _requirements(context)
    yield from _aspects(context)
    yield from _people(context.plan)
    yield from _parts(context.plan)
    yield from _tracking(context)


def known_numbers(context: Context) -> frozenset[str]:
    """The numbers of every row of the Implementation Plan, the template's examples too."""
    table = implementation_table(context.document)
    return frozenset(Record(table, row).number for row in table.rows) if table else frozenset()


def _status(context: Context) -> Iterator[Problem]:
    plan, field = context.plan, context.document.field("Status")
    if not plan.status:
        return
    line = field.line if field else 1
    if leading_word(plan.status, STATUSES) is None:
        yield finding(
            "story.status-word",
            f"The status “{plan.status}” is none that a user story has.",
            f"Use one of {', '.join(STATUSES)}.",
            line,
        )
    elif plan.status != story_word(plan) and plan.begun:
        yield finding(
            "story.status-differs",
            f"The status is {plan.status}, the facts amount to {story_word(plan)}.",
            "Leave it if it is meant; it is set again when a fact changes.",
            line,
        )


def gate_findings(plan: Plan) -> Iterator[Problem]:
    """The failed architecture validation, with its gaps."""
    for gate in plan.gates:
        if gate.passed is False:
            gaps = " ".join(gate.detail.split())
            said = f": {gaps}" if gaps else "."
            yield finding(
                "story.validation-failed",
                f"{gate.name} has failed{said}",
                "Close the gaps it lists, then set Result to PASS.",
                gate.line,
            )


def _questions(plan: Plan) -> Iterator[Problem]:
    for question in plan.questions:
        known = leading_word(question.status, (*QUESTION_STATUSES, *_RESOLVED))
        if question.status and known is None:
            yield finding(
                "story.question-status",
                f"Question {question.number} has the status “{question.status}”.",
                "Use Pending or Answered.",
                question.line,
            )
        elif not question.resolved:
            yield finding(
                "story.question-pending",
                f"Question {question.number} waits for its answer: {question.text}",
                f"Answer it with `/plan answer {question.number} text`, or in the table.",
                question.line,
            )
        elif not question.answer:
            yield finding(
                "story.question-unanswered",
                f"Question {question.number} counts as answered but has no answer.",
                "Write the answer beside it, or set it to Pending.",
                question.line,
            )
    for assumption in plan.assumptions:
        if not assumption.reason:
            yield finding(
                "story.assumption-reason",
                f"Assumption {assumption.number} has no reason why it blocks nothing.",
                "Say why it is a reasonable default.",
                assumption.line,
            )


def _numbers(context: Context) -> Iterator[Problem]:
    plan = context.plan
    tasks = [(task.address, task.line) for task in plan.tasks]
    tracked = [(row.number, row.line) for row in plan.tracking]
    for rows, name in ((tasks, "Implementation Plan"), (tracked, "Devloop Tracking")):
        counted = Counter(number for number, _ in rows if number)
        seen: set[str] = set()
        for number, line in rows:
            if counted[number] > 1 and number in seen:
                yield finding(
                    "story.duplicate-number",
                    f"Row {number} stands twice under {name}.",
                    "Give every row a number of its own.",
                    line,
                )
            seen.add(number)
    words = [(task.status_word, task.line) for task in plan.tasks]
    words += [(row.status_word, row.line) for row in plan.tracking]
    for word, line in words:
        if state_of(word, context.statuses) is TaskState.UNKNOWN:
            yield finding(
                "story.row-status",
                f"“{word}” is no status that plansync knows; it is left as it is.",
                f"Use one of {', '.join(context.statuses.values())}.",
                line,
            )


def _dependencies(context: Context) -> Iterator[Problem]:
    known = known_numbers(context)
    for task in context.plan.tasks:
        for name in task.depends_on:
            if name not in known:
                yield finding(
                    "story.dependency-unknown",
                    f"Task {task.address} depends on “{name}”, which is no task of the plan.",
                    "Name the number of a row, or `—` for none.",
                    task.line,
                )
    lines = {task.address: task.line for task in context.plan.tasks}
    for circle in cycles(context.plan.tasks):
        round_trip = " → ".join((*circle, circle[0]))
        yield finding(
            "story.dependency-cycle",
            f"Tasks wait for each other: {round_trip}.",
            "Take one of the dependencies away.",
            lines[circle[0]],
        )


def _requirements(context: Context) -> Iterator[Problem]:
    plan, known = context.plan, known_numbers(context)
    names = {requirement.id for requirement in plan.requirements}
    covered: dict[str, set[str]] = {}
    for entry in plan.coverage:
        for number in entry.tasks:
            if number not in known:
                yield finding(
                    "story.coverage-unknown-task",
                    f"{entry.name} is said to be covered by “{number}”, which is no task.",
                    "Name rows of the Implementation Plan.",
                    entry.line,
                )
        if entry.kind != "requirement":
            continue
        covered.setdefault(entry.name, set()).update(known & set(entry.tasks))
        if entry.name not in names:
            yield finding(
                "story.requirement-unknown",
                f"{entry.name} is covered but is no requirement of the story.",
                "Correct the id, or add the requirement.",
                entry.line,
            )
    for requirement in plan.requirements:
        if not covered.get(requirement.id) and not is_placeholder(requirement.text):
            yield finding(
                "story.requirement-uncovered",
                f"No task covers {requirement.id}: {requirement.text}",
                "Name its tasks under Requirements Coverage.",
                requirement.line,
            )
    for scenario in plan.scenarios:
        if not set(scenario.requirements) & names or set(scenario.requirements) - names:
            wrong = sorted(set(scenario.requirements) - names)
            which = (
                f"names {', '.join(wrong)}, which the story does not have"
                if wrong
                else ("names no requirement")
            )
            yield finding(
                "story.scenario-requirement",
                f"The scenario “{scenario.text}” {which}.",
                "Say which requirement it validates, as in `(R-1)`.",
                scenario.line,
            )


def _aspects(context: Context) -> Iterator[Problem]:
    plan, known = context.plan, known_numbers(context)
    entries = {fold(entry.name): entry for entry in plan.coverage if entry.kind == "aspect"}
    if not entries:
        return
    heading = context.line_of_part("Aspect Coverage")
    for aspect in ASPECTS:
        entry = entries.get(fold(aspect))
        if entry is None or not (entry.not_applicable or known & set(entry.tasks)):
            yield finding(
                "story.aspect-uncovered",
                f"{aspect} is neither covered by a task nor marked N/A.",
                "Name its tasks, or write N/A in the last column.",
                entry.line if entry else heading,
            )
    covering = {a: set(entries[fold(a)].tasks) for a in ASPECTS if fold(a) in entries}
    for task in plan.tasks:
        said = _aspects_of(task.covers)
        listed = {aspect for aspect, numbers in covering.items() if task.address in numbers}
        if said and said != listed:
            yield finding(
                "story.aspect-differs",
                f"Task {task.address} covers {_list(said)}, Aspect Coverage says {_list(listed)}.",
                "Make the two say the same.",
                task.line,
            )


def _aspects_of(covers: str) -> set[str]:
    words = set(re.findall(r"[a-z0-9]+", fold(covers)))
    return {aspect for aspect, names in _ASPECT_WORDS.items() if words & names}


def _list(names: set[str]) -> str:
    return ", ".join(name for name in ASPECTS if name in names) or "nothing"


def _people(plan: Plan) -> Iterator[Problem]:
    present = {name for person in plan.participants for name in _names(person)}
    if not present:
        return
    for task in plan.tasks:
        for person in split_people(task.owner):
            if not _names(person) & present:
                yield finding(
                    "story.specialist-unknown",
                    f"“{person}” of task {task.address} is not among the participants.",
                    "Add them to Participants, or name somebody who is.",
                    task.line,
                )


def _names(person: str) -> set[str]:
    """A participant under each of their names: the whole, and what is inside parentheses."""
    found = {fold(person), fold(re.sub(r"\s*\([^()]*\)", "", person))}
    found |= {fold(role) for role in re.findall(r"\(([^()]*)\)", person)}
    return {name.lstrip("@") for name in found if name}


def _parts(plan: Plan) -> Iterator[Problem]:
    design = {"Security", "Deployment"}
    for part in plan.parts:
        named = part.name.split(":")[0] in ("Observability", "Test", "Operations")
        if (named or part.name in design) and not part.text and not part.placeholder:
            yield finding(
                "story.cross-cutting-empty",
                f"{part.name} says nothing.",
                "Fill it in, or write `N/A — reason`.",
                part.line,
            )


def _tracking(context: Context) -> Iterator[Problem]:
    plan = context.plan
    known = known_numbers(context)
    for row in plan.tracking:
        if row.number not in known:
            yield finding(
                "story.tracking-orphan",
                f"Row {row.number or '?'} is tracked, but no such task is planned.",
                "Remove the row, or bring the task back.",
                row.line,
            )
    tracked = {row.number for row in plan.tracking}
    if is_ready(plan) or any(row.pulls for row in plan.tracking):
        for task in plan.tasks:
            if task.address not in tracked:
                yield finding(
                    "story.tracking-missing",
                    f"Task {task.address} has no row under Devloop Tracking.",
                    "Nothing has to be done: the row is added when a pull request moves.",
                    task.line,
                )
