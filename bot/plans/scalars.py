"""One scalar of a YAML front matter, rewritten in place: quotes, comments and order stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from bot.plans.document import Document
from bot.plans.frontmatter import Refused, read_yaml
from bot.plans.lines import Span
from bot.plans.proof import EditRefused, Expected, Splice, prove

Scalar = str | bool | int | float | None

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def set_front_matter(document: Document, key_path: str, value: Scalar) -> str:
    """The text with the front matter scalar at ``key_path`` (``git.branch``) set to ``value``.

    A quoted string stays in its quotes; a plain one is quoted only when it must be. Returns the
    same object when nothing changes. Raises ``EditRefused`` when the key is not there or holds more
    than one line.
    """
    front_matter = document.front_matter
    if front_matter is None:
        raise EditRefused("There is no front matter.", "Add it between two lines `---`.")
    content = front_matter.content.of(document.text)
    node = _find(content, key_path)
    start = front_matter.content.start
    line = document.line_of(start + node.start_mark.index)
    if not isinstance(node, yaml.ScalarNode) or node.style in ("|", ">"):
        raise EditRefused(
            f"`{key_path}` is not a value on one line.", "Edit it by hand.", line=line
        )
    span = Span(start + node.start_mark.index, start + node.end_mark.index)
    if "\n" in span.of(document.text) or "\r" in span.of(document.text):
        raise EditRefused(f"`{key_path}` runs over several lines.", "Edit it by hand.", line=line)
    written = _written(value, node.style, line)
    if _value_at(front_matter.data, key_path) == value and (
        type(_value_at(front_matter.data, key_path)) is type(value)
    ):
        return document.text
    if span.start == span.end and document.text[span.start - 1] not in " \t":
        written = " " + written
    splice = Splice(span.start, span.end, written)
    data = _replaced(front_matter.data, key_path.split("."), value)
    return prove(document, splice, Expected(front_matter=data)).text


def _find(content: str, key_path: str) -> yaml.Node:
    node: yaml.Node = yaml.compose(content, Loader=_Loader) or yaml.MappingNode("", [])
    for key in key_path.split("."):
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(
                (value for name, value in node.value if getattr(name, "value", None) == key), None
            )
        if found is None:
            raise EditRefused(f"The front matter has no `{key_path}`.", "Add the key by hand.")
        node = found
    return node


def _value_at(data: object, key_path: str) -> object:
    for key in key_path.split("."):
        data = data[key] if isinstance(data, Mapping) else None
    return data


def _replaced(data: Mapping[str, object], path: list[str], value: Scalar) -> dict[str, object]:
    copy = dict(data)
    if len(path) == 1:
        copy[path[0]] = value
    else:
        inner = copy[path[0]]
        copy[path[0]] = _replaced(inner if isinstance(inner, Mapping) else {}, path[1:], value)
    return copy


def _written(value: Scalar, style: str | None, line: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return _number(value, line)
    if re.search("[\ud800-\udfff]", value):
        raise EditRefused("The value holds half of a surrogate pair.", "Remove it.", line=line)
    if style == "'" and not _CONTROL.search(value):
        return "'" + value.replace("'", "''") + "'"
    if not style and value and _stays_plain(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return '"' + _CONTROL.sub(_escaped, quoted[1:-1]) + '"'


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def _stays_plain(value: str) -> bool:
    if _CONTROL.search(value):
        return False
    try:
        return read_yaml(f"k: {value}") == {"k": value}
    except Refused:
        return False


def _number(value: float, line: int) -> str:
    text = repr(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise EditRefused("The value is not a finite number.", "Write a number.", line=line)
    # YAML 1.1 wants a point and a sign: https://yaml.org/type/float.html
    mantissa, mark, exponent = text.partition("e")
    if mark:
        mantissa = mantissa if "." in mantissa else mantissa + ".0"
        exponent = exponent if exponent[0] in "+-" else "+" + exponent
    return mantissa + mark + exponent
