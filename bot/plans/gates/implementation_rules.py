"""What is found in implementation plans: gates in their order, justifications, leftovers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.plans.companions import PLAN_GATE, REQUIREMENTS, TASKS
from bot.plans.document import Document, fold, parse_document
from bot.plans.formats.implementation_plan import (
    PHASE_ONE,
    epic_dir,
    has_output,
    log_section,
    phase_list,
)
from bot.plans.formats.parts import find_section
from bot.plans.formats.speckit_tasks import duplicates
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.model import Complexity, Gate, Group, Problem, Severity
from bot.plans.placeholders import is_placeholder
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.stop_tokens import begins_with_token

_NEEDS = "NEEDS_CLARIFICATION"
_REMOVE = re.compile(r"\[REMOVE IF UNUSED\]")
_OPTION = re.compile(r"^\W*(?:\[REMOVE IF UNUSED\]\s*)?(Option (?:\d{1,3}|N))\s*(?=[:.)]|-{1,2}\s)")
_ACTION = re.compile(r"ACTION REQUIRED")
_RECHECK = re.compile(r"re-?\s?check", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{4,}")
# Each of these rows is held against every entry of the log.
_MOST_ROWS = 200


def findings(context: Context) -> Iterator[Problem]:
    """Everything that is particular to implementation plans, their task lists and checklists."""
    yield from _duplicate_tasks(context)
    if context.plan.extra.get("kind"):
        return
    yield from _constitution(context)
    yield from _complexity(context)
    yield from _clarifications(context)
    yield from _leftovers(context)
    yield from _phases(context)
    yield from _recheck(context)
    yield from _requirements_gate(context)


def gate_findings(context: Context, others: list[Problem]) -> Iterator[Problem]:
    """Whether ``tasks.md`` came too early, which depends on what else was found.

    PlanQualityGate has passed when every box is settled and the plan has no error.
    """
    if context.plan.extra.get("kind") or not _has(context, TASKS):
        return
    gate = _checklist(context, "PlanQualityGate")
    errors = [problem for problem in others if problem.severity is Severity.ERROR]
    if gate is None:
        why = f"`{PLAN_GATE}` is missing"
    elif not gate.complete:
        left = gate.progress.total - gate.progress.done
        why = f"{left} of its boxes are open" if gate.tasks else "it has no boxes"
    elif errors:
        why = f"the plan has {len(errors)} errors" if len(errors) > 1 else "the plan has an error"
    else:
        return
    yield finding(
        "impl.plan-gate-open",
        f"`tasks.md` is there although PlanQualityGate has not passed: {why}.",
        "Let the gate pass before work is cut into tasks.",
        1,
    )


def gates_after(gates: tuple[Gate, ...], found: list[Problem]) -> tuple[Gate, ...]:
    """The gates with PlanQualityGate failed where its boxes are settled but errors were found."""
    errors = sum(
        problem.severity is Severity.ERROR and problem.code != "impl.plan-gate-open"
        for problem in found
    )
    said = "one error" if errors == 1 else f"{errors} errors"
    return tuple(
        replace(gate, passed=False, detail=f"The plan has {said}.")
        if errors and gate.passed and gate.name == "PlanQualityGate.md"
        else gate
        for gate in gates
    )


def _has(context: Context, name: str) -> bool:
    return context.files is not None and has_output(context.plan.path, name, context.files)


def _checklist(context: Context, key: str) -> Group | None:
    return next((g for g in context.plan.groups if g.kind == "checklist" and g.key == key), None)


def _after_phase_one(context: Context) -> bool:
    return any(_has(context, name) for name in (*PHASE_ONE, TASKS))


def _constitution_gates(context: Context) -> list[Gate]:
    section = find_section(context.document, "Constitution Check")
    if section is None:
        return []
    first, last = section.line, context.document.line_of(max(section.whole.end - 1, 0))
    return [
        gate
        for gate in context.plan.gates
        if first <= gate.line <= last and not gate.name.endswith(".md")
    ]


def _constitution(context: Context) -> Iterator[Problem]:
    justified = any(row.filled for row in context.plan.complexity)
    for gate in _constitution_gates(context):
        if gate.passed is False and not gate.detail and not justified:
            yield finding(
                "impl.constitution-unjustified",
                f"“{gate.name}” is not OK, and nothing justifies it.",
                "Give the reason after a dash, or fill in a row of Complexity Tracking.",
                gate.line,
            )


def _complexity(context: Context) -> Iterator[Problem]:
    gates = _constitution_gates(context)
    rows = context.plan.complexity
    if gates and all(gate.passed for gate in gates):
        for row in rows:
            yield finding(
                "impl.complexity-unneeded",
                f"“{row.violation}” is tracked although every constitution gate is OK.",
                "Remove the row, or say at its gate what needs review.",
                row.line,
            )
    epic = epic_dir(context.plan.path)
    held = context.text_of(f"{epic}exec-plan.md") if epic else None
    if held is None:
        return
    log = _decision_words(parse_document(held))
    for row in rows[:_MOST_ROWS]:
        if not _is_logged(row, log):
            yield finding(
                "impl.complexity-unlogged",
                f"“{row.violation}” has no entry in the epic's Decision Log.",
                f"Note it under Decision Log in `{epic}exec-plan.md`.",
                row.line,
            )


def _decision_words(document: Document) -> list[set[str]]:
    section = log_section(document)
    if section is None:
        return []
    text = section.whole.of(document.text)
    entries = re.split(r"(?:\r\n?|\n)(?=\s*(?:[-*+|#]|\d+[.)])\s?)", text)[1:]
    return [set(_WORD.findall(fold(plain_text(entry)))) for entry in entries]


def _is_logged(row: Complexity, log: list[set[str]]) -> bool:
    """Whether one entry has at least two thirds of the words of what the row is about."""
    words = set(_WORD.findall(fold(row.violation)))
    return any(3 * len(words & entry) >= 2 * len(words) for entry in log) if words else True


def _clarifications(context: Context) -> Iterator[Problem]:
    late = _after_phase_one(context)
    lines = {token.line for token in context.plan.stop_tokens if token.token == _NEEDS}
    for field in context.document.fields:
        bracketed = field.value.strip().startswith("[")
        if begins_with_token(field.value, _NEEDS) and (
            not bracketed or re.match(r"\[\W*NEEDS", field.value.strip())
        ):
            lines.add(field.line)
    for line in sorted(lines):
        yield finding(
            "impl.needs-clarification-late" if late else "impl.needs-clarification",
            "This still needs clarification" + (" although Phase 1 is over." if late else "."),
            "Find it out in Phase 0 and write down what is true.",
            line,
        )
    for token in context.plan.stop_tokens:
        if token.token != _NEEDS:
            reason = f": {token.reason}" if token.reason else "."
            yield finding(
                "impl.blocked", f"{token.token} stands here{reason}",
                "Clear it up, then take the token away or strike it through.", token.line,
            )  # fmt: skip


def _leftovers(context: Context) -> Iterator[Problem]:
    """The template's own marks, in comments and fences too."""
    severity = None if context.plan.begun else Severity.NOTE
    document = context.document
    for line in range(1, len(document.lines) + 1):
        text = document.line_text(line)
        if _REMOVE.search(text):
            yield finding(
                "impl.leftover-remove", "[REMOVE IF UNUSED] was left in place.",
                "Remove what is unused, and the mark from what is used.", line, severity=severity,
            )  # fmt: skip
        option = _OPTION.search(normalise_dashes(text))
        if option is not None or '"Option N"' in text:
            label = option[1] if option else "Option N"
            yield finding(
                "impl.leftover-option", f"The label “{label}” was left in place.",
                "Keep the layout that was chosen, without its label.", line, severity=severity,
            )  # fmt: skip
        if _ACTION.search(text):
            yield finding(
                "impl.leftover-action", "ACTION REQUIRED was left in place.",
                "Do what it asks for, then remove the comment.", line, severity=severity,
            )  # fmt: skip


def _phases(context: Context) -> Iterator[Problem]:
    epic = epic_dir(context.plan.path)
    held = context.text_of(f"{epic}exec-plan.md") if epic else None
    theirs = phase_list(parse_document(held)) if held is not None else ()
    ours = context.plan.phases
    if theirs and ours and [fold(name) for name in theirs] != [fold(name) for name in ours]:
        yield finding(
            "impl.phases-differ",
            f"The phases are {'; '.join(ours)}, the epic's are {'; '.join(theirs)}.",
            "Bring the two Plans of Work together.",
            context.line_of_part("Plan of Work"),
        )


def _recheck(context: Context) -> Iterator[Problem]:
    section = find_section(context.document, "Constitution Check")
    if section is None or not any(_has(context, name) for name in PHASE_ONE):
        return
    for line in section.whole.of(context.document.text).splitlines():
        said = line.strip()
        if _RECHECK.search(said) and "GATE:" not in said and not is_placeholder(said):
            return
    yield finding(
        "impl.constitution-recheck",
        "Phase 1 has yielded something: the Constitution Check is to be looked at again.",
        "Add a line `**Re-checked**: date and outcome` to it.",
        section.line,
    )


def _requirements_gate(context: Context) -> Iterator[Problem]:
    if context.files is None or not context.plan.begun:
        return
    gate = _checklist(context, "requirements")
    if gate is None:
        yield finding(
            "impl.requirements-missing", f"`{REQUIREMENTS}` is missing.",
            "Add it: the specification is checked before the plan is written.", 1,
        )  # fmt: skip
    elif not gate.complete:
        left = gate.progress.total - gate.progress.done
        yield finding(
            "impl.requirements-open",
            f"`{REQUIREMENTS}` has {left} open boxes although the plan is being written.",
            "Settle its boxes first, or strike what does not apply.",
            1,
        )


def _duplicate_tasks(context: Context) -> Iterator[Problem]:
    lists = [t for g in context.plan.groups if g.kind == "phase" for t in g.tasks]
    for first, second in duplicates(lists):
        yield finding(
            "impl.duplicate-task",
            f"{second.address} stands on line {first.line} already.",
            "Give every task of the list an id of its own.",
            second.line,
            path=second.path or None,
        )
