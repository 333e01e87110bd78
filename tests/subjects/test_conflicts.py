"""What two sides write into one place: kept, told without pinging, settled by a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.plans.document import parse_document
from bot.store import Store
from tests.subjects.test_mirror import PATH, Ready
from tests.world import World

OLD = "- [ ] Backend/API changes"
LABEL = "plan:conflict"


@pytest.fixture
def ready(world: World) -> Ready:
    world.request()
    return Ready(world, world.plan_issue(PATH))


def clash(
    ready: Ready, issue: str = "- [ ] Backend in Rust", file: str = "- [ ] Backend in Go"
) -> None:
    """Alice changes a line of the issue and Bob the same line of the file."""
    world = ready.world
    world.alice.change_body(ready.issue, lambda b: b.replace(OLD, issue))
    world.bob.edit_file(PATH, lambda t: t.replace(OLD, file))
    world.settle()


def labels(ready: Ready) -> list[str]:
    return ready.world.repo.issues[ready.issue].labels


def comments(ready: Ready, beginning: str) -> list[str]:
    said = ready.world.repo.comments_on(ready.issue)
    return [c.body for c in said if c.body.startswith(beginning)]


def lose_database(world: World, folder: Path) -> None:
    world.store = Store(f"sqlite:///{folder}/second.sqlite3")
    world.store.migrate()


def test_a_conflict_is_labelled_until_the_next_clean_merge(ready: Ready) -> None:
    clash(ready)
    assert "- [ ] Backend in Go" in ready.file
    assert ready.same()
    assert LABEL in labels(ready)
    assert len(comments(ready, "<!-- plansync:conflict ")) == 1
    ready.world.bob.tick(ready.issue, "Rules of the domain")
    ready.world.settle()
    assert LABEL not in labels(ready)
    assert "- [ ] Backend in Go" in ready.file


def test_take_issue_puts_the_issues_text_in_the_files_place(ready: Ready) -> None:
    clash(ready)
    ready.world.bob.comment(ready.issue, "/plan take issue")
    ready.world.settle()
    assert "- [ ] Backend in Rust" in ready.file
    assert "Backend in Go" not in ready.file
    assert ready.same()
    assert LABEL not in labels(ready)
    assert "as bob said" in ready.head_message()


def test_take_file_settles_it_as_it_is(ready: Ready) -> None:
    clash(ready)
    before = ready.file
    ready.world.bob.comment(ready.issue, "/plan take file")
    ready.world.settle()
    assert ready.file == before
    assert ready.same()
    assert LABEL not in labels(ready)
    ready.world.bob.comment(ready.issue, "/plan sync\n")
    ready.world.settle()
    assert ready.file == before


def test_a_box_ticked_since_the_conflict_stays_ticked(ready: Ready) -> None:
    clash(ready)
    ready.world.bob.tick(ready.issue, "Backend in Go")
    ready.world.bob.comment(ready.issue, "/plan take issue")
    ready.world.settle()
    assert "- [x] Backend in Rust" in ready.file
    assert ready.same()


def test_two_conflicts_in_a_row_are_both_taken(ready: Ready) -> None:
    clash(ready)
    world = ready.world
    rules = "- [ ] Rules of the domain"
    line = next(each for each in ready.file.split("\n") if each.startswith(rules))
    world.alice.change_body(ready.issue, lambda b: b.replace(line, "- [ ] Rules by Alice"))
    world.bob.edit_file(PATH, lambda t: t.replace(line, "- [ ] Rules by Bob"))
    world.settle()
    world.bob.comment(ready.issue, "/plan take issue")
    world.settle()
    assert "- [ ] Backend in Rust" in ready.file
    assert "- [ ] Rules by Alice" in ready.file
    assert LABEL not in labels(ready)


def test_a_conflict_settled_before_is_not_taken_later(ready: Ready) -> None:
    clash(ready)
    world = ready.world
    world.bob.comment(ready.issue, "/plan take file")
    world.settle()
    line = next(each for each in ready.file.split("\n") if "Rules of the domain" in each)
    world.alice.change_body(ready.issue, lambda b: b.replace(line, "- [ ] Rules by Alice"))
    world.bob.edit_file(PATH, lambda t: t.replace(line, "- [ ] Rules by Bob"))
    world.settle()
    world.bob.comment(ready.issue, "/plan take issue")
    world.settle()
    assert "- [ ] Backend in Go" in ready.file
    assert "- [ ] Rules by Alice" in ready.file


def test_who_may_not_write_settles_nothing(ready: Ready) -> None:
    clash(ready)
    before = ready.file
    ready.world.person("mallory").comment(ready.issue, "/plan take issue")
    ready.world.settle()
    assert ready.file == before
    assert LABEL in labels(ready)


def test_a_lost_database_still_knows_the_last_conflict(ready: Ready, tmp_path: Path) -> None:
    clash(ready)
    lose_database(ready.world, tmp_path)
    ready.world.bob.comment(ready.issue, "/plan take issue")
    ready.world.settle()
    assert "- [ ] Backend in Rust" in ready.file
    assert LABEL not in labels(ready)


def test_what_has_no_place_any_more_is_told_and_nothing_is_changed(ready: Ready) -> None:
    clash(ready)
    world = ready.world
    with world.github.silence():
        world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Backend in Go", "- [ ] Backend in C"))
    before = ready.file
    world.bob.comment(ready.issue, "/plan take issue")
    world.settle()
    assert ready.file == before
    (told,) = comments(ready, "<!-- plansync:untaken ")
    assert "- [ ] Backend in Rust" in told


def test_text_that_would_swallow_other_boxes_is_not_put_in(ready: Ready) -> None:
    clash(ready, issue="- [ ] Backend in Rust `x`\n  ```\n  code")
    before = len(parse_document(ready.file).tasks)
    ready.world.bob.comment(ready.issue, "/plan take issue")
    ready.world.settle()
    assert len(parse_document(ready.file).tasks) >= before
    assert ready.same()


def test_what_lost_pings_nobody_and_closes_no_fence(ready: Ready) -> None:
    clash(ready, issue="- [ ] Ask @olivia, fixes #1 ``` <!-- plansync:lost -->")
    (told,) = comments(ready, "<!-- plansync:conflict ")
    fenced, fence = [], ""
    for line in told.split("\n"):
        if fence and line == fence:
            fence = ""
        elif fence:
            fenced.append(line)
        elif line.startswith("```"):
            fence = line.removesuffix("text")
        else:
            assert "@olivia" not in line
    assert not fence
    assert "- [ ] Ask @olivia, fixes #1 ``` <!-- plansync:lost -->" in fenced


def test_a_cell_that_both_changed_is_told_and_can_be_taken(world: World) -> None:
    world.request("Checkout", "plan:story")
    path = "docs/user-stories/2026-03-02-checkout.md"
    issue = world.plan_issue(path)
    line = next(each for each in world.repo.text(path).split("\n") if each.startswith("| 1 |"))
    here, there = (line.replace("| 1 |", f"| 1 | {who} x", 1) for who in ("alice", "bob"))
    here, there = here.replace("x |", "x", 1), there.replace("x |", "x", 1)
    world.alice.change_body(issue, lambda b: b.replace(line, here, 1))
    world.bob.edit_file(path, lambda t: t.replace(line, there, 1))
    world.settle()
    assert there in world.repo.text(path)
    assert LABEL in world.repo.issues[issue].labels
    world.alice.comment(issue, "/plan take issue")
    world.settle()
    assert here in world.repo.text(path)
    assert LABEL not in world.repo.issues[issue].labels


# Who may not write: held, shown, accepted.


def test_an_edit_without_write_access_is_held_and_shown(ready: Ready) -> None:
    world, before = ready.world, ready.file
    world.person("mallory").change_body(
        ready.issue, lambda b: b.replace(OLD, "- [x] Backend by @mallory")
    )
    world.settle()
    assert ready.file == before
    assert "- [x] Backend by @mallory" in ready.body
    (status,) = comments(ready, "<!-- plansync:status ")
    assert "**Held**: `mallory`" in status
    assert "+- [x] Backend by @mallory" in status
    world.bob.tick(ready.issue, "Rules of the domain")
    world.settle()
    assert "- [x] Rules of the domain" in ready.file
    assert "mallory" not in ready.file


def test_a_held_edit_is_taken_over_by_accept(ready: Ready) -> None:
    world = ready.world
    world.person("mallory").tick(ready.issue, "Backend/API changes")
    world.settle()
    world.person("mallory").comment(ready.issue, "/plan accept")
    world.settle()
    assert "- [x] Backend" not in ready.file
    world.bob.comment(ready.issue, "/plan accept")
    world.settle()
    assert "- [x] Backend/API changes" in ready.file
    assert ready.same()
    (status,) = comments(ready, "<!-- plansync:status ")
    assert "**Held**" not in status


def test_a_lost_database_still_holds_what_was_held(ready: Ready, tmp_path: Path) -> None:
    world = ready.world
    world.person("mallory").tick(ready.issue, "Backend/API changes")
    world.settle()
    lose_database(world, tmp_path)
    world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Rules of", "- [x] Rules of"))
    world.settle()
    assert "- [x] Backend" not in ready.file
    assert "- [x] Rules of" in ready.body
    world.alice.comment(ready.issue, "/plan accept")
    world.settle()
    assert "- [x] Backend/API changes" in ready.file
    assert ready.same()
