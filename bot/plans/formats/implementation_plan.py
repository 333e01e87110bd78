"""Implementation plans: constitution gates, complexity, and the boxes of the files beside them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from bot.plans.cellwords import leading_word
from bot.plans.companions import PLAN_GATE, REQUIREMENTS, TASKS
from bot.plans.document import Document, Section, fold, parse_document
from bot.plans.formats import speckit_tasks
from bot.plans.formats.parts import (
    boxes,
    confidence,
    field_value,
    fields_in,
    find_field,
    find_section,
    main_title,
    matching_headings,
    other_boxes,
    phase_of,
    read_header,
    records,
    section_part,
    sections_below,
    title_part,
)
from bot.plans.model import (
    Artifact,
    Complexity,
    Gate,
    Group,
    Part,
    Plan,
    PlanTask,
    TaskState,
)
from bot.plans.placeholders import placeholder_spans
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.prose import example_rows
from bot.plans.stop_tokens import find_stop_tokens

NAME = "implementation-plan"
GATE_WORDS = ("OK", "NEEDS REVIEW")
OUTPUTS = (
    ("Phase 0 – Research", ("research.md",)),
    ("Phase 1 – Design & Contracts", ("data-model.md", "quickstart.md", "contracts/")),
)
PHASE_ONE = ("data-model.md", "quickstart.md", "contracts/")

_TITLE = "Implementation Plan:"
_HEADINGS = (
    "Technical Context",
    "Constitution Check",
    "Complexity Tracking",
    "Plan of Work",
    "Concrete Steps",
    "Validation / Acceptance",
    "Idempotence / Recovery",
    "Checklist & Gate Integration",
    "Project Structure",
)
_CODE = re.compile(r"`([^`]+)`")
_EDGE = re.compile(r"^[\s\-:(,;]+|[\s)]+$")
_FEATURE = re.compile(r"(?P<epic>(?:.*/)?[^/]+)/features/[^/]+/[^/]+")
_UNGIVEN = ("reason", "why")


def recognise(path: str, document: Document) -> float:
    """How sure this is an implementation plan, one of its checklists or a Spec Kit task list."""
    if is_checklist(path):
        return 0.6 if document.tasks else 0.0
    title = fold(main_title(document)).startswith(fold(_TITLE))
    in_place = posixpath.basename(path) == "impl-plan.md"
    sure = confidence(title, in_place, matching_headings(document, _HEADINGS))
    return max(sure, speckit_tasks.recognise(path, document))


def is_checklist(path: str) -> bool:
    """Whether this is the path of one of the two checklists."""
    return re.search(r"(?:^|/)checklists/(?:requirements|PlanQualityGate)\.md$", path) is not None


def feature_dir(path: str) -> str:
    """The folder of a feature, with a final slash unless it is the top."""
    folder = posixpath.dirname(path)
    return f"{folder}/" if folder else ""


def epic_dir(path: str) -> str | None:
    """The folder of the epic that a feature belongs to, with a final slash; None for none."""
    match = _FEATURE.fullmatch(path)
    return f"{match['epic']}/" if match else None


def has_output(path: str, name: str, files: Mapping[str, str]) -> bool:
    """Whether a file or folder (``contracts/``) beside the plan is there."""
    there = feature_dir(path) + name
    if there in files:
        return True
    return name.endswith("/") and any(file.startswith(there) for file in files)


def read(
    path: str, document: Document, files: Mapping[str, str] | None, statuses: Mapping[str, str]
) -> Plan:
    """The plan of an implementation plan with the boxes of the files that stand beside it."""
    if is_checklist(path):
        return _read_checklist(path, document)
    if speckit_tasks.recognise(path, document) >= confidence(True, False, 1):
        return speckit_tasks.read(path, document)
    groups = (*_outputs(path, files), *_neighbours(path, files))
    examples = example_rows(document)
    parts = tuple(_parts(document))
    asked = ("Summary", "Technical Context", "Structure Decision")
    return Plan(
        format=NAME,
        path=path,
        title=title_part(document, _TITLE),
        header=read_header(document),
        groups=groups,
        gates=(*constitution(document), *_file_gates(groups)),
        stop_tokens=find_stop_tokens(document),
        example_rows=len(examples),
        example_lines=examples,
        target_branch=plain_text(field_value(document, "Branch")) or None,
        extra=_head(document),
        others=other_boxes(document, ()),
        parts=parts,
        artifacts=tuple(_artifacts(document)),
        complexity=tuple(_complexity(document)),
        phases=phase_list(document),
        begun=any(part.text for part in parts if part.name.split(":")[0] in asked),
    )


def _read_checklist(path: str, document: Document) -> Plan:
    name = posixpath.basename(path).removesuffix(".md")
    group = _checklist(document, name, "")
    return Plan(
        format=NAME,
        path=path,
        title=main_title(document) or name,
        header=read_header(document),
        groups=(group,),
        gates=_file_gates((group,)),
        extra={"kind": "checklist"},
    )


def _checklist(document: Document, name: str, path: str) -> Group:
    from_top = document.lines.whole(1, len(document.lines) + 1)
    tasks = boxes(document, from_top, f"{name}.", name, path)
    line = document.sections[0].line if document.sections else 1
    return Group(name, main_title(document) or name, line, "checklist", tasks)


def _neighbours(path: str, files: Mapping[str, str] | None) -> Iterator[Group]:
    if files is None:
        return
    tasks = feature_dir(path) + TASKS
    if tasks in files:
        yield from speckit_tasks.groups(parse_document(files[tasks]), tasks)
    for name in (REQUIREMENTS, PLAN_GATE):
        there = feature_dir(path) + name
        if there in files:
            stem = posixpath.basename(name).removesuffix(".md")
            yield _checklist(parse_document(files[there]), stem, there)


def _outputs(path: str, files: Mapping[str, str] | None) -> Iterator[Group]:
    if files is None:
        return
    for title, names in OUTPUTS:
        key = "outputs-" + title[6]
        tasks = []
        for name in names:
            done = has_output(path, name, files)
            state = TaskState.COMPLETE if done else TaskState.PENDING
            where = feature_dir(path) + name
            tasks.append(PlanTask(name, name, 1, state, key, settled=done, path=where))
        yield Group(key, title, 1, "outputs", tuple(tasks))


def _file_gates(groups: tuple[Group, ...]) -> tuple[Gate, ...]:
    return tuple(
        Gate(f"{group.key}.md", group.line, group.complete or None)
        for group in groups
        if group.kind == "checklist"
    )


def constitution(document: Document) -> Iterator[Gate]:
    """The gates of the Constitution Check; ``detail`` is the reason, ``""`` for none."""
    section = find_section(document, "Constitution Check")
    if section is None:
        return
    for field in fields_in(document, section.whole):
        if not field.bulleted or field.shape == "plain":
            continue
        value = field.value.strip()
        bare = value.removeprefix("[").removesuffix("]").strip()
        offers = bool(re.match(r"OK\s*[/|]", bare)) or bare == ""
        if offers or (placeholder_spans(value) and leading_word(bare, GATE_WORDS) is None):
            yield Gate(field.key, field.line, None)
            continue
        word = leading_word(bare, GATE_WORDS)
        plain = plain_text(bare)
        reason = _EDGE.sub("", normalise_dashes(plain)[len(word) :]) if word else plain
        reason = "" if fold(reason).strip(".") in _UNGIVEN or placeholder_spans(reason) else reason
        yield Gate(field.key, field.line, word == "OK", reason)


def _complexity(document: Document) -> Iterator[Complexity]:
    section = find_section(document, "Complexity Tracking")
    for row in records(document, section, ("Violation / Risk",)):
        why = row.value("Why Needed (Current Need)", "Why Needed")
        rejected = row.value("Simpler Alternative Rejected Because")
        violation = row.text("Violation / Risk")
        if violation:
            filled = bool(why and rejected)
            yield Complexity(violation, row.line, why, rejected, filled)


def phase_list(document: Document) -> tuple[str, ...]:
    """The phases that the Plan of Work names, as ``Phase 1: Design & Contracts``."""
    section = find_section(document, "Plan of Work")
    if section is None:
        return ()
    named = [(field.key_span.start, field.key) for field in fields_in(document, section.whole)]
    named += [(part.heading.start, part.title) for part in sections_below(document, section)]
    found = (phase_of(title) for _, title in sorted(named))
    return tuple(f"Phase {key}: {name}".rstrip(": ") for key, name in filter(None, found))


def _parts(document: Document) -> Iterator[Part]:
    summary = find_section(document, "Summary")
    if summary is not None:
        yield section_part(document, summary)
    context = find_section(document, "Technical Context")
    if context is not None:
        for field in fields_in(document, context.whole):
            yield _field_part(f"Technical Context: {field.key}", field.value, field.line)
    decision = find_field(document, "Structure Decision")
    if decision is not None:
        yield _field_part("Structure Decision", decision.value, decision.line)


def _field_part(name: str, value: str, line: int) -> Part:
    unfilled = bool(placeholder_spans(value))
    return Part(name, line, "" if unfilled else plain_text(value), unfilled)


def _head(document: Document) -> dict[str, str]:
    found = {}
    for key, name in (("Date", "date"), ("Epic", "epic"), ("Feature Spec", "spec")):
        value = field_value(document, key)
        code = _CODE.search(value)
        if value:
            found[name] = code[1] if code else plain_text(value)
    return found


def _artifacts(document: Document) -> Iterator[Artifact]:
    for key in ("Feature Spec", "Spec Checklist", "Plan Checklist"):
        field = find_field(document, key)
        code = _CODE.search(field.value) if field else None
        if field is not None and code is not None and not placeholder_spans(code[1]):
            yield Artifact(code[1], field.line, key)


def log_section(document: Document) -> Section | None:
    """The epic's Decision Log."""
    return find_section(document, "Decision Log")
