"""``plansync check``: what is wrong with plans, and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import click

from bot.cli.findings import Finding, as_github, as_json, as_sarif, as_text
from bot.cli.planfiles import (
    RepositoryFiles,
    expand,
    read_text,
    repository_path,
    repository_root,
    shown,
)
from bot.config import CONFIG_PATH, RepoConfig, config_of
from bot.errors import UserProblem
from bot.plans import gates
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Problem, Severity
from bot.plans.paths import is_plan_path

_CONFIG_FOLDER, _CONFIG_NAME = CONFIG_PATH.split("/")
_UNRECOGNISED = "This is no plan: no plan format is recognised."
_RECOGNISE = "Keep the headings of the format (plansync new makes a plan), or name another file."
_STYLES: dict[str, Callable[[list[Finding], int, bool], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


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
@click.option("every", "--all", is_flag=True, help="Show every note, not only how many there are.")
@click.option(
    "lenient", "--skip-others", is_flag=True, help="Pass over named files that are no plan."
)
def check(paths: tuple[str, ...], style: str, strict: bool, every: bool, lenient: bool) -> None:
    """Say what is wrong with plans and how to mend it.

    PATH is a file, a folder (every *.md below it, and its .github/plansync.yml) or a pattern. A
    file of a folder that is no plan is passed over, unless it stands where plans do; one that you
    name must be a plan, but with --skip-others, for hooks that name every file of a commit. What
    the repository's .github/plansync.yml says of statuses and severities counts. Notes fail no
    check.

    Exit codes: 0 nothing is wrong, 1 problems were found, 2 a path is not there.

    \b
    Examples:
      plansync check plan_docs docs/user-stories
      plansync check --format github "**/*.md"
    """
    checker = _Checker(datetime.now(UTC).date())
    for path, named in expand(paths):
        checker.check(path, named and not lenient)
    for path in configurations(paths):
        checker.check(path, named=False)
    findings = sorted(checker.findings, key=lambda found: found.place)
    if style == "text" and checker.configurations and not (findings or checker.plans):
        click.echo("1 configuration checked: no problems")
    else:
        said = _STYLES[style](findings, checker.plans, every)
        if checker.configurations and not checker.plans:
            said = said.replace("0 plans checked", "1 configuration checked")
        click.echo(said)
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(found.problem.severity in bad for found in findings):
        sys.exit(1)


def configurations(names: Iterable[str]) -> list[Path]:
    """The configuration files of the folders among ``names``."""
    found = (Path(name, *CONFIG_PATH.split("/")) for name in names if Path(name).is_dir())
    return [path for path in found if path.is_file()]


def _chosen(path: Path) -> RepoConfig:
    from bot.config_file import parse_config

    with suppress(UserProblem):
        return config_of(parse_config(read_text(path)).settings)
    return RepoConfig()


class _Checker:
    """Checks one file after another and keeps what was found."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.plans = 0
        self.configurations = 0
        self.findings: list[Finding] = []
        self._known: set[Finding] = set()
        self._files: dict[Path, RepositoryFiles] = {}
        self._roots: dict[Path, Path] = {}
        self._configs: dict[Path, RepoConfig] = {}

    def check(self, path: Path, named: bool) -> None:
        """Check a file; one that is no plan is told when it was named or stands where plans do."""
        name = shown(path)
        try:
            text = read_text(path)
        except UserProblem as problem:
            line = problem.line or 1
            self._add(name, Problem("unreadable", problem.message, problem.fix, line))
            return
        if path.name == _CONFIG_NAME and path.resolve().parent.name == _CONFIG_FOLDER:
            self._check_configuration(name, text)
            return
        document = parse_document(text)
        if document.refused:
            for problem_found in document.problems:
                self._add(name, problem_found)
            return
        root = self._root(path)
        files = self._files.setdefault(root, RepositoryFiles(root))
        within = repository_path(root, path)
        config = self._config(root)
        plan = read_plan(within, document, files=files, statuses=config.statuses)
        if plan is None:
            if named or is_plan_path(within):
                self._add(name, Problem("plan.unrecognised", _UNRECOGNISED, _RECOGNISE, 1))
                for problem_found in document.problems:
                    self._add(name, problem_found)
            return
        self.plans += 1
        found = gates.check(
            plan,
            document,
            files=files,
            exists=files.exists,
            today=self.today,
            statuses=config.statuses,
            phase_order=config.checks.phase_order,
        )
        for problem_found in filter(None, map(config.checks.graded, found)):
            other = problem_found.path
            where = name if other in (None, within) else shown(_beside(path, within, str(other)))
            self._add(where, problem_found)

    def _config(self, root: Path) -> RepoConfig:
        """What the repository chose, as far as this machine knows; the default while it is bad."""
        if root not in self._configs:
            self._configs[root] = RepoConfig()
            if (root / CONFIG_PATH).is_file():
                self._configs[root] = _chosen(root / CONFIG_PATH)
        return self._configs[root]

    def _check_configuration(self, name: str, text: str) -> None:
        # pydantic takes long to import, and few runs need it.
        from bot.config_file import parse_config

        self.configurations += 1
        for problem in parse_config(text).problems:
            self._add(name, problem)

    def _add(self, path: str, problem: Problem) -> None:
        found = Finding(path, replace(problem, path=None))
        if found not in self._known:
            self._known.add(found)
            self.findings.append(found)

    def _root(self, path: Path) -> Path:
        folder = path.parent
        if folder not in self._roots:
            self._roots[folder] = repository_root(folder)
        return self._roots[folder]


def _beside(path: Path, within: str, other: str) -> Path:
    """Another file of the repository, written the way ``path`` was given."""
    above = len(Path(within).parts)
    return Path(*path.parts[:-above], other) if len(path.parts) >= above else Path(other)
