"""Edits of a parsed document: the smallest change of the text, proved by parsing the result.

Every function returns the new text; the same object when nothing would change. It raises
``EditRefused`` when its target is not in the document or when anything else would change with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.plans.document import Document, Field, Section, Task
from bot.plans.newlines import LINE_BREAK, line_ending, line_splice
from bot.plans.plaintext import plain_text
from bot.plans.proof import EditRefused, Expected, Key, Splice, prove, task_fact
from bot.plans.scalars import set_front_matter
from bot.plans.tableedit import append_row, insert_row, remove_row, set_cell

__all__ = [
    "EditRefused",
    "append_row",
    "append_to_section",
    "insert_row",
    "insert_section",
    "remove_row",
    "set_cell",
    "set_field",
    "set_front_matter",
    "set_header",
    "set_task",
    "set_tasks",
]

_BLANKS = " \t"
_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")


class _Ticks(Splice):
    """Single characters are replaced: nothing comes, goes or moves."""

    __slots__ = ()

    def removes(self, position: int, kind: str = "") -> bool:
        return False

    def adds(self, position: int, kind: str = "") -> bool:
        return False

    def moved(self, position: int) -> int:
        return position


def set_task(document: Document, task: Task, checked: bool) -> str:
    """The text with this task ticked (``x``) or unticked (a blank): one character changes."""
    return set_tasks(document, {task: checked})


def set_tasks(document: Document, states: Mapping[Task, bool]) -> str:
    """The text with several tasks ticked or unticked, proved by one re-parse."""
    facts: dict[Key, object] = {}
    indexes = {task.offset: index for index, task in enumerate(document.tasks)}
    characters = []
    for task, checked in sorted(states.items(), key=lambda state: state[0].offset):
        index = indexes.get(task.offset)
        if index is None or document.tasks[index] != task:
            raise EditRefused("This task is not in the document.", "Read it again.", line=task.line)
        if task.checked != checked:
            key, fact = task_fact(document, index, checked)
            facts[key] = fact
            characters.append((task.offset, "x" if checked else " "))
    if not characters:
        return document.text
    start, end = characters[0][0], characters[-1][0] + 1
    pieces, at = [], start
    for offset, character in characters:
        pieces += [document.text[at:offset], character]
        at = offset + 1
    return prove(document, _Ticks(start, end, "".join(pieces)), Expected(facts)).text


def set_field(document: Document, field: Field, value: str) -> str:
    """The text with the field's value set to one line of inline markdown; ``""`` empties it.

    A value on the lines after its key is replaced as a whole.
    """
    if field not in document.fields:
        raise EditRefused(
            f"The field `{field.key}` is not in the document.", "Read it again.", line=field.line
        )
    value = _one_line(value, "A field's value", field.line)
    if field.value == value:
        return document.text
    start, end, new = field.span.start, field.span.end, value
    if start == end:
        new = f" {value}"
    elif not value and not field.following and document.text[start - 1] in _BLANKS:
        start -= 1
    splice = Splice(start, end, new)
    if not _keeps_markup(document, splice, field.line):
        raise EditRefused(
            f"The value's markup would reach into the text around `{field.key}`.",
            "Close what it opens: backticks, stars, brackets, comments.",
            line=field.line,
        )
    key = ("field", field.key_span.start, 0)
    return prove(document, splice, Expected({key: (field.key, value, field.shape)})).text


def _keeps_markup(document: Document, splice: Splice, line: int) -> bool:
    """Whether the paragraph around the value still reads as its parts do."""
    block = next(
        (
            (first, after)
            for kind, first, after in document.shape.blocks
            if kind == "text" and first <= line < after
        ),
        (line, line + 1),
    )
    span = document.lines.whole(*block)
    references = document.shape.references
    before = document.text[span.start : splice.start]
    behind = document.text[splice.end : span.end]
    old = document.text[splice.start : splice.end]

    def parts_read_alone(value: str) -> bool:
        whole = plain_text(before + value + behind, references)
        parts = "".join(plain_text(part, references) for part in (before, value, behind))
        return "".join(whole.split()) == "".join(parts.split())

    return parts_read_alone(splice.new) or not parts_read_alone(old)


def set_header(document: Document, key: str, value: str) -> str:
    """The text with the quoted header line ``key`` (``title``, ``labels``, ``assignees``) set."""
    line = next((one for one in document.header if one.key == key), None)
    if line is None:
        raise EditRefused(f"There is no header line `{key}`.", "Add it by hand.")
    value = _one_line(value, "A header line", line.line)
    if line.value == value:
        return document.text
    start = line.span.start
    glued = start == line.span.end and document.text[start - 1] == ":"
    splice = Splice(start, line.span.end, f" {value}" if glued else value)
    place = ("header line", document.line_start(line.line), 0)
    return prove(document, splice, Expected({place: (key, value)})).text


def append_to_section(document: Document, section: Section, markdown: str) -> str:
    """The text with ``markdown`` at the end of the section and the sections below it.

    It stands before the blank lines and rules that end the section: right after a list or table
    that it carries on, otherwise after a blank line.
    """
    _check_section(document, section)
    lines = _block_lines(markdown)
    if not lines:
        return document.text
    last = _last_content_line(document, section)
    tight = last > section.line and _carries_on(document.line_text(last), lines[0])
    leads: list[list[str]] = [[], [""]] if tight else [[""], []]
    return _insert_lines(document, last, lines, leads)


def insert_section(
    document: Document, after: Section | None, level: int, title: str, markdown: str
) -> str:
    """The text with a new section after ``after`` and all below it, or at the end of the text."""
    title = _one_line(title, "A heading", 1)
    if not 1 <= level <= 6 or not title:
        raise EditRefused("A heading has a text and a level of 1 to 6.", "")
    if after is None:
        last = len(document.lines)
    else:
        _check_section(document, after)
        last = document.line_of(max(after.whole.end - 1, after.heading.start))
    while last > 0 and not document.line_text(last).strip():
        last -= 1
    lines = [f"{'#' * level} {title}"]
    body = _block_lines(markdown)
    if body:
        lines += ["", *body]
    leads: list[list[str]] = [[""], []] if last else [[]]
    return _insert_lines(document, last, lines, leads)


def _insert_lines(document: Document, after: int, lines: list[str], leads: list[list[str]]) -> str:
    """The new lines after line ``after``, with the first lead and trail that prove right."""
    ending = line_ending(document, after)
    followed = after < len(document.lines) and document.line_text(after + 1).strip()
    trails: list[list[str]] = [[""], []] if followed and leads[0] else [[], [""]]
    first = document.lines.start(after + 1)
    refused: EditRefused | None = None
    for lead in leads:
        for trail in trails:
            splice = line_splice(document, after, ending.join([*lead, *lines, *trail]))
            try:
                proved = prove(document, splice, Expected())
            except EditRefused as error:
                refused = refused or error
                continue
            starts = {proved.line_start(line) for _, line, _ in proved.shape.blocks}
            if any(splice.adds(start) for start in starts if start >= first):
                return proved.text
    message = "The new lines would not stand on their own."
    raise refused or EditRefused(message, "", line=max(after, 1))


def _last_content_line(document: Document, section: Section) -> int:
    last = document.line_of(max(section.whole.end - 1, section.heading.start))
    floor = document.line_of(section.heading.end - 1)
    rules = {first for kind, first, _ in document.shape.blocks if kind == "hr"}
    while last > floor and (not document.line_text(last).strip() or last in rules):
        last -= 1
    return last


def _carries_on(above: str, first: str) -> bool:
    """Whether a line carries on the list or table that the line above belongs to."""
    if _ITEM.match(first):
        return _ITEM.match(above) is not None or above.startswith(("  ", "\t"))
    return first.lstrip().startswith("|") and above.lstrip().startswith("|")


def _block_lines(markdown: str) -> list[str]:
    lines = LINE_BREAK.split(markdown)
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return lines


def _check_section(document: Document, section: Section) -> None:
    if section not in document.sections:
        raise EditRefused(
            f"The section `{section.title}` is not in the document.",
            "Read it again.",
            line=section.line,
        )


def _one_line(value: str, what: str, line: int) -> str:
    value = value.strip()
    if LINE_BREAK.search(value):
        raise EditRefused(f"{what} is one line.", "Leave the line break out.", line=line)
    return value
