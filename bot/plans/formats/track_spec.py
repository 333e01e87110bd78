"""Track specifications: front matter, sign-offs in a table, risk scores, open questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.plans.cellwords import is_bare_na, is_nothing
from bot.plans.document import Document, Task, fold
from bot.plans.formats.parts import (
    Record,
    boxes,
    confidence,
    field_value,
    fields_in,
    find_field,
    find_section,
    main_title,
    matching_headings,
    other_boxes,
    read_header,
    records,
    tasks_in,
    title_part,
)
from bot.plans.formats.questions import bullet_questions
from bot.plans.model import Approval, Artifact, Gate, Group, Plan, Risk
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.prose import example_rows

NAME = "track-spec"
FRONT_MATTER_KEYS = (
    "project",
    "module",
    "track_id",
    "generated_by",
    "generated_at",
    "git.branch",
    "git.remote",
    "git.commit",
    "git.commit_short",
    "git.commit_date",
    "git.commit_message",
    "git.dirty",
    "synced_to_commit",
)
APPROVALS = "Stakeholders & Approvals"

_TITLE = "Specification:"
_HEADINGS = (
    "Context References",
    "Background & Why Now",
    "Stakeholders & Approvals",
    "Approval Gates",
    "Risk Assessment",
    "Deployment Strategy",
    "Conversation Log",
    "Open Questions",
    "Non-Goals",
    "Problem Statement",
)
_STATUS = re.compile(r"\[(?P<mark>[ xX])\]\s*(?P<word>.*)")
_PATH = re.compile(r"`([^`]+)`")
_WAIVED = re.compile(r"(?:\[[ xX]?\]\s*)?n/?a\b\s*[-:,(]*\s*(?P<reason>.*?)\)?\s*", re.IGNORECASE)
_OPTIONAL = re.compile(r"\(\s*if\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_LONGEST_ROLE = 8
_WHOLE_NUMBER = re.compile(r"\d{1,9}")


def recognise(path: str, document: Document) -> float:
    """How sure this is a track specification, 0 to 1."""
    data = document.front_matter.data if document.front_matter else {}
    hits = matching_headings(document, _HEADINGS) + 2 * ("track_id" in data)
    title = fold(main_title(document)).startswith(fold(_TITLE))
    return confidence(title, re.search(r"(?:^|/)tracks/[^/]+/spec\.md$", path) is not None, hits)


def read(
    path: str, document: Document, files: Mapping[str, str] | None, statuses: Mapping[str, str]
) -> Plan:
    """The plan of a track specification."""
    approvals = tuple(_approvals(document))
    groups = tuple(_groups(document))
    examples = example_rows(document)
    status = find_field(document, "Status")
    written = _STATUS.fullmatch(status.value.strip()) if status else None
    questions = find_section(document, "Open Questions")
    known = [task for group in groups for task in group.tasks]
    extra = {"track_id": field_value(document, "Track ID")}
    extra["created"] = field_value(document, "Created")
    extra |= front_matter_values(document)
    if written is not None:
        extra["status_checked"] = "yes" if written["mark"] in "xX" else "no"
    return Plan(
        format=NAME,
        path=path,
        title=title_part(document, _TITLE),
        status=written["word"].strip() if written else field_value(document, "Status"),
        header=read_header(document),
        groups=groups,
        questions=tuple(bullet_questions(document, questions)),
        approvals=approvals,
        risks=tuple(_risks(document)),
        gates=tuple(
            Gate(f"Approval: {approval.role}", approval.line, _verdict(approval))
            for approval in approvals
        ),
        example_rows=len(examples),
        example_lines=examples,
        extra=extra,
        others=other_boxes(document, known),
        artifacts=tuple(_artifacts(document)),
    )


def front_matter_values(document: Document) -> dict[str, str]:
    """The front matter's values by dotted key (``fm.git.branch``), placeholders left out."""
    data = document.front_matter.data if document.front_matter else {}
    found = {}
    for key in FRONT_MATTER_KEYS:
        value: object = data
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None or (isinstance(value, str) and placeholder_spans(value)):
            continue
        found[f"fm.{key}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _verdict(approval: Approval) -> bool | None:
    return True if approval.approved or approval.waived else None


def _groups(document: Document) -> Iterator[Group]:
    for title, kind in (("Acceptance Criteria", "checklist"), ("Approval Gates", "approvals")):
        section = find_section(document, title)
        if section is None or not tasks_in(document, section.whole):
            continue
        key = title.casefold().replace(" ", "-")
        tasks = boxes(document, section.whole, f"{key}.", key)
        yield Group(key, section.title, section.line, kind, tasks)


def _approvals(document: Document) -> Iterator[Approval]:
    section = find_section(document, APPROVALS)
    rows = list(records(document, section, ("Role", "Status")))
    gates_section = find_section(document, "Approval Gates")
    gates = tasks_in(document, gates_section.whole) if gates_section else ()
    found = [_approval(row) for row in rows]
    owned: dict[str, Task] = {}
    for gate, role in zip(gates, _owners(gates, found), strict=True):
        owned.setdefault(role, gate)
    for approval in found:
        own = owned.get(fold(approval.role))
        if own is None:
            yield approval
            continue
        optional = approval.optional or _OPTIONAL.search(own.raw) is not None
        yield replace(
            approval,
            optional=optional,
            gate_line=own.line,
            gate_checked=own.checked,
            gate_offset=own.offset,
        )


def _approval(row: Record) -> Approval:
    raw = normalise_dashes(row.raw("Status")).strip()
    waived = _WAIVED.fullmatch(plain_text(raw).strip())
    reason = waived["reason"].strip() if waived else ""
    required = row.value("Approval Required")
    return Approval(
        role=row.text("Role"),
        name=row.value("Name"),
        line=row.line,
        required=required,
        approved=raw[:3].lower() == "[x]" and waived is None,
        waived=waived is not None,
        waiver=reason,
        optional=_OPTIONAL.search(required) is not None,
    )


def _owners(gates: tuple[Task, ...], approvals: list[Approval]) -> list[str]:
    """The role that each gate's text names, ``""`` for none; the longest where it names several."""
    named = [fold(approval.role) for approval in approvals]
    roles = {tuple(_WORD.findall(role)): role for role in named}
    roles.pop((), None)
    longest = min(max((len(role) for role in roles), default=0), _LONGEST_ROLE)
    return [_named_role(gate, roles, longest) for gate in gates]


def _named_role(gate: Task, roles: Mapping[tuple[str, ...], str], longest: int) -> str:
    words = _WORD.findall(fold(gate.text))
    for length in range(longest, 0, -1):
        for start in range(len(words) - length + 1):
            role = tuple(words[start : start + length])
            if role in roles:
                return roles[role]
    return ""


def _risks(document: Document) -> Iterator[Risk]:
    section = find_section(document, "Risk Assessment")
    for row in records(document, section, ("Risk", "Probability", "Impact")):
        mitigation = row.value("Mitigation")
        empty = is_nothing(mitigation) or is_bare_na(mitigation)
        yield Risk(
            text=row.text("Risk"),
            line=row.line,
            probability=_grade(row.value("Probability")),
            impact=_grade(row.value("Impact")),
            score=_number(row.value("Score")),
            likelihood_word=row.value("Probability"),
            impact_word=row.value("Impact"),
            mitigation="" if empty else mitigation,
            owner=row.value("Owner"),
            score_word=row.value("Score"),
        )


def _number(text: str) -> int | None:
    found = text.strip()
    return int(found) if _WHOLE_NUMBER.fullmatch(found) and found.isascii() else None


def _grade(text: str) -> int | None:
    number = _number(text)
    return number if number is not None and 1 <= number <= 5 else None


def _artifacts(document: Document) -> Iterator[Artifact]:
    section = find_section(document, "Context References")
    if section is None:
        return
    for field in fields_in(document, section.whole):
        named = _PATH.search(field.value)
        if named is None or is_placeholder(named[1]):
            continue
        pending = "[pending]" in field.value.casefold()
        yield Artifact(named[1].removeprefix("./"), field.line, field.key, pending)
