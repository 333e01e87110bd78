"""What changed between two versions of a plan, in a few lines that a reader understands."""

from __future__ import annotations

from collections.abc import Iterator

from bot.plans.document import Document, Section, parse_document
from bot.plans.formats import read_plan
from bot.plans.harmless import harmless, harmless_lead
from bot.plans.model import Plan

_MOST = 12
_LONGEST = 120
# What the bot itself keeps current is no revision of the plan.
_KEPT = ("devloop tracking", "revisions")


def changes_between(before: str, after: str, path: str) -> tuple[str, ...]:
    """One line a change: tasks and requirements that came or went, sections that read otherwise."""
    old, new = parse_document(before), parse_document(after)
    found = [*_tasks(read_plan(path, old), read_plan(path, new)), *_sections(old, new)]
    left = len(found) - _MOST
    return tuple(found[:_MOST]) + ((f"and {left} more",) if left > 0 else ())


def _tasks(old: Plan | None, new: Plan | None) -> Iterator[str]:
    if old is None or new is None:
        return
    for kind, was, now in (
        ("Task", _named(old), _named(new)),
        (
            "Requirement",
            {r.id: r.text for r in old.requirements},
            {r.id: r.text for r in new.requirements},
        ),
    ):
        for name in now:
            if name not in was:
                yield f"{kind} {name} added — {_short(now[name])}"
            elif now[name] != was[name]:
                yield f"{kind} {name} reworded — {_short(now[name])}"
        yield from (f"{kind} {name} taken out — {_short(was[name])}" for name in was.keys() - now)


def _named(plan: Plan) -> dict[str, str]:
    return {task.address: task.text for task in plan.tasks}


def _sections(old: Document, new: Document) -> Iterator[str]:
    was = {section.path: _text(old, section) for section in old.sections}
    for section in new.sections:
        if any(name in part.casefold() for part in section.path for name in _KEPT):
            continue
        if _is_table_of_tasks(section):
            continue
        text = _text(new, section)
        if section.path not in was:
            yield f"Section {_short(section.title)} added"
        elif was[section.path] != text:
            yield f"{_short(section.title)} changed"


def _is_table_of_tasks(section: Section) -> bool:
    return section.title.casefold() in ("implementation plan", "requirements")


def _text(document: Document, section: Section) -> str:
    return " ".join(section.body.of(document.text).split())


def _short(text: str) -> str:
    line = harmless(text)
    return harmless_lead(line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}…")
