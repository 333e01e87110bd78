"""In front of the emulator's API: counts what plansync asks, and lets people act undisturbed.

``handle`` may answer in the emulator's place, or break the connection; the journeys' faults do.
"""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

UPSTREAM_SECONDS = 30.0
_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "date"}


@dataclass(frozen=True, slots=True)
class Call:
    """A request of plansync's; ``path`` without the query."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def kind(self) -> str:
        """``app`` (as the App itself, tokens mostly), ``permission`` or ``api``."""
        if self.path == "/app" or self.path.startswith("/app/"):
            return "app"
        if "/collaborators/" in self.path and self.path.endswith("/permission"):
            return "permission"
        return "api"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a call."""

    status: int
    headers: dict[str, str]
    body: bytes


class Reset(Exception):
    """The connection breaks instead of an answer."""


@dataclass(frozen=True, slots=True)
class Record:
    """A call that was answered; ``status`` 0 when its connection was broken."""

    call: Call
    status: int


Forward = Callable[[Call], Reply]
Handle = Callable[[Call, Forward], Reply]


def straight(call: Call, forward: Forward) -> Reply:
    """Every call gets the emulator's own answer."""
    return forward(call)


class Front:
    """A reverse proxy at ``url``; safe to use from several threads."""

    def __init__(self, upstream: str, handle: Handle | None = None) -> None:
        self.handle: Handle = handle or straight
        self.aliases: dict[str, str] = {}
        self._upstream = urlsplit(upstream)
        self._own = threading.local()
        self._changed = threading.Condition()
        self._busy = 0
        self._closed_by: int | None = None
        self._records: list[Record] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.front = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def records(self) -> list[Record]:
        """Every call so far, in the order of the answers."""
        with self._changed:
            return list(self._records)

    def count(self, kind: str = "api", since: int = 0) -> int:
        """How many calls of this kind there were, after the first ``since`` of all records."""
        return sum(one.call.kind == kind for one in self.records[since:])

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Wait for the calls under way, and keep new ones waiting until the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed_by is None)
            self._closed_by = threading.get_ident()
            self._changed.wait_for(lambda: self._busy == 0)
        try:
            yield
        finally:
            with self._changed:
                self._closed_by = None
                self._changed.notify_all()

    def reset(self) -> None:
        """Forget what was counted."""
        with self._changed:
            self._records.clear()
            self.aliases.clear()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def answer(self, call: Call) -> Reply:
        """What plansync gets for a call; raises Reset when it gets nothing."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed_by is None)
            self._busy += 1
        status = 0
        try:
            reply = self.handle(call, self.forward)
            status = reply.status
            return reply
        finally:
            with self._changed:
                self._busy -= 1
                self._records.append(Record(call, status))
                self._changed.notify_all()

    def forward(self, call: Call) -> Reply:
        """The emulator's answer to a call."""
        target = call.path + (f"?{call.query}" if call.query else "")
        while True:
            connection, used = self._connection()
            try:
                connection.request(call.method, target, call.body or None, call.headers)
                answer = connection.getresponse()
                body = answer.read()
                break
            except (http.client.HTTPException, OSError):
                connection.close()
                self._own.connection = None
                if not used:
                    raise
                # An idle connection that the emulator had closed; it has not seen the request.
        for alias, sha in self.aliases.items():
            body = body.replace(alias.encode(), sha.encode())
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP}
        return Reply(answer.status, kept, body)

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        """This thread's connection, and whether it was used before."""
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is not None:
            return kept, True
        host, port = self._upstream.hostname or "127.0.0.1", self._upstream.port
        self._own.connection = http.client.HTTPConnection(host, port, timeout=UPSTREAM_SECONDS)
        return self._own.connection, False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    front: Front


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _relay(self) -> None:
        server = self.server
        if not isinstance(server, _Server):
            return
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
        # Its answers are to be read and changed here.
        headers.pop("Accept-Encoding", None)
        call = Call(self.command, parts.path, parts.query, headers, self.rfile.read(length))
        try:
            reply = server.front.answer(call)
        except (Reset, http.client.HTTPException, OSError):
            self._break()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(reply.body)
            self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _relay

    def _break(self) -> None:
        """Close the connection the hard way, so that the other side sees a reset."""
        self.close_connection = True
        with suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
