"""Where the parts of a document stand, in every way that people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plans.document import Document, normalise_dashes, parse_document, parse_uncached
from bot.plans.outline import outline

PLAN = """\
---
project: "P"
git:
  branch: 'main'  # kept
---

>Title: [P] – [F] Plan

> Labels: plan, feature
---

# Plan

**Track ID:** t-1
**Status:** [ ] Drafting

## Work

- [ ] T001 [P] first `task`
  - [x] **R-1**: second
    goes on
- Story ID: S-1 | Priority: P0 | Owner: <name>

### Table

| # | Task | PR |
|---|:----:|----|
| 1 | a \\| b | |
| 2 |

<!-- a note
- [ ] no task -->

## Other

> - [X] quoted
"""


def parsed(text: str = PLAN) -> Document:
    return parse_document(text)


def test_every_part_says_where_it_stands() -> None:
    document = parsed()
    text = document.text
    assert [(task.line, task.checked, task.text, task.depth, task.parent, task.in_quote)
            for task in document.tasks] == [
        (19, False, "T001 [P] first task", 0, None, False),
        (20, True, "R-1: second goes on", 1, 0, False),
        (36, True, "quoted", 0, None, True),
    ]  # fmt: skip
    assert [text[task.offset] for task in document.tasks] == [" ", "x", "X"]
    assert document.tasks[0].item.of(text).splitlines() == PLAN.splitlines()[18:21]
    assert document.tasks[1].item.of(text).splitlines() == PLAN.splitlines()[19:21]
    assert document.tasks[1].raw == "**R-1**: second\ngoes on"
    assert [task.own_id for task in document.tasks] == ["T001", "R-1", None]
    assert document.tasks[1].section == ("Plan", "Work")
    (comment,) = document.comments
    assert comment.span.of(text).startswith("<!-- a note")
    assert comment.line == 31
    assert comment.text == " a note\n- [ ] no task "


def test_sections_form_a_tree_with_spans() -> None:
    document = parsed()
    assert [(s.level, s.title, s.line, s.path) for s in document.sections] == [
        (1, "Plan", 12, ("Plan",)),
        (2, "Work", 17, ("Plan", "Work")),
        (3, "Table", 24, ("Plan", "Work", "Table")),
        (2, "Other", 34, ("Plan", "Other")),
    ]
    work = document.section("work")
    assert work is not None
    assert work.heading.of(document.text) == "## Work\n"
    assert work.body.of(document.text).rstrip().endswith("Owner: <name>")
    assert work.whole.of(document.text).rstrip().endswith("no task -->")
    assert document.sections_under(("Plan", "Work")) == (document.sections[2],)
    assert document.section("Table", under=work) is document.sections[2]
    assert document.section("Work", under=work) is None
    assert document.section_at(document.tasks[0].offset) == work
    assert document.tasks_in(work.whole) == document.tasks[:2]
    assert [field.key for field in document.fields_in(work.whole)] == [
        "Story ID", "Priority", "Owner",
    ]  # fmt: skip


def test_underlined_headings_and_closing_marks() -> None:
    document = parsed("A *b*\n=====\n\ntwo\nlines\n---\n## C ##\n#no\n> # quoted\n- # listed\n")
    assert [(s.level, s.title) for s in document.sections] == [
        (1, "A b"), (2, "two lines"), (2, "C"),
    ]  # fmt: skip
    assert document.sections[1].heading.of(document.text) == "two\nlines\n---\n"


def test_a_heading_is_found_whatever_its_dash_and_case() -> None:
    document = parsed("## Non\u2011Goals\n## AC \u2014 gate\n")
    assert document.section("non-goals") is document.sections[0]
    assert document.section("ac - GATE") is document.sections[1]
    assert normalise_dashes("S\u20111 \u2212 \u2015") == "S-1 - -"


def test_cells_of_ragged_rows_are_those_that_github_draws() -> None:
    document = parsed()
    (table,) = document.tables
    assert table.line == 26
    assert table.section == ("Plan", "Work", "Table")
    assert table.header.texts == ("#", "Task", "PR")
    assert [row.texts for row in table.rows] == [("1", "a | b", ""), ("2", "", "")]
    assert [cell.present for cell in table.rows[1].cells] == [True, False, False]
    assert table.rows[0].cells[1].raw == "a \\| b"
    for row in (table.header, *table.rows):
        for cell in row.cells:
            assert cell.span.of(document.text) == cell.raw
    assert table.column("TASK") == 1
    assert table.column("none") is None
    empty = table.rows[0].cells[2].span
    assert document.text[empty.start - 1 : empty.end + 1] == " |"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a | b\n- | -\n", None),
        ("| a |\n---\n", None),
        ("a\n:-\nb\n", [["a"], ["b"]]),
        ("para\n| a |\n|---|\n| 1 | 2 |\n", [["a"], ["1"]]),
        ("|a|b|\n|-|-|\n||\n|\n|c|\n", [["a", "b"], ["", ""]]),
        ("|a|b|\n|-|-|\n| `x|y` |\n", [["a", "b"], ["`x", "y`"]]),
        ("|a|b|\n|-|-|\n| `x\\|y` |\n", [["a", "b"], ["x|y", ""]]),
        ("> |a|\n> |-|\n> |1|\nlazy\n", [["a"], ["1"]]),
        ("- |a|\n  |-|\n  |1|\n|2|\n", [["a"], ["1"]]),
        ("|a|\n|-|\n<b>\n", [["a"]]),
        ("|a|b|\n|-|\n|x|y|\n|-|-|\n", None),
        ("    |a|\n    |-|\n", None),
        ("text\n    |a|\n|-|\n", [["a"]]),
    ],
)
def test_tables_are_where_github_sees_them(text: str, rows: list[list[str]] | None) -> None:
    tables = parsed(text).tables
    found = [[list(row.texts) for row in (t.header, *t.rows)] for t in tables]
    assert found == ([] if rows is None else [rows])


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("- [ ] a\n* [x] b\n+ [X] c\n1. [ ] d\n2) [x] e\n", [" ", "x", "X", " ", "x"]),
        ("> - [ ] a\n- - [x] b\n-\n  [ ] c\n", [" ", "x", " "]),
        ("- [ ]\n- [ ] \n- [ ]\ta\n- [ ]\n  b\n", [" ", " "]),
        ("- [\u00a0] a\n- \\[ ] b\n- [x](url) c\n- [ ]b\n-[ ] d\n", []),
        ("- [ ]\u00a0a\n- a [ ] b\n- `[ ]` c\n", []),
        ("```\n- [ ] a\n```\n<!--\n- [ ] b\n-->\n    - [ ] c\n", []),
        ("- [ ] a\n  ===\n", []),
        ("- [ ] a | b\n  --|--\n", []),
        ("[x]: /url\n\n- [x] a\n- [ ] b\n", [" "]),
        ("| a |\n|---|\n| - [ ] b |\n", []),
        (" 10. [ ] w\n    > - [ ] x\n", [" "]),
    ],
)
def test_a_task_is_what_github_draws_as_one(text: str, boxes: list[str]) -> None:
    assert [text[task.offset] for task in parsed(text).tasks] == boxes


@pytest.mark.parametrize(
    ("raw", "own_id"),
    [
        ("T012 x", "T012"), ("**T012** x", "T012"), ("[S\u20111/T\u20112] x", "S-1/T-2"),
        ("R-1: x", "R-1"), ("{R-1}", "R-1"), ("FR-001 x", "FR-001"), ("`AC-2`: x", "AC-2"),
        ("UTF-8 x", None), ("SHA-256 x", None), ("Tidy x", None), ("R-1x2 y", None), ("T1 x", None),
        ("x T012", None),
    ],
)  # fmt: skip
def test_a_leading_id_names_the_task(raw: str, own_id: str | None) -> None:
    (task,) = parsed(f"- [ ] {raw}\n").tasks
    assert task.own_id == own_id


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("**Date**: YYYY\n**Status**: A | B\n", [("Date", "YYYY"), ("Status", "A | B")]),
        ("**Track ID:** {X}\n", [("Track ID", "{X}")]),
        ("**Branch**: `a | b` | **Date**: D  \n", [("Branch", "`a | b`"), ("Date", "D")]),
        ("- Story ID: S-1 | Priority: <P0/P1> | Owner: n\n",
         [("Story ID", "S-1"), ("Priority", "<P0/P1>"), ("Owner", "n")]),
        ("Story ID: S-1 | Owner: n\n", [("Story ID", "S-1"), ("Owner", "n")]),
        ("- Status: todo | done\n", [("Status", "todo | done")]),
        ("- **Product:** `p.md` — [pending]\n", [("Product", "`p.md` — [pending]")]),
        ("**Note**:  \nOne\ntwo\n**Next**: x\n", [("Note", "One\ntwo"), ("Next", "x")]),
        ("- Docs:\n  later\n", [("Docs", "later")]),
        ("**Empty**:\n\ntext\n", [("Empty", "")]),
        ("> **Purpose**: q\n", [("Purpose", "q")]),
        ("**Key** : v\n", [("Key", "v")]),
        ("plain: text\n", []),
        ("- [ ] **Status**: open\n", []),
        ("- A sentence. With: colon\n- https://example.org/x\n- **bold** and: x\n", []),
        ("```\n**Date**: x\n```\n<!-- **Date**: x -->\n| **Date**: x |\n|---|\n", []),
    ],
)  # fmt: skip
def test_fields_are_read_in_every_shape(text: str, fields: list[tuple[str, str]]) -> None:
    document = parsed(text)
    assert [(field.key, field.value) for field in document.fields] == fields
    for field in document.fields:
        assert field.key_span.of(text) == field.key
        if not field.following:
            assert field.span.of(text) == field.value


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_move_nothing_but_offsets(ending: str, mark: str) -> None:
    text = mark + PLAN.replace("\n", ending)
    document, plain = parsed(text), parsed()
    assert [(t.line, t.checked, t.text) for t in document.tasks] == [
        (t.line, t.checked, t.text) for t in plain.tasks
    ]
    assert [text[task.offset] for task in document.tasks] == [" ", "x", "X"]
    assert [row.texts for row in document.tables[0].rows] == [
        row.texts for row in plain.tables[0].rows
    ]
    for row in document.tables[0].rows:
        assert all(cell.span.of(text) == cell.raw for cell in row.cells)
    assert [(f.key, f.value, f.line) for f in document.fields] == [
        (f.key, f.value, f.line) for f in plain.fields
    ]
    assert document.front_matter is not None
    assert plain.front_matter is not None
    assert document.front_matter.data == plain.front_matter.data
    assert [line.value for line in document.header] == [line.value for line in plain.header]


def test_only_markdown_line_ends_end_a_line() -> None:
    text = "- [ ] a\u2028- [ ] b\x0b- [ ] c\x0c- [ ] d\x85- [ ] e\n- [x] f"
    assert [task.line for task in parsed(text).tasks] == [1, 2]


def test_the_header_is_read_with_the_rule_after_it() -> None:
    document = parsed()
    assert [(line.key, line.value, line.line) for line in document.header] == [
        ("title", "[P] – [F] Plan", 7), ("labels", "plan, feature", 9),
    ]  # fmt: skip
    assert all(line.span.of(PLAN) == line.value for line in document.header)
    assert document.header_span is not None
    assert PLAN[document.header_span.end :].startswith("# Plan")
    assert parsed("text\n\n>Title: no\n").header == ()


def test_front_matter_is_found_and_its_keys_are_as_written() -> None:
    document = parsed("---\non: yes\n012: a\ngit: {branch: x}\n---\n- [ ] t\n")
    assert document.front_matter is not None
    assert document.front_matter.data == {"on": True, "012": "a", "git": {"branch": "x"}}
    assert document.text[document.body_start :] == "- [ ] t\n"
    assert document.tasks[0].line == 6
    assert parsed("---\n# only a comment\n---\n").front_matter is not None


def test_front_matter_may_lack_its_opening_line_in_one_format_only() -> None:
    contract = parsed("output_contract:\n  allowed_sections:\n    - A\n---\n# T\n")
    assert contract.front_matter is not None
    assert not contract.front_matter.opened
    assert contract.front_matter.data == {"output_contract": {"allowed_sections": ["A"]}}
    assert [section.title for section in contract.sections] == ["T"]
    assert parsed("other:\n  - A\n---\n# T\n").front_matter is None


def test_comments_in_code_are_no_comments() -> None:
    document = parsed("a `<!-- no -->` b <!-- yes --> \\<!-- no -->\n\n| <!-- c --> |\n|---|\n")
    assert [comment.text for comment in document.comments] == [" yes ", " c "]


def test_plain_text_drops_markup_and_keeps_words() -> None:
    text = (
        "- [ ] **b** _i_ ~~s~~ ~t~ `c*d` [link](u) <b>h</b> &amp; \\* ![alt](i) <https://e.org> "
        "snake_case 2 * 3\n"
    )
    (task,) = parsed(text).tasks
    assert task.text == "b i s t c*d link h & * https://e.org snake_case 2 * 3"
    assert parsed("- [ ] [a] [b]\n\n[a]: /u\n").tasks[0].text == "a [b]"


def test_the_outline_is_json_of_the_whole_document() -> None:
    made = outline(parsed(), "plans/a.md", "track-spec", {parsed().tasks[0].offset: "S-1/T-1"})
    assert made["path"] == "plans/a.md"
    assert made["format"] == "track-spec"
    tasks = made["tasks"]
    assert isinstance(tasks, list)
    assert tasks[0] == {
        "line": 19, "offset": parsed().tasks[0].offset, "checked": False,
        "text": "T001 [P] first task", "section": ["Plan", "Work"], "id": "T001",
        "address": "S-1/T-1",
    }  # fmt: skip
    assert made["tables"] == [
        {"line": 26, "section": ["Plan", "Work", "Table"], "header": ["#", "Task", "PR"],
         "rows": [["1", "a | b", ""], ["2", "", ""]]}
    ]  # fmt: skip
    assert made["front_matter"] == {"project": "P", "git": {"branch": "main"}}
    assert made["problems"] == []


PIECES = st.sampled_from(
    ["- [ ] a", "* [x] b", "1. [X] c", "> q", "> - [ ] d", "# H", "===", "---", "| a | b |",
     "|---|---|", "a | b", "```", "~~~", "<!--", "-->", "**K**: v | **L**: w", "- K: v | L: w",
     ">Title: t", "    code", "\t", "[x]: y", "`", "<div>", "\\", "&amp;", "*", "_", "[", "](",
     "on: 1", "\u2028", "\x00", "\ud800", "é", ""]
)  # fmt: skip
ENDS = st.sampled_from(["\n", "\r\n", "\r", " ", "\n  ", "\n\n"])
TEXTS = st.lists(st.tuples(PIECES, ENDS), max_size=25).map(
    lambda parts: "".join(piece + end for piece, end in parts)
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(TEXTS, st.text(st.characters(), max_size=200)))
def test_parsing_never_raises_and_every_span_is_true(text: str) -> None:
    document = parse_uncached(text)
    for task in document.tasks:
        assert text[task.offset - 1] == "["
        assert text[task.offset + 1] == "]"
        assert (text[task.offset] in "xX") == task.checked
        assert task.item.start <= task.offset < task.item.end
        assert document.line_of(task.item.start) == task.line
        assert task.text == " ".join(task.text.split())
    for table in document.tables:
        for row in (table.header, *table.rows):
            assert len(row.cells) == len(table.header.cells)
            for cell in row.cells:
                assert cell.span.of(text) == cell.raw
                assert isinstance(cell.text, str)
    for field in document.fields:
        assert field.key_span.of(text) == field.key
        assert field.following or field.span.of(text) == field.value
    for comment in document.comments:
        assert comment.span.of(text).startswith("<!--")
    for line in document.header:
        assert line.span.of(text) == line.value
    ends = [section.heading.end for section in document.sections]
    assert ends == sorted(ends)
    for section in document.sections:
        assert section.body.end <= section.whole.end <= len(text)
    for problem in document.problems:
        assert 1 <= problem.line <= len(document.lines) + 1


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_a_text_before_or_after_does_not_move_line_numbers(text: str) -> None:
    body = text.replace("\r", "")
    alone = parse_uncached("# T\n\n" + body)
    below = parse_uncached("---\na: 1\n---\n# T\n\n" + body)
    assert [(t.line + 3, t.offset + 13, t.checked, t.raw) for t in alone.tasks] == [
        (t.line, t.offset, t.checked, t.raw) for t in below.tasks
    ]
