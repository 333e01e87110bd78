"""What is read of one plan before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.github.snapshots import (
    CommentSnapshot,
    FileSnapshot,
    IssueSnapshot,
    Person,
    PullSnapshot,
    RepoPath,
)
from bot.memory import PlanMemory
from bot.plans.commands import Command
from bot.subjects.pull_read import PullDetails
from bot.subjects.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Bases:
    """What each side is compared with.

    ``agreed`` is the plan file on which both sides last agreed, None where nobody knows. ``file``
    is the version of the plan file that the present one goes back to, ``issue`` the plan text that
    the present body goes back to; both are ``agreed`` but after a force push, a write cut short, an
    edit of an old copy, while an edit is held, or while the branch takes no commits. ``unsure``:
    one of them is a guess.
    """

    agreed: str | None = None
    file: str | None = None
    issue: str | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A person's edit of the plan text of the issue; ``before`` is None where nobody knows.

    ``unsure``: ``before`` is a guess. ``late``: what it seems to add may be there already.
    ``over``: what plansync wrote over it, where that is known.
    """

    login: str
    before: str | None
    after: str
    unsure: bool = False
    late: bool = False
    over: str | None = None


@dataclass(frozen=True, slots=True)
class NamedIssue:
    """An issue that a box stands for: ``open``, ``completed``, ``not_planned``, or ``gone``.

    ``told``: somebody just closed it, opened it again or took it away.
    """

    number: int
    state: str
    title: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A command in a comment; ``allowed`` when who gave it may write to the repository.

    The comment stands on the issue or pull request ``number`` (0: the plan issue); ``role`` is that
    of whoever wrote the command, ``at`` when the comment was made. ``done`` says that it was obeyed
    before: ``landed`` is still to be acknowledged, ``known`` is not. ``several``: the pull request
    is linked with more plans than this one. ``joins``: it was given in an issue that is to become
    the plan's.
    """

    comment_id: int
    claim: str
    command: Command
    login: str
    allowed: bool
    number: int = 0
    role: str = ""
    at: datetime | None = None
    done: str = ""
    several: bool = False
    joins: bool = False
    seen: Seen | None = None
    actor_id: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read for one command alone.

    ``pull`` for a link, the ``role`` of who is to be assigned, the ``issue`` that a command made
    already, the ``file`` to be adopted, ``changes`` since the last revision, and whether whoever
    approves is in the ``teams`` that may (None where that cannot be seen).
    """

    pull: PullSnapshot | None = None
    role: str = ""
    issue: int | None = None
    file: FileSnapshot | None = None
    changes: tuple[str, ...] = ()
    teams: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanSnapshot:
    """Everything ``decide`` needs, read once: GitHub's side and what is remembered.

    ``refused`` are edits by people who may not write, ``overwritten`` edits that a write of ours
    replaced unseen. ``comments`` are read only where a command is claimed. With a ``problem`` the
    file cannot be read and ``file`` is what both sides last agreed on; so it is where the file was
    ``deleted`` (the commit that did it, "?" where nobody knows). ``moved_to`` and ``moved_from``
    are the paths that a plan file went to or came from. ``waiting`` is what the default branch did
    not take so far. ``may_rename`` is False when somebody who may not write changed the issue's
    title, labels or people. ``named`` are issues that boxes stand for, ``unread`` how many more of
    them there are of which nothing is known yet. Before ``early`` nothing is
    decided: nobody has said yet whose edit the body is. ``undone`` are commits that commits of the
    default branch revert, each with that one.
    """

    path: RepoPath
    memory: PlanMemory
    file: FileSnapshot | None
    issue: IssueSnapshot | None
    bases: Bases = Bases()
    refused: tuple[TextEdit, ...] = ()
    overwritten: tuple[TextEdit, ...] = ()
    orders: tuple[Order, ...] = ()
    comments: tuple[CommentSnapshot, ...] = ()
    may_rename: bool = True
    waiting: Waiting | None = None
    named: tuple[NamedIssue, ...] = ()
    unread: int = 0
    pulls: tuple[PullSnapshot, ...] = ()
    gone_pulls: tuple[int, ...] = ()
    pull_details: tuple[PullDetails, ...] = ()
    people: tuple[Person, ...] = ()
    commits: tuple[str, ...] = ()
    undone: tuple[tuple[str, str], ...] = ()
    bodies: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    settled_edits: tuple[str, ...] = ()
    pushed: bool = False
    request_title: str = ""
    log: FileSnapshot | None = None
    around: tuple[FileSnapshot, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    heard_at: datetime | None = None
    early: datetime | None = None
    problem: str = ""
    deleted: str = ""
    moved_to: RepoPath | None = None
    moved_from: RepoPath | None = None

    def ordered(self, verb: str, *words: str) -> Order | None:
        """The newest command of this kind that is to be obeyed."""
        return next(
            (
                order
                for order in reversed(self.orders)
                if order.allowed
                and order.command.verb == verb
                and tuple(word.casefold() for word in order.command.words) == words
            ),
            None,
        )
