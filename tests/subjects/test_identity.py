"""What becomes of a plan whose file, issue or branch is not where it was: docs/identity.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.plans.render import parse_plan_marker
from bot.store import Store
from tests import fake_payloads as payloads
from tests.fake_repository import FakeIssue
from tests.world import World

OLD, NEW = "plan_docs/search.md", "plan_docs/finding.md"
TICK = ("- [ ] Backend/API changes", "- [x] Backend/API changes")


class Plan:
    """A feature plan that was asked for, and its issue, settled."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.request()
        self.issue = world.plan_issue(OLD)
        world.new_calls()

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    def file(self, path: str = NEW) -> str:
        return self.world.repo.text(path)

    def marked(self) -> list[int]:
        """Every issue that says that it is a plan's."""
        return [n for n, i in self.world.repo.issues.items() if parse_plan_marker(i.body)]

    def said(self, kind: str) -> list[str]:
        comments = self.world.repo.comments_on(self.issue)
        return [c.body for c in comments if c.body.startswith(f"<!-- plansync:{kind}")]

    def push(self, files: dict[str, str | None]) -> None:
        self.world.bob.push_files(files, "Move things")
        self.world.settle()

    def mirrored(self, path: str) -> None:
        """Ticks go both ways between this file and the one plan issue."""
        world = self.world
        assert self.marked() == [self.issue]
        marker = parse_plan_marker(self.body)
        assert marker is not None
        assert marker.path == path
        (status,) = self.said("status ")
        assert f'path="{path}"' in status
        for act, box in ((world.alice.tick, "- [x]"), (world.alice.untick, "- [ ]")):
            act(self.issue, "Regression suite brought")
            world.settle()
            assert f"{box} Regression suite brought" in self.file(path)
        world.bob.edit_file(
            path, lambda t: t.replace("- [ ] Regression suite", "- [x] Regression suite")
        )
        world.settle()
        assert "- [x] Regression suite brought" in self.body
        world.new_calls()
        world.send(list(world.github.deliveries[-4:]))
        world.settle()
        assert [name for name in world.new_calls() if name in world.github.writes] == []


@pytest.fixture
def plan(world: World) -> Plan:
    return Plan(world)


def lose_database(world: World, folder: Path) -> None:
    world.store = Store(f"sqlite:///{folder}/second.sqlite3")
    world.store.migrate()


def settled(world: World, act: Callable[[], Any]) -> None:
    act()
    world.settle()


# The file moves.


@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
@pytest.mark.parametrize("change", [False, True], ids=["as it is", "edited"])
def test_a_moved_file_keeps_its_issue(plan: Plan, lost: bool, change: bool, tmp_path: Path) -> None:
    world = plan.world
    world.alice.comment(plan.issue, "Words of people.")
    world.settle()
    text = plan.file(OLD)
    if lost:
        lose_database(world, tmp_path)
    after = text.replace("## Implementation Notes", "## Notes on it\n") if change else text
    plan.push({OLD: None, NEW: after})
    assert plan.file() == after
    assert [c.body for c in world.repo.comments_on(plan.issue)].count("Words of people.") == 1
    plan.mirrored(NEW)
    assert plan.said("stopped") == []


def test_what_is_ticked_while_the_file_moves_is_not_lost(plan: Plan) -> None:
    world, text = plan.world, plan.file(OLD)
    world.alice.tick(plan.issue, "Backend/API changes")
    ticked = text.replace("- [ ] Rules of", "- [x] Rules of")
    plan.push({OLD: None, NEW: ticked})
    assert plan.file() == ticked.replace(*TICK)
    plan.mirrored(NEW)


@pytest.mark.parametrize("name", ["a-first", "z-last"])
def test_what_is_said_while_the_file_moves_is_heard_at_its_new_place(plan: Plan, name: str) -> None:
    """Whichever of the two paths comes first, the command is obeyed, once."""
    world, there = plan.world, f"plan_docs/{name}.md"
    line = next(each for each in plan.file(OLD).split("\n") if "Rules of the domain" in each)
    world.alice.change_body(plan.issue, lambda b: b.replace(line, "- [ ] Rules by Alice"))
    world.bob.edit_file(OLD, lambda t: t.replace(line, "- [ ] Rules by Bob"))
    world.settle()
    world.bob.comment(plan.issue, "/plan take issue")
    plan.push({OLD: None, there: plan.file(OLD)})
    assert "- [ ] Rules by Alice" in plan.file(there)
    plan.mirrored(there)


def test_who_may_not_write_does_not_slip_in_with_a_move(plan: Plan) -> None:
    world, there = plan.world, "plan_docs/z-last.md"
    text = plan.file(OLD)
    world.person("mallory").tick(plan.issue, "Backend/API changes")
    plan.push({OLD: None, there: text})
    assert plan.file(there) == text
    (status,) = plan.said("status ")
    assert "**Held**: `mallory`" in status


def test_a_file_that_moves_out_of_the_adopted_paths_is_followed(plan: Plan) -> None:
    plan.push({OLD: None, "archive/2026/search.md": plan.file(OLD)})
    assert plan.marked() == [plan.issue]
    assert (parse_plan_marker(plan.body) or plan).path == "archive/2026/search.md"  # type: ignore[union-attr]


def test_a_folder_of_plans_that_moves_takes_each_issue_along(world: World) -> None:
    paths = {"plan_docs/a.md": "A", "plan_docs/b.md": "B", "plan_docs/c.md": "C"}
    first = Plan(world)
    text = first.file(OLD)
    for path, name in paths.items():
        world.bob.push_file(path, text.replace("Search", f"Part {name}") + f"\nOnly {name}.\n")
    world.settle()
    issues = {path: world.plan_issue(path) for path in paths}
    files: dict[str, str | None] = dict.fromkeys(paths)
    files |= {path.replace("plan_docs/", "plan_docs/x-"): world.repo.text(path) for path in paths}
    world.bob.push_files(files, "Move them all")
    world.settle()
    for path, issue in issues.items():
        assert world.plan_issue(path.replace("plan_docs/", "plan_docs/x-")) == issue
    assert len(first.marked()) == 4


def test_a_new_plan_may_stand_where_another_one_was(plan: Plan) -> None:
    world, text = plan.world, plan.file(OLD)
    plan.push({OLD: None, NEW: text})
    world.bob.push_file(OLD, text.replace("Search", "Basket"))
    world.settle()
    assert len(plan.marked()) == 2
    other = world.plan_issue(OLD)
    assert other != plan.issue
    world.alice.tick(other, "Backend/API changes")
    world.settle()
    assert TICK[1] in plan.file(OLD)
    assert TICK[0] in plan.file()


def test_a_copy_is_a_plan_of_its_own(plan: Plan) -> None:
    plan.push({NEW: plan.file(OLD)})
    assert len(plan.marked()) == 2
    assert plan.world.plan_issue(OLD) == plan.issue


def test_a_plan_that_takes_the_place_of_another_kind_is_a_new_one(plan: Plan) -> None:
    other = "# shop – Basket Feature Plan\n\n## Acceptance Checklist\n- [ ] All is well\n"
    plan.push({OLD: None, NEW: other})
    assert plan.world.plan_issue(NEW) != plan.issue
    assert len(plan.said("stopped")) == 1


def test_a_file_that_moves_back_and_forth_keeps_its_issue(plan: Plan) -> None:
    text = plan.file(OLD)
    for here, there in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
        plan.push({here: None, there: text})
        assert plan.marked() == [plan.issue]
        assert plan.world.plan_issue(there) == plan.issue
    plan.mirrored(NEW)


# The file goes and comes back.


def test_a_deleted_file_is_told_once_and_the_issue_stays(plan: Plan) -> None:
    world, body = plan.world, plan.body
    plan.push({OLD: None})
    assert plan.body == body
    assert world.repo.issues[plan.issue].state == "open"
    (told,) = plan.said("stopped")
    assert "`plan_docs/search.md` was deleted by " in told
    assert "sync confirm" not in told
    written = len(world.github.writes)
    world.alice.tick(plan.issue, "Backend/API changes")
    world.settle()
    world.bob.push_file("README.md", "# Other\n")
    world.settle()
    assert len(world.github.writes) == written
    assert OLD not in world.repo.paths()
    assert plan.marked() == [plan.issue]


@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
def test_a_file_that_comes_back_is_mirrored_in_the_same_issue(
    plan: Plan, lost: bool, tmp_path: Path
) -> None:
    world, text = plan.world, plan.file(OLD)
    plan.push({OLD: None})
    world.alice.tick(plan.issue, "Backend/API changes")
    world.settle()
    if lost:
        lose_database(world, tmp_path)
    plan.push({OLD: text.replace("- [ ] Rules of", "- [x] Rules of")})
    assert plan.file(OLD) == text.replace("- [ ] Rules of", "- [x] Rules of").replace(*TICK)
    plan.mirrored(OLD)
    assert bool(plan.said("went-on")) is not lost


def test_a_second_deletion_is_told_again(plan: Plan) -> None:
    text = plan.file(OLD)
    plan.push({OLD: None})
    plan.push({OLD: text})
    plan.push({OLD: None})
    assert len(plan.said("stopped")) == 1
    assert len(plan.said("went-on")) == 1


def test_an_edit_without_write_access_is_held_while_the_file_is_gone(plan: Plan) -> None:
    world, text = plan.world, plan.file(OLD)
    plan.push({OLD: None})
    world.person("mallory").tick(plan.issue, "Backend/API changes")
    world.settle()
    plan.push({OLD: text})
    assert plan.file(OLD) == text
    (status,) = plan.said("status ")
    assert "**Held**: `mallory`" in status


def test_a_folder_in_the_files_place_is_told(plan: Plan) -> None:
    plan.push({OLD: None, f"{OLD}/readme.md": "# A folder\n"})
    assert len(plan.said("stopped")) == 1
    assert plan.marked() == [plan.issue]


# The issue goes and comes back.


def send_issue(world: World, action: str, issue: FakeIssue) -> None:
    world.repo.send(
        "issues", "olivia", {"action": action, "issue": payloads.issue(world.repo, issue)}
    )


def remove_issue(world: World, number: int, action: str | None) -> FakeIssue:
    """The issue is no more; ``action`` is what GitHub sends of it, if anything."""
    issue = world.repo.issues.pop(number)
    if action is not None:
        send_issue(world, action, issue)
    world.settle()
    return issue


@pytest.mark.parametrize("action", ["deleted", "transferred", None])
def test_an_issue_that_is_gone_gets_no_other_one_and_the_file_stays(
    plan: Plan, action: str | None
) -> None:
    """Deleted, transferred, or (without an event of its own) made a discussion."""
    world, text = plan.world, plan.file(OLD)
    remove_issue(world, plan.issue, action)
    world.bob.edit_file(OLD, lambda t: t.replace(*TICK))
    world.settle()
    assert plan.file(OLD) == text.replace(*TICK)
    assert plan.marked() == []
    memory = world.store.plan(1, OLD)
    assert memory is not None
    assert memory.state == "gone"


def test_deleted_with_its_file_and_added_again_it_is_a_new_plan(plan: Plan) -> None:
    world, text = plan.world, plan.file(OLD)
    world.alice.open_issue("Something else")
    remove_issue(world, plan.issue, "deleted")
    plan.push({OLD: None})
    plan.push({OLD: text})
    (number,) = plan.marked()
    assert number != plan.issue
    plan.issue = number
    plan.mirrored(OLD)


def test_an_issue_that_is_transferred_back_goes_on(plan: Plan) -> None:
    world = plan.world
    issue = remove_issue(world, plan.issue, "transferred")
    world.bob.edit_file(OLD, lambda t: t.replace("- [ ] Rules of", "- [x] Rules of"))
    world.settle()
    number = max(world.repo.issues) + 5
    for comment in world.repo.comments_on(plan.issue):
        comment.number = number
    issue.number = number
    world.repo.issues[number] = issue
    issue.body = issue.body.replace(*TICK)
    send_issue(world, "opened", issue)
    world.settle()
    plan.issue = number
    assert TICK[1] in plan.file(OLD)
    assert "- [x] Rules of" in plan.body
    plan.mirrored(OLD)


def test_a_closed_issue_is_mirrored_like_an_open_one(plan: Plan) -> None:
    world = plan.world
    world.alice.close_issue(plan.issue)
    world.settle()
    plan.mirrored(OLD)
    assert world.repo.issues[plan.issue].state == "closed"
    world.alice.reopen_issue(plan.issue)
    world.settle()
    assert world.repo.issues[plan.issue].state == "open"
    plan.mirrored(OLD)


def without_marker(body: str) -> str:
    return body.split("-->\n\n", 1)[1]


@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
def test_a_marker_that_somebody_takes_out_comes_back(
    plan: Plan, lost: bool, tmp_path: Path
) -> None:
    world, text = plan.world, plan.file(OLD)
    if lost:
        lose_database(world, tmp_path)
    world.alice.change_body(plan.issue, lambda b: without_marker(b).replace(*TICK))
    if lost:
        # Nothing in the body says whose it is, so the file's next push finds it.
        world.bob.edit_file(OLD, lambda t: t + "\nMore.\n")
        text += "\nMore.\n"
    world.settle()
    assert plan.file(OLD) == text.replace(*TICK)
    plan.mirrored(OLD)


def test_a_marker_that_somebody_changes_is_put_right(plan: Plan) -> None:
    world, text = plan.world, plan.file(OLD)
    world.alice.change_body(
        plan.issue, lambda b: b.replace(OLD, "README.md").replace('request="1"', 'request="9"')
    )
    world.settle()
    assert plan.file(OLD) == text
    assert world.repo.text("README.md") == "# shop\n"
    plan.mirrored(OLD)


def test_a_marker_copied_into_another_issue_ties_nothing(plan: Plan) -> None:
    world, text = plan.world, plan.file(OLD)
    other = world.alice.open_issue("Copy", plan.body.replace(*TICK))
    world.settle()
    world.alice.comment(other, "/plan sync confirm")
    world.settle()
    assert plan.file(OLD) == text


# The branch changes.


def rename_default_branch(world: World, name: str) -> None:
    repo = world.repo
    repo.git.branches[name] = repo.git.branches.pop(repo.default_branch)
    former, repo.default_branch = repo.default_branch, name
    change = {"default_branch": {"from": former}}
    repo.send("repository", "olivia", {"action": "edited", "changes": change})
    world.settle()


def test_a_renamed_default_branch_changes_nothing_and_is_followed(plan: Plan) -> None:
    world = plan.world
    written = len(world.github.writes)
    rename_default_branch(world, "trunk")
    assert len(world.github.writes) == written
    plan.mirrored(OLD)
    assert TICK[0] in world.repo.text(OLD, "trunk")


def test_another_default_branch_with_another_plan_is_mirrored(plan: Plan) -> None:
    world, repo = plan.world, plan.world.repo
    world.bob.create_branch("next")
    world.bob.edit_file(OLD, lambda t: t.replace(*TICK), branch="next")
    world.settle()
    assert TICK[0] in plan.body
    repo.default_branch = "next"
    change = {"default_branch": {"from": "main"}}
    repo.send("repository", "olivia", {"action": "edited", "changes": change})
    world.settle()
    assert TICK[1] in plan.body
    plan.mirrored(OLD)


def force_push(world: World, sha: str) -> None:
    world.repo.move("bob", "main", sha)
    world.settle()


def test_a_force_push_that_drops_our_commit_loses_no_tick(plan: Plan) -> None:
    world = plan.world
    before = world.repo.git.branches["main"]
    world.alice.tick(plan.issue, "Backend/API changes")
    world.settle()
    force_push(world, before)
    assert TICK[1] in plan.file(OLD)
    assert TICK[1] in plan.body
    plan.mirrored(OLD)


def test_a_force_push_that_drops_the_plan_is_a_deletion(plan: Plan) -> None:
    world = plan.world
    first = next(sha for sha, one in world.repo.git.commits.items() if not one.parents)
    tip = world.repo.git.branches["main"]
    force_push(world, first)
    assert len(plan.said("stopped")) == 1
    world.alice.tick(plan.issue, "Backend/API changes")
    world.settle()
    force_push(world, tip)
    assert TICK[1] in plan.file(OLD)
    plan.mirrored(OLD)


@pytest.mark.thorough
def test_a_crash_while_a_plan_moves_leaves_one_issue(world: World) -> None:
    from tests.fake_github import Crash

    for nth in range(1, 16):
        path, there = f"plan_docs/p{nth}.md", f"plan_docs/q{nth}.md"
        if nth == 1:
            first = Plan(world)
            text = first.file(OLD)
        world.bob.push_file(path, text.replace("Search", f"Number {nth}"))
        world.settle()
        issue = world.plan_issue(path)
        world.alice.tick(issue, "Backend/API changes")
        world.bob.push_files({path: None, there: text.replace("Search", f"Number {nth}")}, "Move")
        world.github.interrupt(Crash(), nth=nth, calls="any", after=bool(nth % 2))
        try:
            world.settle()
        except Crash:
            world.settle()
        world.github.calm()
        assert world.plan_issue(there) == issue
        assert TICK[1] in world.repo.text(there)
