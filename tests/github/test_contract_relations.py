"""Sub-issues and what blocks what, on the fake and on the gateway over the emulator alike."""

from __future__ import annotations

import pytest

from bot.github.ports import Refused
from bot.github.snapshots import IssueSnapshot
from tests.github.sides import Side


def make(github: Side, *titles: str) -> list[IssueSnapshot]:
    return [github.writer.create_issue(title, "") for title in titles]


def numbers(issues: list[IssueSnapshot] | None) -> list[int]:
    assert issues is not None
    return [issue.number for issue in issues]


def test_sub_issues_are_added_in_order_and_once(github: Side) -> None:
    parent, one, two = make(github, "plan", "one", "two")
    assert github.reader.sub_issues(parent.number) == []
    github.writer.add_sub_issue(parent.number, two.id)
    github.writer.add_sub_issue(parent.number, one.id)
    github.writer.add_sub_issue(parent.number, one.id)
    assert github.reader.sub_issues(parent.number) == [two, one]
    assert github.reader.sub_issues(one.number) == []


def test_a_sub_issue_has_one_parent(github: Side) -> None:
    parent, other, child = make(github, "plan", "other", "child")
    github.writer.add_sub_issue(parent.number, child.id)
    with pytest.raises(Refused) as refused:
        github.writer.add_sub_issue(other.number, child.id)
    assert refused.value.status == 422
    assert github.reader.sub_issues(other.number) == []


def test_an_issue_holds_a_hundred_sub_issues(github: Side) -> None:
    parent, *children = make(github, "plan", *(f"part {n}" for n in range(101)))
    for child in children[:100]:
        github.writer.add_sub_issue(parent.number, child.id)
    with pytest.raises(Refused) as refused:
        github.writer.add_sub_issue(parent.number, children[100].id)
    assert refused.value.status == 422
    assert len(numbers(github.reader.sub_issues(parent.number))) == 100


def test_what_blocks_an_issue_is_said_once_and_taken_back(github: Side) -> None:
    first, second, third = make(github, "first", "second", "third")
    assert github.reader.blocked_by(third.number) == []
    for blocker in (first, second, first):
        github.writer.add_blocked_by(third.number, blocker.id)
    assert github.reader.blocked_by(third.number) == [first, second]
    assert github.reader.blocked_by(first.number) == []
    github.writer.remove_blocked_by(third.number, first.id)
    github.writer.remove_blocked_by(third.number, first.id)
    assert numbers(github.reader.blocked_by(third.number)) == [second.number]


def test_issues_do_not_block_one_another(github: Side) -> None:
    first, second = make(github, "first", "second")
    github.writer.add_blocked_by(second.number, first.id)
    for number, blocker in ((first.number, second.id), (first.number, first.id)):
        with pytest.raises(Refused) as refused:
            github.writer.add_blocked_by(number, blocker)
        assert refused.value.status == 422


def test_an_issue_that_is_not_there_is_related_to_nothing(github: Side) -> None:
    (one,) = make(github, "one")
    assert github.reader.sub_issues(77) is None
    assert github.reader.blocked_by(77) is None
    github.writer.remove_blocked_by(77, one.id)
    for write in (
        lambda: github.writer.add_sub_issue(77, one.id),
        lambda: github.writer.add_blocked_by(77, one.id),
        lambda: github.writer.add_sub_issue(one.number, 987654321),
        lambda: github.writer.add_blocked_by(one.number, 987654321),
    ):
        with pytest.raises(Refused) as refused:
            write()
        assert refused.value.status == 404
