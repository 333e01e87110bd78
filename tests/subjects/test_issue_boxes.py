"""A box that became an issue keeps its words and follows the issue."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from tests import fake_payloads as payloads
from tests.databases import sqlite_store
from tests.fake_github import Crash
from tests.subjects.features import TASKS, Notes
from tests.subjects.test_mirror import PATH, Ready
from tests.world import World

BOX = "Backend/API changes"


@pytest.fixture
def ready(world: World) -> Ready:
    """A feature plan, settled, with nothing counted yet."""
    world.request()
    made = Ready(world, world.plan_issue(PATH))
    world.new_calls()
    return made


def convert(ready: Ready, words: str = BOX, shown: str = "#{}") -> int:
    """What GitHub's “Convert to issue” does; the number of the new issue. Not settled."""
    number = ready.world.alice.open_issue(words)
    ready.world.alice.change_body(
        ready.issue, lambda body: body.replace(f"] {words}", f"] {shown.format(number)}", 1)
    )
    return number


def line(text: str, words: str = BOX) -> str:
    return next(one for one in text.split("\n") if words in one)


def commits(ready: Ready) -> int:
    return len(ready.world.repo.git.commits)


@pytest.mark.parametrize(
    "shown", ["#{}", "acme/shop#{}", "https://github.example/acme/shop/issues/{}"]
)
def test_a_box_that_became_an_issue_keeps_its_words(ready: Ready, shown: str) -> None:
    before = ready.file
    number = convert(ready, shown=shown)
    ready.world.settle()
    assert ready.file == before.replace(f"- [ ] {BOX}", f"- [ ] {BOX} (#{number})")
    assert ready.same()
    assert "Co-authored-by: alice" in ready.head_message()
    count = commits(ready)
    ready.world.send(ready.world.github.deliveries)
    ready.world.settle()
    assert commits(ready) == count


def test_it_is_ticked_and_unticked_with_its_issue(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    ready.world.bob.close_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{number})"
    assert ready.same()
    assert f"#{number} was closed" in ready.head_message()
    ready.world.bob.reopen_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"
    assert ready.same()


def test_an_issue_that_will_not_be_done_settles_its_box(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    ready.world.bob.close_issue(number, "not_planned")
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number}) — N/A: closed as not planned"
    ready.world.bob.reopen_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"
    ready.world.bob.close_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{number})"
    assert ready.same()


def test_a_box_of_nothing_but_an_issue_stays_as_it_is_and_follows(ready: Ready) -> None:
    number = ready.world.alice.open_issue("Somebody's own")
    ready.world.bob.edit_file(PATH, lambda text: text.replace(BOX, f"#{number}"))
    ready.world.settle()
    assert line(ready.file, f"#{number}") == f"- [ ] #{number}"
    ready.world.alice.close_issue(number)
    ready.world.settle()
    assert line(ready.file, f"#{number}") == f"- [x] #{number}"
    assert ready.same()


def test_what_a_person_ticked_stays_when_the_issue_is_opened_again(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    ready.world.alice.tick(ready.issue, BOX)
    ready.world.settle()
    ready.world.bob.close_issue(number)
    ready.world.settle()
    ready.world.bob.reopen_issue(number)
    ready.world.settle()
    assert line(ready.file).startswith("- [x]")


def test_a_person_who_ticks_after_the_close_has_their_way(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    ready.world.bob.close_issue(number)
    ready.world.settle()
    ready.world.alice.untick(ready.issue, BOX)
    ready.world.settle()
    assert line(ready.file).startswith("- [ ]")
    ready.world.alice.tick(ready.issue, BOX)
    ready.world.settle()
    ready.world.bob.reopen_issue(number)
    ready.world.settle()
    assert line(ready.file).startswith("- [x]")


def test_words_that_the_file_changed_meanwhile_are_the_files(ready: Ready) -> None:
    ready.world.bob.edit_file(PATH, lambda text: text.replace(BOX, "Backend and API"))
    number = convert(ready)
    ready.world.settle()
    assert line(ready.file, "Backend") == f"- [ ] Backend and API (#{number})"
    assert ready.same()
    assert not any("conflict" in c.body for c in ready.world.repo.comments_on(ready.issue))


def test_a_line_that_the_file_dropped_meanwhile_is_kept_with_its_words(ready: Ready) -> None:
    ready.world.bob.edit_file(PATH, lambda text: text.replace(f"- [ ] {BOX}\n", ""))
    number = convert(ready)
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"
    assert ready.same()


def test_several_boxes_become_issues_at_once(ready: Ready) -> None:
    tasks = [t.split("] ", 1)[1] for t in ready.file.split("\n") if t.startswith("- [ ] ")][:5]
    numbers = [convert(ready, words) for words in tasks]
    ready.world.settle()
    for words, number in zip(tasks, numbers, strict=True):
        assert line(ready.file, words) == f"- [ ] {words} (#{number})"
    assert ready.same()
    assert not ready.world.store.plans()[0].stopped


def test_the_number_is_not_doubled_by_a_second_conversion(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    ready.world.alice.change_body(
        ready.issue, lambda body: body.replace(f"{BOX} (#{number})", f"#{number}")
    )
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"
    assert ready.same()


def test_an_issue_that_no_plan_names_costs_nothing(ready: Ready) -> None:
    other = ready.world.bob.open_issue("Something else")
    ready.world.settle()
    ready.world.new_calls()
    ready.world.bob.close_issue(other)
    ready.world.bob.reopen_issue(other)
    ready.world.settle()
    assert ready.world.new_calls() == []


def test_a_close_that_is_applied_already_costs_nothing(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    ready.world.bob.close_issue(number)
    ready.world.settle()
    ready.world.new_calls()
    again = [d for d in ready.world.github.deliveries if d.event == "issues"]
    ready.world.send([d for d in again if d.action == "closed"])
    assert ready.world.work() == []
    assert ready.world.new_calls() == []


def test_a_lost_database_does_not_move_a_box_again(ready: Ready, tmp_path: Path) -> None:
    world = ready.world
    number = convert(ready)
    world.settle()
    world.bob.close_issue(number)
    world.settle()
    world.alice.untick(ready.issue, BOX)
    world.settle()
    world = World(sqlite_store(tmp_path / "new.sqlite3"), world.repo)
    world.alice.tick(ready.issue, "Rules of the domain")
    world.settle()
    assert line(ready.file).startswith("- [ ]")
    world.bob.reopen_issue(number)
    world.settle()
    world.bob.close_issue(number)
    world.settle()
    assert line(ready.file).startswith("- [x]")
    assert ready.same()


def test_a_lost_database_still_knows_which_tick_was_ours(ready: Ready, tmp_path: Path) -> None:
    world = ready.world
    number = convert(ready)
    world.settle()
    world.bob.close_issue(number)
    world.settle()
    world = World(sqlite_store(tmp_path / "new.sqlite3"), world.repo)
    world.alice.tick(ready.issue, "Rules of the domain")
    world.settle()
    world.bob.reopen_issue(number)
    world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"


def test_a_number_beside_words_of_a_closed_issue_moves_nothing_at_first_sight(ready: Ready) -> None:
    number = ready.world.alice.open_issue("Long ago")
    ready.world.alice.close_issue(number)
    ready.world.bob.edit_file(PATH, lambda text: text.replace(BOX, f"{BOX} (#{number})"))
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"
    ready.world.alice.reopen_issue(number)
    ready.world.settle()
    ready.world.alice.close_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{number})"


def test_a_converted_box_whose_issue_is_closed_by_then_is_ticked(ready: Ready) -> None:
    number = convert(ready)
    ready.world.alice.close_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{number})"
    assert ready.same()


def test_a_pull_request_in_parentheses_is_left_alone(ready: Ready) -> None:
    world = ready.world
    world.bob.create_branch("topic")
    world.bob.push_file("a.md", "a", branch="topic")
    pull = world.bob.open_pull("topic", "Topic")
    world.bob.edit_file(PATH, lambda text: text.replace(BOX, f"{BOX} (#{pull})"))
    world.settle()
    world.bob.merge_pull(pull)
    world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{pull})"


def test_another_repositorys_issue_keeps_the_words_and_its_name(ready: Ready) -> None:
    ready.world.alice.change_body(
        ready.issue, lambda body: body.replace(f"] {BOX}", "] acme/other#7", 1)
    )
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (acme/other#7)"
    assert ready.same()


def test_an_issue_that_is_deleted_leaves_its_box_alone(ready: Ready) -> None:
    number = convert(ready)
    ready.world.settle()
    repo = ready.world.repo
    payload = {"action": "deleted", "issue": payloads.issue(repo, repo.issues[number])}
    del repo.issues[number]
    repo.send("issues", "olivia", payload)
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"


def name_issues(ready: Ready, count: int) -> list[int]:
    """Push boxes for that many new issues. Not settled."""
    numbers = [ready.world.alice.open_issue(f"Part {n}") for n in range(count)]
    boxes = "".join(f"- [ ] part {number} (#{number})\n" for number in numbers)
    ready.world.bob.edit_file(
        PATH, lambda text: text.replace(f"- [ ] {BOX}\n", f"- [ ] {BOX}\n{boxes}")
    )
    return numbers


def test_a_plan_that_names_very_many_issues_learns_of_all_of_them(ready: Ready) -> None:
    numbers = name_issues(ready, 70)
    ready.world.settle()
    memory = ready.world.store.plan(ready.world.repo.id, PATH)
    assert memory is not None
    assert {f"#{number}:open" for number in numbers} <= {*memory.facts}
    ready.world.new_calls()
    ready.world.alice.tick(ready.issue, BOX)
    ready.world.settle()
    assert [call for call in ready.world.new_calls() if call == "issue"] == ["issue"]


def test_the_first_close_of_an_issue_that_nobody_looked_at_ticks_its_box(ready: Ready) -> None:
    numbers = name_issues(ready, 40)
    ready.world.alice.tick(ready.issue, "Rules of the domain")
    ready.world.settle()
    memory = ready.world.store.plan(ready.world.repo.id, PATH)
    assert memory is not None
    assert f"#{numbers[-1]}:open" not in memory.facts
    ready.world.bob.close_issue(numbers[-1])
    ready.world.settle()
    assert line(ready.file, f"part {numbers[-1]}").startswith("- [x]")
    assert ready.same()


def test_a_plan_of_a_plan_is_ticked_when_that_is_closed(ready: Ready) -> None:
    world = ready.world
    other = world.request("Second")
    issue = world.plan_issue("plan_docs/second.md")
    assert other != issue
    world.bob.edit_file(PATH, lambda text: text.replace(BOX, f"{BOX} (#{issue})"))
    world.settle()
    world.person("olivia").close_issue(issue)
    world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{issue})"


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", ["put_file", "edit_issue", "edit_comment"])
def test_a_crash_at_any_write_ends_the_same(ready: Ready, calls: str, after: bool) -> None:
    number = convert(ready)
    ready.world.bob.close_issue(number)
    ready.world.github.interrupt(Crash(), calls=calls, after=after)
    ready.world.send()
    with pytest.raises(Crash):
        ready.world.work()
    ready.world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{number})"
    assert ready.same()
    ready.world.bob.reopen_issue(number)
    ready.world.settle()
    assert line(ready.file) == f"- [ ] {BOX} (#{number})"


def test_a_box_of_a_file_beside_the_plan_is_written_there(world: World) -> None:
    notes = Notes(world)
    words = "T003 Entity and rules"
    number = world.alice.open_issue(words)
    notes.reword(f"] {words}", f"] #{number}")
    notes.settle()
    assert f"- [ ] {words} (#{number})\n" in notes.text(TASKS)
    world.bob.close_issue(number)
    notes.settle()
    assert f"- [x] {words} (#{number})\n" in notes.text(TASKS)
    world.bob.reopen_issue(number)
    notes.settle()
    assert f"- [ ] {words} (#{number})\n" in notes.text(TASKS)


def test_on_a_protected_branch_it_waits_in_the_pull_request(ready: Ready) -> None:
    world, branch = ready.world, "plansync/plan-updates"
    world.repo.protected = True
    number = convert(ready)
    world.settle()

    def both() -> set[str]:
        return {line(world.repo.text(PATH, branch)), line(ready.body)}

    assert both() == {f"- [ ] {BOX} (#{number})"}
    world.bob.close_issue(number)
    world.settle()
    assert both() == {f"- [x] {BOX} (#{number})"}
    world.bob.reopen_issue(number)
    world.settle()
    assert both() == {f"- [ ] {BOX} (#{number})"}
    world.bob.close_issue(number)
    world.settle()
    world.repo.protected = False
    world.bob.merge_pull(max(world.repo.pulls))
    world.settle()
    assert line(ready.file) == f"- [x] {BOX} (#{number})"
    assert ready.same()


def test_a_pull_request_still_finds_the_task(ready: Ready) -> None:
    world = ready.world
    plan = read_plan(PATH, parse_document(ready.file))
    assert plan is not None
    address = next(task.address for task in plan.tasks if task.text == BOX)
    world.bob.create_branch("work")
    world.bob.push_file("src/work.py", "pass\n", branch="work")
    body = f"Plan: #{ready.issue}\nTask: {address}\n"
    pull = world.bob.open_pull("work", "Work", body)
    world.settle()
    number = convert(ready)
    world.settle()
    world.bob.edit_pull(pull, body=f"{body}\nCloses #{number}\n")
    world.settle()
    world.bob.merge_pull(pull)
    world.settle()
    assert world.repo.issues[number].state == "closed"
    assert line(ready.file) == f"- [x] {BOX} (#{number})"
    assert ready.same()
