"""Bring a whole repository up to date now, or say what that would change.

``discover`` finds every plan and open request, also those that no webhook ever told of. ``preview``
reads and decides one of them and writes nothing. ``sync`` puts the wish to compare each into the
inbox, so that work stays one at a time in a repository: a running worker takes it up, and where
none runs, ``by_hand`` does its work here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.attempt import Bench, attempt
from bot.changes import Change
from bot.config import RepoConfig
from bot.dispatch import dispatch
from bot.errors import UserProblem
from bot.events import COMPARE
from bot.github.ports import GitHubReader, GitHubWriter, Refused
from bot.github.snapshots import RepoPath, RepoRef
from bot.memory import AuditEntry, SubjectKey
from bot.plans.render import parse_plan_marker
from bot.reconcile import SUBJECTS, reconcile
from bot.slot import only_worker
from bot.store import Store
from bot.subjects.configured import LABELS
from bot.sweeps import wish

WORKER_ALIVE = timedelta(seconds=30)
_POLL_SECONDS = 0.2


class RepositoryGateway(Protocol):
    """Where a repository is found by its name, read and written."""

    def find(self, full_name: str) -> RepoRef | None: ...

    def reader(self, repo: RepoRef) -> GitHubReader: ...

    def writer(self, repo: RepoRef) -> GitHubWriter: ...


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a reconcile of a subject would write now; ``more`` when that leads to further changes.

    ``note`` says why there is nothing to write, or what a person has to mend first.
    """

    key: SubjectKey
    changes: tuple[Change, ...] = ()
    more: bool = False
    note: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """How a subject's reconcile ended: ``finished``, ``parked`` or ``open`` (not done in time)."""

    key: SubjectKey
    state: str
    changes: tuple[AuditEntry, ...] = ()
    note: str = ""


def discover(
    repo: RepoRef, store: Store, reader: GitHubReader, config: RepoConfig
) -> list[SubjectKey]:
    """Every plan of a repository that is known or lies where plans lie, and every open request.

    Costs eight requests, and one for each hundred issues that carry a label asking for a plan.
    """
    paths = set(store.plan_paths(repo.id))
    paths.update(path for path in _files(reader) if config.adopts(path))
    numbers: set[int] = set()
    for label in config.labels:
        for issue in reader.issues(labels=[label], state="open"):
            if parse_plan_marker(issue.body) is None:
                numbers.add(issue.number)
    requests = [SubjectKey(repo.id, "request", str(number)) for number in sorted(numbers)]
    unanswered = [key for key in requests if not _answered(store, key)]
    return [*(SubjectKey(repo.id, "plan", path) for path in sorted(paths)), *unanswered]


def _answered(store: Store, key: SubjectKey) -> bool:
    memory = store.request(key.repository_id, int(key.name))
    return memory is not None and memory.state == "done"


def _files(reader: GitHubReader) -> list[str]:
    tip = reader.head(reader.repository().default_branch)
    if tip is None:
        return []
    files = reader.paths(tip)
    if files is None:
        raise UserProblem(
            "The repository has more files than GitHub lists at once.",
            "Ask for one plan: OWNER/REPO:PATH.",
        )
    return files


def preview(key: SubjectKey, store: Store, reader: GitHubReader, config: RepoConfig) -> Previewed:
    """Read and decide one subject; nothing is written anywhere. Raises Retryable."""
    subject = SUBJECTS[key.kind]
    memory: Any = None
    if key.kind == "plan":
        memory = store.plan(key.repository_id, key.name)
    elif key.kind == "request":
        memory = store.request(key.repository_id, int(key.name))
    try:
        snapshot = subject.read(key, reader, memory, (), config, lambda delivery_id: None)
        decision = subject.decide(snapshot, config)
    except (UserProblem, Refused) as problem:
        return Previewed(key, note=str(problem), failed=True)
    return Previewed(key, decision.changes, decision.again, decision.note)


def sync(
    keys: Sequence[SubjectKey],
    repo: RepoRef,
    store: Store,
    gateway: RepositoryGateway,
    *,
    seconds: float = 120.0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    config: RepoConfig | None = None,
) -> list[Synced]:
    """Reconcile every one of ``keys`` and tell what was changed, in the order given.

    The repository's configuration among them stands for the labels that ask for a plan: those it
    lacks are made. Parked ones are tried again too. Raises WorkerRunning when a worker runs that
    does not answer, and Retryable when the database cannot be used.
    """
    begun = clock()
    store.keep_repo(repo)
    wishes = {
        key: wish(
            repo,
            key.kind,
            key.name,
            begun,
            why=LABELS if key.kind == "config" else "sync",
            since=begun,
        )
        for key in keys
    }
    for each in wishes.values():
        store.receive(each.guid, COMPARE, each.body, received_at=begun)
    for key in keys:
        subject = store.subject(key)
        if subject is not None and subject.parked_at is not None:
            store.release(key, begun)
    beat = store.last_beat()
    alive = beat is not None and beat > begun - WORKER_ALIVE
    file = None if alive else store.sqlite_file
    with only_worker(file) if file is not None else nullcontext():
        while True:
            if not alive:
                _work(set(keys), store, gateway, clock, sleep, config)
            open_ = _open(store, {key: wishes[key].guid for key in keys})
            if not open_ or clock() - begun > timedelta(seconds=seconds):
                break
            sleep(_POLL_SECONDS)
    return [_synced(key, store, begun, key in open_) for key in keys]


def _work(
    keys: set[SubjectKey],
    store: Store,
    gateway: RepositoryGateway,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    config: RepoConfig | None,
) -> None:
    """One round of a worker's work, for these subjects alone."""
    while dispatch(store, clock(), timedelta(0)):
        pass

    def with_config(*args: Any, **kwargs: Any) -> None:
        reconcile(*args, **kwargs, config=config)

    bench = Bench(store=store, gateway=gateway, reconcile=with_config, clock=clock, sleep=sleep)
    for due in store.due_subjects(clock(), limit=10_000):
        if due.key in keys:
            attempt(due.key, bench)


def _open(store: Store, guids: dict[SubjectKey, str]) -> set[SubjectKey]:
    """The subjects that are neither done nor parked."""
    states = store.delivery_states(guids.values())
    waiting = {key for key, guid in guids.items() if states.get(guid) in ("new", "open")}
    rows = {key: store.subject(key) for key in waiting}
    return {key for key, row in rows.items() if row is None or row.parked_at is None}


def _synced(key: SubjectKey, store: Store, begun: datetime, is_open: bool) -> Synced:
    row = store.subject(key)
    done = [each.entry for each in store.audit(subject=key, limit=200) if each.at >= begun]
    state = "open" if is_open else "parked" if row and row.parked_at else "finished"
    return Synced(key, state, tuple(reversed(done)), row.reason if row else "")


def resolve(
    target: str, store: Store, gateway: RepositoryGateway
) -> tuple[RepoRef, SubjectKey | None]:
    """The repository, and the one plan, that ``target`` names.

    ``OWNER/REPO``, ``OWNER/REPO:PATH``, ``OWNER/REPO#ISSUE``, or the path of a plan that only one
    repository has. Raises UserProblem for anything else.
    """
    known = [plan for plan in store.plans() if plan.path == target]
    if len(known) == 1:
        repo = store.repo(known[0].repository_id)
        if repo is not None:
            return repo, SubjectKey(repo.id, "plan", target)
    if len(known) > 1:
        raise UserProblem(
            f"{len(known)} repositories have a plan {target}.", "Write OWNER/REPO:PATH."
        )
    name, _, path = target.partition(":")
    name, _, number = name.partition("#") if not path else (name, "", "")
    repo = gateway.find(name)
    if repo is None:
        raise UserProblem(
            f"The App is not installed on {name}.",
            "Write OWNER/REPO, OWNER/REPO:PATH or OWNER/REPO#ISSUE of a repository that it is on.",
        )
    if path:
        return repo, SubjectKey(repo.id, "plan", RepoPath(path))
    if number:
        return repo, _of_issue(repo, number, store, gateway)
    return repo, None


def _of_issue(repo: RepoRef, number: str, store: Store, gateway: RepositoryGateway) -> SubjectKey:
    issue = gateway.reader(repo).issue(int(number)) if number.isdecimal() else None
    if issue is None:
        raise UserProblem(f"{repo.full_name} has no issue #{number}.")
    path = store.plan_path_of_issue(repo.id, issue.number)
    marker = parse_plan_marker(issue.body)
    if path or marker:
        return SubjectKey(repo.id, "plan", path or (marker.path if marker else ""))
    return SubjectKey(repo.id, "request", number)
