"""What the issue does not show waits as well: front matter, long text, the file beside the plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.plans.render import body_form
from bot.rolling import BRANCH
from bot.rolling_body import parse_entries
from tests.fake_github import Crash
from tests.orders.plans import PATHS, text_of
from tests.refused.conftest import Plan, pulls
from tests.refused.test_protected import squash
from tests.subjects.features import GATE, REQUIREMENTS, TASKS, Notes
from tests.subjects.features import PATH as FEATURE
from tests.subjects.test_large_plans import Long, long_plan
from tests.subjects.test_pulls import forget
from tests.subjects.test_story_log import LOG, Tasks
from tests.world import World

SPEC = PATHS["track-spec"]
PROSE = "Why it is so, said at some length and read by few. " * 12
DECISION = "We begin with one region"
OTHER = "Then we add the second"


@pytest.fixture
def spec(world: World) -> Plan:
    """A specification too long for its issue, in a repository that takes no commits."""
    text = text_of("track-spec")
    where = text.index("## ", text.index("\n---", 3) + 4)
    long = "".join(f"\n{n}. {PROSE}\n" for n in range(100))
    world.bob.push_file(SPEC, text[:where] + long + "\n" + text[where:])
    world.settle()
    plan = Plan(world, world.plan_issue(SPEC), SPEC)
    assert body_form(world.repo.issues[plan.number].body) == "short"
    world.repo.protected = True
    return plan


def say(plan: Plan, text: str) -> None:
    plan.world.alice.comment(plan.number, text)
    plan.world.settle()


def look(plan: Plan) -> None:
    """Something happens that is no news: the plan is looked at again."""
    body = plan.repo.issues[plan.number].body
    plan.world.alice.edit_issue(plan.number, body=body + "\n\nx\n")
    plan.world.alice.edit_issue(plan.number, body=body)
    plan.world.settle()


def merge(plan: Plan) -> None:
    plan.world.bob.merge_pull(pulls(plan.world)[-1].number)
    plan.world.settle()


def lift(plan: Plan) -> None:
    plan.world.repo.protected = False
    look(plan)


def merge_squashed(plan: Plan) -> None:
    squash(plan.world)
    plan.world.settle()


def close_and_go_on(plan: Plan) -> None:
    plan.world.bob.close_pull(pulls(plan.world)[-1].number)
    look(plan)
    say(plan, "/plan decide Nothing else")
    merge(plan)


ENDS = [merge, merge_squashed, lift, close_and_go_on]


def test_what_the_issue_does_not_show_is_not_withdrawn(spec: Plan) -> None:
    say(spec, f"/plan decide {DECISION}")
    assert DECISION in spec.waiting
    assert DECISION not in spec.issue
    look(spec)
    assert DECISION in spec.waiting
    (pull,) = pulls(spec.world)
    assert (pull.state, spec.memory.proposed) == ("open", pull.number)


@pytest.mark.parametrize("end", ENDS)
def test_it_lands_once_however_that_comes(spec: Plan, end: Callable[[Plan], None]) -> None:
    say(spec, f"/plan decide {DECISION}")
    look(spec)
    say(spec, f"/plan decide {OTHER}")
    end(spec)
    assert (spec.file.count(DECISION), spec.file.count(OTHER)) == (1, 1)
    assert spec.memory.proposed is None
    assert spec.memory.waiting_text == ""
    assert all(pull.state == "closed" for pull in pulls(spec.world))
    before = spec.file
    look(spec)
    assert spec.file == before


def test_front_matter_that_waits_stays_beside_what_the_branch_changes(spec: Plan) -> None:
    """Somebody changes a field on our branch, somebody another one on the default branch."""
    world = spec.world
    say(spec, f"/plan decide {DECISION}")
    world.bob.edit_file(SPEC, lambda t: t.replace("dirty: false", "dirty: true"), branch=BRANCH)
    world.bob.edit_file(SPEC, lambda t: t.replace("generated_by:", "generated_by: x", 1))
    world.settle()
    assert "dirty: true" in spec.waiting
    assert "generated_by: x" in spec.waiting
    assert DECISION in spec.waiting
    merge(spec)
    assert "dirty: true" in spec.file


def test_a_lost_database_loses_nothing_of_it(spec: Plan, tmp_path: Path) -> None:
    say(spec, f"/plan decide {DECISION}")
    forget(spec.world, tmp_path)
    look(spec)
    assert DECISION in spec.waiting
    say(spec, f"/plan decide {OTHER}")
    merge(spec)
    assert (spec.file.count(DECISION), spec.file.count(OTHER)) == (1, 1)


def test_a_plan_that_is_stopped_leaves_what_waits(spec: Plan) -> None:
    say(spec, f"/plan decide {DECISION}")
    body = spec.repo.issues[spec.number].body
    marker = body.splitlines()[0]
    spec.world.alice.edit_issue(spec.number, body=f"{marker}\n")
    spec.world.settle()
    assert spec.memory.stopped
    assert pulls(spec.world)[0].state == "open"
    assert DECISION in spec.waiting
    spec.world.alice.edit_issue(spec.number, body=body)
    spec.world.settle()
    merge(spec)
    assert spec.file.count(DECISION) == 1


def test_a_detached_plan_leaves_what_waits(spec: Plan) -> None:
    say(spec, f"/plan decide {DECISION}")
    say(spec, "/plan detach")
    look(spec)
    assert pulls(spec.world)[0].state == "open"
    say(spec, "/plan sync")
    assert DECISION in spec.waiting
    merge(spec)
    assert spec.file.count(DECISION) == 1


def test_words_written_into_a_short_issue_wait_too(world: World) -> None:
    long = Long(world, long_plan())
    world.repo.protected = True
    world.alice.change_body(
        long.issue, lambda b: b.replace("## Risk", "Only people who know say this.\n\n## Risk")
    )
    world.settle()
    plan = Plan(world, long.issue, "plan_docs/long.md")
    assert "Only people who know" in plan.waiting
    look(plan)
    assert "Only people who know" in plan.waiting
    merge(plan)
    assert plan.file.count("Only people who know") == 1


def test_an_untick_of_what_waits_counts_though_the_branch_had_it_changed(plan: Plan) -> None:
    """The tick waits, the default branch moves on, the tick is taken back: nothing waits."""
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.bob.edit_file(plan.path, lambda t: t.replace("- [ ] Rules of", "- [x] Rules, all of"))
    world.settle()
    world.alice.untick(plan.number, "Backend/API changes")
    world.settle()
    assert "- [ ] Backend/API changes" in plan.file
    assert [pull.state for pull in pulls(world)] == ["closed"]
    assert plan.same()


def test_merged_and_unticked_in_the_file_before_anybody_looked(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.bob.merge_pull(pulls(world)[0].number)
    world.bob.edit_file(plan.path, lambda t: t.replace("- [x] Backend", "- [ ] Backend"))
    world.settle()
    assert "- [ ] Backend/API changes" in plan.file
    assert plan.same()
    assert [pull.state for pull in pulls(world)] == ["closed"]


def test_both_changed_the_same_words_and_it_is_told_once(plan: Plan) -> None:
    world = plan.world
    world.alice.change_body(plan.number, lambda b: b.replace("Rules of the domain", "Our rules"))
    world.settle()
    assert "Our rules" in plan.waiting
    world.bob.edit_file(plan.path, lambda t: t.replace("Rules of the domain", "Their rules"))
    world.settle()
    look(plan)
    told = [c.body for c in world.repo.comments_on(plan.number) if "plansync:conflict" in c.body]
    assert len(told) == 1
    assert "Our rules" in told[0]
    assert "Their rules" in plan.issue
    assert "plan:conflict" in world.repo.issues[plan.number].labels


# The file beside the plan


@pytest.fixture
def tasks(world: World) -> Plan:
    made = Tasks(world)
    world.repo.protected = True
    return Plan(world, made.issue, made.path)


def log(plan: Plan, branch: str | None = None) -> str:
    return plan.repo.text(LOG, branch) if branch else plan.repo.text(LOG)


def test_a_second_entry_is_put_beside_the_first(tasks: Plan) -> None:
    say(tasks, "/plan log S-1 the cache is warm, continue")
    say(tasks, "/plan log S-1 the cache is cold again, continue")
    text = log(tasks, BRANCH)
    assert (text.count("cache is warm"), text.count("cache is cold")) == (1, 1)
    (pull,) = pulls(tasks.world)
    assert list(parse_entries(pull.body)) == [LOG]
    assert pull.state == "open"


@pytest.mark.parametrize("end", [merge, merge_squashed, lift])
def test_entries_land_once(tasks: Plan, end: Callable[[Plan], None]) -> None:
    world = tasks.world
    say(tasks, "/plan log S-1 the cache is warm, continue")
    world.alice.tick(tasks.number, "Write the query")
    world.settle()
    say(tasks, "/plan log S-1 the cache is cold again, continue")
    world.alice.untick(tasks.number, "Write the query")
    world.settle()
    look(tasks)
    world.bob.edit_file(LOG, lambda t: t + "\nA note of my own.\n")
    look(tasks)
    end(tasks)
    text = log(tasks)
    assert (text.count("cache is warm"), text.count("cache is cold")) == (1, 1)
    assert "A note of my own." in text
    assert "- [ ] Write the query" in tasks.file
    assert all(pull.state == "closed" for pull in pulls(world))
    assert tasks.memory.proposed is None
    before = text
    look(tasks)
    assert log(tasks) == before


def test_a_plan_that_waits_for_nothing_is_not_taken_from_the_branch(tasks: Plan) -> None:
    """Its log alone waits, so the branch has an older plan: nobody took the new words out."""
    world = tasks.world
    say(tasks, "/plan log S-1 the cache is warm, continue")
    world.bob.edit_file(tasks.path, lambda t: t.replace("Exports.", "Exports, and more."))
    world.settle()
    look(tasks)
    assert "Exports, and more." in tasks.issue
    world.alice.tick(tasks.number, "Write the query")
    world.settle()
    merge(tasks)
    assert "Exports, and more." in tasks.file
    assert "- [x] Write the query" in tasks.file
    assert log(tasks).count("cache is warm") == 1
    assert tasks.same()


def test_entries_of_a_pull_request_that_was_closed_are_kept_and_come_with_the_next(
    tasks: Plan,
) -> None:
    say(tasks, "/plan log S-1 the cache is warm, continue")
    tasks.world.bob.close_pull(pulls(tasks.world)[0].number)
    look(tasks)
    assert [pull.state for pull in pulls(tasks.world)] == ["closed"]
    say(tasks, "/plan log S-1 the cache is cold again, continue")
    assert [pull.state for pull in pulls(tasks.world)] == ["closed", "open"]
    merge(tasks)
    text = log(tasks)
    assert (text.count("cache is warm"), text.count("cache is cold")) == (1, 1)


def test_two_merged_pull_requests_leave_two_entries(tasks: Plan) -> None:
    world = tasks.world
    for number in (1, 2):
        branch = f"work-{number}"
        world.bob.create_branch(branch)
        world.bob.push_file(f"src/{number}.py", "pass\n", "Work", branch)
        pull = world.bob.open_pull(branch, "Work", f"Plan: #{tasks.number}\nTask: S-1/T-{number}\n")
        world.settle()
        world.bob.merge_pull(pull)
        world.settle()
    assert log(tasks, BRANCH).count("merged by bob") == 2
    merge(tasks)
    assert log(tasks).count("merged by bob") == 2
    assert "- [x] Write the query" in tasks.file
    assert "- [x] Limit it" in tasks.file


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 24))
def test_a_crash_at_any_call_of_a_second_entry_doubles_nothing(
    tasks: Plan, nth: int, after: bool
) -> None:
    world = tasks.world
    say(tasks, "/plan log S-1 the cache is warm, continue")
    world.alice.tick(tasks.number, "Write the query")
    world.settle()
    world.alice.comment(tasks.number, "/plan log S-1 the cache is cold again, continue")
    world.github.interrupt(Crash(), nth=nth, calls="any", after=after)
    try:
        world.settle()
    except Crash:
        world.settle()
    merge(tasks)
    text = log(tasks)
    assert (text.count("cache is warm"), text.count("cache is cold")) == (1, 1)
    assert "- [x] Write the query" in tasks.file


# The files that an implementation plan's issue shows with it


@pytest.mark.parametrize("end", [merge, merge_squashed, lift])
def test_the_files_beside_an_implementation_plan_wait_and_land_too(
    world: World, end: Callable[[Plan], None]
) -> None:
    notes = Notes(world)
    world.repo.protected = True
    plan = Plan(world, notes.issue, FEATURE)
    world.alice.tick(notes.issue, "T001")
    world.settle()
    world.bob.tick(notes.issue, "Says why")
    world.settle()
    assert "- [x] T001" in world.repo.text(TASKS, BRANCH)
    assert "- [x] Says why" in world.repo.text(REQUIREMENTS, BRANCH)
    world.bob.edit_file(TASKS, lambda text: text.replace("- [ ] T003", "- [x] T003"))
    world.settle()
    world.alice.untick(notes.issue, "Says why")
    world.alice.tick(notes.issue, "Steps name files")
    world.settle()
    (pull,) = pulls(world)
    assert REQUIREMENTS not in parse_entries(pull.body)
    end(plan)
    assert "- [x] T001" in world.repo.text(TASKS)
    assert "- [x] T003" in world.repo.text(TASKS)
    assert "- [ ] Says why" in world.repo.text(REQUIREMENTS)
    assert "- [x] Steps name files" in world.repo.text(GATE)
    assert plan.memory.proposed is None
    notes.settle()
