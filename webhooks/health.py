"""``/healthz``, ``/readyz`` and ``/metrics``: for load balancers, orchestrators and Prometheus."""

from __future__ import annotations

import contextlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Request, Response, abort, request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE

from bot.errors import Retryable
from bot.settings import Settings, parse_private_key
from bot.store import Store
from bot.tally import TALLY
from webhooks.address import is_loopback
from webhooks.exposition import exposition

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


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
        _check_asker(request, settings)
        now = datetime.now(UTC)
        # What the store cannot take is kept; the page then says that it does not answer.
        with contextlib.suppress(Retryable):
            TALLY.flush(store, now)
        return Response(exposition(store, now), content_type=CONTENT_TYPE)

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


def _check_asker(asked: Request, settings: Settings) -> None:
    """Only who has the token, or without a token only this machine, sees the numbers."""
    token = settings.metrics_token
    if token is not None:
        given = asked.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, b"Bearer " + token.get_secret_value().encode()):
            abort(401, "Send the header Authorization: Bearer METRICS_TOKEN.")
        return
    # What a proxy on this machine passes on comes from this machine too, but says so.
    passed_on = any(name in asked.headers for name in _FORWARDED)
    host = urlsplit(f"//{asked.host}").hostname or ""
    if passed_on or not is_loopback(asked.remote_addr or "") or not is_loopback(host):
        abort(403, "Only this machine may ask; set METRICS_TOKEN to let others.")


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else round(max(0.0, (now - since).total_seconds()), 3)
