"""A repository's own templates, used as they stand.

``PLANSYNC_SEEDS`` may name a folder of further template documents; each is tried as an override
of the format it is recognised as.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.plans.document import fold, parse_document
from bot.plans.filling import NAMES
from bot.plans.formats import recognise
from bot.plans.placeholders import find_placeholders
from bot.plans.scaffold import plan_block
from bot.templates import read_template
from tests.scaffold.asking import FORMATS, made

SEEDS = sorted(Path(os.environ.get("PLANSYNC_SEEDS", "/nonexistent")).glob("*.txt"))
# What no request knows stays open.
LEFT_OPEN = {"[e.g., feature/[slug]]", "{persona}", "{goal}", "{benefit}"}


def assert_filled(format: str, template: str) -> None:
    """The new plan is the template's plan, line for line, with nothing known left open."""
    block, problems = plan_block(template)
    assert problems == ()
    new = made(format, template=template)
    text = new.files[new.path]
    assert recognise(new.path, parse_document(text)) is not None
    assert recognise(new.path, parse_document(text)).format == format  # type: ignore[union-attr]
    before, after = block.split("\n"), text.split("\n")
    assert len(before) == len(after)
    changed = [index for index, line in enumerate(before) if line != after[index]]
    marks = (*NAMES[format], "Draft | Planning", "Pending / Answered", "todo |")
    for index in changed:
        assert any(mark in before[index] for mark in marks), before[index]
    known = {fold(name) for name in NAMES[format]} - {fold(name) for name in LEFT_OPEN}
    assert not {fold(found.text) for found in find_placeholders(parse_document(text))} & known
    old = [(section.level, section.line) for section in parse_document(block).sections]
    assert [(section.level, section.line) for section in parse_document(text).sections] == old


@pytest.mark.parametrize("format", FORMATS)
def test_our_own_templates(format: str) -> None:
    assert_filled(format, read_template("plans", f"{format}.md"))


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("format", FORMATS)
def test_line_ends_of_a_template_stay(format: str, ending: str) -> None:
    template = read_template("plans", f"{format}.md")
    plain, other = made(format), made(format, template=template.replace("\n", ending))
    assert other.path == plain.path
    assert other.files[other.path] == plain.files[plain.path].replace("\n", ending)
    assert (other.title, other.labels, other.assignees) == (
        plain.title, plain.labels, plain.assignees,
    )  # fmt: skip


@pytest.mark.skipif(not SEEDS, reason="PLANSYNC_SEEDS names no folder of templates")
@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_given_template_documents(seed: Path) -> None:
    template = seed.read_bytes().decode()
    found = recognise("", parse_document(plan_block(template)[0]))
    assert found is not None
    assert found.format in FORMATS
    assert_filled(found.format, template)
