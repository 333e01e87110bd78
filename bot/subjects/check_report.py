"""What a check run says: title, summary and remarks on lines, within GitHub's limits. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.changes import ReportCheck
from bot.checks import external_id
from bot.comments import bar, code_span, render_comment
from bot.config import CONFIG_PATH, RepoConfig
from bot.github.snapshots import Annotation
from bot.plans import gates
from bot.plans.digest import short_digest
from bot.plans.model import Problem, Severity
from bot.subjects.check_findings import CheckedPlan

LONGEST_SUMMARY = 65_535
"""https://docs.github.com/en/rest/checks/runs#create-a-check-run"""
MOST_ANNOTATIONS = 300
_MOST_LISTED = 100
_LONGEST_LIST = 40_000
_LONGEST_PARTS = 12_000
_LONGEST_MESSAGE = 2_000
_MOST_GROUPS = 30

_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
# Stay notes, but are what the author of a pull request wants to read.
_TOLD_NOTES = frozenset({"link.no-task"})


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported of a commit."""

    conclusion: str
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()

    @property
    def digest(self) -> str:
        """Sixteen hex digits that are the same for the same report."""
        said = repr((self.conclusion, self.title, self.summary, self.annotations))
        return short_digest(said)

    def change(self, name: str, head_sha: str, reason: str) -> ReportCheck:
        """The change that makes this check run on a commit."""
        return ReportCheck(
            head_sha=head_sha,
            external_id=external_id(name, self.digest),
            conclusion=self.conclusion,
            title=self.title,
            summary=self.summary,
            annotations=self.annotations,
            reason=reason,
        )


NOTHING = Report(
    "neutral",
    "No plan is touched or named",
    render_comment("check.md", lead="Nothing here is about a plan.", findings=(), cut=0, notes=0,
                   plans=()),
)  # fmt: skip


def report(
    plans: Sequence[CheckedPlan],
    found: Sequence[Problem],
    config: RepoConfig,
    *,
    with_config: bool = False,
    remarks: Iterable[str] = (),
    today: date | None = None,
) -> Report:
    """The check run for these findings; ``remarks`` are the paths whose lines can have a remark,
    ``today`` is the day for which due dates are looked at."""
    ordered = sorted(found, key=lambda p: (_ORDER[p.severity], p.path or "", p.line))
    on_lines = set(remarks)
    told = [p for p in ordered if p.severity is not Severity.NOTE or p.code in _TOLD_NOTES]
    listed, cut = _listed(told)
    shown = _short([row for row in (_plan_row(one, config, today) for one in plans) if row])
    summary = render_comment(
        "check.md",
        lead=_lead(ordered, config, with_config=with_config),
        findings=listed,
        cut=cut,
        notes=len(ordered) - len(told),
        plans=shown,
    )
    marks = [
        Annotation(
            p.path,
            max(1, p.line),
            _LEVELS[p.severity],
            p.code,
            f"{p.message} {p.fix}".strip()[:_LONGEST_MESSAGE],
        )
        for p in told
        if p.path is not None and p.path in on_lines
    ]
    return Report(
        conclusion_of(ordered, config),
        _title(ordered, shown, with_config=with_config),
        summary[:LONGEST_SUMMARY],
        tuple(marks[:MOST_ANNOTATIONS]),
    )


def conclusion_of(found: Iterable[Problem], config: RepoConfig) -> str:
    """``success``, ``neutral`` or ``failure``, as the repository chose."""
    severities = {problem.severity for problem in found}
    errors, warnings = Severity.ERROR in severities, Severity.WARNING in severities
    if config.checks.fail_on == "never":
        return "neutral" if errors else "success"
    fails = errors or (warnings and config.checks.fail_on == "warning")
    return "failure" if fails else "success"


def _title(found: Sequence[Problem], plans: Sequence[dict[str, Any]], *, with_config: bool) -> str:
    counts = [(sum(p.severity is kind for p in found), kind.value) for kind in _ORDER]
    said = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts[:2] if n]
    if said:
        return " and ".join(said)
    if any(p.code == "link.no-task" for p in found):
        return "A plan is named, but none of its tasks"
    if len(plans) == 1:
        return f"Nothing is wrong: {plans[0]['done']} of {plans[0]['total']} tasks done"
    if with_config and not plans:
        return "The configuration is good"
    return f"Nothing is wrong in {len(plans)} plans"


def _lead(found: Sequence[Problem], config: RepoConfig, *, with_config: bool) -> str:
    if conclusion_of(found, config) == "failure":
        worst = "errors" if config.checks.fail_on == "error" else "errors and warnings"
        mend = "Push a commit that mends what is listed, and it runs again."
        return f"This check fails on {worst}. {mend}"
    if any(p.severity is not Severity.NOTE for p in found):
        return "Nothing listed here fails the check."
    return f"{code_span(CONFIG_PATH)} is good." if with_config else "Nothing is to be mended."


def _listed(found: Sequence[Problem]) -> tuple[list[dict[str, str]], int]:
    rows: list[dict[str, str]] = []
    length = 0
    for problem in found[:_MOST_LISTED]:
        where = f"{problem.path}:{problem.line}" if problem.path else ""
        row = {
            "severity": problem.severity.value,
            "where": code_span(where) if where else "",
            "message": plain(problem.message),
            "fix": plain(problem.fix),
            "code": problem.code,
        }
        length += sum(map(len, row.values())) + 20
        if length > _LONGEST_LIST:
            break
        rows.append(row)
    return rows, len(found) - len(rows)


def _plan_row(one: CheckedPlan, config: RepoConfig, today: date | None) -> dict[str, Any] | None:
    document, plan = one.read(config)
    if one.text is None or plan is None:
        return None
    status = gates.status_of(plan, document, today=today, stalled=one.stalled)
    groups = [
        (plain(group.title[:120]), group.progress.done, group.progress.total)
        for group in status.groups[:_MOST_GROUPS]
        if group.progress.total
    ]
    return {
        "path": code_span(one.path),
        "issue": one.issue,
        "overall": status.overall,
        "done": status.progress.done,
        "total": status.progress.total,
        "bar": bar(status.progress.done, status.progress.total),
        "groups": groups,
        "next": [(code_span(t.address), code_span(t.text[:120])) for t in status.next[:5]],
    }


def _short(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plans with their parts as long as there is room; later ones with their totals alone."""
    left = _LONGEST_PARTS
    for row in rows:
        left -= sum(len(title) + 20 for title, _, _ in row["groups"])
        left -= sum(len(address) + len(text) + 4 for address, text in row["next"])
        if left < 0:
            row.update(groups=[], next=[])
    return rows


def plain(text: str) -> str:
    """User text as one line of markdown: code spans stay, nothing else means anything."""
    line = " ".join(text.split())[:_LONGEST_MESSAGE]
    parts: list[str] = []
    at = 0
    for span in _CODE.finditer(line):
        parts += [_escaped(line[at : span.start()]), span[0].replace("|", "¦")]
        at = span.end()
    return "".join((*parts, _escaped(line[at:])))


def _escaped(text: str) -> str:
    text = html.escape(text, quote=False).replace("#", "&#35;").replace("@", "&#64;")
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", text)
