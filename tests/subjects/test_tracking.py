"""Pull requests move the rows of a user story, and only when their facts change."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from tests.world import World

PATH = "docs/user-stories/2026-03-02-checkout.md"
ROWS = (
    "| 1 | Write the handler | backend | — | code | Pending |\n"
    "| 2 | Show the form | frontend | 1 | code | Pending |\n"
)


def table(text: str, heading: str) -> list[dict[str, str]]:
    tables = parse_document(text).tables
    (found,) = [t for t in tables if t.section and t.section[-1] == heading]
    names = [cell.text for cell in found.header.cells]
    return [dict(zip(names, (c.text for c in row.cells), strict=True)) for row in found.rows]


class Story:
    def __init__(self, world: World) -> None:
        self.world = world
        world.request("Checkout", "plan:story")
        self.issue = world.plan_issue(PATH)
        world.bob.edit_file(PATH, self._fill)
        world.settle()
        world.new_calls()

    @staticmethod
    def _fill(text: str) -> str:
        doc = parse_document(text)
        (plan,) = [t for t in doc.tables if t.section[-1] == "Implementation Plan"]
        start, end = plan.rows[0].span.start, plan.rows[-1].span.end
        return text[:start] + ROWS.rstrip("\n") + text[end:]

    def open_pull(self, body: str, branch: str = "work") -> int:
        bob = self.world.bob
        bob.create_branch(branch)
        bob.push_file(f"src/{branch}.py", "pass\n", "Work", branch)
        number = bob.open_pull(branch, f"Do {branch}", body)
        self.world.settle()
        return number

    def rows(self) -> dict[str, tuple[str, str, str, str]]:
        """``#`` to tracking PR, tracking output, tracking status, implementation status."""
        text = self.world.repo.text(PATH)
        body = self.world.repo.issues[self.issue].body
        planned = {row["#"]: row["Status"] for row in table(text, "Implementation Plan")}
        tracked = table(text, "Devloop Tracking")
        assert tracked == table(body, "Devloop Tracking")
        return {
            row["#"]: (row["PR"], row["Devloop Output"], row["Status"], planned.get(row["#"], ""))
            for row in tracked
            if row["#"] in planned and row["Task"] and not row["Task"].startswith("{")
        }


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def test_opened_merged_and_closed_move_the_row(story: Story) -> None:
    world = story.world
    body = f"Plan: #{story.issue}\nTask: 1\nDevloop: docs/devloop/1.md\n"
    first = story.open_pull(body)
    assert story.rows()["1"] == (f"#{first}", "", "In Progress", "In Progress")
    assert f"/pull/{first})" in world.repo.text(PATH)
    world.bob.merge_pull(first)
    world.settle()
    assert story.rows()["1"] == (f"#{first}", "docs/devloop/1.md", "Complete", "Complete")
    second = story.open_pull(f"Plan: {PATH}\nTask: 2\n", "other")
    assert story.rows()["2"][0::2] == (f"#{second}", "In Progress")
    world.bob.close_pull(second)
    world.settle()
    assert story.rows()["2"] == ("", "", "Pending", "Pending")
    assert story.rows()["1"][2] == "Complete"


def test_two_pull_requests_for_one_task_wait_for_each_other(story: Story) -> None:
    world = story.world
    body = f"Plan: #{story.issue}\nTask: 1\n"
    first, second = story.open_pull(body), story.open_pull(body, "other")
    assert story.rows()["1"][0] == f"#{first}, #{second}"
    world.bob.merge_pull(first)
    world.settle()
    assert story.rows()["1"][2] == "In Progress"
    world.bob.close_pull(second)
    world.settle()
    assert story.rows()["1"][0::2] == (f"#{first}", "Complete")


def test_a_person_s_word_stands_until_a_fact_changes(story: Story) -> None:
    world = story.world
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    world.alice.edit_file(PATH, lambda t: t.replace("| In Progress |", "| On Hold |"))
    world.settle()
    assert story.rows()["1"][2] == "On Hold"
    world.bob.edit_pull(number, title="Another title")
    world.settle()
    assert story.rows()["1"][2] == "On Hold"


def test_editing_the_body_moves_the_link(story: Story) -> None:
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    story.world.bob.edit_pull(number, body=f"Plan: #{story.issue}\nTask: 2\n")
    story.world.settle()
    assert story.rows()["1"][0::2] == ("", "Pending")
    assert story.rows()["2"][0::2] == (f"#{number}", "In Progress")


def test_a_pull_request_that_names_no_plan_costs_one_look_at_its_files(story: Story) -> None:
    story.world.new_calls()
    story.open_pull("Just work.\n\n`Plan: #1`")
    assert story.world.new_calls() == ["pull_paths"]


def test_a_lost_database_moves_no_row_twice(story: Story, tmp_path: object) -> None:
    from bot.store import Store

    world = story.world
    number = story.open_pull(f"Plan: #{story.issue}\nTask: 1\n")
    world.bob.merge_pull(number)
    world.settle()
    world.alice.edit_file(PATH, lambda t: t.replace("| Complete |", "| Pending |"))
    world.settle()
    assert story.rows()["1"][2] == "Pending"
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.bob.edit_file(PATH, lambda t: t + "\nA line.\n")
    world.settle()
    assert story.rows()["1"][2] == "Pending"
    assert len([c for c in world.repo.comments.values() if "plansync:status" in c.body]) == 1


@pytest.mark.parametrize("name", ["issue", "path"])
def test_a_plan_that_is_not_remembered_is_found_by_its_name(
    story: Story, tmp_path: object, name: str
) -> None:
    from bot.store import Store

    world = story.world
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    plan = f"#{story.issue}" if name == "issue" else PATH
    number = story.open_pull(f"Plan: {plan}\nTask: 1\n")
    assert story.rows()["1"][0::2] == (f"#{number}", "In Progress")
    world.bob.merge_pull(number)
    world.settle()
    assert story.rows()["1"][2] == "Complete"


def test_a_pull_request_that_names_something_else_moves_nothing(story: Story) -> None:
    forged = story.world.person("mallory").open_issue(
        "Not a plan", f'<!-- plansync:plan path="{PATH}" -->'
    )
    story.world.settle()
    before = story.rows()
    story.open_pull(f"Plan: #{forged}, #1, #999, ../x.md\nTask: 1\n")
    assert story.rows() == before
