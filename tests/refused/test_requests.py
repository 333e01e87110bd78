"""A plan is asked for where the default branch is protected: it waits, and then all is made."""

from __future__ import annotations

import pytest

from bot.rolling import BRANCH
from bot.rolling_body import parse_entries
from tests.fake_github import Crash
from tests.refused.conftest import PATH, pulls
from tests.refused.test_protected import squash
from tests.subjects.test_request import made
from tests.world import World


@pytest.fixture
def asked(world: World) -> int:
    world.repo.protected = True
    return world.request()


def told(world: World, request: int) -> list[str]:
    return [c.body for c in world.repo.comments_on(request) if "plansync:proposed" in c.body]


def test_the_new_plan_waits_and_the_request_says_where(world: World, asked: int) -> None:
    (pull,) = pulls(world)
    assert PATH in world.repo.paths(BRANCH)
    assert PATH not in world.repo.paths()
    assert made(world, asked)[1:] == ([], [], [])
    (comment,) = told(world, asked)
    assert f"waits in #{pull.number}" in comment
    memory = world.store.request(world.repo.id, asked)
    assert memory is not None
    assert (memory.state, memory.proposed, memory.path) == ("proposed", pull.number, PATH)


def test_asking_again_changes_nothing(world: World, asked: int) -> None:
    before = (dict(world.repo.git.branches), len(world.repo.comments))
    world.alice.remove_label(asked, "plan:feature")
    world.alice.add_label(asked, "plan:feature")
    world.settle()
    for delivery in world.github.deliveries:
        world.send([delivery])
    world.settle()
    assert before == (world.repo.git.branches, len(world.repo.comments))


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_merging_it_makes_the_issue_and_answers(world: World, asked: int, how: str) -> None:
    number = pulls(world)[0].number
    if how == "merge":
        world.bob.merge_pull(number)
    else:
        squash(world)
    world.settle()
    _, plans, answers, statuses = made(world, asked)
    assert (len(answers), len(statuses)) == (1, 1)
    issue = world.plan_issue(PATH)
    assert plans in ([issue], [])
    memory = world.store.request(world.repo.id, asked)
    assert memory is not None
    assert memory.state == "done"
    world.alice.tick(issue, "Backend/API changes")
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(PATH, BRANCH)


def test_closing_it_leaves_the_request_waiting(world: World, asked: int) -> None:
    world.bob.close_pull(pulls(world)[0].number)
    world.settle()
    assert made(world, asked)[1:] == ([], [], [])
    assert len(told(world, asked)) == 1
    assert len(pulls(world)) == 1
    number = pulls(world)[0].number
    world.bob.reopen_pull(number)
    world.bob.merge_pull(number)
    world.settle()
    assert len(made(world, asked)[2]) == 1


def test_two_requests_for_one_path_wait_for_each_other(world: World, asked: int) -> None:
    second = world.alice.open_issue("Search", "other words", ("plan:feature",))
    world.send()
    (outcome,) = world.work()
    assert outcome.kind == "parked"
    assert f"waits at this path in #{pulls(world)[0].number}" in outcome.reason
    assert list(parse_entries(pulls(world)[0].body)) == [PATH]
    world.bob.merge_pull(pulls(world)[0].number)
    world.settle()
    assert len(made(world, asked)[2]) == 1
    assert "plan_docs/search-2.md" in world.repo.paths(BRANCH)
    world.bob.merge_pull(pulls(world)[1].number)
    world.settle()
    assert len(made(world, second)[2]) == 1


def test_two_requests_share_the_pull_request(world: World, asked: int) -> None:
    other = world.request("Basket")
    (pull,) = pulls(world)
    assert list(parse_entries(pull.body)) == ["plan_docs/basket.md", PATH]
    world.bob.merge_pull(pull.number)
    world.settle()
    assert len(made(world, asked)[2]) == len(made(world, other)[2]) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 18))
def test_a_crash_at_any_call_ends_with_one_of_each(world: World, nth: int, after: bool) -> None:
    world.repo.protected = True
    world.github.interrupt(Crash(), nth=nth, calls="any", after=after)
    number = world.alice.open_issue("Search", "", ("plan:feature",))
    try:
        world.settle()
    except Crash:
        world.settle()
    (pull,) = pulls(world)
    assert len(told(world, number)) == 1
    world.bob.merge_pull(pull.number)
    try:
        world.settle()
    except Crash:
        world.settle()
    assert [len(x) for x in made(world, number)] == [1, 1, 1, 1]
