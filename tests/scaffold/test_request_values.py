"""What a request says, and what is said of the rest."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bot.plans.requested import key_name, request_values, values_from_request
from tests.scaffold.asking import asked

FORM = """### Service

billing

### Epic ID

EPIC-3

### Scope

_No response_

### Goals

- one
- two
"""


def test_issue_form_headings_are_keys_and_no_response_is_none() -> None:
    found = request_values(FORM)
    assert found == {"service": "billing", "epic id": "EPIC-3", "goals": "- one\n- two"}


def test_key_value_lines_in_all_their_shapes() -> None:
    body = (
        "Service: billing\r\n**Scope**: payments\r\n\r\n"
        "- **Owner:** @mona\r\n- Epic: EPIC-9\r\n\r\n"
        "Track ID: T 1 | Priority: P1\r\n\r\nSee https://example.org/a: no key\r\n"
    )
    found = request_values(body)
    assert found["service"] == "billing"
    assert found["scope"] == "payments"
    assert found["owner"] == "@mona"
    assert found["epic"] == "EPIC-9"
    assert found["track id"] == "T 1"
    assert found["priority"] == "P1"
    assert not any("http" in key for key in found)


def test_keys_in_code_and_comments_do_not_count() -> None:
    body = "<!-- Service: a -->\n```\nScope: b\n```\n\n    Epic: c\n"
    assert request_values(body) == {}


def test_keys_are_compared_without_case_dashes_and_underscores() -> None:
    assert key_name("Feature_ID:") == key_name("feature-id") == key_name("Feature ID")
    assert key_name("Milestone(s)") == "milestones"


def test_given_values_win_and_are_not_listed_as_defaulted() -> None:
    values, defaulted = asked("implementation-plan", body=FORM + "\nOwner: @mona\n")
    assert (values.service, values.epic, values.scope) == ("billing", "EPIC-3", "general")
    assert values.owner == "mona"
    assert [line.split(" = ")[0] for line in defaulted] == ["scope", "feature_id", "branch"]
    assert values.feature_id == values.branch == "007-full-text-search"


def test_defaults_of_a_bare_request() -> None:
    values, defaulted = asked("track-spec", title="検索")
    assert values.slug == values.track_id == "issue-7"
    assert values.project == "library"
    assert values.owner == values.author == "octocat"
    assert values.branch == "main"
    assert values.remote == "origin/main"
    assert values.commit_short == "3f2a3f2"
    assert values.commit_message == 'Say "hi" and \\ bye'
    assert any(line.startswith("track_id = issue-7") for line in defaulted)


def test_times_are_the_request_s_in_utc() -> None:
    tokyo = datetime(2026, 3, 1, 3, 0, tzinfo=timezone(timedelta(hours=9)))
    values, _ = values_from_request(
        title="x",
        body="",
        author="a",
        repository="r",
        number=1,
        created_at=tokyo,
        format="user-story",
    )
    assert values.date == "2026-02-28"
    assert values.utc == "20260228T180000Z"
    assert values.timestamp == "2026-02-28T18:00:00Z"


def test_values_that_go_into_paths_cannot_leave_them() -> None:
    values, _ = asked("implementation-plan", body="Scope: ../..\nService: a/b\nEpic: .git\n")
    assert (values.scope, values.service, values.epic) == ("general", "a-b", "git")


def test_titles_are_one_clean_line() -> None:
    values, _ = asked("user-story", title="a\x00\tb\u2028c  d")
    assert values.title == "a b c d"
