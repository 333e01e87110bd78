"""Task plans: stories with checklists and exit gates, a contract, stop tokens, questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.plans.cellwords import same_word
from bot.plans.document import Comment, Document, Section, fold, parse_document
from bot.plans.formats.parts import (
    box,
    boxes,
    confidence,
    field_value,
    find_field,
    find_section,
    main_title,
    matching_headings,
    other_boxes,
    read_header,
    same_heading,
    sections_below,
    tasks_in,
)
from bot.plans.formats.questions import bullet_questions
from bot.plans.model import Contract, Gate, Group, Plan, PlanTask, TaskState
from bot.plans.placeholders import is_undecided, placeholder_spans
from bot.plans.plaintext import normalise_dashes
from bot.plans.prose import example_rows
from bot.plans.stop_tokens import BUILT_IN, find_stop_tokens

NAME = "task-plan"
TEMPLATE_PATH = ".github/plansync/templates/task-plan.md"
ALLOWED_SECTIONS = (
    "Task Overview",
    "Definition of Ready (DoR)",
    "Clarification Questions",
    "Constraints & Requirements",
    "Dependencies",
    "User Stories",
    "Checklist of Subtasks",
    "Definition of Done (DoD)",
    "Tests to Run",
    "Experts to Scan (keywords)",
    "Risks & Mitigations",
    "Pipeline Integration Plan",
    "Data & Migrations",
    "Observability, Rollout & Rollback Plan",
    "Implementation Plan",
)
SKELETON_STATES = {
    "todo": TaskState.PENDING,
    "in-progress": TaskState.IN_PROGRESS,
    "blocked": TaskState.BLOCKED,
    "done": TaskState.COMPLETE,
}

_STORY = re.compile(r"(?:user\s+)?story\s+\[?(?P<id>S-\d{1,4})\]?\s*[:.\-]*\s*(?P<title>.*)", re.I)
_SKELETON = re.compile(r"task\s+\[?(?P<id>T-\d{1,5})\]?\s*[:.\-]*\s*(?P<title>.*)", re.I)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\s*$")
_CRITERION = re.compile(r"\s*[-*+]\s+(.*\S)")


def recognise(path: str, document: Document) -> float:
    """How sure this is a task plan, 0 to 1; also of a template that holds one."""
    inner = plan_document(document)
    hits = matching_headings(inner, ALLOWED_SECTIONS)
    hits += any(_STORY.fullmatch(normalise_dashes(s.title).strip()) for s in inner.sections)
    contract = document.front_matter is not None and (
        "output_contract" in document.front_matter.data
    )
    hits += 2 * contract
    title = fold(main_title(inner)) == "plan" or contract
    in_place = re.fullmatch(r"(?:.*/)?tasks/[^/]+/plan\.md", path) is not None
    return confidence(title, in_place, hits)


def plan_document(document: Document) -> Document:
    """The plan itself: the block between a template's BEGIN and END markers, else the document.

    Everything outside the block is blanked, so lines and offsets are those of the document.
    """
    marks: dict[str, Comment] = {}
    for comment in document.comments:
        word = comment.text.strip().casefold()
        for mark in ("begin", "end"):
            if word.startswith(f"{mark}:") and "template" in word:
                marks.setdefault(mark, comment)
    if len(marks) < 2 or marks["begin"].span.end > marks["end"].span.start:
        return document
    first, after = marks["begin"].line + 1, marks["end"].line
    for kind, begin, end in document.shape.blocks:
        if kind == "fence" and first <= begin and end <= after:
            first, after = begin + 1, end - 1
            break
    span = document.lines.whole(first, after)
    text = document.text
    around = [re.sub(r"[^\r\n]", " ", part) for part in (text[: span.start], text[span.end :])]
    return parse_document(around[0] + span.of(text) + around[1])


def read(
    path: str, document: Document, files: Mapping[str, str] | None, statuses: Mapping[str, str]
) -> Plan:
    """The plan of a task plan document, or of the block that a template holds."""
    contract = contract_of(document, (files or {}).get(TEMPLATE_PATH))
    document = plan_document(document)
    stories = tuple(_stories(document))
    skeletons, checklists = _skeletons(document)
    groups = (*stories, *skeletons)
    examples = example_rows(document)
    known = [t for g in groups for t in (*g.tasks, *g.exit_tasks, *g.hygiene)]
    questions = find_section(document, "Clarification Questions")
    resolved = field_value(document, "Clarifications resolved")
    return Plan(
        format=NAME,
        path=path,
        title=main_title(document),
        header=read_header(document),
        groups=groups,
        questions=tuple(bullet_questions(document, questions, resolved)),
        gates=tuple(
            Gate(f"{story.key} exit checklist", story.exit_line, story.complete or None)
            for story in stories
            if story.exit_line is not None
        ),
        stop_tokens=find_stop_tokens(document, contract.stop_tokens),
        example_rows=len(examples),
        example_lines=examples,
        others=(*checklists, *other_boxes(document, (*known, *checklists))),
        contract=contract,
    )


def contract_of(document: Document, template: str | None = None) -> Contract:
    """The contract in force: the plan's own, else its template's, else the built-in one."""
    for source, text in (("plan", document), ("template", template)):
        if text is None:
            continue
        held = parse_document(text) if isinstance(text, str) else text
        found = _contract(held, source)
        if found is not None:
            return found
    return Contract(ALLOWED_SECTIONS, BUILT_IN)


def _contract(document: Document, source: str) -> Contract | None:
    data = document.front_matter.data if document.front_matter else {}
    contract, tokens = data.get("output_contract"), data.get("stop_tokens")
    if not isinstance(contract, Mapping) and not isinstance(tokens, Mapping):
        return None
    sections = contract.get("allowed_sections") if isinstance(contract, Mapping) else None
    allowed = tuple(str(name) for name in sections) if isinstance(sections, list) else ()
    words = tokens.items() if isinstance(tokens, Mapping) else ()
    stop = tuple((str(key), word) for key, word in words if isinstance(word, str) and word.strip())
    return Contract(allowed or ALLOWED_SECTIONS, stop or BUILT_IN, source)


def is_allowed(title: str, contract: Contract) -> bool:
    """Whether a heading is one of the allowed ones, a final parenthesis on either side aside."""
    names = {fold(name) for name in contract.allowed_sections}
    names |= {_PARENTHESIS.sub("", name) for name in names}
    found = fold(title)
    return found in names or _PARENTHESIS.sub("", found) in names


def _stories(document: Document) -> Iterator[Group]:
    for section in document.sections:
        match = _STORY.fullmatch(" ".join(normalise_dashes(section.title).split()))
        if match is None:
            continue
        key = match["id"].upper()
        title = section.title.split(":", 1)[1].strip() if ":" in section.title else match["title"]
        parts = sections_below(document, section)
        exits = _part(parts, "Story Exit Checklist", "Exit Checklist")
        criteria = _part(parts, "Acceptance Criteria")
        yield Group(
            key=key,
            title=title,
            line=section.line,
            kind="story",
            tasks=_boxes(document, _part(parts, "Tasks Checklist"), f"{key}/T-", key),
            exit_tasks=_boxes(document, exits, f"{key}/E-", key),
            hygiene=_boxes(document, _hygiene(parts), f"{key}/H-", key),
            owner=field_value(document, "Owner", section.whole),
            due=field_value(document, "Due", section.whole),
            priority=field_value(document, "Priority", section.whole),
            exit_line=exits.line if exits else None,
            criteria=_criteria(document, criteria),
        )


def _part(parts: tuple[Section, ...], *titles: str) -> Section | None:
    for title in titles:
        for part in parts:
            if same_heading(part.title, title):
                return part
    return None


def _hygiene(parts: tuple[Section, ...]) -> Section | None:
    named = _part(parts, "Story Progress & Hygiene")
    return named or next((part for part in parts if "hygiene" in fold(part.title)), None)


def _boxes(
    document: Document, section: Section | None, prefix: str, group: str
) -> tuple[PlanTask, ...]:
    return () if section is None else boxes(document, section.body, prefix, group)


def _criteria(document: Document, section: Section | None) -> tuple[str, ...]:
    if section is None:
        return ()
    first, after = document.line_of(section.body.start), document.line_of(section.body.end)
    lines = (document.line_text(line) for line in range(first, after + 1))
    found = (match[1] for line in lines if (match := _CRITERION.fullmatch(line)))
    return tuple(text for text in found if not placeholder_spans(text))


def _skeletons(document: Document) -> tuple[tuple[Group, ...], tuple[PlanTask, ...]]:
    """The ``### Task [T-1]`` skeletons as one group, and the boxes of their checklists."""
    tasks: list[PlanTask] = []
    checklists: list[PlanTask] = []
    for section in document.sections:
        match = _SKELETON.fullmatch(" ".join(normalise_dashes(section.title).split()))
        if match is None:
            continue
        key = match["id"].upper()
        status = find_field(document, "Status", section.whole)
        word = status.value if status else ""
        undecided = is_undecided(word, SKELETON_STATES) or bool(placeholder_spans(word))
        named = [state for name, state in SKELETON_STATES.items() if same_word(word, name)]
        unset = TaskState.PENDING if undecided or not word.strip() else TaskState.UNKNOWN
        state = named[0] if named and not undecided else unset
        tasks.append(
            PlanTask(
                address=key,
                text=match["title"] or section.title,
                line=section.line,
                state=state,
                group="T",
                own_id=key,
                settled=state is TaskState.COMPLETE,
                owner=field_value(document, "Owner", section.whole),
                status_word="" if undecided else word,
            )
        )
        for place, found in enumerate(tasks_in(document, section.whole), 1):
            checklists.append(replace(box(found, f"{key}/C-{place}"), story=key))
    if not tasks:
        return (), ()
    return (Group("T", "Tasks", tasks[0].line, "skeletons", tuple(tasks)),), tuple(checklists)
