"""Deliveries that never came are found in GitHub's list, fetched once, and worked off."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.errors import Retryable
from bot.plans.render import plan_text
from bot.sweeps import EVERY, FETCHES_A_ROUND, LATE, PAGES_A_ROUND, Swept, sweep, sweep_deliveries
from tests.fake_github import Delivery
from tests.world import World

PATH = "plan_docs/search.md"
HOUR = timedelta(hours=1)


def later(world: World, time: timedelta = HOUR) -> None:
    world.github.now += time


def lose(world: World) -> list[Delivery]:
    """What GitHub sent meanwhile never comes."""
    return world.github.take_deliveries()


def swept(world: World) -> Swept:
    world.new_calls()
    world.store.claim_sweep("deliveries", world.github.now, world.github.now)
    return sweep_deliveries(world.store, world.github.app, world.github.now)


@pytest.fixture
def ready(world: World) -> int:
    """A plan, all of whose deliveries came; the number of its issue."""
    world.request()
    later(world)
    assert swept(world).stored == 0
    return world.plan_issue(PATH)


def test_a_missed_tick_is_found_and_carried_over(world: World, ready: int) -> None:
    world.alice.tick(ready, "Backend/API changes")
    (missed,) = lose(world)
    later(world, 2 * LATE)
    assert swept(world) == Swept(pages=1, stored=1)
    assert world.new_calls() == ["deliveries", "payload"]
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
    assert (
        "Co-authored-by: alice" in world.repo.git.commits[world.repo.git.branches["main"]].message
    )
    (row,) = [row for row in world.store.deliveries() if row.guid == missed.guid]
    assert (row.event, row.state) == ("issues", "finished")


def test_what_is_known_is_listed_and_not_fetched(world: World, ready: int) -> None:
    world.alice.tick(ready, "Backend/API changes")
    world.settle()
    later(world)
    assert swept(world) == Swept(pages=1, stored=0)
    assert world.new_calls() == ["deliveries"]


def test_only_what_plansync_would_act_on_is_fetched(world: World, ready: int) -> None:
    world.repo.assign("alice", ready, ("bob",))
    world.alice.close_issue(ready)
    world.bob.create_branch("topic")
    world.bob.push_file("a.md", "a", branch="topic")
    sent = [(one.event, one.action) for one in lose(world)]
    assert ("issues", "assigned") in sent
    later(world)
    swept(world)
    stored = {(row.event, row.guid) for row in world.store.deliveries()}
    assert not {event for event, _ in stored} & {"create", "assigned"}
    assert world.new_calls().count("payload") < len(sent)


def test_a_delivery_still_on_its_way_is_left_alone_unless_it_failed(
    world: World, ready: int
) -> None:
    world.alice.tick(ready, "Backend/API changes")
    (first,) = lose(world)
    world.bob.tick(ready, "Rules of the domain")
    (second,) = lose(world)
    later(world, timedelta(seconds=5))
    assert swept(world).stored == 0
    world.github.answers[second.guid] = 503
    assert swept(world).stored == 1
    later(world, timedelta(minutes=2))
    assert swept(world).stored == 1
    world.settle()
    assert {first.guid, second.guid} <= {row.guid for row in world.store.deliveries()}
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
    assert "- [x] Rules of the" in world.repo.text(PATH)


def test_a_delivery_that_failed_after_it_was_stored_is_not_stored_twice(
    world: World, ready: int
) -> None:
    world.alice.tick(ready, "Backend/API changes")
    (sent,) = lose(world)
    world.send([sent])
    world.github.answers[sent.guid] = 0
    later(world)
    assert swept(world).stored == 0


def test_a_payload_that_is_gone_is_asked_for_once_a_walk(world: World, ready: int) -> None:
    world.alice.tick(ready, "Backend/API changes")
    (missed,) = lose(world)
    world.github.expired.add(missed.guid)
    later(world)
    assert swept(world).stored == 0
    assert world.new_calls().count("payload") == 1
    later(world)
    swept(world)
    assert world.new_calls() == ["deliveries"]


def test_a_payload_that_is_gone_is_not_asked_for_again_when_its_page_is(
    world: World, ready: int
) -> None:
    """The round ends in the middle of the second page; the next one reads that page once more."""
    for n in range(170):
        world.alice.push_file("notes.md", f"{n}\n")
    sent = lose(world)
    world.send(sent[-50:])
    world.github.expired.add(sent[0].guid)
    later(world)
    first = swept(world)
    assert (first.pages, first.stored, first.complete) == (2, FETCHES_A_ROUND - 1, False)
    world.new_calls()
    assert swept(world) == Swept(pages=1, stored=20)
    assert world.new_calls().count("payload") == 20


def test_a_lost_database_is_filled_from_the_list(
    world: World, ready: int, tmp_path: object
) -> None:
    from bot.store import Store

    world.alice.tick(ready, "Backend/API changes")
    lose(world)
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    later(world)
    assert swept(world).stored > 5
    before = (len(world.repo.issues), len(world.repo.comments))
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(PATH)
    assert before == (len(world.repo.issues), len(world.repo.comments))
    body = world.repo.issues[ready].body.split("-->\n\n", 1)[1]
    assert body.rstrip() == plan_text(world.repo.text(PATH)).rstrip()


def test_a_long_list_is_worked_off_over_several_rounds(world: World, ready: int) -> None:
    """More is missing than one round fetches: rounds go on where the last one ended."""
    missing = 2 * FETCHES_A_ROUND + 50
    for n in range(missing):
        world.alice.push_file("notes.md", f"{n}\n")
    lose(world)
    later(world)
    rounds = []
    for _ in range(5):
        rounds.append(swept(world))
        assert world.new_calls().count("payload") <= FETCHES_A_ROUND
        if rounds[-1].complete:
            break
        later(world, EVERY)
    assert [one.stored for one in rounds] == [100, 100, 50]
    assert rounds[-1].complete
    assert (
        len([row for row in world.store.deliveries(limit=1000) if row.event == "push"]) >= missing
    )
    later(world)
    assert swept(world) == Swept(pages=1, stored=0)


def test_a_long_list_of_known_deliveries_stops_at_a_bounded_number_of_pages(
    world: World,
) -> None:
    payload = world.github.repository("acme/other").ref
    for n in range(PAGES_A_ROUND * 100 + 150):
        body = {"action": "pinned", "n": n, "repository": {"id": payload.id}}
        world.github.deliveries.append(Delivery(f"g{n}", "issues", body, world.github.now))
    later(world)
    first = swept(world)
    assert (first.pages, first.complete) == (PAGES_A_ROUND, False)
    second = swept(world)
    assert (second.pages, second.complete) == (2, True)
    assert swept(world).pages == 1


def test_a_rate_limit_in_the_middle_loses_nothing_and_goes_on(world: World, ready: int) -> None:
    for n in range(5):
        world.alice.push_file("notes.md", f"{n}\n")
    lose(world)
    later(world)
    world.github.interrupt(Retryable("rate limit"), nth=3, calls="payload")
    with pytest.raises(Retryable):
        swept(world)
    pushes = [row for row in world.store.deliveries() if row.event == "push"]
    assert swept(world).stored == 3
    assert len([row for row in world.store.deliveries() if row.event == "push"]) == len(pushes) + 3


def test_the_timer_sweeps_every_five_minutes_and_one_worker_only(world: World, ready: int) -> None:
    world.new_calls()
    sweep(world.store, world.github, world.github.now)
    sweep(world.store, world.github, world.github.now)
    assert world.new_calls() == ["deliveries"]
    later(world, EVERY - timedelta(seconds=1))
    sweep(world.store, world.github, world.github.now)
    assert world.new_calls() == []
    later(world, timedelta(seconds=1))
    sweep(world.store, world.github, world.github.now)
    assert world.new_calls() == ["deliveries"]


def test_a_github_without_a_list_of_deliveries_is_no_error(world: World, ready: int) -> None:
    from bot.github.ports import Refused

    later(world)
    world.github.interrupt(Refused(404, "Not Found"), calls="deliveries")
    sweep(world.store, world.github, world.github.now)
    later(world, EVERY)
    world.alice.tick(ready, "Backend/API changes")
    lose(world)
    later(world, EVERY)
    sweep(world.store, world.github, world.github.now)
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(PATH)


def test_a_stopping_worker_ends_its_round_at_once(world: World, ready: int) -> None:
    for n in range(5):
        world.alice.push_file("notes.md", f"{n}\n")
    lose(world)
    later(world)
    asked = iter([False, False, True, True, True])
    done = sweep_deliveries(world.store, world.github.app, world.github.now, lambda: next(asked))
    assert (done.stored, done.complete) == (1, False)
    assert swept(world).stored == 4


def test_what_is_stored_is_what_was_sent(world: World, ready: int) -> None:
    world.alice.change_body(ready, lambda body: body + "\nSüche \ud800 ✓\n")
    (missed,) = lose(world)
    later(world)
    swept(world)
    (stored,) = world.store.new_deliveries()
    assert json.loads(stored.body) == missed.payload
