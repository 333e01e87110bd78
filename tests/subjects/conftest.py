"""A world for each test: the fake GitHub and a real SQLite store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import sqlite_store
from tests.subjects.desk import PATH, Desk
from tests.subjects.features import Notes
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = sqlite_store(tmp_path / "plansync.sqlite3")
    yield World(store)
    store.close()


@pytest.fixture
def notes(world: World) -> Notes:
    return Notes(world)


@pytest.fixture
def desk(world: World) -> Desk:
    world.request()
    world.bob.edit_file(PATH, lambda text: text.replace("(none)", "") + "\n")
    world.settle()
    world.new_calls()
    return Desk(world)
