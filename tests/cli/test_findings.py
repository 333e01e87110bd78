"""Findings in the four forms they are printed in."""

from __future__ import annotations

import json

from bot.cli.findings import Finding, as_github, as_json, as_sarif, as_text
from bot.plans.model import Problem, Severity

FINDINGS = [
    Finding("a b,c.md", Problem("x.y", "It is 50% wrong.", "Do: this, then\nthat.", 3, 7)),
    Finding("a b,c.md", Problem("x.z", "So so.", "", 4, 1, Severity.WARNING)),
    Finding("d.md", Problem("x.y", "Told.", "", 1, 1, Severity.NOTE)),
]


def test_text_has_place_words_code_and_fix() -> None:
    assert as_text(FINDINGS, 2) == (
        "a b,c.md:3:7: error: It is 50% wrong. [x.y]\n    Do: this, then\nthat.\n"
        "a b,c.md:4:1: warning: So so. [x.z]\nd.md: 1 note (1 x.y); --all shows them\n"
        "2 plans checked: 1 error, 1 warning, 1 note"
    )
    assert as_text([], 1) == "1 plan checked: no problems"
    assert as_text([], 0) == "no plan found"
    assert "d.md:1:1: note: Told. [x.y]\n" in as_text(FINDINGS, 2, every=True)


def test_the_notes_of_a_file_are_one_line() -> None:
    notes = [Finding("a.md", Problem("n", "A", "", n, severity=Severity.NOTE)) for n in range(1, 6)]
    assert as_text(notes, 1) == ("a.md: 5 notes (5 n); --all shows them\n1 plan checked: 5 notes")
    assert as_text(notes, 1, every=True).count("[n]") == 5


def test_json_has_every_part() -> None:
    found = json.loads(as_json(FINDINGS, 2))
    assert found["plans"] == 2
    assert found["problems"][0] == {
        "path": "a b,c.md", "line": 3, "column": 7, "severity": "error", "code": "x.y",
        "message": "It is 50% wrong.", "fix": "Do: this, then\nthat.",
    }  # fmt: skip


def test_github_commands_escape_what_would_end_them() -> None:
    first, second, third, last = as_github(FINDINGS, 2, every=True).split("\n")
    assert first == (
        "::error file=a b%2Cc.md,line=3,col=7,title=x.y::It is 50%25 wrong. Do: this, then%0Athat."
    )
    assert second.startswith("::warning ")
    assert third.startswith("::notice file=d.md,")
    assert last == "2 plans checked"
    assert as_github(FINDINGS, 2) == "\n".join([first, second, last])


def test_sarif_names_its_rules_once_and_encodes_paths() -> None:
    log = json.loads(as_sarif(FINDINGS, 2))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in rules] == ["x.y", "x.z"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "a%20b%2Cc.md"
    assert location["region"] == {"startLine": 3, "startColumn": 7}
