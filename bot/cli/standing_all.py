"""``plansync status --all``: the plans page for a terminal, from plansync's own database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.store.pages import PlanRow

_BAR = 12
_AT_ONCE = 500


def show_all(*, as_json: bool) -> None:
    """Print every plan that plansync remembers, by repository, or how to get one."""
    from bot.plan_lists import plan_json
    from bot.settings import load_store_settings
    from bot.store import Store
    from bot.store.pages import PlanFilter

    store = Store(load_store_settings().database_url)
    store.migrate()
    try:
        while store.fill_summaries(datetime.now(UTC), _AT_ONCE):
            pass
        rows: list[PlanRow] = []
        while len(
            found := store.plan_page(
                PlanFilter(), limit=_AT_ONCE, offset=len(rows), counts=False
            ).rows
        ):
            rows += found
    finally:
        store.close()
    if as_json:
        for row in rows:
            click.echo(json.dumps(plan_json(row), ensure_ascii=False))
        return
    if not rows:
        click.echo(
            "plansync remembers no plan. Ask for one with the label plan:feature, or look for "
            "plans now: plansync sync OWNER/REPO"
        )
        return
    for place, (repository, plans) in enumerate(groupby(rows, lambda row: row.repository)):
        click.echo(("\n" if place else "") + repository)
        for row in plans:
            click.echo(_line(row))


def _line(row: PlanRow) -> str:
    one = row.summary
    full = _BAR * one.done // one.total if one.total else 0
    bar = "█" * full + "░" * (_BAR - full)
    number = f" #{row.issue_number}" if row.issue_number else ""
    # A pause parks the plan too, and says better what it waits for.
    parked = "" if row.attention == "paused" else row.parked
    status = "Parked" if parked else row.attention.capitalize() or one.status
    lines = [
        f"  {bar} {one.done:>3}/{one.total:<3} {status:<11}  {one.title}{number}",
        f"      {row.path}",
    ]
    told = parked or row.attention_why or one.blocker or one.next
    if told:
        word = "blocked" if parked or one.blockers else "next"
        word = "waits for somebody" if row.attention and not parked else word
        lines.append(f"      {word}: {told}")
    if row.remedy and not parked:
        lines.append(f"      what ends it: {row.remedy}")
    return "\n".join(lines)
