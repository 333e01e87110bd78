"""Who may do what in a repository, asked of GitHub at most once in five minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

KEPT_FOR = timedelta(minutes=5)
_MOST = 10_000


class Roles:
    """Roles by repository id and login (in any case); safe to use from several threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[int, str], tuple[datetime, str]] = {}

    def of(self, repository_id: int, login: str, ask: Callable[[], str]) -> str:
        """The role as it was within the last five minutes; raises what ``ask`` raises."""
        key = (repository_id, login.casefold())
        now = self._clock()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now - known[0] < KEPT_FOR:
            return known[1]
        role = ask()
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (now, role)
        return role
