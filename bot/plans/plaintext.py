"""What a reader sees of inline markdown: the text with its markup removed.

Computed on demand and remembered, because most readers of a document ask for few of its texts and
the same texts come back with every re-parse.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKUP = re.compile(r"[\\`*_\[\]<&~\n]")
_BACKTICKS = re.compile(r"`+")
_MARKS = re.compile(r"[`*]+|~~+|<[^<>\n]{1,200}>")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_SURROGATE = re.compile("[\ud800-\udfff]")

# Inline text with more than this is not parsed, because hostile text makes that slow: its marks are
# dropped.
MAX_INLINE = 8_192
MAX_MARKS = 300


class References:
    """The labels that link reference definitions of one document define; compares by content."""

    __slots__ = ("_key", "table")

    def __init__(self, labels: frozenset[str] = frozenset()) -> None:
        self._key = labels
        self.table = {label: {"href": "", "title": ""} for label in labels}

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, References) and self._key == other._key


NO_REFERENCES = References()


def normalise_dashes(text: str) -> str:
    """``text`` with every dash of U+2010 to U+2015 and U+2212 as ``-``; the length stays."""
    return _DASHES.sub("-", text)


def plain_text(source: str, references: References = NO_REFERENCES) -> str:
    """Inline markdown as plain text: no markup, entities decoded, blanks collapsed to one.

    The text of links stays; addresses, images and raw HTML go. Never raises.
    """
    return " ".join(inline_text(source, references).split())


def inline_text(source: str, references: References = NO_REFERENCES) -> str:
    """Like ``plain_text`` with the blanks inside as they are, and none around."""
    if _MARKUP.search(source) is None:
        return source.strip()
    return _rendered(source, references if "[" in source else NO_REFERENCES)


@lru_cache(maxsize=16_384)
def _rendered(source: str, references: References) -> str:
    source = _SURROGATE.sub("\ufffd", source)
    if len(source) > MAX_INLINE or sum(map(source.count, "[*_~")) > MAX_MARKS:
        return _MARKS.sub("", source).strip()
    parser = _LINKED if "](" in source or references.table else _UNLINKED
    tokens: list[Token] = []
    parser.inline.parse(source, parser, {"references": references.table}, tokens)
    return "".join(_pieces(tokens)).strip()


def forget() -> None:
    """Drop the remembered texts, for measurements."""
    _rendered.cache_clear()


def code_spans(source: str) -> list[tuple[int, int]]:
    """Where the code spans of inline markdown stand, backticks included, in order.

    https://spec.commonmark.org/0.31.2/#code-spans
    """
    runs = [match.span() for match in _BACKTICKS.finditer(source)]
    places: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        places.setdefault(runs[index][1] - runs[index][0], []).append(index)
    spans = []
    index = 0
    while index < len(runs):
        start, end = runs[index]
        escaped = _backslashes_before(source, start) % 2
        same = places.get(end - start - escaped, [])
        while same and same[-1] <= index:
            same.pop()
        if same and end - start > escaped:
            spans.append((start + escaped, runs[same[-1]][1]))
            index = same[-1]
        index += 1
    return spans


def _backslashes_before(source: str, position: int) -> int:
    first = position
    while first and source[first - 1] == "\\":
        first -= 1
    return position - first


def _pieces(tokens: list[Token]) -> list[str]:
    pieces: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            pieces.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
    return pieces


def _make_markdown() -> MarkdownIt:
    # GitHub strikes text between single tildes too:
    # https://github.github.com/gfm/#strikethrough-extension-
    options = {"maxNesting": 20, "strikethrough_single_tilde": True}
    return MarkdownIt("commonmark", options).enable("strikethrough")


_LINKED = _make_markdown()
# Trying every bracket as a link costs most of the time and is in vain where nothing can be one.
_UNLINKED = _make_markdown().disable(["link", "image"])
