"""Which repositories are to be looked at since the App was installed there, and what was found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.github.snapshots import RepoRef
from bot.store.connection import Transactions
from bot.store.engine import upsert
from bot.store.tables import preflights, repositories


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody has to do about a repository before plansync works there."""

    repo: RepoRef
    checked_at: datetime
    found: str
    fix: str


class Preflights:
    """The part of ``Store`` for newly installed repositories; each method is a transaction."""

    _db: Transactions

    def want_preflight(self, repository_ids: Collection[int], now: datetime) -> None:
        """Have these repositories looked at; one that was looked at already once more."""
        insert = upsert(self._db.engine, preflights)
        values = {"due_at": insert.excluded.due_at}
        with self._db.write() as connection:
            for repository_id in sorted(set(repository_ids)):
                connection.execute(
                    insert.on_conflict_do_update(index_elements=["repository_id"], set_=values),
                    {"repository_id": repository_id, "due_at": now},
                )

    def due_preflights(self, now: datetime, limit: int) -> list[RepoRef]:
        """The repositories to look at now, the longest due first."""
        with self._db.read() as connection:
            query = (
                sa.select(
                    repositories.c.id, repositories.c.full_name, repositories.c.installation_id
                )
                .join(preflights, preflights.c.repository_id == repositories.c.id)
                .where(preflights.c.due_at <= now)
                .order_by(preflights.c.due_at, repositories.c.id)
                .limit(limit)
            )
            return [RepoRef(*row) for row in connection.execute(query)]

    def keep_preflight(
        self, repository_id: int, found: str, fix: str, *, now: datetime, again_at: datetime
    ) -> None:
        """Note what was found, "" for nothing, and when to look again."""
        with self._db.write() as connection:
            connection.execute(
                sa.update(preflights)
                .where(preflights.c.repository_id == repository_id)
                .values(due_at=again_at, checked_at=now, found=found, fix=fix)
            )

    def findings(self, limit: int = 100) -> list[Finding]:
        """The repositories that need somebody, by name."""
        with self._db.read() as connection:
            query = (
                sa.select(
                    repositories.c.id,
                    repositories.c.full_name,
                    repositories.c.installation_id,
                    preflights.c.checked_at,
                    preflights.c.found,
                    preflights.c.fix,
                )
                .join(preflights, preflights.c.repository_id == repositories.c.id)
                .where(preflights.c.found != "")
                .order_by(repositories.c.full_name)
                .limit(limit)
            )
            return [
                Finding(RepoRef(*row[:3]), row.checked_at, row.found, row.fix)
                for row in connection.execute(query)
            ]
