"""What may be written to GitHub: values that say what, where, why, and what they expect to find.

Subjects return lists of these and ``bot.apply`` is the only place that carries them out. Every
change has a ``reason``: the sentence that the commit, the log and the operator's page print.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.github.snapshots import (
    Annotation,
    CheckSnapshot,
    CommentSnapshot,
    Committed,
    IssueSnapshot,
    PullSnapshot,
    RepoPath,
)
from bot.memory import PlanMemory, Trigger


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file of a commit; ``expected_blob`` is the blob it replaces, None where it is new."""

    path: RepoPath
    text: str
    expected_blob: str | None


@dataclass(frozen=True, slots=True)
class CommitFiles:
    """Files written in one commit to the default branch; Stale when one of them moved."""

    files: tuple[FileEdit, ...]
    message: str
    reason: str

    @property
    def target(self) -> str:
        return ", ".join(edit.path for edit in self.files)


@dataclass(frozen=True, slots=True)
class CreateIssue:
    """A new issue; labels and milestones that do not exist are made, but for those GitHub refuses.

    ``further_milestones`` are made too; an issue has only one.
    """

    title: str
    body: str
    labels: tuple[str, ...]
    milestone: str | None
    reason: str
    further_milestones: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        return f"a new issue “{self.title}”"


@dataclass(frozen=True, slots=True)
class _OnIssue:
    """A change of one issue or pull request, by its number."""

    number: int

    @property
    def target(self) -> str:
        return f"#{self.number}"


@dataclass(frozen=True, slots=True)
class EditIssueBody(_OnIssue):
    """A new body for an issue whose body still has this SHA-256; Stale otherwise."""

    body: str
    expected_sha: str
    reason: str


@dataclass(frozen=True, slots=True)
class AssignPeople(_OnIssue):
    """People assigned to an issue; whoever GitHub will not assign is left out and told."""

    logins: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class UnassignPeople(_OnIssue):
    """People taken off an issue."""

    logins: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class EditIssueFields(_OnIssue):
    """A new title or milestone for an issue; what is None stays."""

    reason: str
    title: str | None = None
    milestone: str | None = None


@dataclass(frozen=True, slots=True)
class PostComment(_OnIssue):
    """A new comment on an issue or pull request; ``role`` says which of ours it is.

    With ``once`` it is not posted where a comment of ours already begins with the same line.
    """

    body: str
    role: str
    reason: str
    once: bool = False


@dataclass(frozen=True, slots=True)
class EditComment(_OnIssue):
    """A new text for a comment of ours."""

    comment_id: int
    body: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddLabel(_OnIssue):
    """A label on an issue; made where the repository has none of that name."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveLabel(_OnIssue):
    """A label taken off an issue; no error where it is off already."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class MakeLabels:
    """Labels for the repository to choose from; those it has already stay as they are."""

    labels: tuple[str, ...]
    reason: str

    @property
    def target(self) -> str:
        return ", ".join(self.labels)


@dataclass(frozen=True, slots=True)
class SetState(_OnIssue):
    """An issue closed or opened again: ``state`` is ``open`` or ``closed``."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class React(_OnIssue):
    """A reaction to a comment; that it fails is harmless."""

    comment_id: int
    reaction: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenSubIssue(_OnIssue):
    """A new issue that is a sub-issue of this one."""

    title: str
    body: str
    reason: str

    @property
    def target(self) -> str:
        return f"a sub-issue “{self.title}” of #{self.number}"


@dataclass(frozen=True, slots=True)
class LinkSubIssue(_OnIssue):
    """An issue of ours made a sub-issue of this one; left out where GitHub says that it cannot."""

    child: int
    child_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeepSubIssue(_OnIssue):
    """A sub-issue's new title, body and state in one request; what is None stays.

    With a new body the present one has the SHA-256 ``expected_sha``; Stale otherwise.
    """

    reason: str
    title: str | None = None
    body: str | None = None
    expected_sha: str = ""
    state: str | None = None
    state_reason: str | None = None


NOT_RELATED: tuple[str, ...] = ("not related",)
"""What comes of a relation between issues that GitHub says cannot be."""


@dataclass(frozen=True, slots=True)
class BlockIssue(_OnIssue):
    """An issue is blocked by another; ``NOT_RELATED`` where GitHub says that it cannot be."""

    blocker: int
    blocker_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class UnblockIssue(_OnIssue):
    """An issue is blocked by another no more."""

    blocker: int
    blocker_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class CreateBranch:
    """A branch of our own, beginning at a commit; Stale when it exists."""

    branch: str
    sha: str
    reason: str

    @property
    def target(self) -> str:
        return self.branch


@dataclass(frozen=True, slots=True)
class CommitToBranch:
    """Files written and deleted in one commit on a branch of our own; Stale when it moved.

    With ``merging`` it is a merge with that commit, whose other files it takes as they are.
    """

    files: tuple[FileEdit, ...]
    message: str
    branch: str
    expected_head: str
    reason: str
    deleted: tuple[RepoPath, ...] = ()
    merging: str | None = None

    @property
    def target(self) -> str:
        paths = [*(edit.path for edit in self.files), *self.deleted]
        return f"{self.branch}: {', '.join(paths)}"


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """A branch of our own that is not needed any more."""

    branch: str
    reason: str

    @property
    def target(self) -> str:
        return self.branch


@dataclass(frozen=True, slots=True)
class OpenPull:
    """A pull request from a branch of our own."""

    title: str
    body: str
    head: str
    base: str
    reason: str

    @property
    def target(self) -> str:
        return f"a pull request from {self.head} to {self.base}"


@dataclass(frozen=True, slots=True)
class EditPull(_OnIssue):
    """A new body or state for a pull request; what is None stays.

    ``expected_sha`` is the SHA-256 of the body that the new one was made from, "" for one of ours.
    """

    reason: str
    body: str | None = None
    state: str | None = None
    expected_sha: str = ""


@dataclass(frozen=True, slots=True)
class ReportCheck:
    """A check run on a commit, complete with its remarks on lines, however many there are.

    ``ends`` is a run that waits there, because somebody wants it again or a worker died: it ends as
    this one does. ``create`` is False where it says the same, and no new one is needed.
    """

    head_sha: str
    external_id: str
    conclusion: str
    title: str
    summary: str
    annotations: tuple[Annotation, ...]
    reason: str
    ends: int | None = None
    create: bool = True

    @property
    def target(self) -> str:
        return f"the check of {self.head_sha[:7]}"


Change = (
    CommitFiles
    | CreateIssue
    | EditIssueBody
    | EditIssueFields
    | AssignPeople
    | UnassignPeople
    | PostComment
    | EditComment
    | AddLabel
    | RemoveLabel
    | MakeLabels
    | SetState
    | OpenSubIssue
    | LinkSubIssue
    | KeepSubIssue
    | BlockIssue
    | UnblockIssue
    | React
    | CreateBranch
    | CommitToBranch
    | DeleteBranch
    | OpenPull
    | EditPull
    | ReportCheck
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a subject wants written, in order; ``again`` asks for another pass after it.

    ``forward`` names further subjects that the same deliveries turned out to be about; ``note``
    says in one sentence why there is nothing to do, where there is nothing. ``beforehand`` is
    remembered before anything is written, ``after`` is what is known once all of it is.
    """

    changes: tuple[Change, ...] = ()
    again: bool = False
    forward: tuple[Trigger, ...] = ()
    note: str = ""
    beforehand: PlanMemory | None = None
    after: PlanMemory | None = None


Result = (
    Committed
    | IssueSnapshot
    | CommentSnapshot
    | PullSnapshot
    | CheckSnapshot
    | tuple[str, ...]
    | None
)


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was carried out and what GitHub gave back."""

    change: Change
    result: Result
