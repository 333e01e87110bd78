"""What a pull request's fact does to a plan's rows and boxes."""

from __future__ import annotations

import difflib

import pytest

from bot.plans.document import parse_document
from bot.plans.tracking import PullFact, add_tracking_rows, move_task, set_pull_fact
from tests.formats.plans_at_hand import filled, filled_text, read

URL = "https://github.com/acme/shop/pull/{}"

STORY = """\
# User Story: Codes

## Requirements

- [ ] R-1: First
- [ ] R-2: Second

## Implementation Plan

| # | Task | Specialist | Dependencies | Covers | Status |
|---|------|-----------|--------------|--------|--------|
| 1 | Write `a\\|b` | dba | — | code | Pending |
| 2 | Read it | api | 1 | code | Pending |

### Requirements Coverage

| Req | Covered By Tasks |
|-----|-----------------|
| R-1 | 1 |
| R-2 | 1, 2 |

## Devloop Tracking

| # | Task | Devloop Output | PR | Status |
|---|------|---------------|-----|--------|
| 1 | {task} | | | Pending |
"""


def after(text: str, *facts: tuple[str, int, str], devloop: str = "", path: str = "s.md") -> str:
    for task, number, state in facts:
        document = parse_document(text)
        text = set_pull_fact(
            document,
            read(text, path),
            task=task,
            number=number,
            url=URL.format(number),
            state=state,
            devloop=devloop,
        )
    return text


def changed(before: str, now: str) -> list[str]:
    """The lines of ``now`` that are not in ``before``, in order."""
    lines = difflib.ndiff(before.splitlines(), now.splitlines())
    return [line[2:] for line in lines if line.startswith("+ ")]


def test_an_open_pull_request_moves_both_rows_fills_the_example_and_adds_missing_rows() -> None:
    assert changed(STORY, after(STORY, ("1", 41, "open"))) == [
        "| 1 | Write `a\\|b` | dba | — | code | In Progress |",
        "| 1 | Write `a\\|b` | | [#41](https://github.com/acme/shop/pull/41) | In Progress |",
        "| 2 | Read it | | | Pending |",
    ]


def test_a_merge_completes_the_row_names_the_output_and_ticks_what_it_finishes() -> None:
    opened = after(STORY, ("1", 41, "open"))
    merged = after(opened, ("1", 41, "merged"), devloop="docs/a.md")
    link = "[#41](https://github.com/acme/shop/pull/41)"
    assert changed(opened, merged) == [
        "- [x] R-1: First",
        "| 1 | Write `a\\|b` | dba | — | code | Complete |",
        f"| 1 | Write `a\\|b` | docs/a.md | {link} | Complete |",
    ]
    assert after(merged, ("1", 41, "merged"), devloop="docs/a.md") == merged


def test_a_requirement_waits_for_every_task_that_covers_it() -> None:
    both = after(STORY, ("1", 41, "merged"), ("2", 42, "merged"))
    assert "- [x] R-2: Second" in both
    assert "- [ ] R-2: Second" in after(both, ("1", 41, "reverted"))


def test_closing_unmerged_takes_back_only_its_own() -> None:
    two = after(STORY, ("1", 41, "open"), ("1", 42, "open"))
    assert "[#41](https://github.com/acme/shop/pull/41), [#42](https" in two
    one = after(two, ("1", 42, "closed"))
    assert changed(two, one) == [
        "| 1 | Write `a\\|b` | | [#41](https://github.com/acme/shop/pull/41) | In Progress |"
    ]
    none = after(one, ("1", 41, "closed"))
    assert changed(one, none) == [
        "| 1 | Write `a\\|b` | dba | — | code | Pending |",
        "| 1 | Write `a\\|b` | | | Pending |",
    ]
    first = after(two, ("1", 41, "closed"))
    assert "| [#42](https://github.com/acme/shop/pull/42) | In Progress |" in first


def test_a_revert_goes_back_to_pending_and_keeps_the_link() -> None:
    merged = after(STORY, ("1", 41, "merged"))
    assert changed(merged, after(merged, ("1", 41, "reverted"))) == [
        "- [ ] R-1: First",
        "| 1 | Write `a\\|b` | dba | — | code | Pending |",
        "| 1 | Write `a\\|b` | | [#41](https://github.com/acme/shop/pull/41) | Pending |",
    ]


def test_a_draft_counts_as_open_and_an_unseen_pull_request_closing_moves_nothing() -> None:
    assert "In Progress" in after(STORY, ("1", 41, "draft"))
    by_hand = after(STORY, ("1", 41, "open")).replace("[#41](" + URL.format(41) + ")", "")
    assert after(by_hand, ("1", 41, "closed")) == by_hand


def test_a_status_word_that_nobody_configured_is_kept_and_told() -> None:
    text = STORY.replace("| 2 | Read it | api | 1 | code | Pending |",
                         "| 2 | Read it | api | 1 | code | On hold |")  # fmt: skip
    plan = read(text)
    moved = move_task(parse_document(text), plan, "2", PullFact(43, URL.format(43), "open"))
    assert "| code | On hold |" in moved.text
    assert "[#43](https://github.com/acme/shop/pull/43) | In Progress |" in moved.text
    assert [(p.code, p.line) for p in moved.problems] == [("story.row-status", 13)]


def test_configured_words_are_written_and_read() -> None:
    words = {"pending": "Open", "in_progress": "Doing", "complete": "Done"}
    text = STORY.replace("Pending", "Open")
    document = parse_document(text)
    now = set_pull_fact(
        document, read(text), task="1", number=9, url="", state="merged", statuses=words
    )
    assert "| 1 | Write `a\\|b` | | #9 | Done |" in now
    assert "| code | Done |" in now


def test_rows_of_tasks_that_vanished_still_follow_their_pull_request() -> None:
    text = STORY + "| 7 | Gone from the plan | | | Pending |\n"
    row = "| 7 | Gone from the plan | | [#5](https://github.com/acme/shop/pull/5) | In Progress |"
    assert row in after(text, ("7", 5, "open"))


def test_a_heading_without_a_table_gets_one() -> None:
    bare = STORY[: STORY.index("| # | Task | Devloop Output")]
    document = parse_document(bare)
    made = add_tracking_rows(document, read(bare))
    assert made.startswith(bare.rstrip("\n"))
    assert [line for line in changed(bare, made) if line] == [
        "| # | Task | Devloop Output | PR | Status |",
        "|---|---|---|---|---|",
        "| 1 | Write `a\\|b` | | | Pending |",
        "| 2 | Read it | | | Pending |",
    ]
    without = bare[: bare.index("## Devloop")]
    assert add_tracking_rows(parse_document(without), read(without)) == without


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_stay(ending: str) -> None:
    text = STORY.replace("\n", ending)
    moved = after(text, ("1", 41, "merged"))
    assert moved.replace(ending, "") == after(STORY, ("1", 41, "merged")).replace("\n", "")


def test_a_merged_pull_request_ticks_the_box_it_names_and_a_revert_unticks_it() -> None:
    plan, document = filled("feature-plan")
    text = filled_text("feature-plan")
    assert plan.task("2.3") is not None
    path = plan.path
    assert after(text, ("2.3", 8, "open"), ("2.3", 8, "closed"), path=path) == document.text
    merged = after(text, ("2.3", 8, "merged"), path=path)
    assert changed(text, merged) == ["- [x] Event stream for screens"]
    assert after(merged, ("2.3", 8, "reverted"), path=path) == text


def test_the_status_of_a_story_follows_when_its_facts_change() -> None:
    text = STORY.replace("# User Story: Codes\n", "# User Story: Codes\n\n**Status**: Draft\n")
    opened = after(text, ("1", 41, "open"))
    assert "**Status**: In Progress\n" in opened
    assert "**Status**: Draft\n" in after(opened, ("1", 41, "closed"))
    complete = after(opened, ("1", 41, "merged"), ("2", 42, "merged"))
    assert "**Status**: Complete\n" in complete
    meant = complete.replace("**Status**: Complete", "**Status**: Planning")
    assert "**Status**: Planning\n" in after(meant, ("1", 43, "merged"))
    assert "**Status**: In Progress\n" in after(meant, ("1", 41, "reverted"))


def test_the_status_of_a_story_can_be_left_alone() -> None:
    text = STORY.replace("# User Story: Codes\n", "# User Story: Codes\n\n**Status**: Draft\n")
    fact = PullFact(41, URL.format(41), "open")
    still = move_task(parse_document(text), read(text), "1", fact, status_follows=False)
    assert "**Status**: Draft\n" in still.text
    odd = text.replace("**Status**: Draft", "**Status**: Simmering")
    kept = move_task(parse_document(odd), read(odd), "1", fact)
    assert "**Status**: Simmering\n" in kept.text
    assert [(p.code, p.line) for p in kept.problems] == [("story.status-word", 3)]
    undecided = text.replace("Status**: Draft", "Status**: Draft | Planning | Ready")
    assert "**Status**: In Progress\n" in after(undecided, ("1", 41, "open"))


SKELETON = (
    "# Plan\n\n## User Stories\n\n### Task [T-1]: Index\n- Status: {status}\n- Owner: Ada\n\n"
    "Checklist\n- [ ] planned\n"
)


@pytest.mark.parametrize(
    ("before", "state", "now"),
    [
        ("todo", "open", "in-progress"),
        ("todo", "draft", "in-progress"),
        ("todo | in-progress | blocked | done", "open", "in-progress"),
        ("in‑progress", "open", "in‑progress"),
        ("in-progress", "merged", "done"),
        ("blocked", "open", "blocked"),
        ("blocked", "merged", "done"),
        ("in-progress", "closed", "todo"),
        ("done", "reverted", "todo"),
    ],
)
def test_the_status_of_a_skeleton_follows_its_pull_request(
    before: str, state: str, now: str
) -> None:
    text = SKELETON.format(status=before)
    assert after(text, ("T-1", 3, state), path="tasks/x/plan.md") == SKELETON.format(status=now)


def test_a_skeleton_without_a_status_or_with_a_word_of_ones_own_stays() -> None:
    bare = SKELETON.replace("- Status: {status}\n", "")
    assert after(bare, ("T-1", 3, "open"), path="tasks/x/plan.md") == bare
    odd = SKELETON.format(status="lingering")
    plan = read(odd, "tasks/x/plan.md")
    moved = move_task(parse_document(odd), plan, "T-1", PullFact(3, "", "open"))
    assert moved.text == odd
    assert [(p.code, p.line) for p in moved.problems] == [("tasks.status-word", 6)]


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("task-plan", "S-2/E-1"),
        ("task-plan", "S-1/H-2"),
        ("track-spec", "approval-gates.2"),
        ("user-story", "R-3"),
    ],
)
def test_a_merge_alone_settles_no_exit_approval_or_requirement(name: str, task: str) -> None:
    plan, document = filled(name)
    assert plan.task(task) is not None
    fact = PullFact(3, "https://github.com/acme/shop/pull/3", "merged")
    assert move_task(document, plan, task, fact).text == document.text


def test_a_box_of_another_file_is_left_to_that_file() -> None:
    plan, document = filled("implementation-plan")
    fact = PullFact(3, "", "merged")
    assert move_task(document, plan, "T004", fact).text == document.text
    own = filled_text("tasks")
    ticked = after(own, ("T004", 3, "merged"), path="specs/031/tasks.md")
    assert changed(own, ticked) == ["- [x] T004 [P] Numbering of counter entries"]


@pytest.mark.parametrize("word", ["", "—", "{status}", "Pending / Complete"])
def test_a_status_that_is_none_yet_is_set(word: str) -> None:
    text = STORY.replace("| code | Pending |", f"| code | {word} |")
    task = read(after(text, ("1", 41, "open"))).task("1")
    assert task is not None
    assert task.status_word == "In Progress"


def test_tables_without_some_columns_are_set_where_they_can_be() -> None:
    text = STORY.replace("| Devloop Output | PR |", "| PR |").replace(
        "|---|------|---------------|-----|--------|\n| 1 | {task} | | | Pending |",
        "|---|------|-----|--------|\n| 1 | {task} | | Pending |",
    )
    merged = after(text, ("1", 41, "merged"), devloop="docs/a.md")
    assert "| [#41](https://github.com/acme/shop/pull/41) | Complete |" in merged
    assert "docs/a.md" not in merged


def test_several_outputs_and_links_without_addresses() -> None:
    one = after(STORY, ("1", 41, "merged"), devloop="docs/a.md")
    two = after(one, ("1", 42, "merged"), devloop="docs/b.md")
    assert "| docs/a.md, docs/b.md | [#41]" in two
    row = "| 1 | Write | | #40, #41, #410 | Pending |"
    bare = STORY.replace("| 1 | {task} | | | Pending |", row)
    closed = after(bare, ("1", 41, "open"), ("1", 41, "closed"))
    assert "| 1 | Write | | #40, #410 | In Progress |" in closed


def test_requirements_are_not_ticked_by_a_link_and_unknown_tasks_move_nothing() -> None:
    text = filled_text("user-story")
    assert after(text, ("R-2", 8, "merged")) == text
    feature = filled_text("feature-plan")
    assert after(feature, ("9.9", 8, "merged")) == feature
