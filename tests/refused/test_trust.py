"""Whose edit it is: held also where the mirror rests, and where GitHub says it late."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fake_github import Delivery
from tests.orders.plans import text_of
from tests.refused.conftest import Plan, work_now
from tests.world import World

TICKED = "- [x] Backend/API changes"
RULES = "- [x] Rules of the domain"


def dry(plan: Plan) -> Callable[[], None]:
    plan.world.configure("dry_run: true\n")

    def end() -> None:
        plan.world.configure("dry_run: false\n")

    return end


def detached(plan: Plan) -> Callable[[], None]:
    plan.world.alice.comment(plan.number, "/plan detach")
    plan.world.settle()

    def end() -> None:
        plan.world.alice.comment(plan.number, "/plan sync")
        plan.world.settle()

    return end


@pytest.mark.parametrize("rest", [dry, detached])
def test_an_edit_while_the_mirror_rests_is_held_like_any_other(
    ready: Plan, rest: Callable[[Plan], Callable[[], None]]
) -> None:
    world = ready.world
    end = rest(ready)
    world.alice.tick(ready.number, "Rules of the domain")
    world.settle()
    world.person("mallory").tick(ready.number, "Backend/API changes")
    world.settle()
    world.bob.tick(ready.number, "Put the feature behind")
    world.settle()
    assert "[x]" not in ready.file
    end()
    world.alice.edit_issue(ready.number, body=world.repo.issues[ready.number].body + "\n- x")
    world.settle()
    assert RULES in ready.file
    assert "- [x] Put the feature behind" in ready.file
    assert "- [ ] Backend/API changes" in ready.file
    assert TICKED in ready.issue
    assert ready.memory.held == ("mallory",)
    assert "**Held**: `mallory`" in ready.status
    world.alice.comment(ready.number, "/plan accept")
    world.settle()
    assert TICKED in ready.file
    assert ready.memory.held == ()
    assert ready.same()


# An issue that its author may edit though they may not write to the repository


@pytest.fixture
def joined(world: World) -> Plan:
    text = text_of("feature-plan")
    path = "docs/ideas/queue.md"
    number = world.person("mallory").open_issue("Queue tickets", text)
    world.bob.push_file(path, text)
    world.settle()
    world.alice.comment(number, f"/plan adopt {path}")
    world.settle()
    return Plan(world, number, path)


def push(plan: Plan) -> Delivery:
    """Bob pushes the plan file; gives the delivery, and keeps all others back."""
    plan.world.bob.edit_file(plan.path, lambda t: t.replace("- [ ] Desk key", "- [x] Desk key"))
    sent = plan.world.github.take_deliveries()
    (delivery,) = [one for one in sent if one.event == "push"]
    plan.world.late = [one for one in sent if one is not delivery]  # type: ignore[attr-defined]
    return delivery


def arrive(plan: Plan) -> None:
    """What was kept back arrives."""
    plan.world.send(plan.world.late)  # type: ignore[attr-defined]


def test_an_edit_that_nobody_explains_yet_waits_for_its_delivery(joined: Plan) -> None:
    world = joined.world
    world.person("mallory").tick(joined.number, "Hall screen")
    world.send([push(joined)])
    assert [outcome.kind for outcome in work_now(world, joined.path)] == ["later"]
    assert "- [ ] Hall screen" in joined.file
    assert "- [ ] Desk key" in joined.issue
    arrive(joined)
    world.settle()
    assert "- [ ] Hall screen" in joined.file
    assert "- [x] Desk key" in joined.issue
    assert joined.memory.held == ("mallory",)


def test_one_that_may_write_is_waited_for_too_and_counts(joined: Plan) -> None:
    world = joined.world
    world.alice.tick(joined.number, "Hall screen")
    world.send([push(joined)])
    assert [outcome.kind for outcome in work_now(world, joined.path)] == ["later"]
    arrive(joined)
    world.settle()
    assert "- [x] Hall screen" in joined.file
    assert "- [x] Desk key" in joined.issue
    assert joined.memory.held == ()
    assert joined.same()


def test_an_edit_that_is_never_explained_is_held_as_its_authors(joined: Plan) -> None:
    world = joined.world
    world.alice.tick(joined.number, "Phone page behind")
    explained = world.github.take_deliveries()
    world.person("mallory").tick(joined.number, "Hall screen")
    world.send([*explained, push(joined)])
    world.work()
    assert "- [x] Desk key" in joined.issue
    assert "- [x] Phone page behind" in joined.file
    assert "- [ ] Hall screen" in joined.file
    assert joined.memory.held == ("mallory",)
    arrive(joined)
    world.settle()
    assert "- [ ] Hall screen" in joined.file
    world.alice.comment(joined.number, "/plan accept")
    world.settle()
    assert "- [x] Hall screen" in joined.file


def test_in_an_issue_of_ours_nothing_is_waited_for(ready: Plan) -> None:
    """Nobody but those who may write can edit it: a tick counts with the first look."""
    world = ready.world
    world.alice.tick(ready.number, "Backend/API changes")
    world.bob.edit_file(ready.path, lambda t: t.replace("- [ ] Rules of", "- [x] Rules of"))
    sent = world.github.take_deliveries()
    world.send([one for one in sent if one.event == "push"])
    assert [outcome.kind for outcome in work_now(world, ready.path)] == ["done"]
    assert TICKED in ready.file
    world.send(sent)
    world.settle()
    assert ready.same()


def out_of_order(plan: Plan, edits: Callable[[World], None]) -> list[Delivery]:
    """Mallory rewords a task and others go on; gives her delivery, and works off the others'."""
    world = plan.world
    world.person("mallory").change_body(plan.number, lambda b: b.replace(" Hall", " MINE Hall"))
    hers = world.github.take_deliveries()
    edits(world)
    assert work_now(world, plan.path)[0].kind == "later"
    return hers


def tick_after_her(plan: Plan) -> Callable[[World], None]:
    def edits(world: World) -> None:
        world.alice.tick(plan.number, "Desk key")
        world.alice.tick(plan.number, "Phone page behind")
        world.send()

    return edits


def test_an_edit_on_top_of_one_that_nobody_explains_yet_waits_too(joined: Plan) -> None:
    world = joined.world
    hers = out_of_order(joined, tick_after_her(joined))
    assert "- [ ] Desk key" in joined.file
    world.send(hers)
    world.settle()
    assert "- [x] Desk key" in joined.file
    assert "- [x] Phone page behind" in joined.file
    assert "MINE" not in joined.file
    assert "MINE Hall" in joined.issue
    assert joined.memory.held == ("mallory",)
    world.alice.comment(joined.number, "/plan accept")
    world.settle()
    assert "MINE Hall" in joined.file
    assert joined.same()


def test_of_edits_on_top_of_one_that_is_never_explained_only_their_own_part_counts(
    joined: Plan,
) -> None:
    world = joined.world
    hers = out_of_order(joined, tick_after_her(joined))
    world.work()
    assert "- [x] Desk key" in joined.file
    assert "- [x] Phone page behind" in joined.file
    assert "MINE" not in joined.file
    assert "MINE Hall" in joined.issue
    assert joined.memory.held == ("mallory",)
    world.settle()
    world.send(hers)
    world.settle()
    assert "MINE" not in joined.file
    assert "MINE Hall" in joined.issue


def test_what_came_before_and_after_an_edit_that_nobody_explains_counts(joined: Plan) -> None:
    world = joined.world

    world.alice.tick(joined.number, "Event stream")
    before = world.github.take_deliveries()

    def edits(world: World) -> None:
        world.send(before)
        world.alice.tick(joined.number, "Desk key")
        world.person("mallory").tick(joined.number, "Phone page behind")
        world.send()

    out_of_order(joined, edits)
    world.work()
    assert "- [x] Event stream" in joined.file
    assert "- [x] Desk key" in joined.file
    assert "MINE" not in joined.file
    assert "- [ ] Phone page behind" in joined.file
    assert joined.memory.held == ("mallory",)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("ticked", [True, False])
def test_an_old_copy_saved_over_an_outsiders_edit_does_not_bring_it_in(
    joined: Plan, known: bool, ticked: bool
) -> None:
    """Nor when somebody who may write had ticked a box in what the old copy replaced."""
    world = joined.world
    old = world.repo.issues[joined.number].body
    world.alice.tick(joined.number, "Event stream")
    world.bob.edit_file(joined.path, lambda t: t.replace("- [ ] Desk key", "- [x] Desk key"))
    world.settle()
    world.person("mallory").change_body(joined.number, lambda b: b.replace(" Hall", " MINE Hall"))
    hers = world.github.take_deliveries()
    if ticked:
        world.alice.tick(joined.number, "Phone page behind")
    world.bob.edit_issue(joined.number, body=f"{old}\n- [ ] Once more\n")
    world.send([*(hers if known else []), *world.github.take_deliveries()])
    world.work()
    world.settle()
    world.send(hers)
    world.settle()
    assert "MINE" not in joined.file
    assert "- [ ] Once more" in joined.file
    assert "- [x] Desk key" in joined.file
    assert "- [x] Event stream" in joined.file
    assert ("- [x] Phone page behind" in joined.file) == ticked


def test_deliveries_of_those_who_may_write_that_come_in_any_order_all_count(
    joined: Plan,
) -> None:
    world = joined.world
    for task in ("Desk key", "Hall screen", "Phone page behind"):
        world.alice.tick(joined.number, task)
    first, *others = world.github.take_deliveries()
    world.send(others[::-1])
    assert [outcome.kind for outcome in work_now(world, joined.path)] == ["later"]
    world.send([first])
    world.settle()
    assert joined.file.count("- [x] ") == text_of("feature-plan").count("- [x] ") + 3
    assert joined.memory.held == ()
    assert joined.same()
