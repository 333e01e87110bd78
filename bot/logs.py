"""Logging: one line an event, for people or as JSON, and never a secret in it."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote, quote_plus, unquote, urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

if TYPE_CHECKING:
    from bot.settings import StoreSettings

_MASK = "[secret]"
_SHORTEST_SECRET = 6
_LONG_LINE = 20

_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"(?:.*?-----END [A-Z ]*PRIVATE KEY-----|(?:[A-Za-z0-9+/=\s]|\\[nr])*)",
    re.S,
)
"""A key in PEM form, also one that is cut off."""
# GitHub's tokens vary in length; only their beginnings are fixed.
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
_SHAPES = (
    re.compile(r"\b(?:gh[a-z]_|github_pat_|v1\.)[A-Za-z0-9_.-]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"),
    re.compile(r"(?<=sha256=)[0-9a-fA-F]{64}"),
    re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),
    re.compile(r"(?i)(?<=authorization: )\S+ \S+"),
)


class Redactor:
    """Replaces the given secrets, and whatever looks like one, in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        text = _KEY.sub(_MASK, text)
        if self._known is not None:
            text = self._known.sub(_MASK, text)
        for shape in _SHAPES:
            text = shape.sub(_MASK, text)
        return text


def _forms(secret: str) -> set[str]:
    """The ways in which a secret may stand in a text: quoted, escaped, encoded, in part."""
    if len(secret) < _SHORTEST_SECRET:
        return set()
    plain = {secret, secret.strip(), repr(secret)[1:-1], html.escape(secret)}
    plain |= {html.escape(secret).replace("&#x27;", "&#39;"), quote(secret, ""), quote_plus(secret)}
    plain |= {json.dumps(form)[1:-1] for form in tuple(plain)}
    lines = [line for line in secret.splitlines() if len(line) >= _LONG_LINE and "-" not in line]
    if lines:
        plain |= {*lines, "".join(lines), *map(quote, lines), *map(quote_plus, lines)}
        plain |= {base64.b64encode(text.encode()).decode() for text in (secret, secret.strip())}
    return {form for form in plain if len(form) >= _SHORTEST_SECRET}


def secrets_of(settings: StoreSettings) -> list[str]:
    """Every secret text in the settings: secret fields, and the database's password."""
    password = urlsplit(settings.database_url).password or ""
    found = [password, unquote(password)]
    for name in type(settings).model_fields:
        reveal = getattr(getattr(settings, name), "get_secret_value", None)
        if reveal is not None:
            found.append(reveal())
    return [secret for secret in found if secret]


_redact = Redactor()


def mask(text: str) -> str:
    """A text without secrets, for what is stored or shown; knows those of ``configure``."""
    return _redact(text)


def about(**ids: object) -> AbstractContextManager[None]:
    """Within it every log line of this thread names these ids; those that are None are left out."""
    named = {name: value for name, value in ids.items() if value is not None}
    return structlog.contextvars.bound_contextvars(**named)


def configure(settings: StoreSettings, *, process: str = "", stream: TextIO | None = None) -> None:
    """Send every log line, also those of libraries and of what ends a thread or the process, to
    one stream (standard error)."""
    global _redact
    stream = stream or sys.stderr
    redact = _redact = Redactor(secrets_of(settings))
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
    # Python's own hooks would print the traceback as it is.
    sys.excepthook = _ended
    threading.excepthook = _thread_ended


def _ended(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    structlog.get_logger("plansync").critical("ended by a bug", exc_info=error)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is not SystemExit:
        name = ended.thread.name if ended.thread else ""
        log = structlog.get_logger("plansync")
        log.critical("a thread ended by a bug", thread=name, exc_info=ended.exc_value)


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
