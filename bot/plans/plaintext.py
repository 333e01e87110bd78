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
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_SURROGATE = re.compile("[\ud800-\udfff]")


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
    tokens: list[Token] = []
    _MARKDOWN.inline.parse(source, _MARKDOWN, {"references": references.table}, tokens)
    return "".join(_pieces(tokens)).strip()


def _pieces(tokens: list[Token]) -> list[str]:
    pieces: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            pieces.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
    return pieces


# GitHub strikes text between single tildes too: https://github.github.com/gfm/#strikethrough-extension-
_MARKDOWN = MarkdownIt(
    "commonmark", {"maxNesting": 200, "strikethrough_single_tilde": True}
).enable("strikethrough")
