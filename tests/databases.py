"""SQLite databases whose tables are made already: made once a process, copied for each test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from bot.store import Store


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="plansync-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = Store(f"sqlite:///{folder / 'made.sqlite3'}")
    store.migrate()
    store.close()
    return folder / "made.sqlite3"


def sqlite_store(file: Path, *, busy_seconds: float = 30.0) -> Store:
    """A store of its own in a file that does not exist yet."""
    shutil.copyfile(_made(), file)
    return Store(f"sqlite:///{file}", busy_seconds=busy_seconds)
