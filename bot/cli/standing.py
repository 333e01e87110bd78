"""``plansync status``: how far plans are, what comes next, and what holds them up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.planfiles import (
    Fault,
    RepositoryFiles,
    expand,
    read_document,
    repository_path,
    repository_root,
    shown,
)
from bot.errors import UserProblem
from bot.plans import gates
from bot.plans.formats import read_plan
from bot.plans.model import Gate, Plan, PlanTask, Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_BAR = 20
_SHOWN_TASKS = 5


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("as_json", "--json", is_flag=True, help="One JSON object a line.")
@click.option("every", "--all", is_flag=True, help="Every plan in plansync's database instead.")
def status(paths: tuple[str, ...], as_json: bool, every: bool) -> None:
    """Show how far plans are: progress, what comes next, what holds them up, gates.

    \b
    Examples:
      plansync status plan_docs/search.md
      plansync status --all
    """
    if every == bool(paths):
        raise click.UsageError("Give the PATH of a plan or a folder, or --all.")
    if every:
        from bot.cli.standing_all import show_all

        show_all(as_json=as_json)
        return
    shown_any = False
    today = datetime.now(UTC).date()
    for path, named in expand(paths):
        try:
            document = read_document(path)
        except UserProblem as problem:
            if named:
                raise
            click.echo(f"plansync: {problem}", err=True)
            continue
        root = repository_root(path)
        files = RepositoryFiles(root)
        plan = read_plan(repository_path(root, path), document, files=files)
        if plan is None:
            if named:
                raise Fault("This is no plan: no format is recognised.", "", shown(path))
            continue
        if not named and _belongs_to_another(path, plan):
            continue
        found = gates.status_of(plan, document, files=files, today=today)
        found = replace(found, title=_title(plan, found.title))
        if as_json:
            click.echo(json.dumps(_as_json(found, shown(path)), ensure_ascii=False))
        else:
            if shown_any:
                click.echo()
            _print(found, shown(path))
        shown_any = True
    if not shown_any:
        raise Fault("There is no plan here.", 'Make one: plansync new FORMAT "TITLE"')


def _belongs_to_another(path: Path, plan: Plan) -> bool:
    """Whether a file's boxes are counted with the implementation plan that it stands beside."""
    if plan.format != "implementation-plan" or path.name == "impl-plan.md":
        return False
    folders = (path.parent, path.parent.parent)
    return any((folder / "impl-plan.md").is_file() for folder in folders)


def _title(plan: Plan, title: str) -> str:
    """A task plan's heading is always ``Plan``: what it is about stands in its header."""
    if plan.format == "task-plan" and plan.header is not None and plan.header.title:
        return plan.header.title
    return title


def _as_json(found: gates.PlanStatus, path: str) -> dict[str, object]:
    return {
        "path": path,
        "format": found.format,
        "title": found.title,
        "status": found.overall,
        "written": found.written,
        "progress": _progress(found.progress),
        "groups": [
            {
                "key": group.key,
                "title": group.title,
                "kind": group.kind,
                "progress": _progress(group.progress),
                "exit": _progress(group.exit) if group.exit else None,
                "complete": group.complete,
            }
            for group in found.groups
        ],
        "next": [_task(task) for task in found.next],
        "in_progress": [_task(task) for task in found.in_progress],
        "blockers": [
            {"line": one.line, "code": one.code, "message": one.message, "fix": one.fix}
            for one in found.blockers
        ],
        "gates": [
            {"name": gate.name, "line": gate.line, "passed": gate.passed, "detail": gate.detail}
            for gate in found.gates
        ],
        "questions": [
            {"number": one.number, "line": one.line, "text": one.text, "critical": one.critical}
            for one in found.questions
        ],
        "requirements": _progress(found.requirements),
        "approvals": _progress(found.approvals),
        "critical_path": list(found.critical_path),
    }


def _progress(progress: Progress) -> dict[str, int]:
    return {"done": progress.done, "total": progress.total}


def _task(task: PlanTask) -> dict[str, object]:
    return {
        "address": task.address,
        "text": task.text,
        "line": task.line,
        "owner": task.owner,
        "path": task.path or None,
    }


def _print(found: gates.PlanStatus, path: str) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    # Captured, because click can print every character where rich fails on a narrow encoding.
    with console.capture() as captured:
        _show(console, found, path)
    click.echo(captured.get(), nl=False)


def _show(console: Console, found: gates.PlanStatus, path: str) -> None:
    from rich.text import Text

    console.print(Text.assemble((found.title or path, "bold"), f" — {_word(found)}"))
    console.print(Text(f"{path} ({found.format})", style="dim"))
    if found.progress.total:
        console.print(_bars(found))
    _tasks(console, "Next", found.next)
    _tasks(console, "In progress", found.in_progress)
    if found.critical_path:
        console.print(Text("Longest way: " + " → ".join(found.critical_path)))
    _list(console, "Blocked by", [f"{path}:{one.line}: {one.message}" for one in found.blockers])
    _list(console, "Gates", [_gate(gate) for gate in found.gates])
    _list(console, "Open questions", [f"{one.number}. {one.text}" for one in found.questions])
    if found.example_rows:
        rows = f"{found.example_rows} example rows of the template are not filled in yet"
        console.print(Text(rows, style="dim"))


def _word(found: gates.PlanStatus) -> str:
    """A story's own word, and what its facts amount to where that is another; else the latter."""
    if found.format != "user-story" or found.written in ("", found.overall):
        return found.overall
    why = _why(found)
    return f"{found.written} (the facts amount to {found.overall}{f': {why}' if why else ''})"


def _why(found: gates.PlanStatus) -> str:
    """What keeps a story from Ready, or blocks it; "" when its tasks say it all."""
    if found.overall == "Blocked":
        return found.blockers[0].message.rstrip(".")
    if found.overall not in ("Draft", "Planning"):
        return ""
    reasons = [] if any(gate.passed for gate in found.gates) else ["the validation is not PASS"]
    if found.questions:
        reasons.append(f"questions open: {len(found.questions)}")
    if found.coverage is not None and not found.coverage.complete:
        reasons.append(f"not covered: {', '.join(found.coverage.missing)}")
    if found.aspects is not None and not found.aspects.complete:
        reasons.append(f"aspects not covered: {', '.join(found.aspects.missing)}")
    return "; ".join(reasons) or "no task is written"


def _bars(found: gates.PlanStatus) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    rows = [(group.title or group.key, group.progress) for group in found.groups]
    for title, progress in [*rows, ("All", found.progress)]:
        if not progress.total:
            continue
        full = round(progress.fraction * _BAR)
        bar = Text.assemble(("█" * full, "green"), ("░" * (_BAR - full), "dim"))
        table.add_row(Text(title), bar, Text(f"{progress.done}/{progress.total}"))
    return table


def _tasks(console: Console, heading: str, tasks: Iterable[PlanTask]) -> None:
    names = [f"{task.address}  {task.text}" + _owned(task) for task in tasks]
    more = [f"… and {len(names) - _SHOWN_TASKS} more"] if len(names) > _SHOWN_TASKS else []
    _list(console, heading, names[:_SHOWN_TASKS] + more)


def _owned(task: PlanTask) -> str:
    return f" ({task.owner})" if task.owner else ""


def _list(console: Console, heading: str, lines: list[str]) -> None:
    from rich.text import Text

    if lines:
        console.print(Text(heading, style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"))


def _gate(gate: Gate) -> str:
    verdict = {True: "passed", False: "failed", None: "open"}[gate.passed]
    return f"{gate.name}: {verdict}" + (f" — {gate.detail}" if gate.detail else "")
