"""Whatever happens to two hundred mirrors, nothing is lost; ``long`` runs thousands."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.model.machine import MirrorMachine

pytestmark = pytest.mark.thorough

MirrorMachine.TestCase.settings = settings(
    max_examples=200,
    derandomize=True,
    stateful_step_count=8,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
TestModel = MirrorMachine.TestCase
