"""A plan that is written again and again is parked, told once, and let go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.attempt import Outcome
from bot.breaker import MOST_BY_ANYBODY
from bot.memory import SubjectKey
from bot.store import Store
from tests.subjects.test_brake import PATH, Ten
from tests.world import World

KEY = SubjectKey(1, "plan", PATH)


@pytest.fixture
def ten(world: World) -> Ten:
    made = Ten(world)
    world.waited += timedelta(hours=1)
    world.pause = timedelta(0)
    return made


def act(ten: Ten) -> list[Outcome]:
    """Send what waits, and let plansync try what is due once."""
    ten.world.send()
    return ten.world.work()


TOOL = "ticker[bot]"


def tick(ten: Ten, number: int, who: str = TOOL) -> list[Outcome]:
    """One box changes its state: one write."""
    name = f"Number {number % 10 + 1} of many"
    if f"- [ ] {name}" in ten.body:
        ten.world.person(who).tick(ten.issue, name)
    else:
        ten.world.person(who).untick(ten.issue, name)
    return act(ten)


def twenty(ten: Ten) -> None:
    for number in range(20):
        assert [o.kind for o in tick(ten, number)] == ["done"], number
        assert ten.same()


def paused(ten: Ten) -> list[str]:
    return ten.said("paused")


def test_twenty_writes_are_fine_and_the_next_one_parks_the_plan(ten: Ten) -> None:
    twenty(ten)
    commits = len(ten.world.repo.git.commits)
    (outcome,) = tick(ten, 3)
    assert outcome.kind == "parked"
    assert "20 times within ten minutes" in outcome.reason
    assert len(ten.world.repo.git.commits) == commits
    assert len(paused(ten)) == 1
    assert "after 20 times within ten minutes" in paused(ten)[0]
    subject = ten.world.store.subject(KEY)
    assert subject is not None
    assert subject.parked_until is not None


def test_somebody_may_tick_as_many_boxes_as_they_like(ten: Ten) -> None:
    """One by one, each with our own commit and comment coming back in between."""
    for number in range(45):
        assert [o.kind for o in tick(ten, number, "alice")] == ["done"], number
        assert ten.same()
    assert paused(ten) == []


def test_a_tool_under_a_persons_name_is_stopped_when_nobody_could_be_as_fast(ten: Ten) -> None:
    for number in range(MOST_BY_ANYBODY):
        assert [o.kind for o in tick(ten, number, "alice")] == ["done"], number
    (outcome,) = tick(ten, 3, "alice")
    assert outcome.kind == "parked"
    assert f"{MOST_BY_ANYBODY} times within ten minutes" in outcome.reason


def test_what_a_tool_does_counts_also_while_people_tick(ten: Ten) -> None:
    kinds = []
    for number in range(25):
        kinds += [o.kind for o in tick(ten, number, "alice" if number % 6 == 0 else TOOL)]
    assert kinds.index("parked") == 24
    assert "20 times" in paused(ten)[0]


def test_a_persons_tick_in_the_same_moment_hides_no_tool(ten: Ten) -> None:
    world = ten.world
    for number in range(20):
        world.alice.comment(ten.issue, f"Look {number}")
        world.alice.edit_issue(ten.issue, body=ten.body.replace("Last words.", f"Words {number}."))
        world.bob.edit_file(PATH, lambda t, n=number: t + f"\n{n}\n")
        assert [o.kind for o in tick(ten, number)] == ["done"], number
    assert [o.kind for o in tick(ten, 3)] == ["parked"]


def test_while_parked_nothing_costs_a_request_and_nothing_is_told_again(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    act(ten)
    ten.world.new_calls()
    for number in (4, 5, 6):
        assert [o.kind for o in tick(ten, number, "alice")] == ["parked"]
    ten.world.bob.edit_file(PATH, lambda t: t.replace("Last words.", "Other words."))
    assert [o.kind for o in act(ten)] == ["parked"]
    assert ten.world.new_calls() == []
    assert len(paused(ten)) == 1


def test_after_an_hour_it_goes_on_with_everything(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    tick(ten, 4)
    ten.world.waited += timedelta(minutes=59)
    assert act(ten) == []
    assert not ten.same()
    ten.world.waited += timedelta(minutes=2)
    assert [o.kind for o in act(ten)] == ["done"]
    assert ten.same()
    for number in range(19):
        assert [o.kind for o in tick(ten, number)] == ["done"]


def test_a_command_lets_it_go_on(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    ten.world.person("mallory").comment(ten.issue, "/plan sync confirm")
    assert [o.kind for o in act(ten)] == ["parked"]
    assert not ten.same()
    ten.world.bob.comment(ten.issue, "Just words.")
    assert act(ten) == []
    ten.world.bob.comment(ten.issue, "/plan sync confirm")
    assert [o.kind for o in act(ten)] == ["done"]
    assert ten.same()
    assert [o.kind for o in tick(ten, 4)] == ["done"]
    assert len(paused(ten)) == 1


def test_the_operator_lets_it_go_on(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    tick(ten, 4)
    ten.world.store.release(KEY, ten.world.github.now)  # plansync replay --parked
    assert [o.kind for o in act(ten)] == ["done"]
    assert ten.same()
    assert [o.kind for o in tick(ten, 5)] == ["done"]


def test_slow_writes_are_never_too_many(ten: Ten) -> None:
    ten.world.pause = timedelta(seconds=31)
    for number in range(45):
        assert [o.kind for o in tick(ten, number)] == ["done"]


def test_a_second_time_is_told_again(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    ten.world.waited += timedelta(minutes=61)
    act(ten)
    act(ten)
    for number in range(20):
        assert [o.kind for o in tick(ten, number)] == ["done"]
    assert [o.kind for o in tick(ten, 1)] == ["parked"]
    assert len(paused(ten)) == 2


def test_two_tools_that_answer_each_other_are_stopped(ten: Ten) -> None:
    """A formatter undoes each of plansync's commits, and plansync does it again."""
    world = ten.world
    for number in range(40):
        world.person("formatter[bot]").edit_file(
            PATH, lambda t: t.replace("- [x] Number 1 of", "- [ ] Number 1 of") + "\n"
        )
        world.alice.edit_issue(
            ten.issue,
            body=ten.body.replace("- [ ] Number 1 of", "- [x] Number 1 of") + f"\n{number}",
        )
        if any(o.kind == "parked" for o in act(ten)):
            break
    assert 19 <= number <= 21
    assert len(paused(ten)) == 1


def test_other_plans_go_on(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    other = "plan_docs/other.md"
    ten.world.bob.push_file(other, ten.file.replace("Ten", "Other"))
    ten.world.settle()
    issue = ten.world.plan_issue(other)
    ten.world.alice.tick(issue, "Number 9 of many")
    ten.world.settle()
    assert "- [x] Number 9 of many" in ten.world.repo.text(other)


def test_a_failure_between_writes_counts_too(ten: Ten) -> None:
    """Each try writes the file and then fails: that is a loop as well."""
    from bot.github.ports import Refused

    kinds = []
    for number in range(25):
        ten.world.github.interrupt(Refused(422, "no"), calls="edit_comment")
        # What a person does ends the wait after what is refused.
        ten.world.alice.edit_file(PATH, lambda t: t + "\n")
        kinds += [o.kind for o in tick(ten, number)]
    assert len(paused(ten)) == 1
    assert isinstance(ten.world.store, Store)


def test_a_pause_is_listed_until_it_is_over(ten: Ten) -> None:
    twenty(ten)
    tick(ten, 3)
    count, (row,) = ten.world.store.waiting_plans(5)
    assert (count, row.attention) == (1, "paused")
    ten.world.waited += timedelta(minutes=61)
    act(ten)
    assert ten.world.store.waiting_plans(5) == (0, [])
