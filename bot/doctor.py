"""Is everything there that plansync needs? Each check says what it found and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.errors import Retryable, UserProblem
from bot.github.app import GitHubApp, Registration
from bot.github.ports import GitHubReader, Refused
from bot.github.snapshots import RepoRef
from bot.manifest import EVENTS, PERMISSIONS
from bot.plans.people import is_team
from bot.store import Store

_LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}
_ALIVE = timedelta(seconds=30)


class Installed(Protocol):
    """One installation of the App."""

    @property
    def account(self) -> str: ...
    @property
    def suspended(self) -> bool: ...


class DoctorGateway(Protocol):
    """The App's own part of GitHub."""

    @property
    def app(self) -> GitHubApp: ...

    def installations(self) -> Sequence[Installed]: ...

    def reader(self, repo: RepoRef) -> GitHubReader: ...

    def is_protected(self, repo: RepoRef, branch: str) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and found; ``fix`` says how to mend it, where ``good`` is False."""

    name: str
    good: bool
    found: str
    fix: str = ""


def check_store(store: Store, now: datetime) -> list[Check]:
    """The database: reachable, up to date, writable; the worker; what is parked or blocked."""
    try:
        changed = store.migrate()
        store.check_writable()
    except (UserProblem, Retryable) as problem:
        fix = getattr(problem, "fix", "") or "Look at DATABASE_URL and at the database itself."
        return [Check("database", False, getattr(problem, "message", str(problem)), fix)]
    tables = "made or brought up to date just now" if changed else "of this version"
    checks = [
        Check("database", True, "it can be written"),
        Check("migrations", True, f"the tables are {tables}"),
    ]
    beat = store.last_beat()
    if beat is None or beat < now - _ALIVE:
        found = "none runs" if beat is None else f"none was seen since {beat:%Y-%m-%d %H:%M:%S} UTC"
        fix = (
            "Start plansync serve, or plansync worker. Where one runs already, it uses another"
            " database: give both the same DATABASE_URL, or the same PLANSYNC_DATA_DIR."
        )
        checks.append(Check("worker", False, found, fix))
    else:
        checks.append(Check("worker", True, "one is at work"))
    for block in store.blocks():
        repo = store.repo(block.repository_id)
        name = repo.full_name if repo else str(block.repository_id)
        since = f"since {block.since:%Y-%m-%d %H:%M} UTC"
        checks.append(Check(f"repository {name}", False, f"{block.kind} {since}", block.reason))
    parked = store.counts().parked
    fix = "See plansync deliveries --parked; mend what it says, then plansync replay --parked."
    waiting = f"{parked} parked" if parked else "nothing is parked"
    return [*checks, Check("work", not parked, waiting, "" if not parked else fix)]


def check_app(gateway: DoctorGateway, server_url: str, app_id: int = 0) -> list[Check]:
    """The App: its key is taken, it may and hears what app.yml says, and it is installed.

    ``app_id`` is what the settings say, 0 to leave that out. The only check is ``GitHub`` when
    GitHub does not answer to the key.
    """
    try:
        registration = gateway.app.registration()
    except (Refused, Retryable) as problem:
        fix = "Look at GITHUB_API_URL, APP_ID, PRIVATE_KEY and the clock of this machine."
        return [Check("GitHub", False, str(problem), fix)]
    address = f"{server_url}/apps/{registration.slug}"
    checks = [Check("GitHub", True, f"it knows the App {registration.slug}")]
    if app_id and registration.id and registration.id != app_id:
        found = f"APP_ID is {app_id}, but the key is that of App {registration.id}"
        checks.append(Check("App ID", False, found, f"Set APP_ID to {registration.id}."))
    checks += [_permissions(registration, address), _events(registration, address)]
    checks.append(_asked(lambda: _installations(gateway, address), "installations"))
    checks.append(_asked(lambda: _deliveries(gateway.app), "webhooks"))
    return checks


def check_teams(store: Store, gateway: DoctorGateway) -> list[Check]:
    """May the App see who is in the teams that repositories name? Nothing where none does."""
    named = [
        (repo.full_name, account)
        for repo in store.repos()
        for account in _accounts(store, repo.id)
        if is_team(account)
    ]
    if not named:
        return []
    name, team = named[0]
    found = f"{name} names {team}" + (f", and {len(named) - 1} more" if len(named) > 1 else "")
    try:
        registration = gateway.app.registration()
    except (Refused, Retryable) as problem:
        return [Check("teams", False, str(problem), "Try again later.")]
    if _LEVELS.get(registration.permissions.get("members", "none"), 0) >= _LEVELS["read"]:
        return [Check("teams", True, found)]
    fix = (
        "Give the App the organisation permission “Members: read-only”, and let the organisation"
        " accept it: until then only admins approve for them."
    )
    return [Check("teams", False, f"{found}, but the App may not see who is in it", fix)]


def _accounts(store: Store, repository_id: int) -> Sequence[str]:
    chosen = store.choices(repository_id)
    return tuple(chosen.config.people.values()) if chosen else ()


def _asked(check: Callable[[], Check], name: str) -> Check:
    try:
        return check()
    except (Refused, Retryable) as problem:
        return Check(name, False, str(problem), "Try again later.")


def _permissions(registration: Registration, address: str) -> Check:
    lacking = _lacking(registration.permissions)
    if not lacking:
        return Check("permissions", True, "all that app.yml asks for")
    fix = f"Grant them at {address} under “Permissions & events”; each account must accept them."
    return Check("permissions", False, f"missing: {', '.join(lacking)}", fix)


def _lacking(granted: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: {wanted}"
        for name, wanted in PERMISSIONS.items()
        if _LEVELS.get(granted.get(name, "none"), 0) < _LEVELS[wanted]
    ]


def _events(registration: Registration, address: str) -> Check:
    lacking = [event for event in EVENTS if event not in registration.events]
    if not lacking:
        return Check("events", True, "all that app.yml asks for")
    fix = f"Subscribe to them at {address} under “Permissions & events”."
    return Check("events", False, f"missing: {', '.join(lacking)}", fix)


def _installations(gateway: DoctorGateway, address: str) -> Check:
    found = gateway.installations()
    if not found:
        fix = f"Install it: {address}/installations/new"
        return Check("installations", False, "the App is installed nowhere", fix)
    suspended = [one.account for one in found if one.suspended]
    if suspended:
        fix = "Unsuspend it in the settings of each account."
        return Check("installations", False, f"suspended: {', '.join(suspended)}", fix)
    return Check("installations", True, ", ".join(sorted(one.account for one in found)))


def _deliveries(app: GitHubApp) -> Check:
    try:
        newest = app.deliveries().deliveries[:20]
    except Refused as refused:
        if refused.status != 404:
            raise
        return Check("webhooks", True, "GitHub keeps no list of them here")
    failed = [one for one in newest if one.failed]
    if newest and newest[0].failed:
        status = newest[0].status_code or "no answer"
        fix = "See that the App's webhook address leads here, and that WEBHOOK_SECRET is the App's."
        found = f"{len(failed)} of the newest {len(newest)} failed, the last one with {status}"
        return Check("webhooks", False, found, fix)
    return Check(
        "webhooks", True, f"{len(newest) - len(failed)} of the newest {len(newest)} arrived"
    )
