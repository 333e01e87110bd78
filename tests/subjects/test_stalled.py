"""A story whose log entries bring no newly ticked box: told once, labelled, ended by a tick."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.standing import digest_of
from bot.sweeps import sweep_drift
from tests.fake_github import Crash
from tests.subjects.desk import Desk, work_again
from tests.subjects.test_pulls import forget
from tests.subjects.test_story_log import PATH, Tasks
from tests.world import World

SAID = "The last three log entries of S-1 brought no newly ticked box."
MINUTE = timedelta(minutes=1)


class Slow(Tasks):
    """A task plan whose first story gets along slowly."""

    def pass_time(self) -> None:
        self.world.github.now += MINUTE

    def note(self, words: str = "S-1 still looking", *, times: int = 1) -> None:
        for _ in range(times):
            self.pass_time()
            self.world.alice.comment(self.issue, f"/plan log {words}")
            self.world.settle()

    def merge(self, branch: str, task: str = "S-1/T-1") -> None:
        """A merged pull request that names this task."""
        self.pass_time()
        number = self.pull(f"Plan: #{self.issue}\nTask: {task}\n", branch, title=branch)
        self.world.alice.merge_pull(number)
        self.world.settle()

    def tick(self, text: str) -> None:
        self.pass_time()
        self.world.alice.tick(self.issue, text)
        self.world.settle()

    def is_blocked(self) -> bool:
        return "plan:blocked" in self.world.repo.issues[self.issue].labels

    def told(self) -> list[str]:
        comments = self.world.repo.comments_on(self.issue)
        return [c.body for c in comments if c.body.startswith("<!-- plansync:stalled ")]

    def status(self) -> str:
        comments = self.world.repo.comments_on(self.issue)
        (found,) = [c.body for c in comments if "plansync:status" in c.body.split("\n")[0]]
        return found

    def blocker(self) -> str:
        """What the list of plans says."""
        row = self.world.store.plan_row(self.world.repo.id, PATH)
        assert row is not None
        return row.summary.blocker


@pytest.fixture
def slow(world: World) -> Slow:
    world.pause = timedelta(0)
    return Slow(world)


def test_three_notes_without_a_tick_are_told_once_and_a_tick_ends_it(slow: Slow) -> None:
    slow.note(times=2)
    assert (slow.told(), slow.is_blocked(), slow.blocker()) == ([], False, "")
    slow.note()
    assert len(slow.log()) == 3
    (told,) = slow.told()
    assert "Story **S-1** stands still" in told
    assert slow.is_blocked()
    assert SAID in slow.status()
    assert slow.blocker() == SAID
    slow.note()
    slow.world.new_calls()
    slow.world.bob.edit_file(PATH, lambda text: text.replace("Exports.", "All exports."))
    slow.world.settle()
    assert "comments" not in slow.world.new_calls()
    assert slow.is_blocked()
    assert len(slow.told()) == 1
    slow.tick("Write the query")
    assert not slow.is_blocked()
    assert SAID not in slow.status()
    assert slow.blocker() == ""
    assert len(slow.told()) == 1


def test_it_is_told_again_when_it_comes_again(slow: Slow) -> None:
    slow.note(times=3)
    slow.tick("Write the query")
    slow.note(times=2)
    assert not slow.is_blocked()
    slow.note()
    assert slow.is_blocked()
    assert len(slow.told()) == 2


def test_merged_pull_requests_that_tick_nothing_new(slow: Slow) -> None:
    slow.merge("one")
    assert slow.ticked() == ["Write the query"]
    for branch in ("two", "three"):
        slow.merge(branch)
    assert not slow.is_blocked()
    slow.merge("four")
    assert [entry[0] for entry in slow.log()] == ["S-1"] * 4
    assert slow.is_blocked()
    assert len(slow.told()) == 1


def test_merged_pull_requests_that_tick_are_no_standstill(slow: Slow) -> None:
    for branch, task in (("one", "S-1/T-1"), ("two", "S-1/T-2"), ("three", "S-2/T-1")):
        slow.merge(branch, task)
    slow.merge("four", "S-2/T-2")
    assert len(slow.log()) == 4
    assert not slow.told()
    assert SAID not in slow.status()


def test_a_clock_of_github_that_is_ahead_makes_no_entry_newer_than_its_tick(slow: Slow) -> None:
    slow.note(times=2)
    slow.pass_time()
    number = slow.pull(f"Plan: #{slow.issue}\nTask: S-1/T-1\n")
    slow.world.github.now += 10 * MINUTE
    slow.world.alice.merge_pull(number)
    slow.world.github.now -= 10 * MINUTE
    slow.world.settle()
    slow.world.github.now += 10 * MINUTE
    assert slow.ticked() == ["Write the query"]
    slow.note(times=2)
    assert not slow.is_blocked()
    slow.note()
    assert slow.is_blocked()


def test_each_story_is_counted_by_itself(slow: Slow) -> None:
    slow.note(times=2)
    slow.note("S-2 not begun", times=2)
    assert not slow.is_blocked()
    slow.tick("Stream it")
    slow.note()
    assert slow.is_blocked()
    slow.note("S-2 not begun", times=3)
    assert [body.partition("**")[2][:3] for body in slow.told()] == ["S-1", "S-2"]


def test_a_box_that_is_unticked_and_one_that_is_new_are_no_tick(slow: Slow) -> None:
    slow.tick("Write the query")
    slow.note(times=3)
    slow.world.alice.untick(slow.issue, "Write the query")
    slow.world.settle()
    slow.world.bob.edit_file(
        PATH, lambda text: text.replace("- [ ] Limit it\n", "- [ ] Think\n- [ ] Limit it\n")
    )
    slow.world.settle()
    assert slow.is_blocked()
    assert len(slow.told()) == 1


def test_a_story_that_is_finished_stands_still_no_more(slow: Slow) -> None:
    slow.note(times=3)
    boxes = ("Write the query", "Limit it", "All criteria met for Query")
    for text in boxes:
        slow.world.alice.tick(slow.issue, text)
    slow.world.settle()
    assert slow.log()[-1] == ("S-1", "Done", "done")
    assert not slow.is_blocked()
    assert len(slow.told()) == 1


def test_a_story_that_is_gone_stands_still_no_more(slow: Slow) -> None:
    slow.note("S-2 not begun", times=3)
    assert slow.is_blocked()
    head, _, rest = slow.world.repo.text(PATH).partition("### Story [S-2]")
    slow.world.bob.push_file(PATH, head + "## Tests" + rest.partition("## Tests")[2])
    slow.world.settle()
    slow.world.alice.comment(slow.issue, "/plan sync confirm")
    slow.world.settle()
    assert not slow.is_blocked()
    memory = slow.world.store.plan(slow.world.repo.id, PATH)
    assert memory is not None
    assert memory.stalled == ()
    assert [one.partition("=")[0] for one in memory.ticked_at] == ["S-1"]


def test_a_lost_database_raises_no_alarm(slow: Slow, tmp_path: Path) -> None:
    slow.note(times=2)
    slow.pass_time()
    forget(slow.world, tmp_path)
    slow.note()
    assert len(slow.log()) == 3
    assert not slow.is_blocked()
    assert slow.told() == []
    slow.note()
    assert not slow.is_blocked()


def test_a_plan_that_comes_with_a_long_log_raises_no_alarm(world: World) -> None:
    world.pause = timedelta(0)
    slow = Slow(world)
    entry = "\n## [S-1] try — 2024-05-0{n}T10:00:00Z\n- Attempt: a\n- Result: b\n- Evidence: c\n"
    entry += "- Decision: refine\n- Next step: d\n"
    entries = "".join(entry.format(n=n) for n in range(1, 6))
    world.bob.edit_file(PATH.replace("plan.md", "decision-log.md"), lambda text: text + entries)
    slow.note(times=2)
    assert len(slow.log()) == 7
    assert not slow.is_blocked()


def test_a_second_look_and_a_redelivery_write_nothing(slow: Slow) -> None:
    slow.note(times=3)
    assert work_again(slow.world) == []
    slow.world.github.now += timedelta(days=1, hours=1)
    slow.world.github.calls.clear()
    sweep_drift(slow.world.store, slow.world.github.now)
    slow.world.settle()
    assert slow.world.github.writes == []
    assert slow.is_blocked()


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Crash(), Retryable("502 Bad Gateway")], ids=["crash", "502"])
def test_a_write_that_is_cut_short_is_told_once(
    slow: Slow, error: BaseException, after: bool, nth: int
) -> None:
    world = slow.world
    slow.note(times=2)
    slow.pass_time()
    world.alice.comment(slow.issue, "/plan log S-1 still looking")
    world.github.interrupt(error, nth=nth, after=after)
    world.send()
    with suppress(Crash):
        world.work()
    world.github.calm()
    slow.pass_time()
    world.settle()
    assert len(slow.log()) == 3
    assert len(slow.told()) == 1
    assert slow.is_blocked()


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_tick_whose_writes_are_cut_short_counts(slow: Slow, after: bool, nth: int) -> None:
    world = slow.world
    slow.note(times=3)
    slow.pass_time()
    world.alice.tick(slow.issue, "Write the query")
    world.github.interrupt(Crash(), nth=nth, after=after)
    world.send()
    with suppress(Crash):
        world.work()
    world.github.calm()
    slow.pass_time()
    world.settle()
    assert not slow.is_blocked()
    slow.note(times=2)
    assert not slow.is_blocked()


def test_checks_and_commands_and_summaries_know_it(slow: Slow) -> None:
    desk = Desk(slow.world)
    desk.pull(f"Plan: #{slow.issue}\nTask: S-1/T-1\n", branch="early")
    assert SAID not in desk.check.summary
    before = slow.world.store.plan(slow.world.repo.id, PATH)
    slow.note(times=3)
    assert SAID in desk.check.summary
    checks = len(desk.checks)
    slow.note()
    assert len(desk.checks) == checks
    after = slow.world.store.plan(slow.world.repo.id, PATH)
    assert before is not None
    assert after is not None
    today = slow.world.github.now.date()
    assert digest_of(before, today) != digest_of(after, today)
    slow.world.alice.comment(slow.issue, "/plan status")
    slow.world.settle()
    assert "Blocked" in slow.world.repo.comments_on(slow.issue)[-1].body
    slow.tick("Write the query")
    assert SAID not in desk.check.summary


def test_where_the_branch_takes_no_commits_what_waits_counts(slow: Slow) -> None:
    slow.world.repo.protected = True
    slow.note(times=2)
    slow.tick("Write the query")
    slow.note(times=2)
    assert not slow.is_blocked()
    slow.note()
    assert slow.is_blocked()
    assert len(slow.told()) == 1
    slow.note()
    assert slow.is_blocked()
    slow.tick("Limit it")
    assert not slow.is_blocked()
