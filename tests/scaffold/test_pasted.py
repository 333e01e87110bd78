"""A request whose text is a plan: a filled one is taken as it is, a blank one is filled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plans.document import parse_document
from bot.plans.formats import recognise
from bot.plans.scaffold import plan_block, scaffold
from bot.templates import read_template
from tests.scaffold.asking import FORMATS, asked, made

SEEDS = sorted(Path(os.environ.get("PLANSYNC_SEEDS", "/nonexistent")).glob("*.txt"))
PLANS = Path(__file__).parent.parent / "plans"


@pytest.mark.parametrize("format", FORMATS)
def test_a_blank_template_is_filled_as_if_it_had_not_been_pasted(format: str) -> None:
    template = read_template("plans", f"{format}.md")
    from_label = made(format)
    pasted = made(format, body=template, as_plan=template)
    assert pasted.path == from_label.path
    assert pasted.from_body
    assert pasted.files == from_label.files
    assert (pasted.title, pasted.labels, pasted.assignees) == (
        from_label.title, from_label.labels, from_label.assignees,
    )  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
def test_a_browser_pastes_it_with_other_line_ends(format: str) -> None:
    template = read_template("plans", f"{format}.md").replace("\n", "\r\n")
    assert made(format, body=template, as_plan=template).files == made(format).files


@pytest.mark.parametrize("path", sorted(PLANS.rglob("*.md")), ids=lambda path: path.stem)
def test_a_filled_plan_stays_as_it_is(path: Path) -> None:
    text = path.read_bytes().decode()
    within = str(path.relative_to(PLANS))
    found = recognise("", parse_document(text))
    if found is None or within == "README.md":
        return
    new = made(found.format, body=text, as_plan=text)
    assert new.files[new.path] == plan_block(text)[0].strip("\n") + "\n"


def test_words_in_a_filled_plan_that_look_like_names_stay() -> None:
    story = made("user-story").files[made("user-story").path]
    text = story.replace("{persona}", "reader who writes dates as YYYY-MM-DD")
    new = made("user-story", body=text, as_plan=text)
    assert "dates as YYYY-MM-DD" in new.files[new.path]


def test_what_a_pasted_template_leaves_open_is_no_value() -> None:
    blank = read_template("plans", "implementation-plan.md")
    new = made("implementation-plan", body=blank, as_plan=blank)
    assert new.path == "plans/general/library/EPIC-7/features/007-full-text-search/impl-plan.md"


def test_ids_in_code_are_read_without_what_follows_them() -> None:
    filled = (
        PLANS / "plans/core/billing/EPIC-12/features/031-credit-notes/impl-plan.md"
    ).read_text()
    new = made("implementation-plan", body=filled, as_plan=filled)
    assert "/EPIC-12/" in new.path


TEMPLATES = [read_template("plans", f"{name}.md").split("\n") for name in FORMATS]
LINES = sorted({line for template in TEMPLATES for line in template})


@st.composite
def almost_a_template(draw: st.DrawFn) -> list[str]:
    """A template with a stretch taken out and other lines brought in, or a heap of such lines."""
    others = draw(st.lists(st.one_of(st.sampled_from(LINES), st.text()), max_size=20))
    template = draw(st.sampled_from([*TEMPLATES, []]))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(template))] * 2)))
    return [*template[:start], *others, *template[end:]]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMATS), almost_a_template())
def test_any_text_is_a_plan_or_none_and_makes_one(format: str, lines: list[str]) -> None:
    text = "\n".join(lines)
    new = made(format, body=text, as_plan=text)
    found = recognise(new.path, parse_document(new.files[new.path]))
    assert found is not None
    assert found.format == format
    values, _ = asked(format)
    ours = read_template("plans", f"{format}.md")
    override = scaffold(format, values, ours, override=text)
    again = recognise(override.path, parse_document(override.files[override.path]))
    assert again is not None
    assert again.format == format


@pytest.mark.skipif(not SEEDS, reason="PLANSYNC_SEEDS names no folder of templates")
@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_given_templates_pasted(seed: Path) -> None:
    text = seed.read_bytes().decode()
    found = recognise("", parse_document(plan_block(text)[0]))
    assert found is not None
    filled = made(found.format, template=text)
    pasted = made(found.format, body=text, as_plan=text)
    assert pasted.path == filled.path
    assert pasted.files[pasted.path].strip("\n") == filled.files[filled.path].strip("\n")
