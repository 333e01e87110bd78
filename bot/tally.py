"""What is counted, in every process: named in one table, kept in memory, handed on in lumps.

``bot.store`` adds the lumps of all processes up, and the page ``/metrics`` shows the sums. So a
worker needs no listener of its own, and counts go on where they were after a restart.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Series = tuple[str, tuple[tuple[str, str], ...]]
"""A name with its labels, sorted."""

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """What a name means; ``labels`` tell its series apart."""

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


METRICS: dict[str, Metric] = {
    "deliveries_received": Metric(
        "counter",
        "Requests to the webhook address by what became of them.",
        ("result",),
    ),
    "reconcile_seconds": Metric(
        "histogram", "How long one try at a plan or request took.", ("outcome",)
    ),
    "changes": Metric("counter", "Writes to GitHub by kind and result.", ("kind", "result")),
    "github_calls": Metric(
        "counter", "Requests to GitHub by class of status; none: no answer.", ("status",)
    ),
    "sweeps": Metric("counter", "Sweeps that were done, by result.", ("sweep", "result")),
    "sweep_found": Metric("counter", "What sweeps put into the inbox.", ("sweep",)),
    "rate_left": Metric(
        "gauge", "Requests that GitHub still allows within the hour.", ("installation",)
    ),
    "rate_limit": Metric("gauge", "Requests that GitHub allows an hour.", ("installation",)),
    "jobs_running": Metric("gauge", "Jobs that a worker is at.", ("worker",)),
}
"""Every number that is counted where it happens; others are asked of the database."""


class Tallies(Protocol):
    """Where the lumps go."""

    def add_tallies(
        self, counted: Mapping[Series, float], gauges: Mapping[Series, float], now: datetime
    ) -> None: ...


class Tally:
    """Counters and gauges of one process; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[Series, float] = {}
        self._gauges: dict[Series, float] = {}

    def count(self, name: str, by: float = 1.0, **labels: str) -> None:
        """Add to a counter. Raises KeyError for a name or labels that the table does not have."""
        series = _series(name, "counter", labels)
        with self._lock:
            self._counted[series] = self._counted.get(series, 0.0) + by

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge; the newest value of any process is shown."""
        series = _series(name, "gauge", labels)
        with self._lock:
            self._gauges[series] = value

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Put a duration into its bucket, and add it to the sum."""
        series = _series(name, "histogram", labels)
        place = bisect_left(SECONDS, seconds)
        bound = str(SECONDS[place]) if place < len(SECONDS) else "+Inf"
        bucket = (name, tuple(sorted((*series[1], ("le", bound)))))
        total = (f"{name}_sum", series[1])
        with self._lock:
            self._counted[bucket] = self._counted.get(bucket, 0.0) + 1.0
            self._counted[total] = self._counted.get(total, 0.0) + seconds

    def flush(self, store: Tallies, now: datetime) -> None:
        """Hand on what was counted since the last time; kept when the store cannot take it."""
        with self._lock:
            counted, gauges = self._counted, self._gauges
            self._counted, self._gauges = {}, {}
        try:
            store.add_tallies(counted, gauges, now)
        except BaseException:
            with self._lock:
                for series, value in counted.items():
                    self._counted[series] = self._counted.get(series, 0.0) + value
                self._gauges = gauges | self._gauges
            raise


TALLY = Tally()
"""The tally of this process."""


def count_call(method: str, path: str, status: int, seconds: float) -> None:
    """An observer of requests to GitHub."""
    TALLY.count("github_calls", status=f"{status // 100}xx" if status else "none")


def _series(name: str, kind: str, labels: Mapping[str, str]) -> Series:
    metric = METRICS[name]
    if metric.kind != kind or set(labels) != set(metric.labels):
        raise KeyError(f"{name} is a {metric.kind} with the labels {metric.labels}")
    return name, tuple(sorted(labels.items()))
