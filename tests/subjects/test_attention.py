"""What waits for a person is known of every plan, and gone when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.attention import find_attention
from bot.memory import PlanMemory
from bot.sweeps import sweep_drift
from tests.subjects.test_brake import GONE, PATH, Ten, without
from tests.world import World


def waits(ten: Ten) -> dict[str, str]:
    """What the list of plans says: kind of what waits, and why."""
    _, rows = ten.world.store.waiting_plans(5)
    return {row.attention: row.attention_why for row in rows}


def test_a_stop_is_listed_until_somebody_confirms(world: World) -> None:
    ten = Ten(world)
    assert waits(ten) == {}
    ten.edit_file(lambda t: without(t, *GONE))
    assert waits(ten) == {"stopped": "4 of 11 tasks vanished from the plan file."}
    ten.comment("/plan sync confirm")
    assert waits(ten) == {}


def test_a_deleted_plan_asks_until_its_issue_is_closed(world: World) -> None:
    ten = Ten(world)
    world.bob.push_files({PATH: None}, "Remove the plan")
    world.settle()
    assert waits(ten) == {"stopped": "The plan file was deleted."}
    world.alice.close_issue(ten.issue)
    world.waited += timedelta(days=1, minutes=1)
    assert sweep_drift(world.store, world.github.now + world.waited) == 1
    world.settle()
    assert waits(ten) == {}


def test_a_held_edit_is_listed_with_who_made_it_until_somebody_accepts_it(world: World) -> None:
    ten = Ten(world)
    world.person("mallory").change_body(ten.issue, lambda b: b.replace("Last", "My last"))
    world.settle()
    (why,) = waits(ten).values()
    assert why.startswith("mallory edited the plan issue without write access")
    ten.comment("/plan accept")
    assert waits(ten) == {}


def test_what_stops_a_plan_comes_first() -> None:
    memory = PlanMemory(1, "a.md", "feature-plan", 7)
    assert find_attention(memory) == ()
    memory = replace(
        memory,
        stopped="1",
        tripped_at="2026-03-01T12:00:00+00:00",
        conflicts=("a", "b"),
        held=("mallory", "eve"),
    )
    found = find_attention(memory)
    assert [one.kind for one in found] == ["stopped", "paused", "conflict", "held"]
    assert found[0].why == "Much of the plan vanished in one change."
    assert found[2].why.startswith("2 conflicts wait")
    assert found[3].why.startswith("mallory, eve edited")
    assert all(one.why.endswith(".") and one.remedy.endswith(".") for one in found)
    gone = replace(memory, state="deleted", stopped_for="the plan file was deleted")
    assert "Put the file back" in find_attention(gone)[0].remedy
