"""Commands that read and edit a plan in a checkout: ``outline``, ``tick`` and ``set``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from bot.cli.planfiles import (
    expand,
    read_document,
    read_text,
    repository_path,
    repository_root,
    shown,
    told,
    write_text,
)
from bot.cli.selecting import addresses_of, find_cell, find_field, find_task
from bot.plans.document import Document, parse_document
from bot.plans.edit import set_cell, set_field, set_front_matter, set_header, set_tasks
from bot.plans.formats import read_plan
from bot.plans.model import Plan
from bot.plans.outline import outline as outline_of

_WORDS = {"true": True, "false": False}


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("as_json", "--json", is_flag=True, help="One JSON object a line.")
def outline(paths: tuple[str, ...], as_json: bool) -> None:
    """Show what a plan is made of: sections, tasks with their addresses, tables, fields.

    With --json a line for each file: path, format, sections, tasks (line, offset of the character
    in the box, checked, text, section, id, address), tables, fields, front_matter, problems.

    \b
    Example:
      plansync outline plan_docs/search.md --json
    """
    for path, _ in expand(paths):
        document = parse_document(read_text(path))
        plan = _plan(path, document)
        found = outline_of(document, shown(path), plan.format if plan else None, addresses_of(plan))
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))
            continue
        click.echo(f"{shown(path)}: {plan.format if plan else 'no plan'}")
        for line, text in sorted(_outline_lines(document, addresses_of(plan))):
            click.echo(f"{line:6} {text}")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("tasks", nargs=-1, required=True, metavar="TASK...")
@click.option("--undo", is_flag=True, help="Untick instead.")
def tick(path: Path, tasks: tuple[str, ...], undo: bool) -> None:
    """Tick tasks of a plan: one character of the file changes for each.

    TASK is an address (2.3, A.3, S-1/T-2, T012, R-1), the beginning of the task's text where only
    one task begins so, or :LINE. plansync outline lists them.

    \b
    Example:
      plansync tick plan_docs/search.md 2.1 "Backend/API"
    """
    document = read_document(path)
    plan = _plan(path, document)
    found = {find_task(shown(path), document, plan, name): not undo for name in tasks}
    with told(path):
        changed = set_tasks(document, found)
    if changed != document.text:
        write_text(path, changed)
    mark = " " if undo else "x"
    for task in found:
        already = "" if task.checked is undo else "already "
        click.echo(f"{shown(path)}:{task.line}: {already}[{mark}] {task.text}")


@click.command("set")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--cell",
    "cells",
    nargs=2,
    multiple=True,
    metavar="HEADING/ROW/COLUMN VALUE",
    help="A table's cell. ROW is the # of the row, #N for the Nth, or how its first cell begins.",
)
@click.option(
    "--field", "fields", nargs=2, multiple=True, metavar="[HEADING/]KEY VALUE", help="A field."
)
@click.option(
    "--front-matter", "scalars", multiple=True, metavar="KEY=VALUE", help="Such as git.branch=main."
)
@click.option(
    "--header",
    "headers",
    nargs=2,
    multiple=True,
    metavar="KEY VALUE",
    help="A line of the quoted header: title, labels or assignees.",
)
def set_values(
    path: Path,
    cells: tuple[tuple[str, str], ...],
    fields: tuple[tuple[str, str], ...],
    scalars: tuple[str, ...],
    headers: tuple[tuple[str, str], ...],
) -> None:
    """Set cells, fields and front matter of a plan; nothing else of the file changes.

    Either all of it is written or, when one cannot be, nothing.

    \b
    Example:
      plansync set docs/user-stories/2026-11-21-search.md \\
        --cell "Implementation Plan/2/Status" "In Progress" --field Status Ready
    """
    edits: list[Callable[[Document], str]] = []
    edits += [_cell_edit(selector, value) for selector, value in cells]
    edits += [_field_edit(selector, value) for selector, value in fields]
    edits += [_scalar_edit(pair) for pair in scalars]
    edits += [_header_edit(key, value) for key, value in headers]
    if not edits:
        raise click.UsageError("Say what to set: --cell, --field, --front-matter or --header.")
    text = before = read_document(path).text
    with told(path):
        for edit in edits:
            text = edit(parse_document(text))
    if text == before:
        click.echo(f"{shown(path)}: nothing to change")
        return
    write_text(path, text)
    old, new = parse_document(before), parse_document(text)
    for number in range(1, len(new.lines) + 1):
        line = new.line_text(number)
        if number > len(old.lines) or old.line_text(number) != line:
            click.echo(f"{shown(path)}:{number}: {line}")


def _plan(path: Path, document: Document) -> Plan | None:
    return read_plan(repository_path(repository_root(path), path), document)


def _outline_lines(document: Document, addresses: dict[int, str]) -> Iterator[tuple[int, str]]:
    for section in document.sections:
        yield section.line, f"{'#' * section.level} {section.title}"
    for task in document.tasks:
        address = addresses.get(task.offset) or task.own_id or f":{task.line}"
        yield task.line, f"  [{'x' if task.checked else ' '}] {address}  {task.text}"
    for table in document.tables:
        yield table.line, f"  | {' | '.join(table.header.texts)} | ({len(table.rows)} rows)"


def _cell_edit(selector: str, value: str) -> Callable[[Document], str]:
    def edit(document: Document) -> str:
        table, row, column = find_cell(document, selector)
        return set_cell(document, table, row, column, value)

    return edit


def _field_edit(selector: str, value: str) -> Callable[[Document], str]:
    return lambda document: set_field(document, find_field(document, selector), value)


def _scalar_edit(pair: str) -> Callable[[Document], str]:
    key, equals, text = pair.partition("=")
    if not equals:
        raise click.BadParameter(f"{pair!r} is not KEY=VALUE.", param_hint="--front-matter")

    def edit(document: Document) -> str:
        current: object = document.front_matter.data if document.front_matter else None
        for part in key.split("."):
            current = current.get(part) if isinstance(current, Mapping) else None
        return set_front_matter(document, key, _typed(text, current))

    return edit


def _typed(text: str, current: object) -> str | bool | int | float:
    """The value in the type that stands there now, where it can be one."""
    if isinstance(current, bool):
        return _WORDS.get(text.casefold(), text)
    if isinstance(current, int) and re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if isinstance(current, float) and re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", text):
        return float(text)
    return text


def _header_edit(key: str, value: str) -> Callable[[Document], str]:
    return lambda document: set_header(document, key.casefold(), value)
