"""What a repository may choose, as the values that the rest of plansync works with.

``RepoConfig()`` is what holds where nobody chose anything. ``bot.config_file`` reads
``.github/plansync.yml``, ``bot.config_load`` puts a repository's files together, and
``config_of`` makes the values of what was read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from bot.plans.cellwords import STATUS_WORDS
from bot.plans.model import Problem, Severity
from bot.plans.paths import RESERVED

CONFIG_PATH = ".github/plansync.yml"
"""Where a repository, and an organisation in its repository ``.github``, keeps its choices."""

FORMATS_BY_LABEL: Mapping[str, str] = MappingProxyType(
    {
        "plan:feature": "feature-plan",
        "plan:story": "user-story",
        "plan:tasks": "task-plan",
        "plan:implementation": "implementation-plan",
        "plan:spec": "track-spec",
    }
)

ADOPTED_GLOBS = (
    "plan_docs/*.md",
    "docs/user-stories/*.md",
    "tasks/*/plan.md",
    "plans/*/*/*/features/*/impl-plan.md",
    "draft/tracks/*/spec.md",
    "specs/*/tasks.md",
)

_NO_SEVERITIES: Mapping[str, str] = MappingProxyType({})
_NO_PEOPLE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CheckRules:
    """When the check run of a pull request fails.

    ``fail_on`` is ``error``, ``warning`` or ``never``; ``severity`` gives a finding's code another
    severity (``error``, ``warning``, ``note``) or switches it ``off``. With ``every_pull`` pull
    requests that touch no plan are answered too, which a required check needs.
    """

    fail_on: str = "error"
    severity: Mapping[str, str] = field(default_factory=lambda: _NO_SEVERITIES)
    every_pull: bool = False

    @property
    def phase_order(self) -> bool:
        """Whether ticks of a later phase are looked at; only where they are given a severity."""
        return self.severity.get("feature.phase-order", "off") != "off"

    def graded(self, problem: Problem) -> Problem | None:
        """The finding with the severity that the repository gives it; None where it is off."""
        chosen = self.severity.get(problem.code)
        if chosen is None:
            return problem
        return None if chosen == "off" else replace(problem, severity=Severity(chosen))


@dataclass(frozen=True, slots=True)
class RepoConfig:
    """The configuration of one repository.

    ``labels`` maps a request label to a plan format, ``adopt`` are the globs of plan files that
    people push (``*`` stays within a folder, ``**`` goes down), ``statuses`` the words of tracking
    tables. With ``skip_ci`` no CI starts for a commit that only carries an issue's or pull
    request's state over. When more than the share ``brake`` of a plan's tasks vanishes at once,
    somebody is asked first. With ``close_when_complete`` the plan issue of a complete plan is
    closed. With ``sub_issues`` each story has a sub-issue of the plan issue, with ``blocked_by``
    GitHub is told what waits for what. ``complete_on`` says whether a merge into the plan's own
    ``target`` branch completes a task, or only one into the ``default`` branch; ``devloop_paths``
    are where the outputs of devloops are added. ``dry_run`` writes nothing but one comment of what
    would be done.
    """

    labels: Mapping[str, str] = field(default_factory=lambda: FORMATS_BY_LABEL)
    adopt: tuple[str, ...] = ADOPTED_GLOBS
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUS_WORDS)
    skip_ci: bool = False
    brake: float = 0.3
    close_when_complete: bool = True
    complete_on: str = "target"
    devloop_paths: tuple[str, ...] = ()
    checks: CheckRules = field(default_factory=CheckRules)
    dry_run: bool = False
    sub_issues: bool = False
    blocked_by: bool = False
    people: Mapping[str, str] = field(default_factory=lambda: _NO_PEOPLE)

    def adopts(self, path: str) -> bool:
        """True when a file with this path, pushed by a person, becomes a plan."""
        if path in RESERVED:
            return False
        return any(_glob(pattern).fullmatch(path) for pattern in self.adopt)

    def is_devloop(self, path: str) -> bool:
        """True for a file that is a task's Devloop Output when a pull request adds it."""
        return any(
            path.startswith(one) if one.endswith("/") else bool(_glob(one).fullmatch(path))
            for one in self.devloop_paths
        )

    def requested_format(self, labels: tuple[str, ...]) -> str | None:
        """The format that an issue with these labels asks for; the first label wins.

        Case does not count, as it does not for GitHub, which has one label of a name in any case.
        """
        known = {name.casefold(): plan_format for name, plan_format in self.labels.items()}
        wanted = (known.get(name.casefold()) for name in labels)
        return next((plan_format for plan_format in wanted if plan_format), None)


@dataclass(frozen=True, slots=True)
class ConfigMemory:
    """What is known of a repository's choices.

    ``settings`` is the last good configuration as its files say it, all of them put together; it
    stays in force while ``problems`` (each with file and line) stand in a newer one. ``sources``
    are the files that took part as ``owner/repo:path``, also those that are not there; ``seen`` is
    a digest of what was read last, ``commit`` the claim of the push that was taken in last.
    """

    repository_id: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    seen: str = ""
    commit: str = ""

    @property
    def config(self) -> RepoConfig:
        """The configuration in force."""
        return config_of(self.settings)


def config_of(settings: Mapping[str, Any]) -> RepoConfig:
    """The values of a configuration that was found good; what it does not say is the default."""
    default = RepoConfig()
    checks = settings.get("checks", {})
    return RepoConfig(
        labels=MappingProxyType(dict(settings.get("labels", default.labels))),
        adopt=tuple(settings.get("adopt", default.adopt)),
        statuses=MappingProxyType({**default.statuses, **settings.get("statuses", {})}),
        skip_ci=settings.get("commit", {}).get("skip_ci", default.skip_ci),
        brake=settings.get("brake", default.brake),
        close_when_complete=settings.get("close_when_complete", default.close_when_complete),
        complete_on=settings.get("complete_on", default.complete_on),
        devloop_paths=tuple(settings.get("devloop_paths", default.devloop_paths)),
        checks=CheckRules(
            fail_on=checks.get("fail_on", default.checks.fail_on),
            severity=MappingProxyType(dict(checks.get("severity", {}))),
            every_pull=checks.get("every_pull", default.checks.every_pull),
        ),
        dry_run=settings.get("dry_run", default.dry_run),
        sub_issues=settings.get("sub_issues", default.sub_issues),
        blocked_by=settings.get("blocked_by", default.blocked_by),
        people=MappingProxyType(
            {name: login.removeprefix("@") for name, login in settings.get("people", {}).items()}
        ),
    )


@lru_cache(maxsize=512)
def _glob(pattern: str) -> re.Pattern[str]:
    shape = re.escape(pattern).replace(r"\*\*/", "(?:[^/]+/)*").replace(r"\*\*", ".*")
    return re.compile(shape.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
