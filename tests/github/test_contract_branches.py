"""Branches of our own, pull requests from them, and what a branch has that another has not."""

from __future__ import annotations

import pytest

from bot.github.ports import Refused, Stale
from bot.github.snapshots import RepoPath
from tests.github.sides import Side

BRANCH = "plansync/plan-updates"
PLAN = RepoPath("plan_docs/search.md")


def tip(github: Side, branch: str = "main") -> str:
    found = github.reader.head(branch)
    assert found is not None
    return found


def test_a_branch_is_made_once_written_to_and_deleted(github: Side) -> None:
    start = tip(github)
    github.writer.create_branch(BRANCH, start)
    assert github.reader.head(BRANCH) == start
    with pytest.raises(Stale):
        github.writer.create_branch(BRANCH, start)
    made = github.writer.put_file(PLAN, "a\n", "A", expected_blob=None, branch=BRANCH)
    assert github.reader.head(BRANCH) == made.sha
    assert github.reader.file(PLAN) is None
    there = github.reader.file(PLAN, ref=BRANCH)
    assert there is not None
    assert there.text == "a\n"
    github.writer.delete_branch(BRANCH)
    assert github.reader.head(BRANCH) is None
    github.writer.delete_branch(BRANCH)


def test_a_branch_at_no_commit_is_refused(github: Side) -> None:
    with pytest.raises(Refused):
        github.writer.create_branch(BRANCH, "0123456789" * 4)


def test_a_pull_request_is_opened_edited_and_closed(github: Side) -> None:
    github.writer.create_branch(BRANCH, tip(github))
    github.writer.put_file(PLAN, "a\n", "A", expected_blob=None, branch=BRANCH)
    assert github.reader.pulls(BRANCH) == []
    made = github.writer.create_pull("Update", "body\n", head=BRANCH, base="main")
    assert (made.title, made.body, made.state, made.merged) == ("Update", "body\n", "open", False)
    assert (made.head_ref, made.base_ref) == (BRANCH, "main")
    assert made.head_sha == tip(github, BRANCH)
    assert made.author.is_bot
    assert [pull.number for pull in github.reader.pulls(BRANCH)] == [made.number]
    edited = github.writer.edit_pull(made.number, body="other\n")
    assert (edited.title, edited.body, edited.state) == ("Update", "other\n", "open")
    closed = github.writer.edit_pull(made.number, state="closed")
    assert (closed.state, closed.merged) == ("closed", False)
    (listed,) = github.reader.pulls(BRANCH)
    assert (listed.state, listed.merged, listed.body) == ("closed", False, "other\n")


def test_only_the_branchs_own_pull_requests_are_listed(github: Side) -> None:
    github.writer.create_branch(BRANCH, tip(github))
    github.writer.put_file(PLAN, "a\n", "A", expected_blob=None, branch=BRANCH)
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    theirs = github.bob.open_pull("topic", "Topic")
    ours = github.writer.create_pull("Update", "", head=BRANCH, base="main").number
    assert [pull.number for pull in github.reader.pulls(BRANCH)] == [ours]
    assert [pull.number for pull in github.reader.pulls("topic")] == [theirs]
    assert github.reader.pulls("nothing") == []


def test_what_a_branch_has_is_counted_from_where_it_parted(github: Side) -> None:
    start = tip(github)
    github.writer.create_branch(BRANCH, start)
    same = github.reader.compared("main", BRANCH)
    assert same is not None
    assert (same.merge_base, same.ahead, same.behind, same.paths) == (start, 0, 0, ())
    github.writer.put_file(PLAN, "a\n", "A", expected_blob=None, branch=BRANCH)
    github.bob.push_file("notes.md", "n\n")
    parted = github.reader.compared(tip(github), tip(github, BRANCH))
    assert parted is not None
    assert (parted.merge_base, parted.ahead, parted.behind) == (start, 1, 1)
    assert parted.paths == (PLAN,)
    assert github.reader.compared("main", "nothing") is None
    (only,) = github.reader.commits_between(tip(github), BRANCH)
    assert (only.message, only.parents) == ("A", (start,))
    assert github.reader.commits_between(BRANCH, BRANCH) == []
    assert github.reader.commits_between("main", "nothing") == []


def test_a_merge_commit_takes_the_other_tree_with_our_files(github: Side) -> None:
    """The branch keeps its history and moves forward; nothing of the default branch is undone."""
    github.bob.push_file("gone.md", "g\n")
    github.writer.create_branch(BRANCH, tip(github))
    github.writer.put_file(PLAN, "a\n", "A", expected_blob=None, branch=BRANCH)
    github.bob.push_files({"notes.md": "n\n", "gone.md": None}, "Later")
    made = github.writer.commit_files(
        {PLAN: "b\n"},
        "Merge",
        expected_head=tip(github, BRANCH),
        branch=BRANCH,
        merging=tip(github),
    )
    assert tip(github, BRANCH) == made.sha
    assert set(github.reader.paths(tip(github, BRANCH)) or ()) == {"README.md", "notes.md", PLAN}
    now = github.reader.compared(tip(github), BRANCH)
    assert now is not None
    assert (now.merge_base, now.behind, now.paths) == (tip(github), 0, (PLAN,))


def test_a_merge_on_a_moved_branch_is_stale(github: Side) -> None:
    old = tip(github)
    github.writer.create_branch(BRANCH, old)
    github.writer.put_file(PLAN, "a\n", "A", expected_blob=None, branch=BRANCH)
    github.bob.push_file("notes.md", "n\n")
    with pytest.raises(Stale):
        github.writer.commit_files(
            {PLAN: "b\n"}, "Merge", expected_head=old, branch=BRANCH, merging=tip(github)
        )


def test_all_files_of_a_commit_are_listed(github: Side) -> None:
    github.bob.push_files({"a/b/c.md": "c", "d.md": "d"}, "Some")
    assert github.reader.paths(tip(github)) == ["README.md", "a/b/c.md", "d.md"]
    assert github.reader.paths("0123456789" * 4) == []
