"""Each format from request to Complete, on the emulator: what a reader finds in the end.

The final file, issue and status comment are kept in ``golden/`` for people to judge. After a change
that is meant, ``PLANSYNC_GOLDEN=write`` writes them anew; look at the difference before keeping it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.people import Person
from bot.emulator.stage import Stage
from bot.plans.companions import COMPANIONS, TASKS, parse_feature
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan, PlanTask
from bot.plans.render import issue_plan_text, parse_plan_marker, plan_text
from tests.journeys.stepped import Stepped, be_quiet

GOLDEN = Path(__file__).parent / "golden"
FILLED = Path(__file__).parents[1] / "plans"


@dataclass(slots=True)
class Journey:
    """A plan on its way, and the people who work on it."""

    stage: Stage
    plansync: Stepped
    format: str
    path: str = ""
    issue: int = 0
    pulls: list[int] = field(default_factory=list)

    @property
    def alice(self) -> Person:
        return self.stage.person("alice")

    @property
    def bob(self) -> Person:
        return self.stage.person("bob")

    @property
    def olivia(self) -> Person:
        """The admin."""
        return self.stage.person("olivia")

    def call(self, suffix: str) -> Any:
        return self.alice.api.call("GET", f"/repos/{self.alice.repository}{suffix}")

    def plan(self) -> Plan:
        found = read_plan(self.path, parse_document(self.text()))
        assert found is not None
        return found

    def boxes(self, checklist: str) -> list[PlanTask]:
        """The open boxes of a checklist beside the plan."""
        path = f"{self.path.rpartition('/')[0]}/checklists/{checklist}.md"
        found = read_plan(path, parse_document(self.alice.read_file(path)))
        assert found is not None
        return [task for task in found.tasks if not task.settled]

    def text(self) -> str:
        return self.alice.read_file(self.path)

    def settle(self) -> None:
        self.plansync.settle()
        assert self.plansync.parked == []

    def request(self, title: str, label: str, body: str = "") -> None:
        self.alice.open_issue(title, body, (label,))
        self.settle()
        for issue in self.call("/issues?state=all&per_page=100"):
            marker = parse_plan_marker(issue["body"] or "")
            if marker:
                self.path, self.issue = marker.path, issue["number"]
        assert self.issue

    def heard(self, commit: str) -> None:
        """Wait for the webhook of a push, which may come after that of later doings; settled."""
        self.stage.relay.wait_for(
            lambda one: one.event == "push" and one.payload["after"] == commit
        )
        self.settle()

    def fill(self, filled: str, change: Callable[[str], str] = str) -> None:
        """Bob writes the plan: a filled-in one takes the place of the blank one."""
        text = change((FILLED / filled).read_text("utf-8"))
        self.heard(self.bob.push_file(self.path, text, "Write the plan"))

    def tick(self, *texts: str) -> None:
        """Alice ticks the last box with each text: stories have equal ones."""
        for text in texts:
            self.alice.change_body(self.issue, lambda body, text=text: _ticked(body, text))
        self.settle()

    def work(self, *addresses: str, title: str = "Work", more: str = "") -> int:
        """Bob opens a pull request that names tasks, and Alice merges it."""
        branch = f"work-{len(self.pulls) + 1}"
        self.bob.create_branch(branch)
        self.bob.push_file(f"src/{branch}.py", "pass\n", "Work", branch)
        named = f"Tasks: {', '.join(addresses)}\n" if addresses else ""
        body = f"Plan: #{self.issue}\n{named}{more}"
        number = self.bob.open_pull(branch, title, body)
        self.pulls.append(number)
        self.settle()
        self.alice.merge_pull(number)
        self.settle()
        return number

    def say(self, who: Person, text: str) -> None:
        who.comment(self.issue, text)
        self.settle()

    def comments(self) -> list[str]:
        return [one["body"] for one in self.call(f"/issues/{self.issue}/comments?per_page=100")]

    def outcome(self, beside: Sequence[str] = ()) -> str:
        """What a reader finds: the file, what is beside it, the issue, the status comment."""
        issue = self.call(f"/issues/{self.issue}")
        status = next(text for text in self.comments() if "plansync:status" in text)
        shown = parse_feature(issue_plan_text(issue["body"]))
        assert shown.plan.strip() == plan_text(self.text())
        folder = self.path.rpartition("/")[0]
        for name, said in shown.files.items():
            assert said.strip() == plan_text(self.alice.read_file(f"{folder}/{name}"))
        labels = ", ".join(sorted(label["name"] for label in issue["labels"]))
        people = ", ".join(sorted(person["login"] for person in issue["assignees"]))
        told = (
            f"#{issue['number']} {issue['title']}\n"
            f"{issue['state']} | labels: {labels} | assigned to: {people}\n"
        )
        parts = [f"===== {path}\n{self.alice.read_file(path)}" for path in (self.path, *beside)]
        parts.append(f"===== the plan issue\n{told}")
        parts += [f"===== the status comment\n{status}\n"]
        return _timeless(self._in_order("\n".join(parts)))

    def _in_order(self, text: str) -> str:
        """The text with pull requests numbered as they came: other issues come between them."""
        for place, number in enumerate(self.pulls, 1):
            text = re.sub(rf"#{number}\b|/pull/{number}\b", f"\\g<0>!{place}", text)
            text = re.sub(rf"(?<=[\" ]){number}:(?=[a-z]+:)", f"{place}:", text)
        return re.sub(r"(#|/pull/)\d+!(\d+)", r"\1P\2", text)


def _ticked(body: str, text: str) -> str:
    task = [task for task in parse_document(body).tasks if text in task.text][-1]
    return body[: task.offset] + "x" + body[task.offset + 1 :]


def _timeless(text: str) -> str:
    text = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>", text)
    text = re.sub(r"\b20[2-9][6-9]-\d\d-\d\d\b", "<day>", text)
    text = re.sub(r"\d{8}T\d{6}Z", "<stamp>", text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text)
    text = re.sub(r"version `[0-9a-f]{10}`", "version `<blob>`", text)
    text = re.sub(r"(?<=<commit>)\.[0-9a-f]{8}\b", "", text)
    return re.sub(r"http://(127\.0\.0\.1|localhost):\d+", "<github>", text)


@pytest.fixture
def journey(stage: Stage, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Journey]:
    be_quiet()
    plansync = Stepped(stage, tmp_path)
    yield Journey(stage, plansync, request.node.name)
    plansync.close()


def judge(journey: Journey, name: str, beside: Sequence[str] = ()) -> None:
    """The outcome is the one that was looked at and kept; and another look writes nothing."""
    found, kept = journey.outcome(beside), GOLDEN / f"{name}.txt"
    if os.environ.get("PLANSYNC_GOLDEN") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(found, "utf-8")
    assert found == kept.read_text("utf-8")
    before = len(journey.stage.front.records)
    for _ in range(3):
        journey.plansync.compare(journey.plansync.repo(journey.alice.repository), journey.path)
        journey.settle()
    later = [one.call for one in journey.stage.front.records[before:]]
    assert [c.path for c in later if c.kind == "api" and c.method != "GET"] == []


def test_a_feature_plan(journey: Journey) -> None:
    journey.request("Queue tickets", "plan:feature")
    journey.fill("plan_docs/queue-tickets.md")
    for group in journey.plan().groups:
        open_ = [task for task in group.tasks if not task.settled]
        if open_:
            journey.work(open_[0].address)
            journey.tick(*(task.text for task in open_[1:]))
    judge(journey, "feature-plan")


def test_a_user_story(journey: Journey) -> None:
    journey.request("Return a parcel without a printer", "plan:story")

    def begun(text: str) -> str:
        """As the plan stood before anybody worked on it."""
        text = text.replace("In Progress", "Pending").replace("| Complete |", "| Pending |")
        text = re.sub(r"\| [^|]*\| (\[#\d+\]\S+(, )?)+ \|", "| | |", text)
        return text.replace("**Status**: Pending", "**Status**: Ready").replace("[x]", "[ ]")

    journey.fill("docs/user-stories/2025-03-11-return-without-printer.md", begun)
    journey.work("1", more="Devloop: docs/devloops/codes-table.md\n")
    journey.work("2", "3")
    for number in ("4", "5", "6"):
        journey.work(number)
    judge(journey, "user-story")


def test_a_task_plan(journey: Journey) -> None:
    journey.request("Export the audit log", "plan:tasks")
    folder = "tasks/export-audit-log-20250502T081500Z"
    log = (FILLED / folder / "decision-log.md").read_text("utf-8")
    journey.bob.push_file(f"{journey.path.rpartition('/')[0]}/decision-log.md", log, "Keep the log")
    journey.fill(f"{folder}/plan.md")
    journey.say(journey.bob, "/plan answer 1 Name, time and page; never the text of an entry")
    journey.work("S-2/T-2", "S-2/T-3", title="[S-2/T-2] Name the file, log the export")
    journey.work("S-2/T-4")
    gate = journey.plan().groups[-1].exit_tasks
    journey.tick(*(task.text for task in gate if not task.settled and "Done" not in task.text))
    judge(journey, "task-plan")


def test_an_implementation_plan(journey: Journey) -> None:
    title = "Credit notes"
    journey.request(title, "plan:implementation", "Scope: core\nService: billing\nEpic: EPIC-12")
    own, epic = journey.path.rpartition("/")[0], journey.path.partition("/features/")[0]
    folder = FILLED / "plans/core/billing/EPIC-12/features/031-credit-notes"
    written = {
        file.relative_to(folder).as_posix(): file.read_text("utf-8").replace("[x]", "[ ]")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    log = (FILLED / "plans/core/billing/EPIC-12/exec-plan.md").read_text("utf-8")
    log = re.sub(r"- .* PASSED\n", "[Gates that pass are noted here]\n", log)
    around = {f"{epic}/exec-plan.md": log, f"{epic}/design/index.md": "# Design of EPIC-12\n\n"}
    around |= {"harness/AI-Agent-progress.txt": ""}
    spec = {f"{own}/spec.md": written["spec.md"]}
    journey.heard(journey.bob.push_files(around | spec, "Write what the plan is made from"))
    journey.tick(*(task.text for task in journey.boxes("requirements")))
    research = ("research.md", "data-model.md", "contracts/export.yml")
    more = {f"{own}/{name}": written[name] for name in research}
    more[f"{own}/quickstart.md"] = "# Quickstart\n\nRun the night on the staging ledger.\n"
    journey.heard(journey.bob.push_files(more, "Research and design"))
    journey.fill("plans/core/billing/EPIC-12/features/031-credit-notes/impl-plan.md")
    journey.tick(*(task.text for task in journey.boxes("PlanQualityGate")))
    journey.heard(
        journey.bob.push_file(f"{own}/{TASKS}", written[TASKS], "Cut the plan into tasks")
    )
    journey.work("T001", "T002", title="Migration and fixtures")
    journey.work("T003", title="Entity and rules")
    journey.tick("Numbering of counter entries")
    journey.work(title="[T005] Contract test of the nightly export")
    journey.say(journey.bob, "/plan done T006")
    journey.work("T007")
    judge(journey, "implementation-plan", [f"{own}/{name}" for name in COMPANIONS] + [*around])


def test_a_track_specification(journey: Journey) -> None:
    journey.request("Offline maps", "plan:spec")
    for name in ("product.md", ".ai-context.md"):
        journey.bob.push_file(f"draft/{name}", (FILLED / f"draft/{name}").read_text(), "Context")
    journey.fill("draft/tracks/offline-maps/spec.md")
    journey.tick("The map works in flight mode", "After thirty days the user is asked")
    journey.say(journey.olivia, "/plan approve Tech Lead")
    journey.say(journey.olivia, "/plan approve QA")
    judge(journey, "track-spec")
