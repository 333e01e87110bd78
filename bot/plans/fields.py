"""``Key: value`` fields in every shape that plans write them in, with the span of each value.

Shapes: ``bold`` (``**Key**: v``), ``bold-colon`` (``**Key:** v``) and ``plain`` (``Key: v`` at the
beginning of a list item). Any of them may stand in a list item, several on a line divided by
`` | ``, and a key that ends its line takes the following lines of its paragraph as its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.plans.lines import Span
from bot.plans.plaintext import code_spans

_BOLD = re.compile(r"\*\*(?P<key>[^\s*:|][^*\n]{0,80}?)(?:(?P<inner>:)\*\*|\*\*[ \t]*:)")
_PLAIN = re.compile(r"(?P<key>[^\W\d_][^:|*`<>\[\]{}\n.!?;]{0,60}?):(?=[ \t]|$)")
_DIVIDER = re.compile(r"(?<=[ \t])\|[ \t]+")
_BLANKS = " \t"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``span`` is the value's; an empty value stands right after its colon.

    ``shape`` is ``bold``, ``bold-colon`` or ``plain``; ``following`` says that the value stands on
    the lines after the key, joined by ``\\n`` in ``value``. A value that begins on the key's line
    ends with it, even where the paragraph goes on, so that setting one never takes prose away.
    """

    key: str
    value: str
    line: int
    span: Span
    key_span: Span
    section: tuple[str, ...]
    shape: str
    bulleted: bool = False
    piped: bool = False
    following: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    key: str
    key_span: Span
    after: int
    shape: str


def read_fields(
    text: str,
    lines: list[tuple[int, int, int]],
    section: tuple[str, ...],
    bulleted: bool,
) -> Iterator[Field]:
    """The fields of one paragraph; ``lines`` are ``(line, start, end)`` in ``text``.

    ``bulleted`` says that the paragraph is the first one of a list item.
    """
    found = [
        list(_on_line(text, start, end, bulleted, first=not index))
        for index, (_, start, end) in enumerate(lines)
    ]
    for index, here in enumerate(found):
        line, _, end = lines[index]
        for place, field in enumerate(here):
            last = place == len(here) - 1
            stop = end if last else _before_divider(text, here[place + 1].key_span.start)
            span = _value_span(text, field.after, stop)
            value = text[span.start : span.end]
            following = False
            if last and not value:
                following_lines = _following(lines, found, index)
                if following_lines:
                    following = True
                    trimmed = [_trimmed(text, first, final) for _, first, final in following_lines]
                    span = Span(trimmed[0].start, trimmed[-1].end)
                    value = "\n".join(part.of(text) for part in trimmed)
            yield Field(
                field.key, value, line, span, field.key_span, section, field.shape,
                bulleted, len(here) > 1, following,
            )  # fmt: skip


def _following(
    lines: list[tuple[int, int, int]], found: list[list[_Found]], index: int
) -> list[tuple[int, int, int]]:
    stop = index + 1
    while stop < len(lines) and not found[stop]:
        stop += 1
    return lines[index + 1 : stop]


def _on_line(text: str, start: int, end: int, bulleted: bool, first: bool) -> Iterator[_Found]:
    bold = text.startswith("**", start)
    if not bold and not first:
        return
    if text.find(":", start, end) < 0:
        return
    pattern = _BOLD if bold else _PLAIN
    found = _key_at(pattern, text, start, end)
    if found is None:
        return
    rest = list(_further(pattern, text, found.after, end))
    if bold or bulleted or rest:
        yield found
        yield from rest


def _further(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[_Found]:
    if text.find("|", start, end) < 0:
        return
    code = code_spans(text[start:end])
    for divider in _DIVIDER.finditer(text, start, end):
        while code and start + code[0][1] <= divider.start():
            code.pop(0)
        if code and start + code[0][0] < divider.start():
            continue
        found = _key_at(pattern, text, divider.end(), end)
        if found is not None:
            yield found


def _key_at(pattern: re.Pattern[str], text: str, start: int, end: int) -> _Found | None:
    match = pattern.match(text, start, end)
    if match is None:
        return None
    key = match["key"].rstrip(_BLANKS)
    shape = "plain" if pattern is _PLAIN else "bold-colon" if match["inner"] else "bold"
    first = match.start("key")
    return _Found(key, Span(first, first + len(key)), match.end(), shape)


def _before_divider(text: str, start: int) -> int:
    return text.rindex("|", 0, start)


def _value_span(text: str, start: int, end: int) -> Span:
    span = _trimmed(text, start, end)
    return span if span.start < span.end else Span(start, start)


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _BLANKS:
        start += 1
    while end > start and text[end - 1] in _BLANKS:
        end -= 1
    return Span(start, end)
