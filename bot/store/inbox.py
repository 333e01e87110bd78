"""The inbox in SQL: taking deliveries in, dispatching them, finishing them, trying again.

Each function runs inside the transaction of the connection it is given. Lock order on PostgreSQL:
deliveries by id, then subjects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.github.snapshots import Person, RepoRef
from bot.memory import SAME_CLAIM, OpenDelivery, SubjectKey, Trigger
from bot.store.engine import upsert
from bot.store.records import HELD, DueSubject, PayloadGone, StoredDelivery
from bot.store.tables import deliveries, delivery_subjects, repositories, subjects

_open = delivery_subjects.c.finished_at.is_(None)
_AT_ONCE = 1000


def receive(
    connection: Connection, guid: str, event: str, body: bytes, received_at: datetime
) -> bool:
    insert = (
        upsert(connection.engine, deliveries)
        .on_conflict_do_nothing(index_elements=["guid", "body_sha", "replay"])
        .returning(deliveries.c.id)
    )
    row = {
        "guid": guid,
        "body_sha": hashlib.sha256(body).hexdigest(),
        "replay": 0,
        "event": event,
        "body": body,
        "received_at": received_at,
    }
    return connection.execute(insert, row).one_or_none() is not None


def new_deliveries(connection: Connection, limit: int, most_bytes: int) -> list[StoredDelivery]:
    """The oldest new deliveries: up to ``limit``, and no more than fit into ``most_bytes``."""
    sizes = (
        sa.select(deliveries.c.id, sa.func.length(deliveries.c.body))
        .where(deliveries.c.state == "new")
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    wanted: list[int] = []
    total = 0
    for number, size in connection.execute(sizes):
        total += size
        if wanted and total > most_bytes:
            break
        wanted.append(number)
    if not wanted:
        return []
    columns = (
        deliveries.c.id,
        deliveries.c.guid,
        deliveries.c.event,
        deliveries.c.body,
        deliveries.c.received_at,
    )
    query = sa.select(*columns).where(deliveries.c.id.in_(wanted)).order_by(deliveries.c.id)
    return [StoredDelivery(*row) for row in connection.execute(query)]


def take(
    connection: Connection,
    delivery_id: int,
    *,
    state: str,
    note: str,
    action: str = "",
    actor: Person | None = None,
    repository_id: int | None = None,
) -> bool:
    """Move a delivery on from ``new``; False when another worker was faster."""
    values: dict[str, object] = {
        "state": state,
        "note": note,
        "action": action,
        "repository_id": repository_id,
    }
    if actor is not None:
        values |= {
            "actor_login": actor.login,
            "actor_id": actor.id,
            "actor_is_bot": actor.is_bot,
        }
    change = (
        sa.update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state == "new")
        .values(values)
    )
    return connection.execute(change).rowcount == 1


def keep_repository(connection: Connection, repo: RepoRef, delivery_id: int) -> None:
    """Remember where a repository is; an older delivery never undoes what a newer one said."""
    insert = upsert(connection.engine, repositories).values(
        id=repo.id,
        full_name=repo.full_name,
        installation_id=repo.installation_id,
        delivery_id=delivery_id,
    )
    said = insert.excluded
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "full_name": said.full_name,
                "installation_id": said.installation_id,
                "delivery_id": said.delivery_id,
            },
            where=repositories.c.delivery_id <= said.delivery_id,
        )
    )


def open_for(
    connection: Connection,
    delivery_id: int,
    triggers: Sequence[Trigger],
    *,
    due_at: datetime,
    releases: bool,
) -> None:
    """Note which subjects a delivery is about and when each is due.

    The settle window begins with the first open delivery. A subject that is backing off keeps its
    time; one that is parked is tried again when ``releases``.
    """
    # Sorted, so that two dispatchers lock the subjects in the same order.
    for trigger in sorted(triggers, key=lambda each: each.key):
        key = str(trigger.key)
        connection.execute(
            upsert(connection.engine, subjects)
            .values(key=key, repository_id=trigger.key.repository_id, due_at=due_at)
            .on_conflict_do_nothing(index_elements=["key"])
        )
        subject = connection.execute(
            sa.select(subjects).where(subjects.c.key == key).with_for_update()
        ).one()
        waiting = connection.execute(
            sa.select(sa.func.count()).where(delivery_subjects.c.subject == key, _open)
        ).scalar_one()
        connection.execute(
            upsert(connection.engine, delivery_subjects)
            .values(delivery_id=delivery_id, subject=key, claim=trigger.claim)
            .on_conflict_do_nothing(index_elements=["delivery_id", "subject"])
        )
        values: dict[str, object] = {}
        if subject.parked_at is not None:
            if releases and not subject.reason.startswith(HELD):
                values = _released(subject.round, due_at)
        elif subject.attempts:
            values["due_at"] = max(subject.due_at, due_at)
        elif not (waiting and subject.queued_delivery is None):
            values["due_at"] = due_at
        if values:
            connection.execute(sa.update(subjects).where(subjects.c.key == key).values(values))


def hand_on(
    connection: Connection,
    key: SubjectKey,
    ids: Collection[int],
    triggers: Sequence[Trigger],
    due_at: datetime,
) -> None:
    """Open the deliveries of one subject for others too, with the claim they have where asked."""
    about = delivery_subjects.c
    for delivery_id in sorted(set(ids)):
        query = sa.select(about.claim).where(
            about.delivery_id == delivery_id, about.subject == str(key)
        )
        claim = connection.execute(query).scalar_one_or_none() or ""
        named = [
            replace(trigger, claim=claim) if trigger.claim == SAME_CLAIM else trigger
            for trigger in triggers
        ]
        open_for(connection, delivery_id, named, due_at=due_at, releases=True)


def due_subjects(connection: Connection, now: datetime, limit: int) -> list[DueSubject]:
    newest = _newest_open()
    query = (
        sa.select(subjects.c.key, newest.c.newest, subjects.c.round)
        .join(newest, newest.c.subject == subjects.c.key)
        .where(
            subjects.c.due_at <= now,
            sa.or_(subjects.c.parked_at.is_(None), subjects.c.parked_until <= now),
            # Not "older than": a delivery with a smaller id may become visible later.
            sa.or_(
                subjects.c.queued_delivery.is_(None),
                subjects.c.queued_delivery != newest.c.newest,
            ),
        )
        .order_by(subjects.c.due_at, subjects.c.key)
        .limit(limit)
    )
    return [
        DueSubject(SubjectKey.parse(row.key), row.newest, row.round)
        for row in connection.execute(query)
    ]


def mark_queued(connection: Connection, due: DueSubject, now: datetime) -> None:
    """Note that the job exists. A round that is over meanwhile is not marked."""
    connection.execute(
        sa.update(subjects)
        .where(subjects.c.key == str(due.key), subjects.c.round == due.round)
        .values(queued_delivery=due.newest, queued_at=now, parked_at=None, parked_until=None)
    )


def long_queued(connection: Connection, before: datetime, limit: int) -> list[DueSubject]:
    """Subjects whose job was queued before that time and whose newest delivery is still open."""
    newest = _newest_open()
    query = (
        sa.select(subjects.c.key, newest.c.newest, subjects.c.round)
        .join(newest, newest.c.subject == subjects.c.key)
        .where(
            subjects.c.queued_delivery == newest.c.newest,
            subjects.c.queued_at < before,
            subjects.c.parked_at.is_(None),
        )
        .order_by(subjects.c.queued_at)
        .limit(limit)
    )
    return [
        DueSubject(SubjectKey.parse(row.key), row.newest, row.round)
        for row in connection.execute(query)
    ]


def open_deliveries(connection: Connection, key: SubjectKey) -> list[OpenDelivery]:
    query = (
        sa.select(
            deliveries.c.id,
            deliveries.c.guid,
            deliveries.c.event,
            deliveries.c.action,
            delivery_subjects.c.claim,
            deliveries.c.actor_login,
            deliveries.c.actor_id,
            deliveries.c.actor_is_bot,
            deliveries.c.received_at,
        )
        .join(delivery_subjects, delivery_subjects.c.delivery_id == deliveries.c.id)
        .where(delivery_subjects.c.subject == str(key), _open)
        .order_by(deliveries.c.id)
    )
    return [OpenDelivery(*row) for row in connection.execute(query)]


def finish(
    connection: Connection, key: SubjectKey, ids: Collection[int], at: datetime, note: str
) -> None:
    """Finish exactly these deliveries for this subject; deliveries without open subjects end."""
    ordered = sorted(set(ids))
    for place in range(0, len(ordered), _AT_ONCE):
        _finish_some(connection, key, ordered[place : place + _AT_ONCE], at, note)
    connection.execute(
        sa.update(subjects)
        .where(subjects.c.key == str(key))
        .values(attempts=0, reason=note, finished_at=at, parked_at=None, parked_until=None)
    )


def _finish_some(
    connection: Connection, key: SubjectKey, ids: Sequence[int], at: datetime, note: str
) -> None:
    # Two subjects of one delivery may finish at once; each must see what the other did.
    connection.execute(
        sa.select(deliveries.c.id)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    connection.execute(
        sa.update(delivery_subjects)
        .where(
            delivery_subjects.c.subject == str(key), delivery_subjects.c.delivery_id.in_(ids), _open
        )
        .values(finished_at=at)
    )
    still_open = sa.exists().where(delivery_subjects.c.delivery_id == deliveries.c.id, _open)
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.state == "open", ~still_open)
        .values(state="finished", finished_at=at, note=note)
    )


def next_round(connection: Connection, key: SubjectKey, **values: object) -> bool:
    """Change a subject so that its next job has a new id; False when there is no such subject."""
    change = (
        sa.update(subjects)
        .where(subjects.c.key == str(key))
        .values(round=subjects.c.round + 1, queued_delivery=None, queued_at=None, **values)
    )
    return connection.execute(change).rowcount == 1


def replay(connection: Connection, delivery_id: int, now: datetime) -> int | None:
    """Put a copy of a delivery into the inbox and give its id; None when there is no such one.

    A copy, because only a new id cannot be finished by a reconcile that is running already.
    Raises PayloadGone.
    """
    found = connection.execute(
        sa.select(deliveries).where(deliveries.c.id == delivery_id)
    ).one_or_none()
    if found is None:
        return None
    if not found.body_kept:
        raise PayloadGone(
            f"The payload of delivery {delivery_id} is not kept any more.",
            "plansync sync OWNER/REPO compares a repository with GitHub as it is now.",
        )
    same = (deliveries.c.guid == found.guid, deliveries.c.body_sha == found.body_sha)
    last = connection.execute(sa.select(sa.func.max(deliveries.c.replay)).where(*same)).scalar_one()
    copied = connection.execute(
        sa.insert(deliveries)
        .values(
            guid=found.guid,
            body_sha=found.body_sha,
            replay=last + 1,
            event=found.event,
            body=found.body,
            received_at=now,
        )
        .returning(deliveries.c.id)
    ).scalar_one()
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state == "failed")
        .values(state="finished", finished_at=now, note=f"{found.note} (replayed as {copied})")
    )
    return int(copied)


def _released(round_: int, due_at: datetime) -> dict[str, object]:
    return {
        "parked_at": None,
        "parked_until": None,
        "attempts": 0,
        "round": round_ + 1,
        "queued_delivery": None,
        "queued_at": None,
        "due_at": due_at,
    }


def _newest_open() -> sa.Subquery:
    return (
        sa.select(
            delivery_subjects.c.subject,
            sa.func.max(delivery_subjects.c.delivery_id).label("newest"),
        )
        .where(_open)
        .group_by(delivery_subjects.c.subject)
        .subquery()
    )
