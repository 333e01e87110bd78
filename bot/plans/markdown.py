"""The block structure of GitHub Flavored Markdown, with positions, by markdown-it-py.

markdown-it-py gives lines only. The rules for text and tables here replace its own so that every
paragraph line and table cell keeps its offset, and blocks are dispatched by their first character,
which makes the pass a few times faster. Inline markup is left to ``bot.plans.plaintext``.
GFM: https://github.github.com/gfm/
"""

from __future__ import annotations

import re
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import (
    StateBlock,
    code,
    fence,
    heading,
    html_block,
    list_block,
    reference,
)
from markdown_it.token import Token
from markdown_it.utils import EnvType

from bot.plans import gridrows
from bot.plans.limits import MAX_BLOCKS, MAX_DEPTH, MAX_ITEMS, RefusedText
from bot.plans.quotes import INDENTS, block_quote, is_too_far_in

_RULE = re.compile(r"(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}")


def _rule(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Thematic break; one regular expression, because list markers repeat it at every depth."""
    if state.is_code_block(startLine):
        return False
    start = state.bMarks[startLine] + state.tShift[startLine]
    if not _RULE.fullmatch(state.src, start, state.eMarks[startLine]):
        return False
    if not silent:
        state.line = startLine + 1
        state.push("hr", "hr", 0).map = [startLine, state.line]
    return True


_OPENERS: dict[str, tuple[Any, ...]] = {
    "`": (fence,),
    "~": (fence,),
    ">": (block_quote,),
    "-": (_rule, list_block),
    "*": (_rule, list_block),
    "+": (list_block,),
    "_": (_rule,),
    "<": (html_block,),
    "#": (heading,),
    **dict.fromkeys("0123456789", (list_block,)),
}
_BOXES = ("[ ] ", "[x] ", "[X] ")


def parse_blocks(source: str) -> tuple[list[Token], dict[str, Any]]:
    """Block tokens of ``source`` (LF line ends only) and the link reference definitions.

    Paragraphs are one ``text`` token with ``meta["lines"]``, a list of ``(start, end)``; tables one
    ``table`` token with ``meta["rows"]``. Raises ``RefusedText`` past a limit.
    """
    env: dict[str, Any] = {INDENTS: []}
    tokens: list[Token] = []
    try:
        _MARKDOWN.block.parse(source, _MARKDOWN, env, tokens)
    except RecursionError:
        raise RefusedText("too-deep", 0) from None
    return tokens, env.get("references", {})


class _CountingState(StateBlock):
    """Block state that refuses a text of too many blocks while it is read."""

    items = 0

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        if len(self.tokens) > MAX_BLOCKS:
            raise RefusedText("too-many-blocks", self.line)
        if ttype == "list_item_open":
            self.items += 1
            if self.items > MAX_ITEMS:
                raise RefusedText("too-many-items", self.line)
        return super().push(ttype, tag, nesting)


class _PlanBlocks(ParserBlock):
    """Block parser that dispatches on the first character and refuses instead of dropping."""

    def parse(
        self, src: str, md: MarkdownIt, env: EnvType, outTokens: list[Token]
    ) -> list[Token] | None:
        state = _CountingState(src, md, env, outTokens)
        self.tokenize(state, 0, state.lineMax)
        return state.tokens

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:
        # What a line that leaves the innermost list item is indented from: see is_too_far_in.
        indents = state.env[INDENTS]
        indents.append(state.blkIndent)
        line = startLine
        blank_seen = False
        while line < endLine:
            state.line = line = state.skipEmptyLines(line)
            if line >= endLine or state.sCount[line] < state.blkIndent:
                break
            if state.level >= MAX_DEPTH:
                raise RefusedText("too-deep", line)
            _one_block(state, line, endLine)
            state.tight = not blank_seen
            line = state.line
            if line - 1 < endLine and state.isEmpty(line - 1):
                blank_seen = True
            if line < endLine and state.isEmpty(line):
                blank_seen = True
                line += 1
                state.line = line
        indents.pop()


def _one_block(state: StateBlock, line: int, end_line: int) -> None:
    if state.sCount[line] - state.blkIndent >= 4:
        code(state, line, end_line, False)
        return
    start = state.bMarks[line] + state.tShift[line]
    first = state.src[start]
    if first == "[":
        # A task's box is never a label, and every task begins with one: spare it the attempt.
        if not state.src.startswith(_BOXES, start) and reference(state, line, end_line, False):
            return
    else:
        for rule in _OPENERS.get(first, ()):
            if rule(state, line, end_line, False):
                return
    if not gridrows.table(state, line, end_line, False):
        _text(state, line, end_line)


def _text(state: StateBlock, start_line: int, end_line: int) -> None:
    """A paragraph, or a heading when an underline ends it.

    https://spec.commonmark.org/0.31.2/#setext-headings
    """
    outer, state.parentType = state.parentType, "paragraph"
    line = start_line + 1
    level = 0
    heads_table = tried = False
    while line < end_line and not state.isEmpty(line):
        indent = state.sCount[line]
        if 0 <= indent - state.blkIndent < 4:
            level = _underline(state, line)
        if level or (_may_begin(state, line) and _interrupts(state, line, end_line)):
            break
        # The last line of a paragraph may head a table, whatever else it looks like.
        # GitHub tries that once: after a delimiter row that fits no header it is all text.
        tried = tried or gridrows.is_delimiter_row(state, line)
        heads_table = not tried and gridrows.table(state, line, end_line, True)
        if heads_table:
            break
        line += 1
    state.parentType = outer
    source = state.src
    lines = []
    for number in range(start_line, line):
        start = state.bMarks[number] + state.tShift[number]
        lines.append((start, state.eMarks[number]))
    token = state.push("heading" if level else "text", "", 0)
    token.content = "\n".join([source[start:end] for start, end in lines]).rstrip(" \t")
    token.meta = {"lines": lines, "level": level}
    state.line = line + 1 if level else line
    token.map = [start_line, state.line]
    if heads_table:
        gridrows.table(state, line, end_line, False)


def _underline(state: StateBlock, line: int) -> int:
    """The level of the heading that this line underlines, or 0."""
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    if text[0] not in "-=":
        return 0
    if text.rstrip(" \t").strip(text[0]):
        return 0
    return 1 if text[0] == "=" else 2


def _may_begin(state: StateBlock, line: int) -> bool:
    """Whether the line is not too far in, and not a lazy line of a quote, to begin a block."""
    indent = state.sCount[line]
    return 0 <= indent < state.blkIndent + 4 and not is_too_far_in(state, line)


def _interrupts(state: StateBlock, line: int, end_line: int) -> bool:
    first = state.src[state.bMarks[line] + state.tShift[line]]
    return any(rule(state, line, end_line, True) for rule in _OPENERS.get(first, ()))


def _make_markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"maxNesting": MAX_DEPTH})
    made.block = _PlanBlocks()
    made.block.ruler.at("table", gridrows.table, {"alt": ["paragraph", "reference"]})
    every: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    made.block.ruler.at("blockquote", block_quote, every)
    made.block.ruler.at("hr", _rule, every)
    made.block.ruler.getRules("")
    return made


_MARKDOWN = _make_markdown()
