"""Every finding: a filled-in plan is clean, one thing is spoiled, and that one thing is found."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.plans.addresses import resolve_task
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.gates import CODES, READING_CODES, check
from bot.plans.model import Problem, Severity
from tests.formats import spoiled_plans, spoiled_stories
from tests.formats.plans_at_hand import PATHS, filled, filled_files, filled_text
from tests.formats.spoiled import IMPL, TASKS, Case

CASES = [*spoiled_stories.CASES, *spoiled_plans.CASES]
TODAY = date(2025, 5, 10)


def found_in(case: Case) -> tuple[list[Problem], str]:
    text = filled_text(case.plan)
    for old, new in case.edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    files = filled_files()
    for path, change in case.files:
        before = files.get(path, "")
        after = change(before)
        files.pop(path, None)
        if after is not None:
            files[path] = after
    document = parse_document(text)
    plan = read_plan(PATHS[case.plan], document, case.plan, files=files)
    assert plan is not None
    facts: dict[str, Any] = {"files": files, "today": TODAY}
    found = check(plan, document, **(facts | case.facts))
    return found, files.get(case.where, "") if case.where else text


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.blames[:12]}")
def test_a_spoiled_plan_is_found_out(case: Case) -> None:
    found, text = found_in(case)
    about = [problem for problem in found if problem.code == case.code]
    assert about, [problem.code for problem in found]
    blamed = parse_document(text).line_text(about[0].line)
    assert blamed.startswith(case.blames), (about[0].line, blamed)
    if case.code != "spec.front-matter-missing":
        assert {problem.code for problem in found} - case.with_it == {case.code}
    for problem in about:
        assert problem.severity is CODES[case.code][0]
        assert problem.path == case.where
        assert problem.message.endswith((".", "?")) or ":" in problem.message
        assert problem.fix.endswith(".")


@pytest.mark.parametrize("name", PATHS)
def test_the_filled_in_plans_are_clean(name: str) -> None:
    found, _ = found_in(Case("", name))
    assert found == []


def test_every_code_is_produced_by_a_case() -> None:
    addresses = {"task.unknown", "task.ambiguous", "task.group"}
    assert {case.code for case in CASES} | addresses == set(CODES)


@pytest.mark.parametrize(
    ("address", "code"),
    [("99", "task.unknown"), ("S-1", "task.group"), ('"All"', "task.ambiguous")],
)
def test_codes_of_addresses(address: str, code: str) -> None:
    plan, _ = filled(TASKS)
    found = resolve_task(plan, address)
    assert isinstance(found, Problem)
    assert (found.code, found.severity) == (code, CODES[code][0])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("too-large", "a" * (1024 * 1024 + 1)),
        ("too-deep", ">" * 400 + " a"),
        ("too-many-items", "- a\n" * 20_001),
        ("too-many-cells", "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|b\n" * 200),
        ("too-many-blocks", "a\n\n" * 200_000),
        ("fence-unclosed", "# User Story: a\n\n## Story\n\n```\n"),
        ("nul", "# User Story: a\0\n\n## Story\n"),
        ("surrogate", "# User Story: \ud800\n\n## Story\n"),
        ("comment-unclosed", "# User Story: a\n\n## Story\n\n<!-- never\n"),
        ("front-matter-unclosed", "---\na: 1\n\n# User Story: a\n\n## Story\n"),
        ("front-matter-not-a-mapping", "---\n- a\n---\n# User Story: a\n\n## Story\n"),
        ("front-matter-yaml", "---\na: [\n---\n# User Story: a\n\n## Story\n"),
        ("front-matter-size", "---\na: " + "b" * 262_145 + "\n---\n# User Story: a\n"),
        ("front-matter-depth", "---\na: " + "[" * 30 + "]" * 30 + "\n---\n# User Story: a\n"),
        ("front-matter-anchor", "---\na: &x 1\n---\n# User Story: a\n\n## Story\n"),
        ("front-matter-merge", "---\n<<: {a: 1}\n---\n# User Story: a\n\n## Story\n"),
        ("front-matter-tag", "---\na: !!str 1\n---\n# User Story: a\n\n## Story\n"),
        ("front-matter-key", "---\n[a]: 1\n---\n# User Story: a\n\n## Story\n"),
        ("front-matter-number", "---\na: " + "1" * 1001 + "\n---\n# User Story: a\n"),
    ],
)
def test_what_reading_finds_is_passed_on(code: str, text: str) -> None:
    document = parse_document(text)
    plan = read_plan("a.md", document, "user-story")
    assert plan is not None
    found = [problem for problem in check(plan, document) if problem.code == code]
    assert [problem.severity for problem in found[:1]] == [READING_CODES[code][0]]


def test_the_reading_codes_are_all_tried() -> None:
    marks = test_what_reading_finds_is_passed_on.pytestmark  # type: ignore[attr-defined]
    assert {code for code, _ in marks[0].args[1]} == set(READING_CODES)


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("plan_docs/brief.md", False),
        ("docs/plan_docs/brief.md", False),
        ("web/plan_docs/brief.md", False),
        ("web/docs/plan_docs/brief.md", False),
        ("api/plan_docs/brief.md", True),
    ],
)
def test_artifacts_are_looked_for_at_the_root_and_in_the_plans_own_project(
    there: str, missing: bool
) -> None:
    text = "# X Feature Plan\n\n## Supporting Artifacts\n- `plan_docs/brief.md`\n"
    document = parse_document(text)
    plan = read_plan("web/plan_docs/x.md", document, "feature-plan")
    assert plan is not None
    assert check(plan, document) == []
    assert [p.code for p in check(plan, document, files={there: ""})] == (
        ["feature.artifact-missing"] if missing else []
    )


def test_what_is_said_names_what_is_wrong() -> None:
    def said(name: str, old: str, new: str, code: str) -> list[str]:
        document = parse_document(filled_text(name).replace(old, new))
        plan = read_plan(PATHS[name], document)
        assert plan is not None
        return [problem.message for problem in check(plan, document) if problem.code == code]

    assert said(
        "track-spec", "- [ ] Test plan", "- [x] Test plan", "spec.gate-without-approval"
    ) == ["The gate of QA is ticked, but Pia has not approved."]
    assert said("user-story", "| code, observability |", "| x |", "story.aspect-differs") == []
    assert said("user-story", "| code, observability |", "| code |", "story.aspect-differs") == [
        "Task 3 covers Code, Aspect Coverage says Code, Observability."
    ]
    long = "[" + "a word " * 20 + "]"
    (message,) = said("feature-plan", "- Median wait", f"- {long} Median", "plan.placeholder")
    assert message == f"{long[:59]}… is still to be filled in."
    assert said(
        "user-story", "**Result**: PASS", "**Result**: FAIL", "story.validation-failed"
    ) == [
        "Architecture Validation has failed: The label service already signs short-lived tokens; "
        "a counter code is one more kind of them."
    ]


def test_a_story_that_is_not_ready_needs_no_tracking_rows() -> None:
    text = filled_text("user-story")
    for old, new in (("Complete |", "Pending |"), ("In Progress |", "Pending |")):
        text = text.replace(old, new)
    text = text[: text.index("| 1 | Table and queries for codes | docs")] + "\n## Revisions\n"

    def codes(text: str) -> list[str]:
        document = parse_document(text)
        plan = read_plan(PATHS["user-story"], document)
        assert plan is not None
        return sorted({problem.code for problem in check(plan, document)})

    assert codes(text) == ["story.status-differs", "story.tracking-missing"]
    assert codes(text.replace("PASS", "PASS | FAIL")) == [
        "plan.undecided", "story.status-differs",
    ]  # fmt: skip


def test_leftovers_of_a_plan_that_is_not_begun_are_notes() -> None:
    text = (
        "# Implementation Plan: x\n\n## Summary\n\n[Summary]\n\n## Constitution Check\n\n"
        "## Project Structure\n\n```\n# [REMOVE IF UNUSED] Option 1: one\n```\n\n"
        "<!-- ACTION REQUIRED -->\n"
    )
    document = parse_document(text)
    plan = read_plan(PATHS[IMPL], document)
    assert plan is not None
    found = check(plan, document, files={})
    assert {problem.severity for problem in found} == {Severity.NOTE}
    assert [problem.code for problem in found] == [
        "plan.placeholder", "impl.leftover-remove", "impl.leftover-option", "impl.leftover-action",
    ]  # fmt: skip
