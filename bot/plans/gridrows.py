"""Rows of GFM tables, split the way GitHub splits them, with the offset of every cell.

https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re

from markdown_it.common.html_re import HTML_OPEN_CLOSE_TAG_STR
from markdown_it.rules_block import StateBlock

from bot.plans.limits import MAX_CELLS, RefusedText

_BLANKS = " \t\v\f"
_DELIMITER_ROW = re.compile(
    r"\|?[ \t\v\f]*:?-+:?[ \t\v\f]*(?:\|[ \t\v\f]*:?-+:?[ \t\v\f]*)*\|?[ \t\v\f]*"
)
# An underline makes a heading of the line above and `- ` begins a list: both come before a table.
_HEADING_OR_LIST = re.compile(r"-+[ \t]*$|-[ \t]")
PIPE = re.compile(r"(?<!\\)\|")
# A line that is one HTML tag cannot interrupt a paragraph, but it does end a table:
# https://spec.commonmark.org/0.31.2/#html-blocks (start condition 7).
_LONE_TAG = re.compile(HTML_OPEN_CLOSE_TAG_STR.removeprefix("^") + r"[ \t]*$")

_CELLS = "plan_cells"

CellPosition = tuple[int, int]


def split_row(source: str, start: int, end: int) -> list[CellPosition]:
    """Where the trimmed cells of the row ``source[start:end]`` stand; no cells, no row.

    An empty cell is an empty range after its first blank, where text would go.
    """
    while end > start and source[end - 1] in _BLANKS:
        end -= 1
    if start < end and source[start] == "|":
        start += 1
        if start == end:
            return []
    edges = [match.start() for match in PIPE.finditer(source, start, end)]
    if not edges or edges[-1] != end - 1:
        edges.append(end)
    cells = []
    for edge in edges:
        cells.append(_trimmed(source, start, edge))
        start = edge + 1
    return cells


def _trimmed(source: str, start: int, end: int) -> CellPosition:
    first, last = start, end
    while first < last and source[first] in _BLANKS:
        first += 1
    if first == last:
        empty = start + 1 if start < end else start
        return (empty, empty)
    while source[last - 1] in _BLANKS:
        last -= 1
    return (first, last)


def is_delimiter_row(state: StateBlock, line: int) -> bool:
    """Whether the line could stand below the header of a table."""
    if state.sCount[line] < state.blkIndent or state.is_code_block(line):
        return False
    start, end = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    if (
        start >= end
        or state.src[start] not in "|-:"
        or _HEADING_OR_LIST.match(state.src, start, end)
    ):
        return False
    return _DELIMITER_ROW.fullmatch(state.src, start, end) is not None


def table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Block rule for tables, in the form markdown-it calls rules.

    Pushes one ``table`` token: ``meta["rows"]`` is a list of ``(line, start, end, cells)``, the
    header first, the delimiter row second.
    """
    below = start_line + 1
    if below >= end_line or not is_delimiter_row(state, below):
        return False
    header = _row(state, start_line)
    delimiter = _row(state, below)
    if not header[3] or len(header[3]) != len(delimiter[3]):
        return False
    if silent:
        return True
    rows = [header, delimiter]
    state.line = _body(state, below + 1, end_line, rows)
    token = state.push("table", "", 0)
    token.map = [start_line, state.line]
    token.meta = {"rows": rows}
    return True


def _row(state: StateBlock, line: int) -> tuple[int, int, int, list[CellPosition]]:
    start = state.bMarks[line] + state.tShift[line]
    end = state.eMarks[line]
    return (line, start, end, split_row(state.src, start, end))


def _body(
    state: StateBlock,
    line: int,
    end_line: int,
    rows: list[tuple[int, int, int, list[CellPosition]]],
) -> int:
    outer, state.parentType = state.parentType, "table"
    cells = state.env.get(_CELLS, 0)
    terminators = state.md.block.ruler.getRules("blockquote")
    while line < end_line and state.sCount[line] >= state.blkIndent and not state.isEmpty(line):
        if state.is_code_block(line):
            break
        if any(rule(state, line, end_line, True) for rule in terminators):
            break
        if _LONE_TAG.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line]):
            break
        row = _row(state, line)
        if not row[3]:
            break
        cells += len(rows[0][3])
        if cells > MAX_CELLS:
            raise RefusedText("too-many-cells", line)
        rows.append(row)
        line += 1
    state.env[_CELLS] = cells
    state.parentType = outer
    return line
