"""Fixtures with the GitHub emulator; the journeys' and the contract suite's conftest take them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.emulator.install import EmulatorUnavailable
from bot.emulator.stage import Stage, open_stage
from tests.journeys.proxy import Faults


@pytest.fixture
def faults() -> Iterator[Faults]:
    """What is to go wrong between plansync and GitHub in this test."""
    made = Faults()
    yield made
    made.close()


@pytest.fixture
def stage(faults: Faults, private_key: str) -> Iterator[Stage]:
    """A GitHub emulator of this test's own, with its relay, its front and its people."""
    try:
        opened = open_stage(handle=faults, private_key=private_key)
    except EmulatorUnavailable as error:
        pytest.fail(str(error))
    with opened:
        yield opened
        faults.close()
