"""A repository's own template that no plan can be made of is told and not used."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import recognise
from bot.plans.scaffold import Scaffold, choose_template, plan_block, scaffold, template_path
from bot.templates import read_template
from tests.scaffold.asking import FORMATS, asked


def with_override(format: str, override: str) -> Scaffold:
    values, _ = asked(format)
    ours = read_template("plans", f"{format}.md")
    return scaffold(format, values, ours, override=override)


def told(new: Scaffold) -> list[tuple[str, str | None, int]]:
    return [(problem.code, problem.path, problem.line) for problem in new.problems]


@pytest.mark.parametrize("format", FORMATS)
def test_a_good_template_is_used(format: str) -> None:
    own = read_template("plans", f"{format}.md")
    new = with_override(format, own.replace("## ", "## ", 1))
    assert (new.problems, new.template_refused) == ((), False)


@pytest.mark.parametrize("format", FORMATS)
def test_what_no_plan_can_be_made_of_is_not_used(format: str) -> None:
    new = with_override(format, "# Notes\n\nOur own way.\n")
    assert new.template_refused
    assert told(new) == [("template-unrecognised", template_path(format), 1)]
    assert f"makes no {format}: it has no heading “" in new.problems[0].message
    found = recognise(new.path, parse_document(new.files[new.path]))
    assert found is not None
    assert found.format == format
    assert "Our own way." not in new.files[new.path]


def test_a_template_of_another_format_is_named_as_that() -> None:
    new = with_override("feature-plan", read_template("plans", "user-story.md"))
    assert new.problems[0].message == "This template makes a user-story and no feature-plan."
    assert "## Implementation Plan" in new.files[new.path]


def test_a_template_without_its_end_marker_is_not_used() -> None:
    ours = read_template("plans", "task-plan.md")
    cut = "\n".join(line for line in ours.split("\n") if "END: plan.md" not in line)
    new = with_override("task-plan", cut)
    line = cut.split("\n").index("<!-- BEGIN: plan.md template -->") + 1
    assert told(new) == [("template-unclosed", template_path("task-plan"), line)]
    assert "Part 2" not in new.files[new.path]


def test_a_front_matter_that_is_no_yaml_is_not_used() -> None:
    ours = read_template("plans", "track-spec.md")
    new = with_override("track-spec", ours.replace("project:", "project: [", 1))
    assert new.template_refused
    assert [code for code, _, _ in told(new)] == ["front-matter-yaml"]
    assert parse_document(new.files[new.path]).front_matter is not None


def test_a_warning_is_told_and_the_template_used() -> None:
    own = read_template("plans", "user-story.md") + "\n## Ours\n\n<!-- never closed\n"
    new = with_override("user-story", own)
    assert not new.template_refused
    assert told(new) == [
        (
            "comment-unclosed",
            template_path("user-story"),
            own.split("\n").index("<!-- never closed") + 1,
        )
    ]
    assert "## Ours" in new.files[new.path]


def test_without_an_own_template_there_is_nothing_to_say() -> None:
    ours = read_template("plans", "user-story.md")
    choice = choose_template("user-story", ours, None)
    assert (choice.text, choice.problems, choice.refused) == (ours, (), False)
    assert plan_block(choice.text) == (ours, ())
