"""The web process: granian serving the application on a socket that is open already.

granian starts one worker process and that one some threads. The socket is handed over instead of
an address, so that connections wait in it while a process that died is started again.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from bot import lifeline, logs, telemetry
from bot.errors import Retryable
from bot.github.visiting import Visitors
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.tally import TALLY
from webhooks.app import create_app

THREADS = 32
BUSY_SECONDS = 5.0
"""GitHub gives up after 10 seconds: https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks#respond-within-10-seconds"""
TALLY_SECONDS = 5.0
_BACKLOG = 1024


_main_process = 0
"""Who forks; set before, because a fork whose parent died already cannot tell any more."""


class Server(MPServer):
    """granian on a socket that somebody else opened."""

    def __init__(self, listening: socket.socket, **options: Any) -> None:
        super().__init__(**options)
        self._listening = listening

    def _init_shared_socket(self) -> None:
        # granian has no public way to be given a socket; a test notices when this changes.
        from granian._granian import SocketHolder

        holder: Any = SocketHolder
        shared: Any = self
        fd = os.dup(self._listening.fileno())
        os.set_inheritable(fd, True)
        shared._ssp = None
        shared._shd = holder(fd, False, _BACKLOG)
        shared._sfd = fd
        shared._sso = socket.socket(fileno=fd)


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT. The store must have its tables."""
    global _main_process
    _main_process = os.getpid()
    os.register_at_fork(after_in_child=_stop_at_once)
    host, port = listening.getsockname()[:2]
    server = Server(
        listening,
        target="webhooks.serve:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backlog=_BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    )
    server.serve()


def _stop_at_once() -> None:
    """Until granian's worker sets its own: what it inherits would swallow the signal to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def application() -> Flask:
    """The application of granian's worker process, which ends with the process that forked it."""
    lifeline.follow_parent(_main_process or os.getppid())
    settings = load_settings()
    logs.configure(settings, process="web")
    telemetry.start(settings, "web")
    store = Store(settings.database_url, busy_seconds=BUSY_SECONDS)
    threading.Thread(target=_hand_on_counts, args=(store,), name="tally", daemon=True).start()
    threading.Thread(target=summarise, args=(store,), name="summaries", daemon=True).start()
    app = create_app(settings, store, _visitors(settings))
    keep_what_is_loaded()
    return app


def keep_what_is_loaded() -> None:
    """Let the collector of garbage leave alone what is there now, all of which stays.

    Walking it took 60 ms of a page now and then.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()


def summarise(store: Store) -> None:
    """Read the plans of before there were lists, so that nobody who looks has to wait for it."""
    with contextlib.suppress(Retryable):
        while store.fill_summaries(datetime.now(UTC), 50):
            pass


def _hand_on_counts(store: Store) -> None:
    """Put what this process counted where every process's /metrics finds it."""
    while True:
        time.sleep(TALLY_SECONDS)
        with contextlib.suppress(Retryable):
            TALLY.flush(store, datetime.now(UTC))


def _visitors(settings: Settings) -> Visitors | None:
    """GitHub as the people know it who look at the pages; None where they cannot sign in there."""
    if not settings.signs_in_with_github:
        return None
    from bot.github.visitors import GitHubVisitors

    return GitHubVisitors(settings)
