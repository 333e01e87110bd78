"""No text makes the plan core slow: twice the text takes about twice the time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from benchmarks.parse import plan_text
from bot.plans.document import forget_parsed, parse_uncached
from tests.plans_core.hostile import HOSTILE

KIB = 1024
ALLOWED = 2.5
NOISE = 0.004
"""Seconds below which a ratio says more about the machine than about the text."""


def read_all(text: str) -> None:
    """Parse and ask for every plain text, as the outline does."""
    document = parse_uncached(text)
    for task in document.tasks:
        assert task.text is not None
    for table in document.tables:
        for row in (table.header, *table.rows):
            assert row.texts


def fastest(work: Callable[[], None], times: int) -> float:
    """Processor seconds of the fastest of several runs, without what was remembered.

    The garbage collector rests meanwhile: when it makes a full pass depends on the whole process.
    """
    best = float("inf")
    for _ in range(times):
        forget_parsed()
        gc.collect()
        gc.disable()
        try:
            began = time.process_time()
            work()
            best = min(best, time.process_time() - began)
        finally:
            gc.enable()
    return best


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_twice_a_hostile_text_takes_about_twice_the_time(name: str) -> None:
    small, large = HOSTILE[name](32 * KIB), HOSTILE[name](64 * KIB)
    assert len(large) > 1.8 * len(small)
    ratio = float("inf")
    for attempt in range(4):
        first = fastest(lambda: read_all(small), attempt + 1)
        second = fastest(lambda: read_all(large), attempt + 1)
        assert second < 3
        ratio = second / first
        if second < NOISE or ratio <= ALLOWED:
            return
    pytest.fail(f"{name}: 64 KiB take {ratio:.2f} times as long as 32 KiB")


@pytest.mark.thorough
def test_a_plan_of_ordinary_text_is_read_within_its_budget() -> None:
    text = plan_text(64 * KIB)
    assert fastest(lambda: parse_uncached(text), 5) < 0.06
    large = plan_text(1_000_000)
    assert fastest(lambda: parse_uncached(large), 2) < 1
