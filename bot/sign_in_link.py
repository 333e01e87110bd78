"""The one-time sign-in link of a plansync that only its own machine can reach."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from bot.store.sessions import SessionRow

LASTS = timedelta(hours=1)


class Links(Protocol):
    """Where links are kept."""

    def keep_session(self, key: str, row: SessionRow, now: datetime) -> None: ...


def hashed(secret: str) -> str:
    """What is stored of a secret that somebody shows later."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def make_link(store: Links, now: datetime) -> str:
    """The path and query of a link that signs in once, within the hour, who sees everything."""
    secret = secrets.token_urlsafe(32)
    store.keep_session(hashed(secret), SessionRow("link", "", 0, "", now + LASTS), now)
    return f"/sign-in/link?token={secret}"
