"""``plansync doctor``: is everything there that plansync needs?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.doctor import Check, DoctorGateway
    from bot.github.snapshots import RepoRef
    from bot.settings import Settings

_FETCH_SECONDS = 5


def fetch(url: str) -> str:
    """The first bytes of what stands at a web address. Raises OSError."""
    from urllib.request import Request, urlopen

    asked = Request(url, headers={"User-Agent": "plansync"})  # noqa: S310 - the App's own settings
    with urlopen(asked, timeout=_FETCH_SECONDS) as answer:  # noqa: S310
        return bytes(answer.read(1000)).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Practice:
    """What the command works with; a test hands in its own as click's context object."""

    settings: Settings
    gateway: DoctorGateway
    repositories: Callable[[], Sequence[RepoRef]] = tuple
    fetch: Callable[[str], str] = lambda url: "ok"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def doctor(practice: Practice | None, as_json: bool) -> None:
    """Look at all that a first install gets wrong, and say how to mend it.

    Settings, key, secret, clock, disk, database, the App's permissions, events and webhook
    address, what of its deliveries arrives, and up to 20 repositories: issues, labels, protected
    branches. Exit code 0: all is well; 1: something is not.

    Example: plansync doctor
    """
    checks = _checks(practice)
    for check in checks:
        click.echo(json.dumps(asdict(check)) if as_json else _line(check))
    sys.exit(0 if all(check.good for check in checks) else 1)


def _checks(practice: Practice | None) -> list[Check]:
    from bot.doctor import Check, check_app, check_store, check_teams
    from bot.doctor_place import (
        check_address,
        check_clock,
        check_disk,
        check_operators,
        check_secrets,
        check_server,
        read_mounts,
    )
    from bot.settings import (
        SettingsError,
        forgetful_disk,
        load_settings,
        load_store_settings,
        settings_file,
    )
    from bot.settings_file import FileProblem
    from bot.store import Store

    now = datetime.now(UTC)
    try:
        settings = practice.settings if practice else load_settings()
    except (SettingsError, FileProblem) as problem:
        fix = "Then run plansync doctor again."
        found = Check("settings", False, str(problem), fix)
        try:
            store = Store(load_store_settings().database_url)
        except (SettingsError, FileProblem):
            return [found]
        return [found, *check_store(store, now)]
    checks = [check_server(settings)]
    checks += [*check_secrets(settings, settings_file()), check_address(settings)]
    checks += check_operators(settings)
    store = Store(settings.database_url)
    checks += check_store(store, now)
    usable = checks[-1].name != "database"
    if usable:
        checks.append(check_disk(store.sqlite_file, read_mounts(), platform=forgetful_disk()))
    if practice is None:
        from bot.github.live import Gateway

        gateway = Gateway(settings)
        practice = Practice(settings, gateway, gateway.repositories, fetch)
    checks.append(_clock(practice, check_clock))
    checks += check_app(practice.gateway, settings.github_server_url, settings.app_id)
    if checks[-1].name != "GitHub":
        checks += _webhooks(practice)
        checks += _repositories(practice)
        checks += check_teams(store, practice.gateway) if usable else []
    return checks


def _clock(practice: Practice, check: Callable[[datetime | None, datetime], Check]) -> Check:
    from bot.errors import Retryable
    from bot.github.ports import Refused

    try:
        there = practice.gateway.app.server_time()
    except (Refused, Retryable):
        there = None
    return check(there, datetime.now(UTC))


def _webhooks(practice: Practice) -> list[Check]:
    from bot.doctor import Check
    from bot.doctor_place import check_hook, check_reach
    from bot.errors import Retryable
    from bot.github.ports import Refused

    settings = practice.settings
    try:
        hook = practice.gateway.app.hook()
    except (Refused, Retryable) as problem:
        missing = isinstance(problem, Refused) and problem.status == 404
        text = "GitHub does not tell it here" if missing else str(problem)
        return [Check("webhook address", missing, text, "Try again later." * (not missing))]
    checks = check_hook(hook, settings, f"{settings.github_server_url}/settings/apps")
    if checks[0].good:
        checks.append(check_reach(hook.url, practice.fetch))
    return checks


def _repositories(practice: Practice) -> list[Check]:
    from bot.config import FORMATS_BY_LABEL
    from bot.doctor import Check
    from bot.doctor_place import MOST_REPOSITORIES, check_repository
    from bot.errors import Retryable
    from bot.github.ports import Refused

    gateway = practice.gateway
    try:
        found = sorted(practice.repositories(), key=lambda repo: repo.full_name)
    except (Refused, Retryable) as problem:
        return [Check("repositories", False, str(problem), "Try again later.")]
    return [
        check_repository(repo, gateway.reader(repo), list(FORMATS_BY_LABEL), gateway.is_protected)
        for repo in found[:MOST_REPOSITORIES]
    ]


def _line(check: Check) -> str:
    told = f"{check.name}: {check.found}"
    if not check.good and check.fix:
        told += f"\n{check.fix}"
    # Further lines stand below what they belong to, also those of a text that has some itself.
    return f"{'ok  ' if check.good else 'FAIL'}  " + told.replace("\n", "\n      ")
