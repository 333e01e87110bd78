"""Log lines: their shape, and that no secret is in them."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import structlog

import bot.logs
from bot.logs import Redactor, about, configure, mask, secrets_of
from bot.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    redact = bot.logs._redact
    yield
    sys.excepthook, threading.excepthook = hooks
    bot.logs._redact = redact
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(environ: dict[str, str], log_format: str) -> io.StringIO:
    stream = io.StringIO()
    settings = load_settings(environ | {"LOG_FORMAT": log_format})
    configure(settings, process="worker", stream=stream)
    return stream


def test_json_is_one_object_a_line(environ: dict[str, str]) -> None:
    stream = lines(environ, "json")
    structlog.get_logger("plansync.x").info("dispatched", subjects=2)
    logging.getLogger("somebody.else").warning("careful with %s", "this")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["subjects"], first["level"]) == ("dispatched", 2, "info")
    assert first["process"] == "worker"
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "careful with this"


def test_what_is_below_the_level_is_left_out(environ: dict[str, str]) -> None:
    stream = lines(environ | {"LOG_LEVEL": "error"}, "console")
    structlog.get_logger("plansync.x").info("hello")
    structlog.get_logger("plansync.x").error("ouch")
    assert "ouch" in stream.getvalue()
    assert "hello" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_reaches_a_line(environ: dict[str, str], log_format: str) -> None:
    environ["DATABASE_URL"] = "postgresql://user:pass%40word@db/plans"
    environ["WEBHOOK_SECRET_PREVIOUS"] = 'quoted " and \\ back'
    stream = lines(environ, log_format)
    log = structlog.get_logger("plansync.x")
    key = environ["PRIVATE_KEY"]
    log.info(
        "all of it",
        key=key,
        nested={"secrets": [environ["WEBHOOK_SECRET"], environ["WEBHOOK_SECRET_PREVIOUS"]]},
        url=environ["DATABASE_URL"],
        decoded="pass@word",
        token="ghs_" + "a" * 40,
        jwt="eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl",
    )
    try:
        raise ValueError(f"bad key {key!r}")
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    assert "all of it" in text
    assert "ValueError" in text
    body = key.splitlines()[1]
    for secret in (body, "Everybody", "and \\", "pass%40word", "pass@word", "ghs_a", "eyJpc3"):
        assert secret not in text, secret


@pytest.mark.parametrize(
    "show",
    [
        lambda key: key[:200],
        lambda key: repr(key),
        lambda key: json.dumps({"PRIVATE_KEY": key}),
        lambda key: "".join(key.splitlines()[1:-1]),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: quote(key),
    ],
    ids=["cut off", "repr", "json", "one line", "base64", "in a query"],
)
def test_no_part_of_a_key_is_left(environ: dict[str, str], show: Callable[[str], str]) -> None:
    settings = load_settings(environ)
    text = Redactor(secrets_of(settings))(f"bad: {show(environ['PRIVATE_KEY'])}!")
    runs = re.findall(r"[A-Za-z0-9+/=]{20,}", text.replace("%2B", "+").replace("%2F", "/"))
    assert runs == []


@pytest.mark.parametrize("name", ["WEBHOOK_SECRET", "METRICS_TOKEN", "GITHUB_CLIENT_SECRET"])
def test_a_secret_is_masked_however_it_is_written(environ: dict[str, str], name: str) -> None:
    secret = environ[name] = 'it\'s "quoted" & <odd>/+ enough'
    environ |= {"GITHUB_CLIENT_ID": "Iv1.x"} if name == "GITHUB_CLIENT_SECRET" else {}
    redact = Redactor(secrets_of(load_settings(environ)))
    for form in (secret, repr(secret), json.dumps(secret), html.escape(secret), quote(secret, "")):
        assert "odd" not in redact(f"x{form}x"), form


def test_every_secret_setting_is_known(environ: dict[str, str]) -> None:
    """A field added later is found by its type."""
    fields = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field)]
    assert {"private_key", "webhook_secret", "metrics_token"} <= set(fields)
    environ |= {
        "WEBHOOK_SECRET_PREVIOUS": "previous canary",
        "GITHUB_CLIENT_ID": "Iv1.x",
        "GITHUB_CLIENT_SECRET": "client canary",
        "METRICS_TOKEN": "metrics canary 123",
        "SENTRY_DSN": "https://canary@sentry.example.com/1",
    }
    settings = load_settings(environ)
    known = secrets_of(settings)
    for name in fields:
        value = getattr(settings, name)
        assert value is not None, f"give {name} a value here"
        assert value.get_secret_value() in known


def test_ids_are_named_within_and_not_after(environ: dict[str, str]) -> None:
    stream = lines(environ, "json")
    log = structlog.get_logger("plansync.x")
    with about(subject="plan:7:a.md", job="plan:7:a.md@1.0", installation=None):
        log.info("inside")
        logging.getLogger("a.library").warning("too")
    log.info("outside")
    inside, library, outside = map(json.loads, stream.getvalue().splitlines())
    assert (inside["subject"], inside["job"]) == ("plan:7:a.md", "plan:7:a.md@1.0")
    assert "installation" not in inside
    assert library["subject"] == "plan:7:a.md"
    assert "subject" not in outside


def test_what_ends_a_thread_or_the_process_is_masked_too(environ: dict[str, str]) -> None:
    code = (
        "import os, threading\n"
        "from bot import logs\n"
        "from bot.settings import load_settings\n"
        "settings = load_settings()\n"
        "logs.configure(settings)\n"
        "def fail(): raise ValueError(settings.webhook_secret.get_secret_value())\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "fail()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert "a thread ended by a bug" in done.stderr
    assert "ended by a bug" in done.stderr.splitlines()[-1] or "ValueError" in done.stderr
    assert done.stderr.count("[secret]") >= 2
    assert "Everybody" not in done.stderr


def test_what_is_stored_is_masked_too(environ: dict[str, str]) -> None:
    lines(environ, "json")
    assert mask(f"bad: {environ['WEBHOOK_SECRET']}") == "bad: [secret]"


def test_short_texts_are_not_masked_everywhere() -> None:
    assert Redactor(["abc"])("abcdef") == "abcdef"
    assert Redactor(["abcdef"])("xabcdefx") == "x[secret]x"
