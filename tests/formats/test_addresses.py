"""How tasks are named, and what is said when a name fits none or several."""

from __future__ import annotations

import pytest

from bot.plans.addresses import resolve_task
from bot.plans.model import PlanTask, Problem
from tests.formats.plans_at_hand import filled, read


@pytest.mark.parametrize(
    ("name", "address", "text"),
    [
        ("feature-plan", "2.3", "Event stream for screens"),
        ("feature-plan", "A.3", "Testing strategy (including regression coverage) documented"),
        ("feature-plan", "a.3", "Testing strategy (including regression coverage) documented"),
        ("feature-plan", '"Event stream"', "Event stream for screens"),
        ("feature-plan", "“event  STREAM for”", "Event stream for screens"),
        ("user-story", "2", "Sign and verify codes"),
        ("user-story", "#2", "Sign and verify codes"),
        ("user-story", "R‑2", "The counter scans the code and the parcel gets its label there"),
        ("user-story", '"Sign and verify"', "Sign and verify codes"),
        ("task-plan", "S-1/T-2", "Limit of thirteen months with its message"),
        ("task-plan", "S‑1/T‑2", "Limit of thirteen months with its message"),
        ("task-plan", "[S-2/E-1]", "All Acceptance Criteria (AC) demonstrably satisfied"),
        ("implementation-plan", "T006", "Endpoint and its errors"),
        ("implementation-plan", "[T006]", "Endpoint and its errors"),
        ("implementation-plan", "requirements.2", "Can be read by people who do not program"),
        ("track-spec", "approval-gates.2", "Architecture reviewed by Tech Lead"),
    ],
)
def test_addresses(name: str, address: str, text: str) -> None:
    plan, _ = filled(name)
    found = resolve_task(plan, address)
    assert isinstance(found, PlanTask)
    assert found.text == text


@pytest.mark.parametrize(
    ("name", "address", "code", "says"),
    [
        ("feature-plan", "2.9", "task.unknown", "no task `2.9`"),
        ("feature-plan", "", "task.unknown", "no task"),
        ("feature-plan", '"T"', "task.unknown", "too short"),
        ("feature-plan", '"Nothing begins so"', "task.unknown", "No task begins"),
        ("feature-plan", '"Print"', "task.unknown", ""),
        ("feature-plan", "2", "task.group", "Phase 2: Core Feature Development, not a task"),
        ("task-plan", "S-2", "task.group", "Download the result as a file, not a task"),
        ("task-plan", '"All Acceptance"', "task.ambiguous", "2 tasks begin"),
    ],
)
def test_names_that_fit_none_or_several(name: str, address: str, code: str, says: str) -> None:
    plan, _ = filled(name)
    text = "# X Feature Plan\n## Implementation Plan\n### Phase 0: A\n- [ ] Paint\n"
    if says == "":
        plan = read(text, "plan_docs/x.md")
    found = resolve_task(plan, address)
    assert isinstance(found, Problem)
    assert found.code == code
    assert says in found.message
    assert found.fix.endswith(".")


def test_a_few_addresses_are_offered() -> None:
    boxes = "".join(f"- [ ] box {n}\n" for n in range(1, 8))
    plan = read(
        f"# X Feature Plan\n## Implementation Plan\n### Phase 1: A\n{boxes}", "plan_docs/x.md"
    )
    found = resolve_task(plan, "9.9")
    assert isinstance(found, Problem)
    assert found.fix == "Its tasks are `1.1`, `1.2`, `1.3`, `1.4`, `1.5`, …."
    few = read(
        "# X Feature Plan\n## Implementation Plan\n### Phase 1: A\n- [ ] a\n", "plan_docs/x.md"
    )
    assert isinstance(problem := resolve_task(few, "9.9"), Problem)
    assert problem.fix == "Its tasks are `1.1`."
    empty = read("# X Feature Plan\n## Acceptance Checklist\n", "plan_docs/x.md")
    assert isinstance(problem := resolve_task(empty, "9.9"), Problem)
    assert problem.fix == "The plan has no tasks yet."


def test_a_whole_text_wins_over_the_beginnings_it_is_part_of() -> None:
    text = (
        "# X Feature Plan\n## Implementation Plan\n### Phase 0: A\n- [ ] Paint\n- [ ] Paint twice\n"
    )
    plan = read(text, "plan_docs/x.md")
    found = resolve_task(plan, '"paint"')
    assert isinstance(found, PlanTask)
    assert found.address == "0.1"
    assert isinstance(resolve_task(plan, '"pain"'), Problem)


def test_an_id_that_stands_twice_is_ambiguous() -> None:
    plan = read("# Tasks: x\n- [ ] T001 a\n- [ ] T001 b\n- [ ] T002 c\n", "specs/x/tasks.md")
    found = resolve_task(plan, "T001")
    assert isinstance(found, Problem)
    assert found.code == "task.ambiguous"


def test_an_example_row_is_no_task() -> None:
    text = (
        "# User Story: x\n## Implementation Plan\n\n| # | Task | Status |\n|-|-|-|\n"
        "| 1 | {task} | Pending |\n| 2 | Real | Pending |\n"
    )
    plan = read(text)
    assert isinstance(resolve_task(plan, "2"), PlanTask)
    found = resolve_task(plan, "1")
    assert isinstance(found, Problem)
    assert "example rows are no tasks" in found.fix


def test_every_box_of_a_filled_in_plan_has_an_address_of_its_own() -> None:
    for name in ("feature-plan", "user-story", "task-plan", "track-spec"):
        plan, document = filled(name)
        held = [task for task in plan.boxes if task.offset is not None]
        assert sorted(task.offset or 0 for task in held) == [task.offset for task in document.tasks]
        addresses = [task.address for task in plan.boxes]
        assert len(set(addresses)) == len(addresses)
        assert not any("," in address for address in addresses)
