"""How pages are made: Jinja with everything escaped, one stylesheet, times as people say them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, g, request
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from bot.templates import read_template
from webhooks.security import Guard

_YEAR = timedelta(days=365)


class _Pages(BaseLoader):
    """Reads ``templates/pages``."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        try:
            return read_template("pages", template), template, lambda: True
        except (FileNotFoundError, ValueError):
            raise TemplateNotFound(template) from None


class Look:
    """Renders pages for whoever asks; ``values`` of a page are never trusted."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._environment = Environment(
            loader=_Pages(),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "form_token": guard.form_token,
            "plain_http": guard.plain_http,
            "style": style_path(),
        }
        self._environment.filters |= {"when": self._when, "many": many}

    def page(self, name: str, code: int = 200, /, **values: Any) -> Response:
        """The page ``templates/pages/<name>``. Raises jinja2.UndefinedError for a missing value."""
        shown = {"visitor": self._guard.visitor(), "view": g.get("view"), "path": request.path}
        text = self._environment.get_template(name).render(shown | values)
        return Response(text, code, mimetype="text/html")

    def _when(self, moment: datetime | None) -> Markup:
        """A time as people say it, with the exact one on hover."""
        if moment is None:
            return Markup("never")
        exact = moment.astimezone(UTC)
        return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
            exact.isoformat(timespec="seconds"),
            exact.strftime("%Y-%m-%d %H:%M:%S"),
            ago(self._guard.clock() - moment),
        )


def blueprint() -> Blueprint:
    """The stylesheet and the icon, which browsers may keep for good: their names change."""
    pages = Blueprint("look", __name__)

    @pages.get("/style.<mark>.css")
    def style(mark: str) -> Response:
        return _kept(read_template("pages", "style.css"), "text/css", mark == _mark())

    @pages.get("/favicon.ico")
    @pages.get("/icon.svg")
    def icon() -> Response:
        return _kept(read_template("pages", "icon.svg"), "image/svg+xml", True)

    return pages


@lru_cache
def _mark() -> str:
    return hashlib.sha256(read_template("pages", "style.css").encode()).hexdigest()[:12]


def style_path() -> str:
    """Where the stylesheet is; another one has another path."""
    return f"/style.{_mark()}.css"


def _kept(text: str, kind: str, lasting: bool) -> Response:
    answer = Response(text, mimetype=kind)
    seconds = int(_YEAR.total_seconds()) if lasting else 60
    answer.headers["Cache-Control"] = f"public, max-age={seconds}" + ", immutable" * lasting
    return answer


_STEPS = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3600))


def ago(age: timedelta) -> str:
    """A span of time in one unit: ``3 hours ago``; a time to come is ``in 3 hours``."""
    seconds = int(age.total_seconds())
    if abs(seconds) < 60:
        return "just now"
    unit, length = next((step for step in _STEPS if abs(seconds) >= step[1]), ("minute", 60))
    text = many(abs(seconds) // length, unit)
    return f"{text} ago" if seconds > 0 else f"in {text}"


def many(count: int, noun: str) -> str:
    """``1 plan``, ``2 plans``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
