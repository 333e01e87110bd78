"""Templates filled in one pass, and what is left alone."""

from __future__ import annotations

from bot.plans.document import parse_document
from bot.plans.filling import fill_template, spliced
from bot.plans.lines import Span
from tests.scaffold.asking import asked


def filled(
    template: str, format: str = "feature-plan", title: str = "Search", body: str = ""
) -> str:
    values, _ = asked(format, title, body)
    return fill_template(template, format, values)


def test_values_are_never_scanned_again() -> None:
    assert filled("# [FeatureName]\n", title="The [owner] of {Title}") == (
        "# The \\[owner] of \\{Title}\n"
    )


def test_the_header_keeps_a_title_as_it_was_written() -> None:
    text = filled(">Title: [FeatureName]\n\n---\n\n# x\n", title="All [things]")
    assert text.startswith(">Title: All [things]\n")


def test_a_comment_in_a_title_cannot_swallow_the_plan() -> None:
    text = filled("# [FeatureName]\n\n- [ ] a\n", title="x <!-- y")
    assert len(parse_document(text).tasks) == 1
    assert not parse_document(text).comments


def test_cells_escape_pipes() -> None:
    text = filled("| A | B |\n|---|---|\n| [FeatureName] | b |\n", title="a | b")
    assert parse_document(text).tables[0].rows[0].texts == ("a | b", "b")


def test_code_spans_and_fences_are_filled_with_known_names_only() -> None:
    template = "`plans/[ProjectName]/[other]`\n\n```\n[ProjectName]/\n[other]/ {a,b}\n```\n"
    assert filled(template) == "`plans/library/[other]`\n\n```\nlibrary/\n[other]/ {a,b}\n```\n"


def test_comments_links_ids_and_variables_stay() -> None:
    template = (
        "<!-- [ProjectName] YYYY-MM-DD -->\n[owner](x) [S-1] $FEATURE_DIR <RUN_ID> - [ ] x\n"
        "\n[owner]\n"
    )
    expected = template.replace("\n[owner]\n", "\noctocat\n")
    assert filled(template) == expected


def test_first_states_are_chosen_and_results_stay_open() -> None:
    template = (
        "**Status**: Draft | Planning | Ready | In Progress | Complete\n**Result**: PASS | FAIL\n\n"
        "- Status: todo | in\u2011progress | blocked | done\n\n"
        "| # | Status |\n|---|---|\n| 1 | Pending / Answered |\n\n"
        "```\nStatus: Draft | Planning\n```\n"
    )
    text = filled(template, "user-story")
    assert "**Status**: Draft\n**Result**: PASS | FAIL\n" in text
    assert "- Status: todo\n" in text
    assert "| 1 | Pending |" in text
    assert "Status: Draft | Planning\n```" in text


def test_front_matter_is_filled_by_line_and_quoted_as_it_was() -> None:
    template = (
        "---\n# kept\nproject: '{PROJECT_NAME}' # why\ngit:\n"
        '  commit_message: "{COMMIT_MESSAGE}"\n'
        '  remote: "x/{LOCAL_BRANCH}"\nat: {ISO_TIMESTAMP}\nodd: [1,   2]\n---\n\n# [Title]\n'
    )
    text = filled(template, "track-spec", 'It\'s: a "b" \\c')
    document = parse_document(text)
    assert document.front_matter is not None
    data = document.front_matter.data
    assert data["project"] == "library"
    assert data["git"] == {"commit_message": 'Say "hi" and \\ bye', "remote": "x/main"}
    assert text.startswith("---\n# kept\nproject: 'library' # why\n")
    assert "odd: [1,   2]\n" in text
    assert str(data["at"]).startswith("2026-11-21")


def test_answers_go_into_fields_and_sections_that_wait_for_them() -> None:
    template = (
        "**Participants**: {list}\n**Date**: fixed\n\n## Story\n\nAs a {persona}.\n\n"
        "## Goals\n\n- [ ] {R-1}\n- [ ] {R-2}\n\n## Notes\n\n[Say something]\n\n"
        "## Kept\n\nwords {x}\n"
    )
    body = (
        "### Participants\n\ndb, api\n\n### Date\n\nnever\n\n### Persona\n\nreader\n\n"
        "### Goals\n\n- fast\n* small\n\n### Notes\n\nFirst.\n\n# loud\n<!-- x\n\n### Kept\n\nno\n"
    )
    text = filled(template, "user-story", body=body)
    assert "**Participants**: db, api\n" in text
    assert "**Date**: fixed\n" in text
    assert "As a reader.\n" in text
    assert "- [ ] fast\n- [ ] small\n\n## Notes" in text
    assert "First.\n" in text
    assert "words {x}" in text


def test_windows_line_ends_stay() -> None:
    text = filled("# [FeatureName]\r\n\r\n## Notes\r\n\r\n[Say]\r\n", body="### Notes\n\na\nb\n")
    assert text == "# Search\r\n\r\n## Notes\r\n\r\na\r\nb\r\n"


def test_of_overlapping_edits_the_first_one_counts() -> None:
    assert spliced("abcdef", [(Span(1, 3), "X"), (Span(2, 4), "Y"), (Span(5, 6), "Z")]) == "aXdeZ"


def test_a_branch_is_named_only_where_the_request_names_one() -> None:
    template = "- Target implementation branch: [e.g., feature/[slug]]\n"
    assert filled(template) == template
    assert filled(template, body="Branch: feature/x\n") == (
        "- Target implementation branch: feature/x\n"
    )


def test_a_form_s_heading_fills_no_placeholder_that_only_sounds_like_it() -> None:
    template = "| [Module] | [Description] |\n|---|---|\n| [Module] | [Description] |\n"
    assert filled(template, body="### Description\n\nIt finds.\n") == template
