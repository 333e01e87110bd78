"""Two versions of a plan file become one, and only real conflicts are left to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.file_merge import merge_files

BASE = """# Search

## Tasks

- [ ] one
- [ ] two
- [ ] three

| # | Task | Status |
|---|------|--------|
| 1 | Write | Pending |
| 2 | Show | Pending |

Some words.
"""


def merged(ours: str, theirs: str, base: str = BASE) -> str:
    result = merge_files(base, ours, theirs)
    assert result.clean, result.text
    return result.text


def test_neighbouring_ticks_are_no_conflict() -> None:
    ours, theirs = BASE.replace("[ ] one", "[x] one"), BASE.replace("[ ] two", "[x] two")
    assert merged(ours, theirs) == ours.replace("[ ] two", "[x] two")


def test_the_same_tick_on_both_sides_is_one() -> None:
    ticked = BASE.replace("[ ] one", "[x] one")
    assert merged(ticked, ticked.replace("Some", "More")) == ticked.replace("Some", "More")


def test_a_tick_beside_an_edit_of_its_text_is_both() -> None:
    base = BASE.replace("] one", "] Write the tests")
    ours = base.replace("[ ] Write", "[x] Write")
    theirs = base.replace("Write the tests", "Write all the tests")
    assert "- [x] Write all the tests\n" in merged(ours, theirs, base)


def test_cells_of_one_row_are_merged() -> None:
    ours = BASE.replace("| 1 | Write | Pending |", "| 1 | Write | Complete |")
    theirs = BASE.replace("| 1 | Write | Pending |", "| 1 | Write it well | Pending |")
    assert "| 1 | Write it well | Complete |" in merged(ours, theirs)


def test_lines_added_at_one_place_are_all_kept() -> None:
    ours = BASE.replace("- [ ] three\n", "- [ ] three\n- [ ] four\n")
    theirs = BASE.replace("- [ ] three\n", "- [ ] three\n- [ ] five\n")
    text = merged(ours, theirs)
    assert text.index("- [ ] four") < text.index("- [ ] five")


def test_what_one_side_deleted_and_the_other_ticked_is_kept_and_named() -> None:
    ours, theirs = BASE.replace("- [ ] two\n", ""), BASE.replace("[ ] two", "[x] two")
    result = merge_files(BASE, ours, theirs)
    assert result.clean
    assert "- [x] two" in result.text
    assert any("two" in line for line in result.kept)


def test_a_real_conflict_stands_between_markers_and_the_rest_is_merged() -> None:
    ours = BASE.replace("Some words.", "Our words.").replace("[ ] one", "[x] one")
    theirs = BASE.replace("Some words.", "Their words.").replace("[ ] two", "[x] two")
    result = merge_files(BASE, ours, theirs, names=("HEAD", "topic"))
    assert not result.clean
    both = "<<<<<<< HEAD\nOur words.\n=======\nTheir words.\n>>>>>>> topic\n"
    assert result.text == BASE.replace("[ ] one", "[x] one").replace("[ ] two", "[x] two").replace(
        "Some words.\n", both
    )


@pytest.mark.parametrize("size", [7, 12])
def test_either_half_of_the_markers_is_a_whole_merge(size: int) -> None:
    ours, theirs = BASE.replace("words", "ours"), BASE.replace("words", "theirs")
    lines = merge_files(BASE, ours, theirs, marker_size=size).text.split("\n")
    cut = [n for n, line in enumerate(lines) if line[:size] in ("<" * size, "=" * size, ">" * size)]
    assert len(cut) == 3
    start, middle, end = cut
    assert "\n".join(lines[:start] + lines[start + 1 : middle] + lines[end + 1 :]) == ours
    assert "\n".join(lines[:start] + lines[middle + 1 : end] + lines[end + 1 :]) == theirs


FRONT = "---\nstatus: draft\nowner: alice\n---\n\n"


def test_front_matter_is_merged_by_line() -> None:
    base = FRONT + BASE
    ours = base.replace("draft", "ready").replace("[ ] one", "[x] one")
    theirs = base.replace("alice\n", "alice\nteam: web\n").replace("[ ] two", "[x] two")
    text = merged(ours, theirs, base)
    assert text.startswith("---\nstatus: ready\nowner: alice\nteam: web\n---\n\n# Search\n")
    assert "- [x] one\n- [x] two\n" in text


def test_a_conflict_in_the_front_matter_is_one() -> None:
    base = FRONT + BASE
    ours, theirs = base.replace("draft", "ready"), base.replace("draft", "blocked")
    result = merge_files(base, ours, theirs.replace("[ ] one", "[x] one"))
    assert not result.clean
    assert "<<<<<<< ours\nstatus: ready\n=======\nstatus: blocked\n>>>>>>> theirs\n" in result.text
    assert "- [x] one" in result.text


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_every_line_keeps_its_end(end: str) -> None:
    base = BASE.replace("\n", end)
    ours, theirs = base.replace("[ ] one", "[x] one"), BASE.replace("[ ] two", "[x] two")
    assert merged(ours, theirs, base) == ours.replace("[ ] two", "[x] two")


def test_line_ends_alone_are_no_conflict() -> None:
    ours = BASE.replace("[ ] one", "[x] one")
    theirs = BASE.replace("[ ] two", "[x] two").replace("\n", "\r\n")
    assert merged(ours, theirs) == ours.replace("[ ] two", "[x] two")


def test_without_a_base_nothing_is_dropped() -> None:
    ours, theirs = BASE.replace("[ ] one", "[x] one"), BASE.replace("Some", "Other")
    result = merge_files("", ours, theirs)
    assert not result.clean
    assert "Some words." in result.text
    assert "Other words." in result.text


def test_equal_sides_come_back_as_they_are() -> None:
    odd = "\ufeff# a\r\nb\r- [ ] c"
    assert merge_files(BASE, odd, odd) == merge_files("", odd, odd)
    assert merge_files(BASE, BASE, odd).text == odd
    assert merge_files(BASE, odd, BASE).text == odd


LINES = st.lists(
    st.sampled_from(
        ["- [ ] a", "- [x] a", "- [ ] b", "  - [ ] c", "| a | b |", "|---|---|", "| 1 | 2 |",
         "# H", "## I", "text", "other", "", "```", "---", "k: v", "<!-- x -->", "> q", "\u2028z"]
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, LINES, LINES)
def test_any_three_texts_merge_and_no_line_of_ours_or_theirs_is_lost(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    """Words that a side added stand in the result, merged or between markers."""
    result = merge_files("\n".join(base), "\n".join(ours), "\n".join(theirs))
    for word in ("text", "other", "k: v", "\u2028z", "<!-- x -->"):
        if word not in "\n".join(base):
            for side in (ours, theirs):
                assert word not in "\n".join(side) or word in result.text
    again = merge_files("\n".join(base), "\n".join(ours), "\n".join(theirs))
    assert again == result


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_text_at_all_is_an_exception(base: str, ours: str, theirs: str) -> None:
    merge_files(base, ours, theirs)
