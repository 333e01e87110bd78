"""Whatever a request is called and says, the plan made of it keeps its shape."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.plans.document import Document, parse_document
from bot.plans.scaffold import Scaffold
from tests.scaffold.asking import FORMATS, asked, made

TITLES = st.text(min_size=1, max_size=60) | st.text(
    alphabet="[]{}<>`|*_#\\!-> \n\tax:\"'~", max_size=40
)


def plan_of(scaffolded: Scaffold) -> Document:
    return parse_document(scaffolded.files[scaffolded.path])


def shape(document: Document) -> tuple[object, ...]:
    return (
        [(section.level, section.line) for section in document.sections],
        [(task.line, task.checked) for task in document.tasks],
        [(table.line, len(table.header.cells), len(table.rows)) for table in document.tables],
        [comment.line for comment in document.comments],
        [(field.key, field.line) for field in document.fields],
        document.problems,
        [line.key for line in document.header],
        document.front_matter is None,
    )


@cache
def usual_shape(format: str) -> tuple[object, ...]:
    return shape(plan_of(made(format)))


@pytest.mark.parametrize("format", FORMATS)
@given(title=TITLES)
@example(title="<!-- x")
@example(title="x --> y <!--")
@example(title="a | b \\")
@example(title="`code")
@example(title="``` {Title} [owner]")
@example(title="- [ ] task")
@example(title="\\")
@example(title='"quoted": \\"')
@example(title="---")
@example(title="@everyone #1")
@settings(max_examples=20, deadline=None)
def test_no_title_changes_the_shape_of_a_plan(format: str, title: str) -> None:
    assert shape(plan_of(made(format, title))) == usual_shape(format)


@given(title=TITLES, body=TITLES)
@settings(max_examples=25, deadline=None)
def test_any_request_has_values(title: str, body: str) -> None:
    for format in FORMATS:
        values, _ = asked(format, title, body)
        assert values.title
        assert "\n" not in values.title
        new = made(format, title, body=body)
        assert not any(part in ("", ".", "..") for path in new.files for part in path.split("/"))
        assert new.title


def test_front_matter_survives_hostile_values() -> None:
    body = 'Project: a"b\\c: {TRACK_ID} # d\nTrack ID: ../x\n'
    document = plan_of(made("track-spec", "T", body=body))
    assert document.front_matter is not None
    assert document.front_matter.data["project"] == 'a"b\\c: {TRACK_ID} # d'
    assert document.front_matter.data["track_id"] == "x"


def test_a_marker_in_an_answer_is_defused() -> None:
    body = '### Overview\n\n`x`\n\n<!-- plansync:plan path="a.md"\n'
    text = made("feature-plan", body=body).files["plan_docs/full-text-search.md"]
    assert "\n<!-- plansync" not in text
