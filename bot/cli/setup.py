"""``plansync setup``: make the GitHub App; and how ``serve`` does it at its first start."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import click

from bot.errors import UserProblem

if TYPE_CHECKING:
    import socket

    from flask import Flask

    from bot.registering import Wanted
    from bot.settings import SetupSettings

_LINGER_SECONDS = 1.0
"""How long the last page may take to reach the browser."""


class SetUpAlready(UserProblem):
    """There is an App already; another one is not made over it."""

    exit_code = 2


@click.command()
@click.option("--url", default="", help="Where GitHub and people reach plansync.")
@click.option("--name", default="plansync", show_default=True, help="The App's name on GitHub.")
@click.option("--org", default="", help="The organisation that is to own the App.")
@click.option("--operators", default="", help="Who may see the operator's pages: logins.")
def setup(url: str, name: str, org: str, operators: str) -> None:
    """Make the GitHub App, and write its keys into the settings file.

    Prints a link for a browser on this machine, waits until GitHub has made the App there, and
    ends. On another machine, lead its port here first: ssh -L 8123:127.0.0.1:8123 HOST, with
    PORT=8123. In a container publish the port, and open the link at 127.0.0.1. Exit code 2 when
    there is an App already.

    Example: plansync setup --url https://plans.example.com --org my-company
    """
    from bot import logs
    from bot.cli.stopping import stop_on_signals
    from bot.registering import Wanted
    from bot.settings import is_unconfigured, load_setup_settings, settings_file
    from bot.supervisor import listen

    if not is_unconfigured():
        raise SetUpAlready(
            "plansync has an App already: APP_ID, PRIVATE_KEY or WEBHOOK_SECRET is set, here or in "
            f"{settings_file()}.",
            "To begin anew, unset them and delete that file.",
        )
    settings = load_setup_settings()
    logs.configure(settings, process="setup")
    wanted = Wanted(name, (url or settings.public_url).rstrip("/"), org, operators)
    if wanted.url:
        wanted.check()
    port = settings.port if "port" in settings.model_fields_set else 0
    with listen(settings.host, port) as listening:
        if not set_up(settings, listening, stop_on_signals(), wanted if wanted.url else None):
            raise SystemExit(1)
    click.echo("Start it: plansync serve")


def set_up(
    settings: SetupSettings,
    listening: socket.socket,
    stop: threading.Event,
    first: Wanted | None = None,
) -> bool:
    """Serve the set-up pages until there is an App; False when ``stop`` came first."""
    import structlog

    from bot.github.conversion import convert
    from bot.settings import settings_file
    from bot.settings_file import check_writable
    from bot.store import Store
    from bot.supervisor import address
    from webhooks.setup import Setup, create_setup_app

    file = settings_file()
    check_writable(file)
    store = Store(settings.database_url)
    store.migrate()
    made = Setup(settings, file, lambda code: convert(settings.github_api_url, code), first)
    link = (settings.public_url or address(listening)) + made.path
    for anywhere in ("//0.0.0.0:", "//[::]:"):
        # What a container listens at; a browser on its machine reaches it through a port of that.
        link = link.replace(anywhere, "//127.0.0.1:")
    if settings.log_format == "json" and not sys.stdout.isatty():
        structlog.get_logger("plansync.setup").warning("plansync is not set up yet", open=link)
    else:
        click.echo(f"plansync is not set up yet. Open this link to make its GitHub App:\n  {link}")
    sys.stdout.flush()
    with _Serving(create_setup_app(made, store), listening):
        while not stop.is_set() and not made.done.wait(0.1):
            pass
        if made.done.is_set():
            stop.wait(_LINGER_SECONDS)
    store.close()
    if made.app is None:
        return False
    click.echo(f"{made.app.slug} is set up; its keys are in {file}.")
    click.echo(f"Install it on repositories: {made.app.install_url}")
    return True


class _Serving:
    """A small server for the one person who sets plansync up, on a socket that is open already."""

    def __init__(self, app: Flask, listening: socket.socket) -> None:
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            """Logs nothing: the addresses hold the token and GitHub's code."""

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        host, port = listening.getsockname()[:2]
        self._server = make_server(
            host,
            port,
            app,
            threaded=True,
            request_handler=Quiet,
            fd=listening.fileno(),
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.socket.close()
