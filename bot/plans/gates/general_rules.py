"""What is found in plans of every format: placeholders, undecided values, N/A without a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.plans.cellwords import ends_in_bare_na, is_bare_na
from bot.plans.document import fold
from bot.plans.formats.task_plan import SKELETON_STATES
from bot.plans.formats.user_story import QUESTION_STATUSES, RESULTS, STATUSES
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.issue_parts import MAX_LABEL, listed
from bot.plans.model import Problem
from bot.plans.placeholders import find_placeholders, is_undecided, placeholder_spans
from bot.plans.prose import is_example_row
from bot.plans.requested import is_login

_FILL = "Replace it with what it stands for, or remove it."
_LONGEST = 60
_WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "status": (STATUSES, QUESTION_STATUSES, tuple(SKELETON_STATES), ("Pending", *STATUSES[3:])),
    "result": (RESULTS,),
    "impact": (("High", "Med", "Medium", "Low"),),
    "likelihood": (("High", "Med", "Medium", "Low"),),
    "priority": (("P0", "P1", "P2", "P3"),),
}
_YAML_VALUE = re.compile(r"\s*[\w.-]+:\s*[\"']?(?P<value>.*?)[\"']?\s*")
# Where the template asks for the reason of an N/A.
_REASON_WANTED = frozenset(
    {
        "database changes",
        "protocol changes",
        "deployment",
        "operations: runbook updates",
        "operations: monitoring/alerts",
    }
)


def findings(context: Context) -> Iterator[Problem]:
    """Everything that does not depend on the format."""
    yield from _placeholders(context)
    yield from _front_matter_placeholders(context)
    yield from _undecided(context)
    yield from _bare_na(context)
    yield from _header(context)


def _header(context: Context) -> Iterator[Problem]:
    """What of the header the plan issue cannot have."""
    for line in context.document.header:
        for name in listed(line.value):
            if line.key == "labels" and len(name) > MAX_LABEL:
                yield finding(
                    "plan.label-long",
                    f"The label {_short(name)} has {len(name)} characters, GitHub takes "
                    f"{MAX_LABEL}; the issue goes without it.",
                    "Shorten it.",
                    line.line,
                )
            if line.key == "assignees" and not is_login(name.lstrip("@")):
                yield finding(
                    "plan.assignee-unknown",
                    f"{_short(name)} can be no login; nobody is assigned for it.",
                    "Name people as GitHub does, divided by commas.",
                    line.line,
                )


def _placeholders(context: Context) -> Iterator[Problem]:
    examples = set(context.plan.example_lines)
    for line in context.plan.example_lines:
        yield finding(
            "plan.example-row",
            "This row is still the template's example; no rule looks at it.",
            "Fill it in, or remove it.",
            line,
        )
    for placeholder in find_placeholders(context.document):
        if placeholder.line not in examples:
            yield _placeholder(placeholder.text, placeholder.line)


def _placeholder(text: str, line: int) -> Problem:
    return finding("plan.placeholder", f"{_short(text)} is still to be filled in.", _FILL, line)


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _front_matter_placeholders(context: Context) -> Iterator[Problem]:
    front = context.document.front_matter
    if front is None:
        return
    document = context.document
    first = document.line_of(front.content.start)
    for line in range(first, document.line_of(front.content.end)):
        match = _YAML_VALUE.fullmatch(document.line_text(line))
        for span in placeholder_spans(match["value"]) if match else ():
            assert match is not None  # noqa: S101 - there are spans only with a match
            yield _placeholder(span.of(match["value"]), line)


def _undecided(context: Context) -> Iterator[Problem]:
    document = context.document
    for field in document.fields:
        if _is_open(field.key, field.value):
            yield _choose(field.key, field.value, field.line)
    for table in document.tables:
        for index, column in enumerate(table.header.cells):
            for row in table.rows:
                raw = row.cells[index].raw
                if _is_open(column.text, raw) and not is_example_row(table, row):
                    yield _choose(column.text, raw.replace("\\|", "|"), row.line)


def _is_open(key: str, value: str) -> bool:
    vocabularies = _WORDS.get(fold(key), ())
    if placeholder_spans(value):
        return False
    return any(is_undecided(value.replace("\\|", "|"), words) for words in vocabularies)


def _choose(key: str, value: str, line: int) -> Problem:
    return finding(
        "plan.undecided",
        f"{key} still lists its alternatives ({value}) and counts as not set.",
        "Keep the one that holds.",
        line,
    )


def _bare_na(context: Context) -> Iterator[Problem]:
    for part in context.plan.parts:
        if fold(part.name) in _REASON_WANTED and is_bare_na(part.text):
            yield finding(
                "plan.bare-na",
                f"{part.name} says N/A without a reason.",
                "Write it as `N/A — reason`.",
                part.line,
            )
    for task in context.document.tasks:
        if not task.checked and ends_in_bare_na(task.raw):
            yield finding(
                "plan.bare-na",
                f"“{task.text}” ends in N/A without a reason and still counts as open.",
                "Write it as `— N/A: reason`.",
                task.line,
            )
