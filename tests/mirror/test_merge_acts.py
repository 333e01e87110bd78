"""Whatever two people do to the two copies of a plan, the merge has all of it or tells it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plans.merge import merge, with_boxes
from bot.plans.render import plan_text
from tests.model.ledger import Ledger
from tests.model.plan_text import KINDS, START, Act, perform

ACTS = st.lists(
    st.builds(Act, st.sampled_from(KINDS), st.integers(0, 12), st.integers(0, 12)), max_size=6
)


def edited(acts: list[Act], side: str, ledger: Ledger, numbers: itertools.count[int]) -> str:
    text = START
    for act in acts:
        after = perform(act, text, lambda kind: f"{kind}{next(numbers)}").replace("\r", "")
        ledger.record(side, text, text, after)
        text = after
    return text


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(ACTS, ACTS)
def test_nothing_is_lost_doubled_or_made_up(here: list[Act], there: list[Act]) -> None:
    ledger, numbers = Ledger.of(START), itertools.count(100)
    file = edited(here, "file", ledger, numbers)
    issue = edited(there, "issue", ledger, numbers)
    merged = merge(START, file, plan_text(issue))
    told = "\n".join(conflict.lost for conflict in merged.conflicts)
    assert ledger.problems(merged.text, told) == []
    again = merge(merged.text, merged.text, plan_text(merged.text))
    assert (again.text, again.ticks, again.conflicts) == (merged.text, (), ())


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_what_only_one_side_did_is_taken_as_it_is(acts: list[Act]) -> None:
    text = edited(acts, "file", Ledger.of(START), itertools.count(100))
    assert merge(START, text, plan_text(START)).text == text
    from_issue = merge(START, START, plan_text(text))
    # An issue's body says nothing of how the file ends.
    assert plan_text(from_issue.text) == plan_text(text)
    assert not from_issue.conflicts


def test_boxes_that_were_set_since_are_as_they_are_now_whatever_else_the_edit_changed_stays() -> (
    None
):
    before = "## Work\n- [ ] write one\n- [x] draw two\n- [ ] ship three\n- [ ] test six"
    after = "## Work\n- [x] write one\n- [ ] draw two with care\n- [x] ship three\n- [ ] test six"
    was = "## Work\n- [ ] ship three\n- [ ] write one\n- [x] draw two\n- [ ] test six"
    then = "## Work\n- [ ] ship three\n- [x] write one\n- [ ] draw two\n- [x] test six"
    now = "## Work\n- [ ] ship three\n- [ ] write one\n- [x] draw two\n- [x] test six"
    left = with_boxes(before, after, [(was, then)], now)
    assert left.split("\n")[1:] == [
        "- [ ] write one",
        "- [x] draw two with care",
        "- [x] ship three",
        "- [ ] test six",
    ]
