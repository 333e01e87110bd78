"""What somebody had before them who saved a copy of unknown age: one line at a time."""

from __future__ import annotations

import pytest

from bot.plans.common_ground import common_ground, in_doubt
from bot.plans.merge import merge_texts

OLDER = "## Work\n- [ ] write one\n- [ ] draw two\n- [x] ship three"


def plan(*lines: str) -> str:
    return "\n".join(("## Work", *lines))


def test_who_saves_what_is_there_had_that_before_them() -> None:
    newer = plan("- [x] write one", "- [ ] draw two", "- [x] ship three")
    assert common_ground(OLDER, newer, newer) == newer
    assert common_ground(newer, newer, OLDER) == newer


@pytest.mark.parametrize(
    ("newer", "now", "ground"),
    [
        ("- [x] write one", "- [ ] write one", "- [ ] write one"),
        ("- [x] write one", "- [x] write one", "- [x] write one"),
        ("- [ ] write one today", "- [ ] write one", "- [ ] write one"),
        ("- [ ] write one today", "- [ ] write one today", "- [ ] write one today"),
        ("- [ ] write one today", "- [x] write one today", "- [ ] write one today"),
    ],
)
def test_where_a_copy_agrees_with_what_came_since_its_writer_knew_it(
    newer: str, now: str, ground: str
) -> None:
    rest = "- [ ] draw two", "- [x] ship three"
    seen = plan(now, "- [x] draw two", "- [x] ship three")
    assert common_ground(OLDER, plan(newer, *rest), seen) == plan(ground, *rest)


def test_a_line_that_came_since_counts_only_for_who_has_it() -> None:
    newer = OLDER + "\n- [ ] paint the four walls"
    assert common_ground(OLDER, newer, OLDER.replace("[x]", "[ ]")) == OLDER
    reworded = OLDER + "\n- [ ] paint the five high walls"
    assert common_ground(OLDER, newer, reworded) == OLDER + "\n- [ ] paint the walls"


def test_a_box_that_moved_before_its_line_was_taken_out_is_in_doubt() -> None:
    newer = plan("- [x] write one", "- [ ] draw two", "- [x] ship three")
    now = plan("- [ ] draw two", "- [x] ship three")
    ground = common_ground(OLDER, newer, now)
    for mark in " x":
        file = plan(f"- [{mark}] write one", "- [ ] draw two", "- [x] ship three")
        merged = merge_texts(ground, file, now)
        assert (merged.text, [c.kind for c in merged.conflicts]) == (file, ["kept"])


def test_a_line_whose_box_did_not_move_is_taken_out() -> None:
    newer = plan("- [ ] write one", "- [x] draw two", "- [x] ship three")
    now = plan("- [ ] draw two", "- [x] ship three")
    merged = merge_texts(common_ground(OLDER, newer, now), newer, now)
    assert merged.text == plan("- [x] draw two", "- [x] ship three")
    assert not merged.conflicts


def test_in_a_guess_a_box_one_side_took_out_is_in_doubt_where_it_was_agreed_otherwise() -> None:
    agreed = plan("- [x] write one", "- [ ] draw two", "- [x] ship three")
    left = plan("- [x] ship three")
    doubted = in_doubt(OLDER, agreed, (left, OLDER))
    for file, issue in ((left, OLDER), (OLDER, left)):
        merged = merge_texts(doubted, file, issue)
        assert merged.text == plan("- [ ] write one", "- [x] ship three")
        assert [c.kind for c in merged.conflicts] == ["kept"]
    assert in_doubt(OLDER, agreed, (agreed, OLDER)) == OLDER
