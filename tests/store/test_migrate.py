"""The tables: made once, equal to what the code expects, and clear words when they cannot be."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store import Store, StoreProblem, StoreUnavailable
from bot.store.migrate import NEWEST
from bot.store.tables import metadata


def test_the_migrations_make_what_the_code_expects(store: Store) -> None:
    with store._db.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []
    assert store.is_current()


def test_the_newest_migration_is_the_one_that_is_checked_for() -> None:
    scripts = ScriptDirectory("bot/store/migrations")
    assert scripts.get_heads() == [NEWEST]


def test_many_processes_may_start_at_once(database_url: str) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def migrate() -> None:
        store = Store(database_url)
        start.wait()
        try:
            store.migrate()
            assert store.is_current()
        except BaseException as error:  # what a thread raises would be lost
            failures.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=migrate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_version_is_refused(store: Store) -> None:
    with store._db.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert not store.is_current()
    with pytest.raises(StoreProblem, match="not one that this version of plansync can use"):
        store.migrate()


def test_sqlite_is_set_up_as_measured(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    store.migrate()
    with store._db.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 30_000,
        "foreign_keys": 1,
    }
    store.close()


def test_writers_on_sqlite_wait_for_each_other(sqlite_url: str) -> None:
    """Two stores stand for two processes; deferred transactions would fail here at once."""
    stores = [Store(sqlite_url), Store(sqlite_url)]
    stores[0].migrate()
    failures: list[Exception] = []

    def write(store: Store, name: str) -> None:
        from tests.conftest import NOW

        try:
            for n in range(50):
                assert store.receive(f"{name}-{n}", "push", b"{}", received_at=NOW)
        except Exception as error:
            failures.append(error)

    threads = [
        threading.Thread(target=write, args=(store, f"{place}-{n}"))
        for place, store in enumerate(stores)
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(stores[0].new_deliveries(1000)) == 400
    for store in stores:
        store.close()


def test_a_full_or_locked_database_is_a_passing_fault(sqlite_url: str) -> None:
    holder, waiter = Store(sqlite_url), Store(sqlite_url, busy_seconds=0.05)
    holder.migrate()
    with holder._db.write(), pytest.raises(StoreUnavailable, match="locked"):
        waiter.check_writable()
    waiter.check_writable()
    holder.close()
    waiter.close()


@pytest.mark.parametrize("kind", ["directory", "below a file", "not a database"])
def test_a_file_that_cannot_be_used_says_so(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_bytes(b"this is no database, it only looks like a file" * 100)
    path = {
        "directory": tmp_path,
        "below a file": tmp_path / "file" / "plansync.sqlite3",
        "not a database": tmp_path / "file",
    }[kind]
    with pytest.raises(StoreProblem) as caught:
        Store(f"sqlite:///{path}").migrate()
    assert "PLANSYNC_DATA_DIR" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("locked", ["file", "directory"])
def test_a_file_that_may_not_be_written_says_so(locked: str) -> None:
    """In a process of another user where the tests run as root, whom no permission stops."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        database = directory / "plansync.sqlite3"
        store = Store(f"sqlite:///{database}")
        store.migrate()
        store.close()
        database.chmod(0o444)
        directory.chmod(0o555 if locked == "directory" else 0o777)
        code = (
            "import os, sys, bot.store.migrate, sqlite3\n"
            "if os.geteuid() == 0: os.setuid(65534)\n"
            "try: bot.store.Store(sys.argv[1]).migrate()\n"
            "except bot.store.StoreProblem as problem: print(problem)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, f"sqlite:///{database}"],
            capture_output=True,
            text=True,
            check=False,
        )
        directory.chmod(0o755)
    assert f"{database} cannot be used (attempt to write a readonly" in done.stdout, done
    assert "PLANSYNC_DATA_DIR" in done.stdout


@pytest.mark.postgres
def test_a_postgres_that_is_not_there_says_so_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="cannot be used") as caught:
        Store(f"postgresql+psycopg://u:hidden@/plans?host={tmp_path}").migrate()
    assert "hidden" not in str(caught.value)
