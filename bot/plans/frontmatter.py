"""YAML front matter: found by line, guarded, then read; never dumped.

A plan's front matter is user text that a server reads, so whatever makes YAML expensive or
ambiguous is refused before it is loaded: anchors, aliases, merge keys, tags, depth and size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

import yaml
from frontmatter.default_handlers import YAMLHandler

from bot.plans.lines import Lines, Span
from bot.plans.model import Problem, Severity

MAX_SIZE = 256 * 1024
MAX_DEPTH = 20
MAX_DIGITS = 1_000

_FENCE = re.compile(r"---[ \t]*")
_BARE_START = re.compile(r"(?:output_contract|stop_tokens):")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_DATA: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The YAML block that heads a document.

    ``data`` has the keys as written (``on`` stays ``on``); treat it as read-only. ``span`` covers
    the fences and their line ends, ``content`` what is between them. ``opened`` is False when the
    opening ``---`` is missing.
    """

    data: Mapping[str, object]
    span: Span
    content: Span
    opened: bool
    line: int = field(default=1)


class Refused(Exception):
    """The YAML is not loaded: ``code`` and one sentence."""

    def __init__(self, code: str, message: str, fix: str, line: int = 1) -> None:
        super().__init__(message)
        self.problem = (code, message, fix)
        self.line = line


class _PlainLoader(_Loader):  # type: ignore[misc]
    """Safe loader whose mapping keys are strings as written, and whose numbers are bounded."""


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Refused("front-matter-key", "A key is not a plain word.", "Use plain words.")
        values[key.value] = loader.construct_object(value, deep=True)
    return values


def _construct_number(loader: Any, node: yaml.ScalarNode) -> object:
    if len(node.value) > MAX_DIGITS:
        raise Refused(
            "front-matter-number",
            f"A number is longer than {MAX_DIGITS} characters.",
            "Put it in quotes or shorten it.",
            _line(node.start_mark),
        )
    if node.tag == "tag:yaml.org,2002:int":
        return loader.construct_yaml_int(node)
    return loader.construct_yaml_float(node)


_PlainLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_PlainLoader.add_constructor("tag:yaml.org,2002:int", _construct_number)
_PlainLoader.add_constructor("tag:yaml.org,2002:float", _construct_number)


def find_front_matter(text: str, lines: Lines) -> tuple[FrontMatter | None, tuple[Problem, ...]]:
    """The front matter of ``text``, or None, and what is wrong with it.

    GitHub's form: a first line ``---`` up to the next line ``---``. The opening line may be missing
    where line 1 begins ``output_contract:`` or ``stop_tokens:``. What cannot be read is a Problem
    and no front matter.
    """
    start = lines.starts[0]
    opened = _FENCE.fullmatch(text, start, lines.ends[0]) is not None
    if not opened and not _BARE_START.match(text, start):
        return None, ()
    closing = _closing_line(text, lines, 2 if opened else 1)
    if closing is None:
        if not opened:
            return None, ()
        message = "The front matter opened on line 1 is never closed."
        return None, (_problem("front-matter-unclosed", message, "Add a line `---`.", 1),)
    first = 2 if opened else 1
    content = Span(lines.start(first), lines.start(closing))
    try:
        data = read_yaml(content.of(text))
    except Refused as refused:
        code, message, fix = refused.problem
        return None, (_problem(code, message, fix, first + refused.line - 1),)
    span = Span(start, lines.start(closing + 1))
    return FrontMatter(MappingProxyType(data), span, content, opened), ()


def _closing_line(text: str, lines: Lines, first: int) -> int | None:
    for line in range(first, len(lines) + 1):
        start = lines.starts[line - 1]
        if text.startswith("---", start) and _FENCE.fullmatch(text, start, lines.ends[line - 1]):
            return line
    return None


def _problem(code: str, message: str, fix: str, line: int) -> Problem:
    severity = Severity.ERROR
    if code in ("front-matter-unclosed", "front-matter-not-a-mapping"):
        severity = Severity.WARNING
    return Problem(code, message, fix, line, severity=severity)


def read_yaml(content: str) -> dict[str, object]:
    """The mapping that ``content`` holds; empty for blank or comment-only text.

    Raises ``Refused`` for everything that is not a plain, small mapping of YAML 1.1.
    """
    if len(content) > MAX_SIZE:
        raise Refused("front-matter-size", "The front matter is larger than 256 KB.", "Shorten it.")
    try:
        _guard(content)
        data = YAMLHandler().load(content, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark)
        said = error.problem or "not valid YAML"
        raise Refused(
            "front-matter-yaml",
            f"The front matter is not valid YAML: {said}.",
            "Correct that line.",
            line,
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, LookupError) as error:
        raise Refused(
            "front-matter-yaml",
            f"The front matter cannot be read: {_short(error)}.",
            "Put the value in quotes.",
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Refused(
            "front-matter-not-a-mapping",
            "The front matter is not `key: value` lines.",
            "Write one `key: value` a line, or begin the text with something else.",
        )
    return cast(dict[str, object], data)


def _line(mark: Any) -> int:
    return cast(int, mark.line) + 1 if mark is not None else 1


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _guard(content: str) -> None:
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Refused(
                "front-matter-anchor",
                "Anchors and aliases are not accepted.",
                "Write the value out.",
                line,
            )
        if getattr(event, "tag", None) not in (None, "!"):
            raise Refused(
                "front-matter-tag", "YAML tags are not accepted.", "Remove the tag.", line
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise Refused(
                    "front-matter-depth",
                    f"The front matter is nested deeper than {MAX_DEPTH} levels.",
                    "Flatten it.",
                    line,
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
            raise Refused(
                "front-matter-merge",
                "Merge keys (`<<`) are not accepted.",
                "Write the keys out.",
                line,
            )
