"""A plan too long for an issue: its tasks are mirrored both ways, its text stays in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.plans.document import parse_document
from bot.plans.large import TEXT_BUDGET
from bot.plans.render import body_form, issue_plan_text, plan_text, shown_text
from bot.store import Store
from tests.world import World

PATH = "plan_docs/long.md"
PROSE = ("Much is said here of why it is done like this and not otherwise. " * 12).strip()


def long_plan(phases: int = 80, tasks: int = 4, prose: str = PROSE) -> str:
    parts = ["# shop – Long Feature Plan\n\n", f"{prose}\n\n", "## Implementation Plan\n"]
    for phase in range(1, phases + 1):
        parts.append(f"\n### Phase {phase}: Part {phase}\n\n{prose}\n\n")
        parts += [f"- [ ] Do {phase}.{n} of the work\n" for n in range(1, tasks + 1)]
        parts.append(f"\n{prose}\n")
    parts.append("\n## Risk Management\n| Risk | Impact |\n|---|---|\n| It is long | High |\n")
    parts.append("\n## Acceptance Checklist\n- [ ] It is done\n")
    return "".join(parts)


class Long:
    def __init__(self, world: World, text: str) -> None:
        self.world = world
        world.bob.push_file(PATH, text)
        world.settle()
        self.issue = world.plan_issue(PATH)
        world.new_calls()

    @property
    def file(self) -> str:
        return self.world.repo.text(PATH)

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    def edit_issue(self, change: Callable[[str], str], who: str = "alice") -> None:
        self.world.person(who).change_body(self.issue, change)
        self.world.settle()
        self.check()

    def edit_file(self, change: Callable[[str], str]) -> None:
        self.world.bob.edit_file(PATH, change)
        self.world.settle()
        self.check()

    def check(self) -> None:
        """The issue shows what it is to show of the file, and that is all there is to do."""
        assert issue_plan_text(self.body) == shown_text(self.file)
        assert len(self.body) < 60_000
        self.world.new_calls()
        self.world.settle()
        assert self.world.new_calls() == []


@pytest.fixture
def plan(world: World) -> Long:
    text = long_plan()
    assert len(text) > TEXT_BUDGET
    return Long(world, text)


def test_the_issue_has_headings_tasks_and_tables_and_a_link(plan: Long) -> None:
    plan.check()
    assert body_form(plan.body) == "short"
    assert "../blob/HEAD/plan_docs/long.md" in plan.body
    assert "Much is said" not in plan.body
    assert "| It is long | High |" in plan.body
    there, here = parse_document(issue_plan_text(plan.body)), parse_document(plan.file)
    assert [t.text for t in there.tasks] == [t.text for t in here.tasks]
    assert [s.path for s in there.sections] == [s.path for s in here.sections]


def test_a_tick_in_the_issue_changes_one_character_of_the_file(plan: Long) -> None:
    before = plan.file
    plan.world.alice.tick(plan.issue, "Do 40.2 of the work")
    plan.world.settle()
    assert plan.file == before.replace("- [ ] Do 40.2 of", "- [x] Do 40.2 of")
    plan.check()


def test_a_tick_in_the_file_changes_one_character_of_the_issue(plan: Long) -> None:
    before = issue_plan_text(plan.body)
    plan.edit_file(lambda t: t.replace("- [ ] Do 40.2 of", "- [x] Do 40.2 of"))
    assert issue_plan_text(plan.body) == before.replace("- [ ] Do 40.2 of", "- [x] Do 40.2 of")


def test_every_task_is_mirrored_both_ways(plan: Long) -> None:
    plan.edit_issue(lambda b: b.replace("- [ ] Do", "- [x] Do"))
    assert plan.file == long_plan().replace("- [ ] Do", "- [x] Do")
    plan.edit_file(lambda t: t.replace("- [x] Do", "- [ ] Do"))
    assert plan.file == long_plan()


def test_text_and_cells_edited_in_the_issue_reach_the_file_and_nothing_else_does(
    plan: Long,
) -> None:
    before = plan.file
    plan.edit_issue(
        lambda b: b.replace("Do 3.1 of the work", "Do 3.1 of the work in Rust").replace(
            "| It is long | High |", "| It is long | Low |"
        )
    )
    assert plan.file == before.replace("Do 3.1 of the work", "Do 3.1 of the work in Rust").replace(
        "| It is long | High |", "| It is long | Low |"
    )


def test_a_task_added_or_taken_out_in_the_issue_keeps_the_text_around_it(plan: Long) -> None:
    before = plan.file
    plan.edit_issue(
        lambda b: b.replace(
            "- [ ] Do 7.2 of the work\n", "- [ ] Do 7.2 of the work\n- [ ] Something new\n"
        ).replace("- [ ] Do 9.3 of the work\n", "")
    )
    assert plan.file == before.replace(
        "- [ ] Do 7.2 of the work\n", "- [ ] Do 7.2 of the work\n- [ ] Something new\n"
    ).replace("- [ ] Do 9.3 of the work\n", "")


def test_a_task_added_at_the_end_of_a_list_stays_in_its_section(plan: Long) -> None:
    plan.edit_issue(
        lambda b: b.replace(
            "- [ ] Do 7.4 of the work\n", "- [ ] Do 7.4 of the work\n- [ ] Something new\n"
        )
    )
    (task,) = [t for t in parse_document(plan.file).tasks if t.text == "Something new"]
    assert task.section[-1] == "Phase 7: Part 7"
    assert plan_text(plan.file).count(PROSE) == plan_text(long_plan()).count(PROSE)


def test_both_sides_edit_at_once(plan: Long) -> None:
    before = plan.file
    plan.world.alice.tick(plan.issue, "Do 40.2 of the work")
    plan.edit_file(
        lambda t: t.replace("- [ ] Do 40.3 of", "- [x] Do 40.3 of").replace(PROSE, "Short.", 5)
    )
    assert plan.file == before.replace("- [ ] Do 40.2 of", "- [x] Do 40.2 of").replace(
        "- [ ] Do 40.3 of", "- [x] Do 40.3 of"
    ).replace(PROSE, "Short.", 5)


def test_words_written_into_the_short_issue_go_to_the_file(plan: Long) -> None:
    plan.edit_issue(
        lambda b: b.replace("### Phase 5: Part 5\n", "### Phase 5: Part 5\n\nMind it.\n")
    )
    assert "Mind it." in plan.file
    assert "Mind it." not in plan.body


def test_text_that_changes_in_the_file_alone_writes_no_issue(plan: Long) -> None:
    body = plan.body
    plan.edit_file(lambda t: t.replace(PROSE, "Short.", 1))
    assert plan.body == body


def test_a_plan_that_outgrows_the_budget_changes_over_and_back(world: World) -> None:
    small = long_plan(prose="Short.")
    plan = Long(world, small)
    assert body_form(plan.body) == "whole"
    old_copy = plan.body
    world.alice.tick(plan.issue, "Do 40.2 of the work")
    plan.edit_file(lambda t: t.replace("Short.", PROSE))
    assert body_form(plan.body) == "short"
    assert "- [x] Do 40.2 of" in plan.file
    # A browser still shows the whole plan, and saves it with one more tick.
    world.bob.edit_issue(plan.issue, body=old_copy.replace("- [ ] Do 8.1 of", "- [x] Do 8.1 of"))
    world.settle()
    plan.check()
    assert body_form(plan.body) == "short"
    assert "- [x] Do 8.1 of" in plan.file
    assert "- [x] Do 40.2 of" in plan.file
    old_copy = plan.body
    world.alice.tick(plan.issue, "Do 9.1 of the work")
    plan.edit_file(lambda t: t.replace(PROSE, "Short."))
    assert body_form(plan.body) == "whole"
    assert "plansync:short" not in plan.body
    # And one that still shows the short form.
    world.bob.edit_issue(plan.issue, body=old_copy.replace("- [ ] Do 2.1 of", "- [x] Do 2.1 of"))
    world.settle()
    plan.check()
    ticked = small
    for task in ("40.2", "8.1", "9.1", "2.1"):
        ticked = ticked.replace(f"- [ ] Do {task} of", f"- [x] Do {task} of")
    assert plan.file == ticked


def test_the_issue_itself_can_make_a_plan_outgrow_the_budget(world: World) -> None:
    plan = Long(world, long_plan(phases=33))
    assert body_form(plan.body) == "whole"
    more = "\n".join(f"Line {n}: {PROSE}" for n in range(5))
    world.alice.change_body(plan.issue, lambda b: b + "\n" + more + "\n")
    world.settle()
    assert more in plan.file
    assert body_form(plan.body) == "short"
    plan.check()


def test_a_list_with_long_details_falls_back_to_its_tasks_alone(world: World) -> None:
    text = long_plan(phases=30, prose="Short.").replace(
        " of the work\n", f" of the work\n  {PROSE}\n\n  - {PROSE}\n"
    )
    text = text.replace(f" of the work\n  {PROSE}\n", " of the work\n")
    plan = Long(world, text)
    assert body_form(plan.body) == "short"
    assert "Much is said" not in plan.body
    plan.edit_issue(lambda b: b.replace("- [ ] Do 8.1 of", "- [x] Do 8.1 of"))
    assert plan.file == text.replace("- [ ] Do 8.1 of", "- [x] Do 8.1 of")


def test_what_is_too_long_even_in_short_is_only_linked(world: World) -> None:
    huge = long_plan(phases=150, tasks=24, prose="Short.")
    plan = Long(world, huge)
    assert body_form(plan.body) == "file-only"
    assert "nothing of it is mirrored here" in plan.body
    assert "- [ ]" not in plan.body
    plan.edit_file(lambda t: t.replace("- [ ] Do 8.1 of", "- [x] Do 8.1 of"))
    assert plan.file == huge.replace("- [ ] Do 8.1 of", "- [x] Do 8.1 of")
    # It is split: most of its tasks vanish, and somebody confirms that.
    world.bob.push_file(PATH, long_plan(phases=150, tasks=6).replace("[ ] Do 8.1", "[x] Do 8.1"))
    world.settle()
    assert body_form(plan.body) == "file-only"
    world.bob.comment(plan.issue, "/plan sync confirm")
    world.settle()
    plan.check()
    assert body_form(plan.body) == "short"
    assert "- [x] Do 8.1 of" in plan.body


def test_growing_beyond_even_the_short_form_loses_no_tick(world: World) -> None:
    plan = Long(world, long_plan(phases=100))
    world.alice.tick(plan.issue, "Do 40.2 of the work")
    plan.edit_file(lambda t: t + "\n## More\n" + "- [ ] And one more thing to do\n" * 2500)
    assert body_form(plan.body) == "file-only"
    assert "- [x] Do 40.2 of" in plan.file
    world.bob.edit_file(PATH, lambda t: t.split("\n## More\n")[0] + "\n")
    world.settle()
    # Most of its tasks went with that.
    world.alice.comment(plan.issue, "/plan sync confirm")
    world.settle()
    plan.check()
    assert body_form(plan.body) == "short"
    assert "- [x] Do 40.2 of" in plan.body


def test_a_lost_database_merges_the_short_form_as_before(plan: Long, tmp_path: Path) -> None:
    before = plan.file
    plan.world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    plan.world.store.migrate()
    plan.world.alice.tick(plan.issue, "Do 40.2 of the work")
    plan.edit_file(lambda t: t.replace("- [ ] Do 40.3 of", "- [x] Do 40.3 of"))
    assert plan.file == before.replace("- [ ] Do 40.2 of", "- [x] Do 40.2 of").replace(
        "- [ ] Do 40.3 of", "- [x] Do 40.3 of"
    )


def test_a_notice_that_somebody_took_out_comes_back(plan: Long) -> None:
    before = plan.body
    plan.world.alice.change_body(
        plan.issue, lambda b: "\n".join(x for x in b.split("\n") if "plansync:short" not in x)
    )
    plan.world.settle()
    assert plan.file == long_plan()
    assert issue_plan_text(plan.body) == issue_plan_text(before)
    assert body_form(plan.body) == "short"


def test_an_edit_that_is_held_stays_in_the_short_issue(plan: Long) -> None:
    before = plan.file
    plan.world.person("mallory").tick(plan.issue, "Do 40.2 of the work")
    plan.world.settle()
    assert plan.file == before
    plan.world.bob.edit_file(PATH, lambda t: t.replace("- [ ] Do 1.1 of", "- [x] Do 1.1 of"))
    plan.world.settle()
    assert "- [x] Do 40.2 of" in plan.body
    assert "- [x] Do 1.1 of" in plan.body
    plan.world.bob.comment(plan.issue, "/plan accept")
    plan.world.settle()
    assert "- [x] Do 40.2 of" in plan.file
    plan.check()


def test_a_request_for_a_long_plan_is_answered(world: World) -> None:
    text = long_plan()
    number = world.alice.open_issue("Long", text, ("plan:feature",))
    world.settle()
    answers = [c for c in world.repo.comments_on(number) if "plansync:answer" in c.body]
    assert len(answers) == 1
