"""A plan that stands in a request's own text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.plans.document import Document, parse_document
from bot.plans.filling import fill_template
from bot.plans.formats import recognise
from bot.plans.model import Problem
from bot.plans.placeholders import placeholder_spans
from bot.plans.requested import PlanValues
from bot.plans.template_block import plan_block

_MARKER_LINE = re.compile(r"^<!-- plansync:.*-->[ \t]*\n?", re.MULTILINE)


def pasted_plan(
    format: str, body: str, values: PlanValues | None = None
) -> tuple[str, tuple[Problem, ...]]:
    """The request's text as a plan file where it is a plan of the format; "" otherwise.

    Headings alone are what an issue form makes too, so a plan must also have a task or a table. A
    template that nobody has filled in (its title or its front matter still waits for words) is
    filled with ``values``, where they are given; every other text stays as it is.
    """
    plain = body.replace("\r\n", "\n").replace("\r", "\n")
    text, problems = plan_block(_MARKER_LINE.sub("", plain))
    document = parse_document(text)
    found = recognise("", document)
    if found is None or found.format != format or not (document.tasks or document.tables):
        return "", ()
    text = text.strip("\n") + "\n"
    document = parse_document(text)
    if values is not None and any(placeholder_spans(title) for title in _titles(document)):
        # The values were read from this very text, so none of them is an answer to it.
        text = fill_template(text, format, replace(values, extra={}))
    return text, (*document.problems, *problems)


def _titles(document: Document) -> Iterator[str]:
    """What says what the plan is about: its first heading, in a task plan its first story's."""
    stories = [s for s in document.sections if s.level == 3 and s.title.startswith("Story ")]
    for section in (*(s for s in document.sections if s.level == 1), *stories[:1]):
        yield section.heading.of(document.text)
    for line in document.header:
        yield line.value
    if document.front_matter is not None:
        yield from _scalars(document.front_matter.data)


def _scalars(data: Mapping[str, object]) -> Iterator[str]:
    for value in data.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _scalars(value)
