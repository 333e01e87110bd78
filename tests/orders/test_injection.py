"""A command's text changes its target and nothing else, whatever somebody writes into it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.harmless import harmless, harmless_lead
from bot.plans.model import Plan
from bot.plans.plaintext import plain_text
from bot.plans.render import parse_plan_marker, parse_status_marker
from tests.orders.plans import PATHS, order, template_of, text_of

NASTY = [
    "@bob", "@acme/team", "<!-- plansync:plan path=\"x\" -->", "<!--", "-->", "<b>", "</details>",
    "<script>alert(1)</script>", "|", "\\|", "| x |", "|---|", "\n", "\r\n- [ ] new", "- [x] done",
    "[ ]", "* [ ] x", "# heading", "### Story [S-9]: x", "---", "```", "``", "`", "~~gone~~",
    "{placeholder}", "[placeholder]", "<placeholder>", "YYYY-MM-DD", "BLOCKED", "BLOCKED: x",
    "NEEDS_CLARIFICATION", "Status: Complete", "**Result**: PASS", "Answer: yes", "Owner: @bob",
    "x | Status: done", "[ref]: http://evil.example", "![i](http://evil.example/i.png)",
    "\\", "\\\\",
    "$(rm)", "${{ secrets }}", "Closes #1", "\u202e", "\u2028", "\u200b", "\x00", "\ufeff", "1. x",
    "> quote", "&lt;", "N/A", "— N/A: no", "(asked by root)", "é", "漢字", "🎉", "a", "word", " ",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(max_size=12), min_size=1, max_size=8).map(
    " ".join
)

# Command, plan format, whether the text comes from the template.
WRITING = [
    ("/plan na 3.1 {}", "feature-plan", False),
    ("/plan block 3.1 {}", "feature-plan", False),
    ("/plan block S-2/T-2 {}", "task-plan", False),
    ("/plan block 4 {}", "user-story", False),
    ("/plan ask {}", "user-story", False),
    ("/plan ask {}", "user-story", True),
    ("/plan ask {}", "task-plan", False),
    ("/plan ask critical: {}", "task-plan", False),
    ("/plan ask {}", "track-spec", True),
    ("/plan answer 1 {}", "user-story", False),
    ("/plan answer 1 {}", "task-plan", False),
    ("/plan answer 1 {}", "track-spec", False),
    ("/plan approve Security n/a {}", "track-spec", True),
    ("/plan decide {}", "track-spec", False),
    ("/plan revise {}", "user-story", False),
    ("/plan story {}", "task-plan", False),
    ("/plan log S-2 {}", "task-plan", False),
    ("/plan assign 4 {}", "user-story", False),
    ("/plan done {}", "feature-plan", False),
    ("/plan {} 3.1", "feature-plan", False),
]


def shape(document: Document, plan: Plan) -> dict[str, object]:
    """All that a rule, the mirror or a reader of the plan acts on."""
    return {
        "boxes": [(task.checked, task.raw) for task in document.tasks],
        "headings": [(section.level, section.title) for section in document.sections],
        "tables": [[c.raw for c in t.header.cells] for t in document.tables],
        "comments": [comment.text for comment in document.comments],
        "front matter": document.front_matter.data if document.front_matter else None,
        "fields": [(f.key, f.value) for f in document.fields],
        "stops": [(s.token, s.reason) for s in plan.stop_tokens],
        "examples": plan.example_rows,
        "references": sorted(document.shape.references.table),
        "tasks": [(t.address, t.state, t.owner) for t in plan.tasks],
        "approvals": [(a.role, a.approved, a.waived) for a in plan.approvals],
        "requirements": [(r.id, r.checked) for r in plan.requirements],
        "gates": [(g.name, g.passed) for g in plan.gates],
        "status": plan.status,
    }


# What each command is there to change; a new line below a bullet may be a field named Answer.
MAY = {
    "na": {"boxes", "tasks"},
    "block": {"stops", "tasks", "boxes", "fields"},
    "ask": {"examples"},
    "answer": {"fields"},
    "approve": {"boxes", "tasks", "approvals", "gates"},
    "decide": set(),
    "revise": {"headings", "fields"},
    "story": {"headings", "fields", "boxes", "tasks", "gates", "tables", "comments"},
    "log": set(),
    "assign": {"tasks"},
    "done": {"boxes", "tasks", "gates"},
}


@pytest.mark.thorough
@pytest.mark.parametrize(("said", "kind", "from_template"), WRITING)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_only_the_target_changes(said: str, kind: str, from_template: bool, text: str) -> None:
    before = template_of(kind) if from_template else text_of(kind)
    first = said.format(text).split("\n")[0].split("\r")[0]
    from bot.plans.commands import parse_command

    found = parse_command(first)
    if found is None:
        return
    done = order(kind, first, before, role="admin")
    if done.refused is not None:
        assert done.text == before
        return
    old, new = parse_document(before), parse_document(done.text)
    plan_before, plan_after = read_plan(PATHS[kind], old), read_plan(PATHS[kind], new)
    assert plan_before is not None
    assert plan_after is not None
    was, now = shape(old, plan_before), shape(new, plan_after)
    differs = {name for name in was if was[name] != now[name]}
    assert differs <= MAY.get(found.verb, set()), (differs, done.text)
    if "boxes" in differs and found.verb in ("na", "approve"):
        changed = [
            (a, b)
            for a, b in zip(was["boxes"], now["boxes"], strict=True)
            if a != b  # type: ignore[call-overload]
        ]
        assert len(changed) == 1
        assert changed[0][0][0] == changed[0][1][0]
    if "tasks" in differs and found.verb in ("block", "assign"):
        changed = [
            (a, b)
            for a, b in zip(was["tasks"], now["tasks"], strict=True)
            if a != b  # type: ignore[call-overload]
        ]
        assert len(changed) == 1
    if "stops" in differs:
        assert len(now["stops"]) == len(was["stops"]) + 1  # type: ignore[arg-type]
    added = done.text.replace("`@bob`", "")
    for sign in ("<!-- plansync", "<script", "@bob ", "@acme"):
        assert added.count(sign) <= before.count(sign)
    assert parse_plan_marker(done.text) is None
    assert parse_status_marker(done.text) is None


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_harmless_text_is_one_line_that_says_the_same(text: str) -> None:
    line = harmless(text)
    assert "\n" not in line
    assert "\r" not in line
    assert line == line.strip()
    assert harmless_lead(line)[:1] not in ("-", "#", ">", "*", "+", "|", "[") or not line
    words = [word for word in text.split() if word.isalnum() and word.isascii()]
    shown = plain_text(line)
    for word in words[:5]:
        assert word in shown or "`" in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a <!-- b --> c", "a &lt;!-- b --> c"),
        ("see @bob", "see @\u2060bob"),
        ("mail a@b.example", "mail a@\u2060b.example"),
        ("x < y > z", "x < y > z"),
        ("a|b", r"a\|b"),
        ("`code` and [link](https://a.example/b)", "`code` and [link](https://a.example/b)"),
        ("![i](https://a.example)", r"!\[i](https://a.example)"),
        ("odd ` tick", "odd ' tick"),
        ("two\nlines\u2028more", "two lines more"),
        ("ends in \\", "ends in"),
        ("", ""),
    ],
)
def test_what_harmless_makes_of_it(text: str, line: str) -> None:
    assert harmless(text) == line
