"""What repositories chose and what was reported of pull requests, inside a given transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.checks import CheckMemory, CheckSide
from bot.config import ConfigMemory, RepoConfig
from bot.github.snapshots import RepoRef
from bot.memory import SubjectKey
from bot.store.connection import Transactions
from bot.store.engine import upsert
from bot.store.tables import checks, configs, delivery_subjects, plans, repositories


class Choices:
    """The part of ``Store`` for configurations and checks; each method is a transaction."""

    _db: Transactions

    def choices(self, repository_id: int) -> ConfigMemory | None:
        """What is known of a repository's configuration; None while it was never read."""
        with self._db.read() as connection:
            return choices(connection, repository_id)

    def config(self, repository_id: int) -> RepoConfig:
        """The configuration in force; the default while none was read."""
        known = self.choices(repository_id)
        return known.config if known else RepoConfig()

    def keep_choices(self, kept: ConfigMemory, now: datetime) -> None:
        """Note what a repository chose, and when that was read."""
        with self._db.write() as connection:
            keep_choices(connection, kept, now)

    def choices_due(self, repository_id: int) -> bool:
        """Whether a repository's configuration is unknown, or is about to be read."""
        key = str(SubjectKey(repository_id, "config"))
        with self._db.read() as connection:
            if choices(connection, repository_id) is None:
                return True
            query = sa.select(delivery_subjects.c.delivery_id).where(
                delivery_subjects.c.subject == key, delivery_subjects.c.finished_at.is_(None)
            )
            return connection.execute(query.limit(1)).first() is not None

    def choosing_from(self, full_name: str) -> list[int]:
        """The repositories whose configuration may come from a file of this repository too."""
        with self._db.read() as connection:
            return choosing_from(connection, full_name)

    def stale_choices(self, before: datetime, limit: int = 100) -> list[RepoRef]:
        """Known repositories whose configuration was not read since that time, or never."""
        with self._db.read() as connection:
            return stale_choices(connection, before, limit)

    def check_side(self, repository_id: int, name: str) -> CheckSide:
        """What the check of a pull request or merge group starts from."""
        with self._db.read() as connection:
            return check_side(connection, repository_id, name)

    def checks_at(self, repository_id: int, head_sha: str) -> list[str]:
        """The names of the checks that were reported on a commit."""
        with self._db.read() as connection:
            query = sa.select(checks.c.name).order_by(checks.c.name)
            query = query.where(
                checks.c.repository_id == repository_id, checks.c.head_sha == head_sha
            )
            return list(connection.execute(query).scalars())


def choices(connection: Connection, repository_id: int) -> ConfigMemory | None:
    query = sa.select(configs.c.memory).where(configs.c.repository_id == repository_id)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _config(found)


def _config(stored: Mapping[str, Any]) -> ConfigMemory:
    return ConfigMemory(
        repository_id=stored["repository_id"],
        settings=stored.get("settings", {}),
        sources=tuple(stored.get("sources", ())),
        problems=tuple(stored.get("problems", ())),
        seen=stored.get("seen", ""),
        commit=stored.get("commit", ""),
    )


def keep_choices(connection: Connection, kept: ConfigMemory, now: datetime) -> None:
    values = {"memory": asdict(kept), "read_at": now}
    insert = upsert(connection.engine, configs).values(repository_id=kept.repository_id, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["repository_id"], set_=values))


def choosing_from(connection: Connection, full_name: str) -> list[int]:
    """Few repositories extend others, and this is asked only when such a file is pushed."""
    start = f"{full_name}:".casefold()
    query = sa.select(configs.c.repository_id, configs.c.memory).order_by(configs.c.repository_id)
    return [
        row.repository_id
        for row in connection.execute(query)
        if any(one.casefold().startswith(start) for one in row.memory.get("sources", ()))
    ]


def stale_choices(connection: Connection, before: datetime, limit: int) -> list[RepoRef]:
    columns = (repositories.c.id, repositories.c.full_name, repositories.c.installation_id)
    query = (
        sa.select(*columns)
        .outerjoin(configs, configs.c.repository_id == repositories.c.id)
        .where(sa.or_(configs.c.read_at.is_(None), configs.c.read_at < before))
        .order_by(configs.c.read_at.is_not(None), configs.c.read_at, repositories.c.id)
        .limit(limit)
    )
    return [RepoRef(*found) for found in connection.execute(query)]


def check_side(connection: Connection, repository_id: int, name: str) -> CheckSide:
    query = sa.select(checks.c.memory).where(
        checks.c.repository_id == repository_id, checks.c.name == name
    )
    found = connection.execute(query).scalar_one_or_none()
    memory = None
    if found is not None:
        memory = CheckMemory(**{**found, "touched": tuple(found.get("touched", ()))})
    there = (
        sa.select(plans.c.issue_number, plans.c.path, plans.c.memory["stalled"].label("stalled"))
        .where(plans.c.repository_id == repository_id)
        .order_by(sa.case((plans.c.state == "active", 0), else_=1), plans.c.path)
    )
    rows = connection.execute(there).all()
    return CheckSide(
        memory,
        tuple((row.issue_number, row.path) for row in rows),
        {row.path: tuple(row.stalled) for row in rows if row.stalled},
    )


def keep_check(connection: Connection, kept: CheckMemory) -> None:
    values = {"head_sha": kept.head_sha, "memory": asdict(kept)}
    key = {"repository_id": kept.repository_id, "name": kept.name}
    insert = upsert(connection.engine, checks).values(**key, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))
