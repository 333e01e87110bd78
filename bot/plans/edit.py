"""Edits of a parsed document: the smallest change of the text, proved by parsing the result.

Every function returns the new text; the same object when nothing would change. It raises
``EditRefused`` when its target is not in the document or when anything else would change with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.plans.document import Document, Field, HeaderLine, Section, Table, Task
from bot.plans.elements import Row
from bot.plans.lines import Span
from bot.plans.proof import EditRefused, Expected, Splice, prove, task_fact
from bot.plans.scalars import set_front_matter

__all__ = [
    "EditRefused",
    "append_row",
    "append_to_section",
    "insert_row",
    "insert_section",
    "remove_row",
    "set_cell",
    "set_field",
    "set_front_matter",
    "set_header",
    "set_task",
    "set_tasks",
]

_LINE_BREAK = re.compile(r"\r\n?|\n")
_BARE_PIPE = re.compile(r"(?<!\\)\|")
_BLANKS = " \t"


def set_task(document: Document, task: Task, checked: bool) -> str:
    """The text with this task ticked (``x``) or unticked (a blank): one character changes."""
    return set_tasks(document, {task: checked})


def set_tasks(document: Document, states: Mapping[Task, bool]) -> str:
    """The text with several tasks ticked or unticked, proved by one re-parse."""
    facts = {}
    indexes = {task.offset: index for index, task in enumerate(document.tasks)}
    characters = []
    for task, checked in sorted(states.items(), key=lambda state: state[0].offset):
        index = indexes.get(task.offset)
        if index is None or document.tasks[index] != task:
            raise EditRefused("This task is not in the document.", "Read it again.", line=task.line)
        if task.checked != checked:
            key, fact = task_fact(document, index, checked)
            facts[key] = fact
            characters.append((task.offset, "x" if checked else " "))
    if not characters:
        return document.text
    start, end = characters[0][0], characters[-1][0] + 1
    pieces, at = [], start
    for offset, character in characters:
        pieces += [document.text[at:offset], character]
        at = offset + 1
    return prove(document, _Ticks(start, end, "".join(pieces)), Expected(facts)).text


class _Ticks(Splice):
    """A replacement of single characters: nothing comes, goes or moves."""

    __slots__ = ()

    def removes(self, position: int) -> bool:
        return False

    def adds(self, position: int) -> bool:
        return False

    def moved(self, position: int) -> int:
        return position


def set_cell(document: Document, table: Table, row: int, column: int | str, value: str) -> str:
    """The text with one body cell set; ``row`` counts body rows from 0.

    ``value`` is inline markdown: a ``|`` is escaped unless it already is, a line break becomes
    ``<br>``. Padding stays; a cell that its row leaves out is added at the end of the row.
    """
    table = _own_table(document, table)
    place = _column(table, column)
    target = _own_row(table, row)
    cell = target.cells[place]
    value = _cell_source(value)
    if cell.raw == value:
        return document.text
    key = ("cell", document.line_start(target.line), place)
    facts: dict[tuple[str, int, int], object] = {key: (value, True)}
    if not cell.present:
        return _add_cells(document, target, place, value)
    splice = _cell_splice(document, target, place, value)
    last = value == "" and all(not later.present for later in target.cells[place + 1 :])
    try:
        return prove(document, splice, Expected(facts)).text
    except EditRefused:
        if place == 0 and not _has_leading_pipe(document, target):
            guarded = Splice(splice.start, splice.end, f"| {value}".rstrip(_BLANKS))
            return prove(document, guarded, Expected(facts)).text
        if last:
            # Without a closing pipe an emptied last cell is one that the row leaves out.
            return prove(document, splice, Expected({key: ("", False)})).text
        raise


def _cell_splice(document: Document, row: Row, place: int, value: str) -> Splice:
    cell = row.cells[place]
    start, end = cell.span.start, cell.span.end
    text = document.text
    following = text[end : end + 1]
    if start == end:
        inside = text[start - 1 : start] in (" ", "\t")
        return Splice(
            start, end, f"{value} " if inside and following in ("|", " ", "\t") else value
        )
    if not value and following in (" ", "\t") and end < row.span.end:
        end += 1
    return Splice(start, end, value)


def _has_leading_pipe(document: Document, row: Row) -> bool:
    return document.text[row.span.start] == "|"


def _add_cells(document: Document, row: Row, place: int, value: str) -> str:
    """Fill a row up to ``place``, in the row's own style."""
    text = document.text
    end = row.span.end
    while text[end - 1] in _BLANKS:
        end -= 1
    closed = text[end - 1] == "|" and not text.endswith("\\|", 0, end) and end - 1 > row.span.start
    count = place - sum(cell.present for cell in row.cells)
    cells = [*["", *([""] * count)][1:], value]
    added = " " + " | ".join(cells).strip(" ")
    added = "".join(f" {cell} |" if cell else " |" for cell in cells)
    new = added if closed else " |" + added.removesuffix(" |")
    start = document.line_start(row.line)
    facts: dict[tuple[str, int, int], object] = {("cell", start, place): (value, True)}
    for empty in range(place - count, place):
        facts["cell", start, empty] = ("", True)
    return prove(document, Splice(end, end, new), Expected(facts)).text


def append_row(document: Document, table: Table, values: Sequence[str]) -> str:
    """The text with a row after the table's last one."""
    return insert_row(document, table, len(table.rows), values)


def insert_row(document: Document, table: Table, index: int, values: Sequence[str]) -> str:
    """The text with a row before body row ``index``; fewer values than columns leave cells empty.

    The row is written the way the rows around it are: outer pipes, padding, indent and quote marks.
    """
    table = _own_table(document, table)
    width = len(table.header.cells)
    if not 0 <= index <= len(table.rows):
        raise EditRefused(f"The table has no place {index} for a row.", "", line=table.line)
    if len(values) > width:
        raise EditRefused(
            f"The table has {width} columns.", "Give no more values.", line=table.line
        )
    sources = [_cell_source(value) for value in values]
    sources += [""] * (width - len(sources))
    model = table.rows[min(index, len(table.rows) - 1)] if table.rows else table.delimiter
    row = _indent(document, model) + _row_source(document, table, model, sources)
    after = table.delimiter.line + index
    splice = _line_splice(document, after, row, grows="table")
    proved = prove(document, splice, Expected())
    written = next(
        (found for grown in proved.tables if grown.line == table.line
         for found in grown.rows if found.line == after + 1), None,
    )  # fmt: skip
    if written is None or [cell.raw for cell in written.cells] != sources:
        raise EditRefused("This row would not be read as it is written.", "", line=table.line)
    return proved.text


def remove_row(document: Document, table: Table, index: int) -> str:
    """The text without body row ``index``."""
    table = _own_table(document, table)
    row = _own_row(table, index)
    span = document.lines.whole(row.line, row.line + 1)
    if span.end == len(document.text) and not document.text.endswith(("\n", "\r")):
        # The last line has no line end: take the one before it, so that there is none again.
        splice = Splice(document.lines.end(row.line - 1), span.end, "", lines=True)
        return prove(document, _Tail(splice.start, splice.end, "", lines=True), Expected()).text
    return prove(document, Splice(span.start, span.end, "", lines=True), Expected()).text


class _Tail(Splice):
    """A splice that ends the text: whatever begins before it stays where it is."""

    __slots__ = ()

    def moved(self, position: int) -> int:
        return min(position, self.start)


def set_field(document: Document, field: Field, value: str) -> str:
    """The text with the field's value set to one line of inline markdown; ``""`` empties it."""
    own = next((found for found in document.fields if found == field), None)
    if own is None:
        raise EditRefused(
            f"The field `{field.key}` is not in the document.", "Read it again.", line=field.line
        )
    value = value.strip()
    if _LINE_BREAK.search(value):
        raise EditRefused(
            "A field's value is one line.", "Leave the line break out.", line=field.line
        )
    if own.value == value:
        return document.text
    start, end, new = own.span.start, own.span.end, value
    if start == end:
        new = f" {value}"
    elif not value and not own.following and document.text[start - 1] in _BLANKS:
        start -= 1
    key = ("field", own.key_span.start, 0)
    splice = Splice(start, end, new)
    return prove(document, splice, Expected({key: (own.key, value, own.shape)})).text


def set_header(document: Document, key: str, value: str) -> str:
    """The text with the quoted header line ``key`` (``title``, ``labels``, ``assignees``) set."""
    line: HeaderLine | None = next((one for one in document.header if one.key == key), None)
    if line is None:
        raise EditRefused(f"There is no header line `{key}`.", "Add it by hand.")
    value = value.strip()
    if _LINE_BREAK.search(value):
        raise EditRefused("A header line is one line.", "Leave the line break out.", line=line.line)
    if line.value == value:
        return document.text
    start = line.span.start
    new = value
    if value and start == line.span.end and document.text[start - 1] == ":":
        new = f" {value}"
    place = ("header line", document.line_start(line.line), 0)
    splice = Splice(start, line.span.end, new)
    return prove(document, splice, Expected({place: (key, value)})).text


def append_to_section(document: Document, section: Section, markdown: str) -> str:
    """The text with ``markdown`` at the end of the section and the sections below it.

    It stands before the blank lines and rules that end the section: right after a list or table
    that it continues, otherwise after a blank line.
    """
    if section not in document.sections:
        raise EditRefused(
            f"The section `{section.title}` is not in the document.", "", line=section.line
        )
    markdown = _LINE_BREAK.sub("\n", markdown).strip("\n")
    if not markdown.strip():
        return document.text
    last = _last_content_line(document, section)
    below = _LINE_BREAK.split(markdown)
    tight = last > section.line and _continues(document.line_text(last), below[0])
    attempts = [below, ["", *below]] if tight else [["", *below], below]
    refused: EditRefused | None = None
    for attempt in attempts:
        try:
            return _insert_lines(document, last, attempt)
        except EditRefused as error:
            refused = refused or error
    assert refused is not None
    raise refused


def insert_section(
    document: Document, after: Section | None, level: int, title: str, markdown: str
) -> str:
    """The text with a new section after ``after`` and all below it, or at the end of the text."""
    if not 1 <= level <= 6 or _LINE_BREAK.search(title) or not title.strip():
        raise EditRefused("A heading is one line of level 1 to 6.", "")
    if after is not None and after not in document.sections:
        raise EditRefused(
            f"The section `{after.title}` is not in the document.", "", line=after.line
        )
    lines = ["#" * level + " " + title.strip()]
    body = _LINE_BREAK.sub("\n", markdown).strip("\n")
    if body.strip():
        lines += ["", *body.split("\n")]
    if after is None:
        last = len(document.lines)
    else:
        last = document.line_of(max(after.whole.end - 1, after.heading.start))
    while last > 0 and not document.line_text(last).strip():
        last -= 1
    following = last < len(document.lines)
    return _insert_lines(document, last, ["", *lines] if last else lines, check_end=following)


def _insert_lines(document: Document, after: int, lines: list[str], check_end: bool = False) -> str:
    ending = _line_ending(document, after)
    followed = after < len(document.lines) and document.line_text(after + 1).strip()
    if check_end and followed:
        lines = [*lines, ""]
    splice = _line_splice(document, after, ending.join(lines), grows="")
    proved = prove(document, splice, Expected())
    first = document.lines.start(after + 1)
    if not any(first <= proved.line_start(line) for _, line, _ in proved.shape.blocks):
        raise EditRefused("The new lines would not stand on their own.", "", line=after)
    return proved.text


def _last_content_line(document: Document, section: Section) -> int:
    last = document.line_of(max(section.whole.end - 1, section.heading.start))
    rules = {first for kind, first, _ in document.shape.blocks if kind == "hr"}
    while last > section.line and (not document.line_text(last).strip() or last in rules):
        last -= 1
    return max(last, document.line_of(section.heading.end - 1))


def _continues(above: str, first: str) -> bool:
    """Whether a line carries on the list or table that the line above belongs to."""
    item = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]")
    if item.match(first):
        return item.match(above) is not None or above.startswith(("  ", "\t"))
    return first.lstrip().startswith("|") and above.lstrip().startswith("|")


def _line_splice(document: Document, after: int, new: str, grows: str) -> Splice:
    """New lines after line ``after`` (0: before the first); a missing final line end stays so."""
    ending = _line_ending(document, after)
    if after == 0:
        start = document.lines.start(1)
        return Splice(start, start, new + ending, True, grows)
    start = document.lines.start(after + 1)
    if start == len(document.text) and not document.text.endswith(("\n", "\r")):
        return _End(start, start, ending + new, True, grows)
    return Splice(start, start, new + ending, True, grows)


class _End(Splice):
    """New lines at the end of a text without a final line end."""

    __slots__ = ()


def _line_ending(document: Document, line: int) -> str:
    """The line end of this line, else the one before it, else LF."""
    for number in (line, line - 1):
        if 0 < number <= len(document.lines):
            end = document.text[document.lines.end(number) : document.lines.start(number + 1)]
            if end:
                return end
    return "\n"


def _indent(document: Document, row: Row) -> str:
    """What stands before a row: blanks and quote marks, never a list marker."""
    prefix = document.text[document.line_start(row.line) : row.span.start]
    return re.sub(r"[^>\s]", " ", prefix)


def _row_source(document: Document, table: Table, model: Row, sources: list[str]) -> str:
    text = model.span.of(document.text).rstrip(_BLANKS)
    padded = " " in text or len(text) < 3
    leading = text.startswith("|") or model is table.delimiter
    trailing = text.endswith("|") or model is table.delimiter
    leading = leading or sources[0][:1] in ("", "-", "+", "*", ">", "#", "<", "`", "~", "[")
    trailing = trailing or not sources[-1]
    gap = " " if padded else ""
    widths = _widths(document, table)
    cells = [
        source.ljust(width) if source or not gap else "".ljust(max(width, 0))
        for source, width in zip(sources, widths, strict=True)
    ]
    inner = "|".join(f"{gap}{cell}{gap}" if cell else gap for cell in cells).strip(" ")
    left = f"|{gap}" if leading and cells[0] else "|" + gap if leading else ""
    right = "|" if trailing else ""
    if trailing and cells[-1]:
        right = f"{gap}|"
    return left + inner + right


def _widths(document: Document, table: Table) -> list[int]:
    """Column widths to pad to: those of the header when all rows are drawn as wide, else 0."""
    rows = (table.header, table.delimiter, *table.rows)
    none = [0] * len(table.header.cells)
    if len({row.span.end - row.span.start for row in rows}) > 1 or len(rows) < 3:
        return none
    return [cell.span.end - cell.span.start for cell in table.delimiter.cells]


def _cell_source(value: str) -> str:
    return _BARE_PIPE.sub(r"\\|", _LINE_BREAK.sub("<br>", value.strip(" \t\v\f\r\n")))


def _own_table(document: Document, table: Table) -> Table:
    for own in document.tables:
        if own.line == table.line and own == table:
            return own
    raise EditRefused("This table is not in the document.", "Read it again.", line=table.line)


def _own_row(table: Table, row: int) -> Row:
    if not 0 <= row < len(table.rows):
        raise EditRefused(f"The table has no row {row}.", "", line=table.line)
    return table.rows[row]


def _column(table: Table, column: int | str) -> int:
    place = table.column(column) if isinstance(column, str) else column
    if place is None or not 0 <= place < len(table.header.cells):
        raise EditRefused(f"The table has no column {column}.", "", line=table.line)
    return place


def _whole(span: Span) -> bool:
    return span.start < span.end
