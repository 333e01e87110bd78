"""Stories with sub-issues, and a box that became an issue, against the emulated GitHub."""

from __future__ import annotations

from typing import Any

from bot.config import CONFIG_PATH
from bot.plans.story_issues import parse_story_marker
from tests.journeys.test_formats import Journey, journey

__all__ = ["journey"]

FOLDER = "tasks/export-audit-log-20250502T081500Z"


def stories(journey: Journey) -> dict[str, dict[str, Any]]:
    """The issues of stories by the story, oldest first; none is there twice."""
    issues = journey.call("/issues?state=all&per_page=100&sort=created&direction=asc")
    found: dict[str, dict[str, Any]] = {}
    for issue in issues:
        marker = parse_story_marker(issue["body"] or "")
        if marker:
            assert marker.key not in found
            found[marker.key] = issue
    return found


def writes(journey: Journey, since: int) -> list[str]:
    later = [one.call for one in journey.stage.front.records[since:]]
    return [call.path for call in later if call.kind == "api" and call.method != "GET"]


def test_stories_and_a_box_that_became_an_issue(journey: Journey) -> None:
    chosen = "sub_issues: true\nblocked_by: true\n"
    journey.olivia.push_file(CONFIG_PATH, chosen, "Configure plansync")
    journey.settle()
    journey.request("Export the audit log", "plan:tasks")
    journey.fill(f"{FOLDER}/plan.md")
    groups = {group.key: group for group in journey.plan().groups if group.kind == "story"}
    made = stories(journey)
    assert list(made) == list(groups)
    repository = journey.alice.repository
    numbers = [issue["number"] for issue in made.values()]
    assert journey.stage.relations.sub_issues[repository, journey.issue] == numbers
    for key, issue in made.items():
        assert issue["title"] == f"{key}: {groups[key].title}"
        assert issue["state"] == ("closed" if groups[key].complete else "open")
    blocked = journey.stage.relations.blocked_by
    assert [blocked[repository, later] for later in numbers[1:]] == [[n] for n in numbers[:-1]]

    task = next(task for group in groups.values() for task in group.tasks if not task.settled)
    number = journey.alice.open_issue(task.text)
    journey.alice.change_body(
        journey.issue, lambda body: body.replace(f"] {task.text}", f"] #{number}", 1)
    )
    journey.settle()
    assert f"- [ ] {task.text} (#{number})" in journey.text()
    journey.bob.close_issue(number)
    journey.settle()
    assert f"- [x] {task.text} (#{number})" in journey.text()
    journey.outcome()

    before = len(journey.stage.front.records)
    for _ in range(3):
        journey.plansync.compare(journey.plansync.repo(repository), journey.path)
        journey.settle()
    assert writes(journey, before) == []
