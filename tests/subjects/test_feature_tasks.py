"""Pull requests that name tasks of an implementation plan's ``tasks.md``, and its branch."""

from __future__ import annotations

import pytest

from tests.formats.plans_at_hand import filled_files, filled_text
from tests.subjects.test_pulls import Feature
from tests.world import World

FOLDER = "plans/core/billing/EPIC-12/features/031-credit-notes"
PATH = f"{FOLDER}/impl-plan.md"
TASKS = f"{FOLDER}/tasks.md"
LIST = "# Tasks: Credit notes\n\n## Phase 1: Setup\n\n- [ ] T001 Begin\n- [ ] T002 [P] Go on\n"


class CreditNotes(Feature):
    """An implementation plan with its checklists and a short list of tasks."""

    def __init__(self, world: World) -> None:
        files = {path: text for path, text in filled_files().items() if path.startswith(FOLDER)}
        world.bob.push_files({**files, TASKS: LIST}, "Plan")
        super().__init__(world, filled_text("implementation-plan"), PATH)

    def tasks(self) -> list[str]:
        text = self.world.repo.text(TASKS)
        return [line[6:10] for line in text.splitlines() if line.startswith("- [x] ")]


@pytest.fixture
def notes(world: World) -> CreditNotes:
    return CreditNotes(world)


def test_a_merge_ticks_the_task_in_its_own_file(notes: CreditNotes) -> None:
    world = notes.world
    before = world.repo.text(PATH)
    number = notes.pull(f"Plan: #{notes.issue}\n", title="[T002] Go on")
    assert notes.tasks() == []
    world.alice.merge_pull(number)
    world.settle()
    assert notes.tasks() == ["T002"]
    assert world.repo.text(PATH) == before
    commits = len(world.repo.git.commits)
    for delivery in list(world.github.deliveries):
        if delivery.event == "pull_request":
            world.send([delivery])
            world.settle()
    assert len(world.repo.git.commits) == commits
    undo = notes.pull(f"Reverts #{number}", "undo")
    world.alice.merge_pull(undo)
    world.settle()
    assert notes.tasks() == []


def test_a_task_that_is_listed_later_is_found(notes: CreditNotes) -> None:
    world = notes.world
    number = notes.pull(f"Plan: #{notes.issue}\nTask: T003\n")
    world.alice.merge_pull(number)
    world.settle()
    world.bob.edit_file(TASKS, lambda text: text + "- [ ] T003 End\n")
    world.settle()
    assert notes.tasks() == ["T003"]


def test_the_branch_that_the_plan_names_links_it(notes: CreditNotes) -> None:
    world = notes.world
    branch = "031-credit-notes"
    assert f"`{branch}`" in world.repo.text(PATH) or branch in world.repo.text(PATH)
    number = notes.pull("Task: T001", branch)
    world.alice.merge_pull(number)
    world.settle()
    assert notes.tasks() == ["T001"]


def test_a_person_s_tick_elsewhere_is_left(notes: CreditNotes) -> None:
    world = notes.world
    world.bob.edit_file(TASKS, lambda text: text.replace("- [ ] T001", "- [x] T001"))
    number = notes.pull(f"Plan: #{notes.issue}\nTask: T001\n")
    world.bob.close_pull(number)
    world.settle()
    assert notes.tasks() == ["T001"]
