"""Which template a new plan is made of: the repository's own where it is of use, else ours."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.plans.document import Document, fold, parse_document
from bot.plans.formats import recognise
from bot.plans.model import Problem, Severity
from bot.plans.template_block import plan_block

_FIX = "Mend the template, or delete it to use plansync's own."
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The template in force. ``problems`` are those of the repository's own one, with its path
    and their lines; ``refused`` says that it is not used because of them."""

    text: str
    problems: tuple[Problem, ...] = ()
    refused: bool = False


def template_path(format: str) -> str:
    """Where a repository keeps its own template of a format."""
    return f".github/plansync/templates/{format}.md"


def choose_template(format: str, ours: str, override: str | None, path: str = "") -> Choice:
    """The template that a plan of ``format`` at ``path`` is made of.

    ``override`` is the repository's own, None where it has none. It is refused when it cannot be
    read, its plan cannot be found in it, or the plan made of it would not be recognised.
    """
    if override is None:
        return Choice(ours)
    document = parse_document(override)
    block, cut = plan_block(override)
    problems = [*document.problems, *cut]
    refused = any(problem.severity is Severity.ERROR for problem in problems)
    if not refused:
        found = recognise(path, parse_document(block))
        if found is None or found.format != format:
            refused = True
            is_another = found.format if found else ""
            problems.append(_unrecognised(format, ours, parse_document(block), is_another))
    where = template_path(format)
    told = tuple(replace(problem, path=where) for problem in problems)
    return Choice(ours if refused else override, told, refused)


def _unrecognised(format: str, ours: str, document: Document, other: str) -> Problem:
    if other:
        what = f"This template makes a {other} and no {format}."
        return Problem("template-unrecognised", what, _FIX)
    own = parse_document(plan_block(ours)[0])
    there = {fold(section.title) for section in document.sections}
    missing = [s.title for s in own.sections if s.level == 2 and fold(s.title) not in there]
    named = ", ".join(f"“{title}”" for title in missing[:_MOST_NAMED])
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    what = f"This template makes no {format}: it has no heading {named}{more}."
    return Problem("template-unrecognised", what, _FIX)
