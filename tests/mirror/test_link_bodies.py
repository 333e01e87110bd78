"""What people write into pull requests, and what it links: one table, read line by line."""

from __future__ import annotations

import pytest

from bot.plans.links import Links, parse_links

REPO = "acme/shop"


def said(links: Links) -> str:
    """``#12=2,3 x.md``: each plan with its tasks; ``?=2`` are tasks of no plan that is named."""
    names = dict.fromkeys(
        (f"#{plan.issue}" if plan.issue is not None else plan.path, plan.issue, plan.path)
        for plan in links.plans
    )
    parts, seen = [], set()
    for name, issue, path in names:
        tasks = [task.named for task in links.tasks_of(issue, path)]
        seen.update(tasks)
        parts.append(f"{name}={','.join(tasks)}" if tasks else name)
    orphans = [task.named for task in links.tasks if task.named not in seen]
    return " ".join([*parts, *([f"?={','.join(orphans)}"] if orphans else [])])


PLAN_LINES = [
    ("Plan: #12", "#12"),
    ("plan: #12", "#12"),
    ("PLAN: #12", "#12"),
    ("Plan:#12", "#12"),
    ("Plan : #12", "#12"),
    ("Plan：#12", "#12"),
    ("Plan: 12", "#12"),
    ("Plan: GH-12", "#12"),
    ("Plan: issue #12", "#12"),
    ("Plan: acme/shop#12", "#12"),
    ("Plan: Acme/Shop#12", "#12"),
    ("Plan: other/shop#12", ""),
    ("Plan: https://github.com/acme/shop/issues/12", "#12"),
    ("Plan: <https://github.com/acme/shop/issues/12>", "#12"),
    ("Plan: https://github.com/acme/shop/issues/12#issuecomment-5", "#12"),
    ("Plan: https://github.com/other/shop/issues/12", ""),
    ("Plan: [#12](https://github.com/acme/shop/issues/12)", "#12"),
    ("Plan: [Search](../issues/12) #12", ""),
    ("Plan: #12 (Search)", "#12"),
    ("Plan: #12 – Search for parcels", "#12"),
    ("Plan: #12.", "#12"),
    ("Plan: #12<br>", "#12"),
    ("Plan: #12, #13", "#12 #13"),
    ("Plans: #12 and #13", "#12 #13"),
    ("Plans: #12; plan_docs/x.md", "#12 plan_docs/x.md"),
    ("Plan: plan_docs/search.md", "plan_docs/search.md"),
    ("Plan: ./plan_docs/search.md", "plan_docs/search.md"),
    ("Plan: /plan_docs/search.md", "plan_docs/search.md"),
    ("Plan: <plan_docs/search.md>", "plan_docs/search.md"),
    ("Plan: [the plan](plan_docs/search.md)", "plan_docs/search.md"),
    ("Plan: [the plan](plan_docs/my%20plan.md)", "plan_docs/my plan.md"),
    ("Plan: plan_docs/my plan.md", "plan_docs/my plan.md"),
    ("Plan: https://github.com/acme/shop/blob/main/plan_docs/x.md", "plan_docs/x.md"),
    ("Plan: https://github.com/acme/shop/blob/main/plan_docs/x.md#L3-L9", "plan_docs/x.md"),
    ("Plan: plan_docs/search.md (see there)", "plan_docs/search.md"),
    ("Plan: docs/user-stories/2026-03-02-checkout.md", "docs/user-stories/2026-03-02-checkout.md"),
    ("**Plan**: #12", "#12"),
    ("**Plan:** #12", "#12"),
    ("__Plan:__ #12", "#12"),
    ("*Plan: #12*", "#12"),
    ("- Plan: #12", "#12"),
    ("* Plan: #12", "#12"),
    ("1. Plan: #12", "#12"),
    ("- [x] Plan: #12", "#12"),
    ("- [ ] Plan: #12", ""),
    ("### Plan: #12", "#12"),
    ("Fixes the search.\nPlan: #12", "#12"),
    ("Words.\r\n\r\nPlan: #3\r\nTask: 1\r\n", "#3=1"),
    ("<details>\n\nPlan: #12\n\n</details>", "#12"),
    ("Plan:", ""),
    ("Plan: #", ""),
    ("Plan: none", ""),
    ("Plan: none, see #12", ""),
    ("Plan: n/a", ""),
    ("Plan: -", ""),
    ("Plan: <issue number>", ""),
    ("Plan: #NUMBER", ""),
    ("Plan: {issue}", ""),
    ("Plan: not #12", ""),
    ("Plan: #12 is not touched", ""),
    ("Plan: 2 of them", ""),
    ("Plan: the one we agreed on", ""),
    ("Plan: ../../../etc/passwd.md", "../../../etc/passwd.md"),
    ("Plan B: #12", ""),
    ("The plan: #12 is old", ""),
    ("Plan #12", ""),
    ("Planning: #12", ""),
    ("Floor plan: #12", ""),
    ("plan:feature", ""),
]

TASK_LINES = [
    ("Task: 2", "2"),
    ("task: 2", "2"),
    ("Task : 2", "2"),
    ("Task: #2", "2"),
    ("Task: [T012]", "T012"),
    ("Task: [2](https://example.org/t/2)", "2"),
    ("Tasks: 2, 3", "2,3"),
    ("Tasks: 2,3", "2,3"),
    ("Tasks: 2; 3", "2,3"),
    ("Tasks: 2 3", "2,3"),
    ("Tasks: 2 and 3", "2,3"),
    ("Tasks: 2, 3 and 4", "2,3,4"),
    ("Tasks: 2, 3, and 4", "2,3,4"),
    ("Tasks: 2 & 3", "2,3"),
    ("Tasks: #2 + #3", "2,3"),
    ("Tasks: 2-4", "2,3,4"),
    ("Tasks: 2–4", "2,3,4"),
    ("Tasks: 2 to 4", "2,3,4"),
    ("Tasks: 2..4, 7", "2,3,4,7"),
    ("Tasks: T001-T003", "T001,T002,T003"),
    ("Tasks: T009–T011", "T009,T010,T011"),
    ("Tasks: 2.1-2.3", "2.1,2.2,2.3"),
    ("Tasks: S-1/T-1 to S-1/T-3", "S-1/T-1,S-1/T-2,S-1/T-3"),
    ("Task: 1-99999", ""),
    ("Task: 2026-03-02", ""),
    ("Task: S-1/T-2", "S-1/T-2"),
    ("Task: S‑1/T‑2", "S-1/T-2"),
    ("Task: S−1/T—2", "S-1/T-2"),
    ("Task: s-1/t-2", "s-1/t-2"),
    ("Task: T012", "T012"),
    ("Task: T-1", "T-1"),
    ("Task: R-1", "R-1"),
    ("Task: 2.3", "2.3"),
    ("Task: 2.3.", "2.3"),
    ("Task: A.3", "A.3"),
    ("Task: approval-gates.2", "approval-gates.2"),
    ("Task: requirements.2", "requirements.2"),
    ("Task: **2**", "2"),
    ("**Task:** 2", "2"),
    ("- Task: 2\n- Task: 3", "2,3"),
    ("- [x] Task: 2\n- [ ] Task: 3", "2"),
    ("Task: 2 (the handler)", "2"),
    ("Task: 2 – Write the handler", "2"),
    ("Task: 2: Write the handler", "2"),
    ("Task: 2 Write the handler", "2"),
    ("Task: T012 Create the schema in src/db.py", "T012"),
    ("Task: 2 Write the handler, the form and 4 tests", "2"),
    ("Tasks: 2 (handler), 3 (form)", "2,3"),
    ("Tasks: 2 – handler, 3 – form", "2,3"),
    ("Task: 2 of 5", "2"),
    ("Task: 2 of them, 4 tests", "2"),
    ('Task: "Backend/API changes"', '"Backend/API changes"'),
    ("Task: “Backend/API changes”", '"Backend/API changes"'),
    ("Task: „Backend/API changes“", '"Backend/API changes"'),
    ("Task: 'Backend/API changes'", '"Backend/API changes"'),
    ("Task: «Backend/API changes»", '"Backend/API changes"'),
    ('Tasks: "Write, then read", 3', '"Write, then read",3'),
    ('Task: "ab"', ""),
    ("Task: Backend/API changes", ""),
    ("Task: the second one", ""),
    ("Task: 3rd", ""),
    ("Task: 2 (not done)", ""),
    ("Task: 2 is not part of this", ""),
    ("Task: ~~2~~ 3", "3"),
    ("~~Task: 2~~\nTask: 3", "3"),
    ("Task: none", ""),
    ("Task: n/a", ""),
    ("Task: ?", ""),
    ("Task: <number>", ""),
    ("Task:", ""),
    ("Task 2", ""),
    ("Tasks:\n- 2\n- 3", ""),
    ("Multitask: 2", ""),
    ("The task: 2 is done", ""),
    ("Task: 2, 2, 2", "2"),
]

TOGETHER = [
    ("Plan: #12\nTask: 2", "#12=2"),
    ("Task: 2\nPlan: #12", "#12=2"),
    ("Plan: #12\nTask: 2\nPlan: #13\nTask: 3", "#12=2 #13=3"),
    ("Task: 1\nPlan: #12\nTask: 2\nPlan: #13\nTask: 3", "#12=2,1 #13=3"),
    ("Plan: #12, #13\nTask: 2", "#12=2 #13=2"),
    ("Plan: other/shop#12\nTask: 2", "?=2"),
    ("Plan: #12\nTask: 1\nPlan: other/shop#9\nTask: 2", "#12=1 ?=2"),
    ("Plan: #12\nTask: 1\nPlan: the other one\nTask: 2", "#12=1 ?=2"),
    ("Task: 2 of #12", "#12=2"),
    ("Tasks: 2 of #12, 3 of #13", "#12=2 #13=3"),
    ("Closes #12\nTask: 2", "#12=2"),
    ("Task: 2\n\nPart of #12.", "#12=2"),
    ("Closes #55\nPart of #12\nTask: 2", "#55 #12=2"),
    ("Closes #55, closes #56\nTask: 2", "#55 #56=2"),
    ("Closes #55\nPlan: #12\nTask: 2", "#55 #12=2"),
    ("Task: 2", "?=2"),
]

KEYWORDS = [
    ("close #12", "#12"),
    ("Closes #12", "#12"),
    ("closed #12", "#12"),
    ("fix #12", "#12"),
    ("Fixes #12", "#12"),
    ("FIXED #12", "#12"),
    ("resolve #12", "#12"),
    ("Resolves #12", "#12"),
    ("resolved #12", "#12"),
    ("Closes: #12", "#12"),
    ("This closes #12.", "#12"),
    ("Closes GH-12", "#12"),
    ("Closes acme/shop#12", "#12"),
    ("Closes other/shop#12", ""),
    ("Closes https://github.com/acme/shop/issues/12", "#12"),
    ("Closes #12, #13", "#12"),
    ("Closes #12, closes #13", "#12 #13"),
    ("Part of #12", "#12"),
    ("part of: #12", "#12"),
    ("Refs #12", "#12"),
    ("Ref #12, #13 and #14", "#12 #13 #14"),
    ("References #12", "#12"),
    ("Related to #12", "#12"),
    ("Relates to #12", "#12"),
    ("Contributes to #12", "#12"),
    ("See #12", ""),
    ("#12", ""),
    ("Hotfixes #12", ""),
    ("pre-fix #12", ""),
    ("Closes the gap of #12", ""),
    ("Doesn't close #12", ""),
    ("Does not fix #12", ""),
    ("This doesn’t resolve #12", ""),
    ("Not part of #12", ""),
    ("This is no longer part of #12", ""),
    ("Without closing the rest, fixes #12", ""),
    ("Instead of fixing it, closes #12", ""),
    ("It is not pretty. Closes #12", "#12"),
    ("Never mind the style: closes #12", "#12"),
    ('The old one said "closes #12"', ""),
    ("The old one said “part of #12”", ""),
    ("It's what 'fixes #12' meant", ""),
    ("`Closes #12`", ""),
    ("<code>closes #12</code>", ""),
    ("~~Closes #12~~", ""),
    ("Don't merge before #9. Closes #12", "#12"),
]

SET_APART = [
    "`Plan: #12`",
    "``Plan: #12``",
    "`a\nPlan: #12\nb`",
    "> Plan: #12\n> Task: 2",
    ">Plan: #12",
    "> quoted\nPlan: #12 as a lazy line",
    "> - Plan: #12",
    "> [!NOTE]\n> Plan: #12",
    "- > Plan: #12",
    "```\nPlan: #12\n```",
    "```text\nPlan: #12",
    "~~~\nPlan: #12\n~~~",
    "    Plan: #12",
    "\tPlan: #12",
    "<!-- Plan: #12 -->",
    "<!--\nPlan: #12\n-->",
    "<!--\nPlan: #12",
    "text <!-- a\nPlan: #12\n--> b",
    "<pre>\nPlan: #12\n</pre>",
    "<div>\nPlan: #12\n</div>",
    "| Plan: #12 | Task: 2 |\n|---|---|\n| Plan: #12 | Task: 2 |",
    "[plan]: #12",
    "",
    "\x00",
]


@pytest.mark.parametrize(("body", "expected"), [*PLAN_LINES, *TOGETHER, *KEYWORDS])
def test_plans_that_a_body_names(body: str, expected: str) -> None:
    assert said(parse_links(body, repo=REPO)) == expected


@pytest.mark.parametrize(("body", "expected"), TASK_LINES)
def test_tasks_that_a_body_names(body: str, expected: str) -> None:
    links = parse_links("Plan: #12\n\n" + body, repo=REPO)
    assert said(links) == (f"#12={expected}" if expected else "#12")


@pytest.mark.parametrize("body", SET_APART)
def test_what_is_set_apart_links_nothing(body: str) -> None:
    links = parse_links(body, repo=REPO)
    assert (links.plans, links.tasks, links.reverts, links.devloop) == ((), (), (), "")


@pytest.mark.parametrize(("body", "_expected"), [*KEYWORDS[:17]])
def test_closing_keywords_count_into_the_default_branch_alone(body: str, _expected: str) -> None:
    assert said(parse_links(body, repo=REPO, closes=False)) == ""


def test_the_table_is_long_enough() -> None:
    bodies = [body for body, _ in (*PLAN_LINES, *TASK_LINES, *TOGETHER, *KEYWORDS)] + SET_APART
    assert len(set(bodies)) >= 200
