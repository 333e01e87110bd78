"""Whose issue, comment and commit is believed, and whose memory is the newer one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.render import (
    PlanMarker,
    StatusMarker,
    blob_sha,
    parse_plan_marker,
    parse_status_marker,
    render_issue_body,
    render_status_marker,
)
from bot.store import Store
from tests.fake_github import Crash
from tests.mirror.conftest import PATH, PLAN, Pair
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'plansync.sqlite3'}")
    store.migrate()
    yield World(store)
    store.close()


def _forget(world: World, tmp_path: Path) -> None:
    """The database is lost, and everything is compared."""
    world.store.close()
    world.store = Store(f"sqlite:///{tmp_path / 'another.sqlite3'}")
    world.store.migrate()


def test_an_issue_that_somebody_else_opened_is_no_plan_issue(world: World) -> None:
    forged = render_issue_body(PLAN.replace("[ ]", "[x]"), PlanMarker(PATH))
    number = world.person("mallory").open_issue("User Story: Search", forged)
    world.bob.push_file(PATH, PLAN)
    world.settle()
    marked = [n for n, issue in world.repo.issues.items() if f'path="{PATH}"' in issue.body]
    assert len(marked) == 2
    ours = world.repo.issues[marked[1]]
    assert ours.author == world.github.bot
    assert world.repo.text(PATH) == PLAN
    assert world.repo.issues[number].body == forged
    assert not world.repo.comments_on(number)


def test_a_status_that_somebody_else_wrote_is_not_believed(world: World, tmp_path: Path) -> None:
    world.bob.push_file(PATH, PLAN)
    world.send()
    world.github.interrupt(Crash(), calls="create_comment")
    with pytest.raises(Crash):
        world.work()
    issue = world.plan_issue(PATH)
    old = blob_sha(PLAN.replace("- [ ] list", "- [x] list"))
    words = render_status_marker(StatusMarker(old, ("7:merged:1",), path=PATH)) + "\nAll is well."
    theirs = world.person("mallory").comment(issue, words)
    _forget(world, tmp_path)
    world.alice.tick(issue, "find")
    world.settle()
    assert world.repo.comments[theirs].body == words
    statuses = [c for c in world.repo.comments_on(issue) if parse_status_marker(c.body)]
    assert [c.author for c in statuses] == ["mallory", world.github.bot]
    assert world.repo.text(PATH) == PLAN.replace("- [ ] find", "- [x] find")
    written = len(world.github.writes)
    world.alice.untick(issue, "find")
    world.settle()
    assert world.repo.text(PATH) == PLAN
    assert world.github.writes[written:] == ["put_file", "edit_comment"]


def test_an_edit_between_reading_and_writing_is_never_overwritten(pair: Pair) -> None:
    sent = len(pair.world.github.deliveries)
    pair.push("- [ ] find", "- [x] find")
    pair.world.github.meanwhile(
        lambda: pair.reword("Some words.", "Other words."), calls="issue", after=True
    )
    pair.settle()
    assert "Other words." in pair.file
    assert "- [x] find" in pair.body
    assert pair.told == ""
    bodies = [
        d.payload["changes"]["body"]["from"]
        for d in pair.world.github.deliveries[sent:]
        if (d.event, d.action) == ("issues", "edited")
        and d.payload["sender"]["login"] == pair.world.github.bot
        if "body" in d.payload.get("changes", {})
    ]
    assert len(bodies) == 1
    assert "Other words." in bodies[0]


def test_a_commit_for_another_plan_answers_no_request_for_this_one(world: World) -> None:
    copied = "Add a plan\n\nPlan-Path: plan_docs/other.md\nPlan-Request: #7"
    world.bob.push_file(PATH, PLAN, copied)
    world.settle()
    marker = parse_plan_marker(world.repo.issues[world.plan_issue(PATH)].body)
    assert marker is not None
    assert marker.request is None


def test_each_of_two_requests_gets_its_own_plan(world: World) -> None:
    numbers = [
        world.alice.open_issue(title, "", ("plan:feature",)) for title in ("Search", "Basket")
    ]
    world.settle()
    made = {}
    for name in ("search", "basket"):
        issue = world.plan_issue(f"plan_docs/{name}.md")
        marker = parse_plan_marker(world.repo.issues[issue].body)
        assert marker is not None
        made[name] = marker.request
    assert made == dict(zip(("search", "basket"), numbers, strict=True))


def test_a_request_that_finds_its_plan_again_forgets_nothing_of_it(world: World) -> None:
    world.alice.open_issue("Search", "", ("plan:feature",))
    path = "plan_docs/search.md"
    for nth in (1, 2):
        # The second time the plan itself is worked off before its request.
        world.send()
        failed = Retryable("502 Bad Gateway")
        world.github.interrupt(failed, nth=nth, calls="create_comment")
        world.work()
    before = world.store.plan(world.repo.id, path)
    assert before is not None
    assert before.comment_id is not None
    world.bob.edit_file(path, lambda text: text.replace("- [ ] Rules of", "- [x] Rules of"))
    pushed = world.github.take_deliveries()
    world.work()
    assert world.store.plan(world.repo.id, path) == before
    world.send(pushed)
    world.settle()
    assert "- [x] Rules of" in world.repo.text(path)
    assert "- [x] Rules of" in world.repo.issues[world.plan_issue(path)].body
