"""Leave a repository alone that refuses everything, say so once, and notice when it is over.

The first subject that is refused blocks its repository. While the block stands no subject of it
costs a request: each is parked until one of them asks GitHub again, once an hour, or at once when
an event says that something changed (``repository``, ``installation``, a ``plansync sync``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.apply import apply
from bot.blocks import Block, Blocked
from bot.changes import PostComment
from bot.errors import Retryable
from bot.events import COMPARE
from bot.github.ports import GitHubReader, GitHubWriter, Refused, Stale
from bot.github.snapshots import RepositorySnapshot
from bot.memory import AuditEntry, OpenDelivery, PlanMemory, RequestMemory, SubjectKey
from bot.subjects.refused import KINDS, kind_of, refused_comment, still

_ENDS = frozenset({"repository", "installation", "installation_repositories"})
_ASKED = frozenset({"sync"})
# GitHub sends nothing about such a repository: what comes all the same says that it is over.
_SILENT = frozenset({"archived", "suspended", "gone"})
_UNDER_WAY = timedelta(minutes=1)
# Only a write shows these; the subject that comes first tries.
_SHOWN_BY_WRITING = frozenset({"permission", "protected"})

log = structlog.get_logger("plansync.refusals")


class Blocks(Protocol):
    """What is needed of the store."""

    def block(self, repository_id: int) -> Block | None: ...

    def keep_block(self, kept: Block) -> None: ...

    def lift_block(self, repository_id: int, now: datetime) -> int: ...

    def finish(
        self,
        key: SubjectKey,
        delivery_ids: Sequence[int],
        *,
        audit: Sequence[AuditEntry] = (),
        finished_at: datetime,
    ) -> None: ...


@contextmanager
def watched(
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    memory: PlanMemory | RequestMemory | None,
    *,
    store: Blocks,
    reader: GitHubReader,
    writer: GitHubWriter,
    now: datetime,
) -> Iterator[None]:
    """Around a reconcile: raises Blocked instead of it, or for a refusal of the whole repository.

    A refusal that concerns this subject alone is passed on as it is.
    """
    block = _standing(key, deliveries, store, reader, now)
    try:
        yield
    except Refused as refused:
        kind = kind_of(refused, _look(reader))
        if kind is None:
            raise
        made = _note(key, kind, block, store, now)
        if block is None and KINDS[kind].told:
            _tell(key, kind, refused, memory, store, reader, writer, now)
        raise Blocked(made) from refused
    if block is not None and block.subject == str(key):
        _lift(block, store, now)


def _standing(
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    store: Blocks,
    reader: GitHubReader,
    now: datetime,
) -> Block | None:
    """The block that this reconcile is to try; raises Blocked while it is to be left alone.

    One that shows only by writing is over when the subject that was refused succeeds.
    """
    block = store.block(key.repository_id)
    if block is None:
        return None
    if now < block.until and not any(_may_end(each, block) for each in deliveries):
        raise Blocked(block)
    if block.kind in _SHOWN_BY_WRITING:
        return block
    kind = still(block.kind, _look(reader))
    if kind is not None:
        raise Blocked(_note(key, kind, block, store, now))
    _lift(block, store, now)
    return None


def _may_end(delivery: OpenDelivery, block: Block) -> bool:
    if delivery.received_at <= block.checked_at:
        return False
    if delivery.event in _ENDS:
        return True
    if delivery.event == COMPARE:
        return delivery.action in _ASKED
    if block.kind == "issues_off":
        return delivery.event in ("issues", "issue_comment")
    return block.kind in _SILENT and delivery.received_at > block.checked_at + _UNDER_WAY


def _look(reader: GitHubReader) -> RepositorySnapshot | Refused:
    try:
        return reader.repository()
    except Refused as refused:
        return refused


def _note(key: SubjectKey, kind: str, block: Block | None, store: Blocks, now: datetime) -> Block:
    meaning = KINDS[kind]
    if block is not None and block.kind == kind:
        made = replace(block, checked_at=now, subject=str(key))
    else:
        reason = f"{meaning.what} {meaning.fix}"
        made = Block(key.repository_id, kind, reason, now, now, str(key))
        log.warning("a repository is blocked", repository=key.repository_id, kind=kind)
    store.keep_block(made)
    return made


def _lift(block: Block, store: Blocks, now: datetime) -> None:
    released = store.lift_block(block.repository_id, now)
    log.info("a repository is open again", repository=block.repository_id, released=released)


def _tell(
    key: SubjectKey,
    kind: str,
    refused: Refused,
    memory: PlanMemory | RequestMemory | None,
    store: Blocks,
    reader: GitHubReader,
    writer: GitHubWriter,
    now: datetime,
) -> None:
    number = int(key.name) if key.kind == "request" else memory.issue_number if memory else None
    if number is None:
        return
    body = refused_comment(kind, refused.message)
    comment = PostComment(number, body, "refused", KINDS[kind].what)
    try:
        marker = body.partition("\n")[0]
        if any(one.ours and one.body.startswith(marker) for one in reader.comments(number)):
            return
        apply([comment], reader=reader, writer=writer)
    except (Refused, Retryable, Stale) as error:
        log.info("the refusal cannot be told", subject=str(key), reason=str(error))
        return
    entry = AuditEntry(str(key), "PostComment", comment.target, comment.reason)
    store.finish(key, [], audit=[entry], finished_at=now)
