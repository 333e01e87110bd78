"""Sentry and OpenTelemetry: nothing when off, a sentence when missing, no secret when on."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.settings import load_settings
from bot.telemetry import NotInstalled, span, start

HAS_SENTRY = importlib.util.find_spec("sentry_sdk") is not None
HAS_OTEL = importlib.util.find_spec("opentelemetry") is not None


class Collector:
    """Takes whatever is sent to it on loopback."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        taken = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                taken.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def run(code: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    head = (
        "import structlog\n"
        "from bot import logs, telemetry\n"
        "from bot.settings import load_settings\n"
        "settings = load_settings()\n"
        "logs.configure(settings, process='worker')\n"
        "telemetry.start(settings, 'worker')\n"
    )
    path = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", head + code], env=environ | path, capture_output=True, text=True
    )


def test_when_off_neither_is_imported(environ: dict[str, str]) -> None:
    done = run(
        "import sys, bot.attempt\n"
        "with telemetry.span('x', subject='y'): pass\n"
        "telemetry.note_call('GET', '/x', 200, 0.1)\n"
        "print([name for name in ('sentry_sdk', 'opentelemetry') if name in sys.modules])",
        environ,
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.skipif(HAS_SENTRY, reason="sentry-sdk is installed")
def test_sentry_that_is_not_installed_is_said(environ: dict[str, str]) -> None:
    environ["SENTRY_DSN"] = "https://key@sentry.example.com/1"
    with pytest.raises(NotInstalled, match=r"plansync\[sentry\]"):
        start(load_settings(environ), "worker")


@pytest.mark.skipif(HAS_OTEL, reason="opentelemetry is installed")
def test_opentelemetry_that_is_not_installed_is_said(environ: dict[str, str]) -> None:
    environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4318"
    with pytest.raises(NotInstalled, match=r"plansync\[otel\]"):
        start(load_settings(environ), "worker")
    with span("still nothing"):
        pass


@pytest.mark.skipif(not HAS_SENTRY, reason="sentry-sdk is not installed")
def test_a_bug_reaches_sentry_with_its_ids_and_without_secrets(
    environ: dict[str, str], collector: Collector
) -> None:
    environ["SENTRY_DSN"] = f"http://key@{collector.address}/1"
    done = run(
        "log = structlog.get_logger('plansync.jobs')\n"
        "def fail(local):\n"
        "    raise ValueError('bad ' + settings.webhook_secret.get_secret_value())\n"
        "with logs.about(subject='plan:7:a.md'):\n"
        "    try: fail(settings.private_key.get_secret_value())\n"
        "    except ValueError: log.exception('a bug')\n"
        "log.warning('no bug')\n"
        "import sentry_sdk; sentry_sdk.flush(10)\n",
        environ,
    )
    assert done.returncode == 0, done.stderr
    text = b"".join(body for _, body in collector.bodies).decode()
    assert "bad [secret]" in text
    assert "plan:7:a.md" in text
    assert "no bug" not in text
    assert "Everybody" not in text
    assert environ["PRIVATE_KEY"].splitlines()[1] not in text
    assert json.loads(text.splitlines()[2])["exception"]["values"][0]["type"] == "ValueError"


@pytest.mark.skipif(not HAS_OTEL, reason="opentelemetry is not installed")
def test_a_reconcile_and_its_requests_are_spans(
    environ: dict[str, str], collector: Collector
) -> None:
    environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{collector.address}"
    done = run(
        "with telemetry.span('reconcile', subject=settings.webhook_secret.get_secret_value()):\n"
        "    telemetry.note_call('GET', '/repos/acme/shop', 200, 0.1)\n",
        environ,
    )
    assert done.returncode == 0, done.stderr
    ((path, body),) = collector.bodies
    assert path == "/v1/traces"
    for seen in (b"reconcile", b"GitHub GET", b"/repos/acme/shop", b"plansync-worker", b"[secret]"):
        assert seen in body
    assert b"Everybody" not in body
