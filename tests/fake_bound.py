"""What the fake's reader and writer have in common: their repository, and being interrupted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bot.github.ports import Refused
from bot.github.snapshots import (
    CheckSnapshot,
    CommentSnapshot,
    IssueSnapshot,
    Person,
    PullSnapshot,
    RepoRef,
)
from tests import fake_payloads as payloads

if TYPE_CHECKING:
    from tests.fake_github import FakeCheck, FakeComment, FakeGitHub, FakeIssue, FakeRepository

MOST_BODY = 65_536

F = TypeVar("F", bound=Callable[..., Any])


def _call(kind: str) -> Callable[[F], F]:
    def wrap(method: F) -> F:
        @wraps(method)
        def counted(self: Bound, *args: Any, **kwargs: Any) -> Any:
            with self.world.called(method.__name__, kind):
                self._check(method.__name__, kind)
                return method(self, *args, **kwargs)

        return cast(F, counted)

    return wrap


reads, writes = _call("reads"), _call("writes")


class Bound:
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

    def _check(self, name: str, kind: str) -> None:
        """What GitHub says no to, whatever is asked."""
        refuses = self._it.refuses
        for known in ("any", kind, name):
            if known in refuses:
                raise refuses[known]
        if kind == "writes" and self._it.archived:
            raise Refused(403, "Repository was archived so is read-only.", name)

    def _check_issues(self) -> None:
        if not self._it.has_issues:
            raise Refused(410, "Issues has been disabled in this repository.", "the issues")

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
            updated_at=issue.updated_at,
            id=payloads.issue_id(self._it, issue.number),
            state_reason=issue.state_reason or "",
        )

    def _comment(self, comment: FakeComment) -> CommentSnapshot:
        return CommentSnapshot(
            id=comment.id,
            body=comment.body,
            author=self._person(comment.author),
            ours=comment.author == self.world.bot,
            url=self._it.url(f"/issues/{comment.number}#issuecomment-{comment.id}"),
            created_at=comment.created_at,
            updated_at=comment.updated_at,
            reactions=sum(
                id_ == comment.id for id_, _ in (*self._it.reactions, *self._it.other_reactions)
            ),
        )

    def _check_run(self, run: FakeCheck) -> CheckSnapshot:
        return CheckSnapshot(
            id=run.id,
            head_sha=run.head_sha,
            status=run.status,
            conclusion=run.conclusion,
            external_id=run.external_id,
            url=self._it.url(f"/runs/{run.id}"),
        )

    def _pull(self, number: int) -> PullSnapshot:
        pull, issue = self._it.pulls[number], self._it.issues[number]
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
            head_full_name=pull.fork or self._it.full_name,
            base_sha=pull.base_sha,
            default_branch=self._it.default_branch,
            merged_by=self._person(pull.merged_by) if pull.merged_by else None,
        )
