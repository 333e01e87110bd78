"""A random part of the matrix of faults and kills; ``.ci/run`` tries more of it."""

from __future__ import annotations

from tests.journeys import matrix


def test_no_failing_call_and_no_kill_loses_or_doubles_anything(private_key: str) -> None:
    tried = matrix.run(0.025, seed=3, key=private_key)
    assert tried.wrong == []
    assert tried.cases.total() > 15
    assert tried.cases[matrix.KILLED] > 3
