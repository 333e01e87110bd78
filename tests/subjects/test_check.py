"""The check run of pull requests: what it finds, where it says so, and what it costs."""

from __future__ import annotations

import pytest

from bot.config import CONFIG_PATH, RepoConfig
from bot.subjects.check_read import MOST_PLANS
from bot.subjects.check_report import LONGEST_SUMMARY
from tests.fake_github import Crash
from tests.subjects.desk import PATH, Desk, row_of, story


def test_a_pull_request_without_a_plan_costs_one_request_and_no_word(desk: Desk) -> None:
    number = desk.pull("Just work.")
    assert desk.world.new_calls() == ["pull_paths"]
    desk.world.bob.edit_pull(number, body="Still just work.")
    desk.world.settle()
    assert desk.world.new_calls() == []
    desk.push("src/search.py", "other\n")
    assert desk.world.new_calls() == ["pull_paths"]
    assert desk.checks == []
    assert desk.again() == []


def test_a_broken_plan_fails_with_a_remark_on_its_line_and_mending_turns_it_green(
    desk: Desk,
) -> None:
    twice = desk.plan.replace("- [ ] Backend/API changes", "- [ ] Backend/API changes\n<!-- open")
    desk.world.configure("checks:\n  fail_on: warning\n")
    desk.pull("", branch="broken")
    desk.push(PATH, twice, "broken")
    check = desk.check
    line = twice.split("\n").index("<!-- open") + 1
    assert (check.conclusion, check.name) == ("failure", "plansync")
    assert (PATH, line, "warning") in [(a.path, a.line, a.level) for a in check.annotations]
    assert "comment-unclosed" in check.summary
    desk.push(PATH, desk.plan.replace("- [ ] Backend", "- [x] Backend"), "broken")
    assert desk.check.head_sha != check.head_sha
    assert desk.check.conclusion == "success"
    assert "1 of 30" in desk.check.summary
    assert desk.again() == []


def test_an_error_in_a_story_fails_and_names_the_line(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    row = row_of(text)
    broken = text.replace(row, row + "\n" + row)
    desk.pull("")
    desk.push(path, broken)
    line = broken.split("\n").index(row) + 2
    found = [(a.path, a.line, a.level, a.title) for a in desk.check.annotations]
    assert (path, line, "failure", "story.duplicate-number") in found
    assert desk.check.conclusion == "failure"
    assert desk.check.title.startswith("1 error")


def test_a_plan_without_a_task_says_which_open_tasks_it_could_be(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.pull(f"Plan: #{issue}")
    assert desk.check.conclusion == "success"
    assert desk.check.title == "A plan is named, but none of its tasks"
    assert "`2.1` (`Backend/API changes`)" in desk.check.summary
    assert "write `Task: 0.1` into the body" in desk.check.summary
    assert desk.again() == []


def test_naming_a_plan_costs_five_requests_beside_those_of_the_plan(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.world.new_calls()
    desk.pull(f"Plan: #{issue}\nTask: 2.1")
    calls = desk.world.new_calls()
    assert calls[:5] == ["pull", "pull_paths", "file", "check", "create_check"]
    assert (desk.check.conclusion, desk.check.title[:16]) == ("success", "Nothing is wrong")


def test_a_task_that_is_not_there_fails_with_the_line_that_names_it(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\n\nTask: 99")
    assert desk.check.conclusion == "failure"
    assert "no task `99` (its body line 3 says `Task: 99`)" in desk.check.summary
    desk.world.bob.edit_pull(number, body=f"Plan: #{issue}\n\nTask: 2.1")
    desk.world.settle()
    assert (desk.check.conclusion, len(desk.checks)) == ("success", 2)


def test_a_line_that_cannot_be_read_is_told_with_its_number(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.pull(f"Plan: #{issue}\nTask: 2.1\nTask: some words here")
    assert desk.check.conclusion == "success"
    assert "“some words here” names no task (line 3 of the body)." in desk.check.summary


def test_a_plan_that_is_not_there_is_told(desk: Desk) -> None:
    other = desk.world.alice.open_issue("A question", "How?")
    desk.pull(f"Plan: #{other}\nTask: 1")
    assert desk.check.conclusion == "success"
    assert f"#{other} is no plan issue" in desk.check.summary.replace("&#35;", "#")


@pytest.mark.parametrize("body", ["Task: ABC-1", "Plan: think first", "Plan #3", "`Plan: #2`"])
def test_what_only_looks_like_a_plan_is_left_alone(desk: Desk, body: str) -> None:
    desk.pull(body)
    assert desk.checks == []
    desk.world.configure("checks:\n  every_pull: true\n")
    desk.push("src/search.py", "more\n")
    assert (desk.check.conclusion, desk.check.title) == ("neutral", "No plan is touched or named")


def test_closing_some_issue_names_no_plan(desk: Desk) -> None:
    other = desk.world.alice.open_issue("A bug", "Bad.")
    desk.pull(f"Fixes #{other}")
    assert desk.checks == []


def test_a_failed_validation_stops_pull_requests_that_name_the_story(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    assert "PASS" in text
    desk.world.bob.push_file(path, text.replace("PASS", "FAIL"))
    desk.world.settle()
    desk.pull(f"Plan: {path}\nTask: 1")
    assert desk.check.conclusion == "failure"
    assert "story.validation-failed" in desk.check.summary


def test_a_pull_request_is_checked_again_when_what_stopped_it_is_over(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    desk.pull(f"Plan: {path}\nTask: 1")
    assert desk.check.conclusion == "success"
    desk.world.bob.push_file(path, desk.world.repo.text(path).replace("PASS", "FAIL"))
    desk.world.settle()
    assert desk.check.conclusion == "failure"
    assert text.count("PASS") == desk.world.repo.text(path).count("FAIL")
    desk.world.bob.push_file(path, desk.world.repo.text(path).replace("FAIL", "PASS"))
    desk.world.settle()
    assert (desk.check.conclusion, len(desk.checks)) == ("success", 3)
    assert len({run.head_sha for run in desk.checks}) == 1
    assert desk.again() == []


def test_a_tick_checks_no_pull_request_again(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.pull(f"Plan: #{issue}\nTask: 2.1")
    desk.world.new_calls()
    desk.world.alice.tick(issue, "Rules of the domain")
    desk.world.settle()
    assert desk.world.new_calls() == ["file", "issue", "put_file", "edit_comment"]


def test_what_stands_in_a_plan_that_is_only_named_fails_nobody_else(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    row = row_of(text)
    desk.world.bob.push_file(path, text.replace(row, row + "\n" + row))
    desk.world.settle()
    desk.pull(f"Plan: {path}\nTask: 1")
    assert desk.check.conclusion == "success"


def test_no_plan_any_more_is_said_where_a_check_was_reported(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\nTask: 99")
    desk.world.bob.edit_pull(number, body="Just work.")
    desk.world.settle()
    assert (desk.check.conclusion, desk.check.title) == ("neutral", "No plan is touched or named")
    desk.push("src/search.py", "more\n")
    assert desk.check.conclusion == "neutral"
    assert len(desk.checks) == 2


def test_a_required_check_answers_every_pull_request(desk: Desk) -> None:
    desk.world.configure("checks:\n  every_pull: true\n")
    desk.pull("Just work.")
    assert desk.check.conclusion == "neutral"
    assert desk.again() == []


def test_a_check_that_is_wanted_again_is_reported_again(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.pull(f"Plan: #{issue}\nTask: 2.1")
    desk.world.repo.rerun_check("bob", desk.check)
    assert desk.check.status == "queued"
    desk.world.settle()
    (run,) = desk.checks
    assert (run.status, run.conclusion) == ("completed", "success")
    assert desk.again() == []


def test_a_run_that_waits_ends_also_where_another_outcome_is_reported(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\nTask: 2.1")
    with desk.world.github.silence():
        desk.world.bob.edit_pull(number, body=f"Plan: #{issue}\nTask: 99")
    desk.world.repo.rerun_check("bob", desk.check)
    desk.world.settle()
    first, second = desk.checks
    assert (first.status, second.status) == ("completed", "completed")
    assert (first.conclusion, second.conclusion) == ("failure", "failure")
    assert desk.again() == []


def test_a_worker_that_died_between_two_batches_leaves_no_run_that_waits(desk: Desk) -> None:
    path = story(desk.world)
    row = row_of(desk.world.repo.text(path))
    desk.world.bob.create_branch("work")
    many = "\n".join([row] * 80)
    desk.world.bob.push_file(path, desk.world.repo.text(path).replace(row, many), branch="work")
    desk.world.bob.open_pull("work", "Work", "")
    desk.world.github.interrupt(Crash(), calls="extend_check")
    with pytest.raises(Crash):
        desk.world.settle()
    assert desk.check.conclusion is None
    desk.world.settle()
    assert {run.conclusion for run in desk.checks} == {"failure"}
    assert len(desk.check.annotations) >= 79


def test_the_same_outcome_is_written_once_for_a_commit(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\nTask: 2.1")
    desk.world.bob.edit_pull(number, title="Better words", body=f"Plan: #{issue}\n\nTask: 2.1")
    desk.world.settle()
    assert len(desk.checks) == 1


def test_a_suite_that_is_wanted_again_is_found_by_its_commit(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.pull(f"Plan: #{issue}\nTask: 2.1")
    run = desk.check
    run.status, run.conclusion = "queued", None
    suite = {"head_sha": run.head_sha, "pull_requests": []}
    payload = {"action": "rerequested", "check_suite": suite}
    desk.world.github.deliver(desk.world.repo, "check_suite", "bob", payload)
    desk.world.settle()
    assert (len(desk.checks), desk.check.conclusion) == (1, "success")


def test_our_own_check_events_cost_nothing(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    desk.pull(f"Plan: #{issue}\nTask: 2.1")
    sent = [(d.event, d.action) for d in desk.world.github.deliveries]
    assert ("check_run", "completed") in sent
    desk.world.github.calls.clear()
    own = [d for d in desk.world.github.deliveries if d.event == "check_run"]
    desk.world.send(own)
    assert desk.world.work() == []
    assert desk.world.new_calls() == []


def test_a_merge_group_is_answered_where_it_arrives(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\nTask: 2.1")
    head = desk.world.repo.queue_pull("bob", number)
    desk.world.settle()
    assert (desk.check.head_sha, desk.check.conclusion) == (head, "success")
    other = desk.pull("Just work.", branch="other")
    head = desk.world.repo.queue_pull("bob", other)
    desk.world.settle()
    assert (desk.check.head_sha, desk.check.conclusion) == (head, "neutral")
    assert desk.again() == []


def test_every_pull_request_of_a_merge_group_is_read(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    wrong = desk.pull(f"Plan: #{issue}\nTask: 99", src__a="a\n")
    nowhere = desk.pull("Plan: #4711", branch="nowhere", src__b="b\n")
    last = desk.pull(f"Plan: #{issue}\nTask: 2.1", branch="last", src__c="c\n")
    head = desk.world.repo.queue_pull("bob", last, wrong, nowhere)
    desk.world.settle()
    assert (desk.check.head_sha, desk.check.conclusion) == (head, "failure")
    assert f"&#35;{wrong}: " in desk.check.summary
    assert "99" in desk.check.summary
    assert "4711" in desk.check.summary
    assert "`2.1`" not in desk.check.summary.partition("plan_docs")[0]
    head = desk.world.repo.queue_pull("bob", last)
    desk.world.settle()
    assert (desk.check.head_sha, desk.check.conclusion) == (head, "success")
    assert desk.again() == []


def test_a_broken_plan_fails_its_merge_group_too(desk: Desk) -> None:
    path = story(desk.world)
    text = desk.world.repo.text(path)
    row = row_of(text)
    number = desk.pull("")
    desk.push(path, text.replace(row, row + "\n" + row))
    desk.world.repo.queue_pull("bob", number)
    desk.world.settle()
    assert desk.check.conclusion == "failure"


def test_a_closed_pull_request_is_left_alone(desk: Desk) -> None:
    issue = desk.world.plan_issue(PATH)
    number = desk.pull(f"Plan: #{issue}\nTask: 99")
    desk.world.bob.close_pull(number)
    desk.world.bob.edit_pull(number, body=f"Plan: #{issue}\nTask: 2.1")
    desk.world.settle()
    assert len(desk.checks) == 1
    desk.world.bob.reopen_pull(number)
    desk.world.settle()
    assert desk.check.conclusion == "success"


def test_a_change_of_the_configuration_is_checked_on_the_pull_request(desk: Desk) -> None:
    desk.pull("")
    desk.push(CONFIG_PATH, "# Ours\ndry_runn: true\n")
    (remark,) = desk.check.annotations
    assert (remark.path, remark.line, remark.level) == (CONFIG_PATH, 2, "failure")
    assert "Did you mean `dry_run`?" in remark.message
    assert desk.check.conclusion == "failure"
    desk.push(CONFIG_PATH, "# Ours\nbrake: 0.4\n")
    assert (desk.check.conclusion, desk.check.title) == ("success", "The configuration is good")
    assert desk.world.store.config(1) == RepoConfig()


def test_a_fork_learns_nothing_of_other_repositories(desk: Desk) -> None:
    desk.world.github.repository("acme/secret", files={CONFIG_PATH: "password: hunter2\n"})
    for inside, conclusion in ((True, "failure"), (False, "success")):
        branch = f"inside-{inside}"
        number = desk.pull("", branch=branch)
        desk.world.repo.pulls[number].fork = "" if inside else "mallory/shop"
        desk.world.new_calls()
        desk.push(CONFIG_PATH, "_extends: secret\n", branch)
        assert desk.check.conclusion == conclusion
        said = desk.check.summary + "".join(mark.message for mark in desk.check.annotations)
        assert "hunter2" not in said
        assert "password" not in said
        assert ("neighbour" in desk.world.new_calls()) == inside


def test_more_plans_than_one_check_reads_are_told(desk: Desk) -> None:
    text = desk.plan
    plans = {f"plan_docs/p{n}.md": text.replace("Search", f"P{n}") for n in range(MOST_PLANS + 5)}
    desk.pull("")
    desk.world.bob.push_files(dict(plans), "Many", "work")
    desk.world.settle()
    assert "5 more plans are changed" in desk.check.summary
    assert len(desk.check.summary) <= LONGEST_SUMMARY
    assert desk.check.summary.count("#### `plan_docs/") == MOST_PLANS


def test_a_deleted_and_an_unrecognised_plan_are_told(desk: Desk) -> None:
    desk.pull("")
    desk.push(PATH, "# Nothing\n")
    assert (desk.check.conclusion, desk.check.annotations[0].title) == (
        "failure",
        "plan.unrecognised",
    )
    desk.world.bob.push_files({PATH: None}, "Remove", "work")
    desk.world.settle()
    assert "plan.deleted" in desk.check.summary
    assert desk.check.annotations == []
    assert desk.check.conclusion == "success"


@pytest.mark.parametrize(
    ("rules", "conclusion"),
    [
        ("fail_on: error", "success"),
        ("fail_on: warning", "failure"),
        ("severity: {plan.deleted: error}", "failure"),
        ("severity: {plan.deleted: error}\n  fail_on: never", "neutral"),
        ("severity: {plan.deleted: off}\n  fail_on: warning", "success"),
    ],
)
def test_the_repository_decides_what_fails(desk: Desk, rules: str, conclusion: str) -> None:
    desk.world.configure(f"checks:\n  {rules}\n")
    desk.pull("")
    desk.world.bob.push_files({PATH: None}, "Remove", "work")
    desk.world.settle()
    assert desk.check.conclusion == conclusion
