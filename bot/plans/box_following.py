"""Boxes that follow the issue they stand for. Pure.

Ticked when it is closed as completed, settled as N/A when it is closed as not planned, open again
when it is reopened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.plans.box_words import Change, change_boxes, na_removed, ticked, words_behind
from bot.plans.cellwords import is_settled, na_reason
from bot.plans.document import Task, parse_document
from bot.plans.issue_boxes import boxes_by_issue, issues_named

NOT_PLANNED = "closed as not planned"
"""The reason that a box is given whose issue will not be done."""

_DIGITS = re.compile(r"[0-9]{1,9}")

# What a fact may say of an issue; ``ticked`` and ``settled``: and that plansync moved its box.
_AMOUNTS_TO: Mapping[str, str] = {
    "open": "open",
    "completed": "completed",
    "ticked": "completed",
    "not_planned": "not_planned",
    "settled": "not_planned",
    "gone": "gone",
}
_OURS = {"completed": "ticked", "not_planned": "settled"}

_Applies = Callable[[Task], bool]


@dataclass(frozen=True, slots=True)
class Followed:
    """The plan text after its issues' states, the facts that hold now, and what moved and why."""

    text: str
    facts: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def issue_facts(facts: Sequence[str]) -> dict[int, str]:
    """Issue number to what was applied of it, of a plan's facts (``#123:ticked``)."""
    found: dict[int, str] = {}
    for fact in facts:
        number, _, word = fact.removeprefix("#").partition(":")
        if fact.startswith("#") and _DIGITS.fullmatch(number) and word in _AMOUNTS_TO:
            found[int(number)] = word
    return found


def amounts_to(word: str) -> str:
    """The state of an issue that a fact's word stands for."""
    return _AMOUNTS_TO.get(word, "")


def follow_issues(
    text: str,
    applied: Sequence[str],
    states: Mapping[int, str],
    here: str,
    own: int = 0,
    followed: Collection[int] = (),
) -> Followed:
    """The text with the boxes of those issues moved whose state is not ``applied`` yet.

    ``states`` are ``open``, ``completed``, ``not_planned`` or ``gone``, of the issues that were
    read; ``own`` is the plan's own issue, which no box follows. Where nothing was applied before, a
    box is moved only when it has no other words or its issue is one of the ``followed``, which it
    just became or which was closed after it: what a person wrote beside the number of a closed
    issue stands. A tick that plansync did not make is never undone.
    """
    former = issue_facts(applied)
    words: dict[int, str] = {}
    moves: dict[int, tuple[str, str]] = {}
    for number in issues_named(text, here):
        word, state = former.get(number, ""), states.get(number, "")
        if number == own or not (word or state):
            continue
        if not state or state == amounts_to(word):
            words[number] = _still(text, number, word, here)
            continue
        first = not word and not (number in followed or _has_no_words(text, number, here))
        words[number] = state
        if not (first or state == "gone" or (word == "gone" and state != "completed")):
            moves[number] = word, state
    text, changed = _moved(text, moves, here)
    words |= {number: _OURS.get(moves[number][1], "open") for number in changed}
    facts = tuple(f"#{number}:{word}" for number, word in words.items())
    reasons = tuple(_reason(number, moves[number][1]) for number in moves if number in changed)
    return Followed(text, facts, reasons)


def _reason(number: int, state: str) -> str:
    said = {
        "completed": "was closed: its box is ticked",
        "not_planned": "was closed as not planned: its box is not applicable",
        "open": "is open again: so is its box",
    }
    return f"#{number} {said[state]}"


def _has_no_words(text: str, number: int, here: str) -> bool:
    return any(named.alone for _, named in boxes_by_issue(text, here).get(number, ()))


def _still(text: str, number: int, word: str, here: str) -> str:
    """What a fact says once a person changed the box that it moved: it is theirs then."""
    tasks = parse_document(text).tasks
    boxes = [tasks[index] for index, _ in boxes_by_issue(text, here).get(number, ())]
    if word == "ticked" and not any(task.checked for task in boxes):
        return "completed"
    if word == "settled" and not any(na_reason(task.raw) == NOT_PLANNED for task in boxes):
        return "not_planned"
    return word


def _moved(
    text: str, moves: Mapping[int, tuple[str, str]], here: str
) -> tuple[str, frozenset[int]]:
    """The text with the boxes of issues as their states are now, and the issues that moved one.

    ``moves`` has the word applied before and the state now of each issue. What plansync did before
    is taken back first.
    """
    former = {number: word for number, (word, _) in moves.items()}
    state = {number: now for number, (_, now) in moves.items()}
    changed: set[int] = set()

    def step(says: Mapping[int, str], word: str, applies: _Applies, change: Change) -> None:
        nonlocal text
        named, tasks = boxes_by_issue(text, here), parse_document(text).tasks
        boxes = {
            index: number
            for number, said in says.items()
            if said == word
            for index, _ in named.get(number, ())
            if applies(tasks[index])
        }
        text, done = change_boxes(text, sorted(boxes), change)
        changed.update(boxes[index] for index in done)

    step(former, "ticked", lambda task: task.checked, ticked(False))
    step(former, "settled", lambda task: na_reason(task.raw) == NOT_PLANNED, na_removed)
    step(state, "completed", lambda task: not is_settled(task), ticked(True))
    ending = words_behind(f" — N/A: {NOT_PLANNED}")
    step(state, "not_planned", lambda task: not is_settled(task), ending)
    return text, frozenset(changed)
