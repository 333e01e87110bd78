"""What no webhook brings: deliveries that were missed, and plans that nobody asked about for long.

GitHub never redelivers by itself, but lists what it delivered or could not deliver. What is not in
the inbox is fetched and put there. Every function does one bounded round; ``bot.jobs`` calls
``sweep`` on a timer, tests by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.errors import Retryable
from bot.events import COMPARE, compare_payload, handles
from bot.github.app import GitHubApp, HookDelivery
from bot.github.ports import Refused
from bot.github.snapshots import RepoRef
from bot.store import Store
from bot.tally import TALLY

EVERY = timedelta(minutes=5)
ON_ITS_WAY = timedelta(minutes=1)
"""A delivery this young may still be under way to us."""
LATE = timedelta(minutes=10)
"""A delivery this old is surely in GitHub's list; younger ones are looked at again."""
PAGES_A_ROUND = 30
FETCHES_A_ROUND = 100
DRIFT_AGE = timedelta(days=1)
DRIFT_EACH = 20
"""Plans of one installation compared a round: 240 an hour, about 500 requests of its 5,000."""
DRIFT_ALL = 200
CONFIG_AGE = timedelta(days=1)

DELIVERIES, DRIFT = "deliveries", "drift"

log = structlog.get_logger("plansync.sweeps")


class AppGateway(Protocol):
    """Where the App's own deliveries are listed."""

    @property
    def app(self) -> GitHubApp: ...


@dataclass(frozen=True, slots=True)
class Swept:
    """One round over the list: pages read, payloads stored, and whether the list is worked off."""

    pages: int = 0
    stored: int = 0
    complete: bool = True


@dataclass(slots=True)
class _Cursor:
    """Where the walk from new to old stands.

    ``seen``: all that was delivered before this time was looked at. ``until``: what ``seen`` will
    be when the walk under way ends. ``page``: the page to go on with. ``gone``: deliveries of that
    page whose payload GitHub no longer has.
    """

    seen: str = ""
    until: str = ""
    page: str = ""
    gone: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, stored: dict[str, Any], now: datetime) -> _Cursor:
        names = {each.name for each in fields(cls)}
        cursor = cls(**{name: value for name, value in stored.items() if name in names})
        cursor.until = cursor.until or (now - LATE).isoformat()
        return cursor

    def passed(self, delivery: HookDelivery) -> bool:
        """True for a delivery that an earlier walk has looked at."""
        return bool(self.seen) and delivery.delivered_at < datetime.fromisoformat(self.seen)


def sweep(
    store: Store, gateway: AppGateway, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> None:
    """Do the sweeps that are due, each for one worker only. Raises Retryable."""
    if store.claim_sweep(DELIVERIES, now, now + EVERY):
        try:
            swept = sweep_deliveries(store, gateway.app, now, stopping)
        except Refused as refused:
            # An App without a webhook address, or a GitHub without this part of the API.
            TALLY.count("sweeps", sweep=DELIVERIES, result="refused")
            log.info("missed deliveries cannot be listed", reason=str(refused))
        except Retryable:
            TALLY.count("sweeps", sweep=DELIVERIES, result="later")
            raise
        else:
            TALLY.count("sweeps", sweep=DELIVERIES, result="done")
            TALLY.count("sweep_found", swept.stored, sweep=DELIVERIES)
            log.info("swept deliveries", **asdict(swept))
    if not stopping() and store.claim_sweep(DRIFT, now, now + EVERY):
        asked = sweep_drift(store, now) + sweep_configs(store, now)
        TALLY.count("sweeps", sweep=DRIFT, result="done")
        TALLY.count("sweep_found", asked, sweep=DRIFT)
        log.info("swept plans", asked=asked)


def sweep_deliveries(
    store: Store, app: GitHubApp, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> Swept:
    """Store the payload of each delivery that GitHub lists and the inbox does not have.

    A round reads at most ``PAGES_A_ROUND`` pages and ``FETCHES_A_ROUND`` payloads; the next one
    goes on from there. Raises Retryable and Refused; what was stored until then stays.
    https://docs.github.com/en/rest/apps/webhooks
    """
    cursor = _Cursor.of(store.sweep_cursor(DELIVERIES), now)
    pages = fetched = stored = 0
    try:
        while pages < PAGES_A_ROUND and not stopping():
            page = app.deliveries(cursor.page)
            pages += 1
            for delivery in _missing(store, page.deliveries, cursor, now):
                if fetched == FETCHES_A_ROUND or stopping():
                    return Swept(pages, stored, complete=False)
                fetched += 1
                stored += _fetch(store, app, delivery, cursor, now)
            if not page.next_cursor or any(map(cursor.passed, page.deliveries)):
                cursor = _Cursor(seen=cursor.until)
                return Swept(pages, stored)
            cursor.page, cursor.gone = page.next_cursor, []
        return Swept(pages, stored, complete=False)
    finally:
        store.keep_sweep_cursor(DELIVERIES, asdict(cursor))


def _missing(
    store: Store, listed: tuple[HookDelivery, ...], cursor: _Cursor, now: datetime
) -> list[HookDelivery]:
    """The deliveries of a page to fetch, oldest first, each guid once."""
    wanted = [
        delivery
        for delivery in listed
        if not cursor.passed(delivery)
        and delivery.id not in cursor.gone
        and (delivery.failed or delivery.delivered_at <= now - ON_ITS_WAY)
        and handles(delivery.event, delivery.action or None)
    ]
    known = store.known_deliveries([delivery.guid for delivery in wanted])
    once = {delivery.guid: delivery for delivery in wanted if delivery.guid not in known}
    return sorted(once.values(), key=lambda delivery: delivery.delivered_at)


def _fetch(
    store: Store, app: GitHubApp, delivery: HookDelivery, cursor: _Cursor, now: datetime
) -> bool:
    payload = app.payload(delivery.id)
    if payload is None:
        cursor.gone.append(delivery.id)
        return False
    log.info("found a missed delivery", delivery=delivery.guid, github_event=delivery.event)
    body = json.dumps(payload).encode()
    return store.receive(delivery.guid, delivery.event, body, received_at=now)


def sweep_drift(store: Store, now: datetime) -> int:
    """Ask for a comparison of plans that had none for a day, longest first; gives how many."""
    stale = store.stale_plans(now - DRIFT_AGE, each=DRIFT_EACH, limit=DRIFT_ALL)
    wishes = [
        wish(plan.repo, "plan", plan.path, now, why=DRIFT, since=plan.compared_at) for plan in stale
    ]
    return sum(store.receive(w.guid, COMPARE, w.body, received_at=now) for w in wishes)


def sweep_configs(store: Store, now: datetime) -> int:
    """Ask for the configurations that were not looked at for a day, or never; gives how many."""
    stale = store.stale_choices(now - CONFIG_AGE, limit=DRIFT_EACH)
    wishes = [wish(repo, "config", "", now, why=DRIFT, since=None) for repo in stale]
    return sum(store.receive(w.guid, COMPARE, w.body, received_at=now) for w in wishes)


@dataclass(frozen=True, slots=True)
class Wish:
    """The wish to compare one subject: a delivery of our own, for the inbox."""

    guid: str
    body: bytes


def wish(
    repo: RepoRef, kind: str, name: str, now: datetime, *, why: str, since: datetime | None
) -> Wish:
    """A delivery like any other: dispatched, listed by the reconcile that finishes it, shown.

    ``since`` is when the subject was last compared: the same wish is stored once a day.
    """
    what = f"{repo.id}\0{kind}\0{name}\0{since and since.isoformat()}"
    digest = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:24]
    body = json.dumps(compare_payload(repo, kind, name, why)).encode()
    return Wish(f"plansync-{why}-{now:%Y%m%d}-{digest}", body)
