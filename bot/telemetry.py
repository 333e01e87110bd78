"""Sentry and OpenTelemetry, for who wants them: imported only when set, and told no secret.

Bugs go to Sentry with the ids of their log line; a reconcile and its requests to GitHub are spans.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bot.errors import UserProblem
from bot.logs import mask
from bot.settings import Settings

_IDS = ("subject", "repository", "installation", "job", "delivery", "process")

Span = Callable[[str, dict[str, str]], AbstractContextManager[Any]]


class NotInstalled(UserProblem):
    """A setting asks for a package that is not there."""

    exit_code = 2


def _no_span(name: str, told: dict[str, str]) -> AbstractContextManager[Any]:
    return nullcontext()


_span: Span = _no_span
_tracer: Any = None


def start(settings: Settings, process: str) -> None:
    """Begin what the settings ask for, in this process. Raises NotInstalled."""
    check_installed(settings)
    if settings.sentry_dsn is not None:
        _start_sentry(settings.sentry_dsn.get_secret_value(), process)
    if settings.otel_endpoint:
        _start_otel(settings.otel_endpoint, process)


def check_installed(settings: Settings) -> None:
    """Raises NotInstalled for what the settings ask for and is not there; starts nothing."""
    for wanted, name, extra in (
        (settings.sentry_dsn, "sentry_sdk", "sentry"),
        (settings.otel_endpoint, "opentelemetry", "otel"),
    ):
        if wanted and importlib.util.find_spec(name) is None:
            raise NotInstalled(
                f"The setting for {extra} is set, but its package is not installed.",
                f"Install plansync[{extra}], or unset it.",
            )


def span(name: str, **told: str) -> AbstractContextManager[Any]:
    """Within it time is measured under this name, where somebody measures."""
    return _span(name, told)


def note_call(method: str, path: str, status: int, seconds: float) -> None:
    """An observer of requests to GitHub: each is a span of the reconcile that made it."""
    if _tracer is None:
        return
    ended = time.time_ns()
    made = _tracer.start_span(f"GitHub {method}", start_time=ended - int(seconds * 1e9))
    made.set_attribute("url.path", mask(path))
    made.set_attribute("http.response.status_code", status)
    made.end(ended)


def _start_sentry(dsn: str, process: str) -> None:
    """https://docs.sentry.io/platforms/python/configuration/options/"""
    sentry: Any = importlib.import_module("sentry_sdk")
    sentry.init(
        dsn=dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        send_default_pii=False,
        max_breadcrumbs=0,
        server_name=process,
        before_send=lambda event, hint: _masked(event),
    )
    logging.getLogger().addHandler(_Reports(sentry))


class _Reports(logging.Handler):
    """Reports log lines of errors, with their exception and ids."""

    def __init__(self, sentry: Any) -> None:
        super().__init__(logging.ERROR)
        self._sentry = sentry

    def emit(self, record: logging.LogRecord) -> None:
        told = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        error = told.get("exc_info")
        if error is True:
            error = sys.exc_info()[1]
        with self._sentry.new_scope() as scope:
            for name in _IDS:
                if name in told:
                    scope.set_tag(name, str(told[name]))
            if isinstance(error, BaseException):
                self._sentry.capture_exception(error)
            else:
                self._sentry.capture_message(str(told.get("event", "")), level="error")


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _masked(inner) for name, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _start_otel(endpoint: str, process: str) -> None:
    """https://opentelemetry.io/docs/specs/otel/protocol/exporter/"""
    global _span, _tracer
    sdk: Any = importlib.import_module("opentelemetry.sdk.trace")
    export: Any = importlib.import_module("opentelemetry.sdk.trace.export")
    http: Any = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resources: Any = importlib.import_module("opentelemetry.sdk.resources")
    about = resources.Resource.create({"service.name": f"plansync-{process}"})
    provider = sdk.TracerProvider(resource=about)
    exporter = http.OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    tracer = _tracer = provider.get_tracer("plansync")

    def measured(name: str, told: dict[str, str]) -> AbstractContextManager[Any]:
        found: AbstractContextManager[Any] = tracer.start_as_current_span(
            name,
            attributes={f"plansync.{key}": mask(value) for key, value in told.items()},
            record_exception=False,
        )
        return found

    _span = measured
