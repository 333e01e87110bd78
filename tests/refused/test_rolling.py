"""The rolling pull request by itself: what is written, what stays a person's, what is stale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from bot.apply import apply
from bot.changes import (
    Applied,
    Change,
    CommitFiles,
    CommitToBranch,
    Decision,
    EditPull,
    FileEdit,
    OpenPull,
    PostComment,
)
from bot.config import RepoConfig
from bot.github.ports import Refused, Stale
from bot.github.snapshots import RepoPath
from bot.memory import PlanMemory, SubjectKey
from bot.proposing import carry_out
from bot.rolling import BRANCH, propose, withdraw
from bot.rolling_body import parse_entries
from tests.refused.conftest import pulls
from tests.world import World

NO = Refused(409, "Changes must be made through a pull request.")
A, B = RepoPath("plan_docs/a.md"), RepoPath("plan_docs/b.md")


@pytest.fixture
def plans(world: World) -> World:
    """A protected repository with two files, that say what they say."""
    world.bob.push_files({A: "a0\n", B: "b0\n", "extra.md": "e0\n"}, "Begin")
    world.repo.protected = True
    return world


def commit(world: World, path: RepoPath, text: str) -> CommitFiles:
    found = world.github.reader(world.repo.ref).file(path)
    edit = FileEdit(path, text, found.blob_sha if found else None)
    return CommitFiles((edit,), f"Change {path}", f"Change {path}")


def write(world: World, changes: tuple[Change, ...]) -> list[Applied]:
    reader, writer = world.github.reader(world.repo.ref), world.github.writer(world.repo.ref)
    return apply(changes, reader=reader, writer=writer)


def proposed(world: World, path: RepoPath, text: str) -> tuple[Change, ...]:
    reader = world.github.reader(world.repo.ref)
    proposal = propose(commit(world, path, text), f"plan:1:{path}", NO, reader)
    write(world, proposal.changes)
    return proposal.changes


def taken_out(world: World, path: RepoPath) -> tuple[Change, ...]:
    return withdraw(path, f"plan:1:{path}", world.github.reader(world.repo.ref))


def entries(world: World) -> list[str]:
    return list(parse_entries(pulls(world)[-1].body))


def test_a_change_to_what_the_branch_no_longer_has_is_stale(plans: World) -> None:
    change = commit(plans, A, "a1\n")
    plans.bob.push_file(A, "a2\n")
    with pytest.raises(Stale):
        propose(change, "plan:1:a", NO, plans.github.reader(plans.repo.ref))


def test_doing_it_again_writes_nothing(plans: World) -> None:
    assert proposed(plans, A, "a1\n")
    assert proposed(plans, A, "a1\n") == ()


def test_a_plan_that_moved_on_is_left_out_until_its_own_reconcile(plans: World) -> None:
    proposed(plans, A, "a1\n")
    proposed(plans, B, "b1\n")
    plans.bob.push_files({A: "a2\n", B: "b2\n"}, "Both")
    proposed(plans, A, "a3\n")
    assert entries(plans) == [A]
    assert plans.repo.text(A, BRANCH) == "a3\n"
    assert plans.repo.text(B, BRANCH) == "b2\n"
    proposed(plans, B, "b3\n")
    assert entries(plans) == [A, B]


def test_what_a_person_has_on_the_branch_is_carried_along(plans: World) -> None:
    proposed(plans, A, "a1\n")
    plans.bob.push_files({"extra.md": None, "new.md": "n\n"}, "Mine", branch=BRANCH)
    plans.bob.push_file(A, "a2\n")
    (merge,) = proposed(plans, A, "a3\n")
    assert isinstance(merge, CommitToBranch)
    assert merge.merging == plans.repo.git.branches["main"]
    assert "extra.md" not in plans.repo.paths(BRANCH)
    assert plans.repo.text("new.md", BRANCH) == "n\n"


def test_what_a_person_must_merge_is_left_to_the_person(plans: World) -> None:
    """Their file changed on both sides: no merge of ours may choose one."""
    proposed(plans, A, "a1\n")
    plans.bob.push_file("extra.md", "mine\n", branch=BRANCH)
    plans.bob.push_files({A: "a2\n", "extra.md": "other\n"}, "Both")
    (change,) = proposed(plans, A, "a3\n")
    assert isinstance(change, CommitToBranch)
    assert change.merging is None
    assert plans.repo.text("extra.md", BRANCH) == "mine\n"
    assert plans.repo.text(A, BRANCH) == "a3\n"


def test_a_file_that_is_no_text_is_left_to_the_person_too(plans: World) -> None:
    proposed(plans, A, "a1\n")
    plans.repo.commit("bob", {"logo.png": b"\xff\xfe"}, "Mine", BRANCH)
    plans.bob.push_file(A, "a2\n")
    (change,) = proposed(plans, A, "a3\n")
    assert isinstance(change, CommitToBranch)
    assert change.merging is None
    assert "logo.png" in plans.repo.paths(BRANCH)


def test_after_a_merge_the_branch_begins_anew_at_the_default_branch(plans: World) -> None:
    """Also after a squash, whose commits are in no history of the default branch."""
    proposed(plans, A, "a1\n")
    number = pulls(plans)[0].number
    pull = plans.repo.pulls[number]
    sha = plans.repo.commit("bob", {A: b"a1\n"}, "Squashed")
    pull.merge_commit, pull.merged_at = sha, plans.github.tick()
    pull.last_head = plans.repo.git.branches[BRANCH]
    plans.repo.edit_issue("bob", number, state="closed")
    proposed(plans, A, "a2\n")
    compared = plans.github.reader(plans.repo.ref).compared("main", BRANCH)
    assert compared is not None
    assert (compared.ahead, compared.behind, compared.paths) == (1, 0, (A,))
    assert entries(plans) == [A]


def test_a_branch_that_a_crash_left_empty_begins_anew(plans: World) -> None:
    git = plans.repo.git
    plans.repo.move(plans.github.bot, BRANCH, git.branches["main"])
    plans.bob.push_file("notes.md", "n\n")
    proposed(plans, A, "a1\n")
    assert git.merge_base(git.branches["main"], git.branches[BRANCH]) == git.branches["main"]
    assert [pull.state for pull in pulls(plans)] == ["open"]


def test_a_pull_request_without_a_list_of_its_files_is_still_updated(plans: World) -> None:
    proposed(plans, A, "a1\n")
    many = {f"f{n}.md": f"{n}\n" for n in range(300)}
    plans.bob.push_files(dict(many), "Many", branch=BRANCH)
    plans.bob.push_file(A, "a2\n")
    (change,) = proposed(plans, A, "a3\n")
    assert isinstance(change, CommitToBranch)
    assert change.merging is None
    write(plans, taken_out(plans, A))
    assert pulls(plans)[0].state == "open"
    assert entries(plans) == []
    assert plans.repo.text(A, BRANCH) == "a2\n"


def test_withdrawing_what_never_waited_changes_nothing(plans: World) -> None:
    assert taken_out(plans, A) == ()
    proposed(plans, B, "b1\n")
    assert taken_out(plans, A) == ()


def test_a_new_file_that_is_withdrawn_is_deleted_again(plans: World) -> None:
    new = RepoPath("plan_docs/new.md")
    proposed(plans, A, "a1\n")
    proposed(plans, new, "n\n")
    write(plans, taken_out(plans, new))
    assert new not in plans.repo.paths(BRANCH)
    assert entries(plans) == [A]


@dataclass(frozen=True)
class Snapshot:
    memory: PlanMemory


COMMENT = PostComment(1, "Before.", "note", "Say it")


def carried(world: World, change: Change, refusals: dict[str, Refused]) -> list[Change]:
    """A subject that comments first and then commits."""
    world.repo.refuses.update(refusals)
    key = SubjectKey(1, "plan", A)
    applied: list[Applied] = []

    def decide(snapshot: Snapshot, config: RepoConfig) -> Decision:
        after = PostComment(1, f"After, in {snapshot.memory.proposed}.", "note", "Say it")
        return Decision((COMMENT, change, after))

    try:
        carry_out(
            key,
            Snapshot(PlanMemory(1, A, "feature-plan")),
            decide,
            RepoConfig(),
            reader=world.github.reader(world.repo.ref),
            writer=world.github.writer(world.repo.ref),
            stopping=lambda: False,
            applied=applied,
        )
    finally:
        world.repo.refuses.clear()
    return [done.change for done in applied]


def test_what_was_written_before_the_refusal_is_not_written_again(plans: World) -> None:
    plans.alice.open_issue("One")
    done = carried(plans, commit(plans, A, "a1\n"), {})
    assert [type(change).__name__ for change in done] == [
        "PostComment",
        "CreateBranch",
        "CommitToBranch",
        "OpenPull",
        "PostComment",
    ]
    number = pulls(plans)[0].number
    assert [c.body for c in plans.repo.comments_on(1)] == ["Before.", f"After, in {number}."]


def test_a_refused_comment_is_no_reason_for_a_pull_request(plans: World) -> None:
    plans.alice.open_issue("One")
    with pytest.raises(Refused):
        carried(plans, commit(plans, A, "a1\n"), {"create_comment": NO})
    assert pulls(plans) == []


def test_another_refusal_of_the_commit_is_passed_on(plans: World) -> None:
    plans.alice.open_issue("One")
    other = Refused(422, "Validation Failed")
    with pytest.raises(Refused, match="Validation"):
        carried(plans, commit(plans, A, "a1\n"), {"put_file": other})
    assert pulls(plans) == []


def test_every_kind_of_step_says_where_and_why(plans: World) -> None:
    changes = [*proposed(plans, A, "a1\n"), *proposed(plans, B, "b1\n")]
    write(plans, taken_out(plans, A))
    changes += taken_out(plans, B)
    assert {type(change).__name__ for change in changes} == {
        "CreateBranch",
        "CommitToBranch",
        "OpenPull",
        "EditPull",
        "DeleteBranch",
    }
    for change in changes:
        assert change.reason
        assert change.target
    assert any(isinstance(change, OpenPull | EditPull) for change in changes)
    assert replace(COMMENT, number=2).target == "#2"
