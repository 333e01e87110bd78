"""What commands are obeyed with, and what comes of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import UserProblem
from bot.plans.cellwords import STATUS_WORDS


@dataclass(eq=False)
class NotHere(UserProblem):
    """A command that makes no sense for this kind of plan, however it is written."""


@dataclass(frozen=True, slots=True)
class LinkedPull:
    """A pull request of the plan: ``state`` is open, draft, merged or closed.

    ``why`` says for each of its tasks what it is and where it names it.
    """

    number: int
    state: str
    tasks: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What a command has to know beside the plan.

    ``login`` ordered it on ``date`` (``2026-03-02``), in a comment on ``pull`` where that is not
    None. ``story`` is the block that a new user story is made from, ``log`` the text of the
    decision log, None where there is none, ``stalled`` the stories that stand still. ``people``
    maps names in plans to logins and teams, ``teams`` says whether ``login`` is in them (None:
    nobody may see that).
    """

    path: str
    issue: int
    login: str
    role: str = "write"
    date: str = ""
    time: str = ""
    pull: int | None = None
    pulls: tuple[LinkedPull, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUS_WORDS)
    people: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, bool | None] = field(default_factory=dict)
    story: str = ""
    log: str | None = None
    changes: tuple[str, ...] = ()
    stalled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command.

    ``text`` and ``log`` are the plan and its decision log afterwards, ``did`` says in a few words
    what changed (for the commit), ``shows`` names the comment that answers and its values where a
    reaction does not say it all. ``refused`` is why nothing was done.
    """

    text: str
    log: str | None = None
    did: str = ""
    shows: tuple[str, Mapping[str, object]] | None = None
    refused: UserProblem | None = None
