"""A small YAML file with the place of every key and value, or why it cannot be read.

What makes YAML expensive or ambiguous is refused before anything is loaded: size, depth, anchors,
aliases, merge keys, tags, a key that stands twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.plans.model import Problem

MAX_SIZE = 64 * 1024
MAX_DEPTH = 10
MAX_DIGITS = 100

Place = tuple[int, int]
Path = tuple[str | int, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Yaml:
    """What a file holds; ``keys`` and ``values`` have line and column (from 1) by path."""

    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def key(self, path: Path) -> Place:
        """Where the key at ``path`` stands, else what is nearest above it."""
        return self.keys.get(path) or self.value(path)

    def value(self, path: Path) -> Place:
        """Where the value at ``path`` begins, else what is nearest above it."""
        while path:
            found = self.values.get(path) or self.keys.get(path)
            if found:
                return found
            path = path[:-1]
        return (1, 1)


class _Unread(Exception):
    def __init__(self, message: str, fix: str, mark: Any = None) -> None:
        super().__init__(message)
        line, column = _place(mark)
        self.problem = Problem("config.yaml", message, fix, line, column)


def parse_yaml(text: str) -> Yaml:
    """The text as plain values; never raises. What cannot be read is one Problem and no data."""
    try:
        if len(text) > MAX_SIZE:
            raise _Unread(f"The file is larger than {MAX_SIZE // 1024} KB.", "Shorten it.")
        _guard(text.removeprefix("\ufeff"))
        node = yaml.compose(text.removeprefix("\ufeff"), Loader=_Loader)
        found = Yaml()
        data = None if node is None else _Reader(found).read(node, ())
    except _Unread as unread:
        return Yaml(problems=(unread.problem,))
    except yaml.MarkedYAMLError as error:
        line, column = _place(error.problem_mark or error.context_mark)
        said = " ".join((error.problem or "it cannot be read").split())[:200]
        message = f"This is not valid YAML: {said}."
        fix = "Correct that line; indentation is made of spaces, and words with `:` need quotes."
        return Yaml(problems=(Problem("config.yaml", message, fix, line, column),))
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        message = f"This is not valid YAML: {said}."
        problem = Problem("config.yaml", message, "Keep to printable characters.")
        return Yaml(problems=(problem,))
    return Yaml(data, found.keys, found.values)


class _Reader:
    """Turns nodes into values and notes where each stands."""

    def __init__(self, found: Yaml) -> None:
        self._found = found
        self._scalars = yaml.SafeLoader("")

    def read(self, node: yaml.Node, path: Path) -> Any:
        self._found.values[path] = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, n)) for n, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:int" and len(node.value) > MAX_DIGITS:
            raise _Unread("This number is too long.", "Put it in quotes.", node.start_mark)
        if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() not in ("true", "false"):
            # As in YAML 1.2, which editors go by: `off` is a word.
            return node.value
        return self._scalars.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Unread("A key is not a plain word.", "Use plain words.", key.start_mark)
            if key.value in values:
                first = self._found.keys[(*path, key.value)][0]
                raise _Unread(
                    f"`{key.value}` stands twice; it is on line {first} too.",
                    "Keep one of the two.",
                    key.start_mark,
                )
            self._found.keys[(*path, key.value)] = _place(key.start_mark)
            values[key.value] = self.read(value, (*path, key.value))
        return values


def _place(mark: Any) -> Place:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _guard(text: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Unread("A second document begins here.", "Remove the `---` line.", mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Unread("Anchors and aliases are not accepted.", "Write the value out.", mark)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _Unread("YAML tags are not accepted.", "Remove the tag.", mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _Unread(
                    f"This is nested deeper than {MAX_DEPTH} levels.", "Flatten it.", mark
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
            raise _Unread("Merge keys (`<<`) are not accepted.", "Write the keys out.", mark)
