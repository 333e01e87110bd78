"""What a revision says changed: from the plan's own history, in a few lines."""

from __future__ import annotations

from bot.plans.revisions import changes_between
from tests.orders.plans import PATHS, text_of
from tests.world import World

PATH = PATHS["user-story"]
TASK = "| 6 | Scenarios against the carrier's sandbox | Maren Holt | 4, 5 | tests | Pending |"


def test_tasks_requirements_and_sections_that_changed() -> None:
    before = text_of("user-story")
    after = (
        before.replace(TASK, f"{TASK}\n| 7 | Say no to @bob | dba | 6 | code | Pending |", 1)
        .replace(
            "| 4 | Button and code page in the shop | web-shop", "| 4 | A button | web-shop", 1
        )
        .replace("### Deployment", "### Rollout by region\n\nOne by one.\n\n### Deployment", 1)
    )
    found = changes_between(before, after, PATH)
    assert "Task 7 added — Say no to @\u2060bob" in found
    assert "Task 4 reworded — A button" in found
    assert "Section Rollout by region added" in found
    assert changes_between(before, before, PATH) == ()
    back = changes_between(after, before, PATH)
    assert "Task 7 taken out — Say no to @\u2060bob" in back


def test_rows_that_the_bot_moves_are_no_change() -> None:
    before = text_of("user-story")
    after = before.replace("| In Progress |", "| Complete |")
    assert changes_between(before, after, PATH) == ()


def test_many_changes_are_counted() -> None:
    before = text_of("user-story")
    rows = "".join(f"| {n} | Step {n} | dba | — | code | Pending |\n" for n in range(7, 40))
    found = changes_between(before, before.replace(TASK, f"{TASK}\n{rows}".rstrip(), 1), PATH)
    assert len(found) == 13
    assert found[-1] == "and 21 more"


def test_a_revision_tells_what_changed_since_the_last_one(world: World) -> None:
    world.bob.push_file(PATH, text_of("user-story"))
    world.settle()
    issue = world.plan_issue(PATH)
    world.alice.comment(issue, "/plan revise First words")
    world.settle()
    row = "| 7 | Say why | dba | 6 | code | Pending |"
    world.bob.edit_file(PATH, lambda t: t.replace(TASK, f"{TASK}\n{row}", 1))
    world.settle()
    world.alice.comment(issue, '/plan revise "Say why, please"')
    world.settle()
    text = world.repo.text(PATH)
    last = text.split('**Feedback**: "Say why, please"')[1]
    assert "- Task 7 added — Say why" in last
    assert "First words" not in last
    body = world.repo.issues[issue].body
    assert '**Feedback**: "Say why, please"' in body
