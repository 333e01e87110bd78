"""User stories: requirements, a validation gate, an implementation table, coverage, tracking."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.plans.cellwords import (
    is_nothing,
    leading_word,
    split_numbers,
    split_people,
    state_of,
)
from bot.plans.document import Document, Section, Table, fold
from bot.plans.formats.parts import (
    Record,
    box,
    confidence,
    field_value,
    fields_in,
    find_field,
    find_section,
    find_table,
    main_title,
    matching_headings,
    other_boxes,
    read_header,
    records,
    section_part,
    sections_below,
    tasks_in,
    title_part,
)
from bot.plans.model import (
    Assumption,
    Coverage,
    Gate,
    Group,
    Part,
    Plan,
    PlanTask,
    Question,
    Requirement,
    Revision,
    Scenario,
    TaskState,
    TrackingRow,
)
from bot.plans.placeholders import is_undecided, placeholder_spans
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.prose import body_text, example_rows

NAME = "user-story"
STATUSES = ("Draft", "Planning", "Ready", "In Progress", "Complete")
RESULTS = ("PASS", "FAIL")
QUESTION_STATUSES = ("Pending", "Answered")
ASPECTS = ("Code", "Database", "Tests", "Observability", "Deployment", "Operations")
CROSS_CUTTING = ("Security", "Observability", "Test", "Deployment", "Operations")
TRACKING_COLUMNS = ("#", "Task", "Devloop Output", "PR", "Status")
TRACKING_MINIMUM = ("#", "PR", "Status")
IMPLEMENTATION_COLUMNS = ("#", "Task", "Status")

_HEADINGS = (
    "Story",
    "Architecture Validation",
    "Requirements Coverage",
    "Aspect Coverage",
    "Devloop Tracking",
    "Cross-Cutting Requirements",
    "Implementation Plan",
    "Assumptions",
    "Clarification Questions",
)
_TITLE = "User Story:"
_REQUIREMENT = re.compile(r"[\[({*_`]*(R-\d{1,4})\b[\])}*_`]*\s*[:.\-]?\s*", re.IGNORECASE)
_NAMED = re.compile(r"\bR-\d{1,4}\b", re.IGNORECASE)
_PULL = re.compile(r"#(\d{1,9})\b")
_REVISION = re.compile(r"revision\s+(\d{1,4})\s*(?:-\s*)?(.*)", re.IGNORECASE)
_QUESTION_DONE = ("Answered", "Resolved")


def recognise(path: str, document: Document) -> float:
    """How sure this is a user story, 0 to 1."""
    title = fold(main_title(document)).startswith(fold(_TITLE))
    return confidence(title, "user-stor" in path, matching_headings(document, _HEADINGS))


def read(
    path: str, document: Document, files: Mapping[str, str] | None, statuses: Mapping[str, str]
) -> Plan:
    """The plan of a user story document."""
    requirements = tuple(requirements_in(document))
    groups = tuple(_groups(document, statuses))
    examples = example_rows(document)
    status = field_value(document, "Status")
    by_offset = {task.offset: task for task in document.tasks}
    boxed = tuple(
        replace(box(by_offset[r.offset], r.id), text=r.text, own_id=r.id)
        for r in requirements
        if r.offset is not None
    )
    design = find_section(document, "Design")
    return Plan(
        format=NAME,
        path=path,
        title=title_part(document, _TITLE),
        status=leading_word(status, STATUSES) or ("" if is_undecided(status, STATUSES) else status),
        header=read_header(document),
        groups=groups,
        requirements=requirements,
        questions=tuple(_questions(document)),
        assumptions=tuple(_assumptions(document)),
        gates=tuple(_validation(document)),
        tracking=tuple(_tracking(document)),
        participants=split_people(field_value(document, "Participants")),
        example_rows=len(examples),
        example_lines=examples,
        extra={"date": field_value(document, "Date")},
        others=(*boxed, *other_boxes(document, boxed)),
        coverage=(*_coverage(document), *_aspects(document)),
        scenarios=tuple(_scenarios(document)),
        parts=tuple(_parts(document)),
        revisions=tuple(_revisions(document)),
        begun=design is not None and any(part.text for part in _design(document, design)),
    )


def implementation_table(document: Document) -> Table | None:
    """The table of the Implementation Plan."""
    section = find_section(document, "Implementation Plan")
    return find_table(document, section, IMPLEMENTATION_COLUMNS)


def tracking_table(document: Document) -> Table | None:
    """The Devloop Tracking table, whatever its heading's level."""
    section = find_section(document, "Devloop Tracking")
    return find_table(document, section, TRACKING_MINIMUM)


def requirements_in(document: Document) -> Iterator[Requirement]:
    """The requirements: by their leading id, else by their place among the boxes."""
    section = find_section(document, "Requirements")
    if section is None:
        return
    coverage = {entry.name: entry.tasks for entry in _coverage(document)}
    tasks = tasks_in(document, section.whole)
    named = [_REQUIREMENT.match(normalise_dashes(task.raw)) for task in tasks]
    taken = {match[1].upper() for match in named if match}
    for place, (task, match) in enumerate(zip(tasks, named, strict=True), 1):
        number = match[1].upper() if match else f"R-{place}"
        while match is None and number in taken:
            place += 1
            number = f"R-{place}"
        taken.add(number)
        text = plain_text(task.raw[match.end() :]) if match else task.text
        yield Requirement(
            id=number,
            text=text or task.text,
            line=task.line,
            checked=task.checked,
            covered_by=coverage.get(number, ()),
            offset=task.offset,
        )


def _validation(document: Document) -> Iterator[Gate]:
    section = find_section(document, "Architecture Validation")
    if section is None:
        return
    result = find_field(document, "Result", section.whole)
    word = leading_word(result.value, RESULTS) if result else None
    verdict = {"PASS": True, "FAIL": False, None: None}[word]
    lines = body_text(document, section.body).split("\n")
    detail = [line for line in lines if not re.match(r"[*\s]*Result\b", line)]
    detail = [line for line in detail if line and not placeholder_spans(line)]
    line = result.line if result else section.line
    yield Gate("Architecture Validation", line, verdict, "\n".join(detail))


def _groups(document: Document, statuses: Mapping[str, str]) -> Iterator[Group]:
    section = find_section(document, "Implementation Plan")
    if section is not None and implementation_table(document) is not None:
        rows = records(document, section, IMPLEMENTATION_COLUMNS)
        tasks = tuple(_task(row, statuses) for row in rows)
        yield Group("plan", section.title, section.line, "rows", tasks)


def _task(row: Record, statuses: Mapping[str, str]) -> PlanTask:
    word = row.value("Status")
    state = state_of(word, statuses)
    return PlanTask(
        address=row.number,
        text=row.text("Task"),
        line=row.line,
        state=state,
        group="plan",
        settled=state is TaskState.COMPLETE,
        owner=row.value("Specialist", "Owner"),
        depends_on=split_numbers(row.value("Dependencies", "Depends On")),
        covers=row.value("Covers"),
        status_word=word,
    )


def _tracking(document: Document) -> Iterator[TrackingRow]:
    section = find_section(document, "Devloop Tracking")
    for row in records(document, section, TRACKING_MINIMUM):
        yield TrackingRow(
            number=row.number,
            text=row.text("Task"),
            line=row.line,
            output=row.value("Devloop Output"),
            pulls=pulls_in(row.raw("PR")),
            status_word=row.value("Status"),
        )


def pulls_in(raw: str) -> tuple[int, ...]:
    """The pull request numbers that a PR cell names."""
    return tuple(dict.fromkeys(int(match[1]) for match in _PULL.finditer(plain_text(raw))))


def _coverage(document: Document) -> Iterator[Coverage]:
    section = find_section(document, "Requirements Coverage")
    for row in records(document, section, ("Req", "Covered By Tasks")):
        name = normalise_dashes(row.text("Req")).strip().upper()
        numbers = split_numbers(row.value("Covered By Tasks"))
        yield Coverage("requirement", name, row.line, numbers)


def _aspects(document: Document) -> Iterator[Coverage]:
    section = find_section(document, "Aspect Coverage")
    for row in records(document, section, ("Aspect", "Covered By Tasks")):
        waived = row.value("N/A?", "N/A").strip()
        by = row.value("Covered By Tasks")
        marked = bool(waived) and fold(waived) not in ("no", "-", "false", "n")
        yield Coverage(
            kind="aspect",
            name=row.text("Aspect"),
            line=row.line,
            tasks=() if is_nothing(by) else split_numbers(by),
            not_applicable=marked or fold(by).startswith("n/a"),
        )


def _questions(document: Document) -> Iterator[Question]:
    section = find_section(document, "Clarification Questions")
    for place, row in enumerate(records(document, section, ("Question", "Status")), 1):
        number = row.number
        word = row.text("Status")
        undecided = is_undecided(word, QUESTION_STATUSES)
        yield Question(
            number=int(number) if number.isdecimal() else place,
            text=row.text("Question"),
            line=row.line,
            resolved=not undecided and leading_word(word, _QUESTION_DONE) is not None,
            asked_by=row.value("Asked By"),
            answer=_said(row.value("Answer")),
            status="" if undecided else word,
        )


def _assumptions(document: Document) -> Iterator[Assumption]:
    section = find_section(document, "Assumptions")
    for row in records(document, section, ("Assumption",)):
        yield Assumption(
            number=row.number,
            text=row.text("Assumption"),
            line=row.line,
            made_by=row.value("Made By"),
            reason=_said(row.value("Reason Not Blocked")),
        )


def _said(text: str) -> str:
    return "" if is_nothing(text) else text


def _cross_cutting(document: Document) -> Iterator[tuple[str, Section]]:
    whole = find_section(document, "Cross-Cutting Requirements")
    for name in CROSS_CUTTING:
        section = find_section(document, name, whole) if whole else None
        if section is not None:
            yield name, section


def _design(document: Document, design: Section) -> Iterator[Part]:
    below = sections_below(document, design)
    yield from (section_part(document, section) for section in below)
    text = section_part(document, design).text
    if text and not below:
        yield Part(design.title, design.line, text)


def _parts(document: Document) -> Iterator[Part]:
    """The parts that are to be filled in: design sections, cross-cutting ones and their fields."""
    design = find_section(document, "Design")
    if design is not None:
        yield from _design(document, design)
    for name, section in _cross_cutting(document):
        fields = [field for field in fields_in(document, section.whole) if field.shape != "plain"]
        if not fields:
            yield section_part(document, section, name)
        for field in fields:
            source = field.value
            if not source and field.bulleted:
                source = _nested(document, field.line, section)
            unfilled = bool(placeholder_spans(source))
            text = plain_text(source)
            yield Part(f"{name}: {field.key}", field.line, "" if unfilled else text, unfilled)


def _nested(document: Document, line: int, section: Section) -> str:
    """The list below a field that ends its line (``- **E2E Scenarios**:``)."""
    indent = len(document.line_text(line)) - len(document.line_text(line).lstrip())
    found: list[str] = []
    for below in range(line + 1, document.line_of(max(section.whole.end - 1, 0)) + 1):
        text = document.line_text(below)
        if text.strip() and len(text) - len(text.lstrip()) <= indent:
            break
        found.append(text.strip())
    return "\n".join(part for part in found if part)


def _scenarios(document: Document) -> Iterator[Scenario]:
    for name, section in _cross_cutting(document):
        if name != "Test":
            continue
        field = find_field(document, "E2E Scenarios", section.whole)
        if field is None:
            continue
        text = field.value or _nested(document, field.line, section)
        at = field.line + (0 if field.value else 1)
        for offset, line in enumerate(text.split("\n")):
            if re.match(r"[-*+]\s", line) or field.value:
                wording = plain_text(re.sub(r"^[-*+]\s+", "", line))
                if placeholder_spans(line) or is_nothing(wording):
                    continue
                named = _NAMED.findall(normalise_dashes(wording))
                found = tuple(dict.fromkeys(requirement.upper() for requirement in named))
                yield Scenario(wording, at + offset, found)


def _revisions(document: Document) -> Iterator[Revision]:
    whole = find_section(document, "Revisions")
    if whole is None:
        return
    for section in sections_below(document, whole):
        match = _REVISION.fullmatch(normalise_dashes(section.title).strip())
        if match:
            feedback = field_value(document, "Feedback", section.whole).strip('"“” ')
            yield Revision(int(match[1]), section.line, match[2].strip(), feedback)
