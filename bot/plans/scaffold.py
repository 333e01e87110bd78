"""A new plan with everything that belongs beside it: files by path, and what its issue is made of.

Texts in, texts out: the caller reads templates and says what exists; nothing that exists is
replaced, only ``TASKS.md`` gains a line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.plans.document import fold, parse_document
from bot.plans.filling import NAMES, fill_template
from bot.plans.issue_parts import issue_parts
from bot.plans.model import Problem
from bot.plans.pasted import pasted_plan
from bot.plans.paths import PATH_PATTERNS, RESERVED, placed, plan_path, values_at
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.requested import PlanValues, value_name, values_from_request
from bot.plans.template_block import plan_block
from bot.plans.template_choice import choose_template, template_path

__all__ = [
    "PATH_PATTERNS",
    "RESERVED",
    "SIBLING_TEMPLATES",
    "PlanValues",
    "Scaffold",
    "choose_template",
    "known_values",
    "placed",
    "plan_block",
    "plan_path",
    "scaffold",
    "scaffold_paths",
    "template_path",
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


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A new plan. ``files`` is everything to write in one commit, the plan itself at ``path``.

    ``title``, ``labels``, ``assignees`` and ``milestones`` are the plan issue's; ``defaulted`` says
    what of them nobody named; ``from_body`` that the request's own text became the plan.
    ``problems`` are those of what the plan was made of, with the path of the repository's own
    template where they are in it; ``template_refused`` says that it was not used because of them.
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
    template_refused: bool = False


def scaffold(
    format: str,
    values: PlanValues,
    template: str,
    *,
    siblings: Mapping[str, str] | None = None,
    existing: Mapping[str, str | None] | None = None,
    override: str | None = None,
    body: str | None = None,
    path: str | None = None,
    pattern: str | None = None,
) -> Scaffold:
    """The files of a new plan of ``format`` and what its issue is made with.

    ``override`` is the repository's own template, used instead of ``template`` where a plan can be
    made of it (``choose_template``). ``siblings`` are template texts by the names of
    ``SIBLING_TEMPLATES``; ``existing`` the texts of files that are there already (None or absent:
    not there), for the paths of ``scaffold_paths``; ``path`` is where the plan goes, worked out
    with ``existing`` when not given; ``body`` is used as the plan when it already is one of this
    format (``pasted_plan``). Raises UserProblem for a bad ``pattern``.
    """
    there = {name: text for name, text in (existing or {}).items() if text is not None}
    if path is None:
        path, values = placed(format, values, there.__contains__, pattern)
    else:
        values = values_at(format, values, path, pattern)
    text, problems = pasted_plan(format, body or "", values)
    from_body, refused = bool(text), False
    if from_body:
        # What the request says is the plan itself, and no answer to what stands beside it.
        values = replace(values, extra={})
    else:
        chosen = choose_template(format, template, override, path)
        block, own_problems = plan_block(chosen.text)
        text = fill_template(block, format, values)
        problems = chosen.problems or own_problems
        refused = chosen.refused
    files = {path: text} if path not in there else {}
    for name, sibling in _beside(format, path).items():
        if name not in there:
            source = (siblings or {}).get(sibling or "", "")
            files[name] = fill_template(source, format, values)
    index = there.get(TASKS_INDEX)
    if format == "task-plan" and index is not None:
        files |= _indexed(index, values, posixpath.dirname(path))
    document = parse_document(text)
    parts = issue_parts(path, document, format=format, title=values.title, author=values.author)
    return Scaffold(
        path=path,
        files=files,
        title=parts.title,
        labels=parts.labels,
        assignees=parts.assignees,
        milestones=parts.milestones,
        defaulted=parts.defaulted,
        problems=problems,
        from_body=from_body,
        template_refused=refused,
    )


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
