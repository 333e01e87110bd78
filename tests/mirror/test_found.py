"""What the model of `tests/model` once found, each as small as it got."""

from __future__ import annotations

import pytest

from bot.errors import Retryable
from bot.plans.merge import merge, take_over
from tests.fake_github import Crash
from tests.mirror.conftest import PATH, Pair

BASE = "# Plan\n\n## Work\n- [ ] list what there is\n- [ ] sort what is found\n\n## Notes\n"


def test_a_line_that_both_added_beside_one_it_is_like_stands_once() -> None:
    base = f"{BASE}This says first about it.\n"
    added = "This says second about it."
    file = base.replace("This says first about it.", added)
    issue = f"{base}{added}"
    assert merge(base, file, issue).text.count(added) == 1
    assert merge(base, f"{base}{added}\n", issue.replace("first", "third")).text.count(added) == 1


def test_a_task_that_one_side_edited_and_the_other_edited_and_moved_stands_once() -> None:
    file = BASE.replace("list what there is", "list all of what there is now today")
    moved = "- [ ] list all of what there is now\n"
    issue = BASE.replace("- [ ] list what there is\n", "").replace(
        "## Notes\n", f"## Notes\n{moved}"
    )
    text = merge(BASE, file, issue).text
    assert text.count("list all of what there is") == 1


def test_what_both_seem_to_have_added_to_a_guessed_base_stands_once_and_is_told() -> None:
    file = BASE.replace("## Notes", "- [ ] show the best of them\n\n## Notes")
    issue = f"{BASE}- [ ] show the very best of them\n"
    merged = take_over(file, BASE.strip(), issue.strip(), unsure=True)
    assert merged.text.count("best of them") == 1
    assert [conflict.lost for conflict in merged.conflicts] == ["- [ ] show the very best of them"]
    sure = take_over(file, BASE.strip(), issue.strip())
    assert sure.text.count("best of them") == 2


@pytest.mark.parametrize("error", [Crash(), Retryable("502 Bad Gateway")], ids=["crash", "502"])
def test_an_edit_over_a_body_that_nobody_saw_come_through_is_merged_back(
    pair: Pair, error: BaseException
) -> None:
    opened = pair.body
    pair.push("- [ ] find", "- [x] find")
    pair.world.github.interrupt(error, calls="edit_comment")
    pair.work()
    pair.reword("Some words.", "Better words.")
    pair.world.alice.edit_issue(pair.issue, body=opened.replace("- [ ] show", "- [x] show"))
    pair.settle()
    for said in ("Better words.", "- [x] find", "- [x] show"):
        assert said in pair.file


@pytest.mark.parametrize("error", [Crash(), Retryable("502 Bad Gateway")], ids=["crash", "502"])
def test_an_old_copy_over_a_body_that_nobody_saw_come_through_unticks_nothing(
    pair: Pair, error: BaseException
) -> None:
    opened = pair.body
    pair.world.alice.tick(pair.issue, "list")
    pair.push("- [ ] find", "- [x] find")
    pair.world.send()
    pair.world.github.interrupt(error, calls="edit_issue", after=True)
    pair.work()
    pair.world.alice.edit_issue(pair.issue, body=opened.replace("- [ ] show", "- [x] show"))
    pair.settle()
    for said in ("- [x] list", "- [x] find", "- [x] show"):
        assert said in pair.file


def test_an_edit_overwritten_long_ago_is_merged_back_as_what_it_was(pair: Pair) -> None:
    pair.world.alice.tick(pair.issue, "list")
    pair.settle()
    pair.push("- [ ] find", "- [x] find")
    pair.world.github.meanwhile(
        lambda: pair.reword("Some words.", "Raced words."), calls="edit_issue"
    )
    pair.world.send()
    pair.world.work()
    late = pair.world.github.take_deliveries()
    ours = [d for d in late if d.event == "issues" and d.payload["sender"]["type"] == "Bot"]
    pair.world.send([d for d in late if d not in ours])
    pair.push("- [x] list", "- [ ] list")
    for n in range(5):
        pair.push("## Requirements\n", f"## Requirements\n- [ ] more {n}\n")
        pair.world.send()
        pair.world.work()
    pair.world.send(ours)
    pair.settle()
    assert "Raced words." in pair.file
    assert "- [ ] list" in pair.file


def test_an_old_copy_takes_nothing_back_that_it_did_not_know(pair: Pair) -> None:
    opened = pair.body
    pair.world.alice.tick(pair.issue, "list")
    pair.push("- [ ] find", "- [x] find")
    pair.push("Some words.", "Some words.\n\nMore words.")
    pair.settle()
    pair.world.alice.edit_issue(pair.issue, body=opened.replace("- [ ] show", "- [x] show"))
    pair.settle()
    for said in ("- [x] list", "- [x] find", "- [x] show", "More words."):
        assert said in pair.file, said
    assert pair.world.repo.paths() == ["README.md", PATH]


def test_a_commit_cut_short_is_found_behind_many_others(pair: Pair) -> None:
    pair.reword("Some words.", "Some words.\n\nMore of alice's words.")
    pair.push("- [ ] find", "- [x] find")
    pair.world.send()
    pair.world.github.interrupt(Crash(), calls="edit_issue")
    pair.work()
    pair.push("More of alice's words.", "More of bob's own words.")
    for n in range(12):
        pair.push("## Requirements\n", f"## Requirements\n- [ ] more {n}\n")
    pair.settle()
    assert "More of bob's own words." in pair.file
    assert "More of alice's words." not in pair.file


def test_what_an_old_copy_replaced_is_merged_back_without_old_ticks(pair: Pair) -> None:
    opened = pair.body
    pair.world.alice.tick(pair.issue, "list")
    pair.push("- [ ] find", "- [x] find")
    pair.settle()
    pair.push("- [x] list", "- [ ] list")
    pair.reword("Some words.", "Better words.")
    pair.world.alice.edit_issue(pair.issue, body=opened.replace("- [ ] show", "- [x] show"))
    pair.settle()
    for said in ("- [ ] list", "- [x] find", "- [x] show", "Better words."):
        assert said in pair.file


def test_a_guessed_base_still_tells_what_was_unticked_from_what_was_left() -> None:
    base = BASE.replace("- [ ] sort", "- [x] sort").strip()
    without = "\n".join(line for line in base.split("\n") if "sort" not in line)
    unticked = take_over(f"{base}\n".replace("[x]", "[ ]"), base, without, unsure=True)
    assert "- [ ] sort what is found" in unticked.text
    assert [conflict.kind for conflict in unticked.conflicts] == ["kept"]
    left = take_over(f"{base}\n", base, without, unsure=True)
    assert "sort" not in left.text
    assert not left.conflicts
