"""Commands that look into the inbox, and work off what is in it once more."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.store import Store, SubjectRow
    from bot.store.operations import Handled

_STATES = ("new", "open", "finished", "ignored", "failed")


@click.command()
@click.option("--state", type=click.Choice(_STATES), help="Only deliveries in this state.")
@click.option("--event", default="", help="Only deliveries of this event, such as issues.")
@click.option("--parked", is_flag=True, help="Show the subjects that are parked instead.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def deliveries(state: str | None, event: str, parked: bool, limit: int, as_json: bool) -> None:
    """Show what was received, newest first, and what became of it.

    A delivery is new, then open until every plan it is about is up to date, then finished; ignored
    when it is about no plan; failed when it could not be understood. Behind what it is about stands
    why: why it was ignored, why it failed, what a plan that it is open for waits for.

    Examples: plansync deliveries --state failed    plansync deliveries --parked --json
    """
    store = _store()
    if parked:
        for subject in store.subjects(parked=True, limit=limit):
            click.echo(_subject_json(subject) if as_json else _subject_line(subject))
        return
    from bot.store.operations import DeliveryFilter

    rows = store.handled(DeliveryFilter(state=state or "", event=event), limit)
    for row in rows:
        click.echo(_delivery_json(row) if as_json else _delivery_line(row))
    if not rows and not as_json:
        what = f"No {event} deliveries" if event else "No deliveries"
        click.echo(f"{what}." if state is None else f"{what} are {state}.", err=True)


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, type=int)
@click.option("--parked", is_flag=True, help="Release every subject that is parked.")
def replay(ids: tuple[int, ...], parked: bool) -> None:
    """Work stored deliveries off once more; ID as plansync deliveries shows it.

    Harmless: what GitHub holds already is not written again. Exit code 1 when an ID is not there.

    Examples: plansync replay 12 13    plansync replay --parked
    """
    if not ids and not parked:
        raise click.UsageError("Give an ID, or --parked.")
    from bot.store.records import PayloadGone

    store = _store()
    now = datetime.now(UTC)
    missing = False
    for delivery_id in ids:
        try:
            copied = store.replay(delivery_id, now)
        except PayloadGone as gone:
            missing = True
            click.echo(f"{delivery_id}: {gone}", err=True)
            continue
        missing |= copied is None
        text = "there is no such delivery" if copied is None else f"replayed as {copied}"
        click.echo(f"{delivery_id}: {text}", err=copied is None)
    if parked:
        waiting = store.subjects(parked=True, limit=1000)
        for block in store.blocks():
            store.lift_block(block.repository_id, now)
        for subject in waiting:
            store.release(subject.key, now)
            click.echo(f"{subject.key}: released")
    sys.exit(1 if missing else 0)


def _store() -> Store:
    from bot.settings import load_store_settings
    from bot.store import Store

    store = Store(load_store_settings().database_url)
    store.migrate()
    return store


def _delivery_line(handled: Handled) -> str:
    row = handled.row
    event = f"{row.event}.{row.action}" if row.action else row.event
    why = handled.error or ("" if row.state == "open" else row.note)
    about = "  ".join(text for text in (", ".join(row.subjects), why) if text)
    received = row.received_at.strftime("%Y-%m-%d %H:%M:%S")
    again = f" (replay {row.replay})" if row.replay else ""
    return f"{row.id:>6}  {received}  {row.state:<8}  {event:<24}  {about}{again}"


def _delivery_json(handled: Handled) -> str:
    row = handled.row
    return json.dumps(
        {
            "id": row.id,
            "delivery": row.guid,
            "event": row.event,
            "action": row.action,
            "state": row.state,
            "repository_id": row.repository_id,
            "repository": handled.repository or None,
            "actor": row.actor_login,
            "received_at": row.received_at.isoformat(),
            "finished_at": row.finished_at.isoformat() if row.finished_at else None,
            "replay": row.replay,
            "note": row.note,
            "subjects": list(row.subjects),
            "attempts": handled.attempts,
            "error": handled.error or None,
        }
    )


def _subject_line(row: SubjectRow) -> str:
    until = f"until {row.parked_until:%H:%M:%S}" if row.parked_until else "until released"
    return f"{row.key}  {row.open} open  {until}  {row.reason}"


def _subject_json(row: SubjectRow) -> str:
    return json.dumps(
        {
            "subject": str(row.key),
            "open": row.open,
            "attempts": row.attempts,
            "parked_at": row.parked_at.isoformat() if row.parked_at else None,
            "parked_until": row.parked_until.isoformat() if row.parked_until else None,
            "reason": row.reason,
        }
    )
