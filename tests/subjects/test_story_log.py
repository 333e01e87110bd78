"""A task plan's decision log: what is written into it, and that it is written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.decision_log import read_decision_log
from bot.plans.document import parse_document
from bot.store import Store
from tests.subjects.test_pulls import Feature, forget
from tests.world import World

FOLDER = "tasks/export-20250502T081500Z"
PATH = f"{FOLDER}/plan.md"
LOG = f"{FOLDER}/decision-log.md"

STORY = """\
### Story [S-{n}]: {title}

#### Tasks Checklist
- [ ] {first}
- [ ] {second}

#### Story Exit Checklist (AC Gate)
- [ ] All criteria met for {title}
- [ ] Decision Log includes final "Done" entry for this story
"""
TEXT = (
    "# Plan\n\n## Task Overview\nExports.\n\n## Clarification Questions\n\n## User Stories\n\n"
    + STORY.format(n=1, title="Query", first="Write the query", second="Limit it")
    + "\n"
    + STORY.format(n=2, title="Download", first="Stream it", second="Name the file")
    + "\n## Tests to Run\n- none\n"
)


class Tasks(Feature):
    """A task plan with two stories, its decision log and its issue."""

    def __init__(self, world: World) -> None:
        world.bob.push_files(
            {
                LOG: "# Decision Log\n",
                f"{FOLDER}/runs/S-1/20250503T080000Z/test-report.md": "ok\n",
                f"{FOLDER}/runs/S-1/20250504T080000Z/test-report.md": "ok\n",
            },
            "Begin",
        )
        super().__init__(world, TEXT, PATH)

    def log(self) -> list[tuple[str, str, str]]:
        """Story, outcome and decision of each entry; every entry is whole."""
        entries = read_decision_log(parse_document(self.world.repo.text(LOG)))
        assert all(entry.missing == () and entry.time is not None for entry in entries)
        return [(entry.story, entry.outcome, entry.decision) for entry in entries]


@pytest.fixture
def tasks(world: World) -> Tasks:
    return Tasks(world)


def test_a_merged_pull_request_is_logged_once_for_each_story(tasks: Tasks) -> None:
    world = tasks.world
    body = f"Plan: #{tasks.issue}\nTasks: S-1/T-1, S-1/T-2, S-2/T-1\n"
    number = tasks.pull(body, title="Query @all | `x` <!-- y")
    assert tasks.log() == []
    world.alice.merge_pull(number)
    world.settle()
    named = f"#{number} merged"
    assert tasks.log() == [("S-1", named, "continue"), ("S-2", named, "continue")]
    first = read_decision_log(parse_document(world.repo.text(LOG)))[0]
    assert first.result == "merged by alice, S-1/T-1, S-1/T-2 done"
    assert first.evidence == "runs/S-1/20250504T080000Z/"
    assert first.next_step == "Story Exit Checklist"
    assert "@all" not in world.repo.text(LOG)
    assert "<!-- y" not in world.repo.text(LOG)
    assert tasks.ticked() == ["Write the query", "Limit it", "Stream it"]
    commit = world.repo.git.commits[world.repo.git.branches["main"]]
    assert set(world.repo.git.changed(commit.parents[0], commit.sha)) == {PATH, LOG}


@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
def test_nothing_is_logged_twice(tasks: Tasks, tmp_path: Path, lost: bool) -> None:
    world = tasks.world
    number = tasks.pull(f"Plan: #{tasks.issue}\nTask: S-1/T-1\n")
    world.alice.merge_pull(number)
    world.settle()
    if lost:
        forget(world, tmp_path)
    before = world.repo.text(LOG)
    for delivery in list(world.github.deliveries):
        if delivery.event == "pull_request":
            world.send([delivery])
            world.settle()
    assert world.repo.text(LOG) == before
    assert len(tasks.log()) == 1


def test_ids_in_titles_and_commit_subjects_count(tasks: Tasks) -> None:
    world = tasks.world
    number = tasks.pull(
        f"Part of #{tasks.issue}.", title="[S-1/T-2] Limit", message="[S‑2/T‑1] Stream it\n\nWhy."
    )
    world.alice.merge_pull(number)
    world.settle()
    assert tasks.ticked() == ["Limit it", "Stream it"]


def test_a_commit_that_is_pushed_later_names_its_task(tasks: Tasks) -> None:
    world = tasks.world
    number = tasks.pull(f"Plan: #{tasks.issue}\n", message="Begin")
    world.bob.push_file("src/b.py", "pass\n", "[S-1/T-1] Query", "work")
    world.settle()
    world.alice.merge_pull(number)
    world.settle()
    assert tasks.ticked() == ["Write the query"]


def test_a_story_whose_last_box_asks_for_the_entry_gets_both(tasks: Tasks) -> None:
    world = tasks.world
    number = tasks.pull(f"Plan: #{tasks.issue}\nTasks: S-1/T-1, S-1/T-2\n")
    world.alice.merge_pull(number)
    world.settle()
    assert [entry[2] for entry in tasks.log()] == ["continue"]
    world.bob.tick(tasks.issue, "All criteria met for Query")
    world.settle()
    assert tasks.log()[-1] == ("S-1", "Done", "done")
    assert len(tasks.log()) == 2
    assert tasks.ticked()[-1].startswith("Decision Log includes final")
    last = read_decision_log(parse_document(world.repo.text(LOG)))[-1]
    assert last.next_step == "Story S-2 Download"
    world.bob.untick(tasks.issue, "All criteria met for Query")
    world.settle()
    assert len(tasks.log()) == 2


def test_a_story_is_completed_by_a_merge_too(tasks: Tasks) -> None:
    world = tasks.world
    world.bob.tick(tasks.issue, "All criteria met for Query")
    world.settle()
    number = tasks.pull(f"Plan: #{tasks.issue}\nTasks: S-1/T-1, S-1/T-2\n")
    world.alice.merge_pull(number)
    world.settle()
    assert tasks.log() == [("S-1", f"#{number} merged", "continue"), ("S-1", "Done", "done")]


def test_an_entry_that_a_person_wrote_is_not_doubled(tasks: Tasks) -> None:
    world = tasks.world
    entry = "\n## [S-1] Done — 2025-05-04T10:00:00Z\n- Attempt: all\n- Result: pass\n"
    world.bob.edit_file(
        LOG, lambda t: t + entry + "- Evidence: x\n- Decision: done\n- Next step: S-2\n"
    )
    for text in ("Write the query", "Limit it", "All criteria met for Query"):
        world.bob.tick(tasks.issue, text)
    world.settle()
    assert tasks.log() == [("S-1", "Done", "done")]
    assert len(tasks.ticked()) == 4


def test_a_stop_token_is_logged_when_it_comes_and_when_it_goes(tasks: Tasks) -> None:
    world = tasks.world
    line = "BLOCKED: the database @dba is away\n"
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Limit it\n", f"- [ ] Limit it\n\n{line}"))
    world.settle()
    assert tasks.log() == [("S-1", "BLOCKED stands in the plan", "blocked")]
    world.bob.edit_file(PATH, lambda t: t + "\nMore.\n")
    world.settle()
    assert len(tasks.log()) == 1
    world.bob.edit_file(PATH, lambda t: t.replace(f"\n{line}", ""))
    world.settle()
    assert tasks.log()[-1] == ("S-1", "BLOCKED is lifted", "continue")
    assert len(tasks.log()) == 2


def test_without_a_log_the_box_is_left_for_people(world: World) -> None:
    feature = Feature(world, TEXT, PATH)
    for text in ("Write the query", "Limit it", "All criteria met for Query"):
        world.bob.tick(feature.issue, text)
    world.settle()
    assert len(feature.ticked()) == 3
    assert LOG not in world.repo.paths()


def test_a_tick_of_a_task_plan_costs_what_every_tick_costs(tasks: Tasks) -> None:
    world = tasks.world
    world.new_calls()
    world.bob.tick(tasks.issue, "Write the query")
    world.send()
    world.work()
    assert world.new_calls() == ["file", "issue", "put_file", "edit_comment"]
    assert isinstance(world.store, Store)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_entry_for_what_the_file_says_outlives_a_write_that_is_cut_short(
    tasks: Tasks, nth: int, after: bool
) -> None:
    world = tasks.world
    world.bob.edit_file(
        PATH, lambda text: text.replace("Exports.", "Exports.\n\n- BLOCKED: no access")
    )
    world.github.interrupt(Retryable("502"), nth=nth, after=after)
    world.send()
    world.work()
    world.github.calm()
    world.settle()
    assert tasks.log() == [("S-1", "BLOCKED stands in the plan", "blocked")]
