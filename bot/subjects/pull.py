"""One pull request that names a plan nobody remembers: find the plan, and hand over to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.changes import Applied, Decision
from bot.config import RepoConfig
from bot.edits import Edits
from bot.github.ports import GitHubReader
from bot.github.snapshots import PullSnapshot, RepoPath
from bot.memory import OpenDelivery, SubjectKey, Trigger
from bot.plans.links import Links
from bot.plans.render import parse_plan_marker
from bot.subjects import is_path
from bot.subjects.plan_recovery import is_ours, requested_by
from bot.subjects.pull_claims import pull_claim
from bot.subjects.pull_read import links_of

MEMORY = type(None)


@dataclass(frozen=True, slots=True)
class PullNamesPlans:
    """A pull request as it is now, and the plan files that it names."""

    repository_id: int
    pull: PullSnapshot | None
    paths: tuple[str, ...] = ()


def is_known(claim: str, memory: None) -> bool:
    """Nothing of a pull request itself is remembered."""
    return False


def read(
    key: SubjectKey,
    reader: GitHubReader,
    memory: None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
    edit_of: Edits,
) -> PullNamesPlans:
    """The pull request, and the plans it names: by their issue's marker, or by path."""
    pull = reader.pull(int(key.name))
    if pull is None:
        return PullNamesPlans(key.repository_id, None)
    named = [links_of(pull, reader.repo.full_name)]
    undone = (reader.pull(number) for number in named[0].reverts)
    named += [links_of(one, reader.repo.full_name) for one in undone if one]
    found = [path for links in named for path in _paths(links, reader, config)]
    return PullNamesPlans(key.repository_id, pull, tuple(dict.fromkeys(found)))


def _paths(links: Links, reader: GitHubReader, config: RepoConfig) -> list[str]:
    """The plans that are there for what is named."""
    found = [
        path
        for path in links.paths
        if is_path(path) and (config.adopts(path) or requested_by(reader, RepoPath(path)))
    ]
    for number in links.issues:
        issue = reader.issue(number)
        marker = parse_plan_marker(issue.body) if issue else None
        if issue and marker and is_path(marker.path) and is_ours(issue, reader.app_slug):
            found.append(marker.path)
    return found


def decide(snapshot: PullNamesPlans, config: RepoConfig) -> Decision:
    """Hand the pull request over to the plans it names."""
    if snapshot.pull is None:
        return Decision(note="there is no such pull request")
    claim = pull_claim(snapshot.pull)
    about = tuple(
        Trigger(SubjectKey(snapshot.repository_id, "plan", path), claim) for path in snapshot.paths
    )
    return Decision(forward=about, note="" if about else "it names no plan that is there")


def remember(snapshot: PullNamesPlans, decision: Decision, applied: Sequence[Applied]) -> tuple[()]:
    """Nothing: the plan remembers its pull requests."""
    return ()
