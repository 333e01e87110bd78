"""Every sentence the bot writes on GitHub, from ``templates/comments``."""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound

from bot.templates import read_template

_BACKTICKS = re.compile(r"`+")
_BAR_CELLS = 20


def render_comment(name: str, **values: object) -> str:
    """The comment ``templates/comments/<name>`` filled with ``values``.

    User text reaches a template through ``code_span`` or ``fence``, so it is never a mention, a
    link, a marker or HTML. Raises jinja2.UndefinedError for a value that is not given.
    """
    return _environment().get_template(name).render(**values).strip("\n") + "\n"


def code_span(text: str) -> str:
    """User text as one inline code span, whatever backticks it holds."""
    line = " ".join(text.split()) or " "
    longest = max((len(run) for run in _BACKTICKS.findall(line)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(text: str) -> str:
    """User text as a fenced block that nothing inside it can close."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}text\n{text}\n{ticks}"


def bar(done: int, total: int) -> str:
    """A progress bar of twenty cells."""
    full = _BAR_CELLS * done // total if total else 0
    return "█" * full + "░" * (_BAR_CELLS - full)


class _Templates(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        try:
            return read_template("comments", template), None, None
        except FileNotFoundError as missing:
            raise TemplateNotFound(template) from missing


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Markdown, not HTML: escaping is the filters' work.
    environment = Environment(  # noqa: S701
        loader=_Templates(), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(code_span=code_span, fence=fence)
    environment.globals.update(bar=bar)
    return environment
