"""Log lines: their shape, and that no secret is in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import Redactor, configure
from bot.settings import load_settings


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
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


def test_short_texts_are_not_masked_everywhere() -> None:
    assert Redactor(["abc"])("abcdef") == "abcdef"
    assert Redactor(["abcdef"])("xabcdefx") == "x[secret]x"
