"""Which checks and configurations an event is about, and what it claims of them.

A check's claim is ``check:<head>:<digest of its words>:<linked>``, where ``linked`` is ``l`` when
the words name a plan; ``rerun:<commit>`` wants the same reported again; ``group:<base>:<number>``
is a merge group. A configuration's claim is ``commit:<sha>`` of the push that changed it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from bot.checks import CONFIG, group_name, subject_name
from bot.config import CONFIG_PATH, RepoConfig
from bot.event_kinds import (
    CheckEvent,
    Event,
    IssueEvent,
    MergeGroupEvent,
    PullEvent,
    PushEvent,
)
from bot.github.snapshots import PullSnapshot
from bot.memory import SubjectKey, Trigger
from bot.plans.digest import short_digest
from bot.plans.links import Links, parse_links
from bot.rolling import BRANCH

LINKED, NOT_LINKED = "l", "-"
WAITING = "waiting"
"""The claim of a delivery that waits for the configuration to be read, to be looked at again."""
_MARKDOWN = (".md", ".markdown")
_GROUP_PULL = re.compile(r"/pr-(\d{1,9})-[0-9a-f]{7,64}\Z")
_NAMING = frozenset({"line", "branch"})


class KnownChecks(Protocol):
    """What is looked up: which plans there are, and which checks were reported where."""

    def plan_path_of_issue(self, repository_id: int, number: int) -> str | None: ...

    def plan_paths(self, repository_id: int) -> list[str]: ...

    def plan_paths_of_pull(self, repository_id: int, number: int) -> list[str]: ...

    def checks_at(self, repository_id: int, head_sha: str) -> list[str]: ...

    def choosing_from(self, full_name: str) -> list[int]: ...


def checks_of_pull(event: PullEvent, known: KnownChecks, config: RepoConfig) -> list[Trigger]:
    """The check of an open pull request; our own is checked only where a check is required."""
    if event.state != "open" or event.action == "closed":
        return []
    ours = event.head_ref == BRANCH and event.sender.is_bot
    if ours and not config.checks.every_pull:
        return []
    links = links_of(event, event.repo.full_name)
    linked = LINKED if _is_linked(event, links, known) else NOT_LINKED
    claim = f"check:{event.head_sha}:{_words(event)}:{linked}"
    return [Trigger(_check(event.repo.id, str(event.number)), claim)]


def links_of(pull: PullEvent | PullSnapshot, repo: str) -> Links:
    """What a pull request names; closing keywords count into the default branch alone."""
    closes = pull.base_ref == (pull.default_branch or pull.base_ref)
    return parse_links(pull.body, pull.title, pull.head_ref, repo=repo, closes=closes)


def _is_linked(event: PullEvent, links: Links, known: KnownChecks) -> bool:
    """Whether it says that it is about a plan; that it closes some issue says nothing."""
    if any(link.source.kind in _NAMING for link in links.plans):
        return True
    repository_id = event.repo.id
    if any(known.plan_path_of_issue(repository_id, number) for number in links.issues):
        return True
    return bool(known.plan_paths_of_pull(repository_id, event.number))


def _words(event: PullEvent) -> str:
    return short_digest(event.title, event.body, event.head_ref, event.base_ref)


def checks_to_rerun(event: CheckEvent, known: KnownChecks) -> list[Trigger]:
    """The checks that somebody wants to run again."""
    names: Sequence[str]
    named = subject_name(event.external_id) if event.external_id else None
    if named:
        names = [named]
    else:
        at = known.checks_at(event.repo.id, event.head_sha)
        names = list(dict.fromkeys((*at, *map(str, event.pulls))))
    claim = f"rerun:{event.head_sha}"
    return [
        Trigger(SubjectKey(event.repo.id, "config") if name == CONFIG else
                _check(event.repo.id, name), claim)
        for name in names
    ]  # fmt: skip


def check_of_group(event: MergeGroupEvent) -> list[Trigger]:
    """The check of a merge group; its branch's name says which pull request came last into it."""
    pull = _GROUP_PULL.search(event.head_ref)
    claim = f"group:{event.base_sha}:{pull[1] if pull else ''}"
    return [Trigger(_check(event.repo.id, group_name(event.head_sha)), claim)]


def configs_of_push(event: PushEvent, known: KnownChecks) -> list[Trigger]:
    """The configurations that a push to the default branch may change: this repository's, and
    those that take something from a file of it."""
    if not event.on_default_branch:
        return []
    if event.paths is not None and not any(
        path.endswith((".yml", ".yaml")) for path in event.paths
    ):
        return []
    own = event.paths is None or CONFIG_PATH in event.paths
    about = [Trigger(SubjectKey(event.repo.id, "config"), f"commit:{event.after}")] if own else []
    others = known.choosing_from(event.repo.full_name)
    return [*about, *configs_of([number for number in others if number != event.repo.id])]


def may_wait(event: Event) -> bool:
    """Whether an event that is about no plan may be about one by another configuration: an issue
    with labels, a push of markdown files."""
    if isinstance(event, IssueEvent):
        return bool(event.labels)
    if isinstance(event, PushEvent) and event.on_default_branch:
        return event.paths is None or any(path.endswith(_MARKDOWN) for path in event.paths)
    return False


def configs_of(repository_ids: Sequence[int]) -> list[Trigger]:
    """The configurations of repositories that were installed, renamed or changed."""
    return [Trigger(SubjectKey(number, "config")) for number in repository_ids]


def _check(repository_id: int, name: str) -> SubjectKey:
    return SubjectKey(repository_id, "check", name)
