"""A loopback server that answers as a test says: what GitHub does on bad days."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN_PATH = "/app/installations/815/access_tokens"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """``text`` is sent as it is; ``cut`` announces more than comes, ``trickle`` takes its time.

    ``stall`` sends a byte after as many seconds, and then nothing more.
    """

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    cut: bool = False
    reset: bool = False
    silent: bool = False
    trickle: bool = False
    stall: float = 0.0


Script = Callable[[Request], Answer | None]


class Server:
    """Answers ``GET /app`` and token requests by itself, the rest by ``script``.

    ``requests`` are all that came, ``calls`` those that were no token requests.
    """

    def __init__(self) -> None:
        self.script: Script = lambda request: Answer(404, {"message": "Not Found"})
        self.own_app: dict[str, Any] = {"id": 4711, "slug": "plansync"}
        self.requests: list[Request] = []
        self.minted = 0
        self.connections = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def calls(self) -> list[Request]:
        return [one for one in self.requests if not one.path.endswith("/access_tokens")]

    def answers(self, *answers: Answer) -> None:
        """These, one after the other; the last one again and again."""
        left = list(answers)
        self.script = lambda request: left.pop(0) if len(left) > 1 else left[0]

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            if request.path == TOKEN_PATH:
                self.minted += 1
                token = {"token": f"token-{self.minted}", "expires_at": "2026-03-01T13:00:00Z"}
                return Answer(201, token)
            if request.path == "/app":
                return Answer(200, self.own_app)
        return self.script(request) or Answer(404, {"message": "Not Found"})

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: Server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.owner.connections += 1

    def _any(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            dict(self.headers.items()),
            json.loads(raw) if raw else None,
        )
        answer = self.server.owner.answer(request)
        with suppress(OSError):
            self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def _send(self, answer: Answer) -> None:
        closing = self.server.owner.closing
        if answer.silent:
            closing.wait(30)
            self.close_connection = True
            return
        if answer.reset:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        text = json.dumps(answer.data) if answer.text is None else answer.text
        body = text.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (10 if answer.cut else 0)))
        self.end_headers()
        if answer.stall:
            self.wfile.flush()
            closing.wait(answer.stall)
            self.wfile.write(body[:1])
            self.wfile.flush()
            closing.wait(30)
            self.close_connection = True
            return
        if answer.trickle:
            for at in range(len(body)):
                self.wfile.write(body[at : at + 1])
                self.wfile.flush()
                if closing.wait(0.02):
                    break
            self.close_connection = True
            return
        self.wfile.write(body)
        self.wfile.flush()
        if answer.cut:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None: ...
