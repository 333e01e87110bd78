"""The lines of a plan as the mirror compares them: what a line is, apart from its box's state.

A plan issue and its plan file are merged line by line. Whether a box is ticked, which cells a table
row has and which values its fields have is told apart here, so that two people who change different
things of one line are no conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.plans.document import Document, Table, fold, parse_document

Kind = Literal["blank", "heading", "task", "row", "text"]

_MARKER = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_NUMBER = re.compile(r"#?\w{0,5}-?\d{1,5}[a-z]?\Z")
_TITLES = frozenset({"task", "requirement", "assumption", "question", "risk", "role", "component"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One line.

    ``text`` has its box emptied, ``mark`` is the character that stands in the box ("" without one).
    ``name`` is what makes two lines the same one although the list is renumbered or nested, ``id``
    what stays when the name is edited (a task's own id, a row's number). ``slots`` are the spans in
    ``text`` that are merged one by one.
    """

    text: str
    mark: str
    kind: Kind
    section: tuple[str, ...]
    name: str
    id: str = ""
    slots: tuple[tuple[int, int], ...] = ()

    @property
    def checked(self) -> bool | None:
        """Whether the box is ticked; None for a line without a box."""
        return self.mark not in ("", " ") if self.mark else None

    @property
    def line(self) -> str:
        """The line as it stands."""
        return self.with_mark(self.mark)

    def with_mark(self, mark: str) -> str:
        """The line with another character in its box."""
        return self.text.replace("[ ]", f"[{mark}]", 1) if self.mark else self.text

    @property
    def values(self) -> tuple[str, ...]:
        """What stands in the slots."""
        return tuple(self.text[start:end] for start, end in self.slots)

    @property
    def frame(self) -> str:
        """The line without what stands in its slots and without its padding."""
        parts, at = [], 0
        for start, end in self.slots:
            parts.append(self.text[at:start])
            at = end
        return "\0".join(" ".join(part.split()) for part in [*parts, self.text[at:]])

    def filled(self, values: Sequence[str]) -> str:
        """The line with other values in its slots; its padding stays."""
        parts, at = [], 0
        for (start, end), value in zip(self.slots, values, strict=True):
            parts.append(self.text[at:start])
            parts.append(self._padded(start, value) if start == end and start else value)
            at = end
        return "".join([*parts, self.text[at:]])

    def _padded(self, at: int, value: str) -> str:
        """A value for an empty slot, with a blank to either side."""
        if not value:
            return value
        before = "" if self.text[at - 1] in " \t" else " "
        return f"{before}{value}{'' if self.text[at : at + 1] in (' ', chr(9)) else ' '}"


def read_units(text: str) -> list[Unit]:
    """The lines of a text whose lines end in LF. Never raises."""
    document = parse_document(text)
    boxes = {document.line_of(task.offset): task for task in document.tasks}
    rows = dict(_rows(document))
    fields: dict[int, list[tuple[int, int]]] = {}
    for field in document.fields:
        if not field.following:
            fields.setdefault(field.line, []).append((field.span.start, field.span.end))
    headings = {section.line: section for section in document.sections}
    section: tuple[str, ...] = ()
    units = []
    for number, line in enumerate(text.split("\n"), start=1):
        start = document.line_start(number)
        if number in headings:
            section = headings[number].path
            units.append(Unit(line, "", "heading", section[:-1], fold(section[-1])))
        elif number in boxes:
            task = boxes[number]
            units.append(_task(line, task.offset - start, section, task.own_id or ""))
        elif number in rows:
            title, own_id, cells = rows[number]
            slots = tuple((one - start, other - start) for one, other in cells)
            units.append(Unit(line, "", "row", section, title, own_id, slots))
        elif not line.strip():
            units.append(Unit(line, "", "blank", section, ""))
        else:
            spans = tuple((one - start, other - start) for one, other in fields.get(number, ()))
            units.append(_text(line, section, spans))
    return units


def _task(line: str, box: int, section: tuple[str, ...], own_id: str) -> Unit:
    text = f"{line[:box]} {line[box + 1 :]}"
    before = text.find("[ ]")
    if before != box - 1:
        # A link or a second box stands before it: then the line is compared as it is.
        return Unit(line, "", "text", section, " ".join(line.split()))
    rest = box + 2
    name = " ".join(text[rest:].split())
    return Unit(text, line[box], "task", section, name, own_id, ((0, before), (rest, len(text))))


def _text(line: str, section: tuple[str, ...], fields: tuple[tuple[int, int], ...]) -> Unit:
    marker = _MARKER.match(line)
    rest = marker.end() if marker else 0
    if not fields:
        slots: tuple[tuple[int, int], ...] = ((0, rest), (rest, len(line)))
    else:
        slots = ((0, rest), *fields) if all(start >= rest for start, _ in fields) else ()
    return Unit(line, "", "text", section, " ".join(line[rest:].split()), "", slots)


def _rows(document: Document) -> Iterator[tuple[int, tuple[str, str, list[tuple[int, int]]]]]:
    """Line to title, number and cell spans of every row under a table's head."""
    for table in document.tables:
        column = _title_column(table)
        for row in table.rows:
            texts = row.texts
            spans = [(cell.span.start, cell.span.end) for cell in row.cells if cell.present]
            number = texts[0] if texts and _NUMBER.match(texts[0]) else ""
            title = texts[column] if column < len(texts) else ""
            yield row.line, (fold(title) or fold("|".join(texts)), number, spans)


def _title_column(table: Table) -> int:
    names = [fold(cell.text) for cell in table.header.cells]
    named = next((n for n, name in enumerate(names) if name in _TITLES), None)
    if named is not None:
        return named
    return 1 if len(names) > 1 and names[0] in ("#", "id", "no", "nr") else 0
