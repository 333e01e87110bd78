"""A default branch that takes no commits: what changes waits in one pull request."""

from __future__ import annotations

import pytest

from bot.github.ports import Refused
from bot.plans.render import blob_sha, parse_status_marker
from bot.rolling import BRANCH, is_protected
from bot.rolling_body import Entry, make_entry, parse_entries, parse_words, render_body
from bot.store import Store
from tests.fake_github import Crash
from tests.refused.conftest import PATH, Plan, pulls
from tests.world import World

TICKED = "- [x] Backend/API changes"
WRITES = ["create_branch", "put_file", "create_pull", "edit_comment"]

# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository
SAID = [
    (409, "Could not create file: Changes must be made through a pull request."),
    (409, 'Could not update file: Required status check "ci" is expected.'),
    (409, "Repository rule violations found\n\nChanges must be made through a pull request."),
    (409, "Could not update file: At least 1 approving review is required by reviewers."),
    (403, "You're not authorized to push to this branch. Visit https://docs.github.com/ for more."),
    (422, "Protected branch update failed for refs/heads/main."),
    (422, "Cannot update this protected ref."),
]


@pytest.mark.parametrize(("status", "words"), SAID)
def test_every_way_to_say_protected_is_understood(status: int, words: str) -> None:
    assert is_protected(Refused(status, words))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Repository was archived so is read-only."),
        (403, "Resource not accessible by integration"),
        (403, "plansync never writes under .github."),
        (404, "Not Found"),
        (422, "body is too long (maximum is 65536 characters)"),
    ],
)
def test_other_refusals_are_none_of_it(status: int, words: str) -> None:
    assert not is_protected(Refused(status, words))


def test_a_tick_waits_in_a_pull_request_and_is_told(plan: Plan) -> None:
    world, before = plan.world, plan.file
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    assert plan.file == before
    assert plan.waiting == before.replace("- [ ] Backend/API changes", TICKED)
    (pull,) = pulls(world)
    assert (pull.state, pull.author) == ("open", world.github.bot)
    assert f"`{PATH}`: `Tick “Backend/API changes”`" in pull.body
    assert "Changes must be made through a pull request." in pull.body
    assert f"waits in #{pull.number}" in plan.status
    assert TICKED in plan.issue
    assert plan.memory.proposed == pull.number
    commit = world.repo.git.commits[world.repo.git.branches[BRANCH]]
    assert commit.message.startswith("Tick “Backend/API changes”\n")
    assert "Co-authored-by: alice" in commit.message


def test_the_number_of_calls_that_the_crashes_cover(plan: Plan) -> None:
    plan.world.alice.tick(plan.number, "Backend/API changes")
    plan.world.settle()
    assert len(plan.world.new_calls()) == 12
    plan.world.alice.untick(plan.number, "Backend/API changes")
    plan.world.settle()
    assert len(plan.world.new_calls()) == 12


def test_it_is_done_again_without_a_single_write(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    assert [call for call in world.new_calls() if call in world_writes()] == ["put_file", *WRITES]
    body = plan.repo.issues[plan.number].body
    world.alice.edit_issue(plan.number, body=body + "\n- x")
    world.alice.edit_issue(plan.number, body=body)
    world.settle()
    assert [call for call in world.new_calls() if call in world_writes()] == ["put_file"]


def world_writes() -> set[str]:
    from tests.fake_writer import FakeWriter

    return {name for name in vars(FakeWriter) if not name.startswith("_")}


def test_further_ticks_are_added_in_place(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.new_calls()
    world.bob.tick(plan.number, "Rules of the domain")
    world.send()
    world.work()
    assert world.new_calls() == [
        *("pull", "file", "issue", "file", "put_file"),
        *("pulls", "repository", "head", "head", "compared", "file", "file"),
        *("put_file", "edit_pull", "edit_comment"),
    ]
    world.settle()
    assert TICKED in plan.waiting
    assert "- [x] Rules of the" in plan.waiting
    assert len(pulls(world)) == 1
    log = world.repo.git.ancestors(world.repo.git.branches[BRANCH])[:2]
    credits = [world.repo.git.commits[sha].message for sha in log]
    assert "alice" in credits[1]
    assert "bob" in credits[0]


def test_merging_it_ends_it(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.bob.merge_pull(pulls(world)[0].number)
    world.settle()
    assert TICKED in plan.file
    assert plan.same()
    assert plan.memory.proposed is None
    assert "waits in" not in plan.status
    world.alice.tick(plan.number, "Rules of the domain")
    world.settle()
    first, second = pulls(world)
    assert (first.state, second.state) == ("closed", "open")
    assert "- [x] Rules of the" in plan.waiting
    assert (
        world.repo.git.merge_base(world.repo.git.branches["main"], world.repo.git.branches[BRANCH])
        == world.repo.git.branches["main"]
    )


def test_merging_it_by_squash_ends_it_too(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    squash(world)
    world.settle()
    assert plan.same()
    assert plan.memory.proposed is None
    world.alice.untick(plan.number, "Backend/API changes")
    world.settle()
    assert TICKED not in plan.waiting
    assert [pull.state for pull in pulls(world)] == ["closed", "open"]


def squash(world: World) -> None:
    """One commit with a message of its own, the branch left behind."""
    number = pulls(world)[-1].number
    pull = world.repo.pulls[number]
    files = world.repo.git.commits[world.repo.git.branches[BRANCH]].files
    changed = world.repo.pull_paths(pull)
    sha = world.repo.commit(
        "bob", {path: world.repo.git.blobs[files[path]] for path in changed}, "Squashed"
    )
    pull.merge_commit, pull.merged_at = sha, world.github.tick()
    pull.last_head = world.repo.git.branches[BRANCH]
    world.repo.edit_issue("bob", number, state="closed")


def test_taking_the_tick_back_closes_it(plan: Plan) -> None:
    world, before = plan.world, plan.file
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.alice.untick(plan.number, "Backend/API changes")
    world.settle()
    (pull,) = pulls(world)
    assert pull.state == "closed"
    assert BRANCH not in world.repo.git.branches
    assert plan.file == before
    assert plan.same()
    assert plan.memory.proposed is None
    assert "waits in" not in plan.status


def test_protection_that_is_lifted_is_noticed(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.repo.protected = False
    world.alice.tick(plan.number, "Rules of the domain")
    world.settle()
    assert TICKED in plan.file
    assert "- [x] Rules of the" in plan.file
    assert plan.same()
    assert [pull.state for pull in pulls(world)] == ["closed"]
    assert plan.memory.proposed is None
    assert "waits in" not in plan.status


def test_a_pull_request_that_a_person_closed_stays_closed_until_more_changes(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.bob.close_pull(pulls(world)[0].number)
    world.settle()
    body = plan.repo.issues[plan.number].body
    world.alice.edit_issue(plan.number, body=body + "\n- x")
    world.alice.edit_issue(plan.number, body=body)
    world.settle()
    assert [pull.state for pull in pulls(world)] == ["closed"]
    assert TICKED in plan.issue
    world.alice.tick(plan.number, "Rules of the domain")
    world.settle()
    assert [pull.state for pull in pulls(world)] == ["closed", "open"]
    assert TICKED in plan.waiting
    assert "- [x] Rules of the" in plan.waiting


def test_a_change_on_the_default_branch_is_merged_into_what_waits(plan: Plan) -> None:
    """Both changed the plan: the branch takes the default branch in, nothing is forced or lost."""
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    waited = world.repo.git.branches[BRANCH]
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules, all of"))
    world.bob.push_file("notes.md", "n\n")
    world.settle()
    git = world.repo.git
    assert waited in git.ancestors(git.branches[BRANCH])
    assert git.branches["main"] in git.ancestors(git.branches[BRANCH])
    assert TICKED in plan.waiting
    assert "- [x] Rules, all of" in plan.waiting
    assert "- [x] Rules, all of" in plan.issue
    assert TICKED not in plan.file
    assert world.repo.pull_paths(world.repo.pulls[pulls(world)[0].number]) == [PATH]
    world.bob.merge_pull(pulls(world)[0].number)
    world.settle()
    assert plan.same()
    assert TICKED in plan.file
    assert "- [x] Rules, all of" in plan.file


def test_a_commit_that_a_person_adds_to_it_stays(plan: Plan) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.bob.push_file("docs/extra.md", "e\n", branch=BRANCH)
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules, all of"))
    world.settle()
    assert world.repo.text("docs/extra.md", BRANCH) == "e\n"
    world.alice.untick(plan.number, "Backend/API changes")
    world.settle()
    assert [pull.state for pull in pulls(world)] == ["open"]
    assert world.repo.text("docs/extra.md", BRANCH) == "e\n"
    assert TICKED not in plan.waiting


def test_two_plans_share_one_pull_request(plan: Plan) -> None:
    world = plan.world
    world.bob.push_file("plan_docs/basket.md", plan.file.replace("Search", "Basket"))
    world.settle()
    other = Plan(world, world.plan_issue("plan_docs/basket.md"), "plan_docs/basket.md")
    world.alice.tick(plan.number, "Backend/API changes")
    world.bob.tick(other.number, "Rules of the domain")
    world.settle()
    (pull,) = pulls(world)
    assert sorted(parse_entries(pull.body)) == ["plan_docs/basket.md", PATH]
    assert TICKED in plan.waiting
    assert "- [x] Rules of the" in other.waiting
    world.bob.untick(other.number, "Rules of the domain")
    world.settle()
    assert list(parse_entries(pull.body)) == [PATH]
    assert world.repo.pull_paths(world.repo.pulls[pull.number]) == [PATH]
    assert (pull.state, other.memory.proposed) == ("open", None)
    world.alice.untick(plan.number, "Backend/API changes")
    world.settle()
    assert pull.state == "closed"


def test_another_plan_that_moved_on_is_put_back_by_its_own_reconcile(plan: Plan) -> None:
    """Both plans wait, both change on the default branch; whichever comes first drops the other."""
    world = plan.world
    basket = "plan_docs/basket.md"
    world.bob.push_file(basket, plan.file.replace("Search", "Basket"))
    world.settle()
    other = Plan(world, world.plan_issue(basket), basket)
    world.alice.tick(plan.number, "Backend/API changes")
    world.bob.tick(other.number, "Backend/API changes")
    world.settle()
    edited = {
        path: world.repo.text(path).replace("- [ ] Rules of", "- [x] Rules, all of")
        for path in (PATH, basket)
    }
    world.bob.push_files(edited, "Both")
    world.settle()
    for each in (plan, other):
        assert TICKED in each.waiting
        assert "- [x] Rules, all of" in each.waiting
    (pull,) = pulls(world)
    assert sorted(parse_entries(pull.body)) == [basket, PATH]
    world.bob.merge_pull(pull.number)
    world.settle()
    assert plan.same()
    assert other.same()
    assert TICKED in plan.file
    assert TICKED in other.file


def test_a_lost_database_loses_no_waiting_tick(plan: Plan, tmp_path: object) -> None:
    """The status comment's base is what the default branch has, not what waits."""
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    marker = parse_status_marker(plan.status)
    assert marker is not None
    assert marker.base == blob_sha(plan.file)
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules, all of"))
    world.settle()
    assert TICKED in plan.issue
    assert TICKED in plan.waiting
    assert len(pulls(world)) == 1


def test_a_row_that_a_merge_moves_waits_too_and_moves_once(world: World) -> None:
    from tests.subjects.test_tracking import PATH as STORY
    from tests.subjects.test_tracking import Story, table

    story = Story(world)
    world.repo.protected = True
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    waiting = world.repo.text(STORY, BRANCH)
    assert next(row["Status"] for row in table(waiting, "Devloop Tracking")) == "In Progress"
    assert "In Progress" not in world.repo.text(STORY)
    world.bob.merge_pull(number)
    world.settle()
    waiting = world.repo.text(STORY, BRANCH)
    assert next(row["Status"] for row in table(waiting, "Devloop Tracking")) == "Complete"
    world.bob.merge_pull(pulls(world)[0].number)
    world.settle()
    assert story.rows()["1"][2] == "Complete"


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 13))
def test_a_crash_at_any_call_ends_with_one_pull_request(plan: Plan, nth: int, after: bool) -> None:
    world, before = plan.world, plan.file
    world.alice.tick(plan.number, "Backend/API changes")
    world.github.interrupt(Crash(), nth=nth, calls="any", after=after)
    try:
        world.settle()
    except Crash:
        world.settle()
    (pull,) = pulls(world)
    assert pull.state == "open"
    assert plan.file == before
    assert plan.waiting == before.replace("- [ ] Backend/API changes", TICKED)
    assert TICKED in plan.issue
    assert len([c for c in world.repo.comments.values() if "plansync:status" in c.body]) == 1
    world.bob.merge_pull(pull.number)
    world.settle()
    assert plan.same()
    assert TICKED in plan.file


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 13))
def test_a_crash_while_it_is_closed_leaves_nothing_open(plan: Plan, nth: int, after: bool) -> None:
    world = plan.world
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    world.alice.untick(plan.number, "Backend/API changes")
    world.github.interrupt(Crash(), nth=nth, calls="any", after=after)
    try:
        world.settle()
    except Crash:
        world.settle()
    assert [pull.state for pull in pulls(world)] == ["closed"]
    assert plan.same()
    world.alice.tick(plan.number, "Backend/API changes")
    world.settle()
    assert TICKED in plan.waiting
    assert [pull.state for pull in pulls(world)] == ["closed", "open"]


def test_user_text_in_the_pull_request_is_inert_and_reads_back() -> None:
    hostile = 'Tick “@alice `x` --> <!-- plan="b" from="c" -->” #12'
    entries = {
        path: make_entry(path, f"plan:1:{path}", hostile)
        for path in ("plan_docs/ü b.md", 'a"b.md', "x`y.md")
    }
    body = render_body("main", entries, "Required `status` check")
    assert parse_entries(body) == entries
    assert parse_entries(body.replace("\n", "\r\n")) == entries
    assert parse_words(body) == "Required `status` check"
    assert [line.count("<!-- plan=") for line in body.splitlines() if line.startswith("-")] == [
        2,
        2,
        2,
    ]
    assert parse_entries("- [ ] a person's text") == {}
    assert parse_words("text") == "Changes must be made through a pull request."


def test_an_entry_is_a_value() -> None:
    assert make_entry("a.md", "plan:1:a.md", "Tick") == Entry(
        "a.md", "plan:1:a.md", "`a.md`: `Tick`"
    )
