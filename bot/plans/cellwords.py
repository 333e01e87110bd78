"""What a value in a plan says: nothing, not applicable, undecided, settled, or some words.

Every function takes text as a reader sees it (markup removed) unless it says ``raw``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.plans.elements import Task, fold
from bot.plans.model import TaskState
from bot.plans.placeholders import is_undecided
from bot.plans.plaintext import normalise_dashes

STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {"pending": "Pending", "in_progress": "In Progress", "complete": "Complete"}
)

_NOTHING = frozenset({"", "-", "--", "---", "none", "n/a", "na", "nil"})
_BARE_NA = re.compile(r"n/?a[.!]?", re.IGNORECASE)
_NA_END = re.compile(r"(?:^|\s)-{1,2}\s*n/a\s*:\s*(?P<reason>\S.*)$", re.IGNORECASE)
_NA_END_BARE = re.compile(r"(?:^|\s)-{1,2}\s*n/a\s*:?\s*$", re.IGNORECASE)
_STRUCK = re.compile(r"(?:[\w/-]+\s+|\[[^\]\n]*\]\s+){0,4}~~(?=\S).+(?<=\S)~~[.\s]*", re.DOTALL)
_RANGE = re.compile(r"(\d{1,4})\s*(?:-|\.\.|to)\s*(\d{1,4})")
_NUMBER = re.compile(r"#?\s*([A-Za-z]{1,5}-?\d{1,5}|\d{1,6})")
_LONGEST_RANGE = 200
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is none: empty, a dash of any kind, ``none``, ``N/A``."""
    return normalise_dashes(text).strip().casefold() in _NOTHING


def is_bare_na(text: str) -> bool:
    """``N/A`` with no reason after it."""
    return _BARE_NA.fullmatch(normalise_dashes(text).strip(" \t\n-*_.")) is not None


def leading_word(text: str, words: Iterable[str]) -> str | None:
    """The allowed word that ``text`` begins with, as the format spells it; None for any other.

    Case, kind of dash and marks around it do not matter; prose may follow after a blank.
    """
    if is_undecided(text, words):
        return None
    found = fold(_EDGES.sub("", text))
    for word in sorted(words, key=len, reverse=True):
        wanted = fold(word)
        if found == wanted or re.match(re.escape(wanted) + r"(?![\w/-])", found):
            return word
    return None


def same_word(text: str, word: str) -> bool:
    """Whether the whole value is this word, whatever its case or the marks around it."""
    return fold(_EDGES.sub("", text)) == fold(word)


def state_of(text: str, statuses: Mapping[str, str] = STATUS_WORDS) -> TaskState:
    """The state that a status cell names; empty is Pending, a word nobody configured Unknown."""
    states = {
        "pending": TaskState.PENDING,
        "in_progress": TaskState.IN_PROGRESS,
        "complete": TaskState.COMPLETE,
    }
    if not text.strip() or is_undecided(text, statuses.values()):
        return TaskState.PENDING
    for key, word in statuses.items():
        if key in states and same_word(text, word):
            return states[key]
    return TaskState.BLOCKED if leading_word(text, ["Blocked"]) else TaskState.UNKNOWN


def is_settled(task: Task) -> bool:
    """Ticked, struck through, or ending in ``— N/A: reason``: nothing is left to do."""
    return task.checked or is_struck(task.raw) or na_reason(task.raw) != ""


def is_struck(raw: str) -> bool:
    """Whether the whole text is struck through; ids and marks may stand before it."""
    return _STRUCK.fullmatch(raw.strip()) is not None


def na_reason(raw: str) -> str:
    """The reason after a final ``— N/A:``, or ``""``."""
    match = _NA_END.search(normalise_dashes(" ".join(raw.split())))
    if match is None or match["reason"].startswith(("<", "{", "[")):
        return ""
    return match["reason"]


def ends_in_bare_na(raw: str) -> bool:
    """Whether a box's text ends in ``— N/A`` without a reason."""
    return _NA_END_BARE.search(normalise_dashes(" ".join(raw.split()))) is not None


def split_people(text: str) -> tuple[str, ...]:
    """The names in a cell or field, divided by commas, semicolons or ``and``."""
    parts = re.split(r"[,;\n]|\s+and\s+", text)
    return tuple(part.strip(" \t*_`") for part in parts if part.strip(" \t*_`"))


def split_numbers(text: str) -> tuple[str, ...]:
    """The task numbers in a cell: ``1, 2``, ``1–3``, ``#1 and #2``; none for a dash.

    Words that are no number come back as they stand, so that they can be reported.
    """
    cleaned = normalise_dashes(text)
    if is_nothing(cleaned):
        return ()
    numbers: list[str] = []
    for part in re.split(r"[,;&+\n]|\s+and\s+", cleaned):
        numbers.extend(_part_numbers(part.strip()))
    return tuple(dict.fromkeys(numbers))


def _part_numbers(part: str) -> list[str]:
    if not part:
        return []
    between = _RANGE.fullmatch(part)
    if between:
        first, last = int(between[1]), int(between[2])
        if first <= last < first + _LONGEST_RANGE:
            return [str(number) for number in range(first, last + 1)]
    pieces = part.split()
    if pieces and all(_NUMBER.fullmatch(piece) for piece in pieces):
        return [piece.lstrip("# ").upper() for piece in pieces]
    match = _NUMBER.fullmatch(part)
    return [match[1].upper()] if match else [part]
