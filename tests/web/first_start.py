"""A first start of plansync in tests: a real process, and the GitHub that makes its App."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil

PATIENCE = 30.0


class GitHubStub:
    """What of GitHub making an App takes: its form, and one request; codes work once."""

    def __init__(self, private_key: str) -> None:
        self.answer: dict[str, Any] = {
            "id": 4242,
            "slug": "plans-of-acme",
            "html_url": "https://github.test/apps/plans-of-acme",
            "owner": {"login": "alice", "id": 77, "type": "User"},
            "client_id": "Iv1.abcdef",
            "client_secret": "canary client secret",
            "webhook_secret": "canary webhook secret",
            "pem": private_key,
        }
        self.status = 201
        self.good = {"a-good-code"}
        self.asked: list[str] = []
        self.manifests: list[dict[str, Any]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                if urlsplit(self.path).path == "/settings/apps/new":
                    self._lead_back()
                else:
                    self._convert()

            def _lead_back(self) -> None:
                """As GitHub does once the person has pressed its button."""
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                stub.manifests.append(json.loads(parse_qs(sent)["manifest"][0]))
                state = parse_qs(urlsplit(self.path).query)["state"][0]
                back = stub.manifests[-1]["redirect_url"]
                self.send_response(302)
                self.send_header("Location", f"{back}?code=a-good-code&state={state}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _convert(self) -> None:
                stub.asked.append(self.path)
                parts = self.path.split("/")
                known = parts[:2] == ["", "app-manifests"] and parts[3:] == ["conversions"]
                status = stub.status if known and parts[2] in stub.good else 404
                stub.good.discard(parts[2])
                body = json.dumps(stub.answer if status == 201 else {"message": "no"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Started:
    """A plansync process, and the lines that it printed."""

    def __init__(self, environ: dict[str, str], *args: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", *args],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.seen: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        with self.child.stdout as lines:
            for line in lines:
                self._lines.put(line)

    def until(self, pattern: str) -> re.Match[str]:
        """The first match in what it prints from here on; never waits for ever."""
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            self.seen.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"{pattern} never came:\n{self.text()}")

    def text(self) -> str:
        """Everything that it printed; all of it once it has ended."""
        if self.child.poll() is not None:
            self._reader.join()
        while not self._lines.empty():
            self.seen.append(self._lines.get())
        return "".join(self.seen)

    def ended(self) -> int:
        """Its exit code when it ends by itself."""
        return self.child.wait(PATIENCE)

    def stop(self) -> int:
        family = []
        if self.child.poll() is None:
            family = psutil.Process(self.child.pid).children(recursive=True)
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(15)
        finally:
            for process in [self.child, *family]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self._reader.join()


def bare_environ(directory: Path, github: GitHubStub) -> dict[str, str]:
    """The environment of a first start, its data in this directory."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(directory),
        "PLANSYNC_DATA_DIR": str(directory / "data"),
        "PORT": "0",
        "GITHUB_API_URL": github.url,
        "GITHUB_SERVER_URL": github.url,
    }
