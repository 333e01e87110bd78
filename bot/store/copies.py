"""Copies of a SQLite database, made and brought back while plansync runs.

https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.store.engine import StoreProblem
from bot.store.migrate import NEWEST

_MORE_IDS = 1_000_000
"""How far ids jump when a copy is brought back: what ran meanwhile must not meet its ids again."""
_PAGES = 2000


def back_up(database: Path, target: Path, *, replace: bool = False) -> int:
    """Copy the database to ``target``, whole and of one moment; gives its bytes.

    Other processes read and write meanwhile. The copy is checked before it gets its name, and is
    readable by its owner alone. Raises StoreProblem.
    """
    if not database.exists():
        raise StoreProblem(f"There is no database at {database} yet.", "Start plansync first.")
    if target.exists() and not replace:
        raise StoreProblem(f"{target} exists already.", "Name another file, or add --force.")
    try:
        with _named(target), _beside(target) as made:
            with closing(_open(database)) as source, closing(sqlite3.connect(made)) as copy:
                source.backup(copy, pages=_PAGES, sleep=0.01)
                copy.execute("PRAGMA journal_mode=DELETE")
                _check(copy, target)
            os.replace(made, target)
            return target.stat().st_size
    except OSError as error:
        raise StoreProblem(
            f"{target} cannot be written ({error.strerror}).", "Name a place that can be."
        ) from None


def bring_back(source: Path, database: Path) -> None:
    """Put what ``back_up`` made in place of the database's content, in one step.

    Whoever has the database open sees the restored content from then on. Numbers of deliveries and
    rounds go on above those in use, so that no job is taken for an earlier one. The tables may
    be of an earlier version; ``Store.migrate`` updates them. Raises StoreProblem.
    """
    if not source.is_file():
        raise StoreProblem(f"There is no file {source}.", "Name a file that plansync backup made.")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with _named(database), _beside(database) as made:
            with closing(_open(source)) as there, closing(sqlite3.connect(made)) as copy:
                there.backup(copy)
                _check(copy, source)
                _is_ours(copy, source)
                if database.exists():
                    with closing(_open(database)) as live:
                        _go_on_above(copy, live)
            with closing(sqlite3.connect(made)) as copy, closing(_open(database)) as live:
                live.execute("PRAGMA journal_mode=WAL")
                copy.backup(live)
    except OSError as error:
        raise StoreProblem(f"{database} cannot be written ({error.strerror}).") from None


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30.0, isolation_level=None)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty file in the same directory, for its owner alone, gone at the end."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreProblem(
            f"{path} cannot be copied ({error}).", "Is it a database, and is there room for it?"
        ) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreProblem(f"{path} is damaged ({found}).", "Use another copy.")


def _is_ours(copy: sqlite3.Connection, source: Path) -> None:
    names = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    if not {"alembic_version", "deliveries", "subjects"} <= names:
        raise StoreProblem(
            f"{source} is no database of plansync.", "Name a file that plansync backup made."
        )
    (version,) = copy.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
    if version > NEWEST:
        raise StoreProblem(
            f"{source} was made by a newer version of plansync ({version}).",
            "Install that version, or a newer one.",
        )


def _go_on_above(copy: sqlite3.Connection, live: sqlite3.Connection) -> None:
    tables = {name for (name,) in live.execute("SELECT name FROM sqlite_master")}
    if not {"deliveries", "subjects", "sqlite_sequence"} <= tables:
        return
    query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'deliveries'"
    highest = max(live.execute(query).fetchone()[0], copy.execute(query).fetchone()[0])
    (rounds,) = live.execute("SELECT coalesce(max(round), 0) FROM subjects").fetchone()
    with copy:
        copy.execute("DELETE FROM sqlite_sequence WHERE name = 'deliveries'")
        copy.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('deliveries', ?)",
            (highest + _MORE_IDS,),
        )
        copy.execute(
            "UPDATE subjects SET round = max(round, ?) + 1, queued_delivery = NULL,"
            " queued_at = NULL",
            (rounds,),
        )
