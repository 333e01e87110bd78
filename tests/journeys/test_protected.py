"""A protected branch over real HTTP: ticks wait in a pull request, are merged, and all agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import RepoConfig
from bot.emulator.stage import Stage
from bot.github.live import Gateway
from bot.github.snapshots import RepoRef
from bot.rolling import BRANCH
from bot.settings import load_settings
from bot.store import Store
from bot.sync import Synced, discover, sync

PATH = "plan_docs/search.md"
TICKED = "- [x] Backend/API changes"
PROTECTION = {
    "required_status_checks": None,
    "enforce_admins": True,
    "required_pull_request_reviews": {"required_approving_review_count": 1},
    "restrictions": None,
}


class Office:
    """plansync without a worker: ``sync`` does its work."""

    def __init__(self, stage: Stage, directory: Path) -> None:
        self.stage = stage
        settings = load_settings(
            stage.environment() | {"PLANSYNC_DATA_DIR": str(directory / "data")}
        )
        self.store = Store(settings.database_url)
        self.store.migrate()
        self.gateway = Gateway(settings)
        repo = self.gateway.find("acme/shop")
        assert repo is not None
        self.repo: RepoRef = repo

    def sync(self) -> list[Synced]:
        reader = self.gateway.reader(self.repo)
        keys = discover(self.repo, self.store, reader, RepoConfig())
        ended = sync(keys, self.repo, self.store, self.gateway)
        assert {one.state for one in ended} <= {"finished"}, ended
        return ended

    def protect(self, on: bool) -> None:
        path = "/repos/acme/shop/branches/main/protection"
        admin = self.stage.emulator.api("olivia")
        admin.call("PUT", path, PROTECTION) if on else admin.call("DELETE", path)

    def issue(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.stage.emulator.api("alice").call(
            "GET", f"/repos/acme/shop/issues/{number}"
        )
        return found


@pytest.fixture
def office(stage: Stage, tmp_path: Path) -> Iterator[Office]:
    made = Office(stage, tmp_path)
    yield made
    made.gateway.close()
    made.store.close()


def test_a_tick_waits_is_merged_and_agrees(office: Office) -> None:
    alice, bob = office.stage.person("alice"), office.stage.person("bob")
    alice.open_issue("Search", "", ("plan:feature",))
    office.sync()
    plan = office.store.plan(office.repo.id, PATH)
    assert plan is not None
    number = plan.issue_number or 0
    office.protect(True)
    before = bob.read_file(PATH)
    alice.tick(number, "Backend/API changes")
    office.sync()
    assert bob.read_file(PATH) == before
    assert TICKED in bob.read_file(PATH, BRANCH)
    reader = office.gateway.reader(office.repo)
    (pull,) = reader.pulls(BRANCH)
    assert pull.state == "open"
    assert f"`{PATH}`: `Tick “Backend/API changes”`" in pull.body
    alice.tick(number, "Rules of the domain")
    office.sync()
    assert "- [x] Rules of the" in bob.read_file(PATH, BRANCH)
    assert [one.number for one in reader.pulls(BRANCH)] == [pull.number]
    assert all(not one.changes for one in office.sync())

    office.protect(False)
    bob.merge_pull(pull.number)
    office.protect(True)
    office.sync()
    text = bob.read_file(PATH)
    assert TICKED in text
    assert "- [x] Rules of the" in text
    assert TICKED in office.issue(number)["body"]
    plan = office.store.plan(office.repo.id, PATH)
    assert plan is not None
    assert plan.proposed is None
    assert all(not one.changes for one in office.sync())


def test_a_tick_taken_back_leaves_nothing_behind(office: Office) -> None:
    alice = office.stage.person("alice")
    alice.open_issue("Search", "", ("plan:feature",))
    office.sync()
    plan = office.store.plan(office.repo.id, PATH)
    assert plan is not None
    number = plan.issue_number or 0
    office.protect(True)
    alice.tick(number, "Backend/API changes")
    office.sync()
    alice.untick(number, "Backend/API changes")
    office.sync()
    reader = office.gateway.reader(office.repo)
    assert [one.state for one in reader.pulls(BRANCH)] == ["closed"]
    assert reader.head(BRANCH) is None


def test_an_archived_repository_is_left_alone_and_taken_up_again(office: Office) -> None:
    alice = office.stage.person("alice")
    alice.open_issue("Search", "", ("plan:feature",))
    office.sync()
    plan = office.store.plan(office.repo.id, PATH)
    assert plan is not None
    alice.tick(plan.issue_number or 0, "Backend/API changes")
    admin = office.stage.emulator.api("olivia")
    admin.call("PATCH", "/repos/acme/shop", {"archived": True})
    reader = office.gateway.reader(office.repo)
    keys = discover(office.repo, office.store, reader, RepoConfig())
    (ended,) = sync(keys, office.repo, office.store, office.gateway)
    assert ended.state == "parked"
    assert "archived" in ended.note
    admin.call("PATCH", "/repos/acme/shop", {"archived": False})
    office.sync()
    assert TICKED in alice.read_file(PATH)
