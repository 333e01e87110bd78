"""The short form of a long plan: the same headings, tasks and tables, in whole lines."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plans.document import parse_document
from bot.plans.large import TEXT_BUDGET, form_of, short_text
from bot.plans.merge import take_over
from bot.plans.render import plan_text
from tests.model.plan_text import KINDS, START, Act, perform, tasks, words

PLANS = sorted((Path(__file__).parent.parent / "plans").rglob("*.md"))
ROOM = 1_000_000

LONG = """\
# Plan

Words before.

## One
- [ ] first
  more of the first

  a paragraph of it
- no task
  - [x] inside of no task
    ```
    - [ ] code
    ```
- also none

Between.
```
# no heading
- [ ] no task
```
<!-- - [ ] hidden -->

| # | Task |
|---|------|
| 1 | Write |

## Two
> words
> - [ ] quoted

- only
- words
1. [ ] numbered

Setext
------
Last words.
"""

SHORT = """\
# Plan

## One
- [ ] first
  more of the first

  a paragraph of it
- no task
  - [x] inside of no task
    ```
    - [ ] code
    ```
- also none

| # | Task |
|---|------|
| 1 | Write |

## Two
> words
> - [ ] quoted

1. [ ] numbered

Setext
------"""

SHORTER = """\
# Plan

## One
- [ ] first
  more of the first

- no task
  - [x] inside of no task

| # | Task |
|---|------|
| 1 | Write |

## Two
> words
> - [ ] quoted

1. [ ] numbered

Setext
------"""


def said(text: str) -> tuple[object, ...]:
    document = parse_document(text)
    return (
        [section.path for section in document.sections],
        [(task.raw, task.checked) for task in document.tasks],
        [[row.texts for row in table.rows] for table in document.tables],
    )


def test_lists_with_a_task_stay_whole() -> None:
    assert short_text(LONG, ROOM) == SHORT


def test_where_they_are_too_long_the_tasks_alone_stay() -> None:
    assert short_text(LONG, len(SHORT) - 1) == SHORTER


def test_where_even_these_are_too_long_nothing_stays() -> None:
    assert short_text(LONG, len(SHORTER)) == SHORTER
    assert short_text(LONG, len(SHORTER) - 1) == ""


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name + "/" + path.name)
def test_real_plans_keep_what_is_mirrored(path: Path) -> None:
    text = plan_text(path.read_text(encoding="utf-8"))
    short = short_text(text, ROOM)
    assert said(short) == said(text)
    assert len(short) <= len(text)
    lines = iter(text.split("\n"))
    assert all(line in lines for line in short.split("\n") if line.strip())


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name + "/" + path.name)
def test_what_is_ticked_in_the_short_form_is_ticked_in_the_plan(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    short = short_text(plan_text(text), ROOM)
    for task in parse_document(short).tasks:
        mark = " " if task.checked else "x"
        now = f"{short[: task.offset]}{mark}{short[task.offset + 1 :]}"
        merged = take_over(text, short, now)
        assert len(merged.ticks) == 1
        assert sum(a != b for a, b in zip(merged.text, text, strict=True)) == 1


LINES = st.sampled_from(
    [
        "",
        "# H",
        "## H",
        "words",
        "- [ ] t",
        "  - [x] t",
        "- words",
        "    more",
        "```",
        "> - [ ] q",
        "> q",
        "| a | b |",
        "|---|---|",
        "| c | d |",
        "<!--",
        "-->",
        "1. [ ] n",
        "---",
        "\t- [ ] t",
        "<div>",
        "[x]: /y",
        "* [ ] s",
        "===",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(LINES, max_size=25))
def test_the_short_form_says_the_same_or_there_is_none(lines: list[str]) -> None:
    text = plan_text("\n".join(lines))
    short = short_text(text, ROOM)
    if short:
        assert said(short) == said(text)
    assert take_over(text, short, short).text == text


def test_the_budget_decides() -> None:
    text = LONG + "x" * (TEXT_BUDGET - len(LONG))
    assert form_of(text) == "whole"
    assert form_of(text + "x") == "short"
    assert form_of("- [ ] task\n" * 6000) == "file-only"


ACTS = st.lists(
    st.builds(Act, st.sampled_from(KINDS), st.integers(0, 12), st.integers(0, 12)), max_size=5
)


@settings(max_examples=200, deadline=None)
@given(ACTS)
def test_nothing_done_to_the_short_form_takes_text_from_the_plan(acts: list[Act]) -> None:
    numbers = itertools.count(100)
    short = short_text(plan_text(START), ROOM)
    now = short
    for act in acts:
        now = perform(act, now, lambda kind: f"{kind}{next(numbers)}").replace("\r", "")
    merged = take_over(START, short, plan_text(now))
    left_out = Counter(START.split("\n")) - Counter(short.split("\n"))
    left_out.pop("", None)
    assert not left_out - Counter(merged.text.split("\n"))
    assert words(now) <= words(merged.text)
    done = tasks(merged.text)
    assert {name: done[name] for name in tasks(now)} == tasks(now)
