"""The comment that says whose edit was overwritten, and what it wrote."""

from __future__ import annotations

from bot.github.snapshots import RepoPath
from bot.subjects.plan_issue import conflict_comments, parse_conflict_comment
from bot.subjects.plan_snapshot import TextEdit

BEFORE = "## Work\n- [ ] write one\n- [x] draw two"


def told(edit: TextEdit) -> str:
    (comment,) = conflict_comments(RepoPath("docs/plan.md"), "0" * 40, (), [edit])
    return comment


def test_the_lines_that_were_written_are_shown_and_nothing_else() -> None:
    comment = told(TextEdit("alice", BEFORE, BEFORE.replace("[ ]", "[x]") + "\n- [ ] ask @bob"))
    assert "`alice` edited this issue" in comment
    assert comment.rstrip().endswith(
        "It is merged back:\n\n```text\n- [x] write one\n- [ ] ask @bob\n```"
    )
    assert "draw two" not in comment


def test_what_was_only_taken_out_shows_no_lines() -> None:
    comment = told(TextEdit("", BEFORE, "## Work\n- [x] draw two"))
    assert "Somebody edited this issue" in comment
    assert comment.rstrip().endswith("It is merged back.")


def test_an_edit_of_which_nobody_knows_what_it_replaced_shows_no_lines() -> None:
    assert "```" not in told(TextEdit("alice", None, BEFORE))


def test_a_long_edit_is_cut_and_never_taken_for_a_conflict() -> None:
    many = "\n".join(f"- [ ] {n} ``` {'x' * 400}" for n in range(50))
    comment = told(TextEdit("alice", "", many))
    assert "- [ ] 19 " in comment
    assert "- [ ] 20 " not in comment
    assert "\n…\n" in comment
    assert len(comment) < 20 * 310 + 500
    assert parse_conflict_comment(comment) == []
