"""What the fake's reader and writer have in common: their repository, and being interrupted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bot.github.ports import (
    CommentSnapshot,
    IssueSnapshot,
    Person,
    Refused,
    RepoRef,
)

if TYPE_CHECKING:
    from tests.fake_github import FakeComment, FakeGitHub, FakeIssue, FakeRepository

MOST_BODY = 65_536

F = TypeVar("F", bound=Callable[..., Any])


def _call(kind: str) -> Callable[[F], F]:
    def wrap(method: F) -> F:
        @wraps(method)
        def counted(self: Bound, *args: Any, **kwargs: Any) -> Any:
            with self.world.called(method.__name__, kind):
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
