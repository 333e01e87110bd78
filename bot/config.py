"""What a repository may choose: labels, paths, status words. Today every repository has the
defaults; the values are the contract that documentation and tests rely on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

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

STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {"pending": "Pending", "in_progress": "In Progress", "complete": "Complete"}
)

RESERVED_PATHS = frozenset(
    {"plan_docs/feature-brief.md", "plan_docs/tech-stack.md", "plan_docs/architecture.md"}
)


@dataclass(frozen=True, slots=True)
class RepoConfig:
    """The configuration of one repository.

    ``labels`` maps a request label to a plan format, ``adopt`` are the globs of plan files that
    people push (a ``*`` never crosses a ``/``), ``statuses`` the words of tracking tables. With
    ``skip_ci`` no CI starts for a commit that only carries an issue's or pull request's state over.
    When more than the share ``brake`` of a plan's tasks vanishes at once, somebody is asked first.
    """

    labels: Mapping[str, str] = field(default_factory=lambda: FORMATS_BY_LABEL)
    adopt: tuple[str, ...] = ADOPTED_GLOBS
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUS_WORDS)
    skip_ci: bool = False
    brake: float = 0.3

    def adopts(self, path: str) -> bool:
        """True when a file with this path, pushed by a person, becomes a plan."""
        if path in RESERVED_PATHS:
            return False
        return any(_glob(pattern).fullmatch(path) for pattern in self.adopt)

    def requested_format(self, labels: tuple[str, ...]) -> str | None:
        """The format that an issue with these labels asks for; the first label wins."""
        return next((self.labels[name] for name in labels if name in self.labels), None)


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
