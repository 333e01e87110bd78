"""Many boxes changed at once: what one edit at a time gives, and what is left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.box_words import change_boxes, na_removed, ticked, words_behind
from bot.plans.document import Document, parse_document
from bot.plans.orders_lines import without_na, words_after
from bot.plans.proof import EditRefused

PARTS = [
    "- [ ] one\n",
    "- [x] two  \n  and more\n",
    "  - [ ] below it\n",
    "- plain\n\n",
    "> - [ ] quoted\n\n",
    "### Heading\n\n",
    "Words **Owner**: bob\n\n",
    "| a | b |\n|---|---|\n| c | d |\n\n",
    "- [ ] with <!-- a comment --> in it\n",
    "<!-- alone -->\n\n",
    "1. [ ] last\n\n  1. [ ] and below\n",
]
ENDING = " — N/A: no need"


@given(st.lists(st.sampled_from(PARTS), max_size=12), st.data())
def test_many_at_once_are_what_each_by_itself_is(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    count = len(parse_document(text).tasks)
    some = data.draw(st.lists(st.integers(0, count - 1), unique=True)) if count else []
    singly = text
    for index in some:
        document = parse_document(singly)
        singly = words_after(document, document.tasks[index], ENDING)
    after, done = change_boxes(text, some, words_behind(ENDING))
    assert (after, done) == (singly, set(some))
    back, _ = change_boxes(after, some, na_removed)
    for index in some:
        document = parse_document(singly)
        singly = without_na(document, document.tasks[index])
    assert back == singly


@pytest.mark.parametrize("odd", [(), (0,), (19,), (3, 11)])
def test_a_box_that_cannot_be_changed_keeps_no_other_back(odd: tuple[int, ...]) -> None:
    text = "- [ ] one\n" * 20

    def change(document: Document, boxes: Sequence[int]) -> str:
        if set(odd) & set(boxes):
            raise EditRefused("No.", "Leave it.")
        return ticked(True)(document, boxes)

    after, done = change_boxes(text, range(20), change)
    assert done == set(range(20)) - set(odd)
    assert [task.checked for task in parse_document(after).tasks] == [n in done for n in range(20)]


def test_what_is_refused_everywhere_ends_soon() -> None:
    tried = []

    def change(document: Document, boxes: Sequence[int]) -> str:
        tried.append(len(boxes))
        raise EditRefused("No.", "Leave it.")

    text = "- [ ] one\n" * 1000
    assert change_boxes(text, range(1000), change) == (text, set())
    assert len(tried) < 100
