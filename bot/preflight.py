"""One look at each repository that the App was just installed on, told where somebody is needed.

Nothing is written to the repository: what it needs is in the log and on the operator's page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.doctor_place import check_repository
from bot.github.ports import GitHubReader
from bot.github.snapshots import RepoRef
from bot.store import Store

A_ROUND = 10
"""Repositories looked at a round, with at most four requests each."""
AGAIN = timedelta(days=1)
"""When a repository that needs somebody is looked at again."""
NEVER = timedelta(days=36_500)

log = structlog.get_logger("plansync.preflight")


class PreflightGateway(Protocol):
    """What of GitHub is asked."""

    def reader(self, repo: RepoRef) -> GitHubReader: ...

    def is_protected(self, repo: RepoRef, branch: str) -> bool | None: ...


def preflight(
    store: Store,
    gateway: PreflightGateway,
    labels: Sequence[str],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Look at the repositories that are due, ``A_ROUND`` at most; gives how many."""
    looked = 0
    for repo in store.due_preflights(now, A_ROUND):
        if stopping():
            break
        looked += 1
        check = check_repository(repo, gateway.reader(repo), labels, gateway.is_protected)
        found, fix = ("", "") if check.good else (check.found, check.fix)
        again = NEVER if check.good else AGAIN
        store.keep_preflight(repo.id, found, fix, now=now, again_at=now + again)
        if not check.good:
            log.warning(
                "a repository needs somebody", repository=repo.full_name, found=found, fix=fix
            )
    return looked
