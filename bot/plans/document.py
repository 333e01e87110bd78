"""One markdown text with the exact position of everything a plan is made of.

``parse_document`` never raises on user text: what it cannot read it says in ``problems``. All
offsets are code points into ``Document.text``, which is the text as given, nothing normalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from bot.plans.elements import (
    Cell,
    Comment,
    HeaderLine,
    Row,
    Section,
    Table,
    Task,
    fold,
)
from bot.plans.fields import Field
from bot.plans.frontmatter import FrontMatter, find_front_matter
from bot.plans.limits import MAX_BYTES, REFUSALS, RefusedText
from bot.plans.lines import Lines, Span
from bot.plans.markdown import parse_blocks
from bot.plans.model import Problem
from bot.plans.plaintext import forget, normalise_dashes
from bot.plans.reading import Reading, Shape, read_blocks

__all__ = [
    "Cell",
    "Comment",
    "Document",
    "Field",
    "FrontMatter",
    "HeaderLine",
    "Row",
    "Section",
    "Span",
    "Table",
    "Task",
    "fold",
    "forget_parsed",
    "normalise_dashes",
    "parse_document",
    "parse_uncached",
]

_HEADER_LINE = re.compile(
    r" {0,3}>[ \t]?[ \t]*(title|labels|assignees)[ \t]*:[ \t]*(.*?)[ \t]*", re.IGNORECASE
)
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text. Empty of everything but ``problems`` when the text passes a limit."""

    text: str
    lines: Lines = field(repr=False)
    sections: tuple[Section, ...] = ()
    tasks: tuple[Task, ...] = ()
    tables: tuple[Table, ...] = ()
    fields: tuple[Field, ...] = ()
    front_matter: FrontMatter | None = None
    header: tuple[HeaderLine, ...] = ()
    header_span: Span | None = None
    comments: tuple[Comment, ...] = ()
    problems: tuple[Problem, ...] = ()
    body_start: int = 0
    shape: Shape = field(default=Shape(), repr=False)
    refused: bool = False

    def line_of(self, offset: int) -> int:
        """The 1-based line of a code point offset."""
        return self.lines.line_of(offset)

    def column_of(self, offset: int) -> int:
        """The 1-based column of a code point offset in its line."""
        return offset - self.line_start(self.line_of(offset)) + 1

    def line_start(self, line: int) -> int:
        """The offset at which the 1-based ``line`` begins."""
        return self.lines.start(line)

    def line_text(self, line: int) -> str:
        """The 1-based ``line`` without its line end."""
        return self.text[self.lines.start(line) : self.lines.end(line)]

    def sections_named(self, title: str, level: int | None = None) -> tuple[Section, ...]:
        """Every section with this heading; any dash, any case, any run of blanks."""
        wanted = fold(title)
        return tuple(
            section
            for section in self.sections
            if fold(section.title) == wanted and level in (None, section.level)
        )

    def section(
        self, title: str, *, level: int | None = None, under: Section | None = None
    ) -> Section | None:
        """The first section with this heading, inside ``under`` when that is given."""
        for section in self.sections_named(title, level):
            if under is None or (section is not under and section.heading.start in under.whole):
                return section
        return None

    def sections_under(self, path: tuple[str, ...]) -> tuple[Section, ...]:
        """The sections below the heading path, not the one it names."""
        wanted = tuple(fold(title) for title in path)
        return tuple(
            section
            for section in self.sections
            if len(section.path) > len(wanted)
            and tuple(fold(title) for title in section.path[: len(wanted)]) == wanted
        )

    def section_at(self, offset: int) -> Section | None:
        """The innermost section that this offset stands in."""
        found = None
        for section in self.sections:
            if section.heading.start > offset:
                break
            found = section
        return found

    def tasks_in(self, span: Span) -> tuple[Task, ...]:
        """The tasks whose box stands in ``span`` (for instance ``section.whole``)."""
        return tuple(task for task in self.tasks if task.offset in span)

    def tables_in(self, span: Span) -> tuple[Table, ...]:
        """The tables that begin in ``span``."""
        return tuple(table for table in self.tables if table.header.span.start in span)

    def fields_in(self, span: Span) -> tuple[Field, ...]:
        """The fields whose key stands in ``span``."""
        return tuple(field for field in self.fields if field.key_span.start in span)

    def comments_in(self, span: Span) -> tuple[Comment, ...]:
        """The comments that begin in ``span``."""
        return tuple(comment for comment in self.comments if comment.span.start in span)

    def field(self, key: str, span: Span | None = None) -> Field | None:
        """The first field with this key, inside ``span`` when that is given."""
        wanted = fold(key)
        for found in self.fields if span is None else self.fields_in(span):
            if fold(found.key) == wanted:
                return found
        return None


def parse_document(text: str) -> Document:
    """The document of ``text``. Never raises; the last few texts are remembered.

    Limits (``bot.plans.limits``): 1 MiB of UTF-8, 200 levels, 20,000 list items, 100,000 blocks,
    100,000 table cells. Past one of them the document is empty and its one problem says which.
    """
    return _remembered(text) if len(text) <= REMEMBERED_SIZE else parse_uncached(text)


def forget_parsed() -> None:
    """Drop the remembered documents and plain texts, for measurements."""
    _remembered.cache_clear()
    forget()


def parse_uncached(text: str) -> Document:
    """What ``parse_document`` returns, worked out anew."""
    lines = Lines.of(text)
    if len(text) > MAX_BYTES or (
        len(text) * 4 > MAX_BYTES and len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES
    ):
        return _refused(text, lines, "too-large", 1)
    characters = tuple(_bad_characters(text, lines))
    front_matter: FrontMatter | None = None
    problems: tuple[Problem, ...] = ()
    if not characters:
        front_matter, problems = find_front_matter(text, lines)
    body_start = front_matter.span.end if front_matter else lines.starts[0]
    first_line = lines.line_of(body_start) if body_start < len(text) else len(lines) + 1
    source, shifts = _source(text, lines, first_line)
    try:
        tokens, references = parse_blocks(source)
        reading = read_blocks(Reading(text, lines, first_line, shifts), tokens, references)
    except RefusedText as refused:
        return _refused(text, lines, refused.code, first_line + refused.line)
    header, header_span = _header(text, lines, first_line)
    return Document(
        text=text,
        lines=lines,
        sections=reading.sections,
        tasks=tuple(reading.tasks),
        tables=tuple(reading.tables),
        fields=tuple(reading.fields),
        front_matter=front_matter,
        header=header,
        header_span=header_span,
        comments=tuple(reading.comments),
        problems=(*characters, *problems, *reading.problems),
        body_start=body_start,
        shape=reading.shape,
    )


# A reconcile parses the same few texts several times; large ones would hold too much memory.
REMEMBERED_SIZE = 256 * 1024
"""Characters; a longer text is parsed anew each time."""
_remembered = lru_cache(maxsize=16)(parse_uncached)


def _refused(text: str, lines: Lines, code: str, line: int) -> Document:
    message, fix = REFUSALS[code]
    return Document(text, lines, problems=(Problem(code, message, fix, line),), refused=True)


def _bad_characters(text: str, lines: Lines) -> Iterator[Problem]:
    found = re.search("[\0\ud800-\udfff]", text)
    if found is None:
        return
    line = lines.line_of(found.start())
    column = found.start() - lines.start(line) + 1
    if found.group() == "\0":
        yield Problem("nul", "The text contains a NUL character.", "Remove it.", line, column)
    else:
        yield Problem(
            "surrogate", "The text contains half of a surrogate pair, which UTF-8 cannot hold.",
            "Remove it.", line, column,
        )  # fmt: skip


def _source(text: str, lines: Lines, first_line: int) -> tuple[str, list[int] | int]:
    """What the block parser reads, and how far each of its lines stands from the text's own.

    One number when every line is shifted alike. NUL becomes U+FFFD as CommonMark says:
    https://spec.commonmark.org/0.31.2/#insecure-characters
    """
    start = lines.start(first_line)
    if "\r" not in text:
        source: str = text[start:]
        shifts: list[int] | int = start
    else:
        starts = lines.starts[first_line - 1 :]
        parts = [
            text[first:last]
            for first, last in zip(starts, lines.ends[first_line - 1 :], strict=True)
        ]
        source = "\n".join(parts)
        if text.endswith(("\r", "\n")):
            source += "\n"
        shifts, at = [], 0
        for first, part in zip(starts, parts, strict=True):
            shifts.append(first - at)
            at += len(part) + 1
    return re.sub("[\0\ud800-\udfff]", "\ufffd", source), shifts


def _header(text: str, lines: Lines, first_line: int) -> tuple[tuple[HeaderLine, ...], Span | None]:
    """The quoted ``>Title:`` lines that head the body, and the span up to the text after them."""
    found: list[HeaderLine] = []
    line, begin, after = first_line, 0, 0
    while line <= len(lines):
        start, end = lines.start(line), lines.end(line)
        line += 1
        if not text[start:end].strip(" \t"):
            after = line
            continue
        match = _HEADER_LINE.fullmatch(text, start, end)
        if match is None:
            if found and _RULE.fullmatch(text, start, end):
                after = line
                while after <= len(lines) and not _line(text, lines, after).strip(" \t"):
                    after += 1
            break
        begin = begin or line - 1
        after = line
        found.append(HeaderLine(match[1].lower(), match[2], Span(*match.span(2)), line - 1))
    if not found:
        return (), None
    return tuple(found), lines.whole(begin, after)


def _line(text: str, lines: Lines, line: int) -> str:
    return text[lines.start(line) : lines.end(line)]
