"""What plansync may read and write of the fake, with the promises of ``bot.github.ports``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bot.errors import UserProblem
from bot.github.live_reader import LARGEST_FILE
from bot.github.ports import (
    CommentSnapshot,
    CommitSnapshot,
    Committed,
    FileSnapshot,
    IssueSnapshot,
    Milestone,
    Person,
    PullSnapshot,
    Refused,
    RepoPath,
    RepoRef,
    RepositorySnapshot,
    Stale,
)

if TYPE_CHECKING:
    from tests.fake_github import FakeComment, FakeGitHub, FakeIssue, FakeRepository

MOST_BODY = 65_536

F = TypeVar("F", bound=Callable[..., Any])


def _call(kind: str) -> Callable[[F], F]:
    def wrap(method: F) -> F:
        @wraps(method)
        def counted(self: _Bound, *args: Any, **kwargs: Any) -> Any:
            with self.world.called(method.__name__, kind):
                return method(self, *args, **kwargs)

        return cast(F, counted)

    return wrap


reads, writes = _call("reads"), _call("writes")


class _Bound:
    def __init__(self, world: FakeGitHub, repo: RepoRef) -> None:
        self.world = world
        self._ref = repo

    @property
    def repo(self) -> RepoRef:
        return self._ref

    @property
    def _it(self) -> FakeRepository:
        try:
            return self.world.repositories[self._ref.id]
        except KeyError:
            raise Refused(404, "Not Found", "the repository") from None

    def _person(self, login: str) -> Person:
        return Person(login, self.world.account_id(login), login.endswith("[bot]"))

    def _issue(self, issue: FakeIssue) -> IssueSnapshot:
        author = self._person(issue.author)
        return IssueSnapshot(
            number=issue.number,
            title=issue.title,
            body=issue.body,
            state=issue.state,
            author=author,
            created_at=issue.created_at,
            labels=tuple(issue.labels),
            assignees=tuple(issue.assignees),
            milestone=issue.milestone,
            url=self._it.url(f"/issues/{issue.number}"),
            by_app=issue.author.removesuffix("[bot]") if author.is_bot else None,
        )

    def _comment(self, comment: FakeComment) -> CommentSnapshot:
        return CommentSnapshot(
            id=comment.id,
            body=comment.body,
            author=self._person(comment.author),
            ours=comment.author == self.world.bot,
            url=self._it.url(f"/issues/{comment.number}#issuecomment-{comment.id}"),
        )


class FakeReader(_Bound):
    """A ``GitHubReader`` of the fake."""

    @property
    def app_slug(self) -> str:
        return self.world.app_slug

    @reads
    def repository(self) -> RepositorySnapshot:
        it = self._it
        return RepositorySnapshot(it.id, it.full_name, it.default_branch, it.private, it.archived)

    @reads
    def issue(self, number: int) -> IssueSnapshot | None:
        issue = self._it.issues.get(number)
        if issue is None or number in self._it.pulls:
            return None
        return self._issue(issue)

    @reads
    def issues(
        self, *, labels: Sequence[str] = (), state: str = "all", since: datetime | None = None
    ) -> list[IssueSnapshot]:
        wanted = {label.casefold() for label in labels}
        return [
            self._issue(issue)
            for number, issue in sorted(self._it.issues.items())
            if number not in self._it.pulls
            and state in ("all", issue.state)
            and wanted <= {label.casefold() for label in issue.labels}
            and (since is None or issue.updated_at >= since)
        ]

    @reads
    def comments(self, number: int) -> list[CommentSnapshot]:
        return [self._comment(one) for one in self._it.comments_on(number)]

    @reads
    def file(self, path: RepoPath, ref: str | None = None) -> FileSnapshot | None:
        path = RepoPath(path)
        commit = self._it.git.resolve(ref or self._it.default_branch)
        if commit is None:
            return None
        if path not in commit.files:
            if any(name.startswith(f"{path}/") for name in commit.files):
                raise UserProblem(f"{path} is a folder, not a file.", path=path)
            return None
        sha = commit.files[path]
        if len(self._it.git.blobs[sha]) > LARGEST_FILE:
            raise UserProblem(f"{path} is larger than 1 MiB.", path=path)
        return FileSnapshot(path, self._text(sha, path), sha)

    @reads
    def listing(self, path: RepoPath, ref: str | None = None) -> list[str]:
        commit = self._it.git.resolve(ref or self._it.default_branch)
        start = f"{RepoPath(path)}/"
        inside = (
            [name[len(start) :] for name in commit.files if name.startswith(start)]
            if commit
            else []
        )
        return sorted({name.split("/")[0] + ("/" if "/" in name else "") for name in inside})

    @reads
    def commits(
        self, *, path: RepoPath | None = None, since: datetime | None = None
    ) -> list[CommitSnapshot]:
        git = self._it.git
        return [
            CommitSnapshot(sha, one.message, one.parents, one.date, one.author)
            for sha in git.ancestors(git.branches[self._it.default_branch])
            for one in [git.commits[sha]]
            if (path is None or git.touching(sha, path)) and (since is None or one.date >= since)
        ]

    @reads
    def head(self, branch: str) -> str | None:
        return self._it.git.branches.get(branch)

    @reads
    def blob(self, sha: str) -> str | None:
        return self._text(sha, f"The blob {sha[:7]}") if sha in self._it.git.blobs else None

    @reads
    def changed_paths(self, before: str, after: str) -> list[str] | None:
        git = self._it.git
        if before not in git.commits or after not in git.commits:
            return None
        if before not in git.ancestors(after):
            return None
        changed = git.changed(before, after)
        return changed if len(changed) < 300 else None

    @reads
    def pull(self, number: int) -> PullSnapshot | None:
        pull = self._it.pulls.get(number)
        if pull is None:
            return None
        issue = self._it.issues[number]
        return PullSnapshot(
            number=number,
            title=issue.title,
            body=issue.body,
            state=issue.state,
            merged=pull.merge_commit is not None,
            draft=pull.draft,
            head_ref=pull.head,
            head_sha=self._it.head_of(pull),
            base_ref=pull.base,
            author=self._person(issue.author),
            url=self._it.url(f"/pull/{number}"),
            merge_commit_sha=pull.merge_commit,
            merged_at=pull.merged_at,
            head_full_name=self._it.full_name,
        )

    @reads
    def pull_paths(self, number: int) -> list[str]:
        pull = self._it.pulls.get(number)
        return self._it.pull_paths(pull) if pull else []

    @reads
    def permission(self, login: str) -> str:
        return self._it.permissions.get(login, "none")

    @reads
    def labels(self) -> list[str]:
        return sorted(self._it.labels)

    @reads
    def milestones(self) -> list[Milestone]:
        return [
            Milestone(number, title, state)
            for number, (title, state) in enumerate(self._it.milestones.items(), 1)
        ]

    def _text(self, sha: str, name: str) -> str:
        try:
            return self._it.git.blobs[sha].decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserProblem(f"{name} is not UTF-8 text.", path=name) from error


class FakeWriter(_Bound):
    """A ``GitHubWriter`` of the fake; everything is done as the App's bot."""

    @writes
    def create_issue(
        self,
        title: str,
        body: str,
        *,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
        milestone: int | None = None,
    ) -> IssueSnapshot:
        if not title.strip():
            raise Refused(422, "title is missing", "creating an issue")
        self._check_body(body)
        if any(login not in self._it.permissions for login in assignees):
            raise Refused(422, "assignees is invalid", "creating an issue")
        issue = self._it.open_issue(
            self.world.bot,
            title,
            body,
            tuple(labels),
            tuple(assignees),
            self._milestone(milestone),
        )
        return self._issue(issue)

    @writes
    def edit_issue(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
        milestone: int | None = None,
    ) -> IssueSnapshot:
        issue = self._existing(number)
        self._check_body(body or "")
        named = self._milestone(milestone)
        self._it.edit_issue(
            self.world.bot, number, title=title, body=body, state=state, milestone=named
        )
        return self._issue(issue)

    @writes
    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        self._existing(number)
        self._it.add_labels(self.world.bot, number, tuple(labels))

    @writes
    def remove_label(self, number: int, label: str) -> None:
        if number in self._it.issues:
            self._it.remove_label(self.world.bot, number, label)

    @writes
    def add_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        issue = self._existing(number)
        self._it.assign(self.world.bot, number, tuple(logins))
        return tuple(issue.assignees)

    @writes
    def create_label(self, name: str, color: str, description: str) -> None:
        self._it.known_label(self.world.bot, name, color)

    @writes
    def create_milestone(self, title: str) -> Milestone:
        if title in self._it.milestones:
            raise Refused(422, "already_exists title", f"creating the milestone {title!r}")
        self._it.milestones[title] = "open"
        return Milestone(len(self._it.milestones), title)

    @writes
    def create_comment(self, number: int, body: str) -> CommentSnapshot:
        self._existing(number)
        self._check_body(body)
        if not body.strip():
            raise Refused(422, "body cannot be blank", f"commenting on #{number}")
        return self._comment(self._it.add_comment(self.world.bot, number, body))

    @writes
    def edit_comment(self, comment_id: int, body: str) -> CommentSnapshot:
        if comment_id not in self._it.comments:
            raise Refused(404, "Not Found", "editing a comment")
        self._check_body(body)
        return self._comment(self._it.edit_comment(self.world.bot, comment_id, body))

    @writes
    def put_file(
        self,
        path: RepoPath,
        text: str,
        message: str,
        *,
        expected_blob: str | None,
        branch: str | None = None,
    ) -> Committed:
        branch = self._open_branch(branch)
        self._check_path(path)
        git = self._it.git
        there = git.commits[git.branches[branch]].files.get(path)
        if there != expected_blob:
            raise Stale(f"{path} is {there}, not {expected_blob}")
        sha = self._it.commit(self.world.bot, {path: text.encode("utf-8")}, message, branch)
        return Committed(sha, ((str(path), git.commits[sha].files[path]),))

    @writes
    def commit_files(
        self,
        files: Mapping[RepoPath, str | None],
        message: str,
        *,
        expected_head: str,
        branch: str,
    ) -> Committed:
        branch = self._open_branch(branch)
        for path in files:
            self._check_path(path)
        git = self._it.git
        if git.branches[branch] != expected_head:
            raise Stale(f"{branch} is at {git.branches[branch]}, not at {expected_head}")
        for path, text in files.items():
            if text is None and path not in git.commits[expected_head].files:
                raise Refused(422, f"{path} does not exist", "preparing a commit")
        changes = {
            str(path): None if text is None else text.encode("utf-8")
            for path, text in files.items()
        }
        sha = self._it.commit(self.world.bot, changes, message, branch)
        written = git.commits[sha].files
        return Committed(sha, tuple((p, written[p]) for p in changes if changes[p] is not None))

    @writes
    def react(self, comment_id: int, reaction: str) -> None:
        if comment_id in self._it.comments:
            self._it.reactions.append((comment_id, reaction))

    def _existing(self, number: int) -> FakeIssue:
        try:
            return self._it.issues[number]
        except KeyError:
            raise Refused(404, "Not Found", f"#{number}") from None

    def _milestone(self, number: int | None) -> str | None:
        if number is None:
            return None
        titles = list(self._it.milestones)
        if not 1 <= number <= len(titles):
            raise Refused(422, "milestone is invalid")
        return titles[number - 1]

    def _open_branch(self, branch: str | None) -> str:
        branch = branch or self._it.default_branch
        if branch not in self._it.git.branches:
            raise Refused(404, f"Branch {branch} not found")
        if self._it.protected and branch == self._it.default_branch:
            raise Refused(409, "Changes must be made through a pull request.", "writing a file")
        return branch

    @staticmethod
    def _check_path(path: RepoPath) -> None:
        if not RepoPath(path).writable:
            raise Refused(403, "plansync never writes under .github.", f"writing {path}")

    @staticmethod
    def _check_body(body: str) -> None:
        if len(body) > MOST_BODY:
            raise Refused(422, "body is too long (maximum is 65536 characters)")
