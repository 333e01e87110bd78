"""What a plan says that it waits for: issues and other plans, in the places kept for that. Pure.

Read are fields called ``Depends on``, ``Dependencies`` or ``Blocked by``, and list items below a
heading ``Dependencies``. Names count where a line of text may hold them, never in code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.plans.document import Document, Span, fold, parse_document

MOST = 50
"""Issues that GitHub lets one issue be blocked by.

https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/creating-issue-dependencies
"""

# No list of names is longer.
_LONGEST = 2_000
_KEYS = frozenset({"depends on", "dependencies", "blocked by"})
_HEADING = re.compile(r"dependencies\b.*")
_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?P<text>.*)")
_CODE = re.compile(r"(?P<ticks>`+)(?P<code>.*?)(?P=ticks)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w/&#])(?P<repo>[\w.-]+/[\w.-]+)?#(?P<number>[1-9]\d{0,8})(?![\w-])")
_URL = re.compile(r"(?P<url>https?://[^\s()<>]+)/issues/(?P<number>[1-9]\d{0,8})\b")
_STORY = re.compile(r"\bS\W\d")
_PATH = re.compile(r"(?<![\w:/.])(?:\./|/)?(?P<path>[\w][\w.-]*(?:/[\w][\w.-]*)+\.md)\b")


@dataclass(frozen=True, slots=True)
class Needed:
    """What is waited for: ``issues`` of this repository by number, ``plans`` by path."""

    issues: tuple[int, ...] = ()
    plans: tuple[str, ...] = ()


def needed_by(text: str, here: str, leave_out: Sequence[Span] = ()) -> Needed:
    """What the plan waits for; ``here`` is the repository's web address.

    Fields in the spans to ``leave_out`` are those of stories with an issue of their own.
    """
    return named_in(_places(parse_document(text), leave_out), here)


def needs_as_written(text: str) -> tuple[str, ...]:
    """The words of a plan in which it names what it or one of its stories waits for."""
    places = _places(parse_document(text), ())
    return tuple(
        w for w in places if any(p.search(w[:_LONGEST]) for p in (_NUMBER, _URL, _PATH, _STORY))
    )


def field_words(document: Document, within: Span) -> list[str]:
    """The values of the fields within a span that say what it waits for."""
    fields = (field for field in document.fields if fold(field.key) in _KEYS)
    return [field.value for field in fields if field.key_span.start in within]


def named_in(places: Iterable[str], here: str) -> Needed:
    """The issues and plans that these words name."""
    issues: dict[int, None] = {}
    plans: dict[str, None] = {}
    for words in places:
        words = _COMMENT.sub(" ", words[:_LONGEST])
        plain = _CODE.sub(" ", words)
        for found in _URL.finditer(plain):
            if found["url"].casefold() == here.casefold():
                issues[int(found["number"])] = None
        plain = _URL.sub(" ", plain)
        for found in _NUMBER.finditer(plain):
            repo = found["repo"]
            if repo is None or here.casefold().endswith(f"/{repo.casefold()}"):
                issues[int(found["number"])] = None
        # Paths are mostly written as code or as the target of a link.
        plans.update((found["path"], None) for found in _PATH.finditer(_URL.sub(" ", words)))
    return Needed(tuple(issues)[:MOST], tuple(plans)[:MOST])


def _places(document: Document, leave_out: Sequence[Span]) -> Iterator[str]:
    lines: set[int] = set()
    for field in document.fields:
        if any(field.key_span.start in span for span in leave_out):
            continue
        if fold(field.key) in _KEYS:
            lines.add(field.line)
            yield field.value
    for section in document.sections:
        if not _HEADING.fullmatch(fold(section.title)):
            continue
        first = document.line_of(section.body.start)
        after = document.line_of(max(section.body.start, section.body.end - 1))
        for number in range(first, after + 1):
            item = _ITEM.match(document.line_text(number))
            if item is not None and number not in lines:
                yield item["text"]
