"""The web's tests use SQLite: what differs between databases is tested with the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from bot.github.visitors import GitHubVisitors
from bot.settings import load_settings
from bot.store import Store
from tests.conftest import NOW
from tests.databases import sqlite_store
from tests.web.github_stub import CLIENT_ID, CLIENT_SECRET, Account, GitHubStub, start
from tests.web.visits import LAB, SHOP, Visits
from webhooks.app import create_app


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = sqlite_store(tmp_path / "plansync.sqlite3", busy_seconds=10)
    yield made
    made.close()


@pytest.fixture(scope="session")
def github_server() -> Iterator[GitHubStub]:
    stub = GitHubStub({})
    server = start(stub)
    yield stub
    server.shutdown()
    server.server_close()


@pytest.fixture
def github(github_server: GitHubStub) -> GitHubStub:
    """Rita may read acme/shop, Olga too and operates, Sam may read nothing; acme/lab is private."""
    github_server.accounts = {
        "rita": Account(1, {SHOP.id}),
        "olga": Account(2, {SHOP.id}),
        "sam": Account(3),
    }
    github_server.public = set()
    github_server.installations = {SHOP.installation_id: {SHOP.id, LAB.id}}
    github_server.down = False
    github_server.asked.clear()
    github_server.tokens.clear()
    return github_server


@pytest.fixture
def web_environ(environ: dict[str, str], github: GitHubStub) -> dict[str, str]:
    """What a plansync is set up with that people sign in to."""
    return environ | {
        "GITHUB_CLIENT_ID": CLIENT_ID,
        "GITHUB_CLIENT_SECRET": CLIENT_SECRET,
        "GITHUB_API_URL": github.url,
        "GITHUB_SERVER_URL": github.url,
        "OPERATORS": "Olga",
    }


@pytest.fixture
def app(web_environ: dict[str, str], store: Store) -> Flask:
    settings = load_settings(web_environ)
    return create_app(settings, store, GitHubVisitors(settings), clock=lambda: NOW)


@pytest.fixture
def visits(app: Flask, github: GitHubStub, store: Store) -> Visits:
    return Visits(app.test_client, github, store)
