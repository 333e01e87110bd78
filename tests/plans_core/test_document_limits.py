"""What is dear to read, strange or too large is a problem at once, and says where it is."""

from __future__ import annotations

import time

import pytest

from bot.plans.document import parse_document, parse_uncached
from bot.plans.model import Severity

MERGES = "\n".join(
    ["a0: &a0 {k: v}", *(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, 30))]
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (MERGES, "front-matter-anchor"),
        ("a: &x 1", "front-matter-anchor"),
        ("a: *x", "front-matter-anchor"),
        ("<<: {a: 1}", "front-matter-merge"),
        ("a: !!python/object:os.system x", "front-matter-tag"),
        ("a: !!binary aGk=", "front-matter-tag"),
        ("a: " + "[" * 100_000, "front-matter-depth"),
        ("a: " + "{b: " * 50_000, "front-matter-depth"),
        ("- " * 50_000, "front-matter-depth"),
        ("a: " + "9" * 5_000, "front-matter-number"),
        ("a: " + "1:" * 50_000 + "1", "front-matter-number"),
        ("a: 0x" + "f" * 5_000, "front-matter-number"),
        ("a: " + "x" * 300_000, "front-matter-size"),
        ("a: 2024-99-99", "front-matter-yaml"),
        ("a: [1", "front-matter-yaml"),
        ("a: b: c", "front-matter-yaml"),
        ("? [a]\n: b", "front-matter-key"),
        ("- a\n- b", "front-matter-not-a-mapping"),
        ("just text", "front-matter-not-a-mapping"),
        ("a: =", "front-matter-yaml"),
        ("a: b\x01", "front-matter-yaml"),
        ('a: "\\ud800"', "front-matter-yaml"),
    ],
)
def test_yaml_that_is_dear_or_strange_is_a_problem_at_once(content: str, code: str) -> None:
    began = time.process_time()
    document = parse_uncached(f"---\n{content}\n---\n\n- [ ] a task\n")
    assert time.process_time() - began < 1
    assert [problem.code for problem in document.problems] == [code]
    assert document.front_matter is None
    assert [task.text for task in document.tasks][-1:] == ["a task"]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("ok\nab\0c", "nul", 2, 3),
        ("ok\nab\ud800", "surrogate", 2, 3),
        ("---\nopen: 1\n", "front-matter-unclosed", 1, 1),
        ("a\n\n<!-- open\n- [ ] x\n", "comment-unclosed", 3, 1),
        ("a\n\n```\n- [ ] x\n", "fence-unclosed", 3, 1),
        ("---\na: 1\nb: *x\n---\n", "front-matter-anchor", 3, 1),
    ],
)
def test_problems_say_where_they_are(text: str, code: str, line: int, column: int) -> None:
    (problem,) = parse_document(text).problems
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert problem.message
    assert problem.fix


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * (1024 * 1024 + 1), "too-large"),
        ("é" * (600 * 1024), "too-large"),
        ("- [ ] a\n" * 20_001, "too-many-items"),
        ("# h\n" * 60_000, "too-many-blocks"),
        ("- " * 300 + "a", "too-deep"),
        (">" * 100_000, "too-deep"),
        ("|a" * 400 + "\n" + "|-" * 400 + "\n" + "|b\n" * 400, "too-many-cells"),
    ],
)
def test_limits_refuse_the_whole_text_and_drop_nothing_silently(text: str, code: str) -> None:
    began = time.process_time()
    document = parse_uncached("- [ ] first\n\n# H\n\n" + text)
    assert time.process_time() - began < 2
    assert document.refused
    assert document.tasks == ()
    assert document.sections == ()
    (problem,) = document.problems
    assert problem.code == code
    assert problem.severity is Severity.ERROR


def test_deep_nesting_below_the_limit_is_read_to_the_end() -> None:
    levels = 90
    text = "".join("  " * depth + f"- [ ] level {depth}\n" for depth in range(levels))
    document = parse_document(text + "\n# after\n")
    assert [task.depth for task in document.tasks] == list(range(levels))
    assert [task.parent for task in document.tasks] == [None, *range(levels - 1)]
    assert [section.title for section in document.sections] == ["after"]


def test_brackets_a_hundred_thousand_deep_take_no_time() -> None:
    began = time.process_time()
    document = parse_uncached("- [ ] " + "[" * 100_000 + "](a)" * 10)
    assert document.tasks[0].text.startswith("[[")
    assert time.process_time() - began < 1
