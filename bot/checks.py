"""What is remembered of check runs: values only, kept by ``bot.store``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CHECK_NAME = "plansync"
"""The name that people see, and that branch protection may require."""

_GROUP = "group-"
CONFIG = "config"


@dataclass(frozen=True, slots=True)
class CheckMemory:
    """What is known of the check of one pull request, or of one merge group.

    ``name`` is that of its subject, ``seen`` the claim that was answered last. ``head_sha`` is the
    commit that was looked at, ``touched`` the paths there that concern plansync, ``digest`` what
    was reported of that commit ("" where nothing was).
    """

    repository_id: int
    name: str
    seen: str = ""
    head_sha: str = ""
    touched: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class CheckSide:
    """What a check starts from: its memory, and the repository's plans as (issue, path).

    ``stalled`` are the stories of plans that stand still, by the plan's path.
    """

    memory: CheckMemory | None = None
    plans: tuple[tuple[int | None, str], ...] = ()
    stalled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def path_of(self, issue: int) -> str | None:
        """The plan whose issue this is, or None."""
        return next((path for number, path in self.plans if number == issue), None)

    def issue_of(self, path: str) -> int | None:
        """The issue of the plan at this path, or None."""
        return next((number for number, one in self.plans if one == path), None)


def external_id(name: str, digest: str) -> str:
    """What plansync calls a check run, so that it knows it again: whose it is and what it says."""
    return f"{CHECK_NAME}:{name}:{digest}"


def subject_name(external: str) -> str | None:
    """Whose check run this is: the name given to ``external_id``; None for one not of ours."""
    parts = external.split(":")
    return parts[1] if len(parts) == 3 and parts[0] == CHECK_NAME and parts[1] else None


def group_name(head_sha: str) -> str:
    """The name of the check of a merge group."""
    return f"{_GROUP}{head_sha}"


def group_head(name: str) -> str | None:
    """The commit of the merge group that a check is about; None for a pull request's."""
    return name.removeprefix(_GROUP) if name.startswith(_GROUP) else None
