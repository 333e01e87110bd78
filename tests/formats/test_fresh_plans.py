"""A plan that was just made trips nothing of its own, whatever its format."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.gates import check, status_of
from bot.plans.model import Severity
from tests.scaffold.asking import FORMATS, made


@pytest.mark.parametrize("format", FORMATS)
def test_a_fresh_plan_has_notes_only(format: str) -> None:
    new = made(format)
    document = parse_document(new.files[new.path])
    recognised = recognise(new.path, document)
    assert recognised is not None
    assert recognised.format == format
    plan = read_plan(new.path, document, files=new.files)
    assert plan is not None
    found = check(plan, document, files=new.files)
    told = {problem.code for problem in found if problem.severity is not Severity.NOTE}
    assert told == set()
    status = status_of(plan, document, files=new.files)
    assert status.overall == "Draft"
    assert status.blockers == ()
    assert status.progress.done == 0


@pytest.mark.parametrize("format", FORMATS)
def test_its_placeholders_are_told_line_by_line(format: str) -> None:
    new = made(format)
    document = parse_document(new.files[new.path])
    plan = read_plan(new.path, document)
    assert plan is not None
    notes = [p for p in check(plan, document) if p.code == "plan.placeholder"]
    assert notes
    for note in notes:
        shown = note.message.split(" is still")[0].rstrip("…").split()[0]
        assert shown in document.line_text(note.line)
