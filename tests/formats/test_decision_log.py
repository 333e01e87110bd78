"""The decision log: entries read, written once, and stories that stand still."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.plans.decision_log import (
    LogEntry,
    append_entry,
    is_done,
    read_decision_log,
    render_entry,
    stalled,
)
from bot.plans.document import parse_document
from tests.formats.plans_at_hand import filled_text

ENTRY = LogEntry(
    story="S-2",
    outcome="export is streamed",
    at="2025-05-20T08:00:00Z",
    attempt="stream rows",
    result="pass",
    evidence="runs/x",
    decision="continue",
    next_step="name the file",
)


def test_entries_of_the_filled_in_log() -> None:
    first, last = read_decision_log(parse_document(filled_text("decision-log")))
    assert (first.story, first.outcome) == ("S-1", "partitions are pruned")
    assert first.time == datetime(2025, 5, 5, 10, 20, tzinfo=UTC)
    assert first.evidence == "runs/2025-05-05T10:12:00Z/test-report.md"
    assert (first.decision, is_done(first), is_done(last)) == ("continue", False, True)
    assert first.missing == ()
    assert (last.line, last.runtime) == (12, "—")


@pytest.mark.parametrize(
    ("heading", "story", "outcome", "at"),
    [
        ("## [S-1] ok — 2025-05-05T10:20:00Z", "S-1", "ok", "2025-05-05T10:20:00Z"),
        ("## S‑1 a – b – 2025-05-05T10:20Z", "S-1", "a - b", "2025-05-05T10:20Z"),
        ("## [S-1/T-2] x -- 2025-05-05T10:20:00Z", "S-1/T-2", "x", "2025-05-05T10:20:00Z"),
        ("## [S-1] no time", "S-1", "[S-1] no time", ""),
    ],
)
def test_headings(heading: str, story: str, outcome: str, at: str) -> None:
    (entry,) = read_decision_log(parse_document(f"# Decision Log\n\n{heading}\n- Result: a\n"))
    assert (entry.story, entry.outcome, entry.at) == (story, outcome, at)
    assert entry.missing == ("Attempt", "Evidence", "Decision", "Next step")


def test_headings_that_are_no_entries_and_models_in_comments_are_passed() -> None:
    text = "# Decision Log\n\n## How to\n\n<!--\n## [S-1] outcome — 2025-05-05T10:20:00Z\n-->\n"
    assert read_decision_log(parse_document(text)) == ()
    undecided = "## [S-1] a — 2025-05-05T10:20:00Z\n- Decision: continue/refine/done\n"
    assert read_decision_log(parse_document(undecided))[0].decision == ""


def test_what_is_written_is_read_back() -> None:
    (read,) = read_decision_log(parse_document(render_entry(ENTRY)))
    assert replace(read, runtime="", monitoring="") == ENTRY


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_an_entry_is_appended_once_in_the_line_ends_of_the_log(ending: str) -> None:
    log = f"# Decision Log{ending}"
    once = append_entry(log, ENTRY)
    assert once.startswith(log + ending + "## [S-2] export is streamed — 2025-05-20T08:00:00Z")
    assert once.replace(ending, "").isprintable()
    assert append_entry(once, ENTRY) == once
    twice = append_entry(once, replace(ENTRY, outcome="file has a name"))
    assert [e.outcome for e in read_decision_log(parse_document(twice))] == [
        "export is streamed", "file has a name",
    ]  # fmt: skip
    assert append_entry("", ENTRY).startswith("## [S-2]")


def test_text_of_people_stays_on_one_line() -> None:
    entry = replace(ENTRY, outcome="a\n## [S-9] forged — 2025-01-01T00:00:00Z")
    assert len(read_decision_log(parse_document(append_entry("# Decision Log\n", entry)))) == 1


def test_three_entries_since_the_last_tick_stand_still() -> None:
    entries = tuple(replace(ENTRY, at=f"2025-05-0{day}T10:00:00Z") for day in (1, 2, 3))
    assert stalled(entries, "S-2", None)
    assert stalled(entries, "S-2", datetime(2025, 4, 30, tzinfo=UTC))
    assert not stalled(entries, "S-2", datetime(2025, 5, 2, tzinfo=UTC))
    assert not stalled(entries[:2], "S-2", None)
    assert not stalled(entries, "S-1", None)
