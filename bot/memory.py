"""What plansync remembers between two reconciles: values only, kept by ``bot.store``.

GitHub is the source of truth and this is memory: lose it and it is rebuilt from the repository and
the issues. A *claim* is what one delivery says about the world (``body:<sha256>:<former sha256>``
with its time as ``@<seconds>``, ``echo:`` the same by a bot, ``commit:<sha>``,
``pull:<number>:<digest>``,
``comment:<id>:<digest>``); a claim that equals what is remembered brings nothing new and costs no
request. An empty claim always causes a read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class SubjectKey:
    """What gets reconciled: ``kind`` is ``plan``, ``request`` or ``pull``.

    ``name`` is the plan's path, or the number of the request's issue or of the pull request. The
    text form is the primary key of the subject and the front of its job ids.
    """

    repository_id: int
    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.repository_id}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> SubjectKey:
        """The key whose text form this is; raises ValueError for anything else."""
        kind, repository_id, name = text.split(":", 2)
        return cls(int(repository_id), kind, name)


SAME_CLAIM = "="
"""The claim of a subject that deliveries are handed on to: what each of them claims already."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One subject that an event is about, and what the event claims of it."""

    key: SubjectKey
    claim: str = ""


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """A stored delivery that is not yet finished for a subject, oldest first in any list."""

    id: int
    guid: str
    event: str
    action: str
    claim: str
    actor_login: str
    actor_id: int
    actor_is_bot: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LinkedTask:
    """A task that a pull request names: as it is ``named``, and which task of the plan that is.

    ``address`` is the plan's for it now, "" while there is no such task; ``digest`` is that of its
    text where the address is only a place. A task that was there once is ``gone``, and its address
    may be another one's by now. ``kind``, ``line`` and ``words`` say where it is named,
    like ``bot.plans.links.Source``.
    """

    named: str
    address: str = ""
    digest: str = ""
    gone: bool = False
    kind: str = "line"
    line: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class PullMemory:
    """A pull request that a plan knows: the tasks it names and the state last read.

    ``state`` is ``open``, ``draft``, ``merged`` or ``closed``; ``digest`` is the claim digest of
    the payload that was last taken in. ``counts_as`` is what that amounts to for the plan where it
    is something else: ``waiting`` (an outsider's, not merged yet), ``elsewhere`` (merged into a
    branch that is not the plan's), ``reverted``, or ``planning`` (it changes plan files alone).

    ``tasks`` are the present addresses of ``links``. ``vouched`` says that someone who may write
    to the repository stands behind what it names, ``merged_at`` and ``by`` when and by whom it was
    merged, ``reverts`` and ``undoes`` which pull requests and commits it takes back, ``undone_by``
    the commit without a pull request that took it back itself ("?": one that nobody remembers;
    with a ``-`` before it one that took that revert back), ``undone_with`` every such commit that
    was counted.
    """

    number: int
    state: str
    url: str = ""
    tasks: tuple[str, ...] = ()
    devloop: str = ""
    digest: str = ""
    links: tuple[LinkedTask, ...] = ()
    counts_as: str = ""
    vouched: bool = True
    title: str = ""
    by: str = ""
    merged_at: str = ""
    merge_commit: str = ""
    head: str = ""
    base: str = ""
    into_default: bool = True
    plan_only: bool = False
    reverts: tuple[int, ...] = ()
    undoes: tuple[str, ...] = ()
    undone_by: str = ""
    undone_with: tuple[str, ...] = ()

    @property
    def standing(self) -> str:
        """What the pull request amounts to for the plan."""
        return self.counts_as or self.state


@dataclass(frozen=True, slots=True)
class PlanMemory:
    """What is known of one plan.

    ``base_text`` is the plan file both sides last agreed on and ``base_blob`` its git blob id;
    ``body_sha`` is the SHA-256 of the issue body believed to stand on GitHub; ``seen_commits``
    the newest commits of the default branch that are taken in already (the last 20); ``facts`` the
    pull request facts already applied (``41:merged:2,3``: number, state, tasks); ``told`` what
    people have been told once; ``proposed`` is the pull request in which changes wait that the
    default branch did not take, and ``waiting_text`` the plan file there, on which the issue and
    the pull request last agreed ("" where nothing waits); the base stays what the default branch
    had then.

    What of the issue is taken in already is the base; where it is not, ``issue_text`` says what:
    an edit by someone without write access that is ``held``. ``body_base`` is the blob the issue's
    body says it was made from, ``seen_bodies`` are hashes of bodies taken in, ``wrote`` the last
    body writes as ``hash it replaced>hash it left`` (with a ``?`` where nobody learned whether it
    came through), ``overwrote`` the bodies that the last ones replaced, and ``echoes`` what a bot's
    edits really replaced, where that was another. ``reads`` are the bodies that were last taken in
    or written, as ``seconds:hash``, with ``:version:blob`` where the body showed a plan file as it
    was, and ``settled_edits`` the edits that leave nothing to be done:
    ``bot.subjects.body_edits`` says how both are compared with what deliveries tell. ``put_off``
    are overwritten edits that are merged when a stop is over: the text before and after, in turn;
    ``put_off_how`` says of each ``unsure``, ``late``, both or neither.
    ``landing_blob`` is the file that is being written, ``landing_issue`` (a body, as of
    ``landing_at``) and
    ``landing_facts`` what it takes in of the issue and of pull requests, ``landing_body`` the body
    write like one of ``wrote``; should the process die now, they tell on which side of each write.
    ``landing_orders`` are the commands whose edits that write carries.
    ``closed_for`` is the version of the plan for which its issue was closed as complete.
    ``handled`` are the commands that were obeyed.
    ``conflicts`` are the digests of conflicts that were told and not settled since, ``stopped``
    that of what the plan is stopped for ("" while it is not), told in ``stop_comment`` and as a
    sentence without its stop in ``stopped_for``.
    ``tripped_at`` is when it was parked for being written too often ("" while it is not) and
    ``tripped_by`` the newest delivery then; only writes after ``counted_from`` are counted.
    ``moved_to`` is where a plan went that is not at this path any more.
    ``shown_title``, ``shown_labels`` and ``shown_people`` are what the issue was known to show.
    ``watches`` are what pull requests that name nothing may have to do with the plan:
    ``branch:<name>`` it comes from or goes into, ``merge:<commit>`` it may revert; and
    ``issue:<number>`` that a box stands for.
    ``ticked_at`` is when a box of each story was last newly ticked (``S-1=<seconds>``; a story that
    nobody had a record of, when it was first heard of), ``stalled`` are the stories of which three
    log entries in a row brought no newly ticked box since.
    ``related_for`` is the digest of what its relations were carried over for, ``stories`` how its
    sub-issues were left, ``blocks`` the relations that plansync made (``12<7``).
    """

    repository_id: int
    path: str
    format: str
    issue_number: int | None = None
    request_number: int | None = None
    base_text: str = ""
    base_blob: str = ""
    body_sha: str = ""
    title: str = ""
    seen_commits: tuple[str, ...] = ()
    comment_id: int | None = None
    comment_sha: str = ""
    facts: tuple[str, ...] = ()
    pulls: tuple[PullMemory, ...] = ()
    watches: tuple[str, ...] = ()
    shown_title: str = ""
    shown_labels: tuple[str, ...] = ()
    shown_people: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    state: str = "active"
    proposed: int | None = None
    waiting_text: str = ""
    issue_text: str = ""
    body_base: str = ""
    body_bases: tuple[str, ...] = ()
    seen_bodies: tuple[str, ...] = ()
    wrote: tuple[str, ...] = ()
    overwrote: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    settled_edits: tuple[str, ...] = ()
    put_off: tuple[str, ...] = ()
    put_off_how: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    landing_blob: str = ""
    landing_issue: str = ""
    landing_at: int = 0
    landing_facts: tuple[str, ...] = ()
    landing_body: str = ""
    landing_orders: tuple[str, ...] = ()
    closed_for: str = ""
    handled: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    stopped: str = ""
    stopped_for: str = ""
    stop_comment: int | None = None
    tripped_at: str = ""
    tripped_by: int = 0
    counted_from: str = ""
    moved_to: str = ""
    ticked_at: tuple[str, ...] = ()
    stalled: tuple[str, ...] = ()
    related_for: str = ""
    stories: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()

    def pull(self, number: int) -> PullMemory | None:
        """The pull request with this number, or None."""
        return next((pull for pull in self.pulls if pull.number == number), None)

    def landed(self) -> PlanMemory:
        """The same with no write under way."""
        return replace(
            self,
            landing_blob="",
            landing_issue="",
            landing_at=0,
            landing_facts=(),
            landing_body="",
            landing_orders=(),
        )


@dataclass(frozen=True, slots=True)
class RequestMemory:
    """What is known of a plan request: ``open``, ``assigned``, ``waiting``, ``proposed``, ``done``.

    ``proposed`` also names the pull request in which the new plan waits.
    """

    repository_id: int
    number: int
    state: str = "open"
    path: str = ""
    issue_number: int | None = None
    proposed: int | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change that was applied (or refused), with the sentence that explains it."""

    subject: str
    kind: str
    target: str
    reason: str
    result: str = "done"
    actor: str = ""
    url: str = ""
