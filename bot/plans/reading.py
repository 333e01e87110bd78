"""From block tokens to the parts of a document, with offsets mapped back to the text as given."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markdown_it.token import Token

from bot.plans.elements import Cell, Comment, Row, Section, Table, Task
from bot.plans.fields import Field, read_fields
from bot.plans.gridrows import CellPosition
from bot.plans.lines import Lines, Span
from bot.plans.model import Problem, Severity
from bot.plans.plaintext import NO_REFERENCES, References, code_spans, plain_text

_BLANKS = frozenset(" \t\n\v\f")
_BOXES = {"[ ]": False, "[x]": True, "[X]": True}

TablePosition = tuple[int, int, int, list[CellPosition]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What every edit must leave alone: the blocks with their lines, and the defined labels."""

    blocks: tuple[tuple[str, int, int], ...] = ()
    references: References = NO_REFERENCES


@dataclass(slots=True)
class _Item:
    """A list item that is open while its tokens are read."""

    line: int
    after: int
    fresh: bool = True
    task: int | None = None


@dataclass(slots=True)
class Reading:
    """What has been read so far. ``shifts`` as ``document`` gives them, lines from ``first``."""

    text: str
    lines: Lines
    first: int
    shifts: list[int] | int
    tasks: list[Task] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    headings: list[tuple[int, str, int, int, tuple[str, ...]]] = field(default_factory=list)
    above: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    shape: Shape = field(default_factory=Shape)
    references: References = NO_REFERENCES
    boxes: Mapping[str, bool] = field(default_factory=lambda: _BOXES)

    def shift(self, line: int) -> int:
        """How far positions on the 0-based source ``line`` are from the text's own."""
        return self.shifts if isinstance(self.shifts, int) else self.shifts[line]

    @property
    def path(self) -> tuple[str, ...]:
        """The heading path that is in force."""
        return self.headings[-1][4] if self.headings else ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections, once everything is read."""
        return tuple(_sections(self.headings, self.lines))


def read_blocks(reading: Reading, tokens: list[Token], references: Mapping[str, object]) -> Reading:
    """Fill ``reading`` from the tokens of the body."""
    reading.references = References(frozenset(references)) if references else NO_REFERENCES
    if "X" in references:
        # With a link definition `[x]: …` a ticked box is drawn as that link.
        reading.boxes = {"[ ]": False}
    items: list[_Item] = []
    quotes = 0
    blocks: list[tuple[str, int, int]] = []
    in_comments = "<!--" in reading.text
    first = reading.first
    for index, token in enumerate(tokens):
        kind = token.type
        if token.map is not None:
            blocks.append((kind, first + token.map[0], first + token.map[1]))
        if kind == "text":
            _read_text(reading, token, items, quotes > 0)
        elif kind == "table":
            _read_table(reading, token, bool(items) and items[-1].fresh)
        elif kind == "list_item_open":
            items.append(_Item(*_lines(token)))
            continue
        elif kind == "list_item_close":
            items.pop()
        elif kind == "blockquote_open":
            quotes += 1
        elif kind == "blockquote_close":
            quotes -= 1
        elif kind in ("heading", "heading_open") and token.level == 0:
            _read_heading(reading, token, tokens[index + 1] if kind == "heading_open" else token)
        elif kind == "fence" and token.level == 0:
            _check_fence(reading, token)
        if in_comments and kind in ("text", "table", "heading", "heading_open", "html_block"):
            reading.comments.extend(_comments(reading, token))
        if items:
            items[-1].fresh = False
    reading.shape = Shape(tuple(blocks), reading.references)
    return reading


def _lines(token: Token) -> tuple[int, int]:
    """The 0-based source lines of a block token: first, and the one after the last."""
    first, after = token.map or (0, 0)
    return first, after


def _read_heading(reading: Reading, token: Token, inline: Token) -> None:
    level = token.meta["level"] if token.type == "heading" else int(token.tag[1])
    title = plain_text(inline.content, reading.references)
    above = reading.above
    while above and above[-1][0] >= level:
        above.pop()
    path = (*above[-1][1], title) if above else (title,)
    above.append((level, path))
    begin, after = (reading.first + line for line in _lines(token))
    reading.headings.append((level, title, begin, after, path))


def _sections(
    headings: list[tuple[int, str, int, int, tuple[str, ...]]], lines: Lines
) -> Iterator[Section]:
    ends = [lines.length] * len(headings)
    open_headings: list[int] = []
    for index, (level, _, line, _, _) in enumerate(headings):
        while open_headings and headings[open_headings[-1]][0] >= level:
            ends[open_headings.pop()] = lines.start(line)
        open_headings.append(index)
    for index, (level, title, line, after, path) in enumerate(headings):
        heading = lines.whole(line, after)
        following = headings[index + 1][2] if index + 1 < len(headings) else None
        body_end = lines.length if following is None else lines.start(following)
        yield Section(
            level, title, line, path, heading,
            Span(heading.end, body_end), Span(heading.start, ends[index]),
        )  # fmt: skip


def _read_text(reading: Reading, token: Token, items: list[_Item], in_quote: bool) -> None:
    begins_item = bool(items) and items[-1].fresh
    content = token.content
    if begins_item and content[3:4] in _BLANKS and reading.boxes.get(content[:3]) is not None:
        _read_task(reading, token, items, in_quote)
        return
    if ":" not in content or ("**" not in content and not begins_item and " | " not in content):
        return
    line = _lines(token)[0]
    positions = []
    for number, (start, end) in enumerate(token.meta["lines"], line):
        shift = reading.shift(number)
        positions.append((reading.first + number, start + shift, end + shift))
    reading.fields.extend(read_fields(reading.text, positions, reading.path, begins_item))


def _read_task(reading: Reading, token: Token, items: list[_Item], in_quote: bool) -> None:
    item = items[-1]
    positions = token.meta["lines"]
    start = positions[0][0] + reading.shift(_lines(token)[0])
    end = positions[-1][1] + reading.shift(_lines(token)[0] + len(positions) - 1)
    parent = next(
        (open_item.task for open_item in reversed(items[:-1]) if open_item.task is not None), None
    )
    after = reading.first + item.after
    while after > reading.first + item.line + 1 and _is_blank(reading, after - 1):
        after -= 1
    item.task = len(reading.tasks)
    reading.tasks.append(
        Task(
            line=reading.first + item.line,
            offset=start + 1,
            checked=_BOXES[token.content[:3]],
            raw=token.content[3:].strip(" \t\n"),
            section=reading.path,
            depth=len(items) - 1,
            parent=parent,
            item=reading.lines.whole(reading.first + item.line, after),
            paragraph=Span(start, end),
            in_quote=in_quote,
            references=reading.references,
        )
    )


def _is_blank(reading: Reading, line: int) -> bool:
    start, end = reading.lines.start(line), reading.lines.end(line)
    return not reading.text[start:end].strip(" \t>")


def _read_table(reading: Reading, token: Token, begins_item: bool) -> None:
    positions: list[TablePosition] = token.meta["rows"]
    if begins_item:
        positions[0] = _without_box(reading, positions[0])
    width = len(positions[0][3])
    rows = [_row(reading, position, width) for position in positions]
    reading.tables.append(
        Table(
            line=rows[0].line,
            section=reading.path,
            header=rows[0],
            delimiter=rows[1],
            rows=tuple(rows[2:]),
            span=reading.lines.whole(*(reading.first + line for line in _lines(token))),
        )
    )


def _without_box(reading: Reading, header: TablePosition) -> TablePosition:
    """GitHub takes a box that begins the list item away from the table that begins it too."""
    line, start, end, cells = header
    shift = reading.shift(line)
    source = reading.text[start + shift : end + shift]
    if source[:3] not in _BOXES or source[3:4] not in _BLANKS or start != cells[0][0]:
        return header
    first = min(start + 3 + len(source[3:]) - len(source[3:].lstrip(" \t")), cells[0][1])
    return line, start, end, [(first, cells[0][1]), *cells[1:]]


def _row(reading: Reading, position: TablePosition, width: int) -> Row:
    line, start, end, cells = position
    shift = reading.shift(line)
    text, references = reading.text, reading.references
    span = Span(start + shift, end + shift)
    found = [
        Cell(
            text[first + shift : last + shift], Span(first + shift, last + shift), True, references
        )
        for first, last in cells[:width]
    ]
    if len(found) < width:
        absent = Cell("", Span(span.end, span.end), False)
        found.extend([absent] * (width - len(found)))
    return Row(reading.first + line, tuple(found), span)


def _check_fence(reading: Reading, token: Token) -> None:
    begin, after = (reading.first + line for line in _lines(token))
    last = reading.text[reading.lines.start(after - 1) : reading.lines.end(after - 1)].strip()
    closed = after - begin > 1 and last.startswith(token.markup) and not last.strip(last[0])
    if after > len(reading.lines) and not closed:
        reading.problems.append(
            Problem(
                "fence-unclosed",
                "This code fence is never closed, so everything below it is code.",
                f"Close it with a line {token.markup}.",
                begin,
                severity=Severity.WARNING,
            )
        )


def _comments(reading: Reading, token: Token) -> Iterator[Comment]:
    lines = reading.lines
    begin, after = (reading.first + line for line in _lines(token))
    start, end = lines.start(begin), lines.end(after - 1)
    region = reading.text[start:end]
    if "<!--" not in region:
        return
    block = token.type == "html_block"
    code = [] if block else code_spans(region)
    at = 0
    while (at := region.find("<!--", at)) >= 0:
        if not block and (region[at - 1 : at] == "\\" or _inside(code, at)):
            at += 4
            continue
        closing = region.find("-->", at + 4)
        closed = closing >= 0
        if not closed and not block:
            return
        closing = closing if closed else len(region)
        after_it = min(closing + 3, len(region))
        line = lines.line_of(start + at)
        if not closed:
            reading.problems.append(
                Problem(
                    "comment-unclosed",
                    "This HTML comment is never closed.",
                    "Close it with `-->`.",
                    line,
                    start + at - lines.start(line) + 1,
                    Severity.WARNING,
                )
            )
        yield Comment(region[at + 4 : closing], Span(start + at, start + after_it), line)
        at = after_it


def _inside(spans: list[tuple[int, int]], position: int) -> bool:
    index = bisect_right(spans, (position, position)) - 1
    return index >= 0 and spans[index][0] <= position < spans[index][1]
