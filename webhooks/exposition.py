"""The numbers of all processes in Prometheus' text format, one family a metric.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bot.attention import Kind
from bot.errors import Retryable
from bot.store import Counts, Store
from bot.store.tallying import Tallied
from bot.tally import METRICS, SECONDS

_WORKER_SILENT = timedelta(seconds=60)
LASTS = {
    "rate_left": timedelta(hours=1),
    "rate_limit": timedelta(hours=1),
    "jobs_running": _WORKER_SILENT,
}
"""How long a gauge means something: GitHub counts anew each hour, dead workers run nothing."""


def exposition(store: Store, now: datetime) -> str:
    """The page. A database that does not answer is a number too."""
    try:
        found: Iterable[Metric] = [
            _gauge("database_up", "1 when the database answers.", 1),
            *_asked(
                store.counts(), store.oldest_pending(), store.last_beat(), store.last_webhook(), now
            ),
            _waiting(store.waiting_kinds()),
            *_tallied(store.tallies(), now),
        ]
    except Retryable:
        found = [_gauge("database_up", "1 when the database answers.", 0)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(found))
    return generate_latest(registry).decode("utf-8")


class _Given(Collector):
    """Hands out what was collected already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"plansync_{name}", help_, value=value)


def _asked(
    counts: Counts,
    pending: datetime | None,
    beat: datetime | None,
    webhook: datetime | None,
    now: datetime,
) -> Iterator[Metric]:
    """What the database says of this moment."""
    yield _gauge("deliveries_new", "Deliveries stored and not dispatched.", counts.new)
    yield _gauge("deliveries_failed", "Deliveries that could not be dispatched.", counts.failed)
    yield _gauge("subjects_open", "Plans and requests with unfinished deliveries.", counts.open)
    yield _gauge("subjects_parked", "Plans and requests that are parked.", counts.parked)
    waits = max(0.0, (now - pending).total_seconds()) if pending else 0
    yield _gauge("oldest_pending_seconds", "Age of the oldest delivery not worked off.", waits)
    alive = beat is not None and now - beat <= _WORKER_SILENT
    yield _gauge("worker_up", "1 when a worker was seen alive within a minute.", int(alive))
    if webhook is not None:
        text = "When GitHub's newest delivery came in."
        yield _gauge("last_delivery_timestamp_seconds", text, webhook.timestamp())


def _waiting(kinds: Mapping[str, int]) -> Metric:
    text = "Plans that wait for a person, by what waits; parked ones apart."
    gauge = GaugeMetricFamily("plansync_plans_waiting", text, labels=["kind"])
    for kind in get_args(Kind):
        gauge.add_metric([kind], kinds.get(kind, 0))
    return gauge


def _tallied(series: Sequence[Tallied], now: datetime) -> Iterator[Metric]:
    """What was counted where it happened; a metric that never was has no series yet."""
    by_name: dict[str, list[Tallied]] = defaultdict(list)
    for one in series:
        by_name[one.name].append(one)
    for name, metric in METRICS.items():
        found = by_name[name]
        if metric.kind == "counter":
            counter = CounterMetricFamily(f"plansync_{name}", metric.help, labels=metric.labels)
            for one in found:
                counter.add_metric(_values(one, metric.labels), one.value)
            yield counter
        elif metric.kind == "gauge":
            gauge = GaugeMetricFamily(f"plansync_{name}", metric.help, labels=metric.labels)
            for one in found:
                if now - one.at <= LASTS[name]:
                    gauge.add_metric(_values(one, metric.labels), one.value)
            yield gauge
        else:
            yield _histogram(name, found, by_name[f"{name}_sum"])


def _histogram(
    name: str, buckets: Sequence[Tallied], sums: Sequence[Tallied]
) -> HistogramMetricFamily:
    metric = METRICS[name]
    family = HistogramMetricFamily(f"plansync_{name}", metric.help, labels=metric.labels)
    inside: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for one in buckets:
        inside[tuple(_values(one, metric.labels))][one.labels["le"]] = one.value
    totals = {tuple(_values(one, metric.labels)): one.value for one in sums}
    for values, counts in sorted(inside.items()):
        running, cumulative = 0.0, []
        for bound in (*map(str, SECONDS), "+Inf"):
            running += counts.get(bound, 0.0)
            cumulative.append((bound, running))
        family.add_metric(values, cumulative, totals.get(values, 0.0))
    return family


def _values(one: Tallied, names: Sequence[str]) -> list[str]:
    return [one.labels.get(name, "") for name in names]
