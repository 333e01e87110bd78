"""Which plan and which tasks a pull request says it is about.

Only what a reader sees as the author's own prose counts: code spans, fences, quotes and HTML
comments are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

DASHES = re.compile("[‐-―−]")
_PLAN = re.compile(r"^\s*(?:[-*+]\s+)?plan\s*:\s*(.+?)\s*$", re.IGNORECASE)
_TASKS = re.compile(r"^\s*(?:[-*+]\s+)?tasks?\s*:\s*(.+?)\s*$", re.IGNORECASE)
_DEVLOOP = re.compile(r"^\s*(?:[-*+]\s+)?devloop\s*:\s*(.+?)\s*$", re.IGNORECASE)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:.*?[^`])\1(?!`)", re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NUMBER = re.compile(r"#?(\d{1,9})")
_ADDRESS = re.compile(r'"([^"\n]{3,200})"|“([^”\n]{3,200})”|([A-Za-z0-9][A-Za-z0-9._/\-]{0,63})')


@dataclass(frozen=True, slots=True)
class Links:
    """What a text links to; ``issues`` and ``paths`` name plans, ``tasks`` their addresses.

    A quoted beginning is kept as ``"the words"`` with its quotes, dashes in ids become ``-``.
    """

    issues: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    devloop: str = ""


def parse_links(body: str) -> Links:
    """The links of a pull request body; never raises, an empty ``Links`` where there are none.

    >>> parse_links("Plan: #12\\nTasks: 2, S‑1/T‑2\\nDevloop: docs/out.md").tasks
    ('2', 'S-1/T-2')
    """
    issues: dict[int, None] = {}
    paths: dict[str, None] = {}
    tasks: dict[str, None] = {}
    devloop = ""
    for line in _prose_lines(body):
        if plan := _PLAN.match(line):
            _add_plan(plan[1], issues, paths)
        elif named := _TASKS.match(line):
            tasks.update((address, None) for address in _addresses(named[1]))
        elif output := _DEVLOOP.match(line):
            devloop = devloop or output[1]
    return Links(tuple(issues), tuple(paths), tuple(tasks), devloop)


def _add_plan(value: str, issues: dict[int, None], paths: dict[str, None]) -> None:
    for part in (piece.strip().strip("<>") for piece in value.split(",")):
        if number := _NUMBER.fullmatch(part):
            issues[int(number[1])] = None
        elif part:
            paths[part.removeprefix("./")] = None


def _addresses(value: str) -> list[str]:
    found = []
    for match in _ADDRESS.finditer(DASHES.sub("-", value)):
        quoted = match[1] or match[2]
        found.append(f'"{quoted}"' if quoted else match[3].rstrip("."))
    return found


def _prose_lines(body: str) -> list[str]:
    lines: list[str] = []
    quote_depth = 0
    for token in _BLOCKS.parse(body[:_LONGEST_BODY].replace("\x00", "�")):
        if token.type == "blockquote_open":
            quote_depth += 1
        elif token.type == "blockquote_close":
            quote_depth -= 1
        elif token.type == "inline" and not quote_depth:
            text = _HTML_COMMENT.sub(" ", _CODE_SPAN.sub(" ", token.content))
            lines.extend(text.split("\n"))
    return lines


_LONGEST_BODY = 262_144
_BLOCKS = MarkdownIt("gfm-like", {"maxNesting": 200, "linkify": False}).disable(
    ["inline", "text_join"]
)
