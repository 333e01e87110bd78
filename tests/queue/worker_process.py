"""A worker as a process of its own, which tests kill: says on standard output what it does.

Each reconcile prints ``begin SUBJECT`` and then waits for a line on standard input: ``finish``
lets it end. At the end of the input it waits for ever, like a call that never comes back.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot import logs
from bot.jobs import run_worker
from bot.memory import OpenDelivery, SubjectKey
from bot.settings import load_settings


def reconcile(
    key: SubjectKey,
    deliveries: Sequence[OpenDelivery],
    *,
    store: Any,
    gateway: Any,
    now: datetime,
    stopping: Callable[[], bool],
) -> None:
    print(f"begin {key}", flush=True)
    if sys.stdin.readline().strip() != "finish":
        threading.Event().wait()
    store.finish(key, [delivery.id for delivery in deliveries], finished_at=now)
    print(f"finished {key}", flush=True)


if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    settings = load_settings()
    logs.configure(settings, process="worker")
    run_worker(settings, stop, gateway_factory=lambda given: None, reconcile=reconcile)
