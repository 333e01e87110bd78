"""What can go wrong on the way to GitHub, at the nth call that matches.

``Faults`` is the ``handle`` of ``bot.emulator.front.Front``: every call of plansync goes through
it. A fault *before* its effect never reaches the emulator; one *after* it does, and only the answer
is lost. ``drop``, ``duplicate`` and ``backwards`` change what the relay sends of the webhooks.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.emulator.front import Call, Forward, Reply, Reset
from bot.emulator.relay import Rule, Webhook

HANG_SECONDS = 60.0

Fault = Callable[[Call, Forward, threading.Event], Reply]


def _json(status: int, message: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status,
        {"Content-Type": "application/json", **named},
        json.dumps({"message": message}).encode(),
    )


def _page(status: int) -> Reply:
    body = b"<html><body><h1>Unicorn!</h1></body></html>"
    return Reply(status, {"Content-Type": "text/html"}, body)


def bad_gateway_before(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """502, and nothing was done."""
    return _page(502)


def bad_gateway_after(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """502, although it was done."""
    forward(call)
    return _page(502)


def reset_before(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """The connection breaks, and nothing was done."""
    raise Reset


def reset_after(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """The connection breaks, although it was done."""
    forward(call)
    raise Reset


def timeout_after(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """It was done, and no answer ever comes."""
    forward(call)
    closing.wait(HANG_SECONDS)
    raise Reset


def html_after(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """It was done, and the answer is 200 with a page."""
    forward(call)
    return _page(200)


def truncated_after(call: Call, forward: Forward, closing: threading.Event) -> Reply:
    """It was done, and the answer breaks off in the middle of its JSON."""
    reply = forward(call)
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def rate_limit(retry_after: int | None = None) -> Fault:
    """A secondary rate limit, with or without saying for how long."""

    def fault(call: Call, forward: Forward, closing: threading.Event) -> Reply:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes."
        if retry_after is None:
            return _json(403, message)
        return _json(403, message, Retry_After=str(retry_after))

    return fault


def status(code: int, message: str = "") -> Fault:
    """An error status (401, 404, 409, 422 …), and nothing was done."""

    def fault(call: Call, forward: Forward, closing: threading.Event) -> Reply:
        return _json(code, message or f"status {code}")

    return fault


@dataclass(slots=True)
class _Planned:
    left: int
    times: int
    fault: Fault
    method: str
    path: re.Pattern[str]
    kind: str


class Faults:
    """The faults that are planned, and the calls that they struck."""

    def __init__(self) -> None:
        self.struck: list[Call] = []
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def at(
        self,
        nth: int,
        fault: Fault,
        *,
        method: str = "",
        path: str = "",
        kind: str = "api",
        times: int = 1,
    ) -> None:
        """Strike the nth matching call from now on (1 is the next), and ``times`` in a row.

        ``method`` "" is any, "WRITE" any but GET; ``path`` a pattern that is searched for; ``kind``
        as in ``Call.kind``, "" for any.
        """
        planned = _Planned(nth, times, fault, method, re.compile(path), kind)
        with self._lock:
            self._planned.append(planned)

    def close(self) -> None:
        """Let go of whoever hangs."""
        self._closing.set()

    def __call__(self, call: Call, forward: Forward) -> Reply:
        fault = self._due(call)
        if fault is None:
            return forward(call)
        return fault(call, forward, self._closing)

    def _due(self, call: Call) -> Fault | None:
        with self._lock:
            for one in self._planned:
                if not _matches(one, call):
                    continue
                one.left -= 1
                if one.left <= 0 and one.times > 0:
                    one.times -= 1
                    self.struck.append(call)
                    return one.fault
        return None


def _matches(planned: _Planned, call: Call) -> bool:
    if planned.kind and planned.kind != call.kind:
        return False
    if planned.method == "WRITE":
        return call.method != "GET" and planned.path.search(call.path) is not None
    return planned.method in ("", call.method) and planned.path.search(call.path) is not None


def drop(lost: Callable[[Webhook], bool]) -> Rule:
    """Webhooks that never arrive."""
    return lambda due: [one for one in due if not lost(one)]


def duplicate(twice: Callable[[Webhook], bool] = lambda one: True) -> Rule:
    """Webhooks that arrive twice, under the same id."""
    return lambda due: [one for one in due for _ in range(2 if twice(one) else 1)]


def backwards(due: Sequence[Webhook]) -> Sequence[Webhook]:
    """Webhooks that arrive in the reverse order, as far as they wait together."""
    return list(reversed(due))
