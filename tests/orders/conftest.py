"""A world for each test: the fake GitHub and a real SQLite store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import sqlite_store
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = sqlite_store(tmp_path / "plansync.sqlite3")
    yield World(store)
    store.close()
