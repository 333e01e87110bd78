"""``plansync backup`` and ``restore``: whole copies, while others write, and never a mix."""

from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import datetime
from pathlib import Path

import pytest

from bot.memory import PlanMemory, SubjectKey, Trigger
from bot.store import Store, StoreProblem
from bot.store.copies import back_up, bring_back

KEY = SubjectKey(7, "plan", "a.md")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "plansync.sqlite3"


@pytest.fixture
def live(database: Path) -> Store:
    store = Store(f"sqlite:///{database}", busy_seconds=10)
    store.migrate()
    return store


def arrive(store: Store, now: datetime, guid: str) -> int:
    store.receive(guid, "push", b"{}", received_at=now)
    (found,) = store.new_deliveries()
    store.record_dispatch(found.id, [Trigger(KEY)], due_at=now)
    return found.id


def test_a_copy_is_brought_back_while_the_database_is_open(
    live: Store, database: Path, tmp_path: Path, now: datetime
) -> None:
    arrive(live, now, "one")
    live.remember([PlanMemory(7, "a.md", "feature-plan", title="Before")])
    copy = tmp_path / "copy.sqlite3"
    assert back_up(database, copy) == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600

    last = arrive(live, now, "two")
    live.remember([PlanMemory(7, "a.md", "feature-plan", title="After")])
    (due,) = live.due_subjects(now)
    live.mark_queued(due, now)
    bring_back(copy, database)

    assert [row.guid for row in live.deliveries()] == ["one"]
    plan = live.plan(7, "a.md")
    assert plan is not None
    assert plan.title == "Before"
    (again,) = live.due_subjects(now)
    assert again.round > due.round
    assert arrive(live, now, "two") > last + 1000
    assert live.is_current()
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_copy_made_while_others_write_is_whole(
    live: Store, database: Path, tmp_path: Path, now: datetime
) -> None:
    """Each transaction writes a delivery and a plan; a copy of one moment has as many of both."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with live._db.write() as connection:
                for sql in (
                    "INSERT INTO repositories (id, full_name, installation_id) VALUES (?, 'a', 1)",
                    "INSERT INTO requests VALUES (1, ?, 'x', '{}')",
                ):
                    connection.exec_driver_sql(sql, (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for attempt in range(5):
            back_up(database, tmp_path / f"{attempt}.sqlite3")
    finally:
        stop.set()
        writer.join()
    for attempt in range(5):
        copy = sqlite3.connect(tmp_path / f"{attempt}.sqlite3")
        counts = [
            copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("repositories", "requests")
        ]
        copy.close()
        assert counts[0] == counts[1]


def test_an_existing_file_is_kept_unless_told_otherwise(
    live: Store, database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.sqlite3"
    target.write_text("precious")
    with pytest.raises(StoreProblem, match="exists already"):
        back_up(database, target)
    assert target.read_text() == "precious"
    back_up(database, target, replace=True)
    assert target.read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("kind", ["missing", "text", "other", "newer", "cut"])
def test_what_is_no_copy_of_ours_changes_nothing(
    live: Store, database: Path, tmp_path: Path, now: datetime, kind: str
) -> None:
    arrive(live, now, "one")
    source = tmp_path / "source.sqlite3"
    if kind == "text":
        source.write_text("not a database" * 100)
    elif kind == "other":
        with sqlite3.connect(source) as made:
            made.execute("CREATE TABLE t (x)")
    elif kind in ("newer", "cut"):
        back_up(database, source)
        if kind == "cut":
            source.write_bytes(source.read_bytes()[:9000])
        else:
            with sqlite3.connect(source) as made:
                made.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreProblem) as caught:
        bring_back(source, database)
    assert str(source) in str(caught.value) or str(database) in str(caught.value)
    assert [row.guid for row in live.deliveries()] == ["one"]


def test_a_place_that_cannot_be_written_is_said(live: Store, database: Path) -> None:
    with pytest.raises(StoreProblem, match="cannot be written"):
        back_up(database, database.parent / "no" / "such" / "copy.sqlite3")


def test_a_database_that_is_not_there_yet_can_be_restored(
    live: Store, database: Path, tmp_path: Path, now: datetime
) -> None:
    arrive(live, now, "one")
    copy = tmp_path / "copy.sqlite3"
    back_up(database, copy)
    elsewhere = tmp_path / "new" / "plansync.sqlite3"
    bring_back(copy, elsewhere)
    store = Store(f"sqlite:///{elsewhere}")
    store.migrate()
    assert [row.guid for row in store.deliveries()] == ["one"]
    with pytest.raises(StoreProblem, match="Start plansync first"):
        back_up(tmp_path / "none.sqlite3", tmp_path / "x.sqlite3")
    store.close()
