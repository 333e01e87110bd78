"""What an argument means in a document: a task, a cell of a table, a field. No disk here."""

from __future__ import annotations

import re

from bot.errors import UserProblem
from bot.plans.document import Document, Field, Table, Task, fold
from bot.plans.formats import resolve_task
from bot.plans.model import Plan, Problem

_LINE = re.compile(r":(\d{1,7})")
_CANDIDATES = 10


def addresses_of(plan: Plan | None) -> dict[int, str]:
    """The address of each box of the plan's own file, by the offset of its character."""
    boxes = plan.boxes if plan is not None else ()
    return {box.offset: box.address for box in boxes if box.offset is not None and not box.path}


def find_task(path: str, document: Document, plan: Plan | None, name: str) -> Task:
    """The task that ``name`` means: an address, an own id, ``:LINE``, or how its text begins.

    Raises UserProblem, with the candidates where several are meant.
    """
    at_line = _LINE.fullmatch(name)
    if at_line:
        here = [task for task in document.tasks if task.line == int(at_line[1])]
        if here:
            return here[0]
        raise UserProblem("No task stands on this line.", "", path, int(at_line[1]))
    problem: Problem | None = None
    if plan is not None:
        resolved = resolve_task(plan, name)
        if isinstance(resolved, Problem):
            problem = resolved
        elif resolved.path and resolved.path != plan.path:
            raise UserProblem(
                f"Task {resolved.address} is a box of another file.",
                f"Tick it there: {resolved.path}",
                path,
            )
        elif resolved.offset is None:
            raise UserProblem(
                f"Task {resolved.address} has no box, it is a row of a table.",
                f"Set its cell: plansync set {path} --cell HEADING/ROW/Status VALUE",
                path,
                resolved.line,
            )
        else:
            return next(task for task in document.tasks if task.offset == resolved.offset)
    return _beginning(path, document, plan, name, problem)


def _beginning(
    path: str, document: Document, plan: Plan | None, name: str, problem: Problem | None
) -> Task:
    wanted = fold(name.strip('"“”'))
    found = [task for task in document.tasks if task.own_id and fold(task.own_id) == wanted]
    found = found or [task for task in document.tasks if fold(task.text) == wanted]
    found = found or [task for task in document.tasks if fold(task.text).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        addresses = addresses_of(plan)
        lines = [
            f"  {path}:{task.line}: {addresses.get(task.offset) or f':{task.line}'}  {task.text}"
            for task in found[:_CANDIDATES]
        ]
        more = [f"  … and {len(found) - _CANDIDATES} more"] if len(found) > _CANDIDATES else []
        raise UserProblem(
            f"{len(found)} tasks are meant by {name!r}; use an address, or :LINE:\n"
            + "\n".join(lines + more),
            path=path,
        )
    if problem is not None:
        raise UserProblem(problem.message, problem.fix, path, None)
    raise UserProblem(f"There is no task {name!r}.", "See plansync outline.", path)


def find_cell(document: Document, selector: str) -> tuple[Table, int, int]:
    """The table, row and column that ``Heading/Row/Column`` names; parts may hold slashes.

    Raises UserProblem where there is no such cell, or several.
    """
    wanted = fold(selector)
    found: list[tuple[Table, int, int]] = []
    headings: set[str] = set()
    for table in document.tables:
        for title in table.section:
            if not wanted.startswith(fold(title) + "/"):
                continue
            headings.add(title)
            rest = wanted[len(fold(title)) + 1 :]
            for column, cell in enumerate(table.header.cells):
                name = fold(cell.text)
                if name and rest.endswith("/" + name):
                    key = rest[: -len(name) - 1]
                    found += [(table, row, column) for row in _rows(table, key)]
    unique = {(table.line, row, column): (table, row, column) for table, row, column in found}
    if len(unique) == 1:
        return next(iter(unique.values()))
    if unique:
        lines = ", ".join(str(table.rows[row].line) for table, row, _ in unique.values())
        raise UserProblem(f"{selector!r} means several cells (lines {lines}).", "Say which row.")
    tables = [table for table in document.tables if headings & set(table.section)]
    if tables:
        columns = " | ".join(tables[0].header.texts)
        fix = f"That table has the columns {columns} and {len(tables[0].rows)} rows."
    else:
        known = dict.fromkeys(table.section[-1] for table in document.tables if table.section)
        fix = f"There are tables under: {', '.join(known)}." if known else "There are no tables."
    raise UserProblem(f"There is no cell {selector!r}.", f"Write HEADING/ROW/COLUMN. {fix}")


def _rows(table: Table, key: str) -> list[int]:
    """The rows that a key means: by their own number, as ``#N``, or by how they begin."""
    texts = [fold(row.cells[0].text) for row in table.rows]
    bare = key.removeprefix("#")
    exact = [index for index, text in enumerate(texts) if text in (key, bare) and text]
    if exact:
        return exact
    if bare.isdecimal() and table.column("#") is None:
        return [int(bare) - 1] if 0 < int(bare) <= len(table.rows) else []
    words = [fold(" ".join(row.texts)) for row in table.rows]
    later = [[fold(cell) for cell in row.texts] for row in table.rows]
    return [index for index, cells in enumerate(later) if key and key in cells] or [
        index for index, text in enumerate(words) if key and text.startswith(key)
    ]


def find_field(document: Document, selector: str) -> Field:
    """The field that ``Key`` or ``Heading/Key`` names. Raises UserProblem where it is not one."""
    wanted = fold(selector)
    found = [
        field
        for field in document.fields
        if fold(field.key) == wanted
        or any(wanted == f"{fold(title)}/{fold(field.key)}" for title in field.section)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(
            f"{'/'.join((*field.section[-1:], field.key))} (line {field.line})"
            for field in found[:_CANDIDATES]
        )
        raise UserProblem(f"{len(found)} fields are named {selector!r}.", f"Use one of: {names}.")
    known = ", ".join(dict.fromkeys(field.key for field in document.fields))
    raise UserProblem(
        f"There is no field {selector!r}.",
        f"There are: {known}." if known else "The file has no fields.",
    )
