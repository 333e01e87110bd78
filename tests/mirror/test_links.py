"""Titles, commits, branches, reverts and devloops; and what never links, whatever stands around."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.plans.links import (
    LONGEST_DEVLOOP,
    MOST_PLANS,
    MOST_TASKS,
    Links,
    body_lines,
    branch_name,
    parse_devloop,
    parse_links,
)
from tests.mirror.test_link_bodies import said

TITLES = [
    ("[S-1/T-2] Write the handler", "S-1/T-2"),
    ("[s-1/t-2] Write the handler", "S-1/T-2"),
    ("[S‑1/T‑2] Write the handler", "S-1/T-2"),
    ("[T012] Add the schema", "T012"),
    ("[t012] Add the schema", "T012"),
    ("[T-1] Add the schema", "T-1"),
    ("[T012][T013] Add two", "T012,T013"),
    ("[T012, T013] Add two", "T012,T013"),
    ("Add the schema [T012]", "T012"),
    ("feat(db): [T012] add the schema", "T012"),
    ("[WIP] [T012] Add the schema", "T012"),
    ("T012 Add the schema", ""),
    ("[P] Add the schema", ""),
    ("[US1] Add the schema", ""),
    ("[SHOP-123] Add the schema", ""),
    ("[S-1] Add the schema", ""),
    ("[2] Add the schema", ""),
    ("[2.3] Bump", ""),
    ("`[T012]` is a tag", ""),
    ("Undo “[T012] Add the schema”", ""),
    ('Revert "[T012] Add the schema"', ""),
    ("Revert [T012]", ""),
    ("Merge branch [T012]", ""),
    ("[T012](https://example.org) Add", ""),
    ("", ""),
]

BRANCHES = [
    ("plan-12/task-2", "#12=2"),
    ("plan-12/task-2-write-the-handler", "#12=2"),
    ("plan-12/task-2_handler", "#12=2"),
    ("plan-12/task-2.3", "#12=2.3"),
    ("plan-12/task-2.3-handler", "#12=2.3"),
    ("plan-12/task-T012", "#12=T012"),
    ("plan-12/task-t012-schema", "#12=T012"),
    ("plan-12/task-S-1-T-2", "#12=S-1/T-2"),
    ("plan-12/task-s-1-t-2-handler", "#12=S-1/T-2"),
    ("plan-12/task-S-1/T-2", "#12=S-1/T-2"),
    ("plan-12/task-A.3", "#12=A.3"),
    ("plan-12/task-T-1", "#12=T-1"),
    ("bob/plan-12/task-2", "#12=2"),
    ("feature/plan-12/task-2", "#12=2"),
    ("Plan-12/Task-2", "#12=2"),
    ("plan-12", "#12"),
    ("plan-12/more-work", "#12"),
    ("plan-12/task-", "#12"),
    ("plan-12/task-handler", "#12"),
    ("plan-12-search", ""),
    ("plan-b/task-2", ""),
    ("task-2", ""),
    ("airplan-12", ""),
    ("main", ""),
    ("", ""),
]


@pytest.mark.parametrize(("title", "tasks"), TITLES)
def test_titles_and_commit_subjects_name_tasks_of_the_plan_that_is_named(
    title: str, tasks: str
) -> None:
    wanted = f"#12={tasks}" if tasks else "#12"
    assert said(parse_links("Plan: #12", title)) == wanted
    assert said(parse_links("Plan: #12", "Work", "work", (title + "\n\n[T099] later",))) == wanted
    assert said(parse_links("", title)) == (f"?={tasks}" if tasks else "")


@pytest.mark.parametrize(("branch", "expected"), BRANCHES)
def test_branches_name_a_plan_and_a_task(branch: str, expected: str) -> None:
    assert said(parse_links("", "", branch)) == expected


@pytest.mark.parametrize("address", ["2", "2.3", "T012", "S-1/T-2", "A.3", "T-1", "tasks-1.2"])
def test_the_branch_and_the_lines_that_we_give_are_read_back(address: str) -> None:
    assert said(parse_links("", "", branch_name(12, address))).casefold() == (
        f"#12={address}".casefold()
    )
    assert said(parse_links(body_lines(12, (address, "9")))) == f"#12={address},9"
    assert body_lines(12, (address,)) == f"Plan: #12\nTask: {address}"
    assert body_lines(12, ()) == "Plan: #12"


def test_the_clearest_name_of_a_plan_gets_what_the_title_names() -> None:
    title = "[T012] Add"
    assert said(parse_links("Plan: #12\nCloses #13", title)) == "#12=T012 #13"
    assert said(parse_links("Closes #13", title, "plan-12/work")) == "#13 #12=T012"
    assert said(parse_links("Part of #12, closes #13", title)) == "#12=T012 #13"
    assert said(parse_links("Plan: #12\nPlan: #13", title)) == "#12 #13 ?=T012"
    links = parse_links("", title)
    assert [task.named for task in links.tasks_of(7, "x.md", implied=True)] == ["T012"]
    named = parse_links("Plan: #12", title)
    assert named.tasks_of(7, "x.md", implied=True) == ()


def test_every_link_says_where_it_stands() -> None:
    links = parse_links(
        "Some words.\n\nPlan: #12\n- Task:  2, 3\n", "[T012] Add", "plan-12/task-4", ("[T013] x",)
    )
    told = [(task.named, task.source.sentence) for task in links.tasks]
    assert told == [
        ("2", "its body line 4 says `Task: 2, 3`"),
        ("3", "its body line 4 says `Task: 2, 3`"),
        ("T012", "its title says `[T012]`"),
        ("T013", "the subject of its commit 1 says `[T013]`"),
        ("4", "its branch is `plan-12/task-4`"),
    ]
    assert links.plans[0].source.sentence == "its body line 3 says `Plan: #12`"
    closing = parse_links("Hi\n\nThis closes #12 now").plans[0]
    assert closing.source.sentence == "its body line 3 says `closes #12`"
    assert parse_links("Task: 2 a`b").tasks[0].source.sentence.endswith(" `Task: 2 a´b`")


@pytest.mark.parametrize(
    ("body", "reverts", "commits"),
    [
        ("Reverts acme/shop#41", (41,), ()),
        ("Reverts #41", (41,), ()),
        ("reverts #41 because of #40", (41,), ()),
        ("Revert pull request #41", (41,), ()),
        ("Reverts #41, #42 and #43", (41, 42, 43), ()),
        ("Reverts other/shop#41", (), ()),
        ("> Reverts #41", (), ()),
        ("`Reverts #41`", (), ()),
        ("This never reverts #41", (), ()),
        ("Reverts the idea of #41", (), ()),
        ("This reverts commit 0123abc.", (), ("0123abc",)),
        ("> This reverts commit 0123abc.", (), ()),
        ("This reverts commit xyz.", (), ()),
    ],
)
def test_reverts(body: str, reverts: tuple[int, ...], commits: tuple[str, ...]) -> None:
    links = parse_links(body, repo="acme/shop")
    assert (links.reverts, links.reverted_commits) == (reverts, commits)
    assert links.plans == ()


def test_commits_say_what_they_revert() -> None:
    sha = "0123456789abcdef0123456789abcdef01234567"
    links = parse_links("", "", "", (f'Revert "Add"\n\nThis reverts commit {sha}.\n',))
    assert links.reverted_commits == (sha,)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("docs/devloop/1.md", "docs/devloop/1.md"),
        ("https://example.org/run/1?a=b#top", "https://example.org/run/1?a=b#top"),
        ("[the run](https://example.org/run/1)", "https://example.org/run/1"),
        ("<https://example.org/run/1>", "https://example.org/run/1"),
        ("@alice and @acme/team look", "alice and acme/team look"),
        ("a | b |", "a b"),
        ("<img src=x onerror=alert(1)>", "img src=x onerror=alert(1)"),
        ("![x](https://evil.example/x.png)", "x(https://evil.example/x.png)"),
        ("closes #12", "closes 12"),
        ("**bold** `code`", "bold"),
        ("a\u202eb\u200bc", "a b c"),
        ("none", ""),
        ("", ""),
    ],
)
def test_a_devloop_is_one_harmless_line(written: str, shown: str) -> None:
    found = parse_links(f"Devloop: {written}").devloop
    assert " ".join(found.split()) == shown


def test_what_is_over_the_limits_is_left_out_and_told() -> None:
    many = parse_links("\n\n".join(f"Plan: #{n}" for n in range(1, 40)))
    assert len(many.plans) == MOST_PLANS
    assert {problem.code for problem in many.problems} == {"link.too-many"}
    tasks = parse_links("Plan: #1\nTasks: " + ", ".join(map(str, range(1, 90))))
    assert len(tasks.tasks) == MOST_TASKS
    above = parse_links("Tasks: " + ", ".join(map(str, range(1, 90))) + "\nPlan: #1")
    assert len(above.tasks) == MOST_TASKS
    keywords = parse_links(" ".join(f"part of #{n};" for n in range(1, 90)))
    assert len(keywords.plans) == MOST_PLANS
    assert len(parse_devloop("y" * 5000)) == LONGEST_DEVLOOP
    assert len(parse_links("x\n\n" * 90 + "Task 2\n\n" * 90).problems) <= MOST_TASKS


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("Plan: #12\nTask: the second", "link.task-unreadable", 2),
        ("\nPlan: the usual", "link.plan-unreadable", 2),
        ("Plan: `#12`", "link.in-code", 1),
        ("Plan: #1\nTask: `2`", "link.in-code", 2),
        ("Plan #12", "link.no-colon", 1),
        ("Plan: a/b#12", "link.other-repository", 1),
    ],
)
def test_near_misses_are_told_with_their_line(body: str, code: str, line: int) -> None:
    (problem,) = parse_links(body).problems
    assert (problem.code, problem.line) == (code, line)
    assert problem.fix.endswith((".", "12", "2"))


LINKING = "Plan: #12\nTask: 2\nDevloop: x\nCloses #13\nPart of #14\nReverts #15\nRefs #16"
WORDS = st.text(st.characters(exclude_characters="`~\r\x85\u2028\u2029\x0b\x0c"), max_size=40)


@given(st.text(max_size=400), st.text(max_size=80), st.text(max_size=80))
@example("Task: " + "2 " * 200, "[" * 80, "plan-1/" * 10)
def test_any_text_is_read(body: str, title: str, branch: str) -> None:
    links = parse_links(body, title, branch, (title,), repo="a/b")
    places = {task.source.kind for task in links.tasks if task.source.line < 1}
    assert places <= {"title", "branch"}


@given(WORDS, WORDS, st.sampled_from(["```", "~~~", "````", "~~~~text"]))
def test_fenced_lines_never_link(before: str, after: str, fence: str) -> None:
    body = f"{fence}\n{before}\n{LINKING}\n{after}\n{fence[:4].rstrip('t')}"
    assert parse_links(body) == Links()


@given(WORDS, WORDS)
def test_quoted_lines_never_link(before: str, after: str) -> None:
    inside = f"{before}\n{LINKING}\n{after}".split("\n")
    assert parse_links("\n".join("> " + line for line in inside)) == Links()


@given(st.integers(1, 4), st.sampled_from(LINKING.split("\n")), st.sampled_from(["", " ", "x "]))
def test_code_spans_never_link(ticks: int, line: str, around: str) -> None:
    mark = "`" * ticks
    links = parse_links(f"{around}{mark}{around}{line}{around}{mark}{around}")
    assert (links.plans, links.tasks, links.reverts, links.devloop) == ((), (), (), "")
    whole = parse_links(f"{mark}\n{LINKING}\n{mark}\n") if ticks < 3 else Links()
    assert (whole.plans, whole.tasks, whole.reverts, whole.devloop) == ((), (), (), "")


@given(st.text(st.characters(exclude_characters=">"), max_size=40), st.sampled_from(["\n", " "]))
def test_html_comments_never_link(noise: str, joint: str) -> None:
    body = f"<!--{noise}{joint}{LINKING}{joint}{noise}-->"
    assert parse_links(body) == Links()
    # Within a paragraph a comment ends at a blank line, and what follows is seen by all.
    hidden = parse_links("A word " + re.sub(r"\s+", " ", noise).join(["<!--", f"{LINKING}-->"]))
    assert (hidden.plans, hidden.tasks, hidden.reverts, hidden.devloop) == ((), (), (), "")


@given(
    st.lists(st.sampled_from([*LINKING.split("\n"), "words", "", "- a list", "# H"]), max_size=9)
)
def test_what_is_not_set_apart_does_link(lines: list[str]) -> None:
    links = parse_links("\n\n".join(lines))
    assert ("Plan: #12" in lines) == (12 in links.issues)
    assert ("Closes #13" in lines) == (13 in links.issues)
    assert bool(links.tasks) == ("Task: 2" in lines)


@pytest.mark.parametrize(
    "body",
    [
        "Task: " + "2 " * 30_000,
        "Tasks: " + "1-49," * 12_000,
        "<code>" * 10_000,
        "closes #1 " * 6_000,
        "`" * 60_000,
        "".join("`" * (n % 50 + 1) + " " for n in range(2_300)),
        "<!-- " * 12_000,
        "Reverts #1" + ", #2" * 15_000,
        "Task: " + "“" * 60_000,
        "[" * 60_000,
    ],
    ids=lambda body: body[:12],
)
def test_long_and_hostile_bodies_are_read_in_no_time(body: str) -> None:
    begun = time.process_time()
    parse_links(body, body[:256], body[:256], [body[:2000]] * 20)
    assert time.process_time() - begun < 5
