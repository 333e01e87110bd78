"""Where a remembered plan stands, read from the text that both sides last agreed on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.memory import PlanMemory
from bot.plans import gates
from bot.plans.cellwords import STATUS_WORDS
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.gates import PlanStatus
from bot.plans.model import Plan
from bot.plans.placeholders import is_placeholder

READING = "2"
"""Part of every digest: another one makes all summaries be read again."""

_MOST_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan that was read: the document, the plan, and what its facts amount to."""

    document: Document
    plan: Plan
    status: PlanStatus


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan in one line. ``next`` and ``blocker`` are the first of theirs, "" without any.

    ``digest`` says which text and way of reading it was made from; ``status`` is ``Unreadable``
    where the text is no plan any more. ``written`` times are not part of it.
    """

    digest: str
    format: str
    title: str
    status: str
    done: int = 0
    total: int = 0
    next: str = ""
    blockers: int = 0
    blocker: str = ""


def read_standing(
    memory: PlanMemory, today: date, statuses: Mapping[str, str] = STATUS_WORDS
) -> Standing | None:
    """The remembered plan and its status; None when the text is no plan that can be read.

    ``statuses`` are the words of the repository's tracking tables.
    """
    document = parse_document(memory.base_text)
    plan = read_plan(memory.path, document, memory.format or None, statuses=statuses)
    if plan is None:
        return None
    return Standing(
        document, plan, gates.status_of(plan, document, today=today, stalled=memory.stalled)
    )


def digest_of(memory: PlanMemory, today: date, statuses: Mapping[str, str] = STATUS_WORDS) -> str:
    """What a summary depends on, as a short text: equal digests mean equal summaries."""
    dated = memory.format == "task-plan" and "due" in memory.base_text.casefold()
    words = "".join(f"{name}={word};" for name, word in sorted(statuses.items()))
    day = today.isoformat() if dated else ""
    parts = (READING, words, memory.format, memory.title, day, memory.base_text, *memory.stalled)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def summary_of(
    memory: PlanMemory, today: date, statuses: Mapping[str, str] = STATUS_WORDS
) -> PlanSummary:
    """The one line of a plan. Never raises on user text."""
    standing = read_standing(memory, today, statuses)
    digest = digest_of(memory, today, statuses)
    if standing is None:
        title = memory.title or memory.path
        return PlanSummary(digest, memory.format, _short(title), "Unreadable")
    status = standing.status
    following = next((f"{task.address} {task.text}" for task in status.next), "")
    return PlanSummary(
        digest=digest,
        format=status.format,
        title=_short(title_of(standing.plan, memory)),
        status=status.overall,
        done=status.progress.done,
        total=status.progress.total,
        next=_short(following),
        blockers=len(status.blockers),
        blocker=_short(status.blockers[0].message if status.blockers else ""),
    )


def title_of(plan: Plan, memory: PlanMemory) -> str:
    """What people call the plan: its own title, else the issue's, else the path.

    A task plan's heading is always ``Plan``, so the issue's title says what it is about.
    """
    if plan.format == "task-plan":
        header = plan.header.title if plan.header is not None else None
        return header or memory.title or plan.title or memory.path
    own = "" if is_placeholder(plan.title) else plan.title
    return own or memory.title or plan.title or memory.path


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"
