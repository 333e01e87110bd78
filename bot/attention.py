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
    if memory.state == "deleted":
        # A deleted plan whose issue is closed is over: nobody is asked anything.
        if not memory.stopped_for:
            return None
        remedy = (
            "Put the file back, for example with git revert; or close the plan issue, when the plan"
            " is over."
        )
    else:
        remedy = (
            "plansync's comment on the plan issue names the ways on: restore what is missing,"
            " /plan take file or /plan take issue, or /plan sync confirm by somebody who may write."
        )
    why = memory.stopped_for or "much of the plan vanished in one change"
    return Attention("stopped", f"{why[:1].upper()}{why[1:]}.", remedy)


def _paused(memory: PlanMemory) -> Attention | None:
    if not memory.tripped_at:
        return None
    return Attention(
        "paused",
        "It was written too often within ten minutes, as if plansync and another tool answered each"
        " other.",
        "It goes on by itself after an hour; before that with /plan sync confirm by somebody who"
        " may write, or when an operator retries it.",
    )


def _conflict(memory: PlanMemory) -> Attention | None:
    count = len(memory.conflicts)
    if not count:
        return None
    what = "A conflict waits" if count == 1 else f"{count} conflicts wait"
    return Attention(
        "conflict",
        f"{what} for an answer on the plan issue; the file's text stands until then.",
        "/plan take issue puts the issue's text in its place, /plan take file settles it as it is.",
    )


def _held(memory: PlanMemory) -> Attention | None:
    if not memory.held:
        return None
    who = ", ".join(memory.held)
    return Attention(
        "held",
        f"{who} edited the plan issue without write access to the repository; that is not in the"
        " plan file.",
        "Somebody who may write takes it over with /plan accept.",
    )
