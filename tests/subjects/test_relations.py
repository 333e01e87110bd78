"""Sub-issues of stories, and what blocks what: made once, kept as the plan is, not fought over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.changes import UnblockIssue
from bot.github.snapshots import IssueSnapshot, Person
from bot.memory import PlanMemory
from bot.plans.story_issues import parse_story_marker
from bot.subjects.relations_decide import RelationsSnapshot, decide_blocking
from tests import fake_payloads as payloads
from tests.databases import sqlite_store
from tests.fake_github import Crash
from tests.fake_repository import FakeIssue
from tests.world import World

PATH = "tasks/export-20260302T090000Z/plan.md"
STORY = """\
### Story [S-{n}]: {title}
- Story ID: S-{n} | Owner: ada
- Dependencies: {needs} | Non-goals: none

#### Tasks Checklist
- [ ] {title} first

#### Story Exit Checklist (AC Gate)
- [ ] {title} met

"""
HEAD = "# Plan\n\n## Task Overview\nExports.\n\n## Clarification Questions\n\n## User Stories\n\n"


def plan_text(*stories: tuple[str, str]) -> str:
    parts = [STORY.format(n=n, title=t, needs=d) for n, (t, d) in enumerate(stories, 1)]
    return HEAD + "".join(parts)


TEXT = plan_text(("Query", "none"), ("Download", "none"))


class Stage:
    """A task plan with two stories in a repository that chose to have sub-issues."""

    def __init__(self, world: World, chosen: str, text: str = TEXT) -> None:
        self.world = world
        world.configure(chosen)
        world.bob.push_file(PATH, text)
        world.settle()
        self.number = world.plan_issue(PATH)

    @property
    def stories(self) -> dict[str, FakeIssue]:
        """Every issue for a story, linked or not, by the story; fails on a double."""
        found: dict[str, FakeIssue] = {}
        for issue in self.world.repo.issues.values():
            marker = parse_story_marker(issue.body)
            if marker is not None:
                assert marker.key not in found, marker.key
                found[marker.key] = issue
        return found

    @property
    def linked(self) -> list[int]:
        return self.world.repo.sub_issues.get(self.number, [])

    def blocked(self, number: int) -> list[int]:
        return self.world.repo.blocked.get(number, [])

    def edit(self, *changes: tuple[str, str]) -> None:
        def change(text: str) -> str:
            for old, new in changes:
                assert old in text
                text = text.replace(old, new)
            return text

        self.world.bob.edit_file(PATH, change)
        self.world.settle()

    def finish(self, title: str) -> None:
        self.edit((f"- [ ] {title} first", f"- [x] {title} first"),
                  (f"- [ ] {title} met", f"- [x] {title} met"))  # fmt: skip

    def undo(self, title: str) -> None:
        self.edit((f"- [x] {title} met", f"- [ ] {title} met"))


@pytest.fixture
def stage(world: World) -> Stage:
    return Stage(world, "sub_issues: true\nblocked_by: true\n")


def test_each_story_has_a_sub_issue_named_after_it(stage: Stage) -> None:
    stories = stage.stories
    assert [issue.title for issue in stories.values()] == ["S-1: Query", "S-2: Download"]
    assert stage.linked == [issue.number for issue in stories.values()]
    body = stories["S-1"].body
    assert f"plan of #{stage.number}" in body
    assert f"https://github.example/acme/shop/blob/HEAD/{PATH}" in body
    assert {issue.state for issue in stories.values()} == {"open"}


def test_without_the_configuration_there_is_none(world: World) -> None:
    stage = Stage(world, "brake: 0.5\n")
    assert stage.stories == {}
    stage.world.configure("sub_issues: true\n")
    assert len(stage.stories) == 2
    assert stage.blocked(stage.stories["S-2"].number) == []


def test_a_complete_story_closes_its_issue_and_one_taken_back_opens_it(stage: Stage) -> None:
    stage.finish("Query")
    one = stage.stories["S-1"]
    assert (one.state, one.state_reason) == ("closed", "completed")
    assert stage.stories["S-2"].state == "open"
    stage.undo("Query")
    assert stage.stories["S-1"].state == "open"


def test_the_title_follows_the_plan(stage: Stage) -> None:
    stage.edit(("[S-2]: Download", "[S-2]: Fetch"))
    assert stage.stories["S-2"].title == "S-2: Fetch"
    stage.world.alice.edit_issue(stage.stories["S-2"].number, title="mine")
    stage.world.settle()
    assert stage.stories["S-2"].title == "S-2: Fetch"


def test_a_new_story_gets_one_and_one_that_goes_is_closed(stage: Stage) -> None:
    stage.edit(("### Story [S-2]", STORY.format(n=3, title="Third", needs="-") + "### Story [S-2]"))
    assert stage.stories["S-3"].number in stage.linked
    text = stage.world.repo.text(PATH)
    without = text.replace(STORY.format(n=3, title="Third", needs="-"), "")
    stage.world.bob.push_file(PATH, without)
    stage.world.settle()
    gone = stage.stories["S-3"]
    assert (gone.state, gone.state_reason) == ("closed", "not_planned")
    stage.world.bob.push_file(PATH, text)
    stage.world.settle()
    assert stage.stories["S-3"].state == "open"


def test_a_person_who_closes_one_before_its_time_has_their_way(stage: Stage) -> None:
    one = stage.stories["S-1"].number
    stage.world.alice.close_issue(one, "not_planned")
    stage.world.settle()
    stage.edit(("Exports.", "Exports, all of them."))
    assert stage.world.repo.issues[one].state == "closed"
    stage.finish("Query")
    stage.undo("Query")
    assert stage.world.repo.issues[one].state == "open"


def test_where_the_plan_is_follows_a_plan_that_moves(stage: Stage) -> None:
    new = PATH.replace("export", "dump")
    text = stage.world.repo.text(PATH)
    stage.world.bob.push_files({PATH: None, new: text}, "Rename")
    stage.world.settle()
    assert stage.world.plan_issue(new) == stage.number
    assert [f"[{new}](" in issue.body for issue in stage.stories.values()] == [True, True]
    assert len(stage.linked) == 2


def test_what_a_person_wrote_into_one_stays(stage: Stage) -> None:
    one = stage.stories["S-1"]
    stage.world.alice.edit_issue(one.number, body=one.body + "\nMy notes.\n")
    stage.world.settle()
    stage.finish("Query")
    assert "My notes." in stage.stories["S-1"].body
    assert stage.stories["S-1"].state == "closed"


def test_one_that_is_deleted_is_made_again(stage: Stage) -> None:
    repo, one = stage.world.repo, stage.stories["S-1"]
    del repo.issues[one.number]
    repo.sub_issues[stage.number].remove(one.number)
    repo.send("issues", "olivia", {"action": "deleted", "issue": payloads.issue(repo, one)})
    stage.world.settle()
    assert stage.stories["S-1"].number != one.number
    assert stage.stories["S-1"].number in stage.linked


def test_one_that_was_taken_off_the_plan_is_linked_again_and_not_doubled(stage: Stage) -> None:
    one = stage.stories["S-1"].number
    stage.world.repo.sub_issues[stage.number].remove(one)
    stage.edit(("[S-2]: Download", "[S-2]: Fetch"))
    assert one in stage.linked
    assert len(stage.stories) == 2


def test_a_lost_database_doubles_nothing(stage: Stage, tmp_path: Path) -> None:
    stage.finish("Query")
    before = {key: issue.number for key, issue in stage.stories.items()}
    stage.world = World(sqlite_store(tmp_path / "new.sqlite3"), stage.world.repo)
    stage.undo("Query")
    assert {key: issue.number for key, issue in stage.stories.items()} == before
    assert stage.stories["S-1"].state == "open"
    assert sorted(stage.linked) == sorted(before.values())


def test_lists_that_lag_double_nothing(world: World) -> None:
    stage = Stage(world, "brake: 0.5\n")
    world.repo.unlisted_from = stage.number + 1
    world.configure("sub_issues: true\nblocked_by: true\n")
    one, two = (stage.stories[key].number for key in ("S-1", "S-2"))
    stage.finish("Query")
    world.repo.unlisted_from = None
    stage.undo("Query")
    assert [stage.stories[key].number for key in ("S-1", "S-2")] == [one, two]
    assert stage.linked == [one, two]
    assert stage.blocked(two) == [one]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("calls", ["create_issue", "add_sub_issue", "add_blocked_by"])
def test_a_crash_doubles_nothing(world: World, calls: str, nth: int, after: bool) -> None:
    world.configure("sub_issues: true\nblocked_by: true\n")
    world.bob.push_file(PATH, TEXT)
    while calls == "create_issue" and not any(
        PATH in issue.body for issue in world.repo.issues.values()
    ):
        world.send()
        world.work()
    world.github.interrupt(Crash(), calls=calls, nth=nth, after=after)
    crashed = False
    for _ in range(12):
        world.send()
        try:
            outcomes = world.work()
        except Crash:
            crashed = True
            continue
        if not outcomes and not world.waiting():
            break
    assert crashed or (calls, nth) == ("add_blocked_by", 2)
    stage = Stage.__new__(Stage)
    stage.world, stage.number = world, world.plan_issue(PATH)
    assert [issue.title for issue in stage.stories.values()] == ["S-1: Query", "S-2: Download"]
    one, two = (stage.stories[key].number for key in ("S-1", "S-2"))
    assert sorted(stage.linked) == sorted([one, two])
    assert stage.blocked(two) == [one]


def test_nothing_is_written_and_little_is_asked_when_nothing_changed(stage: Stage) -> None:
    world = stage.world
    world.new_calls()
    world.send(world.github.deliveries)
    world.settle()
    assert not set(world.new_calls()) & set(world.github.writes)
    world.alice.tick(stage.number, "Query first")
    world.settle()
    assert "sub_issues" not in world.new_calls()


def test_our_own_echoes_cost_nothing(stage: Stage) -> None:
    world = stage.world
    world.new_calls()
    stage.finish("Query")
    assert stage.stories["S-1"].state == "closed"
    assert world.new_calls().count("sub_issues") == 1


def test_a_placeholder_is_no_story(world: World) -> None:
    stage = Stage(world, "sub_issues: true\n", plan_text(("Query", "-"), ("<title>", "-")))
    assert list(stage.stories) == ["S-1"]


def test_other_formats_have_no_stories(world: World) -> None:
    world.configure("sub_issues: true\nblocked_by: true\n")
    world.request()
    world.request("Login", "plan:story")
    marked = [i for i in world.repo.issues.values() if parse_story_marker(i.body)]
    assert marked == []
    assert world.repo.sub_issues == {}


def test_the_limit_is_said_once(world: World) -> None:
    world.configure("sub_issues: true\n")
    world.bob.push_file(PATH, plan_text(("Query", "-"), ("Download", "-"), ("Third", "-")))
    world.repo.has_relations = False
    while not any(PATH in issue.body for issue in world.repo.issues.values()):
        world.send()
        world.work()
    world.repo.has_relations = True
    number = world.plan_issue(PATH)
    others = [world.alice.open_issue(f"part {n}") for n in range(99)]
    world.repo.sub_issues[number] = others
    world.settle()
    stage = Stage.__new__(Stage)
    stage.world, stage.number = world, number
    assert list(stage.stories) == ["S-1"]
    assert len(stage.linked) == 100
    told = [c.body for c in world.repo.comments_on(number) if "sub-issues" in c.body]
    assert len(told) == 1
    assert "S-2, S-3" in told[0]
    stage.edit(("[S-1]: Query", "[S-1]: Ask"))
    assert stage.stories["S-1"].title == "S-1: Ask"
    assert len([c for c in world.repo.comments_on(number) if "sub-issues" in c.body]) == 1


def test_a_github_without_sub_issues_is_told_once(world: World) -> None:
    world.repo.has_relations = False
    stage = Stage(world, "sub_issues: true\nblocked_by: true\n")
    assert stage.stories == {}
    stage.edit(("[S-1]: Query", "[S-1]: Ask"))
    told = [c.body for c in world.repo.comments_on(stage.number) if "no sub-issues" in c.body]
    assert len(told) == 1


def test_a_dry_run_makes_none(world: World) -> None:
    world.configure("sub_issues: true\nblocked_by: true\n")
    world.bob.push_file(PATH, TEXT)
    world.settle()
    world.configure("sub_issues: true\nblocked_by: true\ndry_run: true\n")
    world.bob.edit_file(PATH, lambda text: text.replace("[S-2]: Download", "[S-2]: Fetch"))
    world.settle()
    two = next(i for i in world.repo.issues.values() if i.title == "S-2: Download")
    world.alice.edit_issue(two.number, title="mine")
    world.settle()
    assert two.title == "mine"
    world.configure("sub_issues: true\nblocked_by: true\n")
    titles = [i.title for i in world.repo.issues.values()]
    assert "S-2: Fetch" in titles


# What blocks what


def test_a_story_is_blocked_by_the_one_before_it(stage: Stage) -> None:
    one, two = (stage.stories[key].number for key in ("S-1", "S-2"))
    assert stage.blocked(two) == [one]
    assert stage.blocked(one) == []


def test_a_story_is_blocked_by_what_it_names(world: World) -> None:
    other = world.alice.open_issue("The index")
    text = plan_text(("Query", f"#{other}"), ("Download", "none"), ("Third", "S-1"))
    stage = Stage(world, "sub_issues: true\nblocked_by: true\n", text)
    one, two, three = (stage.stories[key].number for key in ("S-1", "S-2", "S-3"))
    assert stage.blocked(one) == [other]
    assert stage.blocked(two) == [one]
    assert sorted(stage.blocked(three)) == [one, two]
    assert stage.blocked(stage.number) == []
    stage.edit((f"- Dependencies: #{other}", "- Dependencies: none"))
    assert stage.blocked(one) == []


def test_a_plan_is_blocked_by_the_plans_and_issues_that_it_names(world: World) -> None:
    world.request()
    search = world.plan_issue("plan_docs/search.md")
    issue = world.alice.open_issue("The index")
    needs = f"## Dependencies\n- Internal: [Search](plan_docs/search.md), #{issue}\n- `#999`\n\n"
    text = TEXT.replace("## User Stories", f"{needs}## User Stories")
    stage = Stage(world, "blocked_by: true\n", text)
    assert sorted(stage.blocked(stage.number)) == sorted([search, issue])
    assert stage.stories == {}
    stage.edit(("[Search](plan_docs/search.md), ", ""))
    assert stage.blocked(stage.number) == [issue]


def test_only_our_own_relations_are_removed(world: World) -> None:
    issue, theirs = (world.alice.open_issue(title) for title in ("The index", "Theirs"))
    text = TEXT.replace("## User Stories", f"## Dependencies\n- #{issue}\n\n## User Stories")
    stage = Stage(world, "brake: 0.5\n", text)
    world.repo.blocked[stage.number] = [theirs, issue]
    world.configure("blocked_by: true\n")
    stage.edit((f"- #{issue}\n", f"- #{theirs}\n"))
    stage.edit((f"- #{theirs}\n", "- none\n"))
    assert stage.blocked(stage.number) == [theirs, issue]


def test_a_relation_that_somebody_took_away_stays_away(stage: Stage) -> None:
    two = stage.stories["S-2"].number
    stage.world.repo.blocked[two].clear()
    stage.edit(("[S-2]: Download", "[S-2]: Fetch"))
    assert stage.blocked(two) == []


def test_one_that_was_taken_away_stays_away_when_another_comes(world: World) -> None:
    first, second = (world.alice.open_issue(title) for title in ("one", "two"))
    text = plan_text(("Query", f"#{first}"), ("Download", "none"))
    stage = Stage(world, "sub_issues: true\nblocked_by: true\n", text)
    one = stage.stories["S-1"].number
    world.repo.blocked[one].clear()
    stage.edit((f"- Dependencies: #{first}", f"- Dependencies: #{first}, #{second}"))
    assert stage.blocked(one) == [second]


def test_a_circle_is_left_out(world: World) -> None:
    text = plan_text(("Query", "S-2"), ("Download", "none"))
    stage = Stage(world, "sub_issues: true\nblocked_by: true\n", text)
    one, two = (stage.stories[key].number for key in ("S-1", "S-2"))
    assert stage.blocked(one) + stage.blocked(two) in ([one], [two])


def test_what_github_did_not_take_is_nobodys_until_somebody_makes_it(world: World) -> None:
    text = plan_text(("Query", "S-2"), ("Download", "S-1"))
    stage = Stage(world, "brake: 0.5\nsub_issues: true\nblocked_by: true\n", text)
    one, two = (stage.stories[key].number for key in ("S-1", "S-2"))
    blocked, blocker = (one, two) if stage.blocked(one) else (two, one)
    memory = world.store.plan(world.repo.id, PATH)
    assert memory is not None
    assert memory.blocks == (f"{blocked}<{blocker}",)
    world.repo.blocked = {blocker: [blocked]}
    stage.edit(
        ("- Dependencies: S-2", "- Dependencies: none"),
        ("- Dependencies: S-1", "- Dependencies: none"),
    )
    assert stage.blocked(blocker) == [blocked]


def test_an_issue_of_another_repository_with_the_same_number_is_left_alone() -> None:
    def issue(number: int, repository: str, id_: int) -> IssueSnapshot:
        url = f"https://github.example/acme/{repository}/issues/{number}"
        made = datetime(2026, 3, 2, tzinfo=UTC)
        who = Person("alice", 1, False)
        return IssueSnapshot(number, "", "", "open", who, made, url=url, id=id_)

    known = PlanMemory(1, PATH, "", issue_number=12, blocks=("12<7",))
    ours, theirs = issue(7, "shop", 70), issue(7, "other", 71)
    snapshot = RelationsSnapshot(known, issue(12, "shop", 120), blocked={12: (theirs, ours)})
    blocks, changes = decide_blocking(snapshot)
    assert blocks == ()
    assert [change.blocker_id for change in changes if isinstance(change, UnblockIssue)] == [70]
    alone = RelationsSnapshot(known, issue(12, "shop", 120), blocked={12: (theirs,)})
    assert decide_blocking(alone) == ((), [])
