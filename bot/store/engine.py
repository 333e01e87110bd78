"""Engines: SQLite with WAL and immediate write transactions, or PostgreSQL through psycopg.

https://www.sqlite.org/wal.html and https://www.sqlite.org/pragma.html#pragma_busy_timeout
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import UserProblem

_WAL_TRIES = 250

WRITES = "plansync_writes"
"""Execution option of a connection whose next transaction writes."""


class StoreProblem(UserProblem):
    """The database cannot be used at all; the message says where it is and what to do."""

    exit_code = 2


def make_engine(database_url: str, *, busy_seconds: float = 30.0, pool_size: int = 10) -> Engine:
    """An engine for a ``sqlite:///`` or ``postgresql+psycopg://`` URL; it connects on first use.

    ``busy_seconds`` is how long a statement waits for another writer (SQLite) or for a free
    connection. Raises StoreProblem when a SQLite file's directory cannot be made.
    """
    try:
        url = sa.make_url(database_url)
    except sa.exc.ArgumentError:
        raise StoreProblem("DATABASE_URL is not a database address.") from None
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, busy_seconds, pool_size)
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=busy_seconds,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "plansync"},
    )


def _sqlite(url: sa.URL, busy_seconds: float, pool_size: int) -> Engine:
    path = Path(url.database or "")
    try:
        # What is received is as private as the repositories it is about.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreProblem(
            f"The directory {path.parent} for the database cannot be made ({error.strerror}).",
            "Set PLANSYNC_DATA_DIR to a directory that plansync may write to.",
        ) from None
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=busy_seconds,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        # The driver's own transaction handling would begin deferred; "begin" below decides.
        connection.isolation_level = None
        _prepare(connection)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a writer fails at once instead of waiting.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    # The change to WAL stays in the file. While another process makes it too, this one is told
    # "locked" at once, whatever the busy timeout is.
    for tries_left in reversed(range(_WAL_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not tries_left:
                raise
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous=NORMAL")


def make_jobs_engine(path: Path) -> Engine:
    """An engine on a SQLite file for the job queue, which brings its own transactions.

    The driver begins them here, immediate and with a patient wait, as the queue's own engine
    would; WAL without a sync for each commit is what makes it fast enough.
    """
    engine = sa.create_engine(
        f"sqlite:///{path}",
        pool_size=20,
        max_overflow=0,
        connect_args={"timeout": 30.0, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = "IMMEDIATE"
        _prepare(connection)

    return engine


def sqlite_path(engine: Engine) -> Path | None:
    """Where the SQLite file is; None for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return None
    return Path(engine.url.database or "").absolute()


def upsert(engine: Engine, table: sa.Table) -> Any:
    """An INSERT of the engine's dialect, which has ``on_conflict_do_update``."""
    if engine.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def why_unusable(engine: Engine, error: Exception) -> StoreProblem:
    """The sentence for a database that cannot be opened or written."""
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    what = cause[0] if cause else type(error).__name__
    path = sqlite_path(engine)
    if path is not None:
        return StoreProblem(
            f"The database file {path} cannot be used ({what}).",
            "Set DATABASE_URL or PLANSYNC_DATA_DIR to a place that plansync may write to.",
        )
    where = engine.url.render_as_string(hide_password=True)
    return StoreProblem(
        f"The database {where} cannot be used ({what}).",
        "Check that it runs, and the name, user and password in DATABASE_URL.",
    )
