"""A labelled issue becomes one plan file, one plan issue, one answer, one status comment."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from bot.errors import Retryable
from bot.plans.companions import PLAN_GATE, REQUIREMENTS, parse_feature
from bot.plans.document import parse_document
from bot.plans.formats import recognise
from bot.plans.render import plan_text
from tests.fake_github import Crash
from tests.world import World

LABELS = {
    "plan:feature": "feature-plan",
    "plan:story": "user-story",
    "plan:tasks": "task-plan",
    "plan:implementation": "implementation-plan",
    "plan:spec": "track-spec",
}
FEATURE = "plan_docs/search.md"


def made(world: World, request: int) -> tuple[list[str], list[int], list[int], list[int]]:
    """Commits, plan issues, answers and status comments that belong to a request."""
    repo = world.repo
    commits = [
        sha
        for sha, commit in repo.git.commits.items()
        if f"Plan-Request: #{request}" in commit.message.split("\n")
    ]
    plans = [n for n, i in repo.issues.items() if f'request="{request}" -->' in i.body]
    answers = [
        c.id for c in repo.comments.values() if f'plansync:answer request="{request}"' in c.body
    ]
    statuses = [c.id for c in repo.comments.values() if "plansync:status" in c.body]
    return commits, plans, answers, statuses


@pytest.mark.parametrize(("label", "plan_format"), LABELS.items())
def test_every_label_yields_its_plan(world: World, label: str, plan_format: str) -> None:
    request = world.request("Search", label)
    commits, plans, answers, statuses = made(world, request)
    assert (len(commits), len(plans), len(answers), len(statuses)) == (1, 1, 1, 1)
    issue = world.repo.issues[plans[0]]
    path = issue.body.split('path="')[1].split('"')[0]
    text = world.repo.text(path)
    found = recognise(path, parse_document(text))
    assert found is not None
    assert found.format == plan_format
    shown = parse_feature(issue.body.split("-->\n\n", 1)[1])
    assert shown.plan.rstrip() == plan_text(text).rstrip()
    beside = [REQUIREMENTS, PLAN_GATE] if plan_format == "implementation-plan" else []
    assert list(shown.files) == beside
    for name in beside:
        there = world.repo.text(path.replace("impl-plan.md", name))
        assert shown.files[name].strip() == plan_text(there).strip()
    assert issue.author == world.github.bot
    answer = world.repo.comments[answers[0]]
    assert f"#{plans[0]}" in answer.body
    assert path in answer.body


def test_the_issue_has_title_labels_and_assignee_of_the_header(world: World) -> None:
    request = world.request()
    _, plans, _, _ = made(world, request)
    issue = world.repo.issues[plans[0]]
    assert issue.title == "shop – Search Feature Plan"
    assert set(issue.labels) == {"plan", "feature", "documentation"}
    assert issue.assignees == ["alice"]
    assert {"plan", "feature", "documentation"} <= set(world.repo.labels)


def test_a_label_set_later_is_a_request_too(world: World) -> None:
    number = world.alice.open_issue("Search", "")
    world.settle()
    assert made(world, number)[0] == []
    world.bob.add_label(number, "plan:feature")
    world.settle()
    assert [len(x) for x in made(world, number)] == [1, 1, 1, 1]


def test_asking_again_yields_nothing_more(world: World) -> None:
    request = world.request()
    before = (len(world.repo.issues), len(world.repo.comments), world.repo.git.branches["main"])
    world.alice.remove_label(request, "plan:feature")
    world.alice.add_label(request, "plan:feature")
    world.settle()
    for delivery in world.github.deliveries:
        world.send([delivery])
        world.work()
    assert before == (
        len(world.repo.issues),
        len(world.repo.comments),
        world.repo.git.branches["main"],
    )


def test_a_lost_database_doubles_nothing(world: World, tmp_path: object) -> None:
    from bot.store import Store

    request = world.request()
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    for delivery in world.github.deliveries:
        world.send([delivery])
    world.settle()
    assert [len(x) for x in made(world, request)] == [1, 1, 1, 1]
    world.alice.tick(made(world, request)[1][0], "Backend/API changes")
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text(FEATURE)


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["crash", "error"])
@pytest.mark.parametrize("nth", range(1, 10))
def test_cut_short_at_any_write_still_ends_with_one_of_each(
    world: World, nth: int, kind: str, after: bool
) -> None:
    error = Crash() if kind == "crash" else Retryable("502")
    world.github.interrupt(error, nth=nth, calls="writes", after=after)
    number = world.alice.open_issue("Search", "", ("plan:feature",))
    try:
        world.settle()
    except Crash:
        world.settle()
    assert [len(x) for x in made(world, number)] == [1, 1, 1, 1]
    assert world.repo.issues[made(world, number)[1][0]].assignees == ["alice"]
    assert len(world.repo.comments) == 2


@pytest.mark.parametrize("nth", range(1, 8))
def test_what_is_dated_before_the_request_is_found_too(world: World, nth: int) -> None:
    """GitHub's servers have a clock each, and some lists compare parts of a second."""
    number = world.alice.open_issue("Search", "", ("plan:feature",))
    world.github.now -= timedelta(seconds=30)
    world.github.interrupt(Crash(), nth=nth, calls="writes", after=True)
    with suppress(Crash):
        world.settle()
    world.settle()
    assert [len(x) for x in made(world, number)] == [1, 1, 1, 1]


def test_a_stranger_waits_for_someone_who_may(world: World) -> None:
    stranger = world.person("mallory")
    number = stranger.open_issue("Search", "", ("plan:feature",))
    world.settle()
    assert made(world, number)[0] == []
    assert ["/plan accept" in c.body for c in world.repo.comments_on(number)] == [True]
    stranger.comment(number, "/plan accept")
    world.settle()
    assert made(world, number)[0] == []
    assert len(world.repo.comments_on(number)) == 2
    world.bob.comment(number, "/plan accept")
    world.settle()
    assert [len(x) for x in made(world, number)] == [1, 1, 1, 1]


def test_a_labeller_who_may_write_is_enough(world: World) -> None:
    number = world.person("mallory").open_issue("Search", "")
    world.settle()
    world.bob.add_label(number, "plan:feature")
    world.settle()
    assert len(made(world, number)[0]) == 1


def test_who_cannot_be_assigned_is_told(world: World) -> None:
    text = "Owner: nobody-here\n"
    number = world.request("Search", "plan:feature", text)
    _, plans, answers, _ = made(world, number)
    assert world.repo.issues[plans[0]].assignees == []
    assert "nobody-here" in world.repo.comments[answers[0]].body


def test_two_requests_with_one_title_get_two_paths(world: World) -> None:
    world.request()
    world.request()
    assert {"plan_docs/search.md", "plan_docs/search-2.md"} <= set(world.repo.paths())


def test_dates_come_from_the_request_and_never_from_the_clock(world: World) -> None:
    number = world.alice.open_issue("Search", "", ("plan:story",))
    created = world.repo.issues[number].created_at
    for _ in range(100_000):
        world.github.tick()
    world.settle()
    path = f"docs/user-stories/{created:%Y-%m-%d}-search.md"
    assert f"**Date**: {created:%Y-%m-%d}" in world.repo.text(path)
