"""What a request's plan and issue are made of: templates, headers, labels, milestones."""

from __future__ import annotations

import pytest

from bot.templates import read_template
from tests.subjects.test_request import FEATURE, made
from tests.world import World

LONG = "a label that is longer than the fifty characters GitHub has"


def own_template(world: World, plan_format: str, text: str) -> None:
    world.alice.push_file(f".github/plansync/templates/{plan_format}.md", text)
    world.settle()


def answer(world: World, request: int) -> str:
    (comment,) = made(world, request)[2]
    return world.repo.comments[comment].body


def test_a_template_of_ones_own_is_used_and_nothing_said(world: World) -> None:
    ours = read_template("plans", "feature-plan.md")
    own_template(world, "feature-plan", ours + "\n## Our own section\n\nWords.\n")
    request = world.request()
    assert "## Our own section" in world.repo.text(FEATURE)
    assert "template" not in answer(world, request)


def test_a_template_that_makes_no_plan_is_told_with_path_and_line(world: World) -> None:
    own_template(world, "feature-plan", "# Notes\n\nOur own way.\n")
    request = world.request()
    assert "## Acceptance Checklist" in world.repo.text(FEATURE)
    told = answer(world, request)
    assert "own template could not be used" in told
    assert ".github/plansync/templates/feature-plan.md:1" in told
    assert "makes no feature-plan: it has no heading “Overview”" in told


def test_a_template_without_its_end_is_told_with_its_line(world: World) -> None:
    ours = read_template("plans", "task-plan.md")
    cut = ours.replace("<!-- END: plan.md template -->", "")
    own_template(world, "task-plan", cut)
    request = world.request("Search", "plan:tasks")
    line = cut.split("\n").index("<!-- BEGIN: plan.md template -->") + 1
    assert f".github/plansync/templates/task-plan.md:{line}" in answer(world, request)


def test_a_template_that_is_no_text_is_told(world: World) -> None:
    path = ".github/plansync/templates/feature-plan.md"
    world.repo.commit("alice", {path: b"\xff\xfe\x00#"}, "No text", None)
    request = world.request()
    assert "## Acceptance Checklist" in world.repo.text(FEATURE)
    assert path in answer(world, request)


def test_what_is_odd_in_a_used_template_is_told_too(world: World) -> None:
    ours = read_template("plans", "feature-plan.md")
    own_template(world, "feature-plan", ours + "\n<!-- never closed\n")
    told = answer(world, world.request())
    assert "has faults" in told
    assert "This HTML comment is never closed." in told


@pytest.mark.parametrize(
    ("label", "plan_format", "title"),
    [
        ("plan:tasks", "task-plan", "Search"),
        ("plan:spec", "track-spec", "Specification: Search"),
        ("plan:story", "user-story", "User Story: Search"),
    ],
)
def test_without_a_header_there_are_title_labels_and_whoever_asked(
    world: World, label: str, plan_format: str, title: str
) -> None:
    ours = read_template("plans", f"{plan_format}.md").split("\n")
    bare = [line for line in ours if not line.startswith((">Title", ">Labels", ">Assignees"))]
    own_template(world, plan_format, "\n".join(bare))
    request = world.request("Search", label)
    issue = world.repo.issues[made(world, request)[1][0]]
    assert (issue.title, set(issue.labels)) == (title, {"plan", plan_format})
    assert issue.assignees == ["alice"]
    assert "assignees = alice (who asked)" in answer(world, request)


def test_a_blank_template_in_the_request_is_filled(world: World) -> None:
    blank = read_template("plans", "feature-plan.md")
    request = world.request("Search", body=blank)
    text = world.repo.text(FEATURE)
    assert "# shop – Search Feature Plan" in text
    assert "[FeatureName]" not in text
    assert world.repo.issues[made(world, request)[1][0]].title == "shop – Search Feature Plan"


def test_a_label_github_refuses_is_told_and_stops_nothing(world: World) -> None:
    ours = read_template("plans", "feature-plan.md")
    own_template(world, "feature-plan", ours.replace(">Labels: plan,", f">Labels: plan, {LONG},"))
    request = world.request()
    issue = world.repo.issues[made(world, request)[1][0]]
    assert set(issue.labels) == {"plan", "feature", "documentation"}
    assert f"GitHub would not take this label: `{LONG}`" in answer(world, request)


def test_all_milestones_are_made_and_the_first_is_the_issues(world: World) -> None:
    request = world.request(body="Milestones: v2, v3, v4\n")
    assert world.repo.issues[made(world, request)[1][0]].milestone == "v2"
    assert list(world.repo.milestones) == ["v2", "v3", "v4"]
    assert "it is `v2`. `v3`, `v4` are there too" in answer(world, request)


def test_a_request_label_counts_in_any_case(world: World) -> None:
    number = world.alice.open_issue("Search", "", ("Plan:Feature",))
    world.settle()
    assert len(made(world, number)[0]) == 1
    later = world.alice.open_issue("Basket", "")
    world.alice.add_label(later, "PLAN:FEATURE")
    world.settle()
    assert len(made(world, later)[0]) == 1


def test_a_closed_request_waits_until_it_is_reopened(world: World) -> None:
    number = world.alice.open_issue("Search", "")
    world.alice.close_issue(number)
    world.alice.add_label(number, "plan:feature")
    world.settle()
    assert [len(x) for x in made(world, number)] == [0, 0, 0, 0]
    world.alice.reopen_issue(number)
    world.settle()
    assert [len(x) for x in made(world, number)] == [1, 1, 1, 1]


def test_closing_an_answered_request_changes_nothing(world: World) -> None:
    number = world.request()
    before = (len(world.repo.comments), dict(world.repo.git.branches))
    world.alice.close_issue(number)
    world.alice.reopen_issue(number)
    world.settle()
    assert before == (len(world.repo.comments), world.repo.git.branches)


def test_a_plan_that_somebody_pushed_gets_the_people_of_its_header(world: World) -> None:
    text = read_template("plans", "feature-plan.md").replace("[owner]", "bob")
    world.alice.push_file("plan_docs/queue.md", text)
    world.settle()
    issue = world.repo.issues[world.plan_issue("plan_docs/queue.md")]
    assert issue.assignees == ["bob"]
