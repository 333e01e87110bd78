"""The parts of a parsed document: sections, tasks, tables, header lines and comments.

Every offset is a code point of ``Document.text``. Plain texts are worked out when asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from bot.plans.lines import Span
from bot.plans.plaintext import NO_REFERENCES, References, inline_text, normalise_dashes, plain_text

_OWN_ID = re.compile(
    r"[\[({*_`\"]*(?P<id>T[0-9]{2,5}|[A-Z]{1,5}-[0-9]{1,5}[a-z]?(?:/[A-Z]{1,5}-[0-9]{1,5}[a-z]?)*)"
    r"(?![\w/-])"
)
# Headings and keys are compared over and over; longer texts are not worth keeping.
_SHORT = 200
# Names that look like an id and are none.
_NO_IDS = frozenset({"UTF", "SHA", "ISO", "RFC", "AES", "CVE", "HTTP", "TLS", "MD", "UTC", "GPT"})


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the document itself (not one in a list or quote) and what it heads.

    ``heading`` covers its lines with the line end, ``body`` runs to the next heading of any level,
    ``whole`` from the heading to the next one of the same or a higher level.
    """

    level: int
    title: str
    line: int
    path: tuple[str, ...]
    heading: Span
    body: Span
    whole: Span


@dataclass(frozen=True, slots=True)
class Task:
    """A GFM task list item: https://github.github.com/gfm/#task-list-items-extension-

    ``line`` is the 1-based line of the list marker, ``offset`` the character between the brackets,
    ``item`` the lines of the whole list item without trailing blank lines, ``raw`` the source of
    its first paragraph after the box (its lines stripped and joined by ``\\n``), ``depth`` how many
    list items enclose it, ``parent`` the index of the nearest enclosing task.
    """

    line: int
    offset: int
    checked: bool
    raw: str
    section: tuple[str, ...]
    depth: int
    parent: int | None
    item: Span
    paragraph: Span
    in_quote: bool
    references: References = field(default=NO_REFERENCES, repr=False)

    @property
    def text(self) -> str:
        """The first paragraph as plain text, box removed, blanks collapsed."""
        return plain_text(self.raw, self.references)

    @property
    def own_id(self) -> str | None:
        """The id that the text begins with (``T012``, ``R-1``, ``S-1/T-2``), dashes as ``-``."""
        match = _OWN_ID.match(normalise_dashes(self.raw))
        if match is None or match["id"].split("-")[0] in _NO_IDS:
            return None
        return match["id"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell. ``span`` is its trimmed source; empty where text would go for an empty cell.

    ``present`` is False for a cell that its row leaves out and GitHub draws as empty; its span is
    the end of the row.
    """

    raw: str
    span: Span
    present: bool = True
    references: References = field(default=NO_REFERENCES, repr=False)

    @property
    def text(self) -> str:
        """The cell as plain text, pipes unescaped."""
        return inline_text(self.raw.replace("\\|", "|"), self.references)


@dataclass(frozen=True, slots=True)
class Row:
    """A table row as GitHub draws it: as many cells as the header. ``span``: its content."""

    line: int
    cells: tuple[Cell, ...]
    span: Span

    @property
    def texts(self) -> tuple[str, ...]:
        """The plain texts of the cells."""
        return tuple(cell.text for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A GFM table; ``span`` covers its lines with their line ends, ``delimiter`` its second row."""

    line: int
    section: tuple[str, ...]
    header: Row
    delimiter: Row
    rows: tuple[Row, ...]
    span: Span

    def column(self, name: str) -> int | None:
        """The index of the column with this heading; case and kind of dash do not matter."""
        wanted = fold(name)
        for index, cell in enumerate(self.header.cells):
            if fold(cell.text) == wanted:
                return index
        return None


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One line of the quoted template header; ``key`` is ``title``, ``labels`` or ``assignees``."""

    key: str
    value: str
    span: Span
    line: int


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment: ``text`` is what stands between its marks, ``span`` includes them."""

    text: str
    span: Span
    line: int


def fold(text: str) -> str:
    """``text`` as headings and columns are compared: any dash, any case, blanks collapsed."""
    return _folded(text) if len(text) <= _SHORT else _folded.__wrapped__(text)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return " ".join(normalise_dashes(text).split()).casefold()
