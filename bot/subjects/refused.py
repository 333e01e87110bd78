"""What a refusal of GitHub's means for a whole repository, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.comments import render_comment
from bot.github.ports import Refused
from bot.github.snapshots import RepositorySnapshot
from bot.rolling import BRANCH, is_protected


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is wrong, what ends it, and whether a comment can still be written."""

    what: str
    fix: str
    told: bool = False


KINDS: Mapping[str, Meaning] = MappingProxyType(
    {
        "archived": Meaning(
            "The repository is archived, so that nothing in it can be changed.",
            "Unarchive it in its settings, and plansync goes on.",
        ),
        "issues_off": Meaning(
            "The repository has its issues switched off.",
            "Switch them on in its settings, and plansync goes on.",
        ),
        "suspended": Meaning(
            "The installation of the App is suspended.",
            "Unsuspend it in the settings of the account, and plansync goes on.",
        ),
        "gone": Meaning(
            "The repository was deleted, moved, or taken away from the App.",
            "Give the App access to it again, and plansync goes on.",
        ),
        "permission": Meaning(
            "The App has not been given every permission that it needs.",
            "Accept its permissions in the settings of the account, and plansync goes on.",
            told=True,
        ),
        "protected": Meaning(
            f"Rules of the repository refuse even the branch {BRANCH}.",
            "Let the App create and push branches below plansync/, and it goes on.",
            told=True,
        ),
    }
)
"""Every way in which a repository takes nothing from plansync for now."""

_SUSPENDED = re.compile(r"suspended", re.IGNORECASE)
_ARCHIVED = re.compile(r"archived", re.IGNORECASE)
_ISSUES_OFF = re.compile(r"issues (has been|are|is) disabled", re.IGNORECASE)
_PERMISSION = re.compile(
    r"not accessible by integration|permissions requested are not granted", re.IGNORECASE
)


def kind_of(refused: Refused, repository: RepositorySnapshot | Refused) -> str | None:
    """Which of ``KINDS`` a refusal is, or None when it concerns one subject only.

    ``repository`` is the repository as it was read afterwards, or why it could not be.
    """
    for one in (refused, repository):
        if isinstance(one, Refused) and (found := _by_words(one)):
            return found
    if isinstance(repository, Refused):
        return "gone"
    if repository.archived:
        return "archived"
    if not repository.has_issues and refused.status in (404, 410):
        return "issues_off"
    return "protected" if is_protected(refused) else None


def still(kind: str, repository: RepositorySnapshot | Refused) -> str | None:
    """Which kind a repository is blocked by now that was blocked by ``kind``; None when it is over.

    ``permission`` and ``protected`` show only when something is written.
    """
    if isinstance(repository, Refused):
        return _by_words(repository) or "gone"
    if repository.archived:
        return "archived"
    return "issues_off" if kind == "issues_off" and not repository.has_issues else None


def refused_comment(kind: str, words: str) -> str:
    """The one comment about a block; ``words`` are GitHub's."""
    meaning = KINDS[kind]
    return render_comment("refused.md", kind=kind, what=meaning.what, fix=meaning.fix, words=words)


def _by_words(refused: Refused) -> str | None:
    words = refused.message
    if _SUSPENDED.search(words):
        return "suspended"
    if _ARCHIVED.search(words):
        return "archived"
    if _ISSUES_OFF.search(words):
        return "issues_off"
    return "permission" if _PERMISSION.search(words) else None
