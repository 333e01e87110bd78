"""plansync stepped by hand against the emulator: the real gateway, store and receiver, no queue.

``work`` runs in this process, or in one that is killed with SIGKILL at its nth failpoint.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog
from flask import Flask
from werkzeug.serving import make_server

from bot.attempt import Bench, Outcome, attempt
from bot.dispatch import dispatch
from bot.emulator.stage import Stage
from bot.events import COMPARE
from bot.github.live import Gateway
from bot.github.snapshots import RepoRef
from bot.github.transport import Transport
from bot.reconcile import reconcile
from bot.settings import load_settings
from bot.store import Store
from bot.store.connection import Transactions
from bot.sweeps import wish
from webhooks import receive

DEADLINE_SECONDS = 0.6
ROUNDS = 30


class NeverQuiet(Exception):
    """Work never came to an end."""


class Stepped:
    """A receiver and a store beside a stage; everything else happens when ``settle`` is called."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.environment = {
            **stage.environment(),
            "DATABASE_URL": f"sqlite:///{folder / 'matrix.sqlite3'}",
            "PLANSYNC_DATA_DIR": str(folder),
        }
        self.store = Store(self.environment["DATABASE_URL"])
        self.store.migrate()
        self.parked: list[str] = []
        self._days = timedelta(0)
        self._gateway = gateway_of(self.environment)
        app = Flask("stepped")
        app.register_blueprint(receive.blueprint(load_settings(self.environment), self.store))
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        stage.relay.target = f"http://127.0.0.1:{self._server.server_port}/webhooks/github"

    def close(self) -> None:
        self.stage.relay.target = None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
        self._gateway.close()
        self.store.close()

    def received(self) -> None:
        """Wait until every webhook of what happened so far is in the inbox."""
        world = self.stage.emulator.world
        title = f"Heard {uuid.uuid4()}"
        self.stage.person(world.admin, world.repositories[-1]).open_issue(title)
        self.stage.relay.wait_for(
            lambda one: one.event == "issues" and one.payload["issue"]["title"] == title
        )
        self.stage.relay.wait_until_sent()

    def settle(self) -> None:
        """Work off what there is and what comes of it, until nothing is left; raises NeverQuiet.

        All waits are over by the next round. What is parked is told in ``parked`` and released,
        as an operator would do it.
        """
        for _ in range(ROUNDS):
            self.received()
            outcomes = work(self.store, self._gateway, self._days)
            if not outcomes:
                if not self._release():
                    return
            elif any(one.kind != "done" for one in outcomes):
                # The next try comes later, when no rate limit is remembered any more.
                self._days += timedelta(days=1)
                self._gateway.close()
                self._gateway = gateway_of(self.environment)
        raise NeverQuiet(f"after {ROUNDS} rounds; parked: {self.parked[-1:]}")

    def compare(self, repo: RepoRef, path: str) -> None:
        """Ask for another look at a plan, as the daily sweep does."""
        now = datetime.now(UTC)
        asked = wish(repo, "plan", path, now, why="sync", since=now)
        self.store.receive(asked.guid, COMPARE, asked.body, received_at=now)

    def repo(self, full_name: str) -> RepoRef:
        found = self._gateway.find(full_name)
        if found is None:
            raise LookupError(full_name)
        return found

    def _release(self) -> bool:
        rows = self.store.subjects(parked=True)
        for row in rows:
            self.parked.append(row.reason)
            self.store.release(row.key, datetime.now(UTC))
        return bool(rows)


def work(store: Store, gateway: Gateway, later: timedelta) -> list[Outcome]:
    """Dispatch, then try every subject with open deliveries once."""
    while dispatch(store, datetime.now(UTC), timedelta(0)):
        pass
    bench = Bench(
        store=store,
        gateway=gateway,
        reconcile=reconcile,
        clock=lambda: datetime.now(UTC) + later,
        sleep=lambda seconds: None,
    )
    return [attempt(due.key, bench) for due in store.due_subjects(bench.clock())]


class Mortal:
    """Another process for ``work``, forked for each round and killed where it is told to be."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.stepped"],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def work(self, kill_at: int) -> bool:
        """Work once; True when it was killed at its failpoint ``kill_at``, False when it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(kill_at, file=self._process.stdin, flush=True)
        return bool(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)


def be_quiet() -> None:
    """Log nothing: what comes out is read by another process, or a summary."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


def _serve_forks() -> None:
    """Fork for each number that comes; say whether the child was killed."""
    be_quiet()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _work_until_killed(int(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise RuntimeError(f"the child ended with {os.WEXITSTATUS(status)}")
        print(json.dumps(os.WIFSIGNALED(status)), flush=True)


def _work_until_killed(kill_at: int) -> None:
    points = itertools.count(1)

    def point() -> None:
        if next(points) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    send, write = Transport.send, Transactions.write

    def mortal_send(self: Transport, *args: Any, **kwargs: Any) -> Any:
        point()
        answer = send(self, *args, **kwargs)
        point()
        return answer

    @contextmanager
    def mortal_write(self: Transactions) -> Iterator[Any]:
        with write(self) as connection:
            yield connection
            point()
        point()

    Transport.send, Transactions.write = mortal_send, mortal_write  # type: ignore[method-assign]
    store, gateway = Store(os.environ["DATABASE_URL"]), gateway_of(dict(os.environ))
    while any(one.kind == "done" for one in work(store, gateway, timedelta(0))):
        pass


def gateway_of(environment: dict[str, str]) -> Gateway:
    return Gateway(
        SimpleNamespace(
            app_id=int(environment["APP_ID"]),
            private_key=environment["PRIVATE_KEY"],
            github_api_url=environment["GITHUB_API_URL"],
            write_interval_seconds=0.0,
        ),
        deadline=DEADLINE_SECONDS,
    )


if __name__ == "__main__":
    _serve_forks()
