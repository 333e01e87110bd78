"""Who is signed in, and the links that sign in once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.connection import Transactions
from bot.store.tables import sessions


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somebody who is signed in; ``sealed`` is what only the web process can read."""

    kind: str
    login: str
    user_id: int
    sealed: str
    expires_at: datetime


class Sessions:
    """The part of ``Store`` for who is signed in; each method is a transaction."""

    _db: Transactions

    def keep_session(self, key: str, row: SessionRow, now: datetime) -> None:
        """Keep a session or a sign-in link under the hash of its secret; drop the expired."""
        with self._db.write() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(sa.insert(sessions).values(key=key, **asdict(row)))

    def session(self, key: str, kind: str, now: datetime) -> SessionRow | None:
        """The session with this key that has not expired; None when there is none."""
        columns = [column for column in sessions.c if column.name != "key"]
        query = sa.select(*columns).where(
            sessions.c.key == key, sessions.c.kind == kind, sessions.c.expires_at > now
        )
        with self._db.read() as connection:
            found = connection.execute(query).one_or_none()
        return None if found is None else SessionRow(*found)

    def end_session(self, key: str, kind: str, now: datetime) -> bool:
        """Forget a session or a link; True for the one caller that did, before it expired."""
        change = sa.delete(sessions).where(
            sessions.c.key == key, sessions.c.kind == kind, sessions.c.expires_at > now
        )
        with self._db.write() as connection:
            return connection.execute(change).rowcount == 1
