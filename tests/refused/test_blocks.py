"""A repository that refuses everything is left alone, and taken up again when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.blocks import RECHECK
from bot.cli import plansync
from bot.events import COMPARE
from bot.github.ports import Refused
from bot.memory import SubjectKey
from bot.sweeps import wish
from tests.fake_github import FakeRepository
from tests.refused.conftest import PATH, Plan, parked, work_now
from tests.world import World

TICKED = "- [x] Backend/API changes"
SUSPENDED = Refused(403, "This installation has been suspended")
FORBIDDEN = Refused(403, "Resource not accessible by integration")
Act = Callable[[FakeRepository], None]


def archive(repo: FakeRepository) -> None:
    repo.archived = True


def unarchive(repo: FakeRepository) -> None:
    repo.archived = False
    repo.send("repository", "olivia", {"action": "unarchived"})


def switch_off(repo: FakeRepository) -> None:
    repo.has_issues = False


def switch_on(repo: FakeRepository) -> None:
    repo.has_issues = True


def suspend(repo: FakeRepository) -> None:
    repo.refuses["any"] = SUSPENDED


def unsuspend(repo: FakeRepository) -> None:
    repo.refuses.clear()
    installation(repo, "unsuspend")


def remove(repo: FakeRepository) -> None:
    repo.refuses["any"] = Refused(404, "Not Found", "getting a token of installation 815")


def give_back(repo: FakeRepository) -> None:
    repo.refuses.clear()
    repositories = [{"id": repo.id, "full_name": repo.full_name}]
    installation(repo, "added", repositories_added=repositories)


def forbid(repo: FakeRepository) -> None:
    repo.refuses["put_file"] = FORBIDDEN


def grant(repo: FakeRepository) -> None:
    repo.refuses.clear()
    installation(repo, "new_permissions_accepted")


def rule(repo: FakeRepository) -> None:
    repo.protected = True
    repo.refuses["create_branch"] = Refused(
        422,
        "Repository rule violations found; Cannot create ref due to creations being restricted.",
    )


def unrule(repo: FakeRepository) -> None:
    repo.refuses.clear()


def installation(repo: FakeRepository, action: str, **more: Any) -> None:
    event = "installation_repositories" if action == "added" else "installation"
    repo.send(event, "olivia", {"action": action, **more})


CASES: dict[str, tuple[Act, Act]] = {
    "archived": (archive, unarchive),
    "issues_off": (switch_off, switch_on),
    "suspended": (suspend, unsuspend),
    "gone": (remove, give_back),
    "permission": (forbid, grant),
    "protected": (rule, unrule),
}
WITH_EVENT = ["archived", "suspended", "gone", "permission"]


@pytest.fixture(params=CASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def begin(ready: Plan, kind: str) -> None:
    """The tick was made before it began; its delivery comes after."""
    ready.world.alice.tick(ready.number, "Backend/API changes")
    CASES[kind][0](ready.repo)
    ready.world.new_calls()
    ready.world.send()


def end(ready: Plan, kind: str) -> None:
    CASES[kind][1](ready.repo)


def test_the_subject_is_parked_with_a_clear_state(ready: Plan, kind: str) -> None:
    world = ready.world
    begin(ready, kind)
    (outcome,) = work_now(world)
    assert outcome.kind == "parked"
    block = world.store.block(world.repo.id)
    assert block is not None
    assert block.kind == kind
    assert parked(world) == {f"plan:1:{PATH}": block.reason}
    assert "goes on" in block.reason
    row = world.store.subject(SubjectKey(1, "plan", PATH))
    assert row is not None
    assert row.parked_until == block.until == block.since + RECHECK


def test_nothing_is_asked_again_before_its_time(ready: Plan, kind: str) -> None:
    """More ticks, more pushes, sweeps, another plan: not a single request for an hour."""
    world = ready.world
    begin(ready, kind)
    work_now(world)
    world.new_calls()
    with world.github.silence():
        other = world.repo.open_issue("alice", "Other", "", ("plan:feature",))
    payload = {"action": "opened", "issue": _issue(world, other.number)}
    for _ in range(5):
        world.repo.send("push", "bob", _push(world))
        world.repo.send("issues", "alice", payload)
        ask(world, "drift")
        before = world.github.now
        world.github.now = block_time(world)
        world.send()
        work_now(world)
        world.github.now = before + timedelta(seconds=10)
        work_now(world)
    assert world.new_calls() == []
    assert f"plan:1:{PATH}" in parked(world)


def ask(world: World, why: str) -> None:
    """Put the wish to compare the plan into the inbox."""
    now = world.github.now
    made = wish(world.repo.ref, "plan", PATH, now, why=why, since=now)
    assert world.store.receive(made.guid, COMPARE, made.body, received_at=now)


def block_time(world: World) -> Any:
    """Deliveries that were under way when it began."""
    block = world.store.block(world.repo.id)
    assert block is not None
    return block.checked_at


def _issue(world: World, number: int) -> dict[str, Any]:
    from tests import fake_payloads

    return fake_payloads.issue(world.repo, world.repo.issues[number])


def _push(world: World) -> dict[str, Any]:
    from tests import fake_payloads

    git = world.repo.git
    tip = git.branches["main"]
    return {**fake_payloads.push(world.repo, "main", git.commits[tip].parents[0], tip)} | {
        "after": "f" * 40,
        "commits": [{"added": [], "removed": [], "modified": [PATH]}],
    }


@pytest.mark.thorough
def test_github_is_asked_once_an_hour_however_many_wait(ready: Plan, kind: str) -> None:
    world = ready.world
    texts = {f"plan_docs/p{n}.md": ready.file.replace("Search", f"P{n}") for n in range(10)}
    world.bob.push_files(dict(texts), "Plans")
    world.settle()
    numbers = [world.plan_issue(path) for path in texts]
    for number in numbers:
        world.alice.tick(number, "Backend/API changes")
    begin(ready, kind)
    work_now(world)
    assert len(parked(world)) == 11
    first = world.new_calls()
    world.github.now += RECHECK
    assert {outcome.kind for outcome in work_now(world)} == {"parked"}
    again = world.new_calls()
    assert len(again) <= len(first)
    assert len(again) == {"permission": 4, "protected": 10}.get(kind, 1), again
    end(ready, kind)
    world.github.now += RECHECK
    world.send()
    for _ in range(3):
        work_now(world)
    assert parked(world) == {}
    world.repo.protected = False
    world.settle()


def test_it_goes_on_by_itself_when_it_is_over(ready: Plan, kind: str) -> None:
    world = ready.world
    begin(ready, kind)
    work_now(world)
    with world.github.silence():
        end(ready, kind)
    world.repo.protected = False
    world.github.now += RECHECK
    work_now(world)
    world.settle()
    assert TICKED in ready.file
    assert ready.same()
    assert parked(world) == {}
    assert world.store.blocks() == []


@pytest.mark.parametrize("kind", WITH_EVENT)
def test_an_event_ends_it_at_once(ready: Plan, kind: str) -> None:
    world = ready.world
    begin(ready, kind)
    work_now(world)
    world.github.now += timedelta(seconds=30)
    end(ready, kind)
    world.send()
    work_now(world)
    assert TICKED in ready.file
    assert world.store.blocks() == []


@pytest.mark.parametrize("kind", ["archived", "suspended", "gone"])
def test_any_delivery_is_a_sign_from_a_repository_that_could_send_none(
    ready: Plan, kind: str
) -> None:
    """An App that is registered without the repository event still goes on with the next tick."""
    world = ready.world
    begin(ready, kind)
    work_now(world)
    with world.github.silence():
        end(ready, kind)
    world.github.now += timedelta(minutes=5)
    world.bob.tick(ready.number, "Rules of the domain")
    world.send()
    work_now(world)
    assert TICKED in ready.file
    assert "- [x] Rules of the" in ready.file


def test_a_person_who_asks_for_it_is_heard_at_once(ready: Plan, kind: str) -> None:
    world = ready.world
    begin(ready, kind)
    work_now(world)
    with world.github.silence():
        end(ready, kind)
    world.repo.protected = False
    world.github.now += timedelta(seconds=30)
    ask(world, "sync")
    world.send()
    world.store.release(SubjectKey(1, "plan", PATH), world.github.now)
    work_now(world)
    assert TICKED in ready.file


def test_what_can_be_told_is_told_once(ready: Plan, kind: str) -> None:
    world = ready.world
    begin(ready, kind)
    work_now(world)
    for _ in range(3):
        world.github.now += RECHECK
        work_now(world)
    told = [c.body for c in world.repo.comments_on(ready.number) if "plansync:refused" in c.body]
    assert len(told) == (1 if kind in ("permission", "protected") else 0)
    if kind == "permission":
        assert "Resource not accessible by integration" in told[0]
        audit = [row.entry for row in world.store.audit() if row.entry.kind == "PostComment"]
        assert audit[0].target == f"#{ready.number}"


def test_it_is_told_once_also_after_the_database_was_lost(ready: Plan, tmp_path: object) -> None:
    from bot.store import Store

    world = ready.world
    begin(ready, "permission")
    work_now(world)
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.alice.tick(ready.number, "Rules of the domain")
    world.send()
    work_now(world)
    assert len(parked(world)) == 1
    told = [c for c in world.repo.comments_on(ready.number) if "plansync:refused" in c.body]
    assert len(told) == 1


def test_a_refusal_of_one_thing_blocks_nothing_else(ready: Plan) -> None:
    world = ready.world
    world.alice.tick(ready.number, "Backend/API changes")
    ready.repo.refuses["put_file"] = Refused(422, "Validation Failed; path is too long")
    world.send()
    (outcome,) = work_now(world)
    assert outcome.kind == "parked"
    assert world.store.blocks() == []
    ready.repo.refuses.clear()
    world.bob.tick(ready.number, "Rules of the domain")
    world.settle()
    assert TICKED in ready.file


def test_a_renamed_repository_is_worked_in_under_its_new_name(ready: Plan) -> None:
    world = ready.world
    world.repo.full_name = "acme/store"
    world.repo.send("repository", "olivia", {"action": "renamed"})
    world.send()
    known = world.store.repo(world.repo.id)
    assert known is not None
    assert known.full_name == "acme/store"
    world.alice.tick(ready.number, "Backend/API changes")
    world.settle()
    assert TICKED in ready.file


def test_a_transferred_repository_goes_on_with_its_new_installation(ready: Plan) -> None:
    world = ready.world
    begin(ready, "gone")
    work_now(world)
    world.repo.refuses.clear()
    world.github.installation_id = 900
    world.repo.full_name = "other/shop"
    world.github.now += timedelta(seconds=30)
    repositories = [{"id": world.repo.id, "full_name": "other/shop"}]
    installation(world.repo, "added", repositories_added=repositories)
    world.send()
    work_now(world)
    assert world.store.repo(world.repo.id) == world.repo.ref
    assert TICKED in ready.file


@pytest.mark.parametrize("kind", ["permission", "protected"])
def test_a_plan_with_nothing_to_write_does_not_end_it(ready: Plan, kind: str) -> None:
    """Only a write shows that it is over: the others are not set loose by a plan that agrees."""
    world = ready.world
    world.bob.push_file("plan_docs/basket.md", ready.file.replace("Search", "Basket"))
    world.settle()
    begin(ready, kind)
    work_now(world)
    since = world.store.blocks()[0].since
    world.github.now += RECHECK
    begun = world.github.now
    made = wish(world.repo.ref, "plan", "plan_docs/basket.md", begun, why="sync", since=begun)
    world.store.receive(made.guid, COMPARE, made.body, received_at=begun)
    world.send()
    world.new_calls()
    assert [one.kind for one in work_now(world, "plan_docs/basket.md")] == ["done"]
    assert [one.kind for one in work_now(world)] == ["parked"]
    (block,) = world.store.blocks()
    assert (block.kind, block.since) == (kind, since)
    # Told once, and not even looked up again.
    assert "comments" not in world.new_calls()


def test_what_was_under_way_when_it_began_is_no_sign(ready: Plan) -> None:
    world = ready.world
    begin(ready, "suspended")
    work_now(world)
    world.new_calls()
    world.github.now += timedelta(seconds=30)
    world.bob.tick(ready.number, "Rules of the domain")
    world.send()
    work_now(world)
    assert world.new_calls() == []


def test_a_second_time_is_not_told_again(ready: Plan) -> None:
    world = ready.world
    begin(ready, "permission")
    work_now(world)
    end(ready, "permission")
    world.github.now += RECHECK
    work_now(world)
    world.settle()
    assert world.store.blocks() == []
    world.bob.tick(ready.number, "Rules of the domain")
    forbid(ready.repo)
    world.send()
    work_now(world)
    assert len(world.store.blocks()) == 1
    told = [c for c in world.repo.comments_on(ready.number) if "plansync:refused" in c.body]
    assert len(told) == 1


def test_the_operator_may_release_a_blocked_repository(
    ready: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = ready.world
    begin(ready, "archived")
    work_now(world)
    with world.github.silence():
        end(ready, "archived")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{world.store.sqlite_file}")
    done = CliRunner().invoke(plansync, ["replay", "--parked"])
    assert f"plan:1:{PATH}: released" in done.output
    world.github.now = datetime.now(UTC)
    work_now(world)
    assert TICKED in ready.file
