"""Whatever the text, reading, checking and telling the status do not fail."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.plans.addresses import resolve_task
from bot.plans.decision_log import read_decision_log
from bot.plans.document import parse_document
from bot.plans.formats import FORMATS, read_plan, recognise
from bot.plans.gates import CODES, READING_CODES, check, status_of
from bot.plans.model import PlanTask, Problem
from bot.plans.tracking import set_pull_fact
from tests.formats.plans_at_hand import FILLED, PATHS, filled_text

NAMES = [known.name for known in FORMATS]
LINES = sorted(
    {
        line
        for path in FILLED.rglob("*.md")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    }
)
ODD = [
    "",
    "---",
    "```",
    "<!--",
    "-->",
    "| 1 | {x} |",
    "|-|-|",
    "- [ ] T001 [P]",
    "### Phase 9",
    "\0",
]
MADE_OF_PLANS = st.lists(st.sampled_from([*LINES, *ODD]), max_size=40).map("\n".join)
ANY = st.one_of(MADE_OF_PLANS, st.text(max_size=300))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=ANY, name=st.sampled_from([None, *NAMES]), beside=MADE_OF_PLANS)
def test_nothing_raises(text: str, name: str | None, beside: str) -> None:
    document = parse_document(text)
    path = PATHS["implementation-plan"]
    folder = path.removesuffix("impl-plan.md")
    files = {folder + "tasks.md": beside, folder + "decision-log.md": beside}
    found = recognise(path, document)
    plan = read_plan(path, document, name, files=files)
    assert (plan is None) == (name is None and found is None)
    if plan is None:
        return
    lines = max(1, len(document.lines))
    for problem in check(plan, document, files=files, today=date(2025, 1, 1), phase_order=True):
        assert problem.code in CODES or problem.code in READING_CODES
        assert problem.path is not None or 1 <= problem.line <= lines
    status = status_of(plan, document, files=files)
    assert 0 <= status.progress.done <= status.progress.total
    for task in plan.boxes:
        assert isinstance(resolve_task(plan, task.address), PlanTask | Problem)
        assert task.offset is None or task.path or text[task.offset] in " xX"
    read_decision_log(document)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    keep=st.lists(st.booleans(), min_size=60, max_size=60),
    name=st.sampled_from(["user-story", "feature-plan", "task-plan"]),
    state=st.sampled_from(["open", "draft", "merged", "closed", "reverted"]),
    task=st.sampled_from(["1", "2", "7", "2.2", "A.1", "S-1/T-1", "R-1", "nothing"]),
)
def test_a_fact_applied_twice_is_applied_once(
    keep: list[bool], name: str, state: str, task: str
) -> None:
    lines = filled_text(name).splitlines()
    text = "\n".join(line for place, line in enumerate(lines) if keep[place % 60])

    def moved(text: str) -> str:
        document = parse_document(text)
        plan = read_plan("p.md", document, name)
        assert plan is not None
        return set_pull_fact(
            document, plan, task=task, number=7, url="https://x/pull/7", state=state, devloop="d.md"
        )

    once = moved(text)
    assert moved(once) == once


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_text_is_an_empty_plan(name: str) -> None:
    document = parse_document("")
    plan = read_plan("x.md", document, name)
    assert plan is not None
    assert plan.progress.total == 0
    assert recognise("x.md", "") is None
    assert read_plan("x.md", document, "no-such-format") is None
