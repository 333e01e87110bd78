"""Block quotes as GitHub reads them: which lines belong to one, and where their text begins.

markdown-it's own rule takes a ``>`` that is indented by four or more for a quote mark, and lets a
block begin on a line that only continues a paragraph of an inner quote; both make false tasks.
https://spec.commonmark.org/0.31.2/#block-quotes
"""

from __future__ import annotations

from markdown_it.rules_block import StateBlock

_Marks = tuple[int, int, int, int, int]

LAZY = -1
# Where the parser keeps, innermost last, what the open containers' blocks are indented by.
INDENTS = "plan_indents"


def block_quote(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Block rule for quotes, in the form markdown-it calls rules.

    While the quote's blocks are read, its lines begin after their marks, and a line without a mark
    that continues a paragraph has the indent ``LAZY``.
    """
    if not _has_mark(state, startLine):
        return False
    if silent:
        return True
    saved: list[_Marks] = []
    outer_type, state.parentType = state.parentType, "blockquote"
    outer_max = state.lineMax
    line, last_blank = startLine, False
    while line < endLine and not state.isEmpty(line):
        saved.append(_marks(state, line))
        if _is_marked(state, line):
            last_blank = _step_inside(state, line)
        elif last_blank:
            saved.pop()
            break
        elif _begins_block(state, line, endLine):
            # A paragraph must not look for its continuation below the end of the quote.
            state.lineMax = line
            state.sCount[line] -= state.blkIndent
            break
        else:
            state.sCount[line] = LAZY
        line += 1
    _read_inside(state, startLine, line)
    state.lineMax = outer_max
    state.parentType = outer_type
    for marks in saved:
        _restore(state, marks)
    return True


def is_too_far_in(state: StateBlock, line: int) -> bool:
    """Whether a line outside the innermost list item cannot begin a block in the items around.

    https://spec.commonmark.org/0.31.2/#lazy-continuation-line
    """
    indent = state.sCount[line]
    if indent >= state.blkIndent:
        return False
    for outer in reversed(state.env[INDENTS]):
        if outer <= indent:
            return bool(indent - outer >= 4)
    return False


def _has_mark(state: StateBlock, line: int) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    if start >= state.eMarks[line] or state.src[start] != ">":
        return False
    return not state.is_code_block(line)


def _is_marked(state: StateBlock, line: int) -> bool:
    return state.sCount[line] >= state.blkIndent and _has_mark(state, line)


def _begins_block(state: StateBlock, line: int, end_line: int) -> bool:
    if state.sCount[line] == LAZY or is_too_far_in(state, line):
        return False
    rules = state.md.block.ruler.getRules("blockquote")
    return any(rule(state, line, end_line, True) for rule in rules)


def _step_inside(state: StateBlock, line: int) -> bool:
    """Let the line begin after its mark and one blank; True when nothing more stands on it."""
    source, end = state.src, state.eMarks[line]
    start = state.bMarks[line] + state.tShift[line] + 1
    # Columns count from where the enclosing line began, because tabs stop every four of them.
    column = state.sCount[line] + 1
    base = state.bsCount[line]
    inside = column
    if start < end and source[start] == " ":
        start += 1
        column += 1
        inside = column
    elif start < end and source[start] == "\t":
        inside = column + 1
        if (base + column) % 4 == 3:
            start += 1
            column += 1
    first = start
    while first < end and source[first] in " \t":
        column += 4 - (base + column) % 4 if source[first] == "\t" else 1
        first += 1
    state.bMarks[line] = start
    state.tShift[line] = first - start
    state.sCount[line] = column - inside
    state.bsCount[line] = base + inside
    return first >= end


def _read_inside(state: StateBlock, start_line: int, end_line: int) -> None:
    indent, state.blkIndent = state.blkIndent, 0
    lines = [start_line, 0]
    opening = state.push("blockquote_open", "blockquote", 1)
    opening.map = lines
    state.md.block.tokenize(state, start_line, end_line)
    state.push("blockquote_close", "blockquote", -1)
    lines[1] = state.line
    state.blkIndent = indent


def _marks(state: StateBlock, line: int) -> _Marks:
    return (
        line,
        state.bMarks[line],
        state.tShift[line],
        state.sCount[line],
        state.bsCount[line],
    )


def _restore(state: StateBlock, marks: _Marks) -> None:
    line, state.bMarks[line], state.tShift[line], state.sCount[line], state.bsCount[line] = marks
