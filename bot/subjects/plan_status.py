"""The one status comment of a plan issue: how far the plan is, what is next, what stops it.

The same facts give the same text, byte for byte, so nothing is written where nothing changed. It
stays below what GitHub takes however long the plan and its history are, and user text stands in
code spans: nothing in it pings anybody or links by accident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff

from bot.comments import code_span, render_comment
from bot.github.snapshots import RepoPath
from bot.memory import PullMemory
from bot.plans.companions import plan_alone, recipe_of
from bot.plans.diagram import render_diagram
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.gates import PlanStatus, check, status_of
from bot.plans.model import Gate, Group, Plan, PlanTask, TrackingRow
from bot.plans.orders_tasks import blocked_tasks
from bot.plans.render import StatusMarker, blob_sha, render_status_marker, shown_text
from bot.subjects.detached_marker import DETACHED
from bot.subjects.pull_words import facts_of

# https://docs.github.com/en/rest/issues/comments#create-an-issue-comment: 65,536 characters.
BUDGET = 60_000
MOST_FACTS = 36_000
_TEXT = 140
_ENDED = frozenset({"merged", "closed", "reverted", "elsewhere"})
# A plan without a fact of an issue takes the issue as it finds it.
_ISSUES_GO = {"gone": 0, "completed": 0, "not_planned": 0, "open": 1}
_NOTICED = frozenset({"story.row-status", "story.status-word", "tasks.status-word"})
_GATE_ORDER = frozenset(
    {"impl.requirements-missing", "impl.requirements-open", "impl.plan-gate-open"}
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many lines of each kind are shown; the rest is counted."""

    lines: int = 10
    rows: int = 30
    groups: int = 40
    held: int = 60
    graph: bool = True


_BOUNDS = (Bounds(), Bounds(5, 10, 20, 20, False), Bounds(2, 2, 5, 0, False))


def status_comment(
    text: str,
    path: RepoPath,
    issue: int,
    pulls: Sequence[PullMemory],
    *,
    base: str | None = None,
    proposed: int | None = None,
    body_base: str = "",
    held: Sequence[str] = (),
    held_text: str = "",
    conflict: bool = False,
    detached: bool = False,
    statuses: Mapping[str, str] | None = None,
    standing: PlanStatus | None = None,
    issue_facts: Sequence[str] = (),
) -> str:
    """The status comment; its marker carries base, facts and what is held.

    ``proposed`` is the pull request that ``text`` waits in; ``base`` is then what the default
    branch has. ``body_base`` is the version that the issue's body goes back to, ``held_text`` what
    the issue shows with the edits of ``held`` people, ``standing`` the plan's status where it is
    known already, ``issue_facts`` what was applied of issues that boxes stand for.
    """
    document = parse_document(text)
    plan = read_plan(path, document, statuses=statuses)
    blob = blob_sha(text if base is None else base)
    facts = _kept_facts(pulls, issue_facts)
    marker = StatusMarker(blob, facts, "" if body_base == blob else body_base, tuple(held), path)
    marker = replace(marker, files=recipe_of(text if base is None else base))
    first = render_status_marker(marker) + (f"\n{DETACHED}" if detached else "")
    values: dict[str, object] = {
        "marker": first,
        "path": path,
        "issue": issue,
        "blob": blob_sha(plan_alone(text if base is None else base))[:10],
        "proposed": proposed,
        "conflict": conflict,
        "detached": detached,
        "held": [code_span(login) for login in held[:20]],
    }
    comment, status = "", standing or (status_of(plan, document) if plan else None)
    for bounds in _BOUNDS:
        values |= _shown(plan, document, pulls, bounds, status)
        values["difference"] = _difference(text, held_text, bounds.held) if held else ""
        comment = render_comment("status.md", **values)
        if len(comment) <= BUDGET:
            break
    return comment


def _kept_facts(pulls: Sequence[PullMemory], issues: Sequence[str]) -> tuple[str, ...]:
    """The facts that the marker has room for.

    First those of issues go that GitHub tells again, then what of pull requests is over longest,
    at last which boxes plansync moved itself.
    """
    facts = (*facts_of(pulls), *issues)
    size = sum(len(fact) + 1 for fact in facts)
    if size <= MOST_FACTS:
        return facts
    ended = {str(pull.number) for pull in pulls if pull.state in _ENDED}

    def turn(fact: str) -> int | None:
        number, _, word = fact.partition(":")
        if number.startswith("#"):
            return _ISSUES_GO.get(word, 3)
        return 2 if number in ended else None

    turns = {place: turn(fact) for place, fact in enumerate(facts)}
    gone: set[int] = set()
    for place in sorted(turns, key=lambda place: (turns[place] or 0, place)):
        if turns[place] is None:
            continue
        if size <= MOST_FACTS:
            break
        gone.add(place)
        size -= len(facts[place]) + 1
    return tuple(fact for place, fact in enumerate(facts) if place not in gone)


def _shown(
    plan: Plan | None,
    document: Document,
    pulls: Sequence[PullMemory],
    bounds: Bounds,
    status: PlanStatus | None,
) -> dict[str, object]:
    if plan is None or status is None:
        return _nothing()
    blocked = blocked_tasks(document, plan)
    groups = [group for group in plan.groups if group.progress.total]
    tracked = plan.tracking or ()
    named = [pull for pull in sorted(pulls, key=lambda p: -p.number) if pull.tasks]
    urls = {pull.number: pull.url for pull in pulls}
    return {
        "status": status,
        "overall": "Blocked" if blocked and status.overall != "Complete" else status.overall,
        "groups": [_group(group) for group in groups[: bounds.groups]] if len(groups) > 1 else [],
        "more_groups": max(len(groups) - bounds.groups, 0),
        "blockers": [
            *[(f"Task {short(t.address)}", short(why or t.text)) for t, why in blocked],
            *[(f"Line {problem.line}", short(problem.message)) for problem in status.blockers],
        ][: bounds.lines],
        "more_blockers": max(len(blocked) + len(status.blockers) - bounds.lines, 0),
        "questions": [
            (question.number, short(question.text), question.critical, name(question.asked_by))
            for question in status.questions[: bounds.lines]
        ],
        "more_questions": max(len(status.questions) - bounds.lines, 0),
        "next_tasks": _next(plan, status, bounds),
        "more_next": max(len(status.next) - min(bounds.lines, 5), 0),
        "gates": [_gate(gate) for gate in status.gates[: bounds.lines]],
        "more_gates": max(len(status.gates) - bounds.lines, 0),
        "tracking": [_row(row, urls) for row in _newest(tracked, pulls)[: bounds.rows]],
        "more_tracking": max(len(tracked) - bounds.rows, 0),
        "pulls": [_pull(pull) for pull in named[: bounds.rows]] if not tracked else [],
        "more_pulls": max(len(named) - bounds.rows, 0) if not tracked else 0,
        "noticed": _noticed(plan, document, pulls, bounds),
        "graph": render_diagram(plan, [t.address for t, _ in blocked]) if bounds.graph else "",
    }


def _nothing() -> dict[str, object]:
    empty = ("groups", "blockers", "questions", "next_tasks", "gates", "tracking", "pulls")
    return {
        "status": None,
        "overall": "",
        "noticed": [],
        "graph": "",
        **dict.fromkeys(empty, ()),
        **{f"more_{name}": 0 for name in ("groups", "blockers", "questions", "gates", "tracking")},
        "more_pulls": 0,
        "more_next": 0,
    }


def short(text: str, length: int = _TEXT) -> str:
    """User text as one code span that is never long and stands in a table cell too."""
    line = " ".join(text.split())
    cut = line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
    return code_span(cut.replace("|", "¦")) if cut else ""


def name(text: str) -> str:
    """A person's name or login, which pings nobody; "" for none."""
    return short(text, 60) if text.strip() else ""


def _group(group: Group) -> tuple[str, int, int, str]:
    progress = group.progress
    title = f"{group.key} {group.title}" if group.kind == "story" else group.title
    return short(title), progress.done, progress.total, name(group.owner)


def _gate(gate: Gate) -> tuple[str, bool | None, str]:
    return short(gate.name), gate.passed, short(gate.detail) if gate.passed is False else ""


def _next(plan: Plan, status: PlanStatus, bounds: Bounds) -> list[tuple[str, str, str]]:
    owners = {group.key: group.owner for group in plan.groups}
    return [
        (short(task.address), short(task.text), name(_owner(task, owners)))
        for task in status.next[: min(bounds.lines, 5)]
    ]


def _owner(task: PlanTask, owners: Mapping[str, str]) -> str:
    return task.owner or owners.get(task.group, "")


def _newest(rows: Sequence[TrackingRow], pulls: Sequence[PullMemory]) -> list[TrackingRow]:
    """The rows as they stand; where they are many, those with the newest pull requests first."""
    if len(rows) <= Bounds().rows:
        return list(rows)
    return sorted(rows, key=lambda row: -max(row.pulls, default=0))


def _row(row: TrackingRow, urls: Mapping[int, str]) -> tuple[str, str, str, str]:
    links = ", ".join(_pull_link(number, urls.get(number, "")) for number in row.pulls[-5:])
    return short(row.number, 20), short(row.text), links, short(row.status_word, 40)


def _pull_link(number: int, url: str) -> str:
    return f"[#{number}]({url})" if url else f"#{number}"


def _pull(pull: PullMemory) -> tuple[str, str, str]:
    tasks = ", ".join(pull.tasks)
    return _pull_link(pull.number, pull.url), pull.counts_as or pull.state, short(tasks, 80)


def _noticed(
    plan: Plan, document: Document, pulls: Sequence[PullMemory], bounds: Bounds
) -> list[str]:
    """What was left as somebody wrote it, and what nobody could be found for."""
    rules = plan.format in ("user-story", "task-plan", "implementation-plan")
    found = check(plan, document) if rules else []
    lines = [short(f"Line {p.line}: {p.message}", 300) for p in found if p.code in _NOTICED]
    lines += [short(p.message.replace("`", ""), 300) for p in found if p.code in _GATE_ORDER]
    for pull in sorted(pulls, key=lambda p: -p.number):
        unknown = [link.named for link in pull.links if not link.address]
        if unknown and pull.state in ("open", "draft"):
            link = _pull_link(pull.number, pull.url)
            lines.append(f"{link} names {short(', '.join(unknown), 200)}: no task of this plan")
    return lines[: bounds.lines]


def _difference(text: str, shown: str, most: int) -> str:
    """What the issue shows beyond the plan, as a diff; cut where it is very long."""
    lines = list(unified_diff(shown_text(text).split("\n"), shown.split("\n"), lineterm="", n=0))
    said = [line[:300] for line in lines[2:] if not line.startswith("@@")]
    cut = said[:most]
    return "\n".join([*cut, *(["…"] if len(said) > len(cut) else [])])
