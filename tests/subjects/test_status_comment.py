"""The status comment: everything a reader wants to know, bounded, the same for the same facts."""

from __future__ import annotations

import re

import pytest

from bot.github.snapshots import RepoPath
from bot.memory import LinkedTask, PullMemory
from bot.plans.diagram import MOST_NODES, render_diagram
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.render import parse_status_marker
from bot.subjects.plan_status import BUDGET, status_comment
from tests.orders.plans import PATHS, order, template_of, text_of
from tests.world import World

GITHUB_TAKES = 65_536
STORY = PATHS["user-story"]


def comment_of(
    kind: str, text: str | None = None, pulls: list[PullMemory] | None = None, **more
) -> str:  # type: ignore[no-untyped-def]
    plan = text_of(kind) if text is None else text
    return status_comment(plan, RepoPath(PATHS[kind]), 12, pulls or [], **more)


def pull(number: int, state: str = "merged", *tasks: str) -> PullMemory:
    url = f"https://github.example/acme/shop/pull/{number}"
    return PullMemory(number, state, url, tasks or ("2",))


def outside_code(comment: str) -> str:
    """The comment without its hidden lines, fences and code spans: what GitHub acts on."""
    shown = re.sub(r"<!--.*?-->", "", comment, flags=re.DOTALL)
    shown = re.sub(r"^(`{3,})[a-z]*\n.*?^\1$", "", shown, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)


@pytest.mark.parametrize("kind", PATHS)
def test_the_same_facts_give_the_same_bytes(kind: str) -> None:
    pulls = [pull(41, "open"), pull(42)]
    assert comment_of(kind, pulls=pulls) == comment_of(kind, pulls=list(pulls))
    assert not re.search(r"\d\d:\d\d", comment_of(kind))


def test_a_story_shows_next_gates_rows_and_graph() -> None:
    comment = comment_of("user-story", pulls=[pull(44, "open", "2")])
    assert "### Plan status: In Progress" in comment
    assert "**2 of 6** tasks done (33 %)" in comment
    assert "- `4`: `Button and code page in the shop` for `web-shop`" in comment
    assert "- `Architecture Validation`: passed" in comment
    link = "[#44](https://github.example/acme/shop/pull/44)"
    assert f"| `2` | `Sign and verify codes` | {link} | `In Progress` |" in comment
    assert "```mermaid\nflowchart LR\n" in comment
    assert '  t1["1: Table and queries for codes"]:::done' in comment
    assert "  t1 --> t2" in comment


def test_blockers_questions_and_owners_stand_first() -> None:
    text = order("task-plan", "/plan ask critical: which disk?").text
    text = order("task-plan", "/plan block S-2/T-2 no disk", text).text
    comment = comment_of("task-plan", text)
    assert "### Plan status: Blocked" in comment
    stops = comment.split("**What stops it**")[1].split("**Open questions**")[0]
    assert "Task `S-2/T-2`: `no disk`" in stops
    assert "**critical** `which disk?`" in comment
    assert comment.index("**What stops it**") < comment.index("| Part |")
    assert "| `S-2 Download the result as a file` | 1 / 7 | `Tom` |" in comment


def test_a_failed_gate_is_quoted() -> None:
    text = text_of("user-story").replace("**Result**: PASS", "**Result**: FAIL")
    comment = comment_of("user-story", text)
    assert "- `Architecture Validation`: **failed**" in comment
    assert "**What stops it**" in comment


def test_words_nobody_configured_and_addresses_that_name_nothing_are_told() -> None:
    text = text_of("user-story").replace("| code | Pending |", "| code | On ice |", 1)
    unknown = PullMemory(
        51, "open", "https://github.example/acme/shop/pull/51", links=(LinkedTask("99"),)
    )
    comment = comment_of("user-story", text, [unknown])
    noticed = comment.split("**Noticed**")[1]
    assert "On ice" in noticed
    assert (
        "[#51](https://github.example/acme/shop/pull/51) names `99`: no task of this plan"
        in noticed
    )


@pytest.mark.parametrize("kind", PATHS)
def test_1500_pull_requests_stay_below_what_github_takes(kind: str) -> None:
    pulls = [
        pull(
            number,
            "open" if number % 50 == 0 else "merged",
            *(f"S-{n}/T-{number % 12 + 1}~1a2b3c4d" for n in (1, 2, 3)),
        )
        for number in range(10_001, 11_501)
    ]
    comment = comment_of(kind, pulls=pulls)
    assert len(comment) <= BUDGET < GITHUB_TAKES
    if kind != "user-story":
        assert "[#11500]" in comment
        assert "and 1470 more" in comment
        assert "[#10001]" not in comment
    marker = parse_status_marker(comment)
    assert marker is not None
    kept = {fact.split(":")[0] for fact in marker.facts}
    assert {str(p.number) for p in pulls if p.state == "open"} <= kept
    assert "11500" in kept


def test_very_many_issues_that_boxes_stand_for_are_capped() -> None:
    words = ["open", "completed", "ticked", "gone", "not_planned", "settled"]
    facts = [f"#{10_000 + n}:{words[n % 6]}" for n in range(6000)]
    pulls = [pull(n, "open") for n in range(41, 44)]
    comment = comment_of("feature-plan", pulls=pulls, issue_facts=facts)
    assert len(comment) <= BUDGET
    marker = parse_status_marker(comment)
    assert marker is not None
    kept = {*marker.facts}
    assert {fact for fact in facts if fact.endswith((":ticked", ":settled"))} <= kept
    assert {"41", "42", "43"} <= {fact.split(":")[0] for fact in kept}
    assert all(fact in facts for fact in kept if fact.startswith("#"))
    ours = [f"#{10_000 + n}:ticked" for n in range(9000)]
    assert len(comment_of("feature-plan", issue_facts=ours)) <= BUDGET


def test_many_rows_show_those_with_the_newest_pull_requests() -> None:
    head, tail = text_of("user-story").split("| 6 | Scenarios against the carrier's sandbox | |")
    rows = "".join(
        f"| {n} | Row {n} of many | | [#{1000 + n}](https://github.example/p/{n}) | Pending |\n"
        for n in range(7, 200)
    )
    text = f"{head}{rows}| 6 | Scenarios against the carrier's sandbox | |{tail}"
    comment = comment_of("user-story", text)
    assert "`Row 199 of many`" in comment
    assert "`Row 7 of many`" not in comment
    assert "| and 169 more |" in comment


def test_a_long_plan_and_a_long_held_text_stay_bounded() -> None:
    boxes = "".join(f"- [ ] {'long words ' * 30}{n}\n" for n in range(3000))
    text = text_of("feature-plan").replace("### Phase 3", f"{boxes}\n### Phase 3", 1)
    held = text + "\n" + "".join(f"added {'x' * 400} {n}\n" for n in range(500))
    comment = comment_of("feature-plan", text, held=["mallory"], held_text=held)
    assert len(comment) <= BUDGET


NASTY = "@bob #1 <!-- plansync:status --> | **x** https://evil.example [x](y) `tick` acme/shop#2"


def test_user_text_never_pings_or_links() -> None:
    text = template_of("user-story")
    for said in (f"/plan ask {NASTY}", f"/plan revise {NASTY}"):
        text = order("user-story", said, text).text
    row = f"| 1 | {NASTY.replace('|', ' ')} | @carol | — | code | @dave |"
    text = re.sub(r"^\| 1 \| \{.*?\| Pending \|$", lambda _: row, text, count=1, flags=re.MULTILINE)
    text = text.replace("**Result**: PASS | FAIL", f"**Result**: FAIL\n\n{NASTY}")
    comment = comment_of("user-story", text, held=["@evil"], held_text=f"{NASTY}\n```\n@bob")
    shown = outside_code(comment)
    for sign in ("@", "evil.example", "acme/shop#2", "<!--"):
        assert sign not in shown, shown
    assert set(re.findall(r"#\d+", shown)) <= {"#12"}
    assert comment.count("plansync:status") == comment.count("plansync:status --") + 1


def test_the_graph_is_left_out_above_what_is_drawn_well() -> None:
    plan = read_plan(STORY, parse_document(text_of("user-story")))
    assert plan is not None
    assert render_diagram(plan).startswith("flowchart LR")
    row = "| 6 | Scenarios against the carrier's sandbox | Maren Holt |"
    more = "".join(
        f"| {n} | Step {n} | web-shop | {n - 1} | code | Pending |\n"
        for n in range(7, MOST_NODES + 9)
    )
    text = text_of("user-story").replace(row, f"{more}{row}", 1)
    large = read_plan(STORY, parse_document(text))
    assert large is not None
    assert len(large.tasks) > MOST_NODES
    assert render_diagram(large) == ""
    assert "```mermaid" not in comment_of("user-story", text)


@pytest.mark.parametrize(
    "title", ['a"]; click t1 "javascript:x"', "```", "end", "%% x", "a-->b", "<b>"]
)
def test_a_title_is_nothing_but_a_label(title: str) -> None:
    text = text_of("user-story").replace("Table and queries for codes", title.replace("|", ""))
    plan = read_plan(STORY, parse_document(text))
    assert plan is not None
    for line in render_diagram(plan).split("\n")[1:7]:
        assert re.fullmatch(r'  t\d\["[^"`<>\[\]{};%#]*"\](:::\w+)?', line), line


# In the world


def test_it_is_written_once_and_edited_in_place(world: World) -> None:
    world.request()
    path = "plan_docs/search.md"
    issue = world.plan_issue(path)
    status = [c for c in world.repo.comments_on(issue) if "plansync:status" in c.body]
    assert len(status) == 1
    before = status[0].body
    world.alice.tick(issue, "Backend/API changes")
    world.settle()
    assert status[0].body != before
    assert "**1 of 30** tasks done" in status[0].body
    world.alice.untick(issue, "Backend/API changes")
    world.settle()
    assert status[0].body == before
    world.new_calls()
    world.send(list(world.github.deliveries))
    world.settle()
    assert world.new_calls() == []
