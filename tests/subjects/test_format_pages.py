"""The examples of docs/formats are run: the plan, what people do, and the difference it makes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.config import FORMATS_BY_LABEL
from bot.plans.addresses import resolve_task
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.gates import check
from bot.plans.model import Plan, PlanTask, Severity
from bot.plans.paths import PATH_PATTERNS
from tests.world import World

PAGES = Path(__file__).parents[2] / "docs" / "formats"
_FENCE = re.compile(r"^````?(?P<kind>markdown|text|diff)\n(?P<text>.*?)^````?$", re.M | re.S)
_PLACE = re.compile(r"^In `(?P<path>[^`]+)`:$", re.M)
_ROW = re.compile(r"^\| `(?P<address>[^|]+)` \| (?P<names>[^|]+) \|$", re.M)


@dataclass(frozen=True)
class Page:
    """One format's page: the path of its example plan, and its three blocks."""

    format: str
    text: str

    @property
    def path(self) -> str:
        found = _PLACE.search(self.text)
        assert found, f"{self.format}: no line “In `path`:”"
        return found["path"]

    def block(self, kind: str) -> str:
        found = [m["text"] for m in _FENCE.finditer(self.text) if m["kind"] == kind]
        assert len(found) == 1, (self.format, kind, len(found))
        return found[0]

    @property
    def plan(self) -> Plan:
        plan = read_plan(self.path, parse_document(self.block("markdown")))
        assert plan is not None
        return plan


def page(plan_format: str) -> Page:
    return Page(plan_format, (PAGES / f"{plan_format}.md").read_text(encoding="utf-8"))


@dataclass
class Play:
    """People who do what a page's lines say; ``pulls`` are those opened so far."""

    world: World
    issue: int
    pulls: list[int]

    def tick(self, who: str, words: str) -> None:
        self.world.person(who).tick(self.issue, words)

    def untick(self, who: str, words: str) -> None:
        self.world.person(who).untick(self.issue, words)

    def say(self, who: str, words: str) -> None:
        self.world.person(who).comment(self.issue, words)

    def pull(self, who: str, branch: str, body: str) -> None:
        person = self.world.person(who)
        person.create_branch(branch)
        person.push_file(f"src/{len(self.pulls)}.py", "x\n", "Work", branch)
        lines = "\n".join([f"Plan: #{self.issue}", *re.findall(r"`([^`]+)`", body)])
        self.pulls.append(person.open_pull(branch, "Some work", lines))

    def merge(self, who: str) -> None:
        self.world.person(who).merge_pull(self.pulls[-1])

    def close(self, who: str) -> None:
        self.world.person(who).close_pull(self.pulls[-1])


STEPS: dict[str, Callable[..., None]] = {
    r"(\w+) ticks “(.+)” in the plan issue": Play.tick,
    r"(\w+) unticks “(.+)” in the plan issue": Play.untick,
    r"(\w+) comments `(/plan .+)`": Play.say,
    r"(\w+) opens a pull request from `(.+?)`, whose body names the plan and has (.+)": Play.pull,
    r"(\w+) merges it": Play.merge,
    r"(\w+) closes it unmerged": Play.close,
}


def act(play: Play, line: str) -> None:
    for pattern, step in STEPS.items():
        match = re.fullmatch(pattern, line.strip())
        if match:
            step(play, *match.groups())
            play.world.settle()
            return
    raise AssertionError(f"no such step: {line}")


@pytest.mark.parametrize("plan_format", PATH_PATTERNS)
def test_the_example_does_what_its_page_says(world: World, plan_format: str) -> None:
    shown = page(plan_format)
    before = shown.block("markdown")
    world.alice.push_file(shown.path, before)
    world.settle()
    play = Play(world, world.plan_issue(shown.path), [])
    for line in shown.block("text").splitlines():
        act(play, line)
    after = world.repo.text(shown.path)
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    changes = [line for line in list(lines)[2:] if not line.startswith("@@")]
    assert "\n".join(changes) + "\n" == shown.block("diff")
    document = parse_document(after)
    plan = read_plan(shown.path, document)
    assert plan is not None
    assert plan.format == plan_format
    assert [p for p in check(plan, document) if p.severity is Severity.ERROR] == []


@pytest.mark.parametrize("plan_format", PATH_PATTERNS)
def test_the_addresses_name_what_the_page_says(plan_format: str) -> None:
    shown = page(plan_format)
    rows = list(_ROW.finditer(shown.text))
    assert len(rows) >= 2
    for row in rows:
        task = resolve_task(shown.plan, row["address"])
        assert isinstance(task, PlanTask), (row["address"], task)
        assert task.text == row["names"], row["address"]


@pytest.mark.parametrize("plan_format", PATH_PATTERNS)
def test_the_page_names_label_and_path(plan_format: str) -> None:
    text = page(plan_format).text
    labels = [label for label, name in FORMATS_BY_LABEL.items() if name == plan_format]
    assert all(f"`{label}`" in text for label in labels)
    assert f"`{PATH_PATTERNS[plan_format]}`" in text
    for heading in ("What plansync does", "What it does not do", "An example", "Addresses"):
        assert f"\n## {heading}\n" in text, heading


def test_there_is_a_page_for_each_format_and_one_about_asking() -> None:
    names = {path.stem for path in PAGES.glob("*.md")}
    assert names == {*PATH_PATTERNS, "asking-for-a-plan"}
