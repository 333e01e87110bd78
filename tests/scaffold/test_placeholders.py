"""What still waits for its words, and what only looks like it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.document import parse_document
from bot.plans.placeholders import (
    code_spans,
    find_placeholders,
    is_placeholder,
    is_undecided,
    placeholder_spans,
)


@pytest.mark.parametrize(
    "source",
    [
        "{Title}",
        "{Schema changes. Or: N/A — {justification}}",
        "[e.g., feature/[slug]]",
        "[###-feature-branch]",
        "[several words,\nand `code`, on two lines]",
        "[e.g., <200ms p95]",
        "<3–5 sentences: what and why>",
        "<e.g., `pytest -q`, `go test ./...`>",
        "<link>",
        "<...>",
        "YYYY-MM-DD",
        "`[feature_flag_name]`",
        "**{persona}**",
        '"{feedback}"',
        "[High/Med/Low]",
    ],
)
def test_placeholders(source: str) -> None:
    assert len(placeholder_spans(source)) == 1
    assert is_placeholder(source)


@pytest.mark.parametrize(
    "source",
    [
        "[ ] a task",
        "[x] done",
        "[text](https://example.org)",
        "[text][1]",
        "![alt](a.png)",
        "[^1]",
        "[!NOTE]",
        "[S-1] [S‑1/T-2] [T-1] [P] [US1] [T012] [R-3]",
        "[Critical] why [Nice] how",
        "[pending]",
        "$FEATURE_DIR and ${HOME} and ${{ matrix.os }}",
        "<RUN_ID>",
        "<br> <details> </details> <a href='x'>y</a> <img src=x />",
        "<https://example.org> <me@example.org>",
        "`{status, build, db}` and `{stdout.log,stderr.log}`",
        "`tests/<story>.spec.ts`",
        r"\[escaped] \{escaped} \<escaped>",
        "a <5 ms and b >9",
        "if a<b and c>d",
        "plain words",
        "",
    ],
)
def test_no_placeholders(source: str) -> None:
    assert placeholder_spans(source) == []
    assert not is_placeholder(source)


def test_a_defined_link_is_none() -> None:
    document = parse_document("See [the plan] and [the rest].\n\n[the plan]: https://example.org\n")
    assert [found.text for found in find_placeholders(document)] == ["[the rest]"]


def test_where_they_stand() -> None:
    text = (
        ">Title: [header]\n\n---\n\n# {Title}\n\n<!-- [comment] -->\n\n| A |\n|---|\n| [cell] |\n\n"
        "```\n[fence]\n```\n\n    [indented]\n\n> - [ ] [quoted]\n"
    )
    found = find_placeholders(parse_document(text))
    assert [(one.text, one.name, one.line) for one in found] == [
        ("{Title}", "Title", 5),
        ("[cell]", "cell", 11),
        ("[quoted]", "quoted", 19),
    ]
    assert all(one.span.of(text) == one.text for one in found)


def test_a_value_that_lists_its_alternatives_is_undecided() -> None:
    words = ["Draft", "Planning", "In Progress"]
    assert is_undecided("Draft | Planning | In Progress", words)
    assert is_undecided("[draft/planning]", words)
    assert not is_undecided("Draft", words)
    assert not is_undecided("Draft | later", words)
    assert not is_undecided("", words)


def test_code_spans_pair_runs_of_one_length() -> None:
    source = "a `b` ``c ` d`` ` e"
    assert [inside.of(source) for _, inside in code_spans(source)] == ["b", "c ` d"]


@given(st.text(alphabet="[]{}<>`\\ab YMD-\n|"))
def test_any_text_can_be_looked_at(source: str) -> None:
    for span in placeholder_spans(source):
        assert 0 <= span.start < span.end <= len(source)


@pytest.mark.parametrize("piece", ["[", "{", "<", "[a", "{{", "`[", "[[b]", "<a", "`", "``` ` "])
def test_hostile_lines_take_linear_time(piece: str) -> None:
    started = time.perf_counter()
    placeholder_spans(piece * 20_000)
    assert time.perf_counter() - started < 2
