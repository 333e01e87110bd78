"""What pull requests do to plans: whose count, which task they mean, and when work is in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.memory import LinkedTask, PullMemory
from bot.store import Store
from bot.subjects.explaining import explain_pull
from tests.fake_github import Delivery
from tests.subjects.test_tracking import Story
from tests.world import World

FEATURE = "plan_docs/search.md"
PLAN = """\
# Shop – Search Feature Plan

## Overview

- **Goal**: find things

## Implementation Plan

### Phase 1: Build

- [ ] Write the parser
- [ ] Write the index
- [ ] Write the page

### Phase 2: Ship

- [ ] Turn it on

## Acceptance Checklist

- [ ] People find things
"""


class Feature:
    """A feature plan that bob pushed, and its issue."""

    path = FEATURE

    def __init__(self, world: World, text: str = PLAN, path: str = FEATURE) -> None:
        self.world = world
        self.path = path
        world.bob.push_file(path, text)
        world.settle()
        self.issue = world.plan_issue(path)

    def pull(
        self,
        body: str,
        branch: str = "work",
        login: str = "bob",
        title: str = "Work",
        base: str | None = None,
        draft: bool = False,
        fork: str = "",
        files: dict[str, str | None] | None = None,
        message: str = "Work",
    ) -> int:
        person = self.world.person(login)
        person.create_branch(branch, base)
        person.push_files(
            files or {f"src/{branch.replace('/', '-')}.py": "pass\n"}, message, branch
        )
        number = person.open_pull(branch, title, body, base, draft, fork)
        self.world.settle()
        return number

    def ticked(self) -> list[str]:
        text = self.world.repo.text(self.path)
        body = self.world.repo.issues[self.issue].body
        found = [line[6:] for line in text.splitlines() if line.startswith("- [x] ")]
        assert found == [line[6:] for line in body.splitlines() if line.startswith("- [x] ")]
        return found


@pytest.fixture
def feature(world: World) -> Feature:
    return Feature(world)


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def forget(world: World, folder: Path) -> None:
    """The database is lost."""
    world.store = Store(f"sqlite:///{folder}/other.sqlite3")
    world.store.migrate()


def said(feature: Feature, more: str = "") -> str:
    return f"Plan: #{feature.issue}\n{more}"


@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t.replace("- [ ] Write the parser", "- [ ] Read a book\n- [ ] Write the parser"),
        lambda t: t.replace("- [ ] Write the parser\n", "- [ ] Read\n- [ ] Think\n"),
        lambda t: t.replace("- [ ] Write the index\n", "").replace(
            "- [ ] Turn it on", "- [ ] Turn it on\n- [ ] Write the index"
        ),
        lambda t: t.replace(
            "- [ ] Write the parser\n- [ ] Write the index",
            "- [ ] Write the index of all books\n- [ ] Write the parser",
        ),
    ],
    ids=["inserted", "replaced", "moved", "reworded"],
)
def test_an_open_pull_request_keeps_its_task_though_the_plan_is_edited(
    feature: Feature, tmp_path: Path, edit: Callable[[str], str], lost: bool
) -> None:
    world = feature.world
    number = feature.pull(said(feature, "Task: 1.2"))
    world.alice.edit_file(FEATURE, edit)
    world.settle()
    if lost:
        forget(world, tmp_path)
    world.bob.merge_pull(number)
    world.settle()
    (ticked,) = feature.ticked()
    assert ticked.startswith("Write the index")


def test_an_address_means_what_stood_there_when_the_branch_was_compared(feature: Feature) -> None:
    world = feature.world
    bob = world.bob
    bob.create_branch("work")
    bob.push_file("src/a.py", "pass\n", "Work", "work")
    number = bob.open_pull("work", "Work", said(feature, "Task: 1.1"))
    world.alice.edit_file(
        FEATURE, lambda t: t.replace("- [ ] Write", "- [ ] First\n- [ ] Write", 1)
    )
    world.settle()
    bob.merge_pull(number)
    world.settle()
    assert feature.ticked() == ["Write the parser"]


def test_a_task_that_is_gone_gives_its_address_to_nobody(feature: Feature) -> None:
    world = feature.world
    number = feature.pull(said(feature, "Task: 1.2"))
    before = world.repo.text(FEATURE)
    world.alice.edit_file(FEATURE, lambda t: t.replace("- [ ] Write the index\n", ""))
    world.settle()
    world.bob.merge_pull(number)
    world.settle()
    assert feature.ticked() == []
    world.alice.push_file(FEATURE, before)
    world.settle()
    assert feature.ticked() == ["Write the index"]


def test_a_task_that_appears_later_is_found(story: Story) -> None:
    world = story.world
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 3\n")
    assert "3" not in story.rows()
    row = "| 2 | Show the form | frontend | 1 | code | Pending |\n"
    new = "| 3 | Log it | ops | — | code | Pending |\n"
    world.alice.edit_file(story_path(story), lambda text: text.replace(row, row + new))
    world.settle()
    assert story.rows()["3"] == (f"#{number}", "", "In Progress", "In Progress")


def story_path(story: Story) -> str:
    from tests.subjects.test_tracking import PATH

    return PATH


def test_a_place_that_was_not_there_is_not_looked_for_after_the_merge(feature: Feature) -> None:
    world = feature.world
    number = feature.pull(said(feature, "Task: 2.2"))
    world.bob.merge_pull(number)
    world.settle()
    world.alice.edit_file(FEATURE, lambda t: t.replace("Turn it on", "Turn it on\n- [ ] Tell all"))
    world.settle()
    assert feature.ticked() == []


# Outsiders.


def test_an_outsider_s_pull_request_moves_nothing_until_it_is_merged(story: Story) -> None:
    world = story.world
    mallory = world.person("mallory")
    mallory.create_branch("patch")
    mallory.push_file("src/p.py", "pass\n", "Patch", "patch")
    number = mallory.open_pull(
        "patch", "Patch", f"Plan: #{story.issue}\nTask: 1\n", fork="mallory/shop"
    )
    before = world.repo.text(story_path(story))
    world.settle()
    assert world.repo.text(story_path(story)) == before
    world.alice.merge_pull(number)
    world.settle()
    assert story.rows()["1"] == (f"#{number}", "", "Complete", "Complete")


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "all at once"])
def test_an_outsider_s_words_after_the_merge_count_for_nothing(
    story: Story, together: bool
) -> None:
    world = story.world
    mallory = world.person("mallory")
    mallory.create_branch("patch")
    mallory.push_file("src/p.py", "pass\n", "Patch", "patch")
    body = f"Plan: #{story.issue}\nTask: 1\n"
    number = mallory.open_pull("patch", "Patch", body, fork="mallory/shop")
    world.settle()
    world.alice.merge_pull(number)
    if not together:
        world.settle()
    mallory.edit_pull(number, body=f"Plan: #{story.issue}\nTasks: 1, 2\n")
    world.settle()
    assert story.rows()["1"][2] == "Complete"
    assert story.rows()["2"][0::2] == ("", "Pending")
    mallory.edit_pull(number, body="Nothing.")
    world.settle()
    assert story.rows()["1"][2] == "Complete"
    world.alice.edit_pull(number, body=f"Plan: #{story.issue}\nTask: 2\n")
    world.settle()
    assert story.rows()["1"][0::2] == ("", "Pending")
    assert story.rows()["2"][0::2] == (f"#{number}", "Complete")


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "all at once"])
def test_an_outsider_s_late_words_neither_revert_nor_show(story: Story, together: bool) -> None:
    world = story.world
    done = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    world.bob.merge_pull(done)
    world.settle()
    mallory = world.person("mallory")
    mallory.create_branch("patch")
    mallory.push_file("src/p.py", "pass\n", "Patch", "patch")
    body = f"Plan: #{story.issue}\nTask: 2\n"
    number = mallory.open_pull("patch", "Patch", body, fork="mallory/shop")
    world.settle()
    world.alice.merge_pull(number)
    if not together:
        world.settle()
    mallory.edit_pull(number, body=f"{body}Devloop: spam\n\nReverts #{done}\n")
    world.settle()
    assert story.rows()["1"][2] == "Complete"
    assert story.rows()["2"] == (f"#{number}", "", "Complete", "Complete")


def test_a_maintainer_s_edit_vouches_for_an_outsider_s_pull_request(story: Story) -> None:
    world = story.world
    mallory = world.person("mallory")
    mallory.create_branch("patch")
    mallory.push_file("src/p.py", "pass\n", "Patch", "patch")
    number = mallory.open_pull("patch", "Patch", "A patch.", fork="mallory/shop")
    world.settle()
    world.alice.edit_pull(number, body=f"Plan: #{story.issue}\nTask: 1\n")
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{number}", "In Progress")
    mallory.edit_pull(number, body=f"Plan: #{story.issue}\nTask: 2\n")
    world.settle()
    assert story.rows()["1"][0::2] == ("", "Pending")
    assert story.rows()["2"][0::2] == ("", "Pending")


def test_a_link_that_a_maintainer_orders_vouches_too(story: Story) -> None:
    world = story.world
    mallory = world.person("mallory")
    mallory.create_branch("patch")
    mallory.push_file("src/p.py", "pass\n", "Patch", "patch")
    number = mallory.open_pull("patch", "Patch", "A patch.", fork="mallory/shop")
    world.settle()
    world.alice.comment(story.issue, f"/plan link #{number} 1")
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{number}", "In Progress")


@pytest.mark.parametrize("login", ["helper[bot]", "alice"])
@pytest.mark.parametrize("fork", ["", "helper/shop"])
def test_a_bot_counts_where_it_can_push(story: Story, login: str, fork: str) -> None:
    world = story.world
    person = world.person(login)
    person.create_branch("auto")
    person.push_file("src/auto.py", "pass\n", "Auto", "auto")
    body = f"Plan: #{story.issue}\nTask: 1\n"
    number = person.open_pull("auto", "Auto", body, fork=fork)
    world.settle()
    counts = login == "alice" or not fork
    tracked = story.rows().get("1", ("", "", "Pending", ""))
    assert tracked[0::2] == ((f"#{number}", "In Progress") if counts else ("", "Pending"))


def test_a_devloop_is_defused_in_the_table(story: Story) -> None:
    world = story.world
    text = "@alice | <img src=x> `x` " + "y" * 400
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\nDevloop: {text}\n")
    world.bob.merge_pull(number)
    world.settle()
    output = story.rows()["1"][1]
    assert output.startswith("alice img src=x")
    assert len(output) <= 300
    assert "@" not in world.repo.text(story_path(story)).split("Devloop Tracking")[1]


def test_a_forged_marker_leads_nowhere(story: Story) -> None:
    world = story.world
    marker = '<!-- plansync:plan path="{}" -->\n\n- [x] All\n'
    for path in ("src/x.py", "../x.md", ".github/plansync.yml", FEATURE):
        number = world.person("mallory").open_issue("A plan", marker.format(path))
        world.settle()
        world.new_calls()
        world.person("mallory").edit_issue(number, body=marker.format(path) + "more\n")
        world.settle()
        assert world.new_calls() == [], path


# Several pull requests, other branches, reverts.


def test_a_box_is_ticked_when_the_last_pull_request_for_it_is_done(feature: Feature) -> None:
    world = feature.world
    first = feature.pull(said(feature, "Tasks: 1.1, 1.2"))
    second = feature.pull(said(feature, "Task: 1.2"), "other")
    world.bob.merge_pull(first)
    world.settle()
    assert feature.ticked() == ["Write the parser"]
    world.bob.close_pull(second)
    world.settle()
    assert feature.ticked() == ["Write the parser", "Write the index"]
    world.bob.reopen_pull(second)
    world.settle()
    assert feature.ticked() == ["Write the parser", "Write the index"]


def test_a_person_s_tick_stays_when_pull_requests_come_and_go(feature: Feature) -> None:
    world = feature.world
    world.alice.tick(feature.issue, "Write the parser")
    world.settle()
    number = feature.pull(said(feature, "Task: 1.1"))
    world.bob.close_pull(number)
    world.settle()
    assert feature.ticked() == ["Write the parser"]


def test_a_revert_takes_back_and_its_revert_brings_back(story: Story, feature: Feature) -> None:
    world = story.world
    body = f"Plan: #{story.issue}\nTask: 1\nPlan: {FEATURE}\nTask: 1.1\n"
    number = story.open_pull(body)
    world.bob.merge_pull(number)
    world.settle()
    assert (story.rows()["1"][2], feature.ticked()) == ("Complete", ["Write the parser"])
    undo = story.open_pull(f"Reverts acme/shop#{number}", "undo")
    assert story.rows()["1"][2] == "Complete"
    world.alice.merge_pull(undo)
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{number}", "Pending")
    assert feature.ticked() == []
    redo = story.open_pull(f"Reverts #{undo}", "redo")
    world.alice.merge_pull(redo)
    world.settle()
    assert (story.rows()["1"][2], feature.ticked()) == ("Complete", ["Write the parser"])


def test_a_revert_by_commit_is_seen_too(feature: Feature) -> None:
    world = feature.world
    number = feature.pull(said(feature, "Task: 1.1"))
    sha = world.bob.merge_pull(number)
    world.settle()
    assert feature.ticked() == ["Write the parser"]
    undo = feature.pull(f"This reverts commit {sha[:12]}.", "undo", title='Revert "Work"')
    world.bob.merge_pull(undo)
    world.settle()
    assert feature.ticked() == []


def test_a_revert_after_the_database_is_lost(feature: Feature, tmp_path: Path) -> None:
    world = feature.world
    number = feature.pull(said(feature, "Task: 1.1"))
    world.bob.merge_pull(number)
    world.settle()
    forget(world, tmp_path)
    undo = feature.pull(f"Reverts acme/shop#{number}", "undo")
    world.bob.merge_pull(undo)
    world.settle()
    assert feature.ticked() == []


def test_work_is_done_when_it_is_in_the_default_branch(story: Story) -> None:
    world = story.world
    world.bob.create_branch("develop")
    world.bob.create_branch("work", "develop")
    world.bob.push_file("src/w.py", "pass\n", "Work", "work")
    number = world.bob.open_pull("work", "Work", f"Plan: #{story.issue}\nTask: 1\n", "develop")
    world.settle()
    assert story.rows()["1"][2] == "In Progress"
    world.bob.merge_pull(number)
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{number}", "In Progress")
    release = world.bob.open_pull("develop", "Release", "All of it.")
    world.settle()
    world.alice.merge_pull(release)
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{number}", "Complete")


def test_a_merge_into_the_plan_s_own_branch_counts(world: World) -> None:
    branch = "## Repository Branch & Milestones\n\n- **Target implementation branch:** `search`\n\n"
    feature = Feature(
        world, PLAN.replace("## Implementation Plan", branch + "## Implementation Plan")
    )
    world.bob.create_branch("search")
    number = feature.pull("Task: 1.1", "work", base="search")
    world.bob.merge_pull(number)
    world.settle()
    assert feature.ticked() == ["Write the parser"]


def test_a_pull_request_of_plan_files_alone_completes_nothing(story: Story) -> None:
    world = story.world
    body = f"Plan: #{story.issue}\nTask: 1\n"
    world.bob.create_branch("words")
    before = world.repo.text(story_path(story))
    world.bob.edit_file(story_path(story), lambda t: t + "\nMore words.\n", "Words", "words")
    number = world.bob.open_pull("words", "Words", body)
    world.settle()
    assert world.repo.text(story_path(story)) == before
    world.bob.merge_pull(number)
    world.settle()
    assert world.repo.text(story_path(story)) == before + "\nMore words.\n"


def test_code_that_is_pushed_later_makes_it_work(story: Story) -> None:
    world = story.world
    bob = world.bob
    bob.create_branch("words")
    bob.push_file("plan_docs/other.md", PLAN, "Words", "words")
    number = bob.open_pull("words", "Words", f"Plan: #{story.issue}\nTask: 1\n")
    world.settle()
    assert story.rows().get("1", ("", "", "Pending"))[2] == "Pending"
    bob.push_file("src/a.py", "pass\n", "Code", "words")
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{number}", "In Progress")
    bob.merge_pull(number)
    world.settle()
    assert story.rows()["1"][2] == "Complete"


def test_a_draft_that_gets_ready_changes_no_row(story: Story) -> None:
    world = story.world
    bob = world.bob
    bob.create_branch("work")
    bob.push_file("src/w.py", "pass\n", "Work", "work")
    number = bob.open_pull("work", "Work", f"Plan: #{story.issue}\nTask: 1\n", draft=True)
    world.settle()
    before = world.repo.text(story_path(story))
    assert story.rows()["1"][2] == "In Progress"
    bob.make_ready(number)
    world.settle()
    assert world.repo.text(story_path(story)) == before


@pytest.mark.parametrize(
    ("title", "branch", "body"),
    [
        ("Work", "plan-{issue}/task-1.2-index", ""),
        ("Work", "bob/plan-{issue}/task-1.2", "Some words."),
        ("Work", "work", 'Closes #{issue}\nTask: "Write the index"'),
        ("Work", "work", "Part of #{issue}.\n\nTask: 1.2"),
    ],
)
def test_other_ways_to_name_a_task(feature: Feature, title: str, branch: str, body: str) -> None:
    world = feature.world
    number = feature.pull(
        body.format(issue=feature.issue), branch.format(issue=feature.issue), title=title
    )
    world.bob.merge_pull(number)
    world.settle()
    assert feature.ticked() == ["Write the index"]


def test_everything_delivered_again_writes_nothing(story: Story, feature: Feature) -> None:
    world = story.world
    body = f"Plan: #{story.issue}\nTask: 1\nPlan: #{feature.issue}\nTasks: 1.1, 2.1\n"
    number = story.open_pull(body)
    world.bob.merge_pull(number)
    world.settle()
    text = (world.repo.text(story_path(story)), world.repo.text(FEATURE))
    commits = len(world.repo.git.commits)
    for _ in range(3):
        for delivery in list(world.github.deliveries):
            if delivery.event == "pull_request":
                world.send([delivery])
                world.settle()
    assert (world.repo.text(story_path(story)), world.repo.text(FEATURE)) == text
    assert len(world.repo.git.commits) == commits


# Reverted by a commit that was pushed without a pull request.


def revert(world: World, sha: str) -> str:
    said = f'Revert "Work"\n\nThis reverts commit {sha}.\n'
    sha = world.bob.push_file("src/undo.py", f"# {sha}\n", said)
    world.settle()
    return sha


def merged(story: Story) -> tuple[int, str]:
    """A merged pull request for task 2, and its merge commit."""
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 2\n")
    story.world.alice.merge_pull(number)
    story.world.settle()
    assert story.rows()["2"][2] == "Complete"
    sha = story.world.repo.pulls[number].merge_commit
    assert sha is not None
    return number, sha


def test_a_revert_that_is_pushed_takes_the_work_back_once(story: Story) -> None:
    world = story.world
    number, sha = merged(story)
    undo = revert(world, sha)
    assert story.rows()["2"][2] == "Pending"
    assert f"was merged by `alice` and reverted by `{undo[:10]}`" in told(story, "2")
    text = world.repo.text(story_path(story))
    for delivery in list(world.github.deliveries):
        if delivery.event in ("push", "pull_request"):
            world.send([delivery])
            world.settle()
    assert world.repo.text(story_path(story)) == text
    assert number


def test_a_pushed_revert_of_the_revert_brings_the_work_back(story: Story) -> None:
    _, sha = merged(story)
    undo = revert(story.world, sha)
    again = revert(story.world, undo)
    assert story.rows()["2"][2] == "Complete"
    revert(story.world, again)
    assert story.rows()["2"][2] == "Pending"


def test_a_pushed_revert_outlives_the_database(story: Story, tmp_path: Path) -> None:
    world = story.world
    number, sha = merged(story)
    revert(world, sha)
    forget(world, tmp_path)
    world.bob.edit_pull(number, body=f"More words.\n\nPlan: #{story.issue}\nTask: 2\n")
    world.settle()
    assert story.rows()["2"][2] == "Pending"


def test_the_commit_of_a_revert_that_has_a_pull_request_is_not_counted_twice(
    story: Story,
) -> None:
    world = story.world
    number, sha = merged(story)
    world.bob.create_branch("undo")
    said = f'Revert "Work"\n\nThis reverts commit {sha}.\n'
    world.bob.push_file("src/undo.py", "x\n", said, "undo")
    undo = world.bob.open_pull("undo", "Revert", f"Reverts #{number}")
    world.settle()
    world.bob.merge_pull(undo)
    world.settle()
    assert story.rows()["2"][2] == "Pending"
    redo = story.open_pull(f"Reverts #{undo}", "redo")
    world.bob.merge_pull(redo)
    world.settle()
    assert story.rows()["2"][2] == "Complete"


@pytest.mark.parametrize("order", ["together", "backwards", "in order"])
@pytest.mark.parametrize("reverts", [2, 3])
def test_pushed_reverts_count_the_same_in_whatever_order_they_are_heard_of(
    story: Story, order: str, reverts: int
) -> None:
    world = story.world
    _, sha = merged(story)
    heard: list[list[Delivery]] = []
    for _ in range(reverts):
        said = f'Revert "Work"\n\nThis reverts commit {sha}.\n'
        sha = world.bob.push_file("src/undo.py", f"# {sha}\n", said)
        heard.append(world.github.take_deliveries())
    if order == "together":
        heard = [[one for sent in heard for one in sent]]
    for sent in reversed(heard) if order == "backwards" else heard:
        world.send(sent)
        world.settle()
    assert story.rows()["2"][2] == ("Complete" if reverts == 2 else "Pending")
    if reverts == 3:
        revert(world, sha)
        assert story.rows()["2"][2] == "Complete"


@pytest.mark.parametrize("reverts", [1, 2])
def test_a_revert_that_is_heard_of_together_with_the_merge_counts(
    story: Story, reverts: int
) -> None:
    world = story.world
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 2\n")
    world.alice.merge_pull(number)
    sha = world.repo.pulls[number].merge_commit or ""
    for _ in range(reverts):
        said = f'Revert "Work"\n\nThis reverts commit {sha}.\n'
        sha = world.bob.push_file("src/undo.py", f"# {sha}\n", said)
    world.settle()
    assert story.rows()["2"][2] == ("Pending" if reverts == 1 else "Complete")


@pytest.mark.parametrize("commits", [0, 22, 310])
def test_a_pushed_revert_that_is_replayed_much_later_counts_once(
    story: Story, commits: int
) -> None:
    world = story.world
    _, sha = merged(story)
    before = len(world.github.deliveries)
    undo = revert(world, sha)
    pushed = next(one for one in world.github.deliveries[before:] if one.event == "push")
    for number in range(commits):
        # More of these than are remembered, and more than are looked at.
        if number < 22:
            world.bob.edit_file(story_path(story), lambda t: f"{t}\nOnce more.\n")
            world.settle()
        else:
            world.bob.push_file("src/more.py", f"# {number}\n")
    world.github.take_deliveries()
    revert(world, undo)
    assert story.rows()["2"][2] == "Complete"
    world.send([replace(pushed, guid="feed0000-0000-4000-8000-000000000001")])
    world.settle()
    assert story.rows()["2"][2] == "Complete"


def test_a_revert_of_anything_else_asks_for_nothing(story: Story) -> None:
    merged(story)
    story.world.new_calls()
    revert(story.world, "0" * 40)
    assert story.world.new_calls() == []


# Why.


def test_why_says_who_merged_what_and_where_it_says_so(story: Story) -> None:
    world = story.world
    number = story.open_pull(f"Words.\n\nPlan: #{story.issue}\nTask: 2\nTask: 9\n")
    assert told(story, "2") == (
        f"In Progress: - #{number} is open; its body line 4 says `Task: 2`."
    )
    statuses = [one.body for one in world.repo.comments_on(story.issue)]
    assert any(f"[#{number}](" in one and "names `9`: no task of" in one for one in statuses)
    world.alice.merge_pull(number)
    world.settle()
    assert told(story, "2") == (
        f"Complete: - #{number} was merged by `alice`; its body line 4 says `Task: 2`."
    )
    assert told(story, "1") == "Pending: No pull request names it: somebody set it in the plan."
    undo = story.open_pull(f"Reverts #{number}", "undo")
    world.alice.merge_pull(undo)
    world.settle()
    assert told(story, "2").startswith(
        f"Pending: - #{number} was merged by `alice` and reverted by #{undo};"
    )


def told(story: Story, address: str) -> str:
    """What ``/plan why`` answers: the task's state, a colon, and why."""
    world = story.world
    world.alice.comment(story.issue, f"/plan why {address}")
    world.settle()
    answer = [one.body for one in world.repo.comments_on(story.issue)][-1]
    found = re.search(rf"\nTask `{address}` \(.*\) is \*\*(.*)\*\*\.\n\n(.*)", answer)
    assert found is not None, answer
    return f"{found[1]}: {found[2]}"


def test_every_standing_has_its_words() -> None:
    link = LinkedTask("2", "2", kind="title", words="[T-2] a`b @all")
    pull = PullMemory(41, "merged", tasks=("2",), links=(link,), by="bob", base="develop")
    said = {
        standing: explain_pull(replace(pull, counts_as=standing), "2")
        for standing in ("open", "draft", "merged", "elsewhere", "reverted", "planning",
                         "waiting", "closed")
    }  # fmt: skip
    assert len(set(said.values())) == len(said)
    assert said["elsewhere"] == (
        "#41 was merged by `bob` into `develop`, not yet into the plan's branch; "
        "its title says `[T-2] a´b @all`"
    )


def with_config(world: World, text: str) -> None:
    world.alice.push_file(".github/plansync.yml", text, "Choose")
    world.settle()


def test_files_that_are_added_where_outputs_stand_are_the_devloop_output(story: Story) -> None:
    world = story.world
    with_config(world, "devloop_paths: [docs/devloop/]\n")
    bob = world.bob
    bob.create_branch("work")
    files = {"docs/devloop/1|x.md": "a", "docs/devloop/2.md": "b", "src/w.py": "pass\n"}
    bob.push_files(files, "Work", "work")
    number = bob.open_pull("work", "Work", f"Plan: #{story.issue}\nTask: 1\n")
    world.settle()
    assert story.rows()["1"][1] == ""
    bob.merge_pull(number)
    world.settle()
    assert story.rows()["1"][1] == "docs/devloop/1x.md, docs/devloop/2.md"


def test_a_repository_may_want_work_in_the_default_branch_alone(world: World) -> None:
    with_config(world, "complete_on: default\n")
    branch = "## Repository Branch & Milestones\n\n- **Target implementation branch:** `search`\n\n"
    head = "## Implementation Plan"
    feature = Feature(world, PLAN.replace(head, branch + head))
    world.bob.create_branch("search")
    number = feature.pull("Task: 1.1", "work", base="search")
    world.bob.merge_pull(number)
    world.settle()
    assert feature.ticked() == []
    whole = world.bob.open_pull("search", "All", "All of it.")
    world.settle()
    world.bob.merge_pull(whole)
    world.settle()
    assert feature.ticked() == ["Write the parser"]


def test_an_output_that_is_named_after_the_merge_is_added_and_nothing_else(story: Story) -> None:
    world = story.world
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    world.bob.merge_pull(number)
    world.settle()
    edited = "| Complete |"
    world.alice.edit_file(story_path(story), lambda t: t.replace(edited, "| On hold |"))
    world.settle()
    world.bob.edit_pull(number, body=f"Plan: #{story.issue}\nTask: 1\nDevloop: docs/1.md\n")
    world.settle()
    assert story.rows()["1"] == (f"#{number}", "docs/1.md", "On hold", "On hold")


def test_a_pull_request_that_closes_an_ordinary_issue_costs_nothing(story: Story) -> None:
    world = story.world
    bug = world.alice.open_issue("A bug")
    world.settle()
    world.new_calls()
    number = story.open_pull(f"Closes #{bug}, part of #999.")
    world.bob.push_file("src/more.py", "pass\n", "More", "work")
    world.bob.merge_pull(number)
    world.settle()
    undo = story.open_pull(f"Reverts acme/shop#{number}", "undo")
    # The check looks whether a plan file is touched; nothing is asked for the plan's sake.
    assert set(world.new_calls()) <= {"pull_paths"}
    assert undo > number


def test_a_plan_whose_target_is_the_default_branch_hears_of_its_own_pull_requests(
    world: World,
) -> None:
    branch = "## Repository Branch & Milestones\n\n- **Target implementation branch:** `main`\n\n"
    head = "## Implementation Plan"
    feature = Feature(world, PLAN.replace(head, branch + head))
    world.new_calls()
    feature.pull("Just work.")
    assert set(world.new_calls()) <= {"pull_paths"}


def test_a_plan_that_moves_keeps_the_pull_requests_that_name_its_old_path(feature: Feature) -> None:
    world = feature.world
    number = feature.pull(f"Plan: {FEATURE}\nTask: 1.2\n")
    moved = "plan_docs/find.md"
    world.alice.push_files({moved: world.repo.text(FEATURE), FEATURE: None}, "Rename the plan")
    world.settle()
    world.bob.push_file("src/more.py", "pass\n", "More", "work")
    world.settle()
    world.bob.merge_pull(number)
    world.settle()
    feature.path = moved
    assert feature.ticked() == ["Write the index"]


def test_a_link_that_its_author_takes_out_after_the_merge_is_gone(story: Story) -> None:
    world = story.world
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    world.bob.merge_pull(number)
    world.settle()
    assert story.rows()["1"][2] == "Complete"
    world.bob.edit_pull(number, body="It was for something else.")
    world.settle()
    assert story.rows()["1"][0::2] == ("", "Pending")
