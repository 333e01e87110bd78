"""Task plans: stories, contract, stop tokens, questions, skeletons, templates."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.formats.task_plan import (
    ALLOWED_SECTIONS,
    TEMPLATE_PATH,
    contract_of,
    is_allowed,
    plan_document,
)
from bot.plans.model import Contract, Plan, TaskState
from bot.plans.stop_tokens import find_stop_tokens
from tests.formats.plans_at_hand import filled, read

TEMPLATE = """\
output_contract:
  allowed_sections:
    - Task Overview
    - User Stories
stop_tokens:
  needs_clarification: ASK_FIRST
---

# How to plan

- [ ] a box of the guide

<!-- BEGIN: plan.md template -->
```markdown
# Plan

## Task Overview
ASK_FIRST: which city

## User Stories

### Story [S-1]: One
#### Tasks Checklist
- [ ] first
```
<!-- END: plan.md template -->

## Guide
- [ ] another box of the guide
"""


def story(body: str, number: int = 1) -> str:
    return f"# Plan\n\n## User Stories\n\n### Story [S-{number}]: Title\n{body}"


def task_plan(text: str) -> Plan:
    return read(text, "tasks/x/plan.md", "task-plan")


def test_recognised_by_its_sections_its_contract_or_its_place() -> None:
    _, document = filled("task-plan")
    found = recognise("elsewhere.md", document)
    assert found is not None
    assert found.format == "task-plan"
    template = recognise("templates/plan.md", TEMPLATE)
    assert template is not None
    assert template.format == "task-plan"
    assert recognise("tasks/x/plan.md", "# Plan\n\nBuy milk.\n") is not None
    assert recognise("notes.md", "# Plan\n\nBuy milk.\n") is None


def test_stories_have_tasks_exit_and_hygiene_boxes() -> None:
    plan, _ = filled("task-plan")
    first, second = plan.groups
    assert (first.key, first.title) == ("S-1", "Query the log of one customer")
    assert (first.owner, first.due, first.priority) == ("Farida", "2025-05-16", "P0")
    assert [task.address for task in first.tasks] == ["S-1/T-1", "S-1/T-2", "S-1/T-3"]
    assert len(first.exit_tasks) == 8
    assert first.exit_tasks[0].address == "S-1/E-1"
    assert [task.address for task in first.hygiene] == ["S-1/H-1", "S-1/H-2"]
    assert first.criteria == (
        "Given entries of two customers, When I ask for one of them, Then I see only hers",
        "Given a period of fourteen months, When I ask for it, Then I am told the limit",
    )
    assert first.complete
    assert not second.complete
    # 3 tasks and 8 exit boxes, 4 tasks and 3 exit boxes; the two hygiene boxes are left out.
    assert (plan.progress.done, plan.progress.total) == (12, 18)
    assert [(gate.name, gate.passed) for gate in plan.gates] == [
        ("S-1 exit checklist", True),
        ("S-2 exit checklist", None),
    ]


def test_story_headings_with_any_dash_and_placeholders_in_their_fields() -> None:
    plan = task_plan(
        "# Plan\n## User Stories\n### Story S‑2 – Later\n"
        "- Story ID: S‑2 | Priority: <P0/P1/P2> | Owner: <name> | Due: <date>\n"
        "#### Tasks Checklist\n- [ ] one\n"
    )
    (group,) = plan.groups
    assert (group.key, group.title) == ("S-2", "Later")
    assert (group.owner, group.due, group.priority) == ("", "", "")
    assert group.exit_line is None


def test_the_template_document_is_read_as_the_block_between_its_markers() -> None:
    document = parse_document(TEMPLATE)
    inner = plan_document(document)
    assert [section.title for section in inner.sections] == [
        "Plan", "Task Overview", "User Stories", "Story [S-1]: One", "Tasks Checklist",
    ]  # fmt: skip
    assert inner.line_text(inner.tasks[0].line) == document.line_text(inner.tasks[0].line)
    plan = task_plan(TEMPLATE)
    assert [(task.text, task.line) for task in plan.tasks] == [("first", 24)]
    assert TEMPLATE[plan.tasks[0].offset or 0 :].startswith(" ] first")
    assert plan.others == ()
    assert [(token.token, token.line, token.reason) for token in plan.stop_tokens] == [
        ("ASK_FIRST", 18, "which city")
    ]
    unmarked = parse_document("# Plan\n\n## Task Overview\n")
    assert plan_document(unmarked) is unmarked


def test_the_contract_in_force() -> None:
    bare = parse_document("# Plan\n")
    built_in = contract_of(bare)
    assert built_in.allowed_sections == ALLOWED_SECTIONS
    assert built_in.source == "built-in"
    template = contract_of(bare, TEMPLATE)
    assert template.allowed_sections == ("Task Overview", "User Stories")
    assert template.stop_tokens == (("needs_clarification", "ASK_FIRST"),)
    own = contract_of(parse_document("---\nstop_tokens:\n  halt: HALT\n---\n# Plan\n"), TEMPLATE)
    assert (own.source, own.stop_tokens) == ("plan", (("halt", "HALT"),))
    plan = read_plan("p.md", bare, "task-plan", files={TEMPLATE_PATH: TEMPLATE})
    assert plan is not None
    assert plan.contract == template


@pytest.mark.parametrize(
    ("title", "allowed"),
    [
        ("Implementation Plan (optional, cross‑cutting)", True),
        ("Definition of Ready (DoR)", True),
        ("Definition of Ready", True),
        ("experts to scan (keywords)", True),
        ("Implementation", False),
        ("Execution Log", False),
    ],
)
def test_allowed_sections(title: str, allowed: bool) -> None:
    assert is_allowed(title, Contract(ALLOWED_SECTIONS)) is allowed


@pytest.mark.parametrize(
    "line",
    [
        "BLOCKED",
        "BLOCKED: the proxy is down",
        "- BLOCKED — the proxy is down",
        "> BLOCKED",
        "- [ ] BLOCKED: the proxy is down",
        "1. **BLOCKED**: the proxy is down",
        "- Status: BLOCKED – the proxy is down",
        "- External: a | Internal: BLOCKED",
        "NEEDS_CLARIFICATION",
        "NEEDS CLARIFICATION: which region",
        "**Storage**: NEEDS CLARIFICATION",
    ],
)
def test_stop_tokens_count_where_they_begin(line: str) -> None:
    tokens = find_stop_tokens(parse_document(f"# Plan\n\n{line}\n"))
    assert [token.line for token in tokens] == [3]
    expected = "NEEDS_CLARIFICATION" if "NEEDS" in line else "BLOCKED"
    assert tokens[0].token == expected
    assert (tokens[0].reason == "the proxy is down") is ("proxy" in line)


@pytest.mark.parametrize(
    "line",
    [
        "The plan is BLOCKED until it is clear.",
        "considered\nBLOCKED until it is clear",
        "- raise `BLOCKED` with evidence",
        "`BLOCKED`",
        "<!-- BLOCKED -->",
        "```\nBLOCKED\n```",
        "    BLOCKED",
        "- <NEEDS_CLARIFICATION>",
        "- [e.g., a city or NEEDS CLARIFICATION]",
        "- ~~BLOCKED: the proxy is down~~",
        "- [x] BLOCKED: the proxy is down",
        "UNBLOCKED: yes",
        "BLOCKED_BY: nobody",
        "blocked",
        "## BLOCKED",
        "| BLOCKED | a |\n|---|---|\n| b | c |",
    ],
)
def test_stop_tokens_say_nothing_elsewhere(line: str) -> None:
    assert find_stop_tokens(parse_document(f"# Plan\n\n{line}\n")) == ()


def test_questions_are_critical_or_nice_and_resolved_in_three_ways() -> None:
    plan, document = filled("task-plan")
    assert [(q.number, q.critical, q.resolved, q.answer) for q in plan.questions] == [
        (1, True, True, ""),
        (2, True, True, "yes, with who, when and for which customer"),
        (3, False, True, ""),
        (4, False, True, ""),
    ]
    assert plan.questions[0].text == "Which columns may leave the system?"
    assert document.line_text(plan.questions[3].line) == "- [Nice] ~~May the file be mailed?~~"


@pytest.mark.parametrize(
    ("bullet", "resolved"),
    [
        ("- [Critical] Where?", False),
        ("- [Critical] Where?\n  - Answer: here", True),
        ("- [Critical] Where?\n  Answer: here", True),
        ("- [Critical] Where?\n  - **Answer:** here", True),
        ("- [Critical] Where? (Answer: here)", True),
        ("- [Critical] Where? — Answer: here", True),
        ("- [Critical] Where?\n  - Answer: <who knows>", False),
        ("- [Critical] Where?\n  - Answer:", False),
        ("- ~~[Critical] Where?~~", True),
        ("- [Critical] ~~Where?~~", True),
        ("- ~~Where?~~", True),
        ("- Where?", False),
        ("- [x] [Critical] Where?", True),
        ("- [Critical] Where?\n- [Nice] When?\n  - Answer: soon", False),
    ],
)
def test_what_resolves_a_question(bullet: str, resolved: bool) -> None:
    plan = task_plan(f"# Plan\n\n## Clarification Questions\n{bullet}\n")
    assert (plan.questions[0].text, plan.questions[0].resolved) == ("Where?", resolved)


@pytest.mark.parametrize(
    ("named", "resolved"),
    [
        ("1", {1}),
        ("Q1 and Q3", {1, 3}),
        ("1–2", {1, 2}),
        ("which columns may leave", {1}),
        ("3 of them", set()),
        ("<list>", set()),
        ("none", set()),
    ],
)
def test_clarifications_resolved_names_questions(named: str, resolved: set[int]) -> None:
    plan = task_plan(
        f"# Plan\n## Definition of Ready (DoR)\n- Clarifications resolved: {named}\n"
        "## Clarification Questions\n- [Critical] Which columns may leave the system?\n"
        "- [Critical] Since when?\n- [Nice] And then?\n"
    )
    assert {question.number for question in plan.questions if question.resolved} == resolved


def test_placeholder_questions_are_passed_but_counted() -> None:
    plan = task_plan("# Plan\n## Clarification Questions\n- [Critical] <question>\n- [Nice] Why?\n")
    assert [(q.number, q.text, q.critical) for q in plan.questions] == [(2, "Why?", False)]


def test_task_skeletons_have_a_status() -> None:
    plan = task_plan(
        "# Plan\n## User Stories\n"
        "### Task [T-1]: Index\n- Status: in‑progress\n- Owner: Ada\n\nChecklist\n- [ ] planned\n\n"
        "### Task [T-2]: Query\n- Status: todo | in‑progress | blocked | done\n\n"
        "### Task [T-3]: Ship\n- Status: done\n\n### Task [T-4]: Rest\n- Status: blocked\n\n"
        "### Task [T-5]: Odd\n- Status: lingering\n"
    )
    (group,) = plan.groups
    assert [(task.address, task.state) for task in group.tasks] == [
        ("T-1", TaskState.IN_PROGRESS),
        ("T-2", TaskState.PENDING),
        ("T-3", TaskState.COMPLETE),
        ("T-4", TaskState.BLOCKED),
        ("T-5", TaskState.UNKNOWN),
    ]
    assert group.tasks[0].owner == "Ada"
    assert group.tasks[1].status_word == ""
    assert [task.address for task in plan.others] == ["T-1/C-1"]
    assert (plan.progress.done, plan.progress.total) == (1, 5)
