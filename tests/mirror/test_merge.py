"""The three-way merge, row by row."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.merge import merge
from bot.plans.render import plan_text

BASE = "# Plan\n\n## Work\n- [ ] one\n- [ ] two\n- [ ] two\n\nText here.\n"


def with_boxes(*states: str) -> str:
    head, *tasks = BASE.split("- [ ]")
    given = [*states, *" " * (len(tasks) - len(states))]
    return head + "".join(f"- [{s}]{task}" for s, task in zip(given, tasks, strict=True))


@pytest.mark.parametrize(
    ("base", "file", "issue", "merged"),
    [
        (" ", " ", " ", " "),
        (" ", " ", "x", "x"),
        (" ", "x", " ", "x"),
        (" ", "x", "x", "x"),
        ("x", " ", " ", " "),
        ("x", " ", "x", " "),
        ("x", "x", " ", " "),
        ("x", "x", "x", "x"),
        (None, " ", " ", " "),
        (None, " ", "x", "x"),
        (None, "x", " ", "x"),
        (None, "x", "x", "x"),
    ],
)
def test_every_row_of_the_truth_table_of_one_box(
    base: str | None, file: str, issue: str, merged: str
) -> None:
    result = merge(
        None if base is None else with_boxes(base), with_boxes(file), plan_text(with_boxes(issue))
    )
    assert result.text == with_boxes(merged)
    assert not result.conflicts


def test_a_tick_says_which_box_it_was() -> None:
    result = merge(BASE, BASE, plan_text(with_boxes(" ", " ", "x")))
    assert [(tick.text, tick.checked, tick.section) for tick in result.ticks] == [
        ("two", True, ("Plan", "Work"))
    ]
    assert not result.edited


def test_a_tick_changes_one_character_and_keeps_every_line_end() -> None:
    file = "---\ntitle: x\n---\r\n" + BASE.replace("\n", "\r\n").replace("here.\r\n", "here.")
    result = merge(file, file, plan_text(file).replace("- [ ] one", "- [x] one"))
    assert result.text == file.replace("- [ ] one", "- [x] one")


def test_ticks_in_both_copies_and_text_in_one_are_all_kept() -> None:
    file = with_boxes("x").replace("Text here.", "Text here, longer.")
    result = merge(BASE, file, plan_text(with_boxes(" ", "x")))
    assert result.text == with_boxes("x", "x").replace("Text here.", "Text here, longer.")


def test_an_edit_of_the_issue_reaches_the_file() -> None:
    issue = plan_text(BASE).replace("Text here.", "Other text.\n\nMore.")
    result = merge(BASE, BASE, issue)
    assert result.text == BASE.replace("Text here.", "Other text.\n\nMore.")
    assert result.edited


def test_both_changed_one_line_keeps_the_files_and_tells_the_issues() -> None:
    file = BASE.replace("Text here.", "From the file.")
    issue = plan_text(BASE).replace("Text here.", "From the issue.")
    result = merge(BASE, file, issue)
    assert result.text == file
    assert [conflict.lost for conflict in result.conflicts] == ["From the issue."]


def test_without_a_base_the_files_text_stands_and_the_issues_is_told() -> None:
    issue = plan_text(with_boxes("x")).replace("Text here.", "From the issue.")
    result = merge(None, BASE, issue)
    assert result.text == with_boxes("x")
    assert [conflict.lost for conflict in result.conflicts] == ["From the issue."]


def test_a_capital_x_is_no_change() -> None:
    file = with_boxes("X")
    result = merge(BASE, file, plan_text(with_boxes("x", "x")))
    assert result.text == with_boxes("X", "x")


LINES = st.sampled_from(
    ["- [ ] a", "- [x] a", "- [X] b", "* [ ] c", "", "text", "## Part", "1. [ ] d", "  - [x] e"]
)
TEXTS = st.lists(LINES, max_size=12).map("\n".join)


@given(TEXTS, TEXTS, st.sampled_from(["\n", "\r\n", "\r"]))
def test_merging_again_changes_nothing(base: str, file: str, end: str) -> None:
    file = file.replace("\n", end)
    for issue in (plan_text(base), plan_text(file), "- [x] a\n\nnew"):
        once = merge(base, file, issue)
        again = merge(once.text, once.text, plan_text(once.text))
        assert again.text == once.text
        assert not again.ticks


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_no_tick_is_ever_lost(boxes: list[tuple[bool, bool, bool]]) -> None:
    def text(states: list[bool]) -> str:
        return "".join(f"- [{'x' if s else ' '}] task {n}\n" for n, s in enumerate(states))

    base, file, issue = (list(states) for states in zip(*boxes, strict=True))
    wanted = [i if f == b else f for b, f, i in itertools.starmap(lambda b, f, i: (b, f, i), boxes)]
    result = merge(text(base), text(file), plan_text(text(issue)))
    assert result.text == text(wanted)


def lines(*texts: str) -> str:
    return "# Plan\n\n" + "\n".join(texts) + "\n"


A, B, C = "- [ ] write the parser", "- [ ] draw the picture", "- [ ] ship the release"


@pytest.mark.parametrize(
    ("file", "issue", "merged"),
    [
        pytest.param([A + "!", B, C], [A, "- [x] draw the picture", C],
                     [A + "!", "- [x] draw the picture", C], id="neighbours: text and tick"),
        pytest.param([A + "!", B, C], ["- [x] write the parser", B, C],
                     ["- [x] write the parser!", B, C], id="one task: text here, tick there"),
        pytest.param([A, B + " anew", C], [A, B, C + " today"],
                     [A, B + " anew", C + " today"], id="neighbouring text edits"),
        pytest.param([A, B, C, "- [ ] from file"], [A, B, C, "- [ ] from issue"],
                     [A, B, C, "- [ ] from file", "- [ ] from issue"], id="both append"),
        pytest.param([A, "- [ ] new", B, C], ["- [x] write the parser", B, C],
                     ["- [x] write the parser", "- [ ] new", B, C], id="insert beside a tick"),
        pytest.param([A, C], [A, B, "- [x] ship the release"],
                     [A, "- [x] ship the release"], id="delete beside a tick"),
        pytest.param([A, C], [A, B, C], [A, C], id="the file deletes"),
        pytest.param([A, B, C], [A, C], [A, C], id="the issue deletes"),
        pytest.param([B, A, C], [B, A, C], [B, A, C], id="both move alike"),
        pytest.param([B, C, A], ["- [x] write the parser", B, C],
                     [B, C, "- [x] write the parser"], id="moved here, ticked there"),
        pytest.param([B, C, A], [B, A, C], [B, C, A], id="both move: the file's place"),
        pytest.param([A, B, C, "", "one", "two"], [A, B, C, "", "three"],
                     [A, B, C, "", "one", "two", "three"], id="both append a paragraph"),
    ],
)  # fmt: skip
def test_edits_of_both_sides_are_all_there(
    file: list[str], issue: list[str], merged: list[str]
) -> None:
    result = merge(lines(A, B, C), lines(*file), plan_text(lines(*issue)))
    assert result.text == lines(*merged)
    assert not result.conflicts


@pytest.mark.parametrize("ticked_by_issue", [True, False])
def test_what_one_side_deletes_and_the_other_ticks_stays_and_is_told(
    ticked_by_issue: bool,
) -> None:
    ticked, deleted = lines(A, "- [x] draw the picture", C), lines(A, C)
    file, issue = (deleted, ticked) if ticked_by_issue else (ticked, deleted)
    result = merge(lines(A, B, C), file, plan_text(issue))
    assert result.text == ticked
    assert [(c.kind, c.kept) for c in result.conflicts] == [("kept", "- [x] draw the picture")]


ROWS = ["| # | Task | Status | PR |", "|---|---|---|---|", "| 1 | a | Pending | |"]


def test_cells_of_one_row_merge_one_by_one() -> None:
    base = lines(*ROWS, "| 2 | b | Pending | |")
    file = lines(*ROWS, "| 2 | b | Complete | |")
    issue = lines(*ROWS, "| 2 | b | Pending | #7 |")
    result = merge(base, file, plan_text(issue))
    assert result.text == lines(*ROWS, "| 2 | b | Complete | #7 |")
    assert not result.conflicts


def test_one_cell_that_both_changed_keeps_the_files_and_tells_the_issues() -> None:
    file = lines(*ROWS[:2], "| 1 | a | Complete | |")
    issue = lines(*ROWS[:2], "| 1 | a | In Progress | #7 |")
    result = merge(lines(*ROWS), file, plan_text(issue))
    assert result.text == lines(*ROWS[:2], "| 1 | a | Complete | #7 |")
    assert [(c.kind, c.kept, c.lost) for c in result.conflicts] == [
        ("cell", "| 1 | a | Complete | #7 |", "| 1 | a | In Progress | #7 |")
    ]


WORDS = st.lists(
    st.sampled_from([f"- [{box}] {word}" for word in "pqrst" for box in " x"] + ["", "free text"]),
    max_size=7,
)


@given(WORDS, WORDS, WORDS)
def test_every_line_a_side_added_is_merged_or_told(
    base: list[str], file: list[str], issue: list[str]
) -> None:
    result = merge(lines(*base), lines(*file), plan_text(lines(*issue)))
    there = result.text + "\n".join(c.lost for c in result.conflicts)
    before = {line[6:] if line.startswith("- [") else line for line in base}
    for line in (*file, *issue):
        name = line[6:] if line.startswith("- [") else line
        if name and name not in before:
            assert name in there
