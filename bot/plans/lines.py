"""Where the lines of a text begin and end, in code points, with nothing normalised.

Markdown knows three line endings (CR LF, LF and CR): https://spec.commonmark.org/0.31.2/#line-ending
``str.splitlines`` also cuts at form feeds, U+0085 and U+2028, which would shift every line number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points of ``Document.text``."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The part of ``text`` that this span covers."""
        return text[self.start : self.end]

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end


@dataclass(frozen=True, slots=True)
class Lines:
    """Line table: ``starts[i]`` to ``ends[i]`` is line ``i + 1`` without its line end.

    A text that ends in a line end has no empty last line; a leading byte order mark belongs to no
    line. ``length`` is the length of the text.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    length: int

    @classmethod
    def of(cls, text: str) -> Lines:
        """The line table of ``text``."""
        first = 1 if text.startswith("\ufeff") else 0
        if "\r" in text:
            matches = list(_LINE_END.finditer(text, first))
            starts = [first, *(match.end() for match in matches)]
            ends = [*(match.start() for match in matches), len(text)]
        else:
            parts = text[first:].split("\n")
            ends = list(accumulate((len(part) + 1 for part in parts), initial=first - 1))[1:]
            starts = [first, *(end + 1 for end in ends[:-1])]
        if starts[-1] == len(text) and len(starts) > 1:
            starts.pop()
            ends.pop()
        return cls(tuple(starts), tuple(ends), len(text))

    def __len__(self) -> int:
        return len(self.starts)

    def line_of(self, offset: int) -> int:
        """The 1-based line that ``offset`` stands in; its line end belongs to it."""
        return max(1, bisect_right(self.starts, offset))

    def start(self, line: int) -> int:
        """Where the 1-based ``line`` begins; the end of the text for a line past the last."""
        return self.starts[line - 1] if line <= len(self.starts) else self.length

    def end(self, line: int) -> int:
        """Where the 1-based ``line`` ends, before its line end."""
        return self.ends[line - 1] if line <= len(self.ends) else self.length

    def whole(self, first: int, after: int) -> Span:
        """The span of the 1-based lines ``first`` up to, not including, ``after``."""
        return Span(self.start(first), self.start(after))
