"""``/healthz``, ``/readyz`` and ``/metrics``: for load balancers, orchestrators and Prometheus."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Blueprint, Response

from bot.errors import Retryable
from bot.settings import Settings, parse_private_key
from bot.store import Store

_WORKER_SILENT_SECONDS = 60


def blueprint(settings: Settings, store: Store) -> Blueprint:
    """The three routes. None of them tells a secret or a repository's name."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @pages.get("/readyz")
    def readyz() -> Response:
        ready, found = readiness(settings, store, datetime.now(UTC))
        return Response(
            json.dumps(found, indent=1) + "\n",
            200 if ready else 503,
            mimetype="application/json",
        )

    @pages.get("/metrics")
    def metrics() -> Response:
        return Response(exposition(store, datetime.now(UTC)), mimetype="text/plain; version=0.0.4")

    return pages


def readiness(settings: Settings, store: Store, now: datetime) -> tuple[bool, dict[str, object]]:
    """May deliveries be sent here? And what was found, check by check.

    An old pending delivery and a silent worker are told but do not make the web process unready:
    it can still store deliveries.
    """
    checks: dict[str, str] = {}
    found: dict[str, object] = {"ready": False, "checks": checks}
    try:
        parse_private_key(settings.private_key.get_secret_value())
        checks["private key"] = "ok"
    except ValueError as error:
        checks["private key"] = str(error)
    try:
        checks["migrations current"] = "ok" if store.is_current() else "the tables are out of date"
        if checks["migrations current"] == "ok":
            store.check_writable()
            checks["database writable"] = "ok"
            found["oldest_pending_seconds"] = _age(store.oldest_pending(), now)
            found["worker_seen_seconds"] = _age(store.last_beat(), now)
    except Retryable as error:
        checks["database writable"] = str(error)
    ready = all(result == "ok" for result in checks.values())
    found["ready"] = ready
    return ready, found


def exposition(store: Store, now: datetime) -> str:
    """The numbers in Prometheus' text format.

    https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    lines: list[str] = []

    def gauge(name: str, help_: str, value: float) -> None:
        lines.append(f"# HELP plansync_{name} {help_}")
        lines.append(f"# TYPE plansync_{name} gauge")
        lines.append(f"plansync_{name} {value}")

    try:
        counts = store.counts()
        pending, seen = store.oldest_pending(), store.last_beat()
    except Retryable:
        gauge("database_up", "1 when the database answers.", 0)
        return "\n".join(lines) + "\n"
    gauge("database_up", "1 when the database answers.", 1)
    gauge("deliveries_new", "Deliveries stored and not dispatched.", counts.new)
    gauge("deliveries_failed", "Deliveries that could not be dispatched.", counts.failed)
    gauge("subjects_open", "Subjects with unfinished deliveries.", counts.open)
    gauge("subjects_parked", "Subjects that are parked.", counts.parked)
    gauge(
        "oldest_pending_seconds",
        "Age of the oldest delivery that is not worked off.",
        _age(pending, now) or 0,
    )
    silent = seen is None or (now - seen).total_seconds() > _WORKER_SILENT_SECONDS
    gauge("worker_up", "1 when a worker was seen alive within a minute.", 0 if silent else 1)
    return "\n".join(lines) + "\n"


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else round(max(0.0, (now - since).total_seconds()), 3)
