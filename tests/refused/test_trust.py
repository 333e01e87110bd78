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
