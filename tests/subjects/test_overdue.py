"""A due date that has passed: told once, labelled, and nothing is written the days after."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.standing import digest_of
from bot.sweeps import sweep_drift
from tests.subjects.desk import Desk
from tests.subjects.test_pulls import Feature, forget
from tests.subjects.test_story_log import PATH, TEXT
from tests.world import World

DAY = timedelta(days=1)


class Due(Feature):
    """A task plan whose first story is due in three days."""

    def __init__(self, world: World) -> None:
        self.due = (world.github.now + 3 * DAY).date()
        line = f"- Story ID: S-1 | Priority: P0 | Owner: Farida | Due: {self.due}\n"
        text = TEXT.replace("### Story [S-1]: Query\n", f"### Story [S-1]: Query\n{line}", 1)
        super().__init__(world, text, PATH)

    @property
    def labels(self) -> set[str]:
        return set(self.world.repo.issues[self.issue].labels)

    def told(self) -> list[str]:
        comments = self.world.repo.comments_on(self.issue)
        return [c.body for c in comments if c.body.startswith("<!-- plansync:overdue")]

    def status(self) -> str:
        comments = self.world.repo.comments_on(self.issue)
        (found,) = [c.body for c in comments if "plansync:status" in c.body.split("\n")[0]]
        return found

    def days(self, count: int) -> list[str]:
        """Days on which nothing but the drift sweep looks; the writes of the last one."""
        for _ in range(count):
            self.world.github.calls.clear()
            self.world.github.now += DAY + timedelta(hours=1)
            sweep_drift(self.world.store, self.world.github.now)
            self.world.settle()
        return self.world.github.writes


@pytest.fixture
def due(world: World) -> Due:
    world.pause = timedelta(0)
    return Due(world)


def test_it_comes_true_with_the_daily_look_and_is_told_once(due: Due) -> None:
    assert due.days(2) == []
    assert due.told() == []
    assert "plan:blocked" not in due.labels
    due.days(2)
    assert "plan:blocked" in due.labels
    (told,) = due.told()
    assert f"`S-1 was due on {due.due}.`" in told
    assert f"S-1 was due on {due.due}" in due.status()
    assert due.days(1) == []
    assert due.days(3) == []
    assert len(due.told()) == 1


def test_another_date_ends_it_and_is_told_of_its_own(due: Due) -> None:
    due.days(4)
    later = due.due + 4 * DAY
    due.world.bob.edit_file(PATH, lambda text: text.replace(f"Due: {due.due}", f"Due: {later}"))
    due.world.settle()
    assert "plan:blocked" not in due.labels
    assert "was due on" not in due.status()
    due.days(4)
    assert "plan:blocked" in due.labels
    assert len(due.told()) == 2


def second_story(due: Due) -> None:
    """A second story, due a day later."""
    line = f"- Story ID: S-2 | Priority: P0 | Owner: Al | Due: {due.due + DAY}\n"
    title = next(one for one in TEXT.splitlines() if one.startswith("### Story [S-2]"))
    due.world.bob.edit_file(PATH, lambda t: t.replace(f"{title}\n", f"{title}\n{line}", 1))
    due.world.settle()


def test_what_was_told_is_not_told_again_when_the_database_is_lost(
    due: Due, tmp_path: Path
) -> None:
    second_story(due)
    due.days(7)
    assert [f"S-{n} was due on" in told for n, told in enumerate(due.told(), 1)] == [True, True]
    world = due.world
    forget(world, tmp_path)
    world.bob.edit_file(PATH, lambda text: f"{text}\nMore.\n")
    world.settle()
    assert "plan:blocked" in due.labels
    assert len(due.told()) == 2
    third = due.due + 5 * DAY
    world.bob.edit_file(PATH, lambda text: text.replace(f"{due.due}", f"{third}", 1))
    world.settle()
    due.days(3)
    assert len(due.told()) == 3
    assert "S-2" not in due.told()[2]


def test_a_story_that_is_done_is_never_overdue(due: Due) -> None:
    for task in ("Write the query", "Limit it", "All criteria met for Query"):
        due.world.alice.tick(due.issue, task)
    due.world.alice.change_body(
        due.issue, lambda b: b.replace("- [ ] Decision Log", "- [x] Decision Log", 1)
    )
    due.world.settle()
    due.days(5)
    assert due.told() == []
    assert "plan:blocked" not in due.labels


def test_the_check_of_a_pull_request_and_the_list_of_plans_know_it(due: Due) -> None:
    desk = Desk(due.world)
    desk.pull(f"Plan: #{due.issue}\nTask: S-1/T-1\n", branch="early")
    assert "was due on" not in desk.check.summary
    due.days(4)
    desk.pull(f"Plan: #{due.issue}\nTask: S-1/T-1\n", branch="late")
    assert "S-1 was due on" in desk.check.summary
    row = due.world.store.plan_row(due.world.repo.id, PATH)
    assert row is not None
    assert "was due on" in row.summary.blocker


def test_an_open_pull_request_is_checked_again_when_the_day_has_come(due: Due) -> None:
    desk = Desk(due.world)
    desk.pull(f"Plan: #{due.issue}\nTask: S-1/T-1\n")
    assert "was due on" not in desk.check.summary
    due.days(4)
    assert "S-1 was due on" in desk.check.summary
    checks = len(desk.checks)
    due.days(2)
    assert len(desk.checks) == checks


def test_only_a_plan_with_due_dates_is_summarised_anew_each_day(due: Due) -> None:
    memory = due.world.store.plan(due.world.repo.id, PATH)
    assert memory is not None
    one, other = date(2026, 1, 1), date(2026, 1, 2)
    assert digest_of(memory, one) != digest_of(memory, other)
