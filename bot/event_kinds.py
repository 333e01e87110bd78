"""What happened, as frozen values: every event that plansync acts on. ``bot.events`` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.github.snapshots import Person, RepoRef


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for plansync, and why; kept with the delivery for the operator."""

    reason: str


@dataclass(frozen=True, slots=True)
class IssueEvent:
    """An issue was opened, edited, labelled, deleted …; ``body`` as the payload has it.

    ``former_body`` is what an edit of the body replaced; None for every other event. ``by_app``
    says that an App opened the issue, ``retitled`` that an edit changed its title. ``state`` is
    what the issue is now: ``open``, ``completed`` or ``not_planned``, or ``gone`` from here, and
    ``updated_at`` when it was last changed.
    """

    repo: RepoRef
    sender: Person
    action: str
    number: int
    title: str
    body: str
    labels: tuple[str, ...]
    label: str | None = None
    former_body: str | None = None
    by_app: bool = False
    assignees: tuple[str, ...] = ()
    retitled: bool = False
    updated_at: datetime | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """A comment on an issue or pull request was created or edited.

    ``issue_body`` is that of the pull request where the comment is ``on_pull``; ``former`` is what
    an edit replaced, None for a new comment.
    """

    repo: RepoRef
    sender: Person
    action: str
    number: int
    issue_body: str
    comment_id: int
    body: str
    on_pull: bool = False
    former: str | None = None
    by_app: bool = False


@dataclass(frozen=True, slots=True)
class PullEvent:
    """A pull request was opened, edited, merged, closed …"""

    repo: RepoRef
    sender: Person
    action: str
    number: int
    title: str
    body: str
    state: str
    merged: bool
    draft: bool
    head_ref: str
    head_sha: str
    base_ref: str
    default_branch: str = ""
    merge_commit_sha: str = ""

    @property
    def into_default(self) -> bool:
        """Whether it goes into the default branch; so it is taken to be where nobody says."""
        return self.base_ref == (self.default_branch or self.base_ref)


@dataclass(frozen=True, slots=True)
class PushEvent:
    """A branch moved; ``paths`` is None when the payload cannot list them all.

    ``undone`` are commits that commits of the push say they revert: (what was reverted, by which).
    """

    repo: RepoRef
    sender: Person
    ref: str
    default_branch: str
    before: str
    after: str
    paths: tuple[str, ...] | None
    undone: tuple[tuple[str, str], ...] = ()

    @property
    def on_default_branch(self) -> bool:
        return self.ref == f"refs/heads/{self.default_branch}"


@dataclass(frozen=True, slots=True)
class RepositoryEvent:
    """A repository was archived, renamed, transferred, edited …; ``repo`` is what it is now.

    ``other_default`` says that another branch became the default branch.
    """

    repo: RepoRef
    sender: Person
    action: str
    other_default: bool = False


@dataclass(frozen=True, slots=True)
class InstallationEvent:
    """The App was installed, unsuspended, given permissions or more repositories.

    ``repos`` are those that the payload names; GitHub does not always name any.
    """

    installation_id: int
    sender: Person
    action: str
    repos: tuple[RepoRef, ...]

    @property
    def repo(self) -> None:
        """It is about no single repository."""
        return None


@dataclass(frozen=True, slots=True)
class CheckEvent:
    """Somebody wants a check, or all checks, of a commit to run again.

    ``external_id`` is what the maker of the check run calls it, "" for all of them; ``pulls`` are
    the pull requests that GitHub names, none of a fork among them.
    """

    repo: RepoRef
    sender: Person
    action: str
    head_sha: str
    external_id: str
    pulls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MergeGroupEvent:
    """A merge queue wants to know whether these pull requests may be merged together."""

    repo: RepoRef
    sender: Person
    action: str
    head_sha: str
    head_ref: str
    base_sha: str


@dataclass(frozen=True, slots=True)
class RemovalEvent:
    """The App was uninstalled, or taken from some repositories; ``repository_ids`` None: all."""

    installation_id: int
    sender: Person
    action: str
    repository_ids: tuple[int, ...] | None

    @property
    def repo(self) -> None:
        """It is about no single repository."""
        return None


@dataclass(frozen=True, slots=True)
class CompareEvent:
    """Our own wish to compare a plan or a request with GitHub though no webhook asks for it."""

    repo: RepoRef
    sender: Person
    action: str
    kind: str
    name: str


Event = (
    IssueEvent
    | CommentEvent
    | PullEvent
    | PushEvent
    | RepositoryEvent
    | InstallationEvent
    | RemovalEvent
    | CheckEvent
    | MergeGroupEvent
    | CompareEvent
)
