"""What of a pull request's text is its author's own prose, line by line.

Only what a reader sees as said now counts: code spans, fences, indented code, block quotes, tables,
HTML blocks and comments, and what is struck out are passed over.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from markdown_it import MarkdownIt

LONGEST_TEXT = 262_144
"""Characters of a body that are read; GitHub itself ends it at 65,536."""

_LONGEST_TITLE = 300

_MARKS = re.compile(r"(?P<ticks>`+)|<!--")
_TICKS = re.compile(r"`+")
_STRUCK = re.compile(r"(?<![\w~])(~{1,2})(?=[^\s~])[^\n]{0,2000}?(?<=[^\s~])\1(?![\w~])")
_SET_APART = re.compile(
    r"<(code|del|strike|s|q|kbd|samp)\b[^<>\n]{0,200}>.{0,400}?</\1\s*>", re.IGNORECASE | re.DOTALL
)
_QUOTED = re.compile(
    r"\"[^\"\n]{0,400}\"|“[^”\n]{0,400}”|„[^“”\n]{0,400}[“”]|«[^»\n]{0,400}»"
    r"|(?<!\w)'[^'\n]{0,400}'(?!\w)|(?<!\w)‘[^’\n]{0,400}’(?!\w)"
)

_BLOCKS = MarkdownIt("gfm-like", {"maxNesting": 200, "linkify": False}).disable(
    ["inline", "text_join"]
)


@dataclass(frozen=True, slots=True)
class ProseLine:
    """One line of prose with what does not count blanked; ``line`` is its number, from 1.

    ``code`` says that something in code spans was blanked.
    """

    line: int
    text: str
    code: bool = False


def prose_lines(body: str) -> list[ProseLine]:
    """The lines of a text that are prose, in order. Never raises.

    https://github.github.com/gfm/
    """
    found: list[ProseLine] = []
    quotes = tables = 0
    for token in _BLOCKS.parse(body[:LONGEST_TEXT].replace("\x00", "�")):
        if token.type.startswith("blockquote"):
            quotes += token.nesting
        elif token.type.startswith("table"):
            tables += token.nesting
        elif token.type == "inline" and not quotes and not tables:
            first = token.map[0] + 1 if token.map else 1
            code, text = _own_words(token.content)
            found += [
                ProseLine(first + index, line, index in code)
                for index, line in enumerate(text.split("\n"))
            ]
    return found


def unquoted(line: str) -> str:
    """The line with everything between quotation marks blanked; its length stays."""
    return _QUOTED.sub(_blank, line)


def title_words(title: str) -> str:
    """A title or a commit's subject without what it quotes or sets in code; its length stays."""
    return unquoted(_own_words(" ".join(title[:_LONGEST_TITLE].split()))[1])


def _own_words(text: str) -> tuple[set[int], str]:
    """The text with code, comments and struck words blanked, and the lines where code stood."""
    runs: dict[int, list[int]] = {}
    for run in _TICKS.finditer(text):
        runs.setdefault(len(run[0]), []).append(run.start())
    pieces: list[str] = []
    code: set[int] = set()
    at = 0
    while match := _MARKS.search(text, at):
        start, end = match.span()
        if match["ticks"]:
            start += _is_escaped(text, start)
            close = _closing_run(runs, end - start, end)
            if end == start or close is None:
                pieces.append(text[at:end])
                at = end
                continue
            end = close + end - start
            code.add(text.count("\n", 0, start))
        else:
            after = text.find("-->", start)
            end = len(text) if after < 0 else after + 3
        pieces += [text[at:start], _blanked(text[start:end])]
        at = end
    pieces.append(text[at:])
    return code, _STRUCK.sub(_blank, _SET_APART.sub(_blank, "".join(pieces)))


def _closing_run(runs: dict[int, list[int]], length: int, after: int) -> int | None:
    places = runs.get(length, [])
    index = bisect_left(places, after)
    return places[index] if index < len(places) else None


def _is_escaped(text: str, position: int) -> bool:
    first = position
    while first and text[first - 1] == "\\":
        first -= 1
    return (position - first) % 2 == 1


def _blank(match: re.Match[str]) -> str:
    return _blanked(match[0])


def _blanked(text: str) -> str:
    return "".join("\n" if character == "\n" else " " for character in text)
