"""No situation costs more requests than it may: the table of ``benchmarks.api_calls``, asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.api_calls import SITUATIONS, Cost, Situation, measure, table


@pytest.mark.thorough
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_a_situation_costs_no_more_than_it_may(situation: Situation, tmp_path: Path) -> None:
    cost = measure(situation, tmp_path)
    assert cost.within, (cost.requests, cost.calls[:40])


def test_the_promised_limits_are_those_that_are_asserted() -> None:
    limits = {each.name: each.limit for each in SITUATIONS}
    assert limits["a tick"] == limits["a burst of 50 ticks by two people"] == 4
    assert limits["our own commit and comment come back"] == 0
    assert limits["everything is delivered again"] == 0
    assert limits["the issue is edited there and back"] <= 2
    assert limits["the file is pushed there and back"] <= 2


def test_a_cost_over_its_limit_shows_in_the_table() -> None:
    over = Cost("a tick", 1, 5, 4, ("file",) * 5)
    assert not over.within
    assert table([over]).endswith("| a tick | 1 | 5 | 4 | **over**")
