"""Reports of check runs: each once, whole and within the limits of GitHub, whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.changes import ReportCheck
from bot.config import CheckRules, RepoConfig
from bot.errors import Retryable
from bot.plans.model import Problem, Severity
from bot.store import Store
from bot.subjects.check_report import LONGEST_SUMMARY, MOST_ANNOTATIONS, plain, report
from tests.fake_github import Crash
from tests.subjects.desk import PATH, Desk, row_of, story


def test_a_crash_between_two_requests_yields_one_complete_check(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.world.bob.create_branch("work")
    desk.world.bob.push_file("src/a.py", "a", branch="work")
    desk.world.bob.open_pull("work", "Work", f"Plan: #{issue}\nTask: 2.1")
    desk.world.github.interrupt(Crash(), calls="create_check", after=True)
    desk.world.send()
    with pytest.raises(Crash):
        desk.world.work()
    desk.world.settle()
    assert len(desk.checks) == 1
    assert desk.check.status == "completed"


def test_an_answer_that_was_lost_doubles_nothing(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.world.github.interrupt(Retryable("timeout"), calls="create_check", after=True)
    desk.pull(f"Plan: #{issue}\nTask: 2.1")
    assert [run.status for run in desk.checks] == ["completed"]


def test_a_crash_between_two_batches_of_remarks_leaves_a_complete_check(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    row = row_of(text)
    desk.pull("")
    desk.world.bob.push_file(path, text.replace(row, "\n".join([row] * 60)), branch="work")
    desk.world.github.interrupt(Crash(), calls="extend_check")
    desk.world.send()
    with pytest.raises(Crash):
        desk.world.work()
    assert desk.check.status == "in_progress"
    desk.world.settle()
    assert (len(desk.checks), desk.check.status, desk.check.conclusion) == (
        2,
        "completed",
        "failure",
    )
    assert len(desk.check.annotations) >= 59


def test_a_lost_database_reports_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\nTask: 99")
    desk.world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    desk.world.store.migrate()
    desk.world.bob.edit_pull(number, title="Other words")
    desk.world.settle()
    assert len(desk.checks) == 1


def test_a_hundred_and_twenty_remarks_come_in_three_requests(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    row = row_of(text)
    desk.pull("")
    desk.world.github.calls.clear()
    desk.push(path, text.replace(row, "\n".join([row] * 121)))
    assert desk.check.status == "completed"
    assert len(desk.check.annotations) >= 120
    writes = [name for name in desk.world.github.writes if name.endswith("_check")]
    assert writes[0] == "create_check"
    assert writes[1:] == ["extend_check"] * ((len(desk.check.annotations) - 1) // 50)


def test_a_report_stays_within_githubs_limits() -> None:
    many = [
        Problem("plan.bare-na", f"{n}: " + "ä|@x " * 500, "Mend " + "x" * 3000, n, path=PATH)
        for n in range(1, 2001)
    ]
    made = report((), many, RepoConfig(), remarks=(PATH,))
    assert len(made.summary) <= LONGEST_SUMMARY
    assert len(made.annotations) == MOST_ANNOTATIONS
    assert "more." in made.summary
    assert made.conclusion == "failure"
    assert isinstance(made.change("7", "a" * 40, "why"), ReportCheck)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@alice see #12", "&#64;alice see &#35;12"),
        ("<img src=x> & <!-- a -->", "&lt;img src=x&gt; &amp; &lt;!-- a --&gt;"),
        ("[a](http://x) | b", "\\[a\\](http://x) \\| b"),
        ("two\nlines", "two lines"),
        ("code `a@b` stays", "code `a@b` stays"),
        ("`open", "\\`open"),
    ],
)
def test_user_text_means_nothing_in_a_summary(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_finding_can_be_given_another_severity() -> None:
    warning = Problem("plan.bare-na", "N/A", "", 1, severity=Severity.WARNING, path=PATH)
    assert report((), [warning], RepoConfig()).conclusion == "success"
    strict = RepoConfig(checks=CheckRules(fail_on="warning"))
    assert report((), [warning], strict).conclusion == "failure"
