"""What a plan issue is made with: title, labels, people and milestones that its plan names.

The quoted header (``>Title:``, ``>Labels:``, ``>Assignees:``) says it where there is one; what it
leaves out has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.plans.document import Document
from bot.plans.formats import read_plan
from bot.plans.people import account_of, is_team
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.requested import is_login, one_line

MAX_LABEL = 50
"""Characters of a label's name; GitHub answers a longer one with 422 ``name is too long``.

https://docs.github.com/en/rest/issues/labels#create-a-label
"""
MAX_TITLE = 256
"""Characters of an issue's title: https://docs.github.com/en/rest/issues/issues#create-an-issue"""

# The only headings that say nothing: every task plan's first one, and none at all.
_EMPTY_TITLES = frozenset({"plan", ""})


@dataclass(frozen=True, slots=True)
class IssueParts:
    """What the plan issue is made with.

    ``labels`` are those that GitHub takes and ``long_labels`` those it would not; ``assignees``
    are logins without ``@``, ``teams`` are ``org/team`` and ``strangers`` names that can be
    neither; ``milestones`` are all that the plan names, the first one being the issue's own.
    ``defaulted`` says what nobody named.
    """

    title: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    milestones: tuple[str, ...] = ()
    long_labels: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def issue_parts(
    path: str,
    document: Document,
    *,
    format: str = "",
    title: str = "",
    author: str = "",
    people: Mapping[str, str] | None = None,
) -> IssueParts:
    """What the issue of the plan at ``path`` is made with.

    ``format`` serves where the plan is recognised as none, ``title`` where neither its header nor
    its first heading says what it is about, and ``author`` where its header names nobody.
    ``people`` says which names stand for which logins and teams.
    """
    plan = read_plan(path, document)
    header = {line.key: line.value for line in document.header}
    defaulted = []
    named = listed(header.get("labels", ""))
    if not named:
        named = tuple(dict.fromkeys(("plan", plan.format if plan else format or "plan")))
        defaulted.append(f"labels = {', '.join(named)} (the template names none)")
    named_people = listed(header.get("assignees", ""))
    accounts = tuple(dict.fromkeys(account_of(name, people or {}) for name in named_people))
    assignees = tuple(name for name in accounts if is_login(name))
    if not accounts and is_login(author):
        assignees = (author,)
        defaulted.append(f"assignees = {author} (who asked)")
    return IssueParts(
        title=_title(path, document, title),
        labels=tuple(name for name in named if len(name) <= MAX_LABEL),
        assignees=assignees,
        milestones=plan.milestones if plan else (),
        long_labels=tuple(name for name in named if len(name) > MAX_LABEL),
        strangers=tuple(name for name in accounts if not is_login(name) and not is_team(name)),
        teams=tuple(name for name in accounts if is_team(name)),
        defaulted=tuple(defaulted),
    )


def listed(value: str) -> tuple[str, ...]:
    """The names of a comma list, placeholders left out, each once."""
    names = (name.strip().strip("`") for name in value.split(","))
    return tuple(dict.fromkeys(name for name in names if name and not placeholder_spans(name)))


def _title(path: str, document: Document, fallback: str) -> str:
    named = next((line.value for line in document.header if line.key == "title"), "")
    heading = next((s.title for s in document.sections if s.level == 1), "")
    if heading.strip().casefold() in _EMPTY_TITLES:
        heading = ""
    wanted = ("" if is_placeholder(named) else named) or heading or fallback or path
    return one_line(wanted)[:MAX_TITLE].rstrip()
