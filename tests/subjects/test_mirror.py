"""Ticks and text follow between plan file and plan issue, at a counted cost."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.plans.render import plan_text
from tests.fake_github import Crash
from tests.world import World

PATH = "plan_docs/search.md"


@dataclass
class Ready:
    world: World
    issue: int

    @property
    def file(self) -> str:
        return self.world.repo.text(PATH)

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    def same(self) -> bool:
        return self.body.split("-->\n\n", 1)[1].rstrip() == plan_text(self.file).rstrip()

    def head_message(self) -> str:
        repo = self.world.repo
        return repo.git.commits[repo.git.branches["main"]].message


@pytest.fixture
def ready(world: World) -> Ready:
    """A feature plan, settled, with nothing counted yet."""
    world.request()
    made = Ready(world, world.plan_issue(PATH))
    world.new_calls()
    return made


def test_a_tick_changes_one_character_of_the_file(ready: Ready) -> None:
    before = ready.file
    ready.world.alice.tick(ready.issue, "Backend/API changes")
    ready.world.settle()
    assert ready.file == before.replace("- [ ] Backend/API changes", "- [x] Backend/API changes")
    assert ready.head_message() == (
        "Tick “Backend/API changes”\n\n"
        f"Co-authored-by: alice <{ready.world.github.account_id('alice')}"
        "+alice@users.noreply.github.com>"
    )
    ready.world.bob.untick(ready.issue, "Backend/API changes")
    ready.world.settle()
    assert ready.file == before


def test_a_tick_costs_four_requests_and_its_echo_none(ready: Ready) -> None:
    world = ready.world
    world.alice.tick(ready.issue, "Backend/API changes")
    world.send()
    world.work()
    assert world.new_calls() == ["file", "issue", "put_file", "edit_comment"]
    world.settle()
    assert world.new_calls() == []


def test_a_burst_of_fifty_ticks_is_one_commit_and_four_requests(ready: Ready) -> None:
    world = ready.world
    names = ["Backend/API changes", "Rules of the domain"]
    commits = len(world.repo.git.commits)
    for _ in range(25):
        for name in names:
            (world.alice if name in names[:1] else world.bob).tick(ready.issue, name)
            world.alice.untick(ready.issue, name)
    for name in names:
        world.bob.tick(ready.issue, name)
    world.settle()
    assert len(world.new_calls()) == 4
    assert len(world.repo.git.commits) == commits + 1
    assert ready.head_message().startswith(f"Tick 2 tasks in {PATH}\n")
    assert "Co-authored-by: alice" in ready.head_message()
    assert "Co-authored-by: bob" in ready.head_message()


def test_a_push_reaches_the_issue_and_its_echo_costs_nothing(ready: Ready) -> None:
    world = ready.world
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Backend", "- [x] New: backend"))
    world.send()
    world.work()
    assert ready.same()
    assert "- [x] New: backend" in ready.body
    assert world.new_calls() == ["file", "issue", "issue", "edit_issue", "edit_comment"]
    world.settle()
    assert world.new_calls() == []


@pytest.mark.parametrize("event", ["issues", "push"])
def test_a_delivery_that_changes_nothing_costs_two_requests(ready: Ready, event: str) -> None:
    world = ready.world
    if event == "issues":
        body = ready.body
        world.alice.edit_issue(ready.issue, body=body + "\n- x")
        world.alice.edit_issue(ready.issue, body=body)
    else:
        before = ready.file
        world.bob.push_file(PATH, before + "x")
        world.bob.push_file(PATH, before)
    world.settle()
    assert sorted(world.new_calls()) == ["file", "issue"]


def test_a_browser_save_with_crlf_is_no_change(ready: Ready) -> None:
    world = ready.world
    world.alice.edit_issue(ready.issue, body=ready.body.replace("\n", "\r\n"))
    world.settle()
    assert world.new_calls() == []


def test_ticks_on_both_sides_meet(ready: Ready) -> None:
    world = ready.world
    world.alice.tick(ready.issue, "Backend/API changes")
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules of"))
    world.settle()
    for side in (ready.file, ready.body):
        assert "- [x] Backend/API changes" in side
        assert "- [x] Rules of the" in side
    assert ready.same()


def test_an_edit_of_the_issues_text_reaches_the_file(ready: Ready) -> None:
    world = ready.world
    world.alice.change_body(ready.issue, lambda b: b + "\nA word from the issue.\n")
    world.settle()
    assert "A word from the issue." in ready.file
    assert ready.same()


def test_what_loses_a_conflict_is_told_once(ready: Ready) -> None:
    world = ready.world
    old = "- [ ] Backend/API changes"
    world.alice.change_body(ready.issue, lambda b: b.replace(old, "- [ ] Backend in Rust"))
    world.bob.edit_file(PATH, lambda t: t.replace(old, "- [ ] Backend in Go"))
    world.settle()
    assert "- [ ] Backend in Go" in ready.file
    assert ready.same()
    told = [c.body for c in world.repo.comments_on(ready.issue) if "Backend in Rust" in c.body]
    assert len(told) == 1


def test_a_known_redelivery_costs_nothing(ready: Ready) -> None:
    world = ready.world
    world.alice.tick(ready.issue, "Backend/API changes")
    world.settle()
    world.new_calls()
    world.send(list(world.github.deliveries))
    world.settle()
    assert world.new_calls() == []


def test_a_delivery_during_a_reconcile_causes_another(ready: Ready) -> None:
    """The second tick lands after the snapshot was read: it must not be finished unseen."""
    world = ready.world
    world.alice.tick(ready.issue, "Backend/API changes")
    world.send()
    writer = world.github.writer
    late = iter([lambda: world.bob.tick(ready.issue, "Rules of the domain")])

    def ticking(ref):  # type: ignore[no-untyped-def]
        made = writer(ref)
        put = made.put_file

        def put_file(*args, **kwargs):  # type: ignore[no-untyped-def]
            for act in late:
                act()
                world.send()
            return put(*args, **kwargs)

        made.put_file = put_file
        return made

    world.github.writer = ticking  # type: ignore[method-assign]
    world.work()
    assert "- [x] Rules of the" not in ready.file
    world.settle()
    assert "- [x] Rules of the" in ready.file
    assert ready.same()


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 8))
def test_a_crash_at_any_call_loses_no_tick(ready: Ready, nth: int, after: bool) -> None:
    world = ready.world
    world.alice.tick(ready.issue, "Backend/API changes")
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules of"))
    world.github.interrupt(Crash(), nth=nth, calls="any", after=after)
    try:
        world.settle()
    except Crash:
        world.settle()
    assert "- [x] Backend/API changes" in ready.file
    assert "- [x] Rules of the" in ready.file
    assert ready.same()
    assert len([c for c in world.repo.comments.values() if "plansync:status" in c.body]) == 1


def test_a_plan_file_that_someone_pushes_gets_an_issue(ready: Ready) -> None:
    world = ready.world
    text = ready.file.replace("Search", "Basket")
    world.bob.push_file("plan_docs/basket.md", text)
    world.settle()
    issue = world.repo.issues[world.plan_issue("plan_docs/basket.md")]
    assert issue.title == "shop – Basket Feature Plan"
    world.alice.tick(issue.number, "Backend/API changes")
    world.settle()
    assert "- [x] Backend/API changes" in world.repo.text("plan_docs/basket.md")


def test_a_forged_marker_moves_nothing(ready: Ready) -> None:
    world = ready.world
    before = ready.file
    body = ready.body.replace("- [ ] Backend", "- [x] Backend")
    world.person("mallory").open_issue("Not the plan", body)
    world.settle()
    assert ready.file == before
