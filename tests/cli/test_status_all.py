"""``plansync status --all``: what the plans page shows, in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.memory import SubjectKey, Trigger
from bot.store import Store
from tests.cli.conftest import Run
from tests.web.visits import LAB, SHOP, keep_story


@pytest.fixture
def remembered(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database that the command finds by its environment."""
    url = f"sqlite:///{repository / 'plansync.sqlite3'}"
    monkeypatch.setenv("DATABASE_URL", url)
    store = Store(url)
    store.migrate()
    yield store
    store.close()


def test_every_plan_is_shown_by_repository(run: Run, remembered: Store, now: datetime) -> None:
    keep_story(remembered, now)
    parked = keep_story(remembered, now, LAB, "docs/user-stories/other.md")
    key = SubjectKey(LAB.id, "plan", parked.path)
    remembered.receive("g", "push", b"{}", received_at=now)
    remembered.record_dispatch(remembered.new_deliveries()[0].id, [Trigger(key)], due_at=now)
    remembered.park(key, "it is too large", now=now)
    done = run("status", "--all")
    assert done.code == 0
    assert done.out == (
        "acme/lab\n"
        "  ████░░░░░░░░   1/3   Parked       Search #12\n"
        "      docs/user-stories/other.md\n"
        "      blocked: it is too large\n"
        "\nacme/shop\n"
        "  ████░░░░░░░░   1/3   In Progress  Search #12\n"
        "      docs/user-stories/search.md\n"
        "      next: 2 Show the form\n"
    )


@pytest.mark.parametrize("parked", [False, True])
def test_what_waits_for_somebody_is_said_with_what_ends_it(
    run: Run, remembered: Store, now: datetime, parked: bool
) -> None:
    memory = replace(keep_story(remembered, now), tripped_at=now.isoformat())
    key = SubjectKey(SHOP.id, "plan", memory.path)
    remembered.finish(key, [], finished_at=now, remember=[memory])
    if parked:
        remembered.receive("g", "push", b"{}", received_at=now)
        remembered.record_dispatch(remembered.new_deliveries()[0].id, [Trigger(key)], due_at=now)
        remembered.park(key, "plansync wrote this plan 20 times.", now=now)
    lines = run("status", "--all").out.splitlines()
    assert "Paused" in lines[1]
    assert lines[3].startswith("      waits for somebody: It was written too often")
    assert lines[4].startswith("      what ends it: It goes on by itself after an hour")
    found = json.loads(run("status", "--all", "--json").out)
    assert (found["attention"], "an hour" in found["remedy"]) == ("paused", True)


def test_it_is_json_for_programs(run: Run, remembered: Store, now: datetime) -> None:
    memory = keep_story(remembered, now)
    remembered.remember([memory])
    (line,) = run("status", "--all", "--json").out.splitlines()
    assert json.loads(line)["progress"] == {"done": 1, "total": 3}


def test_plans_of_before_are_read_first(run: Run, remembered: Store, now: datetime) -> None:
    memory = keep_story(remembered, now)
    with remembered._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM plan_summaries")
    assert memory.path in run("status", "--all").out


def test_without_any_it_says_how_to_get_one(run: Run, remembered: Store) -> None:
    done = run("status", "--all")
    assert (done.code, "plan:feature" in done.out) == (0, True)
    assert run("status", "--all", "--json").out == ""


@pytest.mark.parametrize("arguments", [("status",), ("status", "--all", "plan.md")])
def test_it_is_either_all_or_paths(run: Run, repository: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.code, "or --all" in done.err) == (2, True)
