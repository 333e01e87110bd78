"""Commands that say what is wrong with plans (``check``) and how far they are (``status``)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.findings import Finding, as_github, as_json, as_sarif, as_text
from bot.cli.planfiles import (
    Fault,
    RepositoryFiles,
    expand,
    read_text,
    repository_path,
    repository_root,
    shown,
)
from bot.errors import UserProblem
from bot.plans import gates
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Gate, PlanTask, Problem, Progress, Severity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLES = {"text": as_text, "json": as_json, "github": as_github, "sarif": as_sarif}
_BAR = 20
_SHOWN_TASKS = 5


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "style",
    "--format",
    type=click.Choice(list(_STYLES)),
    default="text",
    show_default=True,
    help="github annotates pull requests, sarif is for code scanning.",
)
@click.option("--strict", is_flag=True, help="Warnings count as problems too.")
def check(paths: tuple[str, ...], style: str, strict: bool) -> None:
    """Say what is wrong with plans and how to mend it.

    PATH is a file, a folder (every *.md below it) or a pattern. Files that are no plan are passed
    over. Exit codes: 0 nothing is wrong, 1 problems were found, 2 a path is not there.

    \b
    Examples:
      plansync check plan_docs docs/user-stories
      plansync check --format github "**/*.md"
    """
    checker = _Checker(datetime.now(UTC).date())
    for path, named in expand(paths):
        checker.check(path, named)
    findings = sorted(checker.findings, key=lambda finding: finding.place)
    click.echo(_STYLES[style](findings, checker.plans))
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(finding.problem.severity in bad for finding in findings):
        sys.exit(1)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("as_json", "--json", is_flag=True, help="One JSON object a line.")
def status(paths: tuple[str, ...], as_json: bool) -> None:
    """Show how far plans are: progress, what comes next, what holds them up, gates.

    \b
    Example:
      plansync status plan_docs/search.md
    """
    shown_any = False
    for path, named in expand(paths):
        document = parse_document(read_text(path))
        root = repository_root(path)
        plan = read_plan(repository_path(root, path), document, files=RepositoryFiles(root))
        if plan is None:
            if named:
                raise Fault("This is no plan: no format is recognised.", "", shown(path))
            continue
        found = gates.status_of(plan)
        if as_json:
            click.echo(json.dumps(_as_json(found, shown(path)), ensure_ascii=False))
        else:
            if shown_any:
                click.echo()
            _print(found, shown(path))
        shown_any = True
    if not shown_any:
        raise Fault("There is no plan here.", 'Make one: plansync new FORMAT "TITLE"')


class _Checker:
    """Checks one file after another and keeps what was found."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.plans = 0
        self.findings: list[Finding] = []
        self._files: dict[Path, RepositoryFiles] = {}
        self._roots: dict[Path, Path] = {}

    def check(self, path: Path, named: bool) -> None:
        """Check a file; one that is no plan is passed over, and told when it was named itself."""
        name = shown(path)
        try:
            text = read_text(path)
        except UserProblem as problem:
            line = problem.line or 1
            self._add(name, Problem("unreadable", problem.message, problem.fix, line))
            return
        document = parse_document(text)
        if document.refused:
            for problem_found in document.problems:
                self._add(name, problem_found)
            return
        root = self._root(path)
        files = self._files.setdefault(root, RepositoryFiles(root))
        within = repository_path(root, path)
        plan = read_plan(within, document, files=files)
        if plan is None:
            if named:
                click.echo(f"{name}: no plan, no format is recognised", err=True)
            return
        self.plans += 1
        for problem_found in gates.check(plan, document, files=files, today=self.today):
            other = problem_found.path
            where = name if other in (None, within) else shown(_beside(path, within, str(other)))
            self._add(where, problem_found)

    def _add(self, path: str, problem: Problem) -> None:
        self.findings.append(Finding(path, problem))

    def _root(self, path: Path) -> Path:
        folder = path.parent
        if folder not in self._roots:
            self._roots[folder] = repository_root(folder)
        return self._roots[folder]


def _beside(path: Path, within: str, other: str) -> Path:
    """Another file of the repository, written the way ``path`` was given."""
    above = len(Path(within).parts)
    return Path(*path.parts[:-above], other) if len(path.parts) >= above else Path(other)


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
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble((found.title or path, "bold"), f" — {found.overall}"))
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


def _bars(found: gates.PlanStatus) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    rows = [(group.title, group.progress) for group in found.groups]
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
