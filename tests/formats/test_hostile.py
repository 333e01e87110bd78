"""Texts made to be slow: reading and checking them stays near linear."""

from __future__ import annotations

import time

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.gates import check, status_of

STORY_TABLE = "| # | Task | Dependencies | Covers | Status |\n|-|-|-|-|-|\n"
ROLES = "| Role | Name | Approval Required | Status |\n|-|-|-|-|\n"
PATTERNS = {
    "phases": ("feature-plan", "# X Feature Plan\n## Implementation Plan\n",
               "### Phase {i}: a\n- [ ] b\n"),
    "comments": ("feature-plan", "# X Feature Plan\n## Regression Impact Log\n",
                 "- a <!-- {i} -->\n\n"),
    "requirements": ("user-story", "# User Story: X\n## Requirements\n", "- [ ] R-{i}: x\n"),
    "rows": ("user-story", f"# User Story: X\n## Implementation Plan\n\n{STORY_TABLE}",
             "| {i} | a | 1-99 | code | Pending |\n"),
    "design": ("user-story", "# User Story: X\n## Design\n", "### a{i}\n\ntext\n\n"),
    "stories": ("task-plan", "# Plan\n## User Stories\n",
                "### Story [S-{i}]: a\n- Owner: b\n#### Tasks Checklist\n- [x] t\n"),
    "named": ("task-plan", "# Plan\n## Definition of Ready (DoR)\n- Clarifications resolved: "
              + "why is that so, " * 2000 + "\n## Clarification Questions\n",
              "- [Critical] why {i}?\n"),
    "complexity": ("implementation-plan", "# Implementation Plan: x\n## Complexity Tracking\n\n"
                   "| Violation / Risk | Why Needed |\n|-|-|\n", "| some violation {i} | a |\n"),
    "roles": ("track-spec", f"# Specification: x\n## Stakeholders & Approvals\n\n{ROLES}",
              "| Role {i} | a | b | [ ] |\n"),
    "gates": ("track-spec", f"# Specification: x\n## Stakeholders & Approvals\n\n{ROLES}"
              + "| QA | a | b | [ ] |\n" * 2000 + "\n### Approval Gates\n", "- [ ] by Role {i}\n"),
}  # fmt: skip


def seconds(name: str, count: int) -> float:
    format, head, unit = PATTERNS[name]
    text = head + "".join(unit.format(i=i) for i in range(count))
    document = parse_document(text)
    assert not document.refused
    start = time.perf_counter()
    recognise("x.md", document)
    plan = read_plan("x.md", document, format)
    assert plan is not None
    check(plan, document, files={})
    status_of(plan, document)
    return time.perf_counter() - start


@pytest.mark.thorough
@pytest.mark.parametrize("name", PATTERNS)
def test_twice_the_text_takes_about_twice_the_time(name: str) -> None:
    ratios = []
    for _ in range(3):
        small, large = seconds(name, 1000), seconds(name, 2000)
        ratios.append(large / small)
        if ratios[-1] < 3 or large < 0.05:
            return
    raise AssertionError(f"{name}: {ratios}")
