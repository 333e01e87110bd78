"""Which lines of a pull request body name a plan or a task, and which do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.links import Links, parse_links


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("Plan: #12", Links(issues=(12,))),
        ("plan: #12\nPlan: plan_docs/x.md", Links(issues=(12,), paths=("plan_docs/x.md",))),
        ("PLAN : ./plan_docs/x.md", Links(paths=("plan_docs/x.md",))),
        ("- Plan: #12\n- Task: 2", Links(issues=(12,), tasks=("2",))),
        ("Task: 2", Links(tasks=("2",))),
        ("Tasks: 2, 3 and 4", Links(tasks=("2", "3", "and", "4"))),
        ("Task: S-1/T-2", Links(tasks=("S-1/T-2",))),
        ("Task: S‑1/T‑2", Links(tasks=("S-1/T-2",))),
        ("Task: T012", Links(tasks=("T012",))),
        ("Task: 2.3.", Links(tasks=("2.3",))),
        ('Task: "Backend/API changes"', Links(tasks=('"Backend/API changes"',))),
        ("Devloop: docs/devloop/1.md", Links(devloop="docs/devloop/1.md")),
        ("Words.\r\nPlan: #3\r\nTask: 1\r\n", Links(issues=(3,), tasks=("1",))),
        ("`Plan: #12`", Links()),
        ("> Plan: #12", Links()),
        ("```\nPlan: #12\n```", Links()),
        ("    Plan: #12", Links()),
        ("<!-- Plan: #12 -->", Links()),
        ("<!--\nPlan: #12\n-->", Links()),
        ("text <!-- a\nPlan: #12\n--> b", Links()),
        ("the plan: #12 is old", Links()),
        ("", Links()),
    ],
)
def test_lines_that_link(body: str, links: Links) -> None:
    assert parse_links(body) == links


@given(st.text(max_size=300))
def test_any_text_is_read(body: str) -> None:
    parse_links(body)


@given(st.text(alphabet="ab`\n >", max_size=40))
def test_fenced_and_quoted_lines_never_link(noise: str) -> None:
    quoted = "\n".join("> " + line for line in (noise + "\nPlan: #12").split("\n"))
    assert parse_links(quoted) == Links()
    assert parse_links("~~~~\n" + noise + "\nPlan: #12\n~~~~") == Links()
