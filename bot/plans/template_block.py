"""The part of a template document that is the plan itself."""

from __future__ import annotations

import re

from bot.plans.document import Document, Span, parse_document
from bot.plans.model import Problem

_BEGIN = re.compile(r"\s*BEGIN\b.*plan", re.IGNORECASE | re.DOTALL)
_END = re.compile(r"\s*END\b.*plan", re.IGNORECASE | re.DOTALL)


def plan_block(template: str) -> tuple[str, tuple[Problem, ...]]:
    """The part of a template document that is the plan.

    Where ``<!-- BEGIN: plan.md template -->`` and its END stand, what is inside the fence between
    them, headed by the document's quoted header when it has none of its own; else all of it.
    """
    document = parse_document(template)
    begin = next((comment for comment in document.comments if _BEGIN.match(comment.text)), None)
    if begin is None:
        return template, ()
    end = next(
        (
            comment
            for comment in document.comments
            if comment.span.start > begin.span.end and _END.match(comment.text)
        ),
        None,
    )
    if end is None:
        problem = Problem(
            "template-unclosed",
            "The template's BEGIN marker has no END marker.",
            "Add `<!-- END: plan.md template -->` after the plan.",
            begin.line,
        )
        return template, (problem,)
    block = _fenced(document, begin.line, end.line).of(template)
    header = document.header_span
    if header is not None and not parse_document(block).header:
        block = header.of(template) + block
    return block, ()


def _fenced(document: Document, begin: int, end: int) -> Span:
    """The inside of the first fence between two lines; all that is between where there is none."""
    for kind, first, after in document.shape.blocks:
        if kind == "fence" and begin < first and after <= end:
            closed = document.line_text(after - 1).strip(" \t").strip("`~") == ""
            return document.lines.whole(first + 1, after - 1 if closed else after)
    return document.lines.whole(begin + 1, end)
