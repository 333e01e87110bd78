"""What of a remembered plan waits for a person: what it is, and what ends it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.memory import PlanMemory

Kind = Literal["stopped", "paused", "conflict", "held"]


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that waits for a person: what happened, and what they can do about it.

    ``stopped``: a change took much of the plan away, or it cannot be read. ``paused``: it was
    written too often. ``conflict``: both sides changed the same text. ``held``: somebody without
    write access edited the issue.
    """

    kind: Kind
    why: str
    remedy: str


def remedy_of(kind: str, state: str) -> str:
    """What ends it that a plan of this memory's state waits for a person; "" for no kind."""
    match kind:
        case "stopped" if state == "deleted":
            return "Put the file back, for example with git revert, or close the plan issue."
        case "stopped":
            return (
                "Restore what is missing, or answer on the plan issue: /plan take file, /plan take"
                " issue, or /plan sync confirm."
            )
        case "paused":
            return (
                "It goes on by itself after an hour; before that with /plan sync confirm on the"
                " plan issue, or when an operator retries it."
            )
        case "conflict":
            return (
                "/plan take issue puts the issue's text in its place, /plan take file settles it"
                " as it is."
            )
        case "held":
            return "Somebody who may write takes it over with /plan accept."
    return ""


def find_attention(memory: PlanMemory) -> tuple[Attention, ...]:
    """All that waits for a person, what stops the plan first; () for a plan that is well."""
    return tuple(
        one
        for one in (_stopped(memory), _paused(memory), _conflict(memory), _held(memory))
        if one is not None
    )


def _stopped(memory: PlanMemory) -> Attention | None:
    if not memory.stopped:
        return None
    if memory.state == "deleted" and not memory.stopped_for:
        # A deleted plan whose issue is closed is over: nobody is asked anything.
        return None
    why = memory.stopped_for or "much of the plan vanished in one change"
    return _of("stopped", f"{why[:1].upper()}{why[1:]}.", memory)


def _paused(memory: PlanMemory) -> Attention | None:
    if not memory.tripped_at:
        return None
    why = (
        "It was written too often within ten minutes, as if plansync and another tool answered each"
        " other."
    )
    return _of("paused", why, memory)


def _conflict(memory: PlanMemory) -> Attention | None:
    count = len(memory.conflicts)
    if not count:
        return None
    what = "A conflict waits" if count == 1 else f"{count} conflicts wait"
    why = f"{what} for an answer on the plan issue; the file's text stands until then."
    return _of("conflict", why, memory)


def _held(memory: PlanMemory) -> Attention | None:
    if not memory.held:
        return None
    who = ", ".join(memory.held)
    why = (
        f"{who} edited the plan issue without write access to the repository; that is not in the"
        " plan file."
    )
    return _of("held", why, memory)


def _of(kind: Kind, why: str, memory: PlanMemory) -> Attention:
    return Attention(kind, why, remedy_of(kind, memory.state))
