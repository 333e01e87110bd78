"""Feature plans: phases of boxes, an acceptance checklist as the last gate, risks and branches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.plans.cellwords import is_nothing
from bot.plans.document import Document, Section
from bot.plans.formats.parts import (
    boxes,
    confidence,
    fields_in,
    find_section,
    main_title,
    matching_headings,
    other_boxes,
    phase_of,
    read_header,
    records,
)
from bot.plans.model import (
    Artifact,
    Component,
    Gate,
    Group,
    Plan,
    PlanTask,
    Regression,
    Risk,
)
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.prose import example_rows, prose_in

NAME = "feature-plan"

_TITLE = re.compile(r"feature plan\s*$", re.IGNORECASE)
_HEADINGS = (
    "Feature Goals & Objectives",
    "Architecture & Design Deltas",
    "Component & Service Impact",
    "Project Structure Impact (Planned)",
    "Regression Impact Log",
    "Repository Branch & Milestones",
    "Acceptance Checklist",
    "Supporting Artifacts",
    "Operational Readiness",
    "Scope Definition",
)
_ITEM = re.compile(r"\s*[-*+]\s+(?P<text>.+)")
_PATH = re.compile(r"`([^`\s]+\.[A-Za-z0-9]{1,8})`|\]\(([^()\s#]+\.[A-Za-z0-9]{1,8})[^()\s]*\)")
_LEVELS = ("High", "Med", "Medium", "Low")


def recognise(path: str, document: Document) -> float:
    """How sure this is a feature plan, 0 to 1."""
    hits = matching_headings(document, _HEADINGS)
    plan = find_section(document, "Implementation Plan")
    hits += plan is not None and any(True for _ in _phases(document, plan))
    title = _TITLE.search(main_title(document)) is not None
    return confidence(title, path.startswith("plan_docs/"), hits)


def read(
    path: str, document: Document, files: Mapping[str, str] | None, statuses: Mapping[str, str]
) -> Plan:
    """The plan of a feature plan document."""
    groups = (*_phase_groups(document), *_acceptance(document))
    examples = example_rows(document)
    branches = find_section(document, "Repository Branch & Milestones")
    projects = _named(document, branches, "Linked GitHub Project")
    return Plan(
        format=NAME,
        path=path,
        title=main_title(document),
        header=read_header(document),
        groups=groups,
        risks=tuple(_risks(document)),
        gates=tuple(
            Gate("Acceptance Checklist", group.line, group.complete or None)
            for group in groups
            if group.kind == "acceptance"
        ),
        example_rows=len(examples),
        example_lines=examples,
        target_branch=next(iter(_named(document, branches, "Target implementation branch")), None),
        milestones=_named(document, branches, "Milestone"),
        extra={"projects": ", ".join(projects)} if projects else {},
        others=other_boxes(document, (task for group in groups for task in group.tasks)),
        components=tuple(_components(document)),
        regressions=tuple(_regressions(document)),
        artifacts=tuple(_artifacts(document)),
    )


def _phases(document: Document, plan: Section | None) -> Iterator[tuple[Section, str, str]]:
    for section in document.sections:
        named = phase_of(section.title)
        if named and (plan is None or section.heading.start in plan.whole):
            yield section, *named


def _phase_groups(document: Document) -> Iterator[Group]:
    plan = find_section(document, "Implementation Plan")
    found: dict[str, Group] = {}
    inside = 0
    for section, key, name in _phases(document, plan):
        if section.heading.start < inside:
            continue
        inside = section.whole.end
        title = f"Phase {key}: {name}".rstrip(": ")
        group = found.get(key, Group(key, title, section.line, "phase"))
        start = len(group.tasks) + 1
        tasks = boxes(document, section.whole, f"{key}.", key, start=start)
        found[key] = replace(group, tasks=(*group.tasks, *tasks))
    yield from found.values()


def _acceptance(document: Document) -> tuple[Group, ...]:
    section = find_section(document, "Acceptance Checklist")
    if section is None:
        return ()
    tasks: tuple[PlanTask, ...] = boxes(document, section.whole, "A.", "A")
    return (Group("A", section.title, section.line, "acceptance", tasks),)


def _risks(document: Document) -> Iterator[Risk]:
    section = find_section(document, "Risk Management")
    for row in records(document, section, ("Risk", "Impact", "Likelihood")):
        yield Risk(
            text=row.text("Risk"),
            line=row.line,
            likelihood_word=row.value("Likelihood"),
            impact_word=row.value("Impact"),
            mitigation=row.value("Mitigation"),
            owner=row.value("Owner"),
        )


def _components(document: Document) -> Iterator[Component]:
    section = find_section(document, "Component & Service Impact")
    for row in records(document, section, ("Component",)):
        yield Component(
            name=row.text("Component"),
            line=row.line,
            responsibility=row.value("Current Responsibility"),
            change=row.value("Planned Change"),
            notes=row.value("Notes"),
        )


def _items(document: Document, section: Section | None) -> Iterator[tuple[int, str]]:
    """The list items of a section with their lines, continuation lines joined."""
    if section is None:
        return
    held: tuple[int, str] | None = None
    for line, _, text in prose_in(document, section.body):
        item = _ITEM.fullmatch(text)
        if item is not None or not text.strip():
            if held is not None:
                yield held
            held = (line, item["text"].strip()) if item else None
        elif held is not None:
            held = (held[0], f"{held[1]} {text.strip()}")
    if held is not None:
        yield held


def _regressions(document: Document) -> Iterator[Regression]:
    section = find_section(document, "Regression Impact Log")
    for line, text in _items(document, section):
        if is_placeholder(text) or is_nothing(text):
            continue
        parts = re.split(r"\s+-{1,2}\s+", normalise_dashes(text), maxsplit=2)
        filled = ["" if placeholder_spans(part) else plain_text(part).strip() for part in parts]
        filled += [""] * (3 - len(filled))
        yield Regression(line, *filled)


def _artifacts(document: Document) -> Iterator[Artifact]:
    section = find_section(document, "Supporting Artifacts")
    for line, text in _items(document, section):
        for match in _PATH.finditer(text):
            name = match[1] or match[2]
            if "://" not in name and not placeholder_spans(name):
                yield Artifact(name.removeprefix("./"), line, plain_text(text))


def _named(document: Document, section: Section | None, key: str) -> tuple[str, ...]:
    """The values of ``Key: a, b`` in a section, placeholders left out."""
    if section is None:
        return ()
    for field in fields_in(document, section.whole):
        if not normalise_dashes(field.key).casefold().startswith(key.casefold()):
            continue
        spans = placeholder_spans(field.value)
        if is_placeholder(field.value) or is_nothing(plain_text(field.value)):
            return ()
        values, at, value = [], 0, field.value
        for span in spans:
            values.append(value[at : span.start])
            at = span.end
        text = "".join((*values, value[at:]))
        parts = (plain_text(part).strip(" .;") for part in text.split(","))
        return tuple(dict.fromkeys(part for part in parts if part))
    return ()


def level_of(word: str) -> str | None:
    """``High``, ``Med`` or ``Low``; None for any other word."""
    for level in _LEVELS:
        if word.strip().casefold() == level.casefold():
            return "Med" if level == "Medium" else level
    return None
