"""``plansync sync``, ``preview`` and ``doctor`` on the fake GitHub and a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from bot.cli import plansync
from bot.cli.doctor import Practice
from bot.cli.sync import Hands
from bot.config import FORMATS_BY_LABEL, RepoConfig
from bot.errors import UserProblem
from bot.github.live import Installation
from bot.github.ports import Refused
from bot.memory import SubjectKey
from bot.settings import Settings
from bot.store import Store
from bot.sync import discover, resolve, sync
from tests.fake_github import FakeGitHub
from tests.world import World

PATH = "plan_docs/search.md"
TICKED = "- [x] Backend/API changes"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Log lines go to standard error; a test's are not configured and would be in the output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    store = Store(settings.database_url)
    store.migrate()
    made = World(store)
    # The commands have the real clock.
    made.github.now = datetime.now(UTC).replace(microsecond=0)
    yield made
    store.close()


@pytest.fixture
def ready(world: World) -> int:
    """A settled plan; the number of its issue."""
    world.request()
    world.new_calls()
    return world.plan_issue(PATH)


def run(world: World, *args: str) -> Result:
    return CliRunner().invoke(plansync, list(args), obj=Hands(world.store, world.github))


def printed(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.output.splitlines()]


def writes(world: World) -> list[str]:
    found = world.github.writes
    world.github.calls.clear()
    return found


def test_a_missed_tick_is_found_and_told_with_its_reason(world: World, ready: int) -> None:
    with world.github.silence():
        world.alice.tick(ready, "Backend/API changes")
    done = run(world, "sync", "acme/shop")
    assert done.exit_code == 0, done.output
    assert TICKED in world.repo.text(PATH)
    assert f"{PATH}\n  CommitFiles {PATH}: Tick “Backend/API changes”\n" in done.output
    assert "acme/shop: 1 subject, 2 changes" in done.output
    again = run(world, "sync", "acme/shop")
    assert again.exit_code == 0
    assert "nothing to change" in again.output
    assert "1 subject, 0 changes" in again.output


def test_a_dry_run_writes_nothing_anywhere(world: World, ready: int) -> None:
    with world.github.silence():
        world.alice.tick(ready, "Backend/API changes")
    before = (world.store.deliveries(limit=1000), world.store.plans(), world.store.audit())
    writes(world)
    for args in (["sync", "acme/shop", "--dry-run"], ["preview", "acme/shop"]):
        done = run(world, *args)
        assert done.exit_code == 0, done.output
        assert f"CommitFiles {PATH}: Tick “Backend/API changes”" in done.output
        assert "1 subject, 2 changes to make" in done.output
    assert writes(world) == []
    assert before == (world.store.deliveries(limit=1000), world.store.plans(), world.store.audit())


def test_the_labels_that_ask_for_a_plan_are_made_on_demand(world: World) -> None:
    done = run(world, "sync", "acme/shop", "--labels")
    assert done.exit_code == 0, done.output
    assert set(world.repo.labels) == set(FORMATS_BY_LABEL)
    assert "the labels that ask for a plan\n  MakeLabels plan:feature, plan:story" in done.output
    again = run(world, "sync", "acme/shop", "--labels")
    assert "1 subject, 0 changes" in again.output
    assert run(world, "sync", "acme/shop", "--labels", "--dry-run").exit_code == 2


def test_plans_and_requests_that_nobody_knows_are_found(world: World, ready: int) -> None:
    text = world.repo.text(PATH)
    with world.github.silence():
        world.bob.push_file("plan_docs/basket.md", text.replace("Search", "Basket"))
        world.bob.push_file("plan_docs/no-plan.md", "Just text.\n")
        world.bob.push_file("docs/other.md", text)
        asked = world.alice.open_issue("Checkout", "", ("plan:feature",))
        world.alice.open_issue("No plan", "")
    found = printed(run(world, "preview", "acme/shop", "--json"))
    changes = {one["subject"]: [c["kind"] for c in one["changes"]] for one in found}
    assert changes == {
        "plan:1:plan_docs/basket.md": ["CreateIssue"],
        "plan:1:plan_docs/no-plan.md": [],
        f"plan:1:{PATH}": [],
        f"request:1:{asked}": ["CommitFiles"],
    }
    assert [one["more"] for one in found] == [True, False, False, True]
    done = run(world, "sync", "acme/shop", "--json")
    assert done.exit_code == 0, done.output
    assert {one["state"] for one in printed(done)} == {"finished"}
    assert world.repo.issues[world.plan_issue("plan_docs/basket.md")].title.startswith("shop")
    assert world.plan_issue("plan_docs/checkout.md")
    assert "plan_docs/no-plan.md" not in [plan.path for plan in world.store.plans()]


def test_a_lost_database_is_rebuilt_by_one_command(
    world: World, ready: int, tmp_path: Path
) -> None:
    issues, comments = len(world.repo.issues), len(world.repo.comments)
    store = Store(f"sqlite:///{tmp_path / 'second.sqlite3'}")
    store.migrate()
    done = CliRunner().invoke(plansync, ["sync", "acme/shop"], obj=Hands(store, world.github))
    assert done.exit_code == 0, done.output
    assert (len(world.repo.issues), len(world.repo.comments)) == (issues, comments)
    plan = store.plan(1, PATH)
    assert plan is not None
    assert plan.issue_number == ready
    store.close()


def test_what_is_parked_is_tried_again_and_told_when_it_stays_so(world: World, ready: int) -> None:
    world.repo.archived = True
    with world.github.silence():
        world.alice.tick(ready, "Backend/API changes")
    for _ in range(2):
        done = run(world, "sync", "acme/shop")
        assert done.exit_code == 1
        assert f"{PATH}\n  parked: The repository is archived" in done.output
    world.repo.archived = False
    done = run(world, "sync", "acme/shop")
    assert done.exit_code == 0, done.output
    assert TICKED in world.repo.text(PATH)
    assert world.store.blocks() == []


def test_a_running_worker_is_left_to_do_the_work(world: World, ready: int) -> None:
    """The wishes are in the inbox; this process neither reads nor writes a plan."""
    world.store.beat("worker-0", "here", 1, datetime.now(UTC))
    with world.github.silence():
        world.alice.tick(ready, "Backend/API changes")
    writes(world)
    done = run(world, "sync", "acme/shop", "--timeout", "0")
    assert done.exit_code == 1
    assert "open: " in done.output
    assert writes(world) == []
    (waiting,) = world.store.new_deliveries()
    assert waiting.event == "plansync.compare"
    now = datetime.now(UTC)
    keys = [SubjectKey(1, "plan", PATH)]

    def work(seconds: float) -> None:
        world.send([])
        world.work()

    ended = sync(keys, world.repo.ref, world.store, world.github, sleep=work)
    assert [(one.state, len(one.changes)) for one in ended] == [("finished", 2)]
    assert ended[0].changes[0].reason == "Tick “Backend/API changes”"
    assert now <= datetime.now(UTC)


def test_other_work_is_left_to_the_worker(world: World, ready: int) -> None:
    other = world.github.repository("acme/other")
    other.commit("alice", {PATH: world.repo.text(PATH).encode()}, "Add a plan")
    assert run(world, "sync", "acme/shop").exit_code == 0
    world.send()
    assert run(world, "sync", "acme/shop").exit_code == 0
    assert world.store.counts().open == 1
    assert other.issues == {}


def test_two_wishes_in_a_row_are_both_worked_off(world: World, ready: int) -> None:
    for _ in range(3):
        assert run(world, "sync", "acme/shop").exit_code == 0
    rows = [row for row in world.store.deliveries() if row.event == "plansync.compare"]
    assert [(row.action, row.state) for row in rows] == [("sync", "finished")] * 3


def test_a_repository_without_the_app_is_said_so(world: World) -> None:
    for command in ("sync", "preview"):
        done = run(world, command, "acme/nothing")
        assert isinstance(done.exception, UserProblem)
        assert "not installed on acme/nothing" in str(done.exception)


def test_one_plan_can_be_named_in_every_way(world: World, ready: int) -> None:
    key = SubjectKey(1, "plan", PATH)
    for target in (PATH, f"acme/shop:{PATH}", f"acme/shop#{ready}"):
        assert resolve(target, world.store, world.github) == (world.repo.ref, key)
    assert resolve("acme/shop", world.store, world.github) == (world.repo.ref, None)
    request = SubjectKey(1, "request", "1")
    assert resolve("acme/shop#1", world.store, world.github) == (world.repo.ref, request)


@pytest.mark.parametrize("target", ["acme/shop#99", "acme/shop#x", "acme/shop:../x", "nothing.md"])
def test_what_names_nothing_is_said_so(world: World, ready: int, target: str) -> None:
    with pytest.raises(UserProblem):
        resolve(target, world.store, world.github)


def test_a_path_that_two_repositories_have_must_say_which(world: World, ready: int) -> None:
    from bot.memory import PlanMemory

    world.store.remember([PlanMemory(2, PATH, "feature-plan")])
    with pytest.raises(UserProblem, match="OWNER/REPO:PATH"):
        resolve(PATH, world.store, world.github)


def test_a_plan_that_needs_a_person_makes_a_preview_fail(world: World, ready: int) -> None:
    world.repo.refuses["file"] = Refused(403, "Resource not accessible by integration")
    done = run(world, "preview", PATH)
    assert done.exit_code == 1
    assert "stopped: GitHub refused" in done.output


def test_discovery_costs_eight_requests(world: World, ready: int) -> None:
    world.new_calls()
    keys = discover(world.repo.ref, world.store, world.github.reader(world.repo.ref), RepoConfig())
    assert keys == [SubjectKey(1, "plan", PATH)]
    assert len(world.new_calls()) == 8


# doctor


@dataclass
class Clinic:
    world: World
    settings: Settings

    def run(self, *args: str) -> Result:
        practice = Practice(self.settings, self.world.github)
        return CliRunner().invoke(plansync, ["doctor", *args], obj=practice)

    def failed(self) -> dict[str, str]:
        result = self.run("--json")
        checks = printed(result)
        bad = {one["name"]: f"{one['found']} {one['fix']}" for one in checks if not one["good"]}
        assert result.exit_code == (1 if bad else 0)
        assert all(one["fix"] for one in checks if not one["good"])
        return bad


@pytest.fixture
def clinic(world: World, settings: Settings) -> Clinic:
    world.store.beat("worker-0", "here", 1, datetime.now(UTC))
    return Clinic(world, settings.model_copy(update={"app_id": world.github.app_id}))


def test_all_is_well(clinic: Clinic, ready: int) -> None:
    assert clinic.failed() == {}
    lines = clinic.run().output.splitlines()
    assert lines[0] == "ok    settings: App 4711 at https://api.github.com"
    assert "ok    permissions: all that app.yml asks for" in lines
    assert all(line.startswith("ok ") for line in lines)


def test_what_the_app_lacks_is_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.world.github.permissions = {"metadata": "read", "contents": "read", "issues": "write"}
    clinic.world.github.events = ("issues", "push")
    bad = clinic.failed()
    assert "contents: write, pull_requests: write, checks: write" in bad["permissions"]
    assert "issue_comment, pull_request, repository" in bad["events"]
    assert "https://github.com/apps/plansync" in bad["events"]


def test_an_app_that_github_does_not_know(clinic: Clinic) -> None:
    clinic.world.github.interrupt(Refused(401, "Bad credentials"), calls="registration")
    assert "APP_ID" in clinic.failed()["GitHub"]


def test_an_app_that_is_installed_nowhere_or_suspended(clinic: Clinic) -> None:
    world = FakeGitHub()
    clinic.world.github = world
    assert "/apps/plansync/installations/new" in clinic.failed()["installations"]
    world.repository()
    world.suspended.add("acme")
    assert "suspended: acme" in clinic.failed()["installations"]
    assert world.installations() == [Installation(815, "acme", suspended=True)]


def test_webhooks_that_do_not_arrive(clinic: Clinic, ready: int) -> None:
    newest = clinic.world.github.deliveries[-1]
    clinic.world.github.answers[newest.guid] = 401
    assert "the last one with 401" in clinic.failed()["webhooks"]
    clinic.world.github.interrupt(Refused(404, "Not Found"), calls="deliveries")
    assert clinic.failed() == {}


def test_no_worker_a_parked_plan_and_a_blocked_repository(clinic: Clinic, ready: int) -> None:
    world = clinic.world
    world.store.beat("worker-0", "here", 1, datetime.now(UTC) - timedelta(minutes=5))
    world.repo.archived = True
    world.alice.tick(ready, "Backend/API changes")
    world.send()
    world.work()
    bad = clinic.failed()
    assert set(bad) == {"worker", "repository acme/shop", "work"}
    assert "archived since" in bad["repository acme/shop"]
    assert "plansync serve" in bad["worker"]
    assert "1 parked" in bad["work"]


def test_settings_that_are_missing_are_all_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("APP_ID", "PRIVATE_KEY", "PRIVATE_KEY_PATH", "WEBHOOK_SECRET", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLANSYNC_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(plansync, ["doctor"])
    assert done.exit_code == 1
    assert "FAIL  settings: 3 settings are missing or wrong:" in done.output
    assert "WEBHOOK_SECRET is missing" in done.output
    assert "ok    database" in done.output


def test_a_database_that_cannot_be_used(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no database" * 100)
    broken = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'file'}"})
    world = FakeGitHub()
    world.repository()
    done = CliRunner().invoke(plansync, ["doctor"], obj=Practice(broken, world))
    assert done.exit_code == 1
    assert "FAIL  database: " in done.output
    assert "PLANSYNC_DATA_DIR" in done.output
