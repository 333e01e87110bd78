"""A new plan with everything that belongs beside it: files by path, and what its issue is made of.

Texts in, texts out: the caller reads templates and says what exists; nothing that exists is
replaced, only ``TASKS.md`` gains a line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.plans.document import Document, Span, fold, parse_document
from bot.plans.filling import NAMES, fill_template
from bot.plans.formats import recognise
from bot.plans.model import Problem
from bot.plans.paths import PATH_PATTERNS, RESERVED, placed, plan_path, values_at
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.requested import (
    PlanValues,
    is_login,
    one_line,
    value_name,
    values_from_request,
)

__all__ = [
    "PATH_PATTERNS",
    "RESERVED",
    "SIBLING_TEMPLATES",
    "PlanValues",
    "Scaffold",
    "known_values",
    "placed",
    "plan_path",
    "scaffold",
    "scaffold_paths",
    "values_from_request",
]

TASKS_INDEX = "TASKS.md"
FORMAT_NAMES = tuple(PATH_PATTERNS)

# Path beside the plan -> name of its template; None is an empty file that keeps a folder.
_BESIDE: Mapping[str, Mapping[str, str | None]] = {
    "task-plan": {
        "decision-log.md": "decision-log.md",
        "referenced-expertise.md": "referenced-expertise.md",
        "references/excerpts/.gitkeep": None,
        "proposals/expert-additions.md": "expert-additions.md",
        "runs/.gitkeep": None,
        "benchmarks/.gitkeep": None,
        "patches/.gitkeep": None,
        "artifacts/screenshots/.gitkeep": None,
    },
    "implementation-plan": {
        "spec.md": "spec.md",
        "checklists/requirements.md": "requirements.md",
        "checklists/PlanQualityGate.md": "PlanQualityGate.md",
        "../../exec-plan.md": "exec-plan.md",
    },
}
SIBLING_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    format: tuple(name for name in beside.values() if name) for format, beside in _BESIDE.items()
}
_IN_PATH = re.compile(r"\{(\w+)\}")
# What a template's name is filled from -> the value to give; the rest of the names are facts.
_SETTABLE = {
    **dict.fromkeys(("feature", "slug"), "slug"),
    **dict.fromkeys(("branch", "remote"), "branch"),
    **{name: name for name in (
        "title", "project", "owner", "service", "scope", "epic", "feature_id", "track_id",
    )},
}  # fmt: skip
_LONGEST_KEY = 80
_MARKER_LINE = re.compile(r"^<!-- plansync:.*-->[ \t]*\n?", re.MULTILINE)
_BEGIN = re.compile(r"\s*BEGIN\b.*plan", re.IGNORECASE | re.DOTALL)
_END = re.compile(r"\s*END\b.*plan", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A new plan. ``files`` is everything to write in one commit, the plan itself at ``path``.

    ``title``, ``labels``, ``assignees`` and ``milestones`` are the plan issue's; ``defaulted`` says
    what of them nobody named; ``from_body`` that the request's own text became the plan.
    """

    path: str
    files: dict[str, str]
    title: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    milestones: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    from_body: bool = False


def scaffold(
    format: str,
    values: PlanValues,
    template: str,
    *,
    siblings: Mapping[str, str] | None = None,
    existing: Mapping[str, str | None] | None = None,
    body: str | None = None,
    path: str | None = None,
    pattern: str | None = None,
) -> Scaffold:
    """The files of a new plan of ``format`` and what its issue is made with.

    ``siblings`` are template texts by the names of ``SIBLING_TEMPLATES``; ``existing`` the texts of
    files that are there already (None or absent: not there), for the paths of ``scaffold_paths``;
    ``path`` is where the plan goes, worked out with ``existing`` when not given; ``body`` is used
    as the plan when it already is one of this format. Raises UserProblem for a bad ``pattern``.
    """
    there = {name: text for name, text in (existing or {}).items() if text is not None}
    if path is None:
        path, values = placed(format, values, there.__contains__, pattern)
    else:
        values = values_at(format, values, path, pattern)
    own = _body_as_plan(format, body or "")
    text, problems = (own, ()) if own else _from_template(format, values, template)
    files = {path: text} if path not in there else {}
    for name, sibling in _beside(format, path).items():
        if name not in there:
            source = (siblings or {}).get(sibling or "", "")
            files[name] = fill_template(source, format, values)
    index = there.get(TASKS_INDEX)
    if format == "task-plan" and index is not None:
        files |= _indexed(index, values, posixpath.dirname(path))
    return _described(format, values, path, files, text, problems, from_body=bool(own))


def scaffold_paths(format: str, path: str) -> tuple[str, ...]:
    """Every path that ``scaffold`` may write for a plan at ``path``: ask which of them exist."""
    index = (TASKS_INDEX,) if format == "task-plan" else ()
    return (path, *_beside(format, path), *index)


def known_values(format: str, template: str, siblings: Iterable[str] = ()) -> tuple[str, ...]:
    """The values that a new plan of ``format`` can be given, sorted: what names its path, fills a
    placeholder of the template or of its siblings, or stands as a field or section that waits for
    words. Compare keys with them by ``value_name``."""
    found = {"title", "slug", "number", *_IN_PATH.findall(PATH_PATTERNS[format])} - {"date", "utc"}
    for text in (plan_block(template)[0], *siblings):
        folded, document = fold(text), parse_document(text)
        found |= {_SETTABLE[name] if name in _SETTABLE else name.removeprefix("given ")
                  for placeholder, name in NAMES[format].items()
                  if fold(placeholder) in folded
                  and (name in _SETTABLE or name.startswith("given "))}  # fmt: skip
        found |= {value_name(one.key) for one in document.fields if is_placeholder(one.value)}
        found |= {
            value_name(one.title)
            for one in document.sections
            if is_placeholder(one.body.of(text).strip())
        }
    usable = (name for name in found if name and not placeholder_spans(name))
    return tuple(sorted(name for name in usable if len(name) <= _LONGEST_KEY))


def plan_block(template: str) -> tuple[str, tuple[Problem, ...]]:
    """The part of a template document that is the plan.

    Where ``<!-- BEGIN: plan.md template -->`` and its END stand, what is inside the fence between
    them, headed by the document's quoted header when it has none of its own; else all of it.
    """
    document = parse_document(template)
    begin = next((comment for comment in document.comments if _BEGIN.match(comment.text)), None)
    if begin is None:
        return template, ()
    end = next(
        (
            comment
            for comment in document.comments
            if comment.span.start > begin.span.end and _END.match(comment.text)
        ),
        None,
    )
    if end is None:
        problem = Problem(
            "template-unclosed",
            "The template's BEGIN marker has no END marker.",
            "Add `<!-- END: plan.md template -->` after the plan.",
            begin.line,
        )
        return template, (problem,)
    block = _fenced(document, begin.line, end.line).of(template)
    header = document.header_span
    if header is not None and not parse_document(block).header:
        block = header.of(template) + block
    return block, ()


def _from_template(
    format: str, values: PlanValues, template: str
) -> tuple[str, tuple[Problem, ...]]:
    block, problems = plan_block(template)
    return fill_template(block, format, values), (*parse_document(template).problems, *problems)


def _fenced(document: Document, begin: int, end: int) -> Span:
    """The inside of the first fence between two lines; all that is between where there is none."""
    for kind, first, after in document.shape.blocks:
        if kind == "fence" and begin < first and after <= end:
            closed = document.line_text(after - 1).strip(" \t").strip("`~") == ""
            return document.lines.whole(first + 1, after - 1 if closed else after)
    return document.lines.whole(begin + 1, end)


def _beside(format: str, path: str) -> dict[str, str | None]:
    folder = posixpath.dirname(path)
    return {
        posixpath.normpath(posixpath.join(folder, name)): sibling
        for name, sibling in _BESIDE.get(format, {}).items()
        if not name.startswith("../../") or folder.count("/") >= 2
    }


def _indexed(index: str, values: PlanValues, folder: str) -> dict[str, str]:
    """``TASKS.md`` with the plan's line at its end; nothing where the folder is listed already."""
    if f"]({folder})" in index:
        return {}
    end = "\r\n" if "\r\n" in index else "\n"
    title = re.sub(r"([\\\[\]])", r"\\\1", values.title)
    gap = end if index and not index.endswith(("\n", "\r")) else ""
    return {TASKS_INDEX: f"{index}{gap}- [{title}]({folder}) — {values.date}{end}"}


def _body_as_plan(format: str, body: str) -> str:
    """The request's body as a plan file where it is a plan of the format; "" otherwise.

    Headings alone are what an issue form makes too, so a plan must also have a task or a table.
    """
    text, _ = plan_block(_MARKER_LINE.sub("", body.replace("\r\n", "\n").replace("\r", "\n")))
    document = parse_document(text)
    found = recognise("", document)
    if found is None or found.format != format or not (document.tasks or document.tables):
        return ""
    return text.strip("\n") + "\n"


def _described(
    format: str,
    values: PlanValues,
    path: str,
    files: dict[str, str],
    text: str,
    problems: tuple[Problem, ...],
    *,
    from_body: bool,
) -> Scaffold:
    document = parse_document(text)
    header = {line.key: line.value for line in document.header}
    defaulted = []
    title = one_line(header.get("title", "")) or _heading(format, values, document)
    labels = _listed(header.get("labels", ""))
    if not labels:
        labels = ("plan", format)
        defaulted.append(f"labels = {', '.join(labels)} (the template names none)")
    assignees = tuple(
        name.lstrip("@")
        for name in _listed(header.get("assignees", ""))
        if is_login(name.lstrip("@"))
    )
    if not assignees and values.author:
        assignees = (values.author,)
        defaulted.append(f"assignees = {values.author} (who asked)")
    return Scaffold(
        path=path,
        files=files,
        title=title[:256],
        labels=labels,
        assignees=assignees,
        milestones=_milestones(document),
        defaulted=tuple(defaulted),
        problems=problems,
        from_body=from_body,
    )


def _heading(format: str, values: PlanValues, document: Document) -> str:
    if format == "task-plan":
        return values.title
    return next((section.title for section in document.sections if section.level == 1), "") or (
        values.title
    )


def _listed(value: str) -> tuple[str, ...]:
    """The names of a comma list, placeholders left out, each once."""
    names = (name.strip().strip("`") for name in value.split(","))
    return tuple(dict.fromkeys(name for name in names if name and not placeholder_spans(name)))


def _milestones(document: Document) -> tuple[str, ...]:
    for key in ("Milestone(s)", "Milestones", "Milestone"):
        stated = document.field(key)
        if stated is not None:
            return _listed(stated.value)
    return ()
