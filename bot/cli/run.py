"""Commands that run plansync."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.stopping import stop_on_signals
from bot.errors import UserProblem

if TYPE_CHECKING:
    from bot.settings import Settings, SetupSettings


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class CannotListen(UserProblem):
    """The address is taken, or not one of this machine."""

    exit_code = 2


@click.command()
@click.option("--no-setup", is_flag=True, help="Without settings, end and say what is missing.")
def serve(no_setup: bool) -> None:
    """Receive webhooks and work them off: web and worker in one command.

    Needs APP_ID, PRIVATE_KEY or PRIVATE_KEY_PATH, and WEBHOOK_SECRET in the environment or in the
    settings file. With none of them it prints a link to a page that makes the GitHub App, writes
    the settings file, and goes on. A child that dies is started again; SIGTERM or Ctrl-C stops both
    within 10 seconds.

    Example: PORT=8080 plansync serve
    """
    from bot.settings import is_unconfigured

    stop = stop_on_signals()
    first = not no_setup and is_unconfigured()
    with _first_start(stop) if first else contextlib.nullcontext() as opened:
        if first and opened is None:
            return
        settings = _prepare("serve")
        _check_worker_free(settings)
        _serve(settings, opened or _listening(settings), stop)


def _serve(settings: Settings, opened: socket.socket, stop: threading.Event) -> None:
    from bot import supervisor

    with opened as listening:
        address = supervisor.address(listening)
        click.echo(f"plansync serves {address} (webhooks: {address}/webhooks/github)")
        click.echo(f"ready? {address}/readyz  stop: Ctrl-C")
        _offer_sign_in(settings, address)
        sys.stdout.flush()
        code = supervisor.supervise(listening, stop)
    sys.exit(code)


@contextlib.contextmanager
def _first_start(stop: threading.Event) -> Iterator[socket.socket | None]:
    """The listening socket after somebody set plansync up on it; None when nobody did."""
    from bot import logs
    from bot.cli.setup import set_up
    from bot.settings import load_setup_settings

    settings = load_setup_settings()
    logs.configure(settings, process="setup")
    with _listening(settings) as listening:
        yield listening if set_up(settings, listening, stop) else None


def _check_worker_free(settings: Settings) -> None:
    """Raises WorkerRunning before anything is announced that could not be kept."""
    from bot.slot import only_worker
    from bot.store import Store

    file = Store(settings.database_url).sqlite_file
    if file is not None:
        with only_worker(file):
            pass


@click.command()
@click.option("--listen-fd", type=int, hidden=True)
@click.option("--lifeline", type=int, hidden=True)
def web(listen_fd: int | None, lifeline: int | None) -> None:
    """Only receive webhooks and show the pages; run plansync worker beside it.

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
        address = supervisor.address(listening)
        click.echo(f"plansync web listens on {address}")
        _offer_sign_in(settings, address)
        sys.stdout.flush()
    serve_web(settings, listening)


@click.command()
@click.option("--lifeline", type=int, hidden=True)
def worker(lifeline: int | None) -> None:
    """Only work off what was received; run plansync web beside it.

    On SQLite one worker runs at a time, on PostgreSQL as many as there are.

    Example: DATABASE_URL=postgresql://… plansync worker
    """
    stop = stop_on_signals()
    settings = _prepare("worker", lifeline)
    from bot.jobs import run_worker
    from bot.telemetry import start

    start(settings, "worker")
    if not run_worker(settings, stop):
        # Jobs that did not end in time would hold the interpreter; the next worker resumes them.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@click.command()
@click.option("--url", default="https://example.com", help="Where plansync is reached.")
def manifest(url: str) -> None:
    """Print the App manifest: the permissions and events to register the GitHub App with.

    Example: plansync manifest --url https://plans.example.com > app.yml
    """
    from bot.manifest import render_manifest
    from bot.registering import WrongAnswer, check_url

    try:
        check_url(url)
    except WrongAnswer as wrong:
        raise click.BadParameter(str(wrong), param_hint="--url") from None
    click.echo(render_manifest(url), nl=False)


def _prepare(process: str, lifeline: int | None = None) -> Settings:
    """Settings, logging and tables; the process ends with its supervisor when it has one."""
    if lifeline is not None:
        from bot.lifeline import hold_on_to

        hold_on_to(lifeline)
    import structlog

    from bot import logs
    from bot.settings import forgetful_disk, load_settings
    from bot.store import Store
    from bot.telemetry import check_installed

    settings = load_settings()
    logs.configure(settings, process=process)
    check_installed(settings)
    store = Store(settings.database_url)
    store.migrate()
    platform = forgetful_disk()
    if platform and store.sqlite_file is not None and lifeline is None:
        structlog.get_logger("plansync").warning(
            f"{platform} forgets this database at every restart",
            database=str(store.sqlite_file),
            fix="Set DATABASE_URL to a PostgreSQL database.",
        )
    store.close()
    return settings


def _offer_sign_in(settings: Settings, address: str) -> None:
    """On a machine that nobody else reaches, a link signs in that works once."""
    if settings.host not in _LOOPBACK:
        warning = _who_cannot_sign_in(settings)
        if warning:
            click.echo(warning)
        return
    if settings.signs_in_with_github:
        return
    from bot.sign_in_link import make_link
    from bot.store import Store

    store = Store(settings.database_url)
    link = make_link(store, datetime.now(UTC))
    store.close()
    click.echo(f"sign in (works once, within the hour): {address}{link}")


def _who_cannot_sign_in(settings: Settings) -> str:
    if not settings.signs_in_with_github:
        return (
            "nobody can sign in to the pages: set GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET and"
            " PLANSYNC_URL"
        )
    if not settings.public_url:
        return (
            "PLANSYNC_URL is not set: people sign in only where a proxy ends TLS and hands on the"
            " header Host; set it to the https:// address that they use"
        )
    return ""


def _listening(settings: SetupSettings) -> socket.socket:
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
