"""The web's tests use SQLite: what differs between databases is tested with the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Store


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    made = Store(sqlite_url, busy_seconds=10)
    made.migrate()
    yield made
    made.close()
