"""``plansync doctor``: is everything there that plansync needs?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.doctor import Check, DoctorGateway
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Practice:
    """What the command works with; a test hands in its own as click's context object."""

    settings: Settings
    gateway: DoctorGateway


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def doctor(practice: Practice | None, as_json: bool) -> None:
    """Look at settings, key, database, App, permissions and events, and say how to mend them.

    Exit code 0: all is well; 1: something is not.

    Example: plansync doctor
    """
    checks = _checks(practice)
    for check in checks:
        click.echo(json.dumps(asdict(check)) if as_json else _line(check))
    sys.exit(0 if all(check.good for check in checks) else 1)


def _checks(practice: Practice | None) -> list[Check]:
    from bot.doctor import Check, check_app, check_store
    from bot.settings import SettingsError, load_settings, load_store_settings
    from bot.store import Store

    now = datetime.now(UTC)
    try:
        settings = practice.settings if practice else load_settings()
    except SettingsError as problem:
        found = Check("settings", False, str(problem), "Set them and run plansync doctor again.")
        try:
            store = Store(load_store_settings().database_url)
        except SettingsError:
            return [found]
        return [found, *check_store(store, now)]
    checks = [Check("settings", True, f"App {settings.app_id} at {settings.github_api_url}")]
    checks += check_store(Store(settings.database_url), now)
    if practice is None:
        from bot.github.live import Gateway

        practice = Practice(settings, Gateway(settings))
    return [*checks, *check_app(practice.gateway, settings.github_server_url)]


def _line(check: Check) -> str:
    head = f"{'ok  ' if check.good else 'FAIL'}  {check.name}: {check.found}"
    return head if check.good or not check.fix else f"{head}\n      {check.fix}"
