"""How long what GitHub sent is kept, and what goes when the App is uninstalled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import inbox
from bot.store.connection import Transactions
from bot.store.tables import (
    audit,
    blocks,
    checks,
    configs,
    deliveries,
    delivery_subjects,
    plan_progress,
    plan_pulls,
    plan_summaries,
    plans,
    preflights,
    repositories,
    requests,
    subjects,
)

_DONE = ("finished", "ignored", "failed")
_GONE = "the App was removed from this repository; its payload was deleted"


class Retention:
    """The part of ``Store`` that forgets; each method is a transaction."""

    _db: Transactions

    def drop_payloads(self, before: datetime, limit: int = 500) -> int:
        """Drop the bodies of deliveries that came in before then and are done with.

        Their rows stay, so that a redelivery is still recognised. Gives how many there were.
        """
        with self._db.write() as connection:
            old = (
                sa.select(deliveries.c.id)
                .where(
                    deliveries.c.body_kept,
                    deliveries.c.received_at < before,
                    deliveries.c.state.in_(_DONE),
                )
                .order_by(deliveries.c.received_at)
                .limit(limit)
            )
            return _drop(connection, deliveries.c.id.in_(old))

    def purge(
        self,
        installation_id: int,
        repository_ids: Collection[int] | None,
        *,
        delivery_id: int,
        action: str,
        now: datetime,
    ) -> list[int]:
        """Forget an installation's repositories (None: all of them); gives their ids.

        What is remembered of them goes, the audit too, and the payloads of their deliveries. A
        repository of which a later delivery than ``delivery_id`` spoke is installed again and
        stays. The delivery that said so is finished in the same transaction.
        """
        with self._db.write() as connection:
            query = sa.select(repositories.c.id).where(
                repositories.c.installation_id == installation_id,
                repositories.c.delivery_id < delivery_id,
            )
            if repository_ids is not None:
                query = query.where(repositories.c.id.in_(list(repository_ids)))
            gone = list(connection.execute(query.order_by(repositories.c.id)).scalars())
            for repository_id in gone:
                _purge(connection, repository_id, now)
            _drop(connection, deliveries.c.id == delivery_id)
            what = "repository" if len(gone) == 1 else "repositories"
            note = f"the App was removed: {len(gone)} {what} forgotten"
            inbox.take(connection, delivery_id, state="ignored", note=note, action=action)
            return gone


def _drop(connection: Connection, where: sa.ColumnElement[bool]) -> int:
    change = sa.update(deliveries).where(where, deliveries.c.body_kept)
    return connection.execute(change.values(body=b"", body_kept=False)).rowcount


def _purge(connection: Connection, repository_id: int, now: datetime) -> None:
    ours = deliveries.c.repository_id == repository_id
    connection.execute(
        sa.update(deliveries)
        .where(ours, deliveries.c.state.in_(("open", "new")))
        .values(state="finished", finished_at=now)
    )
    _drop(connection, ours)
    connection.execute(sa.update(deliveries).where(ours).values(note=_GONE, actor_login=""))
    keys = sa.select(subjects.c.key).where(subjects.c.repository_id == repository_id)
    connection.execute(sa.delete(audit).where(audit.c.subject.in_(keys)))
    connection.execute(sa.delete(delivery_subjects).where(delivery_subjects.c.subject.in_(keys)))
    about = (plans, plan_pulls, plan_summaries, plan_progress, requests, blocks, subjects)
    for table in (*about, checks, configs, preflights):
        connection.execute(sa.delete(table).where(table.c.repository_id == repository_id))
    connection.execute(sa.delete(repositories).where(repositories.c.id == repository_id))
