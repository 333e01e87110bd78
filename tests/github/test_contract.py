"""What readers and writers promise of issues, on the fake and on the gateway over the emulator."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from bot.github.ports import Refused
from bot.github.snapshots import RepoPath
from tests.github.sides import Side

PLAN = RepoPath("plan_docs/search.md")
TEXT = "\ufeff# Süche ✓\r\n\n- [ ] one\t\n- [x] two"


# Repository and App.


def test_the_repository_is_named(github: Side) -> None:
    repository = github.reader.repository()
    assert repository.full_name == "acme/shop"
    assert repository.id == github.reader.repo.id == github.writer.repo.id
    assert repository.default_branch == "main"
    assert not repository.archived
    assert github.reader.app_slug == "plansync"


# Issues.


def test_a_persons_issue_is_read_as_it_is(github: Side) -> None:
    number = github.alice.open_issue("Search", "- [ ] one\r\n", ("plan:feature", "ui"))
    issue = github.reader.issue(number)
    assert issue is not None
    assert (issue.title, issue.body, issue.state) == ("Search", "- [ ] one\r\n", "open")
    assert issue.labels == ("plan:feature", "ui")
    assert (issue.author.login, issue.author.is_bot, issue.by_app) == ("alice", False, None)
    assert issue.created_at.tzinfo is UTC
    assert issue.milestone is None
    assert issue.assignees == ()
    assert issue.url.endswith(f"/acme/shop/issues/{number}")


def test_our_own_issue_is_by_the_app(github: Side) -> None:
    made = github.writer.create_issue("Plan", "body", labels=["plan"])
    assert github.reader.issue(made.number) == made
    assert made.author.login == "plansync[bot]"
    assert made.author.is_bot
    assert made.by_app == "plansync"
    assert github.reader.labels() == ["plan"]


def test_an_issue_without_text_has_an_empty_body(github: Side) -> None:
    issue = github.reader.issue(github.alice.open_issue("Search"))
    assert issue is not None
    assert issue.body == ""


def test_what_is_no_issue_is_none(github: Side) -> None:
    assert github.reader.issue(1) is None
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    number = github.bob.open_pull("topic", "Topic")
    assert github.reader.issue(number) is None
    assert github.reader.pull(github.alice.open_issue("Issue")) is None
    assert github.reader.pull(99) is None


def test_issues_are_listed_oldest_first_without_pull_requests(github: Side) -> None:
    first = github.alice.open_issue("first", labels=("plan:feature", "ui"))
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    github.bob.open_pull("topic", "Topic")
    second = github.alice.open_issue("second", labels=("plan:feature",))
    third = github.writer.create_issue("third", "").number
    github.alice.close_issue(second)

    def numbers(**query: object) -> list[int]:
        return [issue.number for issue in github.reader.issues(**query)]  # type: ignore[arg-type]

    assert numbers() == [first, second, third]
    assert numbers(state="open") == [first, third]
    assert numbers(state="closed") == [second]
    assert numbers(labels=["plan:feature"]) == [first, second]
    assert numbers(labels=["plan:feature", "ui"]) == [first]
    assert numbers(labels=["nothing"]) == []


def test_issues_since_a_time(github: Side) -> None:
    number = github.alice.open_issue("first")
    issue = github.reader.issue(number)
    assert issue is not None
    earlier = issue.created_at - timedelta(seconds=1)
    assert [x.number for x in github.reader.issues(since=earlier)] == [number]
    later = issue.created_at + timedelta(hours=1)
    assert github.reader.issues(since=later) == []


def test_lists_are_read_to_their_end(github: Side) -> None:
    numbers = [github.writer.create_issue(f"issue {n}", "").number for n in range(105)]
    assert [issue.number for issue in github.reader.issues()] == numbers
    ids = [github.writer.create_comment(numbers[0], f"comment {n}").id for n in range(105)]
    assert [comment.id for comment in github.reader.comments(numbers[0])] == ids


def test_an_issue_is_edited_in_parts(github: Side) -> None:
    number = github.alice.open_issue("old", "old body")
    assert github.writer.edit_issue(number, body="new body").title == "old"
    assert github.writer.edit_issue(number, title="new").body == "new body"
    assert github.writer.edit_issue(number, body="").body == ""
    assert github.writer.edit_issue(number, state="closed").state == "closed"
    issue = github.reader.issue(number)
    assert issue is not None
    assert (issue.title, issue.body, issue.state) == ("new", "", "closed")


def test_an_issue_says_why_it_is_closed_and_has_an_id_of_its_own(github: Side) -> None:
    first, second = (github.writer.create_issue(title, "") for title in ("one", "two"))
    assert 0 < first.id != second.id > 0
    closed = github.writer.edit_issue(first.number, state="closed", state_reason="not_planned")
    assert (closed.state, closed.state_reason) == ("closed", "not_planned")
    assert github.writer.edit_issue(first.number, state="open").state == "open"
    github.alice.close_issue(second.number)
    told = github.webhook("issues", "closed", lambda p: p["issue"]["number"] == second.number)
    assert told["issue"]["state"] == "closed"
    assert told["issue"]["id"] == second.id


def test_nothing_is_written_to_an_issue_that_is_not_there(github: Side) -> None:
    for write in (
        lambda: github.writer.edit_issue(7, body="x"),
        lambda: github.writer.add_labels(7, ["x"]),
        lambda: github.writer.create_comment(7, "x"),
        lambda: github.writer.add_assignees(7, ["alice"]),
        lambda: github.writer.edit_comment(7, "x"),
    ):
        with pytest.raises(Refused) as refused:
            write()
        assert refused.value.status == 404


def test_what_github_finds_invalid_is_refused(github: Side) -> None:
    with pytest.raises(Refused) as refused:
        github.writer.create_issue(" ", "body")
    assert refused.value.status == 422
    number = github.alice.open_issue("Plan")
    with pytest.raises(Refused) as refused:
        github.writer.create_comment(number, " ")
    assert refused.value.status == 422
    with pytest.raises(Refused) as refused:
        github.writer.create_issue("Plan", "body", milestone=5)
    assert refused.value.status == 422
    assert "422" in str(refused.value)


# Labels, milestones, people.


def test_a_label_is_made_once(github: Side) -> None:
    github.writer.create_label("plan:feature", "5319e7", "Asks for a plan")
    github.writer.create_label("plan:feature", "5319e7", "Asks for a plan")
    github.writer.create_label("ui / ux", "ededed", "")
    github.writer.create_label("ui / ux", "ededed", "")
    assert github.reader.labels() == ["plan:feature", "ui / ux"]


def test_labels_are_put_on_and_taken_off(github: Side) -> None:
    number = github.alice.open_issue("Plan", labels=("a",))
    github.writer.add_labels(number, ["b", "c/d"])
    github.writer.remove_label(number, "a")
    github.writer.remove_label(number, "c/d")
    github.writer.remove_label(number, "never was")
    issue = github.reader.issue(number)
    assert issue is not None
    assert issue.labels == ("b",)


def test_milestones_are_made_and_set(github: Side) -> None:
    assert github.reader.milestones() == []
    made = github.writer.create_milestone("v1.0")
    assert github.reader.milestones() == [made]
    assert (made.title, made.state) == ("v1.0", "open")
    assert github.writer.create_issue("one", "", milestone=made.number).milestone == "v1.0"
    number = github.alice.open_issue("two")
    assert github.writer.edit_issue(number, milestone=made.number).milestone == "v1.0"


def test_who_cannot_be_assigned_is_left_out(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    assert github.writer.add_assignees(number, ["alice"]) == ("alice",)
    assert github.writer.add_assignees(number, ["no-such-person", "bob"]) == ("alice", "bob")
    assert github.writer.add_assignees(number, ["no-such-person"]) == ("alice", "bob")
    issue = github.reader.issue(number)
    assert issue is not None
    assert issue.assignees == ("alice", "bob")
    assert github.writer.remove_assignees(number, ["bob"]) == ("alice",)
    assert github.writer.remove_assignees(number, ["bob"]) == ("alice",)


def test_permissions(github: Side) -> None:
    assert github.reader.permission("olivia") == "admin"
    assert github.reader.permission("alice") == "write"
    assert github.reader.permission("mallory") == "none"
    assert github.reader.permission("no-such-person") == "none"
    assert github.reader.permission("renovate[bot]") == "none"


# Comments.


def test_comments_tell_ours_from_others(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    theirs = github.alice.comment(number, "hello <!-- plansync:status -->")
    ours = github.writer.create_comment(number, "status")
    assert ours.ours
    assert ours.author.login == "plansync[bot]"
    edited = github.writer.edit_comment(ours.id, "new status")
    assert (edited.id, edited.body, edited.ours) == (ours.id, "new status", True)
    assert edited.created_at == ours.created_at == ours.updated_at
    assert edited.updated_at
    assert ours.updated_at
    assert edited.updated_at >= ours.updated_at
    found = github.reader.comments(number)
    assert [(x.id, x.body, x.ours) for x in found] == [
        (theirs, "hello <!-- plansync:status -->", False),
        (ours.id, "new status", True),
    ]
    assert github.reader.comments(99) == []


def test_a_reaction_is_harmless_wherever_it_fails(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    github.writer.react(github.alice.comment(number, "/plan sync"), "eyes")
    github.writer.react(12345, "eyes")
