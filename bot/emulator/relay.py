"""Between the emulator's webhooks and plansync: completes them to what GitHub sends, and can hold,
drop, repeat and reorder them.

GitHub never sends a failed delivery again by itself, and neither does the relay.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.emulator.complete import Completer

ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery: its id, its X-GitHub-Event, and what it says."""

    guid: str
    event: str
    payload: dict[str, Any]

    @property
    def action(self) -> str:
        return str(self.payload.get("action", ""))

    @property
    def sender(self) -> str:
        return str(self.payload.get("sender", {}).get("login", ""))


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery and the status that plansync answered with; 0 when there was no answer."""

    webhook: Webhook
    status: int


Rule = Callable[[Sequence[Webhook]], Sequence[Webhook]]
"""Deliveries that are due -> what is really sent, in that order."""


class Relay:
    """Receives at ``url``, sends to ``target`` (nowhere while it is None), one after the other.

    ``rule`` changes what is sent; the default sends everything once, in order.
    """

    def __init__(self, secret: str, *, target: str | None = None) -> None:
        self.target = target
        self.rule: Rule = list
        self.aliases: dict[str, str] = {}
        self._secret = secret.encode()
        self._changed = threading.Condition()
        self._waiting: list[Webhook] = []
        self._sent: list[Sent] = []
        self._held = 0
        self._sending = False
        self._closed = False
        self._completer: Completer | None = None
        self._server = _Server(("127.0.0.1", 0), _Receiver)
        self._server.relay = self
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._work, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        """Where the emulator is to send its webhooks."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/github"

    def complete_with(self, completer: Completer) -> None:
        """Complete every webhook to GitHub's form from now on."""
        self._completer = completer

    @property
    def sent(self) -> list[Sent]:
        """What was sent so far, oldest first."""
        with self._changed:
            return list(self._sent)

    @property
    def waiting(self) -> list[Webhook]:
        """What is held back."""
        with self._changed:
            return list(self._waiting)

    def hold(self) -> None:
        """Send nothing until ``release`` was called as often."""
        with self._changed:
            self._held += 1

    def release(self) -> None:
        with self._changed:
            self._held -= 1
            self._changed.notify_all()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold within, release at the end."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def amend(self, change: Callable[[Webhook], Webhook]) -> None:
        """Change what is held back; for somebody who holds."""
        with self._changed:
            self._waiting = [change(one) for one in self._waiting]

    def completed(self, webhook: Webhook) -> Webhook:
        """The delivery completed anew, after its payload was changed."""
        if self._completer is None:
            return webhook
        return replace(
            webhook, payload=self._completer.complete(webhook.event, webhook.payload)[0][1]
        )

    def redeliver(self, guid: str) -> None:
        """Send a delivery again under its own id, as an operator may ask of GitHub."""
        with self._changed:
            self._waiting.extend([x.webhook for x in self._sent if x.webhook.guid == guid][:1])
            self._changed.notify_all()

    def wait_for(self, found: Callable[[Webhook], bool], seconds: float = 5.0) -> Webhook:
        """The newest delivery that is ``found``, waiting or sent; raises TimeoutError."""
        with self._changed:
            self._changed.wait_for(lambda: any(map(found, self._all())), timeout=seconds)
            for one in reversed(self._all()):
                if found(one):
                    return one
        raise TimeoutError("no such webhook came")

    def wait_until_sent(self, seconds: float = 10.0) -> None:
        """Wait until nothing is due; raises TimeoutError."""
        with self._changed:
            done = self._changed.wait_for(
                lambda: not self._waiting and not self._sending, timeout=seconds
            )
        if not done:
            raise TimeoutError("webhooks are still waiting")

    def reset(self) -> None:
        """Forget what was sent and what waits."""
        with self._changed:
            self._waiting.clear()
            self._sent.clear()
            self.aliases.clear()
            self.rule = list

    def close(self) -> None:
        """Stop receiving and sending; what waits is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(timeout=ANSWER_SECONDS)

    def receive(self, event: str, payload: dict[str, Any]) -> None:
        """Take one webhook of the emulator's; its own delivery ids are not unique."""
        made = [(event, payload)]
        if self._completer is not None:
            made = self._completer.complete(event, payload)
        with self._changed:
            self._waiting.extend(Webhook(str(uuid.uuid4()), name, data) for name, data in made)
            self._changed.notify_all()

    def _all(self) -> list[Webhook]:
        return [x.webhook for x in self._sent] + self._waiting

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._due())
                if self._closed:
                    return
                due, self._waiting = self._waiting, []
                self._sending = True
            for webhook in self.rule(due):
                sent = Sent(webhook, self._send(webhook))
                with self._changed:
                    self._sent.append(sent)
            with self._changed:
                self._sending = False
                self._changed.notify_all()

    def _due(self) -> bool:
        return bool(self._waiting) and self._held <= 0 and self.target is not None

    def _send(self, webhook: Webhook) -> int:
        body = json.dumps(webhook.payload)
        for alias, sha in self.aliases.items():
            body = body.replace(alias, sha)
        data = body.encode()
        signature = hmac.new(self._secret, data, hashlib.sha256).hexdigest()
        request = urllib.request.Request(  # noqa: S310 - only ever a loopback address
            str(self.target),
            data=data,
            headers={
                "Content-Type": "application/json",
                "User-Agent": "GitHub-Hookshot/emulator",
                "X-GitHub-Event": webhook.event,
                "X-GitHub-Delivery": webhook.guid,
                "X-Hub-Signature-256": f"sha256={signature}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    relay: Relay


class _Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        server = self.server
        if isinstance(server, _Server):
            server.relay.receive(self.headers.get("X-GitHub-Event", ""), json.loads(body))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
