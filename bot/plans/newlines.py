"""Whole lines that come into a text, in the line ends that the text around them has."""

from __future__ import annotations

import re
from typing import Final

from bot.plans.document import Document
from bot.plans.proof import Splice

LINE_BREAK: Final = re.compile(r"\r\n?|\n")


class End(Splice):
    """A splice that ends the text: whatever begins before it stays where it is."""

    __slots__ = ()

    def moved(self, position: int) -> int:
        return min(position, self.start)


def line_splice(document: Document, after: int, new: str, grows: str = "") -> Splice:
    """New lines after line ``after`` (0: before the first); a missing final line end stays so."""
    ending = line_ending(document, after)
    if after == 0:
        start = document.lines.start(1)
        return Splice(start, start, new + ending, True, grows)
    start = document.lines.start(after + 1)
    if start == len(document.text) and not document.text.endswith(("\n", "\r")):
        return Splice(start, start, ending + new, True, grows)
    return Splice(start, start, new + ending, True, grows)


def line_ending(document: Document, line: int) -> str:
    """The line end of this line, else of the one before it or after it, else LF."""
    for number in (line, line - 1, line + 1):
        if 0 < number <= len(document.lines):
            end = document.text[document.lines.end(number) : document.lines.start(number + 1)]
            if end:
                return end
    return "\n"
