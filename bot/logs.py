"""Logging: one line an event, for people or as JSON, and never a secret in it."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import unquote, urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

if TYPE_CHECKING:
    from bot.settings import StoreSettings

_MASK = "[secret]"
_SHORTEST_SECRET = 6

# GitHub's tokens vary in length; only their beginnings are fixed.
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
_SHAPES = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.S),
    re.compile(r"\b(?:gh[a-z]_|github_pat_|v1\.)[A-Za-z0-9_.-]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"),
    re.compile(r"(?<=sha256=)[0-9a-fA-F]{64}"),
    re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),
    re.compile(r"(?i)(?<=authorization: )\S+ \S+"),
)


class Redactor:
    """Replaces the given secrets, and whatever looks like one, in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                plain = {secret, secret.strip(), repr(secret)[1:-1]}
                forms |= plain | {json.dumps(form)[1:-1] for form in plain}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(_MASK, text)
        for shape in _SHAPES:
            text = shape.sub(_MASK, text)
        return text


_SECRETS = ("private_key", "webhook_secret", "webhook_secret_previous", "github_client_secret")


def secrets_of(settings: StoreSettings) -> list[str]:
    """Every secret text in the settings."""
    found = [unquote(urlsplit(settings.database_url).password or "")]
    for name in _SECRETS:
        value = getattr(settings, name, None)
        if value is not None:
            found.append(value.get_secret_value())
    return [secret for secret in found if secret]


def configure(settings: StoreSettings, *, process: str = "", stream: TextIO | None = None) -> None:
    """Send every log line, also those of libraries, to one stream (standard error)."""
    stream = stream or sys.stderr
    redact = Redactor(secrets_of(settings))
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    if settings.log_format == "json":
        last: list[Processor] = [
            # As text: structured tracebacks carry local variables, secrets among them.
            structlog.processors.format_exc_info,
            _as_text(structlog.processors.JSONRenderer(default=str), redact),
        ]
    else:
        colors = bool(getattr(stream, "isatty", lambda: False)())
        renderer = structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback
        )
        last = [_as_text(renderer, redact)]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
        # A library that finds a handler here does not bring its own.
        logging.getLogger(name).addHandler(logging.NullHandler())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *first,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


_QUIET = ("alembic", "urllib3", "github", "markdown_it", "_granian", "dbos")
"""Libraries that tell more than an operator wants to know."""


def _named(process: str) -> Processor:
    def name(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if process:
            event["process"] = process
        return event

    return name


def _as_text(render: Callable[..., Any], redact: Redactor) -> Processor:
    """The rendered line with its secrets masked: only then are tracebacks in it too."""

    def finish(logger: WrappedLogger, method: str, event: EventDict) -> str:
        text = render(logger, method, event)
        return redact(text if isinstance(text, str) else text.decode("utf-8", "replace"))

    return finish
