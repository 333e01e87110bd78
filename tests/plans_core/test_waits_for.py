"""What a plan says that it waits for, wherever and however it says so."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.story_issues import (
    StoryMarker,
    parse_story_marker,
    render_story_marker,
    stories_of,
    with_marker,
)
from bot.plans.waits_for import Needed, needed_by, needs_as_written
from tests.plans_core.hostile import HOSTILE, Pattern

HERE = "https://github.example/acme/shop"


@pytest.mark.parametrize(
    ("text", "issues", "plans"),
    [
        ("**Depends on**: #7, #9\n", (7, 9), ()),
        ("- Dependencies: #7 (the index) | Non-goals: none\n", (7,), ()),
        ("**Blocked by:** acme/shop#7\n", (7,), ()),
        (f"**Depends on**: {HERE}/issues/7\n", (7,), ()),
        ("**Depends on**: other/shop#7, https://github.example/other/shop/issues/8\n", (), ()),
        ("**Depends on**: [Search](plan_docs/search.md)\n", (), ("plan_docs/search.md",)),
        ("**Depends on**: `tasks/x/plan.md`, /draft/tracks/a/spec.md\n", (),
         ("tasks/x/plan.md", "draft/tracks/a/spec.md")),
        ("**Depends on**: `#7`\n", (), ()),
        ("**Depends on**: <!-- #7 --> none\n", (), ()),
        ("## Dependencies\nprose about #7\n- #8\n  - #9 below\n\n## Other\n- #10\n", (8, 9), ()),
        ("## Dependencies & Integration Points\n- Plan: #8\n", (8,), ()),
        ("**Primary Dependencies**: #7\n", (), ()),
        ("**Depends on**: color #fff, &#39;, x#1, #7a\n", (), ()),
        ("| # | Dependencies |\n|---|---|\n| 1 | #7 |\n", (), ()),
        ("- #7\n", (), ()),
    ],
)  # fmt: skip
def test_what_is_waited_for(text: str, issues: tuple[int, ...], plans: tuple[str, ...]) -> None:
    assert needed_by(f"# Plan\n\n{text}", HERE) == Needed(issues, plans)
    assert bool(needs_as_written(f"# Plan\n\n{text}")) or not (issues or plans)


def test_a_story_has_its_own_needs() -> None:
    text = (
        "# Plan\n\n## Task Overview\nx\n\n## Clarification Questions\n\n## User Stories\n\n"
        "### Story [S-1]: One\n- Dependencies: #7 | Non-goals: none\n\n#### Tasks Checklist\n"
        "- [ ] a\n\n### Story [S-2]: Two\n- Dependencies: S‑1, #8\n\n"
        "#### Tasks Checklist\n- [x] b\n"
    )
    one, two = stories_of("tasks/x/plan.md", text, HERE)
    assert (one.title, one.waits_for, one.needs, one.state) == ("S-1: One", (), (7,), "open")
    assert (two.waits_for, two.needs, two.state) == (("S-1",), (8,), "done")
    assert needed_by(text, HERE, [one.span, two.span]) == Needed()
    assert needed_by(text, HERE).issues == (7, 8)


def test_a_story_marker_is_read_back_and_the_rest_of_the_body_stays() -> None:
    marker = StoryMarker(12, "S-1", "done")
    body = f"{render_story_marker(marker)}\r\n\r\nMine.\r\n"
    assert parse_story_marker(body) == marker
    changed = with_marker(body, StoryMarker(12, "S-1", "gone"))
    assert parse_story_marker(changed) == StoryMarker(12, "S-1", "gone")
    assert changed.endswith("\n\nMine.\n")
    assert parse_story_marker(f"quoted {render_story_marker(marker)}") is None


@given(st.text(alphabet="#1/.ams`-<!> \n:*", max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    found = needed_by(f"**Depends on**: {text}\n\n## Dependencies\n- {text}\n", HERE)
    assert all(number > 0 for number in found.issues)


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_read_in_time(pattern: Pattern) -> None:
    begun = time.process_time()
    needed_by(f"## Dependencies\n\n{pattern(50_000)}\n- {'a.' * 20_000}/b#1\n", HERE)
    assert time.process_time() - begun < 5
