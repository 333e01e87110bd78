"""Plans at hand for the commands: one of each format, filled enough that every command has work."""

from __future__ import annotations

from pathlib import Path

from bot.plans.commands import Command, parse_command
from bot.plans.document import parse_document
from bot.plans.ordered import Around, Done
from bot.plans.orders import obey
from bot.templates import read_template

FILES = Path(__file__).parent.parent / "plans"
PATHS = {
    "feature-plan": "plan_docs/queue-tickets.md",
    "user-story": "docs/user-stories/2025-03-11-return-without-printer.md",
    "task-plan": "tasks/export-audit-log-20250502T081500Z/plan.md",
    "implementation-plan": "plans/core/billing/EPIC-12/features/031-credit-notes/impl-plan.md",
    "track-spec": "draft/tracks/offline-maps/spec.md",
}
LOG = "# Decision Log\n"


def text_of(plan_format: str) -> str:
    """The plan of this format as its file has it, line ends and all."""
    return (FILES / PATHS[plan_format]).read_bytes().decode("utf-8")


def template_of(plan_format: str) -> str:
    return read_template("plans", f"{plan_format}.md")


def around(plan_format: str, login: str = "alice", **more: object) -> Around:
    values = {
        "path": PATHS[plan_format],
        "issue": 12,
        "login": login,
        "date": "2026-03-02",
        "time": "2026-03-02T09:00:00Z",
        "story": read_template("plans", "task-plan.md"),
        "log": LOG,
    }
    return Around(**{**values, **more})  # type: ignore[arg-type]


def command(text: str) -> Command:
    found = parse_command(text)
    assert found is not None
    return found


def order(plan_format: str, said: str, text: str | None = None, **more: object) -> Done:
    """What comes of a command for the plan of this format."""
    plan = text_of(plan_format) if text is None else text
    return obey(plan, command(said), around(plan_format, **more))


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came, in order; nothing else differs."""
    old, new = before.split("\n"), after.split("\n")
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return old[first : len(old) - last], new[first : len(new) - last]


def boxes(text: str) -> dict[int, bool]:
    """Every box of a plan by its place, ticked or not."""
    return {place: task.checked for place, task in enumerate(parse_document(text).tasks)}
