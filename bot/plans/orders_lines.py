"""Edits that commands need beside those of ``bot.plans.edit``: lines under a box, words after it.

Proved like those: everything but the target is still there, or ``EditRefused``.
"""

from __future__ import annotations

import re

from bot.plans.document import Document, Section, Task
from bot.plans.edit import append_to_section
from bot.plans.newlines import End, line_splice
from bot.plans.proof import EditRefused, Expected, Splice, prove, task_fact
from bot.plans.prose import lone_placeholder

_NA = re.compile(r"[-\u2010-\u2015\u2212]{1,2}[ \t]*N/A[ \t]*:", re.IGNORECASE)


def words_after(document: Document, task: Task, words: str) -> str:
    """The text with ``words`` at the end of the box's own words."""
    source = document.text[task.offset : task.paragraph.end]
    end = task.offset + len(source.rstrip())
    return _reworded(document, task, Splice(end, end, words), task.raw.rstrip() + words)


def without_na(document: Document, task: Task) -> str:
    """The text without the ``— N/A: reason`` at the end of the box's words."""
    source = document.text[task.offset : task.paragraph.end].rstrip()
    words = before_na(source)
    if words == source:
        return document.text
    start, end = task.offset + len(words), task.offset + len(source)
    return _reworded(document, task, Splice(start, end, ""), before_na(task.raw.rstrip()))


def before_na(source: str) -> str:
    """What stands before a ``— N/A: reason`` on the last line; the source itself without one."""
    last = source.rfind("\n")
    found = next((one for one in _NA.finditer(source) if one.end() > last), None)
    return source if found is None else source[: found.start()].rstrip(" \t")


def _reworded(document: Document, task: Task, splice: Splice, raw: str) -> str:
    index = document.tasks.index(task)
    key, fact = task_fact(document, index, task.checked)
    assert isinstance(fact, tuple)  # noqa: S101 - what task_fact gives
    return prove(document, splice, Expected({key: (fact[0], raw, *fact[2:])})).text


def line_under(document: Document, task: Task, bullet: str) -> str:
    """The text with a nested bullet right below the box's own words.

    Where a list already stands there, it is that list's last bullet.
    """
    line = document.line_of(task.offset)
    before = document.text[document.line_start(line) : task.offset - 1]
    indent = re.sub(r"[^>\s]", " ", before)
    new = f"{indent}- {bullet}"
    try:
        return insert_line(document, last_line(document, task), new)
    except EditRefused:
        end = document.line_of(max(task.item.end - 1, task.offset))
        return insert_line(document, end, new)


def last_line(document: Document, task: Task) -> int:
    """The 1-based line on which the box's own words end."""
    source = document.text[task.offset : task.paragraph.end].rstrip()
    return document.line_of(task.offset + max(len(source) - 1, 0))


def insert_line(document: Document, after: int, line: str) -> str:
    """The text with one more line."""
    return prove(document, line_splice(document, after, line), Expected()).text


def remove_line(document: Document, line: int) -> str:
    """The text without one line."""
    span = document.lines.whole(line, line + 1)
    if span.end == len(document.text) and not document.text.endswith(("\n", "\r")) and line > 1:
        splice: Splice = End(document.lines.end(line - 1), span.end, "", lines=True)
        return prove(document, splice, Expected()).text
    return prove(document, Splice(span.start, span.end, "", lines=True), Expected()).text


def replace_line(document: Document, line: int, new: str) -> str:
    """The text with another line in this one's place; its line end stays."""
    start, end = document.lines.start(line), document.lines.end(line)
    return prove(document, Splice(start, end, new, lines=True), Expected()).text


def first_entry(document: Document, section: Section, bullet: str) -> str:
    """The text with a bullet at the section's end, in the place of a placeholder standing alone."""
    alone = lone_placeholder(document, section)
    if alone is not None and "\n" not in alone.of(document.text):
        line = document.line_of(alone.start)
        try:
            return replace_line(document, line, bullet)
        except EditRefused:
            pass
    return append_to_section(document, section, bullet)
