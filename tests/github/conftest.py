"""The contract suite's two sides; the emulator is started once and put back for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.emulator.install import EmulatorUnavailable
from bot.emulator.stage import Stage, open_stage
from tests.github.sides import github

__all__ = ["github"]


@pytest.fixture(scope="session")
def long_stage(private_key: str) -> Iterator[Stage]:
    try:
        opened = open_stage(private_key=private_key)
    except EmulatorUnavailable as error:
        pytest.fail(str(error))
    with opened:
        yield opened


@pytest.fixture
def fresh_stage(long_stage: Stage) -> Stage:
    """The emulator as it was at its start."""
    long_stage.reset()
    return long_stage
