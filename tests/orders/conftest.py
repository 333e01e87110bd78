"""A world for each test: the fake GitHub and a real SQLite store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'plansync.sqlite3'}")
    store.migrate()
    yield World(store)
    store.close()
