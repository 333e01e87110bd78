"""Labels and state of the plan issue follow the plan; what people do by hand is left alone."""

from __future__ import annotations

import re

import pytest

from bot.config import RepoConfig
from bot.subjects.plan_labels import LABELS
from tests.orders.plans import PATHS, text_of
from tests.world import World

TASKS, STORY = PATHS["task-plan"], PATHS["user-story"]
FEATURE = PATHS["feature-plan"]


class Labelled:
    def __init__(self, world: World, kind: str) -> None:
        self.world, self.path = world, PATHS[kind]
        world.bob.push_files({self.path: text_of(kind)}, "A plan")
        world.settle()
        self.number = world.plan_issue(self.path)

    @property
    def labels(self) -> set[str]:
        return set(self.world.repo.issues[self.number].labels)

    @property
    def state(self) -> str:
        return self.world.repo.issues[self.number].state

    def say(self, text: str) -> None:
        self.world.alice.comment(self.number, text)
        self.world.settle()

    def finish(self) -> None:
        """Tick every box of the file."""
        tick = re.compile(r"- \[ \] (?!~~)")
        self.world.bob.edit_file(self.path, lambda text: tick.sub("- [x] ", text))
        self.world.settle()


def test_a_blocked_task_labels_the_issue_until_it_is_unblocked(world: World) -> None:
    plan = Labelled(world, "feature-plan")
    assert "plan:blocked" not in plan.labels
    plan.say("/plan block 3.1 no screen yet")
    assert "plan:blocked" in plan.labels
    plan.say("/plan unblock 3.1")
    assert "plan:blocked" not in plan.labels


def test_a_blocked_row_labels_the_issue_too(world: World) -> None:
    plan = Labelled(world, "user-story")
    plan.say("/plan block 4 no printer")
    assert "plan:blocked" in plan.labels
    status = next(c for c in world.repo.comments_on(plan.number) if "plansync:status" in c.body)
    assert "- Task `4`: `no printer`" in status.body
    plan.say("/plan unblock 4")
    assert "plan:blocked" not in plan.labels


def test_a_critical_question_labels_the_issue_until_it_is_answered(world: World) -> None:
    plan = Labelled(world, "task-plan")
    plan.say("/plan ask critical: which disk?")
    assert "plan:needs-clarification" in plan.labels
    number = 1 + text_of("task-plan").count("- [Critical]") + text_of("task-plan").count("- [Nice]")
    plan.say(f"/plan answer {number} the large one")
    assert "plan:needs-clarification" not in plan.labels


def test_a_failed_validation_blocks_a_story(world: World) -> None:
    plan = Labelled(world, "user-story")
    world.bob.edit_file(STORY, lambda t: t.replace("**Result**: PASS", "**Result**: FAIL"))
    world.settle()
    assert "plan:blocked" in plan.labels
    world.bob.edit_file(STORY, lambda t: t.replace("**Result**: FAIL", "**Result**: PASS"))
    world.settle()
    assert "plan:blocked" not in plan.labels


def test_a_plan_that_is_blocked_from_the_start_is_labelled_at_once(world: World) -> None:
    text = text_of("user-story").replace("**Result**: PASS", "**Result**: FAIL")
    world.bob.push_files({STORY: text}, "A plan")
    world.settle()
    assert "plan:blocked" in world.repo.issues[world.plan_issue(STORY)].labels


def test_labels_of_people_stay_whatever_happens(world: World) -> None:
    plan = Labelled(world, "feature-plan")
    for label in ("bug", "plan:later", "Blocked"):
        world.alice.add_label(plan.number, label)
    world.alice.remove_label(plan.number, "documentation")
    plan.say("/plan block 3.1 no screen yet")
    plan.say("/plan unblock 3.1")
    assert {"bug", "plan:later", "Blocked"} <= plan.labels
    assert "documentation" not in plan.labels


def test_a_complete_plan_is_closed_and_opened_again_when_it_is_not(world: World) -> None:
    plan = Labelled(world, "feature-plan")
    plan.finish()
    assert plan.state == "closed"
    assert "plan:complete" in plan.labels
    plan.say("/plan undo 3.1")
    assert plan.state == "open"
    assert "plan:complete" not in plan.labels
    plan.say("/plan done 3.1")
    assert plan.state == "closed"


def test_who_opens_a_complete_plans_issue_again_has_their_way_until_the_plan_changes(
    world: World,
) -> None:
    plan = Labelled(world, "feature-plan")
    plan.finish()
    world.alice.reopen_issue(plan.number)
    world.settle()
    plan.say("/plan status")
    plan.say("/plan sync")
    assert plan.state == "open"
    world.bob.edit_file(FEATURE, lambda t: t + "\nOne more word.\n")
    world.settle()
    assert plan.state == "closed"


def test_an_issue_that_a_person_closed_early_stays_closed(world: World) -> None:
    plan = Labelled(world, "feature-plan")
    world.alice.close_issue(plan.number)
    plan.say("/plan done 3.1")
    plan.say("/plan undo 3.1")
    assert plan.state == "closed"


def test_a_closed_complete_plan_costs_nothing_more(world: World) -> None:
    plan = Labelled(world, "feature-plan")
    plan.finish()
    world.new_calls()
    world.send(list(world.github.deliveries))
    world.settle()
    assert world.new_calls() == []
    body = world.repo.issues[plan.number].body
    world.alice.edit_issue(plan.number, body=body + "\n- x")
    world.alice.edit_issue(plan.number, body=body)
    world.settle()
    assert sorted(world.new_calls()) == ["file", "issue"]


def test_closing_can_be_switched_off(world: World) -> None:
    from dataclasses import replace

    from bot.subjects import plan_decide
    from bot.subjects.plan_labels import state_changes

    assert RepoConfig().close_when_complete
    off = replace(RepoConfig(), close_when_complete=False)
    plan = Labelled(world, "feature-plan")
    plan.finish()
    memory = world.store.plan(world.repo.id, FEATURE)
    assert memory is not None
    issue = world.github.reader(world.repo.ref).issue(plan.number)
    file = world.github.reader(world.repo.ref).file(FEATURE)  # type: ignore[arg-type]
    assert issue is not None
    assert file is not None
    snapshot = plan_decide.PlanSnapshot(file.path, replace(memory, closed_for=""), file, issue)
    opened = replace(issue, state="open")
    bases = plan_decide.PlanSnapshot.__dataclass_fields__["bases"].default
    snapshot = replace(
        snapshot, issue=opened, bases=replace(bases, agreed=file.text, file=file.text)
    )
    kinds = [type(c).__name__ for c in plan_decide.decide(snapshot, RepoConfig()).changes]
    assert "SetState" in kinds
    kinds = [type(c).__name__ for c in plan_decide.decide(snapshot, off).changes]
    assert "SetState" not in kinds
    assert state_changes(opened, None, "x", "") == ([], "")


@pytest.mark.parametrize("label", LABELS)
def test_every_label_says_what_it_means(label: str) -> None:
    assert label.startswith("plan:")
    assert LABELS[label].endswith(".")
