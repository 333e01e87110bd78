"""What the rest of plansync may ask of GitHub; ``bot.github.snapshots`` has what it gets back.

``GitHubReader`` cannot write and ``GitHubWriter`` cannot read, so what decides can never write.
Both are bound to one repository of one installation. Implementations: ``bot.github.live`` and the
one fake of the tests; both pass the same contract suite.

Errors every method may raise: ``Retryable`` (rate limit, 5xx, timeout, reset: nothing is known of
the effect), ``Refused`` (GitHub says no: 403, 404 on a write, 410, 422, 451), ``Stale`` (a
compare-and-swap lost: 409, or 422 on a reference update).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.github.snapshots import (
    ChangedFile,
    CheckOutput,
    CheckSnapshot,
    CommentSnapshot,
    CommitSnapshot,
    Committed,
    Compared,
    FileSnapshot,
    IssueSnapshot,
    Milestone,
    PullSnapshot,
    RepoPath,
    RepoRef,
    RepositorySnapshot,
)

MAY_WRITE = frozenset({"admin", "maintain", "write"})
"""Roles that may push to a repository, as ``GitHubReader.permission`` gives them.

https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization
"""


class Stale(Exception):
    """The thing to be written changed since it was read; read again and decide again."""


@dataclass(eq=False)
class Refused(Exception):
    """GitHub refused the request for good; ``status`` is the HTTP status, ``message`` its words."""

    status: int
    message: str
    what: str = ""

    def __str__(self) -> str:
        return f"GitHub refused {self.what or 'the request'} ({self.status}): {self.message}"


class GitHubReader(Protocol):
    """Everything plansync reads of one repository. One call is one request unless it says pages."""

    @property
    def repo(self) -> RepoRef: ...

    @property
    def app_slug(self) -> str:
        """The App's slug; its comments are by ``{slug}[bot]``. Cached, costs a request once."""
        ...

    def repository(self) -> RepositorySnapshot: ...

    def issue(self, number: int) -> IssueSnapshot | None:
        """The issue, or None when there is none (404, 410) or it is a pull request.

        Raises Refused(410) when the repository has its issues switched off.
        """
        ...

    def issues(
        self, *, labels: Sequence[str] = (), state: str = "all", since: datetime | None = None
    ) -> list[IssueSnapshot]:
        """Issues without pull requests, oldest first, all pages."""
        ...

    def sub_issues(self, number: int) -> list[IssueSnapshot] | None:
        """The sub-issues of an issue, in their order, also those of other repositories; at most
        100. None where this GitHub has no sub-issues, or not this issue."""
        ...

    def blocked_by(self, number: int) -> list[IssueSnapshot] | None:
        """The issues that block an issue, at most 50; None as for ``sub_issues``."""
        ...

    def comments(self, number: int) -> list[CommentSnapshot]:
        """The comments of an issue or pull request, oldest first, all pages."""
        ...

    def reacted(self, comment_id: int) -> bool:
        """Whether this App itself reacted to an issue comment, all pages; False when it is gone."""
        ...

    def file(self, path: RepoPath, ref: str | None = None) -> FileSnapshot | None:
        """A file on a branch or commit (default branch when None), or None when it is not there.

        Raises UserProblem when it is not UTF-8 text, a directory, a submodule, or over 1 MiB.
        """
        ...

    def listing(self, path: RepoPath, ref: str | None = None) -> list[str]:
        """The names in a directory (directories end in ``/``), [] when there is none."""
        ...

    def blobs(self, path: RepoPath, ref: str | None = None) -> Mapping[str, str]:
        """What ``listing`` names, with the ids of blobs and trees; empty when there is none."""
        ...

    def commits(
        self, *, path: RepoPath | None = None, since: datetime | None = None
    ) -> list[CommitSnapshot]:
        """Commits of the default branch that touch ``path``, newest first, all pages."""
        ...

    def head(self, branch: str) -> str | None:
        """The commit id at the tip of a branch, or None."""
        ...

    def blob(self, sha: str) -> str | None:
        """The text of a blob, or None when GitHub no longer has it."""
        ...

    def changed_paths(self, before: str, after: str) -> list[str] | None:
        """Paths that differ between two commits; None when GitHub cannot say (cut at 300)."""
        ...

    def compared(self, base: str, head: str) -> Compared | None:
        """What ``head`` has that ``base`` has not (branches or commits); None when one is gone."""
        ...

    def commits_between(self, base: str, head: str) -> list[CommitSnapshot]:
        """The commits that ``head`` has and ``base`` has not, oldest first, at most 300; [] where
        one of them is not there."""
        ...

    def paths(self, commit: str) -> list[str] | None:
        """All files of a commit; None when GitHub cuts the list (over 100,000)."""
        ...

    def pull(self, number: int) -> PullSnapshot | None: ...

    def pulls(self, head: str) -> list[PullSnapshot]:
        """The newest pull requests from a branch of this repository, of any state, newest first."""
        ...

    def pull_paths(self, number: int) -> list[str]:
        """Paths that a pull request changes, all pages (GitHub lists at most 3,000)."""
        ...

    def pull_files(self, number: int) -> list[ChangedFile]:
        """What a pull request changes, all pages (GitHub lists at most 3,000)."""
        ...

    def pull_commits(self, number: int) -> list[CommitSnapshot]:
        """The commits of a pull request, oldest first, all pages (GitHub lists at most 250)."""
        ...

    def permission(self, login: str) -> str:
        """``admin``, ``maintain``, ``write``, ``triage``, ``read`` or ``none`` (also on 404)."""
        ...

    def in_team(self, team: str, login: str) -> bool | None:
        """Whether somebody is in ``org/team``, asked at most once in five minutes; None where the
        App may not see that: it lacks *Members: read*, or it is another organisation's team."""
        ...

    def labels(self) -> list[str]:
        """Names of the repository's labels, all pages."""
        ...

    def milestones(self) -> list[Milestone]:
        """Open and closed milestones, all pages."""
        ...

    def check(self, head_sha: str, name: str) -> CheckSnapshot | None:
        """The newest check run of this name on a commit, or None."""
        ...

    def neighbour(self, name: str) -> GitHubReader | None:
        """Another repository of the same owner; None where the App is not installed on it."""
        ...


class GitHubWriter(Protocol):
    """Everything plansync writes to one repository. Never retried here: a repeat could double."""

    @property
    def repo(self) -> RepoRef: ...

    def create_issue(
        self,
        title: str,
        body: str,
        *,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
        milestone: int | None = None,
    ) -> IssueSnapshot: ...

    def edit_issue(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
        state_reason: str | None = None,
        milestone: int | None = None,
    ) -> IssueSnapshot:
        """``state_reason`` is why it is closed: ``completed``, ``not_planned``, ``duplicate``."""
        ...

    def add_sub_issue(self, number: int, child_id: int) -> None:
        """Make an issue, by its database id, a sub-issue of another; one that is, is no error.

        Refused(422) beyond 100, or where it is the sub-issue of yet another.
        """
        ...

    def add_blocked_by(self, number: int, blocker_id: int) -> None:
        """Say that an issue is blocked by another, by its database id; twice is no error.

        Refused(422) beyond 50, or in a circle.
        """
        ...

    def remove_blocked_by(self, number: int, blocker_id: int) -> None:
        """Say that it is blocked no more; one that was not is no error."""
        ...

    def add_labels(self, number: int, labels: Sequence[str]) -> None: ...

    def remove_label(self, number: int, label: str) -> None:
        """Remove a label; a label that is not there is no error."""
        ...

    def add_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        """Assign people; gives back who is assigned now (GitHub silently drops the others)."""
        ...

    def remove_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        """Take people off an issue; gives back who is assigned still. Off already is no error."""
        ...

    def create_label(self, name: str, color: str, description: str) -> None:
        """Create a label; one that exists already is no error."""
        ...

    def create_milestone(self, title: str) -> Milestone: ...

    def create_comment(self, number: int, body: str) -> CommentSnapshot: ...

    def edit_comment(self, comment_id: int, body: str) -> CommentSnapshot:
        """Raises Refused(404) when the comment is gone."""
        ...

    def put_file(
        self,
        path: RepoPath,
        text: str,
        message: str,
        *,
        expected_blob: str | None,
        branch: str | None = None,
    ) -> Committed:
        """One file in one commit; ``expected_blob`` None creates. Stale when the blob moved."""
        ...

    def commit_files(
        self,
        files: Mapping[RepoPath, str | None],
        message: str,
        *,
        expected_head: str,
        branch: str,
        merging: str | None = None,
    ) -> Committed:
        """Several files (None deletes) in one commit on ``expected_head``. Stale when it moved.

        With ``merging`` it is a merge commit: the tree of that commit with these files.
        """
        ...

    def create_branch(self, branch: str, sha: str) -> None:
        """A new branch at a commit. Stale when there is one of that name."""
        ...

    def delete_branch(self, branch: str) -> None:
        """Delete a branch; one that is not there is no error."""
        ...

    def create_pull(self, title: str, body: str, *, head: str, base: str) -> PullSnapshot: ...

    def edit_pull(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
    ) -> PullSnapshot: ...

    def create_check(
        self,
        name: str,
        head_sha: str,
        output: CheckOutput,
        *,
        external_id: str,
        conclusion: str | None,
    ) -> CheckSnapshot:
        """A new check run; in progress where ``conclusion`` is None.

        Raises Refused(422) when the commit is not there.
        """
        ...

    def extend_check(
        self, check_id: int, output: CheckOutput, *, conclusion: str | None
    ) -> CheckSnapshot:
        """Further annotations for a check run, and its conclusion when these are the last."""
        ...

    def react(self, comment_id: int, reaction: str) -> None:
        """React to an issue comment (``+1``, ``eyes`` …); failing is harmless and not raised."""
        ...
