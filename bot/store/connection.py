"""Transactions: one place that takes the write lock and names what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.engine import WRITES, make_engine
from bot.store.records import StoreUnavailable


class Transactions:
    """Reading and writing transactions on one engine; may be shared between threads."""

    def __init__(self, database_url: str, *, busy_seconds: float, pool_size: int) -> None:
        self.engine = make_engine(database_url, busy_seconds=busy_seconds, pool_size=pool_size)
        self._writing = self.engine.execution_options(**{WRITES: True})
        self._busy_seconds = busy_seconds
        # SQLite lets waiting writers sleep and poll; threads of one process can queue instead.
        self._turn = threading.Lock() if self.engine.dialect.name == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises StoreUnavailable."""
        with _named_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back. Raises StoreUnavailable."""
        if self._turn is None:
            with _named_errors(), self._writing.begin() as connection:
                yield connection
            return
        if not self._turn.acquire(timeout=self._busy_seconds):
            raise StoreUnavailable("The database is busy.")
        try:
            with _named_errors(), self._writing.begin() as connection:
                yield connection
        finally:
            self._turn.release()

    def close(self) -> None:
        """Give back all connections; the next use makes new ones."""
        self.engine.dispose()


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()
        what = cause[0] if cause else type(error).__name__
        raise StoreUnavailable(f"The database cannot be used now ({what}).") from error
