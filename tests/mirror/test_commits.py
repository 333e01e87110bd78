"""Commit messages name what happened and never act on anybody's words."""

from __future__ import annotations

import pytest

from bot.commits import compose, defuse, running_ci, skipping_ci, tick_lines, tick_subject
from bot.github.snapshots import Person
from bot.plans.merge import Tick


def test_one_tick_is_named_in_the_subject() -> None:
    assert tick_subject([Tick("Write the tests", True)], "p.md") == "Tick “Write the tests”"
    assert tick_subject([Tick("Write", False)], "p.md") == "Untick “Write”"


def test_several_ticks_are_counted_and_listed() -> None:
    ticks = [Tick("a", True), Tick("b", True), Tick("c", False)]
    assert tick_subject(ticks, "p.md") == "Tick 2 and untick 1 tasks in p.md"
    assert tick_lines(ticks) == ["- [x] a", "- [x] b", "- [ ] c"]


def test_people_are_credited_once_and_bots_never() -> None:
    people = [Person("alice", 11), Person("Alice", 11), Person("x[bot]", 2, True)]
    assert compose(["Tick “a”"], [], people) == (
        "Tick “a”\n\nCo-authored-by: Alice <11+Alice@users.noreply.github.com>"
    )


@pytest.mark.parametrize(
    "text",
    ["fixes #12", "closes GH-12", "hi @alice", "[skip ci]", "[ ci skip ]", "fixes o/r#1",
     "resolves https://github.com/o/r/issues/1", "a\nCo-authored-by: x <y@z>"],
)  # fmt: skip
def test_words_that_would_act_are_inert(text: str) -> None:
    inert = defuse(text)
    assert "\n" not in inert
    assert inert != text
    assert inert.replace("\u2060", "") == " ".join(text.split())


def test_a_long_subject_is_cut() -> None:
    assert len(tick_subject([Tick("word " * 50, True)], "p.md")) == 72


def test_ci_is_skipped_by_the_first_line_and_runs_again_without_it() -> None:
    for message in ("Tick “a”", "Tick “a”\n\nCo-authored-by: x <y@z>"):
        quiet = skipping_ci(message)
        assert quiet.split("\n")[0] == "Tick “a” [skip ci]"
        assert quiet.split("\n")[1:] == message.split("\n")[1:]
        assert running_ci(quiet) == running_ci(message) == message
    assert running_ci("Tick “[skip\u2060 ci]”") == "Tick “[skip\u2060 ci]”"
