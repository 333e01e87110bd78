"""The values that come from GitHub and go to it: paths, people, and things as they were read."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from datetime import datetime

from bot.errors import UserProblem

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RepoPath(str):
    """A path inside a repository that cannot leave it: relative, normalised, never ``.git``.

    Raises ``UserProblem`` for an empty or absolute path, ``.`` or ``..`` segments, backslashes,
    control characters, or more than 4,096 bytes.
    """

    __slots__ = ()

    def __new__(cls, path: str) -> RepoPath:
        if isinstance(path, RepoPath):
            return path
        segments = path.split("/")
        bad = (
            not path
            or len(path.encode("utf-8", "replace")) > 4096
            or "\\" in path
            or _CONTROL.search(path)
            or posixpath.normpath(path) != path
            or any(s in ("", ".", "..") or s.casefold() == ".git" for s in segments)
        )
        if bad:
            raise UserProblem(
                f"{path!r} is not a path inside the repository.",
                "Use a relative path such as plan_docs/search.md, without '..' or backslashes.",
            )
        return super().__new__(cls, path)

    @property
    def writable(self) -> bool:
        """False under ``.github``, where plansync never writes."""
        return self.split("/", 1)[0].casefold() != ".github"


@dataclass(frozen=True, slots=True)
class RepoRef:
    """A repository by its id (which survives renames), and the installation that reaches it."""

    id: int
    full_name: str
    installation_id: int

    @property
    def owner(self) -> str:
        return self.full_name.split("/", 1)[0]

    @property
    def name(self) -> str:
        return self.full_name.split("/", 1)[1]


@dataclass(frozen=True, slots=True)
class Person:
    """An account: ``is_bot`` for Apps and bots."""

    login: str
    id: int = 0
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class RepositorySnapshot:
    """A repository as GitHub holds it now."""

    id: int
    full_name: str
    default_branch: str
    private: bool = False
    archived: bool = False
    has_issues: bool = True


@dataclass(frozen=True, slots=True)
class IssueSnapshot:
    """An issue (never a pull request) as GitHub holds it now; ``body`` is "" when it has none.

    ``id`` is its database id, which relations between issues go by; ``state_reason`` says why it is
    ``closed``: ``completed``, ``not_planned``, ``duplicate``, "" where GitHub does not say.
    https://docs.github.com/en/rest/issues/issues#get-an-issue
    """

    number: int
    title: str
    body: str
    state: str
    author: Person
    created_at: datetime
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: str | None = None
    url: str = ""
    by_app: str | None = None
    updated_at: datetime | None = None
    id: int = 0
    state_reason: str = ""


@dataclass(frozen=True, slots=True)
class FileSnapshot:
    """A file on a branch: its text (UTF-8 with a BOM kept) and its blob id."""

    path: RepoPath
    text: str
    blob_sha: str


@dataclass(frozen=True, slots=True)
class CommentSnapshot:
    """An issue comment; ``ours`` only when this App itself wrote it.

    ``updated_at`` is when it was written or last edited, ``reactions`` how many reactions anybody
    gave it, where GitHub says so.
    """

    id: int
    body: str
    author: Person
    ours: bool = False
    url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    reactions: int = 0


@dataclass(frozen=True, slots=True)
class PullSnapshot:
    """A pull request as GitHub holds it now; ``state`` is ``open`` or ``closed``.

    ``base_sha`` is the commit of the base branch that it was last compared with,
    ``default_branch`` that of the repository it goes into ("" where GitHub does not say).
    """

    number: int
    title: str
    body: str
    state: str
    merged: bool
    draft: bool
    head_ref: str
    head_sha: str
    base_ref: str
    author: Person
    url: str = ""
    merge_commit_sha: str | None = None
    merged_at: datetime | None = None
    head_full_name: str | None = None
    base_sha: str = ""
    default_branch: str = ""
    merged_by: Person | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that a pull request changes; ``status`` is ``added``, ``removed``, ``modified``,
    ``renamed``, ``copied``, ``changed`` or ``unchanged``."""

    path: str
    status: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What one branch has that another has not, counted from where they parted.

    ``paths`` differ between ``merge_base`` and the branch; None when GitHub cuts the list.
    """

    merge_base: str
    ahead: int
    behind: int
    paths: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class CommitSnapshot:
    """A commit: full message, parents, and the committer date."""

    sha: str
    message: str
    parents: tuple[str, ...] = ()
    date: datetime | None = None
    author_login: str | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone of the repository."""

    number: int
    title: str
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on a line (from 1) of a file; ``level``: ``notice``, ``warning`` or ``failure``."""

    path: str
    line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """What a check run says: markdown of at most 65,535 characters, at most 50 annotations."""

    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckSnapshot:
    """A check run; ``status`` is ``queued``, ``in_progress`` or ``completed``.

    ``external_id`` is what its maker calls it; ``conclusion`` is None until it is completed.
    """

    id: int
    head_sha: str
    status: str
    conclusion: str | None
    external_id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that was made: its id and the blob id of each file written."""

    sha: str
    blobs: tuple[tuple[str, str], ...] = ()
