"""Making the GitHub App by clicking, in a real browser: the form leads to GitHub and back."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from bot.github.conversion import convert
from bot.settings import load_setup_settings
from bot.settings_file import read_settings_file
from bot.store import Store
from tests.browser.chromium import Chromium
from tests.browser.test_pages import violations
from webhooks.setup import Setup, create_setup_app

pytestmark = pytest.mark.browser


class _GitHub(BaseHTTPRequestHandler):
    """GitHub's page for a manifest, with its one button, and the exchange of the code.

    https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
    """

    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        if parts.path == "/organizations/acme/settings/apps/new":
            manifest = json.loads(parse_qs(body)["manifest"][0])
            self.server.manifest = manifest
            state = parse_qs(parts.query)["state"][0]
            back = html.escape(f"{manifest['redirect_url']}?code=a-good-code&state={state}")
            self._send(200, "text/html", f"<title>GitHub</title><a href='{back}'>Create App</a>")
        elif parts.path == "/app-manifests/a-good-code/conversions":
            self._send(201, "application/json", json.dumps(self.server.app))
        else:
            self._send(404, "application/json", "{}")

    def _send(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    app: dict[str, object]
    manifest: dict[str, object]


@pytest.fixture
def github(private_key: str) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _GitHub)
    server.app = {
        "id": 4242,
        "slug": "plans-of-acme",
        "html_url": "https://github.test/apps/plans-of-acme",
        "owner": {"login": "acme", "id": 77, "type": "Organization"},
        "client_id": "Iv1.abcdef",
        "client_secret": "a client secret",
        "webhook_secret": "a webhook secret",
        "pem": private_key,
    }
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_organisation_gets_its_app_by_clicking(
    browser: Browser, found: Chromium, github: _Server, sqlite_url: str, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{github.server_address[1]}"
    environ = {
        "PLANSYNC_DATA_DIR": str(tmp_path),
        "GITHUB_SERVER_URL": url,
        "GITHUB_API_URL": url,
    }
    store = Store(sqlite_url)
    store.migrate()
    file = tmp_path / "plansync.env"
    setup = Setup(load_setup_settings(environ), file, lambda code: convert(url, code))
    said: list[str] = []
    serious: list[str] = []
    with served(create_setup_app(setup, store)) as address:
        page = browser.new_context(base_url=address).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(setup.path)
        serious += violations(page, found.axe)
        page.get_by_label("Name of the App;").fill("Plans of Acme")
        page.get_by_label("An organisation's").check()
        page.get_by_label("Name of the organisation").fill("acme")
        page.get_by_label("Who may see the operator's pages").fill("olga")
        page.get_by_role("button", name="Go on").click()
        serious += violations(page, found.axe)
        page.get_by_role("button", name="Make the App").click()
        page.get_by_role("link", name="Create App").click()
        expect(page.get_by_role("heading", name="plans-of-acme is there")).to_be_visible()
        serious += violations(page, found.axe)
        install = page.get_by_role("link", name="Install it on repositories")
        assert (install.get_attribute("href") or "").startswith("https://github.test/apps/")
    store.close()
    assert github.manifest["name"] == "Plans of Acme"
    assert read_settings_file(file)["APP_ID"] == "4242"
    assert file.stat().st_mode & 0o777 == 0o600
    assert setup.done.is_set()
    assert serious == []
    assert said == []
