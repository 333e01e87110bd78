"""Who reacted to a comment, and an issue closed and opened again."""

from __future__ import annotations

import pytest

from tests.fake_github import FakeGitHub
from tests.github.conftest import Live
from tests.github.script import Answer
from tests.github.sides import Side

OURS = {"user": {"login": "plansync[bot]", "id": 9, "type": "Bot"}, "content": "+1"}
HERS = {"user": {"login": "alice", "id": 2, "type": "User"}, "content": "+1"}


@pytest.mark.parametrize(
    ("reactions", "ours"), [([], False), ([HERS], False), ([HERS, OURS], True), ([{}], False)]
)
def test_only_our_own_reaction_counts(live: Live, reactions: list[object], ours: bool) -> None:
    slug = live.reader.app_slug
    told = [
        {**one, "user": {**one["user"], "login": f"{slug}[bot]"}} if one is OURS else one  # type: ignore[dict-item]
        for one in reactions
    ]
    live.server.answers(Answer(200, told))
    assert live.reader.reacted(5) is ours
    call = live.server.calls[-1]
    assert call.path == "/repos/acme/shop/issues/comments/5/reactions"


def test_a_comment_that_is_gone_has_none(live: Live) -> None:
    assert live.reader.app_slug
    live.server.answers(Answer(404, {"message": "Not Found"}))
    assert live.reader.reacted(5) is False


def test_the_fake_tells_ours_from_others() -> None:
    github = FakeGitHub()
    repo = github.repository()
    reader, writer = github.reader(repo.ref), github.writer(repo.ref)
    number = repo.open_issue("alice", "An issue", "").number
    comment = repo.add_comment("alice", number, "/plan help").id
    repo.other_reactions.append((comment, "+1"))
    (found,) = reader.comments(number)
    assert (found.reactions, reader.reacted(comment)) == (1, False)
    writer.react(comment, "+1")
    writer.react(comment, "+1")
    (found,) = reader.comments(number)
    assert (found.reactions, reader.reacted(comment)) == (2, True)
    assert found.created_at is not None


def test_an_issue_is_closed_and_opened_again(github: Side) -> None:
    number = github.alice.open_issue("title", "body")
    assert github.writer.edit_issue(number, state="closed").state == "closed"
    issue = github.writer.edit_issue(number, state="open")
    assert (issue.state, issue.title, issue.body) == ("open", "title", "body")


def test_a_comment_says_when_it_was_made(github: Side) -> None:
    number = github.alice.open_issue("title", "body")
    github.alice.comment(number, "/plan help")
    (found,) = github.reader.comments(number)
    assert found.created_at is not None
    assert found.created_at.tzinfo is not None
