"""The model makes thousands of steps: what is logged of them helps nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.model.mirror import Mirror, Start


@pytest.fixture(autouse=True, scope="session")
def quiet_log() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    return Start(Path(tmp_path_factory.mktemp("examples")))


@pytest.fixture
def mirror(start: Start) -> Mirror:
    return Mirror(start)
