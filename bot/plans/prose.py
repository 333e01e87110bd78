"""What of a plan its author wrote: prose without code and comments, rows that are no examples."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

from bot.plans.document import Document, Row, Section, Span, Table, fold, parse_document
from bot.plans.placeholders import is_placeholder

_CODE = frozenset({"fence", "code_block"})
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}")


def is_example_row(table: Table, row: Row) -> bool:
    """Whether the first cell (after ``#``) of a row is a placeholder: the template's example."""
    first = 1 if fold(table.header.cells[0].text) in ("#", "no.", "nr") else 0
    return len(row.cells) > first and is_placeholder(row.cells[first].raw)


def example_rows(document: Document) -> tuple[int, ...]:
    """The 1-based lines of every example row of the document."""
    return tuple(
        row.line for table in document.tables for row in table.rows if is_example_row(table, row)
    )


def prose_lines(document: Document) -> tuple[tuple[int, int, str], ...]:
    """The lines that are no front matter, comment or code block: ``(line, offset, text)``.

    Comments are blanked, so positions within a line stay.
    """
    return _prose(document.text)


@lru_cache(maxsize=32)
def _prose(text: str) -> tuple[tuple[int, int, str], ...]:
    # By text, because a document is asked for its prose as often as it has sections.
    document = parse_document(text)
    code = code_lines(document)
    shown = blanked(document)
    first = document.line_of(document.body_start) if document.body_start < len(text) else 1
    lines = []
    for line in range(first, len(document.lines) + 1):
        if line not in code:
            start = document.line_start(line)
            lines.append((line, start, shown[start : document.lines.end(line)]))
    return tuple(lines)


def prose_in(document: Document, span: Span) -> tuple[tuple[int, int, str], ...]:
    """The prose lines that begin in ``span``."""
    lines = prose_lines(document)
    first = bisect_left(lines, span.start, key=lambda line: line[1])
    after = bisect_left(lines, span.end, key=lambda line: line[1])
    return lines[first:after]


def blanked(document: Document) -> str:
    """The text with every comment overwritten by blanks; nothing moves."""
    text = document.text
    pieces, at = [], 0
    for comment in document.comments:
        if comment.span.start < at:
            continue
        pieces.append(text[at : comment.span.start])
        pieces.append(re.sub(r"[^\r\n]", " ", comment.span.of(text)))
        at = comment.span.end
    return "".join((*pieces, text[at:]))


def code_lines(document: Document) -> frozenset[int]:
    """The 1-based lines of fenced and indented code."""
    return frozenset(
        line
        for kind, first, after in document.shape.blocks
        if kind in _CODE
        for line in range(first, after)
    )


def body_text(document: Document, span: Span) -> str:
    """The prose of a span: blank lines, rules, comments and code left out, lines stripped."""
    return "\n".join(
        text.strip()
        for _, _, text in prose_in(document, span)
        if text.strip() and not _RULE.fullmatch(text)
    )


def lone_placeholder(document: Document, section: Section) -> Span | None:
    """The placeholder that stands alone in a section's body (``[Tracked during conversation]``).

    A quote or comment above it does not count. None where the section says anything of its own.
    """
    said = [
        (start, text)
        for _, start, text in prose_in(document, section.body)
        if text.strip() and not text.lstrip().startswith(">") and not _RULE.fullmatch(text)
    ]
    if not said:
        return None
    first, last = said[0], said[-1]
    begin = first[0] + len(first[1]) - len(first[1].lstrip())
    span = Span(begin, last[0] + len(last[1].rstrip()))
    return span if is_placeholder(span.of(document.text)) else None
