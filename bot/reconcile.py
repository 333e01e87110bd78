"""One subject, once: read a snapshot, decide, apply, remember. No queue, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot import breaker
from bot.apply import apply
from bot.changes import Applied, Change, Decision
from bot.checks import CheckMemory, CheckSide
from bot.config import ConfigMemory, RepoConfig
from bot.config_load import KeepsChoices, config_in_force
from bot.dry_run import held_back, rehearse
from bot.edits import BodyEdit, Edits, Stored, body_edit
from bot.errors import Retryable, UserProblem
from bot.events import COMPARE
from bot.github.ports import GitHubReader, GitHubWriter
from bot.github.snapshots import CommentSnapshot, Committed, RepoRef
from bot.memory import AuditEntry, OpenDelivery, PlanMemory, RequestMemory, SubjectKey, Trigger
from bot.proposing import carry_out
from bot.refusals import Blocks, watched
from bot.subjects import check, configured, plan, pull, relations, request
from bot.subjects.check_again import checks_again
from bot.subjects.check_claims import WAITING
from bot.subjects.relations_claims import KIND as RELATIONS
from bot.subjects.relations_claims import relations_again, relations_of_config

Memory = PlanMemory | RequestMemory | ConfigMemory | CheckMemory
# A plan request makes a file, an issue, assigns people and comments, one pass each.
_MOST_PASSES = 6


class Memories(Blocks, KeepsChoices, Protocol):
    """What a reconcile needs of the store."""

    def repo(self, repository_id: int) -> RepoRef | None: ...

    def plan(self, repository_id: int, path: str) -> PlanMemory | None: ...

    def plan_paths(self, repository_id: int) -> list[str]: ...

    def request(self, repository_id: int, number: int) -> RequestMemory | None: ...

    def replay(self, delivery_id: int, now: datetime) -> int | None: ...

    def check_side(self, repository_id: int, name: str) -> CheckSide: ...

    def delivery(self, delivery_id: int) -> Stored | None: ...

    def audit(self, *, subject: SubjectKey | None, limit: int) -> Sequence[Any]: ...

    def remember(self, memories: Sequence[PlanMemory | RequestMemory]) -> None: ...

    def finish(
        self,
        key: SubjectKey,
        delivery_ids: Sequence[int],
        *,
        remember: Sequence[Memory] = (),
        audit: Sequence[AuditEntry] = (),
        forward: Sequence[Trigger] = (),
        finished_at: datetime,
        note: str = "",
        compared: bool = True,
    ) -> None: ...


class Gateway(Protocol):
    """Where readers and writers of a repository come from."""

    def reader(self, repo: RepoRef) -> GitHubReader: ...

    def writer(self, repo: RepoRef) -> GitHubWriter: ...


class Subject(Protocol):
    """What every module of ``bot.subjects`` offers; a snapshot is the subject's own business."""

    MEMORY: type[Any]

    def is_known(self, claim: str, memory: Any) -> bool: ...

    def read(
        self,
        key: SubjectKey,
        reader: GitHubReader,
        memory: Any,
        deliveries: Sequence[OpenDelivery],
        config: RepoConfig,
        edit_of: Edits,
    ) -> Any: ...

    def decide(self, snapshot: Any, config: RepoConfig) -> Decision: ...

    def remember(
        self, snapshot: Any, decision: Decision, applied: Sequence[Applied]
    ) -> Sequence[Memory]: ...


@dataclass(slots=True)
class _Run:
    """What one reconcile learned so far; kept even when a later write fails."""

    memory: Memory | CheckSide | None
    remembered: dict[str, Memory] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    forward: list[Trigger] = field(default_factory=list)
    note: str = ""
    config: RepoConfig = field(default_factory=RepoConfig)


def reconcile(
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    *,
    store: Memories,
    gateway: Gateway,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    config: RepoConfig | None = None,
) -> None:
    """Bring one subject up to date and finish exactly ``deliveries`` for it.

    Deliveries that claim only what is remembered already cost no request. Raises Stale, Retryable,
    Refused, Tripped or another UserProblem; the deliveries then stay open.
    """
    subject = SUBJECTS[key.kind]
    memory = _recall(store, key)
    ids = [delivery.id for delivery in deliveries]
    if deliveries and all(subject.is_known(d.claim, memory) for d in deliveries):
        note = "nothing new: known already"
        store.finish(key, ids, finished_at=now, note=note, compared=False)
        return
    repo = store.repo(key.repository_id)
    if repo is None:
        raise UserProblem(
            f"Repository {key.repository_id} is not known.", "Install the App on it again."
        )
    run = _Run(memory)
    about = memory if isinstance(memory, PlanMemory | RequestMemory) else None
    limit = breaker.look(key, deliveries, about, store=store, now=now)
    reader, writer = gateway.reader(repo), gateway.writer(repo)
    try:
        with watched(key, deliveries, about, store=store, reader=reader, writer=writer, now=now):
            chosen = run.config = config or _chosen(key, store, reader, now)
            _passes(key, deliveries, store, reader, writer, run, chosen, limit, stopping, now)
    except BaseException as error:
        if run.audit:
            store.finish(key, [], audit=run.audit, finished_at=now)
        if isinstance(error, breaker.Tripped) and isinstance(memory, PlanMemory):
            gate = (reader, writer)
            breaker.trip(error, key, deliveries, memory, store=store, gate=gate, now=now)
        raise
    if isinstance(memory, PlanMemory) and isinstance(run.memory, PlanMemory):
        run.forward += checks_again(memory, run.memory)
    if isinstance(run.memory, PlanMemory) and key.kind == "plan":
        run.forward += relations_again(run.memory, run.config)
    if isinstance(run.memory, ConfigMemory):
        _look_again(deliveries, memory, run.memory, store, now)
        before = memory.config if isinstance(memory, ConfigMemory) else RepoConfig()
        paths = store.plan_paths(key.repository_id)
        run.forward += relations_of_config(before, run.memory.config, key.repository_id, paths)
    store.finish(
        key,
        ids,
        remember=[m for m in run.remembered.values() if _news(m, key, store)],
        audit=run.audit,
        forward=run.forward,
        finished_at=now,
        note=run.note,
    )


def _passes(
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    store: Memories,
    reader: GitHubReader,
    writer: GitHubWriter,
    run: _Run,
    config: RepoConfig,
    limit: breaker.Breaker,
    stopping: Callable[[], bool],
    now: datetime,
) -> None:
    subject, own = SUBJECTS[key.kind], f"{reader.app_slug}[bot]"

    def decide(snapshot: Any, config: RepoConfig) -> Decision:
        return limit.passed(snapshot, subject.decide(snapshot, config))

    def edit_of(delivery_id: int) -> BodyEdit | None:
        return body_edit(store.delivery(delivery_id))

    def announce(decision: Decision) -> None:
        if decision.beforehand is not None:
            store.remember([decision.beforehand])

    for _ in range(_MOST_PASSES):
        snapshot = subject.read(key, reader, run.memory, deliveries, config, edit_of)
        early = getattr(snapshot, "early", None)
        if early is not None and now < early:
            # Tried again soon, not at that time: the delivery mostly comes within a second.
            raise Retryable("nobody has said yet who edited the issue")
        applied: list[Applied] = []
        try:
            if config.dry_run:
                decision = subject.decide(snapshot, config)
                _rehearse(snapshot, decision, run, reader, writer, stopping, applied)
                return
            snapshot, decision = carry_out(
                key,
                snapshot,
                decide,
                config,
                reader=reader,
                writer=writer,
                stopping=stopping,
                applied=applied,
                announce=announce,
            )
        finally:
            run.audit += [_entry(key, done, deliveries, own) for done in applied]
        for memory in subject.remember(snapshot, decision, applied):
            run.remembered[_place(memory)] = memory
            if isinstance(memory, subject.MEMORY) and _of(memory, key):
                run.memory = memory
        run.forward += decision.forward
        run.note = decision.note
        if not decision.again:
            return


def _rehearse(
    snapshot: Any,
    decision: Decision,
    run: _Run,
    reader: GitHubReader,
    writer: GitHubWriter,
    stopping: Callable[[], bool],
    applied: list[Applied],
) -> None:
    """Say what would be done, and remember only what must not be taken over afterwards."""
    said = rehearse(snapshot, decision, reader)
    apply(said, reader=reader, writer=writer, stopping=stopping, applied=applied)
    run.forward += decision.forward
    held = held_back(snapshot)
    if held is not None:
        run.remembered[_place(held)] = run.memory = held
    run.note = f"dry run: {len(decision.changes)} changes were not made"


def _look_again(
    deliveries: Sequence[OpenDelivery],
    before: Memory | CheckSide | None,
    after: ConfigMemory,
    store: Memories,
    now: datetime,
) -> None:
    """Dispatch again what came while another configuration was in force, or with the new one."""
    former = before.config if isinstance(before, ConfigMemory) else RepoConfig()
    if former == after.config:
        return
    for delivery in deliveries:
        if delivery.claim == WAITING or delivery.claim.startswith("commit:"):
            store.replay(delivery.id, now)


def _chosen(key: SubjectKey, store: Memories, reader: GitHubReader, now: datetime) -> RepoConfig:
    """The repository's configuration; its own subject reads it anyway, and is never a dry run."""
    if key.kind == "config":
        return RepoConfig()
    return config_in_force(store, reader, now)


def _place(memory: Memory) -> str:
    return f"plan:{memory.path}" if isinstance(memory, PlanMemory) else type(memory).__name__


def _of(memory: Memory, key: SubjectKey) -> bool:
    """Whether it is the subject's own memory: a plan that moved also leaves one behind."""
    return not isinstance(memory, PlanMemory) or key.kind != "plan" or memory.path == key.name


def _news(memory: Memory, key: SubjectKey, store: Memories) -> bool:
    """False for a plan that a request finds again: the plan's own memory is newer."""
    if key.kind in ("plan", RELATIONS) or not isinstance(memory, PlanMemory):
        return True
    return store.plan(memory.repository_id, memory.path) is None


def _recall(store: Memories, key: SubjectKey) -> Memory | CheckSide | None:
    match key.kind:
        case "plan" | "relations":
            return store.plan(key.repository_id, key.name)
        case "request":
            return store.request(key.repository_id, int(key.name))
        case "check":
            return store.check_side(key.repository_id, key.name)
        case "config":
            return store.choices(key.repository_id)
    return None


def _caused(delivery: OpenDelivery, own: str) -> bool:
    """Whether somebody else did something: neither our own echo nor a look of our own."""
    return delivery.actor_login != own and delivery.event != COMPARE


def _entry(
    key: SubjectKey, done: Applied, deliveries: Sequence[OpenDelivery], own: str
) -> AuditEntry:
    change: Change = done.change
    actors = dict.fromkeys(d.actor_login for d in deliveries if _caused(d, own))
    match done.result:
        case Committed(sha=sha):
            url = sha
        case CommentSnapshot(url=url):
            pass
        case _:
            url = getattr(done.result, "url", "")
    return AuditEntry(
        subject=str(key),
        kind=type(change).__name__,
        target=change.target,
        reason=change.reason,
        actor=", ".join(actors),
        url=url,
    )


SUBJECTS: dict[str, Subject] = {
    "plan": plan,
    "request": request,
    "pull": pull,
    "check": check,
    "config": configured,
    RELATIONS: relations,
}
