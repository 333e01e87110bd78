"""``POST /webhooks/github``: check, store, answer. Nothing is worked off here.

The body is read up to GitHub's cap and no further, the signature is verified over the raw bytes
before anything of them is parsed, and the answer is given only after the delivery is stored.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

import structlog
from flask import Blueprint, Request, Response, request

from bot.settings import Settings
from bot.store import Store, StoreUnavailable
from bot.tally import TALLY
from webhooks.signature import is_signed

MAX_BODY_BYTES = 25 * 1024 * 1024
"""GitHub's cap: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

READ_SECONDS = 30.0
_CHUNK = 64 * 1024
_LARGE_BYTES = 1024 * 1024
# What anybody may make this process hold before a signature is known to be good.
_LARGE_AT_ONCE = 4
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_GUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_SIGNATURE = re.compile(r"sha256=[0-9a-fA-F]{64}", re.ASCII)

_RESULTS = {
    400: "malformed",
    401: "unsigned",
    413: "too_large",
    415: "not_json",
    503: "unavailable",
}

log = structlog.get_logger("plansync.receive")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that may be stored."""

    guid: str
    event: str
    body: bytes


class Rejected(Exception):
    """Not taken in: the HTTP status and the sentence that says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


_large_bodies = threading.BoundedSemaphore(_LARGE_AT_ONCE)
_TOO_LARGE = Rejected(413, "The body is larger than 25 MiB.")


def blueprint(settings: Settings, store: Store) -> Blueprint:
    """The route that takes deliveries in."""
    pages = Blueprint("receive", __name__)
    secrets = settings.webhook_secrets

    @pages.post("/webhooks/github")
    def receive() -> Response:
        try:
            delivery = check(request, secrets)
        except Rejected as rejected:
            TALLY.count("deliveries_received", result=_RESULTS[rejected.status])
            log.warning("delivery rejected", status=rejected.status, reason=rejected.reason)
            return _answer(rejected.status, "rejected", rejected.reason)
        try:
            new = store.receive(
                delivery.guid, delivery.event, delivery.body, received_at=datetime.now(UTC)
            )
        except StoreUnavailable as unavailable:
            TALLY.count("deliveries_received", result="unavailable")
            log.error("delivery not stored", delivery=delivery.guid, reason=str(unavailable))
            answer = _answer(
                503, "unavailable", "The delivery cannot be stored now; send it again."
            )
            answer.headers["Retry-After"] = "30"
            return answer
        TALLY.count("deliveries_received", result="stored" if new else "known")
        log.info("delivery stored", delivery=delivery.guid, github_event=delivery.event, new=new)
        return _answer(202, "stored" if new else "known")

    return pages


def check(request: Request, secrets: tuple[bytes, ...]) -> Delivery:
    """The delivery in a request, or Rejected with 400, 401, 413, 415 or 503."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _TOO_LARGE
    if request.mimetype != "application/json":
        raise Rejected(415, "The content type must be application/json.")
    event = _header(request, "X-GitHub-Event", _EVENT, 400)
    guid = _header(request, "X-GitHub-Delivery", _GUID, 400)
    signature = _header(request, "X-Hub-Signature-256", _SIGNATURE, 401).lower()
    body = _read(request)
    if not is_signed(signature, body, secrets):
        raise Rejected(401, "The signature does not match the webhook secret.")
    if not _is_object(body):
        raise Rejected(400, "The body is not a JSON object.")
    return Delivery(guid, event, bytes(body))


def _header(request: Request, name: str, shape: re.Pattern[str], status: int) -> str:
    value = request.headers.get(name, "")
    if not shape.fullmatch(value):
        raise Rejected(status, f"The header {name} is {'malformed' if value else 'missing'}.")
    return value


def _read(request: Request) -> bytearray:
    declared = request.content_length
    if declared is None and not request.environ.get("wsgi.input_terminated"):
        return bytearray()
    # The stream and not the cached data: a body without a declared length has to be counted.
    body = _fill(
        request.environ["wsgi.input"], MAX_BODY_BYTES + 1 if declared is None else declared
    )
    if len(body) > MAX_BODY_BYTES:
        raise _TOO_LARGE
    if declared is not None and len(body) < declared:
        raise Rejected(400, "The body is shorter than its declared length.")
    return body


def _fill(stream: BinaryIO, wanted: int) -> bytearray:
    """Up to ``wanted`` bytes; Rejected when they take too long or there is no room for them."""
    body = bytearray()
    has_room = False
    deadline = time.monotonic() + READ_SECONDS
    try:
        while len(body) < wanted and (part := stream.read(min(_CHUNK, wanted - len(body)))):
            body += part
            if time.monotonic() > deadline:
                raise Rejected(400, "The body took too long to arrive.")
            if len(body) > _LARGE_BYTES and not has_room:
                has_room = _large_bodies.acquire(blocking=False)
                if not has_room:
                    raise Rejected(503, "Too many large bodies at once; send it again.")
    finally:
        if has_room:
            _large_bodies.release()
    return body


def _is_object(body: bytearray) -> bool:
    try:
        return isinstance(json.loads(body.decode("utf-8"), parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        return False


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _answer(status: int, state: str, reason: str = "") -> Response:
    content = {"status": state} | ({"reason": reason} if reason else {})
    answer = Response(json.dumps(content) + "\n", status, mimetype="application/json")
    if status == 503:
        answer.headers["Retry-After"] = "30"
    return answer
