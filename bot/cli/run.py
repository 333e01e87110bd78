"""Commands that run plansync, and those that look into its database."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.errors import UserProblem

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store import DeliveryRow, Store, SubjectRow

_STATES = ("new", "open", "finished", "ignored", "failed")


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class CannotListen(UserProblem):
    """The address is taken, or not one of this machine."""

    exit_code = 2


@click.command()
def serve() -> None:
    """Receive webhooks and work them off: web and worker in one command.

    Needs APP_ID, PRIVATE_KEY or PRIVATE_KEY_PATH, and WEBHOOK_SECRET in the environment. A child
    that dies is started again; SIGTERM or Ctrl-C stops both within 10 seconds.

    Example: PORT=8080 plansync serve
    """
    from bot import supervisor

    settings = _prepare("serve")
    with _listening(settings) as listening:
        address = supervisor.address(listening)
        click.echo(f"plansync serves {address} (webhooks: {address}/webhooks/github)")
        click.echo(f"ready? {address}/readyz  stop: Ctrl-C")
        _offer_sign_in(settings, address)
        sys.stdout.flush()
        code = supervisor.supervise(listening, _stop_on_signals())
    sys.exit(code)


@click.command()
@click.option("--listen-fd", type=int, hidden=True)
@click.option("--lifeline", type=int, hidden=True)
def web(listen_fd: int | None, lifeline: int | None) -> None:
    """Only receive webhooks; run plansync worker beside it.

    Several may run on one PostgreSQL database.

    Example: HOST=0.0.0.0 PORT=8080 plansync web
    """
    from bot import supervisor

    settings = _prepare("web", lifeline)
    from webhooks.serve import serve as serve_web

    if listen_fd is not None:
        listening = socket.socket(fileno=listen_fd)
    else:
        listening = _listening(settings)
        click.echo(f"plansync web listens on {supervisor.address(listening)}")
        sys.stdout.flush()
    serve_web(settings, listening)


@click.command()
@click.option("--lifeline", type=int, hidden=True)
def worker(lifeline: int | None) -> None:
    """Only work off what was received; run plansync web beside it.

    On SQLite one worker runs at a time, on PostgreSQL as many as there are.

    Example: DATABASE_URL=postgresql://… plansync worker
    """
    stop = _stop_on_signals()
    settings = _prepare("worker", lifeline)
    from bot.jobs import run_worker

    if not run_worker(settings, stop):
        # Jobs that did not end in time would hold the interpreter; the next worker resumes them.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@click.command()
@click.option("--state", type=click.Choice(_STATES), help="Only deliveries in this state.")
@click.option("--parked", is_flag=True, help="Show the subjects that are parked instead.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def deliveries(state: str | None, parked: bool, limit: int, as_json: bool) -> None:
    """Show what was received, newest first, and what became of it.

    A delivery is new, then open until every plan it is about is up to date, then finished; ignored
    when it is about no plan; failed when it could not be understood.

    Examples: plansync deliveries --state failed    plansync deliveries --parked --json
    """
    store = _store()
    if parked:
        for subject in store.subjects(parked=True, limit=limit):
            click.echo(_subject_json(subject) if as_json else _subject_line(subject))
        return
    rows = store.deliveries(state=state, limit=limit)
    for row in rows:
        click.echo(_delivery_json(row) if as_json else _delivery_line(row))
    if not rows and not as_json:
        click.echo("No deliveries." if state is None else f"No deliveries are {state}.", err=True)


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
    store = _store()
    now = datetime.now(UTC)
    missing = False
    for delivery_id in ids:
        copied = store.replay(delivery_id, now)
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


@click.command()
@click.option("--url", default="https://example.com", help="Where plansync is reached.")
def manifest(url: str) -> None:
    """Print the App manifest: the permissions and events to register the GitHub App with.

    Example: plansync manifest --url https://plans.example.com > app.yml
    """
    from bot.manifest import render_manifest

    click.echo(render_manifest(url), nl=False)


def _prepare(process: str, lifeline: int | None = None) -> Settings:
    """Settings, logging and tables; the process ends with its supervisor when it has one."""
    if lifeline is not None:
        from bot.lifeline import hold_on_to

        hold_on_to(lifeline)
    from bot import logs
    from bot.settings import load_settings
    from bot.store import Store

    settings = load_settings()
    logs.configure(settings, process=process)
    store = Store(settings.database_url)
    store.migrate()
    store.close()
    return settings


def _offer_sign_in(settings: Settings, address: str) -> None:
    """On a machine that nobody else reaches, a link signs in that works once."""
    if settings.signs_in_with_github or settings.host not in _LOOPBACK:
        return
    from bot.sign_in_link import make_link
    from bot.store import Store

    store = Store(settings.database_url)
    link = make_link(store, datetime.now(UTC))
    store.close()
    click.echo(f"sign in (works once, within the hour): {address}{link}")


def _store() -> Store:
    from bot.settings import load_store_settings
    from bot.store import Store

    store = Store(load_store_settings().database_url)
    store.migrate()
    return store


def _listening(settings: Settings) -> socket.socket:
    from bot import supervisor

    try:
        return supervisor.listen(settings.host, settings.port)
    except OSError as error:
        # The library adds the address once more to the system's words.
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror
        raise CannotListen(
            f"plansync cannot listen on {settings.host} port {settings.port} ({why}).",
            "Set HOST and PORT to an address of this machine that is free.",
        ) from None


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def set_stop(number: int, frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop


def _delivery_line(row: DeliveryRow) -> str:
    event = f"{row.event}.{row.action}" if row.action else row.event
    about = ", ".join(row.subjects) or row.note
    received = row.received_at.strftime("%Y-%m-%d %H:%M:%S")
    again = f" (replay {row.replay})" if row.replay else ""
    return f"{row.id:>6}  {received}  {row.state:<8}  {event:<24}  {about}{again}"


def _delivery_json(row: DeliveryRow) -> str:
    return json.dumps(
        {
            "id": row.id,
            "delivery": row.guid,
            "event": row.event,
            "action": row.action,
            "state": row.state,
            "repository_id": row.repository_id,
            "actor": row.actor_login,
            "received_at": row.received_at.isoformat(),
            "finished_at": row.finished_at.isoformat() if row.finished_at else None,
            "replay": row.replay,
            "note": row.note,
            "subjects": list(row.subjects),
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
