"""What stands in the issue of a plan that is too long for one: its headings, tasks and tables.

The short form is made of whole lines of the plan in their order, so the mirror merges it like any
older copy: what it leaves out looks like lines that only the file has, and those stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from bot.plans.companions import Feature, shown_feature, shown_parts
from bot.plans.document import Document, parse_document

Form = Literal["whole", "short", "file-only"]
"""What of a plan its issue shows: all of it, the short form, or nothing but a link."""

TEXT_BUDGET = 58_000
"""Characters of plan text that an issue shows; the rest of the body is for markers and a notice.

GitHub takes 65,536 in all: https://docs.github.com/en/rest/issues/issues#create-an-issue
"""

_Block = tuple[str, int, int]


def form_of(text: str) -> Form:
    """How a plan text (LF, no front matter) is shown."""
    if len(text) <= TEXT_BUDGET:
        return "whole"
    return "short" if short_text(text) else "file-only"


@lru_cache(maxsize=8)
def short_text(text: str, budget: int = TEXT_BUDGET) -> str:
    """The headings, tasks and tables of a plan text; "" where even these are too long.

    Lists that hold a task stay whole where there is room for them; else their tasks alone stay,
    with the items they are nested in. No list and no table is ever cut.
    """
    whole = shown_parts(text)
    for tasks_alone in (False, True):
        plan = _shortened(whole.plan, tasks_alone=tasks_alone)
        parts = {n: _shortened(one, tasks_alone=tasks_alone) for n, one in whole.files.items()}
        files = {name: part for name, part in parts.items() if part is not None}
        if plan is None or len(files) < len(parts):
            continue
        short = shown_feature(Feature(plan, files))
        if len(short) <= budget:
            return short
    return ""


def _shortened(text: str, *, tasks_alone: bool) -> str | None:
    """One file's text in short; None where that would not read alike."""
    document = parse_document(text)
    top = list(_outermost(document))
    short = _compose(text, _kept(document, top, tasks_alone=tasks_alone))
    return short if _reads_alike(document, parse_document(short)) else None


def notice(form: Form, path: str) -> str:
    """The line that says what is left out of the issue, and where it is; "" for a whole plan."""
    link = f"[the plan file](../blob/HEAD/{quote(path)})"
    if form == "short":
        return (
            "<!-- plansync:short -->This plan is too long for an issue: here are its headings,"
            f" tasks and tables, which can be ticked and edited as usual. The rest is in {link}."
        )
    if form == "file-only":
        return (
            "<!-- plansync:file-only -->This plan is too long for an issue, even without its text:"
            f" it is only in {link}, and nothing of it is mirrored here. Split it to have it back."
        )
    return ""


def _outermost(document: Document) -> Iterator[_Block]:
    """The blocks that stand in no other one; lines are 1-based, the last one is the line after."""
    end = 0
    for kind, first, after in document.shape.blocks:
        if first >= end:
            yield kind, first, after
            end = after


def _kept(document: Document, top: Sequence[_Block], *, tasks_alone: bool) -> list[range]:
    """The lines that stay, as one range for each stretch that is kept together."""
    boxes = [document.line_of(task.offset) for task in document.tasks]
    tables = [table.line for table in document.tables]
    kept = []
    for kind, first, after in top:
        lines = range(first, after)
        if kind.startswith(("heading", "table")):
            kept.append(lines)
        elif kind.endswith("list_open") and tasks_alone:
            kept += _items(document, lines, boxes)
        elif any(line in lines for line in (*boxes, *tables)):
            kept.append(lines)
    return kept


def _items(document: Document, of_list: range, boxes: Sequence[int]) -> list[range]:
    """The first paragraph of each item that is a task or holds one."""
    inside = [block for block in document.shape.blocks if block[1] in of_list]
    here = [line for line in boxes if line in of_list]
    found: dict[int, int] = {}
    for kind, first, after in inside:
        if kind == "list_item_open" and any(first <= line < after for line in here):
            found[first] = first + 1
    for kind, first, after in inside:
        if kind == "text" and first in found:
            found[first] = max(found[first], after)
    return [range(first, after) for first, after in found.items()]


def _compose(text: str, kept: Sequence[range]) -> str:
    """The kept lines, with a blank one between two stretches that a blank line parted."""
    lines = text.split("\n")
    out: list[str] = []
    end = 1
    for stretch in kept:
        between = lines[end - 1 : stretch.start - 1]
        if out and any(not line.strip() for line in between):
            out.append("")
        out += lines[stretch.start - 1 : stretch.stop - 1]
        while out and not out[-1].strip():
            out.pop()
            # Lists end with the blank lines behind them.
            stretch = range(stretch.start, stretch.stop - 1)
        end = stretch.stop
    return "\n".join(out)


def _reads_alike(whole: Document, short: Document) -> bool:
    """Whether both have the same headings, the same tasks in the same state, the same tables."""

    def said(document: Document) -> tuple[object, ...]:
        return (
            [section.path for section in document.sections],
            [(task.raw, task.checked, task.section) for task in document.tasks],
            [[row.texts for row in table.rows] for table in document.tables],
        )

    return said(whole) == said(short)
