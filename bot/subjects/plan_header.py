"""Title, labels and people of a plan issue and of its plan's header are the same thing. Pure.

Each is merged three-way: what the file changed since both sides agreed goes to the issue, what
somebody changed on the issue goes into the header, and where both did the file's stands (GitHub's
own timeline of the issue shows what that replaced). A label that the header never named is left
alone, and so are plansync's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.changes import (
    AddLabel,
    AssignPeople,
    Change,
    EditIssueFields,
    PostComment,
    RemoveLabel,
    UnassignPeople,
)
from bot.comments import render_comment
from bot.github.snapshots import IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.digest import short_digest
from bot.plans.document import parse_document
from bot.plans.edit import EditRefused, set_header
from bot.plans.issue_parts import IssueParts, issue_parts
from bot.plans.people import account_of
from bot.subjects.plan_settle import Settled
from bot.subjects.plan_snapshot import PlanSnapshot

RETITLED = "retitled"
"""Ends the claim of an edit that changed the issue's title together with its body."""

OWN_LABELS = "plan:"
"""Labels that begin like this are set by plansync, and say nothing of the header."""


@dataclass(frozen=True, slots=True)
class Headed:
    """Both texts with the issue's changes in their header, and what is to change on the issue.

    ``title``, ``labels`` and ``people`` are what the issue shows afterwards; ``reasons`` are for
    the commit.
    """

    text: str
    shown: str
    title: str
    labels: tuple[str, ...]
    people: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()


def fields_digest(title: str, labels: Sequence[str], people: Sequence[str]) -> str:
    """What a delivery claims of an issue's title, labels and people; plansync's labels apart."""
    said = [title, sorted(theirs(labels)), sorted(login.casefold() for login in people)]
    return short_digest(json.dumps(said))


def with_header(
    snapshot: PlanSnapshot,
    settled: Settled,
    issue: IssueSnapshot,
    people: Mapping[str, str] | None = None,
) -> tuple[Settled, Headed]:
    """What is settled, with the header and the issue's own fields brought together too.

    ``people`` says which names stand for which logins and teams.
    """
    agreed, bases = settled.text, snapshot.bases
    if bases.agreed is not None:
        agreed = bases.agreed
    headed = mirror_header(
        snapshot.path,
        agreed,
        settled.text,
        settled.shown,
        issue,
        snapshot.memory,
        may_write=snapshot.may_rename,
        names=people or {},
    )
    reasons = (*settled.reasons, *headed.reasons)
    return replace(settled, text=headed.text, shown=headed.shown, reasons=reasons), headed


def mirror_header(
    path: str,
    agreed: str,
    text: str,
    shown: str,
    issue: IssueSnapshot,
    memory: PlanMemory,
    *,
    may_write: bool,
    names: Mapping[str, str],
) -> Headed:
    """Merge the header of the plan ``text`` with the issue, against what both last agreed on.

    ``shown`` is the plan text of the issue. An edit of the issue by somebody who may not write is
    left where it is. ``names`` says which names stand for which logins and teams.
    """
    was, now = _named(path, agreed, issue, names), _named(path, text, issue, names)
    now = replace(
        now,
        labels=now.labels if _has(text, "labels") else was.labels,
        assignees=now.assignees if _has(text, "assignees") else was.assignees,
    )
    known = bool(memory.shown_title)
    before = memory if known and may_write else _as_shown(memory, issue)
    changes: list[Change] = []
    wishes: dict[str, str] = {}
    if now.title != was.title:
        if issue.title != now.title:
            why = f"The title of {path} changed"
            changes.append(EditIssueFields(issue.number, why, title=now.title))
    elif issue.title != before.shown_title:
        wishes["title"] = issue.title
    labels = _merge(
        theirs(was.labels), theirs(now.labels), before.shown_labels, theirs(issue.labels)
    )
    people = _merge(was.assignees, now.assignees, before.shown_people, issue.assignees)
    why = f"The header of {path} changed"
    changes += [AddLabel(issue.number, name, why) for name in labels.add]
    changes += [RemoveLabel(issue.number, name, why) for name in labels.remove]
    named = people.add if known else _without(now.assignees, issue.assignees)
    if named:
        changes.append(AssignPeople(issue.number, named, why if known else f"{path} names them"))
    if people.remove:
        changes.append(UnassignPeople(issue.number, people.remove, why))
    changes += _mentions(issue, () if not known else was.teams, now.teams)
    if milestone := _milestone(was, now):
        changes.append(EditIssueFields(issue.number, why, milestone=milestone))
    wishes |= _rewritten(text, "labels", labels.dropped, (), names)
    wishes |= _rewritten(text, "assignees", people.dropped, people.new, names)
    text, taken = _written(text, wishes)
    shown, _ = _written(shown, {key: wishes[key] for key in taken})
    title = now.title if now.title != was.title else issue.title
    reasons = tuple(f"Take over the {key} of #{issue.number} in {path}" for key in taken)
    return Headed(text, shown, title, labels.after, people.after, tuple(changes), reasons)


def _named(path: str, text: str, issue: IssueSnapshot, names: Mapping[str, str]) -> IssueParts:
    return issue_parts(path, parse_document(text), title=issue.title, people=names)


def _mentions(issue: IssueSnapshot, was: Sequence[str], now: Sequence[str]) -> list[PostComment]:
    """The comments that tell teams of the plan: GitHub assigns people alone."""
    why = "GitHub assigns no team to an issue"
    return [
        PostComment(issue.number, render_comment("team.md", team=team), "team", why, once=True)
        for team in _without(now, was)
    ]


def _has(text: str, key: str) -> bool:
    """Whether the header says anything of it; a line that was taken out takes nothing back."""
    return any(line.key == key for line in parse_document(text).header)


def _rewritten(
    text: str, key: str, dropped: Sequence[str], new: Sequence[str], names: Mapping[str, str]
) -> dict[str, str]:
    """The header line without some names and with others; what else stands there is kept."""
    line = next((one for one in parse_document(text).header if one.key == key), None)
    if line is None or not (dropped or new):
        return {}
    there = [part.strip() for part in line.value.split(",") if part.strip()]
    kept = [
        part
        for part in there
        if not _in(account_of(part, names if key == "assignees" else {}), dropped)
    ]
    value = ", ".join([*kept, *new])
    return {key: value} if value else {}


@dataclass(frozen=True, slots=True)
class _Names:
    """What becomes of names: ``add`` and ``remove`` on the issue, ``dropped`` from the header and
    ``new`` in it; ``after`` is what the issue then shows."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    dropped: tuple[str, ...]
    new: tuple[str, ...]
    after: tuple[str, ...]


def _merge(
    was: Sequence[str], now: Sequence[str], shown: Sequence[str], there: Sequence[str]
) -> _Names:
    add = _without(_without(now, was), there)
    remove = tuple(name for name in there if _in(name, was) and not _in(name, now))
    gone = _without(shown, there)
    dropped = tuple(name for name in now if _in(name, was) and _in(name, gone))
    new = _without(_without(_without(there, shown), now), remove)
    return _Names(add, remove, dropped, new, (*_without(there, remove), *add))


def _as_shown(memory: PlanMemory, issue: IssueSnapshot) -> PlanMemory:
    return replace(
        memory,
        shown_title=issue.title,
        shown_labels=theirs(issue.labels),
        shown_people=issue.assignees,
    )


def _milestone(was: IssueParts, now: IssueParts) -> str:
    """The milestone that the plan names first now; "" where it is the same or none."""
    first = now.milestones[0] if now.milestones else ""
    return first if first != (was.milestones[0] if was.milestones else "") else ""


def _written(text: str, wishes: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text with these header lines, and which of them could be written."""
    taken = []
    for key, value in wishes.items():
        try:
            text = set_header(parse_document(text), key, value)
        except EditRefused:
            continue
        taken.append(key)
    return text, tuple(taken)


def theirs(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels without those that plansync sets by itself."""
    return tuple(name for name in labels if not name.casefold().startswith(OWN_LABELS))


def _in(name: str, names: Sequence[str]) -> bool:
    return name.casefold() in {one.casefold() for one in names}


def _without(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not _in(name, others))
