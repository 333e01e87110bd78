"""Edits of tables: one cell, or a row that comes or goes, in the style the table is written in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from bot.plans.document import Document, Table
from bot.plans.elements import Cell, Row
from bot.plans.gridrows import PIPE
from bot.plans.newlines import LINE_BREAK, End, line_splice
from bot.plans.proof import EditRefused, Expected, Key, Splice, prove

_BLANKS = " \t"


def set_cell(document: Document, table: Table, row: int, column: int | str, value: str) -> str:
    """The text with one body cell set; ``row`` counts body rows from 0.

    ``value`` is inline markdown as it would stand outside a table: a ``|`` is escaped unless it
    already is, a line break becomes ``<br>``. The cell's own padding stays. A cell that its row
    leaves out is added at the end of the row.
    """
    table = _own_table(document, table)
    place = _column(table, column)
    target = _own_row(table, row)
    cell = target.cells[place]
    value = _cell_source(value)
    if cell.raw == value:
        return document.text
    if not cell.present:
        return _add_cells(document, target, place, value)
    key = ("cell", document.line_start(target.line), place)
    splice = _cell_splice(document, cell, value, target.span.end)
    refused: EditRefused | None = None
    for attempt, fact in _attempts(document, target, place, splice, value):
        try:
            return prove(document, attempt, Expected({key: fact})).text
        except EditRefused as error:
            refused = refused or error
    raise refused or EditRefused("This cell cannot be set.", "", line=target.line)


def _cell_splice(document: Document, cell: Cell, value: str, row_end: int) -> Splice:
    start, end = cell.span.start, cell.span.end
    text = document.text
    if start == end:
        # An empty cell of one blank gets another after the text; clearing takes it away again.
        padded = start < row_end and text[start - 1] in _BLANKS
        return Splice(start, end, f"{value} " if padded else value)
    if not value and end < row_end and text[end] in _BLANKS:
        end += 1
    return Splice(start, end, value)


def _attempts(
    document: Document, row: Row, place: int, splice: Splice, value: str
) -> list[tuple[Splice, object]]:
    """The ways to write the cell, best first, each with the fact that it makes."""
    attempts: list[tuple[Splice, object]] = [(splice, (value, True))]
    if not value and not any(later.present for later in row.cells[place + 1 :]):
        # Without a closing pipe, an emptied last cell is one that the row leaves out.
        attempts.append((splice, ("", False)))
    if place == 0 and document.text[row.span.start] != "|":
        # What begins a block or is empty needs a leading pipe to stay a cell.
        lone = not PIPE.search(row.span.of(document.text))
        guarded = f"| {value}" if value else "| |" if lone else "|"
        span = row.cells[0].span
        attempts.append((Splice(span.start, span.end, guarded), (value, True)))
    return attempts


def _add_cells(document: Document, row: Row, place: int, value: str) -> str:
    """Fill a short row up to ``place``; it keeps its closing pipe or the lack of one."""
    text = document.text
    end = row.span.end
    while text[end - 1] in _BLANKS:
        end -= 1
    present = sum(cell.present for cell in row.cells)
    empty = range(present, place)
    pipes = [match.start() for match in PIPE.finditer(text, row.span.start, end)]
    closed = bool(pipes) and pipes[-1] == end - 1
    gap = " " if " " in text[row.span.start : end] or len(row.cells) > 1 else ""
    if closed:
        new = f"{gap}|" * len(empty) + f"{gap}{value}{gap}|"
    else:
        new = f"{gap}|" * (len(empty) + 1) + f"{gap}{value}"
    start = document.line_start(row.line)
    facts: dict[Key, object] = {("cell", start, index): ("", True) for index in empty}
    facts["cell", start, place] = (value, True)
    return prove(document, Splice(end, end, new), Expected(facts)).text


def append_row(document: Document, table: Table, values: Sequence[str]) -> str:
    """The text with a row after the table's last one."""
    return insert_row(document, table, len(table.rows), values)


def insert_row(document: Document, table: Table, index: int, values: Sequence[str]) -> str:
    """The text with a row before body row ``index``; fewer values than columns leave cells empty.

    The row is written as the rows around it are: outer pipes, padding, indent and quote marks.
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
    after = table.delimiter.line + index
    refused: EditRefused | None = None
    for guarded in (False, True):
        row = _prefix(document, model) + _row_source(document, table, model, sources, guarded)
        try:
            proved = prove(document, line_splice(document, after, row, "table"), Expected())
        except EditRefused as error:
            refused = refused or error
            continue
        if _cells_of(proved, after + 1) == sources:
            return proved.text
    message = "This row would not be read as it is written."
    raise refused or EditRefused(message, "", line=table.line)


def _cells_of(document: Document, line: int) -> list[str]:
    for table in document.tables:
        for row in table.rows:
            if row.line == line:
                return [cell.raw for cell in row.cells]
    return []


def remove_row(document: Document, table: Table, index: int) -> str:
    """The text without body row ``index``."""
    table = _own_table(document, table)
    row = _own_row(table, index)
    span = document.lines.whole(row.line, row.line + 1)
    if span.end == len(document.text) and not document.text.endswith(("\n", "\r")):
        # The last line has no line end: take the one before it, so that there is none again.
        start = document.lines.end(row.line - 1)
        return prove(document, End(start, span.end, "", lines=True), Expected()).text
    return prove(document, Splice(span.start, span.end, "", lines=True), Expected()).text


def _prefix(document: Document, row: Row) -> str:
    """What stands before a row: blanks and quote marks, never a list marker."""
    before = document.text[document.line_start(row.line) : row.span.start]
    return re.sub(r"[^>\s]", " ", before)


def _row_source(
    document: Document, table: Table, model: Row, sources: list[str], guarded: bool
) -> str:
    """The new row's text; ``guarded`` gives it outer pipes even where the model has none."""
    text = model.span.of(document.text).rstrip(_BLANKS)
    leading = guarded or text.startswith("|")
    trailing = guarded or bool(PIPE.match(text, len(text) - 1))
    gap = " " if "| " in text or " |" in text or "|" not in text else ""
    if model is table.delimiter:
        header = table.header.span.of(document.text)
        gap = " " if "| " in header or " |" in header else gap
    widths = _widths(document, table) or [0] * len(sources)
    cells = [
        (f"{gap}{source}{gap}" if source else gap).ljust(width)
        for source, width in zip(sources, widths, strict=True)
    ]
    row = "|".join(cells)
    row = f"|{row}" if leading else row.lstrip(_BLANKS)
    return f"{row}|" if trailing else row.rstrip(_BLANKS)


def _widths(document: Document, table: Table) -> list[int] | None:
    """How wide each column is drawn, when every row has its pipes in the same places."""
    places = {
        tuple(match.start() for match in PIPE.finditer(row.span.of(document.text)))
        for row in (table.header, table.delimiter, *table.rows)
    }
    pipes = list(places.pop())
    if places or len(pipes) != len(table.header.cells) + 1 or pipes[0]:
        return None
    return [right - left - 1 for left, right in itertools.pairwise(pipes)]


def _cell_source(value: str) -> str:
    return PIPE.sub(r"\\|", LINE_BREAK.sub("<br>", value.strip(" \t\v\f\r\n")))


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
