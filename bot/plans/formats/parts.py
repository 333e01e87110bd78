"""What every format is read with: headings, boxes, tables and the header, found tolerantly."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.plans.cellwords import is_settled
from bot.plans.document import (
    Document,
    Field,
    Row,
    Section,
    Span,
    Table,
    Task,
    fold,
    parse_document,
)
from bot.plans.model import Header, Part, PlanTask, Progress, TaskState
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.plaintext import normalise_dashes
from bot.plans.prose import body_text, is_example_row
from bot.plans.slug import slug

_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[A-Z][.)])\s+")
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\s*$")
_PHASE = re.compile(r"phase\s+(?P<key>\d{1,3}[a-z]?)\s*(?:[:.\-]+\s*)?(?P<name>.*)", re.IGNORECASE)


def find_section(document: Document, title: str, under: Section | None = None) -> Section | None:
    """The first section with this heading, inside ``under`` when that is given.

    Any case and dash; a number before the heading or a parenthesis after it does not matter, but
    a heading that has neither is preferred.
    """
    wanted = fold(title)
    headings = _headings(document.text)
    for found in (headings.exact.get(wanted, ()), headings.loose.get(wanted, ())):
        for section in found:
            if under is None or _is_below(section, under):
                return section
    return None


@dataclass(frozen=True, slots=True)
class _Headings:
    exact: dict[str, list[Section]]
    loose: dict[str, list[Section]]


@lru_cache(maxsize=32)
def _headings(text: str) -> _Headings:
    # By text, because every format asks every document for a dozen headings.
    found = _Headings({}, {})
    for section in parse_document(text).sections:
        found.exact.setdefault(fold(section.title), []).append(section)
        bare = _NUMBERED.sub("", " ".join(normalise_dashes(section.title).split())).casefold()
        for name in {bare, _PARENTHESIS.sub("", bare)}:
            found.loose.setdefault(name, []).append(section)
    return found


def _is_below(section: Section, under: Section) -> bool:
    return section is not under and section.heading.start in under.whole


@lru_cache(maxsize=4096)
def same_heading(title: str, wanted: str) -> bool:
    """Whether a heading is the wanted one, with a number before it or a parenthesis after it."""
    found, goal = fold(title), fold(wanted)
    bare = _NUMBERED.sub("", " ".join(normalise_dashes(title).split())).casefold()
    return goal in (found, bare, _PARENTHESIS.sub("", bare))


def sections_below(document: Document, section: Section) -> tuple[Section, ...]:
    """The sections inside a section, in order."""
    first = bisect_right(document.sections, section.heading.start, key=_heading_start)
    after = bisect_left(document.sections, section.whole.end, key=_heading_start)
    return document.sections[first:after]


def _heading_start(section: Section) -> int:
    return section.heading.start


def tasks_in(document: Document, span: Span) -> tuple[Task, ...]:
    """The boxes of a span; like ``Document.tasks_in``, without looking at all the others."""
    first = bisect_left(document.tasks, span.start, key=lambda task: task.offset)
    after = bisect_left(document.tasks, span.end, key=lambda task: task.offset)
    return document.tasks[first:after]


def fields_in(document: Document, span: Span) -> tuple[Field, ...]:
    """The fields of a span; like ``Document.fields_in``, without looking at all the others."""
    first = bisect_left(document.fields, span.start, key=lambda field: field.key_span.start)
    after = bisect_left(document.fields, span.end, key=lambda field: field.key_span.start)
    return document.fields[first:after]


def find_field(document: Document, key: str, span: Span | None = None) -> Field | None:
    """The first field with this key, inside ``span`` when that is given."""
    wanted = fold(key)
    found = document.fields if span is None else fields_in(document, span)
    return next((field for field in found if fold(field.key) == wanted), None)


def matching_headings(document: Document, titles: Iterable[str]) -> int:
    """How many of these headings the document has."""
    return sum(find_section(document, title) is not None for title in titles)


def confidence(title: bool, path: bool, hits: int, enough: int = 4) -> float:
    """How sure a format is: its title, its path, and how many of its own headings there are."""
    return round(0.4 * title + 0.1 * path + 0.5 * min(1.0, hits / enough), 3)


def main_title(document: Document) -> str:
    """The text of the first top heading, ``""`` without one."""
    return next((section.title for section in document.sections if section.level == 1), "")


def title_part(document: Document, prefix: str) -> str:
    """The title without the words that every plan of the format begins with."""
    title = main_title(document)
    return title[len(prefix) :].strip() if fold(title).startswith(fold(prefix)) else title


def read_header(document: Document) -> Header | None:
    """The quoted template header; placeholders in it are no values."""
    if not document.header:
        return None
    values = {line.key: line.value for line in document.header}
    return Header(
        title=values.get("title") or None,
        labels=_list(values.get("labels", "")),
        assignees=tuple(name.lstrip("@") for name in _list(values.get("assignees", ""))),
        line=document.header[0].line,
    )


def _list(value: str) -> tuple[str, ...]:
    parts = (part.strip() for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part and not is_placeholder(part)))


def box(task: Task, address: str, group: str = "", path: str = "") -> PlanTask:
    """A task list item as a task of a plan."""
    settled = is_settled(task)
    return PlanTask(
        address=address,
        text=task.text or " ".join(task.raw.split()),
        line=task.line,
        state=TaskState.COMPLETE if settled else TaskState.PENDING,
        group=group,
        own_id=task.own_id,
        settled=settled,
        offset=task.offset,
        path=path,
    )


def boxes(
    document: Document, span: Span, prefix: str, group: str, path: str = "", start: int = 1
) -> tuple[PlanTask, ...]:
    """The boxes of a span, addressed ``<prefix>1``, ``<prefix>2`` … from ``start``."""
    return tuple(
        box(task, f"{prefix}{place}", group, path)
        for place, task in enumerate(tasks_in(document, span), start)
    )


def other_boxes(
    document: Document, taken: Iterable[PlanTask], path: str = ""
) -> tuple[PlanTask, ...]:
    """The boxes that no rule of the format reads, addressed by their section: ``notes.2``."""
    known = {task.offset for task in taken if task.path == path}
    counts: dict[str, int] = {}
    found = []
    for task in document.tasks:
        if task.offset in known:
            continue
        key = slug(task.section[-1] if task.section else "top")
        counts[key] = counts.get(key, 0) + 1
        found.append(box(task, f"{key}.{counts[key]}", path=path))
    return tuple(found)


def phase_of(title: str) -> tuple[str, str] | None:
    """The number and name of a heading ``Phase N: name``; None for any other heading."""
    match = _PHASE.fullmatch(" ".join(normalise_dashes(title).split()))
    return (match["key"], match["name"]) if match else None


def find_table(
    document: Document, section: Section | None, columns: Collection[str] = ()
) -> Table | None:
    """The first table of a section that has these columns; one right below its heading first."""
    if section is None:
        return None
    for span in (section.body, section.whole):
        for table in document.tables_in(span):
            if all(table.column(name) is not None for name in columns):
                return table
    return None


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table that is no example of the template, read by its columns' names.

    Where several names are given the first one that the table has counts; a column that it lacks
    reads as ``""``.
    """

    table: Table
    row: Row

    @property
    def line(self) -> int:
        """The 1-based line of the row."""
        return self.row.line

    @property
    def number(self) -> str:
        """The cell under ``#``, dashes and a leading ``#`` made plain."""
        return normalise_dashes(self.text("#")).strip().lstrip("#").strip().upper()

    def raw(self, *names: str) -> str:
        """The cell as it is written."""
        for name in names:
            column = self.table.column(name)
            if column is not None:
                return self.row.cells[column].raw
        return ""

    def text(self, *names: str) -> str:
        """The cell as plain text."""
        for name in names:
            column = self.table.column(name)
            if column is not None:
                return self.row.cells[column].text
        return ""

    def value(self, *names: str) -> str:
        """The cell as plain text, and ``""`` while it holds a placeholder."""
        return "" if placeholder_spans(self.raw(*names)) else self.text(*names)


def records(
    document: Document, section: Section | None, columns: Collection[str]
) -> Iterator[Record]:
    """The rows of the first table of a section that has these columns."""
    table = find_table(document, section, columns)
    if table is not None:
        yield from (Record(table, row) for row in table.rows if not is_example_row(table, row))


def field_value(document: Document, key: str, span: Span | None = None) -> str:
    """A field's value, ``""`` when there is none or it still holds a placeholder."""
    found = find_field(document, key, span)
    if found is None or placeholder_spans(found.value):
        return ""
    return found.value.strip()


def section_part(document: Document, section: Section, name: str | None = None) -> Part:
    """A section that is to be filled in; its text is what stands below it without placeholders."""
    text = body_text(document, section.whole)
    text = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
    unfilled = bool(placeholder_spans(text))
    return Part(name or section.title, section.line, "" if unfilled else text, unfilled)


def counted(tasks: Iterable[PlanTask]) -> Progress:
    """Settled tasks over all of them."""
    found = tuple(tasks)
    return Progress(sum(task.settled for task in found), len(found))
