"""What a new plan of each format consists of, file by file."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.scaffold import SIBLING_TEMPLATES, plan_block, scaffold_paths
from bot.templates import read_template, template_names
from tests.scaffold.asking import FORMATS, made

TASK_FOLDER = "tasks/full-text-search-20261121T101530Z"
FEATURE_FOLDER = "plans/general/library/EPIC-7/features/007-full-text-search"
TREES = {
    "feature-plan": ["plan_docs/full-text-search.md"],
    "user-story": ["docs/user-stories/2026-11-21-full-text-search.md"],
    "task-plan": [
        f"{TASK_FOLDER}/plan.md",
        f"{TASK_FOLDER}/decision-log.md",
        f"{TASK_FOLDER}/referenced-expertise.md",
        f"{TASK_FOLDER}/references/excerpts/.gitkeep",
        f"{TASK_FOLDER}/proposals/expert-additions.md",
        f"{TASK_FOLDER}/runs/.gitkeep",
        f"{TASK_FOLDER}/benchmarks/.gitkeep",
        f"{TASK_FOLDER}/patches/.gitkeep",
        f"{TASK_FOLDER}/artifacts/screenshots/.gitkeep",
    ],
    "implementation-plan": [
        f"{FEATURE_FOLDER}/impl-plan.md",
        f"{FEATURE_FOLDER}/spec.md",
        f"{FEATURE_FOLDER}/checklists/requirements.md",
        f"{FEATURE_FOLDER}/checklists/PlanQualityGate.md",
        "plans/general/library/EPIC-7/exec-plan.md",
    ],
    "track-spec": ["draft/tracks/full-text-search/spec.md"],
}
TITLES = {
    "feature-plan": "library – Full-text search Feature Plan",
    "user-story": "User Story: Full-text search",
    "task-plan": "Full-text search",
    "implementation-plan": "Implementation Plan: 007-full-text-search",
    "track-spec": "Specification: Full-text search",
}


@pytest.mark.parametrize("format", FORMATS)
def test_the_tree_is_exactly_this(format: str) -> None:
    new = made(format)
    assert new.path == TREES[format][0]
    assert list(new.files) == TREES[format]
    index = {"TASKS.md"} if format == "task-plan" else set()
    assert set(scaffold_paths(format, new.path)) == {*TREES[format], *index}


@pytest.mark.parametrize("format", FORMATS)
def test_the_issue_is_made_from_the_template_s_header(format: str) -> None:
    new = made(format)
    assert new.title == TITLES[format]
    assert "plan" in new.labels
    assert new.assignees == ("octocat",)
    assert new.defaulted == ()
    assert new.problems == ()
    assert not new.from_body


@pytest.mark.parametrize("format", FORMATS)
def test_without_a_header_title_labels_and_assignee_are_defaulted(format: str) -> None:
    block, _ = plan_block(read_template("plans", f"{format}.md"))
    document = parse_document(block)
    assert document.header_span is not None
    span = document.header_span
    new = made(format, template=block[: span.start] + block[span.end :])
    assert new.title == TITLES[format]
    assert new.labels == ("plan", format)
    assert new.assignees == ("octocat",)
    assert len(new.defaulted) == 2


@pytest.mark.parametrize("format", FORMATS)
def test_every_new_text_ends_with_a_line_end_and_parses_without_problems(format: str) -> None:
    for path, text in made(format).files.items():
        if path.endswith(".gitkeep"):
            assert text == ""
            continue
        assert text.endswith("\n"), path
        assert parse_document(text).problems == (), path
        assert "\r" not in text


def test_nothing_that_exists_is_replaced() -> None:
    existing: dict[str, str | None] = {
        "plan_docs/full-text-search.md": "mine",
        "plans/general/library/EPIC-7/exec-plan.md": "theirs",
        f"{FEATURE_FOLDER}/spec.md": "ours",
        f"{FEATURE_FOLDER}/checklists/requirements.md": None,
    }
    assert made("feature-plan", existing=existing).path == "plan_docs/full-text-search-2.md"
    new = made("implementation-plan", existing=existing)
    assert set(new.files) == set(TREES["implementation-plan"]) - {
        "plans/general/library/EPIC-7/exec-plan.md",
        f"{FEATURE_FOLDER}/spec.md",
    }


def test_a_suffix_reaches_the_text_too() -> None:
    new = made("track-spec", existing={"draft/tracks/full-text-search/spec.md": "taken"})
    assert new.path == "draft/tracks/full-text-search-2/spec.md"
    assert 'track_id: "full-text-search-2"' in new.files[new.path]
    assert "**Track ID:** full-text-search-2\n" in new.files[new.path]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("# Tasks\n", "# Tasks\n- [a \\[b\\]](DIR) — 2026-11-21\n"),
        ("# Tasks", "# Tasks\n- [a \\[b\\]](DIR) — 2026-11-21\n"),
        ("# Tasks\r\n", "# Tasks\r\n- [a \\[b\\]](DIR) — 2026-11-21\r\n"),
        ("", "- [a \\[b\\]](DIR) — 2026-11-21\n"),
    ],
)
def test_the_index_of_tasks_gains_one_line_where_there_is_one(index: str, expected: str) -> None:
    new = made("task-plan", "a [b]", existing={"TASKS.md": index})
    folder = new.path.removesuffix("/plan.md")
    assert new.files["TASKS.md"] == expected.replace("DIR", folder)
    assert "TASKS.md" not in made("task-plan", "a [b]").files


def test_an_index_that_lists_the_folder_already_stays() -> None:
    new = made("task-plan", existing={"TASKS.md": f"- [x]({TASK_FOLDER}) — then\n"})
    assert "TASKS.md" not in new.files


def test_the_task_plan_is_the_block_between_the_markers() -> None:
    text = made("task-plan").files[f"{TASK_FOLDER}/plan.md"]
    assert text.startswith(">Title: Full-text search\n")
    document = parse_document(text)
    assert document.sections[0].title == "Plan"
    assert "END: plan.md" not in text
    assert "Agent Guide" not in text
    assert "Owner: octocat | Due: <date>" in text


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_block_of_another_fence_and_one_without(fence: str) -> None:
    begin, end = "<!-- BEGIN: plan.md template -->", "<!-- END: plan.md template -->"
    template = f"x\n\n{begin}\n{fence}markdown\n# Plan\n{fence}\n{end}\n"
    assert plan_block(template) == ("# Plan\n", ())
    bare = "<!-- BEGIN: plan.md template -->\n# Plan\n\n<!-- END: plan.md template -->\n"
    assert plan_block(bare)[0] == "# Plan\n\n"


def test_a_begin_marker_without_its_end_is_said() -> None:
    block, problems = plan_block("a\n\n<!-- BEGIN: plan.md template -->\n# Plan\n")
    assert block.startswith("a")
    assert [(problem.code, problem.line) for problem in problems] == [("template-unclosed", 3)]


def test_milestones_are_taken_from_the_request_and_placeholders_are_none() -> None:
    assert made("feature-plan").milestones == ()
    assert made("feature-plan", body="Milestones: v2, v3\n").milestones == ("v2", "v3")


def test_an_owner_that_is_no_login_is_not_assigned() -> None:
    new = made("feature-plan", body="Owner: Team Search\n")
    assert ">Assignees: [owner]\n" in new.files[new.path]
    assert (
        "Team Search"
        in made("implementation-plan", body="Owner: Team Search\n").files[
            "plans/general/library/EPIC-7/exec-plan.md"
        ]
    )
    assert new.assignees == ("octocat",)


def test_a_request_that_is_a_filled_plan_already_becomes_the_plan() -> None:
    story = made("user-story").files[TREES["user-story"][0]].replace("{persona}", "reader")
    pasted = '<!-- plansync:plan path="old.md" -->\n\n' + story.replace("\n", "\r\n")
    new = made("user-story", "Something else", as_plan=pasted)
    assert new.from_body
    assert new.files[new.path] == story
    assert new.title == "User Story: Full-text search"
    other = made("feature-plan", as_plan=pasted)
    assert not other.from_body


def test_an_ordinary_request_is_no_plan() -> None:
    body = "### Story\n\nAs a reader\n\n### Requirements\n\n- R-1 find\n"
    assert not made("user-story", body=body, as_plan=body).from_body


def test_every_template_is_read_by_name_and_no_other_file_is() -> None:
    wanted = {f"{format}.md" for format in FORMATS}
    wanted |= {name for names in SIBLING_TEMPLATES.values() for name in names}
    assert wanted == set(template_names("plans"))
    for name in wanted:
        assert read_template("plans", name).strip()
    with pytest.raises(ValueError, match="does not name"):
        read_template("plans", "../x.md")
    with pytest.raises(FileNotFoundError):
        read_template("plans", "nothing.md")
