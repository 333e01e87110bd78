"""Edits change their target and nothing else, byte for byte, and refuse to do otherwise."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.errors import UserProblem
from bot.plans import edit
from bot.plans.document import Document, parse_document
from tests.plans_core.test_document import TEXTS
from tests.undo import take_back, undo_of

PLAN = """\
---
project: "P"   # a comment
git:
  branch: 'main'
  dirty: false
  count: 3
empty:
---

>Title: T

---

# Plan

**Status**: Draft | Planning  \n\
**Date:** D | **Who**: me
**Note**:
several
lines

| # | Task  | PR | Status  |
|---|-------|----|---------|
| 1 | one   | |Pending|
| 2 | t\\|wo | x

- [ ] one
- [x] two
  - [X] three

---

## Log

- Status: todo | Owner:

## Empty
"""

EDITS = {
    "tick": lambda d: edit.set_task(d, d.tasks[0], True),
    "untick": lambda d: edit.set_task(d, d.tasks[1], False),
    "cell": lambda d: edit.set_cell(d, d.tables[0], 0, "Status", "Done"),
    "row": lambda d: edit.append_row(d, d.tables[0], ["3", "x"]),
    "first row": lambda d: edit.insert_row(d, d.tables[0], 0, ["0", "y"]),
    "no row": lambda d: edit.remove_row(d, d.tables[0], 1),
    "field": lambda d: edit.set_field(d, d.fields[0], "Ready"),
    "front matter": lambda d: edit.set_front_matter(d, "git.branch", "it's"),
    "append": lambda d: edit.append_to_section(d, d.sections[1], "- Status: new\n- b"),
    "section": lambda d: edit.insert_section(d, d.sections[1], 2, "New", "text\n\n- [ ] t"),
    "header": lambda d: edit.set_header(d, "title", "Other"),
}


def changed(old: str, new: str) -> tuple[str, str]:
    """The smallest ``(gone, come)`` that turns one text into the other."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < min(len(old), len(new)) - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return old[start : len(old) - tail], new[start : len(new) - tail]


def plan(text: str = PLAN) -> Document:
    return parse_document(text)


def test_a_tick_changes_one_character() -> None:
    document = plan()
    assert changed(PLAN, edit.set_task(document, document.tasks[0], True)) == (" ", "x")
    assert changed(PLAN, edit.set_task(document, document.tasks[1], False)) == ("x", " ")
    assert changed(PLAN, edit.set_task(document, document.tasks[2], False)) == ("X", " ")


def test_several_ticks_are_one_edit() -> None:
    document = plan()
    new = edit.set_tasks(document, {document.tasks[0]: True, document.tasks[2]: False})
    assert new == PLAN.replace("[ ] one", "[x] one").replace("[X] three", "[ ] three")
    assert edit.set_tasks(document, {}) is PLAN


@pytest.mark.parametrize(
    ("row", "column", "value", "gone", "come"),
    [
        (0, "Task", "a|b", "one", "a\\|b"),
        (0, "Task", "a\\|b", "one", "a\\|b"),
        (0, "Task", "a\r\nb\rc\nd", "one", "a<br>b<br>c<br>d"),
        (0, "Task", "  spaced  ", "one", "spaced"),
        (0, "PR", "[#4](u)", "", "[#4](u) "),
        (0, "Status", "Complete", "Pending", "Complete"),
        (0, "Status", "", "Pending", ""),
        (0, 0, "", "1 ", ""),
        (1, "PR", "", "x", ""),
        (1, "Status", "Done", "", " | Done"),
        (1, 1, "日本", "t\\|wo", "日本"),
    ],
)
def test_a_cell_is_set_and_its_neighbours_keep_their_padding(
    row: int, column: int | str, value: str, gone: str, come: str
) -> None:
    document = plan()
    new = edit.set_cell(document, document.tables[0], row, column, value)
    assert changed(PLAN, new) in ((gone, come), changed_by_hand(gone, come))
    again = parse_document(new).tables[0].rows
    for index, old in enumerate(document.tables[0].rows):
        for place, cell in enumerate(old.cells):
            if (index, place) != (row, document.tables[0].column(str(column)) or column):
                assert cell.raw == again[index].cells[place].raw or column == "PR"


def changed_by_hand(gone: str, come: str) -> tuple[str, str]:
    """The same change without what both begin and end with."""
    return changed(gone, come)


def test_an_empty_cell_is_filled_with_blanks_around_and_emptied_again() -> None:
    document = plan()
    new = edit.set_cell(document, document.tables[0], 0, "PR", "#4")
    assert "| one   | #4 |Pending|" in new
    again = parse_document(new)
    assert edit.set_cell(again, again.tables[0], 0, "PR", "") == PLAN


def test_a_cell_without_leading_pipe_gets_one_when_it_would_begin_a_block() -> None:
    document = plan("a | b\n--|--\n1 | 2\n")
    assert edit.set_cell(document, document.tables[0], 0, 0, "- x").endswith("\n| - x | 2\n")
    assert edit.set_cell(document, document.tables[0], 0, 0, "").endswith("\n| | 2\n")
    assert edit.set_cell(document, document.tables[0], 0, 1, "").endswith("\n1 | \n")


def test_rows_are_written_like_the_rows_around_them() -> None:
    document = plan()
    table = document.tables[0]
    assert changed(PLAN, edit.append_row(document, table, ["3", "a|b"]))[1] == ("| 3 | a\\|b | |\n")
    assert "\n| 0 | y | | |\n| 1 | one " in edit.insert_row(document, table, 0, ["0", "y"])
    compact = plan("|a|b|\n|-|-|\n|11|2|\n")
    assert edit.append_row(compact, compact.tables[0], ["3"]).endswith("|11|2|\n|3||\n")
    bare = plan("a | b\n--|--\n1 | 2")
    assert edit.append_row(bare, bare.tables[0], ["3", "4"]) == "a | b\n--|--\n1 | 2\n3 | 4"
    assert edit.append_row(bare, bare.tables[0], ["# 3", ""]).endswith("\n| # 3 | |")
    aligned = plan("| a   | b  |\n|-----|----|\n| one | 22 |\n")
    assert edit.append_row(aligned, aligned.tables[0], ["x"]).endswith("| x   |    |\n")
    quoted = plan("> - | a |\n>   |---|\n\ntext\n")
    new = edit.append_row(quoted, quoted.tables[0], ["1"])
    assert new == "> - | a |\n>   |---|\n>   | 1 |\n\ntext\n"


def test_a_row_goes_with_its_line_and_comes_back_the_same() -> None:
    document = plan()
    new = edit.remove_row(document, document.tables[0], 0)
    assert changed(PLAN, new) == changed("| 1 | one   | |Pending|\n| 2", "| 2")
    last = plan("|a|\n|-|\n|1|")
    assert edit.remove_row(last, last.tables[0], 0) == "|a|\n|-|"


def test_fields_are_set_in_every_shape() -> None:
    document = plan()
    by_key = {field.key: field for field in reversed(document.fields)}
    status = edit.set_field(document, by_key["Status"], "Ready")
    assert "**Status**: Ready  \n" in status
    assert "**Date:** 2026 | **Who**: me\n" in edit.set_field(document, by_key["Date"], "2026")
    assert "**Date:** D | **Who**: you\n" in edit.set_field(document, by_key["Who"], "you")
    assert "**Note**:\none line\n\n|" in edit.set_field(document, by_key["Note"], "one line")
    assert "Owner: me\n" in edit.set_field(document, by_key["Owner"], "me")
    log = document.section("Log")
    assert log is not None
    todo = document.field("status", log.whole)
    assert todo is not None
    new = edit.set_field(document, todo, "")
    assert "- Status: | Owner:\n" in new
    again = parse_document(new)
    emptied = again.field("status", again.sections[1].whole)
    assert emptied is not None
    assert edit.set_field(again, emptied, "todo") == PLAN


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("project", "Q", 'project: "Q"   # a comment'),
        ("project", 'say "x"\n\\', 'project: "say \\"x\\"\\n\\\\"   # a comment'),
        ("git.branch", "it's", "  branch: 'it''s'"),
        ("git.branch", "a: b # c", "  branch: 'a: b # c'"),
        ("git.branch", 7, "  branch: 7"),
        ("git.dirty", True, "  dirty: true"),
        ("git.dirty", "yes", '  dirty: "yes"'),
        ("git.dirty", "plain", "  dirty: plain"),
        ("git.count", 2.5, "  count: 2.5"),
        ("git.count", 1e30, "  count: 1.0e+30"),
        ("git.count", "012", '  count: "012"'),
        ("git.count", None, "  count: null"),
        ("git.count", "a: b", '  count: "a: b"'),
        ("git.count", "", '  count: ""'),
        ("empty", "x", "empty: x"),
    ],
)
def test_a_front_matter_scalar_keeps_its_quotes_and_comment(
    path: str, value: str | float | None, line: str
) -> None:
    document = plan()
    new = edit.set_front_matter(document, path, value)
    assert line in new.splitlines()
    assert sum(a != b for a, b in zip(PLAN.splitlines(), new.splitlines(), strict=True)) == 1
    again = parse_document(new)
    assert again.front_matter is not None
    found: object = again.front_matter.data
    for key in path.split("."):
        assert isinstance(found, dict) or hasattr(found, "keys")
        found = found[key]  # type: ignore[index]
    assert found == value
    assert type(found) is type(value)


def test_text_is_appended_before_the_blanks_and_rules_that_end_a_section() -> None:
    text = "# A\n\n- [ ] one\n\n---\n\n## B\n\n## C\n"
    document = plan(text)
    a, b, c = document.sections
    assert edit.append_to_section(document, b, "x") == text.replace("## B\n", "## B\n\nx\n")
    assert edit.append_to_section(document, c, "x") == text + "\nx\n"
    nested = plan("# A\n\n- [ ] one\n\n---\n\n# B\n")
    new = edit.append_to_section(nested, nested.sections[0], "- [ ] two")
    assert new == "# A\n\n- [ ] one\n- [ ] two\n\n---\n\n# B\n"
    new = edit.append_to_section(nested, nested.sections[0], "words")
    assert new == "# A\n\n- [ ] one\n\nwords\n\n---\n\n# B\n"
    tight = plan("# A\n- a\n---\n# B\n")
    new = edit.append_to_section(tight, tight.sections[0], "- b")
    assert new == "# A\n- a\n- b\n---\n# B\n"
    bare = plan("# A\n# B")
    assert edit.append_to_section(bare, bare.sections[0], "x") == "# A\n\nx\n\n# B"
    assert edit.append_to_section(bare, bare.sections[1], "x\n") == "# A\n# B\n\nx"
    assert edit.append_to_section(document, a, " \n") is document.text


def test_a_section_is_inserted_with_blank_lines_around() -> None:
    document = plan("# A\n\n## B\ntext\n## C\n")
    new = edit.insert_section(document, document.sections[1], 2, "N", "words")
    assert new == "# A\n\n## B\ntext\n\n## N\n\nwords\n\n## C\n"
    assert edit.insert_section(document, None, 2, "N", "") == "# A\n\n## B\ntext\n## C\n\n## N\n"
    assert edit.insert_section(plan(""), None, 1, "N", "x") == "# N\n\nx\n"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("name", sorted(EDITS))
def test_line_ends_marks_and_a_missing_final_line_end_stay(
    ending: str, mark: str, final: bool, name: str
) -> None:
    text = PLAN if final else PLAN.rstrip("\n")
    expected = EDITS[name](plan(text))
    written = EDITS[name](plan(mark + text.replace("\n", ending)))
    assert written == mark + expected.replace("\n", ending)
    assert written.endswith(ending) == final


@pytest.mark.parametrize("name", sorted(EDITS))
def test_the_same_edit_again_changes_nothing(name: str) -> None:
    once = EDITS[name](plan())
    if name in ("tick", "untick", "field", "front matter", "header", "cell"):
        again = parse_document(once)
        assert EDITS[name](again) is again.text
    assert once != PLAN


def refused(action: object) -> edit.EditRefused:
    assert callable(action)
    with pytest.raises(edit.EditRefused) as caught:
        action()
    assert caught.value.message
    return caught.value


def test_what_is_not_there_is_refused() -> None:
    document = plan()
    other = plan(PLAN.replace("- [ ] one", "- [ ] uno"))
    assert issubclass(edit.EditRefused, UserProblem)
    refused(lambda: edit.set_task(document, other.tasks[0], True))
    refused(
        lambda: edit.set_cell(other, dataclasses.replace(document.tables[0], line=99), 0, 0, "")
    )
    refused(lambda: edit.set_cell(document, document.tables[0], 2, 0, "x"))
    refused(lambda: edit.set_cell(document, document.tables[0], 0, "Owner", "x"))
    refused(lambda: edit.insert_row(document, document.tables[0], 3, ["x"]))
    refused(lambda: edit.append_row(document, document.tables[0], ["x"] * 5))
    refused(lambda: edit.set_field(document, dataclasses.replace(document.fields[0], line=1), "x"))
    refused(lambda: edit.set_front_matter(document, "git.none", "x"))
    refused(lambda: edit.set_front_matter(document, "git", "x"))
    refused(lambda: edit.set_front_matter(plan("# A\n"), "git", "x"))
    refused(lambda: edit.set_header(document, "labels", "x"))
    refused(lambda: edit.insert_section(document, None, 7, "x", ""))
    assert refused(lambda: edit.set_front_matter(document, "git", "x")).line == 4


@pytest.mark.parametrize(
    "value", ["`", "<!--", "a\nb", "x | **Who**: y", "\0", "\ud800", "_a", "<b c='", "[a"]
)
def test_a_field_value_that_reaches_further_is_refused(value: str) -> None:
    document = plan("**Status**: Draft | **Owner**: `me` b_ -->\n**Date**: `x` '> z](u)\n")
    refused(lambda: edit.set_field(document, document.fields[0], value))


@pytest.mark.parametrize(
    "block", ["```\nopen", "<!-- open", "[ref]: /x", "# Higher", "---\nx\n---", "text\n==="]
)
def test_a_block_that_changes_what_follows_is_refused(block: str) -> None:
    document = plan("# A\n\n[ref]\n\n## B\n\ntext\n\n### C\n\n- [ ] t\n\n#### D\n")
    last = document.section("B")
    assert last is not None
    new = None
    try:
        new = edit.append_to_section(document, document.sections[2], block)
    except edit.EditRefused:
        return
    after = parse_document(new)
    assert [section.path for section in after.sections if section.title in "ABCD"] == [
        section.path for section in document.sections
    ]
    assert [task.text for task in after.tasks] == ["t"]


def test_a_tick_that_would_make_a_link_of_the_box_is_refused() -> None:
    document = plan("[x]: /url\n\n- [ ] a\n")
    refused(lambda: edit.set_task(document, document.tasks[0], True))


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ["|", "\\", "\\|", "\\\\|", "`|`", "a\nb", "- x", "<!--", "```", "# h", "> q", "1. x", "---"]
)


@settings(max_examples=200, deadline=None)
@given(
    CELLS,
    st.integers(0, 2),
    st.sampled_from(
        [
            "| a | b | c |\n|-|-|-|\n| 1 | | 3 |\n",
            "a|b|c\n-|-|-\n1||3\n",
            "- x\n\n  a | b | c\n  --|--|--\n  1 | 2\n",
        ]
    ),
)
def test_any_cell_value_is_written_so_that_it_is_read_again(
    value: str, column: int, text: str
) -> None:
    document = parse_document(text)
    try:
        new = edit.set_cell(document, document.tables[0], 0, column, value)
    except edit.EditRefused:
        return
    after = parse_document(new)
    cells = after.tables[0].rows[0].cells
    wanted = value.strip(" \t\v\f\r\n").replace("\n", "<br>").replace("\\|", "|")
    assert cells[column].raw.replace("\\|", "|") == wanted
    for place, cell in enumerate(document.tables[0].rows[0].cells):
        assert place == column or cells[place].raw == cell.raw
    assert len(after.tables) == 1
    assert len(after.lines) == len(document.lines)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.data())
def test_any_tick_is_one_character_or_refused_and_goes_back(text: str, data: st.DataObject) -> None:
    document = parse_document(text)
    assume(document.tasks)
    index = data.draw(st.integers(0, len(document.tasks) - 1))
    task = document.tasks[index]
    try:
        new = edit.set_task(document, task, not task.checked)
    except edit.EditRefused:
        return
    assert new[: task.offset] == text[: task.offset]
    assert new[task.offset + 1 :] == text[task.offset + 1 :]
    after = parse_document(new)
    assert [t.checked for t in after.tasks] == [
        t.checked != (place == index) for place, t in enumerate(document.tasks)
    ]
    back = edit.set_task(after, after.tasks[index], task.checked)
    assert back == text[: task.offset] + text[task.offset].lower() + text[task.offset + 1 :]


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(["- [ ] n", "words", "```\nx\n```", "| a |\n|---|"]), st.data())
def test_what_is_appended_leaves_everything_before_it_alone(
    text: str, block: str, data: st.DataObject
) -> None:
    text = "# A\n\n" + text
    document = parse_document(text)
    assume(document.sections)
    section = data.draw(st.sampled_from(document.sections))
    try:
        new = edit.append_to_section(document, section, block)
    except edit.EditRefused:
        return
    gone, come = changed(text, new)
    assert gone == ""
    assert block.splitlines()[0].strip() in new
    after = parse_document(new)
    assert len(after.tasks) == len(document.tasks) + block.startswith("- [ ]")
    assert [s.path for s in after.sections] == [s.path for s in document.sections]
    assert come


@pytest.mark.parametrize("kind", EDITS)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_edit_is_taken_back_byte_for_byte(kind: str, ending: str) -> None:
    before = "\ufeff" + PLAN.replace("\n", ending).rstrip()
    after = EDITS[kind](plan(before))
    undo = undo_of(before, after)
    assert take_back(after, undo) == before
    assert undo.size < 40


def test_what_setting_a_value_again_would_lose_is_taken_back() -> None:
    text = "| a |  b  |\n|---|-----|\n|1|   x  |\n\n- [X] done\n"
    cleared = edit.set_cell(plan(text), plan(text).tables[0], 0, 1, "")
    again = plan(cleared)
    assert edit.set_cell(again, again.tables[0], 0, 1, "x") != text
    assert take_back(cleared, undo_of(text, cleared)) == text
    unticked = edit.set_task(plan(text), plan(text).tasks[0], False)
    assert take_back(unticked, undo_of(text, unticked)) == text


@pytest.mark.parametrize("change", ["x", "\n", ""])
def test_an_edit_of_a_text_that_changed_since_is_not_taken_back(change: str) -> None:
    after = edit.set_task(plan(), plan().tasks[0], True)
    undo = undo_of(PLAN, after)
    other = after + change if change else after[:-1]
    with pytest.raises(edit.EditRefused, match="was changed since"):
        take_back(other, undo)
    with pytest.raises(edit.EditRefused):
        take_back(PLAN, undo)


@given(st.text(), st.text())
def test_whatever_an_edit_made_is_taken_back(before: str, after: str) -> None:
    undo = undo_of(before, after)
    assert take_back(after, undo) == before
    assert len(undo.old) <= len(before)
    assert (undo.old, undo.new) == changed(before, after)
