"""Every journey runs against the GitHub emulator: ``stage``, and ``faults`` on the way to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stages import faults, stage

__all__ = ["faults", "stage"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)
