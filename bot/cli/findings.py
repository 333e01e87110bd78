"""Findings as people, scripts, GitHub Actions and code scanning read them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.plans.gates.codes import CODES
from bot.plans.model import Problem, Severity

_GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and the file it is in, as the path was given."""

    path: str
    problem: Problem

    @property
    def place(self) -> tuple[str, int, int, str]:
        """What findings are ordered by."""
        return (self.path, self.problem.line, self.problem.column, self.problem.code)


def as_text(findings: Iterable[Finding], plans: int, every: bool = False) -> str:
    """``path:line:column: severity: what [code]``, the fix below it, and a line of numbers.

    The notes of a file are one line that counts them by kind, unless ``every``.
    """
    lines: list[str] = []
    counts = dict.fromkeys(Severity, 0)
    for path, group in groupby(findings, key=lambda finding: finding.path):
        notes: Counter[str] = Counter()
        for finding in group:
            problem = finding.problem
            counts[problem.severity] += 1
            if problem.severity is Severity.NOTE:
                notes[problem.code] += 1
                if not every:
                    continue
            where = f"{path}:{problem.line}:{problem.column}"
            lines.append(f"{where}: {problem.severity.value}: {problem.message} [{problem.code}]")
            if problem.fix:
                lines.append(f"    {problem.fix}")
        if notes and not every:
            kinds = ", ".join(f"{count} {code}" for code, count in notes.items())
            lines.append(f"{path}: {_counted(notes.total(), 'note')} ({kinds}); --all shows them")
    told = ", ".join(_counted(count, severity.value) for severity, count in counts.items() if count)
    if not plans and not lines:
        return "no plan found"
    return "\n".join([*lines, f"{_counted(plans, 'plan')} checked: {told or 'no problems'}"])


def as_json(findings: Iterable[Finding], plans: int, every: bool = False) -> str:
    """``{"plans": n, "problems": [{path, line, column, severity, code, message, fix}]}``."""
    problems = [
        {
            "path": finding.path,
            "line": finding.problem.line,
            "column": finding.problem.column,
            "severity": finding.problem.severity.value,
            "code": finding.problem.code,
            "message": finding.problem.message,
            "fix": finding.problem.fix,
        }
        for finding in findings
    ]
    return json.dumps({"plans": plans, "problems": problems}, ensure_ascii=False)


def as_github(findings: Iterable[Finding], plans: int, every: bool = False) -> str:
    """Workflow commands that annotate the lines of a pull request; notes only with ``every``.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    lines = []
    for finding in findings:
        problem = finding.problem
        if problem.severity is Severity.NOTE and not every:
            continue
        where = ",".join(
            f"{key}={_property(str(value))}"
            for key, value in (
                ("file", finding.path),
                ("line", problem.line),
                ("col", problem.column),
                ("title", problem.code),
            )
        )
        message = _data(f"{problem.message} {problem.fix}".strip())
        lines.append(f"::{_GITHUB_LEVELS[problem.severity]} {where}::{message}")
    return "\n".join([*lines, f"{_counted(plans, 'plan')} checked"])


def as_sarif(findings: Sequence[Finding], plans: int, every: bool = False) -> str:
    """A SARIF 2.1.0 log with everything in it, as code scanning takes it.

    https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
    """
    codes = list(dict.fromkeys(finding.problem.code for finding in findings))
    results = [
        {
            "ruleId": finding.problem.code,
            "ruleIndex": codes.index(finding.problem.code),
            "level": _SARIF_LEVELS[finding.problem.severity],
            "message": {"text": f"{finding.problem.message} {finding.problem.fix}".strip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(finding.path)},
                        "region": {
                            "startLine": finding.problem.line,
                            "startColumn": finding.problem.column,
                        },
                    }
                }
            ],
        }
        for finding in findings
    ]
    rules = [
        {"id": code, "shortDescription": {"text": CODES[code][1] if code in CODES else code}}
        for code in codes
    ]
    driver = {"name": "plansync", "rules": rules}
    log = {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.replace("\\", "/"), safe="/")
