"""The issues that boxes of a plan stand for: read where they may have moved, and what it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.github.payloads import issue_state
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, IssueSnapshot
from bot.memory import PlanMemory
from bot.plans.box_following import Followed, amounts_to, follow_issues, issue_facts
from bot.plans.issue_boxes import Kept, issues_named, keep_words, with_words
from bot.plans.render import issue_plan_text
from bot.subjects.plan_snapshot import NamedIssue, PlanSnapshot

CLAIM = "issue"
"""Begins the claim of an event of an issue that a box may stand for: ``issue:<number>:<state>``."""

MOST_READ = 30
"""Issues read for one look at a plan; the next look reads the next ones."""


def watchword(number: int) -> str:
    """What a plan watches whose box stands for this issue."""
    return f"issue:{number}"


def issue_claim(number: int, state: str) -> str:
    """What an event says of an issue that boxes of other plans stand for."""
    return f"{CLAIM}:{number}:{state}"


def is_applied(value: str, memory: PlanMemory) -> bool:
    """Whether an issue's state, as a delivery claims it, is what was applied already."""
    number, _, state = value.partition(":")
    return amounts_to(issue_facts(memory.facts).get(int(number), "")) == state


def home(issue: IssueSnapshot) -> str:
    """The web address of the issue's repository."""
    return issue.url.rpartition("/issues/")[0]


def read_named(
    snapshot: PlanSnapshot,
    reader: GitHubReader,
    file: FileSnapshot,
    issue: IssueSnapshot,
    claims: Sequence[Sequence[str]],
) -> PlanSnapshot:
    """The snapshot with the issues that its boxes stand for, one request each.

    Read are those that a delivery is about and those of which nothing is known; where nobody said
    what is new, also those that are open. How many of the file's are left over is
    counted. Costs nothing for a plan whose boxes name no issue.
    """
    here, facts = home(issue), issue_facts(snapshot.memory.facts)
    texts = (file.text, issue_plan_text(issue.body))
    named = dict.fromkeys(number for text in texts for number in issues_named(text, here))
    named.pop(issue.number, None)
    told = {int(parts[1]) for parts in claims if parts[0] == CLAIM}
    every = [""] in claims
    wanted = [number for number in named if number in told]
    wanted += [number for number in named if number not in facts and number not in told]
    wanted += [
        number for number in named if every and number not in told and facts.get(number) == "open"
    ]
    left = {*wanted[MOST_READ:]} - facts.keys()
    unread = sum(number in left for number in issues_named(file.text, here))
    found = tuple(_named(reader, number, number in told) for number in wanted[:MOST_READ])
    return replace(snapshot, named=found, unread=unread) if found else snapshot


def _named(reader: GitHubReader, number: int, told: bool) -> NamedIssue:
    issue = reader.issue(number)
    if issue is None:
        return NamedIssue(number, "gone", told=told)
    return NamedIssue(number, issue_state(issue.state, issue.state_reason), issue.title, told)


def with_its_words(snapshot: PlanSnapshot, issue: IssueSnapshot, was: str | None, now: str) -> str:
    """An edit of the issue's plan text, with the words of boxes that became issues."""
    return with_words(was, now, home(issue), _titles(snapshot))


def both_with_words(
    snapshot: PlanSnapshot, issue: IssueSnapshot, was: str | None, now: str, file: str
) -> Kept:
    """The issue's plan text and the plan file, with words and numbers of boxes that became issues.

    ``was`` is what the issue's text goes back to.
    """
    return keep_words(was, now, file, home(issue), _titles(snapshot))


def followed(
    snapshot: PlanSnapshot, issue: IssueSnapshot, text: str, converted: Sequence[int]
) -> Followed:
    """The plan text with the boxes moved of issues that were closed or opened again.

    ``converted`` are the issues that boxes just became. One whose box both sides had before it was
    closed was open until then, also where nobody had looked at it so far.
    """
    states = {one.number: one.state for one in snapshot.named}
    told = {one.number for one in snapshot.named if one.told}
    before = issues_named(snapshot.bases.agreed or "", home(issue)) if told else ()
    facts, own = snapshot.memory.facts, issue.number
    ours = (*converted, *told.intersection(before))
    return follow_issues(text, facts, states, home(issue), own=own, followed=ours)


def _titles(snapshot: PlanSnapshot) -> Mapping[int, str]:
    return {one.number: one.title for one in snapshot.named}
