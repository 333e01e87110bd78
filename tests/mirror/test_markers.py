"""Hidden markers and hashes: whatever the path, what is written is read back."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserProblem
from bot.github.snapshots import RepoPath
from bot.plans.render import (
    PlanMarker,
    StatusMarker,
    blob_sha,
    body_form,
    body_sha,
    issue_plan_text,
    parse_plan_marker,
    parse_status_marker,
    plan_text,
    render_body,
    render_issue_body,
    render_plan_marker,
    render_status_marker,
    version_of,
    written_over,
)
from bot.subjects.pull_words import pulls_of_facts


def test_the_marker_reads_as_documented() -> None:
    marker = render_plan_marker(PlanMarker("plan_docs/search.md", 12))
    assert marker == '<!-- plansync:plan path="plan_docs/search.md" request="12" -->'
    base = "0" * 40
    assert render_plan_marker(PlanMarker("a.md", base=base)) == (
        f'<!-- plansync:plan path="a.md" --><!-- plansync:base {base} -->'
    )


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1), st.none() | st.integers(1))
def test_any_path_survives_its_marker(path: str, request: int | None) -> None:
    request = None if request is None else request % 10**9
    text = render_plan_marker(PlanMarker(path, request))
    assert "-->" not in text[:-3]
    assert parse_plan_marker(f"{text}\r\n\r\n# Plan\r\n") == PlanMarker(path, request)
    based = PlanMarker(path, request, "a" * 40)
    assert parse_plan_marker(f"{render_plan_marker(based)}\r\n\r\n# Plan\r\n") == based


@pytest.mark.parametrize(
    "body", ["", '`<!-- plansync:plan path="x" -->`', '> <!-- plansync:plan path="x" -->']
)
def test_a_marker_that_is_quoted_is_none(body: str) -> None:
    assert parse_plan_marker(body) is None


def test_the_status_marker_carries_base_and_facts() -> None:
    marker = StatusMarker("a" * 40, ("41:merged:2,3", "42:open:S-1/T-2"))
    assert parse_status_marker(render_status_marker(marker) + "\ny") == marker
    assert parse_status_marker("x\n" + render_status_marker(marker)) is None
    full = StatusMarker("a" * 40, (), "b" * 40, ("eve", "mallory"), 'a "b"--> c.md')
    assert parse_status_marker(render_status_marker(full)) == full


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_a_body_hash_does_not_see_line_ends(text: str) -> None:
    text = text.replace("\r", "")
    assert body_sha(text) == body_sha(text.replace("\n", "\r\n")) == body_sha(text + "\n")


def test_a_blob_id_is_gits() -> None:
    text = "# Plan ✓\r\n"
    out = subprocess.run(
        ["git", "hash-object", "--stdin", "--no-filters"],
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout
    assert blob_sha(text) == out.decode().strip()


def test_a_body_is_the_plan_without_its_front_matter() -> None:
    text = "---\nproject: x\n---\r\n\r\n# Plan\r\n\r\n- [ ] a\r\n"
    body = render_issue_body(text, PlanMarker("draft/spec.md"))
    base = f"<!-- plansync:base {blob_sha(text)} -->"
    marker = f'<!-- plansync:plan path="draft/spec.md" -->{base}'
    assert body == f"{marker}\n\n# Plan\n\n- [ ] a\n"
    assert issue_plan_text(body.replace("\n", "\r\n")) == plan_text(text)


def test_a_text_that_no_issue_can_hold_is_refused_with_its_path() -> None:
    with pytest.raises(UserProblem, match=r"big\.md.*65,000"):
        render_body("x" * 65_001, PlanMarker("big.md"))


def test_a_plan_that_is_too_long_says_where_it_is() -> None:
    body = render_issue_body("x" * 60_001, PlanMarker("plan docs/big (1).md"))
    assert "(../blob/HEAD/plan%20docs/big%20%281%29.md)" in body
    assert body_form(body) == "file-only"
    assert issue_plan_text(body) == ""
    assert issue_plan_text(body + "a word\n") == "a word"


@pytest.mark.parametrize(
    "path",
    ["", "/a", "a/../b", "../a", "./a", "a//b", "a/", ".git/config", "a/.GIT/b", "a\\b", "a\nb"],
)
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    with pytest.raises(UserProblem, match="not a path inside the repository"):
        RepoPath(path)


def test_paths_are_kept_as_they_are() -> None:
    assert RepoPath("docs/Ünï code.md") == "docs/Ünï code.md"
    assert RepoPath("plan_docs/x.md").writable
    assert not RepoPath(".GitHub/workflows/x.yml").writable


def test_the_marker_names_each_write_by_what_it_replaced() -> None:
    once = written_over("1" * 64, PlanMarker("a.md", base="0" * 40))
    again = written_over("2" * 64, PlanMarker("a.md", base="0" * 40))
    assert once.version != again.version
    for marker in (once, again):
        assert parse_plan_marker(render_plan_marker(marker)) == marker
        assert version_of(f"{render_plan_marker(marker)}\r\n\r\nx") == marker.version
        status = StatusMarker("a" * 40, body=marker.version)
        assert parse_status_marker(render_status_marker(status)) == status
    assert version_of("x") == ""


def test_a_number_that_is_none_in_a_status_comment_is_left_out() -> None:
    found = pulls_of_facts(["²:merged", "41:merged:!²"], "https://github.com/acme/shop")
    assert [(pull.number, pull.reverts) for pull in found] == [(41, ())]
