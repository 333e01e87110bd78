"""What ``plansync outline`` prints: one document as a plain JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from bot.plans.document import Document, Task
from bot.plans.model import Problem


def outline(
    document: Document,
    path: str,
    format: str | None = None,
    addresses: Mapping[int, str] | None = None,
) -> dict[str, object]:
    """The outline of ``document`` as JSON values.

    ``format`` is the name of the plan format, None when it matches none; ``addresses`` maps the
    offset of a task's box to the address a pull request names the task by.
    """
    known = addresses or {}
    front_matter = document.front_matter
    return {
        "path": path,
        "format": format,
        "sections": [
            {"level": section.level, "title": section.title, "line": section.line}
            for section in document.sections
        ],
        "tasks": [_task(task, known.get(task.offset)) for task in document.tasks],
        "tables": [
            {
                "line": table.line,
                "section": list(table.section),
                "header": list(table.header.texts),
                "rows": [list(row.texts) for row in table.rows],
            }
            for table in document.tables
        ],
        "fields": [
            {
                "key": field.key,
                "value": field.value,
                "line": field.line,
                "section": list(field.section),
            }
            for field in document.fields
        ],
        "front_matter": _json(front_matter.data) if front_matter is not None else None,
        "problems": [_problem(problem) for problem in document.problems],
    }


def _task(task: Task, address: str | None) -> dict[str, object]:
    return {
        "line": task.line,
        "offset": task.offset,
        "checked": task.checked,
        "text": task.text,
        "section": list(task.section),
        "id": task.own_id,
        "address": address,
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "fix": problem.fix,
    }


def _json(value: object) -> object:
    """YAML values as JSON has them: dates as ISO text, everything else unknown as text."""
    if isinstance(value, Mapping):
        return {str(key): _json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json(inner) for inner in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
