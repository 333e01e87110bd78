"""Each command runs once: redelivered, crashed at any call, edited, the database lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan
from bot.store import Store
from tests.fake_github import Crash
from tests.orders.plans import PATHS
from tests.orders.stage import Stage, build
from tests.orders.test_matrix import CASES, text_for, told
from tests.world import World

STORY = PATHS["user-story"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = build(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.world.store.close()


@pytest.fixture
def stage(built: Stage, tmp_path: Path) -> Iterator[Stage]:
    made = built.copied(tmp_path)
    yield made
    made.world.store.close()


def plan_of(stage: Stage, kind: str) -> Plan:
    path = PATHS[kind]
    plan = read_plan(path, parse_document(stage.world.repo.text(path)))
    assert plan is not None
    return plan


def lose_database(stage: Stage, folder: Path) -> None:
    stage.world.store.close()
    stage.world.store = Store(f"sqlite:///{folder}/second.sqlite3")
    stage.world.store.migrate()


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 11))
@pytest.mark.parametrize("verb", ["done", "ask", "log", "link", "new", "start"])
def test_a_crash_at_any_call_neither_doubles_nor_loses(
    stage: Stage, verb: str, nth: int, after: bool
) -> None:
    wanted = CASES[verb]
    world = stage.world
    number = stage.issues[wanted.kind]
    comment = world.alice.comment(number, text_for(stage, wanted))
    world.github.interrupt(Crash(), nth=nth, calls="any", after=after)
    try:
        world.settle()
    except Crash:
        world.settle()
    world.github.calm()
    world.settle()
    text = world.repo.text(PATHS[wanted.kind])
    log = world.repo.text(PATHS["task-plan"].replace("plan.md", "decision-log.md"))
    pull = world.repo.issues[stage.pulls["feature-plan"]].body
    titles = [issue.title for issue in world.repo.issues.values()]
    match verb:
        case "done":
            task = plan_of(stage, "feature-plan").task("2.2")
            assert task is not None
            assert task.settled
        case "ask":
            assert text.count("Which currencies?") == 1
        case "log":
            assert log.count("the cache is warm") == 1
        case "link":
            assert pull.count("Task: 2.2") == 1
        case "new":
            assert titles.count("Refund") == 1
    if verb == "start":
        assert len(told(stage, comment)) == 1
    else:
        assert (comment, "+1") in world.repo.reactions


@pytest.mark.parametrize("nth", range(1, 10))
def test_what_somebody_undoes_after_a_crash_stays_undone(stage: Stage, nth: int) -> None:
    """The commit came through, the process died, somebody unticked: the command is not repeated."""
    world, issue = stage.world, stage.issues["feature-plan"]
    world.alice.comment(issue, "/plan done 3.1")
    world.github.interrupt(Crash(), nth=nth, calls="any", after=True)
    with contextlib.suppress(Crash):
        world.settle()
    if "- [x] Hall screen" not in world.repo.text(PATHS["feature-plan"]):
        return
    world.bob.edit_file(
        PATHS["feature-plan"], lambda t: t.replace("- [x] Hall screen", "- [ ] Hall screen")
    )
    world.settle()
    assert "- [ ] Hall screen" in world.repo.text(PATHS["feature-plan"])


@pytest.mark.parametrize("verb", ["done", "ask", "decide", "log", "new", "start"])
def test_a_lost_database_repeats_no_command(stage: Stage, tmp_path: Path, verb: str) -> None:
    """GitHub is asked for its deliveries again: the old command comes a second time."""
    wanted = CASES[verb]
    world = stage.world
    comment = world.alice.comment(stage.issues[wanted.kind], text_for(stage, wanted))
    old = list(world.github.take_deliveries())
    world.send(old)
    world.settle()
    before = {p: world.repo.text(p) for p in world.repo.paths()}
    issues, answers = len(world.repo.issues), len(told(stage, comment))
    path = PATHS["feature-plan"]
    if verb == "done":
        world.bob.edit_file(path, lambda t: t.replace("- [x] Rolling", "- [ ] Rolling"))
        line = "2.2"
        task = plan_of(stage, "feature-plan").task(line)
        assert task is not None
        world.bob.edit_file(path, lambda t: t.replace(f"- [x] {task.text}", f"- [ ] {task.text}"))
        world.settle()
        before[path] = world.repo.text(path)
    lose_database(stage, tmp_path)
    world.send(old)
    world.settle()
    world.settle()
    assert {p: world.repo.text(p) for p in world.repo.paths()} == before
    assert len(world.repo.issues) == issues
    assert len(told(stage, comment)) == answers


def test_a_thumb_by_somebody_else_is_no_acknowledgement(stage: Stage) -> None:
    world = stage.world
    comment = world.alice.comment(stage.issues["feature-plan"], "/plan done 3.1")
    world.repo.other_reactions.append((comment, "+1"))
    world.settle()
    assert "- [x] Hall screen" in world.repo.text(PATHS["feature-plan"])


def test_a_failed_reaction_is_harmless(stage: Stage) -> None:
    world = stage.world
    world.alice.comment(stage.issues["feature-plan"], "/plan done 3.1")
    world.github.interrupt(Retryable("502"), calls="react")
    world.settle()
    assert "- [x] Hall screen" in world.repo.text(PATHS["feature-plan"])


# Edited comments


def test_only_the_new_command_of_an_edited_comment_runs(stage: Stage) -> None:
    world, issue = stage.world, stage.issues["user-story"]
    comment = world.alice.comment(issue, "/plan ask One?\n\nI wonder.")
    world.settle()
    world.new_calls()
    world.alice.edit_comment(comment, "/plan ask One?\n\nI really wonder.")
    world.settle()
    assert world.new_calls() == []
    world.alice.edit_comment(comment, "/plan ask Two?\n\nI really wonder.")
    world.settle()
    questions = [q.text for q in plan_of(stage, "user-story").questions]
    assert questions[-2:] == ["One?", "Two?"]


def test_a_command_that_is_edited_before_it_is_read_counts_as_it_stands(stage: Stage) -> None:
    world, issue = stage.world, stage.issues["feature-plan"]
    comment = world.alice.comment(issue, "/plan done 3.1")
    world.alice.edit_comment(comment, "/plan done 3.2")
    world.settle()
    text = world.repo.text(PATHS["feature-plan"])
    assert "- [ ] Hall screen" in text
    assert "- [x] Phone page" in text


def test_who_edits_a_command_into_somebodys_comment_is_who_gives_it(stage: Stage) -> None:
    """An admin's comment lends nobody the admin's rights."""
    world, issue = stage.world, stage.issues["track-spec"]
    comment = world.person("olivia").comment(issue, "Looks good.")
    world.settle()
    world.bob.edit_comment(comment, "/plan approve Tech Lead")
    world.settle()
    (answer,) = told(stage, comment)
    assert "Only the person named for Tech Lead" in answer
    outsider = world.person("mallory").comment(issue, "Hello")
    world.settle()
    world.bob.edit_comment(outsider, "/plan decide One region")
    world.settle()
    assert "bob — One region" in world.repo.text(PATHS["track-spec"])


def test_a_deleted_command_is_not_obeyed(stage: Stage) -> None:
    world = stage.world
    before = world.repo.text(PATHS["feature-plan"])
    comment = world.alice.comment(stage.issues["feature-plan"], "/plan done 3.1")
    world.repo.delete_comment("alice", comment)
    world.settle()
    assert world.repo.text(PATHS["feature-plan"]) == before


# Pull requests


def test_a_pull_request_of_several_plans_is_told_to_choose(stage: Stage) -> None:
    world = stage.world
    number = stage.pulls["feature-plan"]
    one, two = stage.issues["feature-plan"], stage.issues["task-plan"]
    world.bob.edit_pull(number, body=f"Plan: #{one}\nTask: 2.3\n\nPlan: #{two}\n")
    world.settle()
    before = {p: world.repo.text(p) for p in world.repo.paths()}
    comment = world.alice.comment(number, "/plan done 3.1")
    world.settle()
    (answer,) = told(stage, comment)
    assert "several plans" in answer
    assert {p: world.repo.text(p) for p in world.repo.paths()} == before


def test_a_pull_request_without_a_plan_is_not_ours(stage: Stage) -> None:
    world = stage.world
    world.bob.create_branch("alone")
    world.bob.push_file("x.py", "pass\n", branch="alone")
    number = world.bob.open_pull("alone", "Alone", "Just work.")
    world.settle()
    world.new_calls()
    comment = world.alice.comment(number, "/plan done 3.1")
    world.settle()
    assert world.new_calls() == []
    assert told(stage, comment) == []


def test_link_and_unlink_keep_what_else_the_body_says(stage: Stage) -> None:
    world, number = stage.world, stage.pulls["user-story"]
    body = world.repo.issues[number].body
    stage.say("alice", "user-story", "pull", "/plan link 5, 6")
    linked = world.repo.issues[number].body
    assert linked.startswith(body.rstrip())
    assert linked.endswith(f"Plan: #{stage.issues['user-story']}\nTasks: 5, 6\n")
    rows = {row.number: row for row in plan_of(stage, "user-story").tracking}
    assert number in rows["5"].pulls
    assert number in rows["6"].pulls
    stage.say("alice", "user-story", "pull", "/plan unlink 5")
    assert "Tasks: 6\n" in world.repo.issues[number].body
    rows = {row.number: row for row in plan_of(stage, "user-story").tracking}
    assert number not in rows["5"].pulls
    assert number in rows["6"].pulls
    comment = stage.say("alice", "user-story", "pull", "/plan unlink 2")
    assert "not linked" in told(stage, comment)[0]


@pytest.mark.parametrize("command", ["/plan link 5", "/plan unlink 4"])
def test_what_its_author_writes_meanwhile_is_not_overwritten(stage: Stage, command: str) -> None:
    world, number = stage.world, stage.pulls["user-story"]

    def act() -> None:
        body = world.repo.issues[number].body
        world.bob.edit_pull(number, body=f"{body}\n\nMore words.\n")

    world.alice.comment(number, command)
    world.github.meanwhile(act, calls="pull", after=True)
    world.settle()
    body = world.repo.issues[number].body
    assert body.count("More words.") == 1
    assert ("5" in body.split("More words.")[1]) == ("unlink" not in command)
    assert ("Task: 4" in body) == ("unlink" not in command)


def test_two_links_given_at_once_are_both_kept(stage: Stage) -> None:
    world, number = stage.world, stage.pulls["user-story"]
    for task in ("5", "6"):
        world.alice.comment(number, f"/plan link {task}")
    world.settle()
    rows = {row.number: row for row in plan_of(stage, "user-story").tracking}
    assert number in rows["5"].pulls
    assert number in rows["6"].pulls


@pytest.mark.parametrize("command", ["/plan assign 2 ..", "/plan log S-1 It went well"])
def test_an_odd_command_stops_no_plan(world: World, command: str) -> None:
    """Its plan stands in the root of the repository, where no glob but a chosen one finds it."""
    world.configure("adopt: ['*.md']\n")
    text = "# shop – Root Feature Plan\n\n## Implementation Plan\n\n### Phase 1: All\n- [ ] One\n"
    world.bob.push_file("root.md", text + "\n## Acceptance Checklist\n- [ ] Done\n")
    world.settle()
    issue = world.plan_issue("root.md")
    world.alice.comment(issue, command)
    world.settle()
    world.alice.tick(issue, "One")
    world.settle()
    assert "- [x] One" in world.repo.text("root.md")


def test_a_stopped_plan_answers_and_changes_nothing(stage: Stage) -> None:
    world, path = stage.world, PATHS["feature-plan"]
    world.bob.edit_file(path, lambda t: t.split("### Phase 2")[0])
    world.settle()
    before = world.repo.text(path)
    status = stage.say("alice", "feature-plan", "issue", "/plan status")
    comment = stage.say("alice", "feature-plan", "issue", "/plan done 3.1")
    assert world.repo.text(path) == before
    assert "tasks done" in told(stage, status)[0]
    assert "has stopped" in told(stage, comment)[0]
    stage.say("alice", "feature-plan", "issue", "/plan take issue")
    assert "### Phase 2" in world.repo.text(path)


def test_detached_and_taken_up_again(stage: Stage, tmp_path: Path) -> None:
    world, path, issue = stage.world, PATHS["feature-plan"], stage.issues["feature-plan"]
    stage.say("alice", "feature-plan", "issue", "/plan detach")
    before = world.repo.text(path)
    world.alice.tick(issue, "Hall screen")
    world.settle()
    assert world.repo.text(path) == before
    comment = stage.say("alice", "feature-plan", "issue", "/plan done 3.2")
    assert "mirror of this plan is stopped" in told(stage, comment)[0]
    lose_database(stage, tmp_path)
    world.bob.edit_file(path, lambda t: t + "\nMore.\n")
    world.settle()
    assert "More." not in world.repo.issues[issue].body
    stage.say("alice", "feature-plan", "issue", "/plan sync")
    assert "- [x] Hall screen" in world.repo.text(path)
    assert "More." in world.repo.issues[issue].body
