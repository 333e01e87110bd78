"""What in a plan still waits for its words: ``{X}``, ``[X]``, ``<x>`` and ``YYYY-MM-DD``.

Prose counts, and a code span that is wholly a placeholder; fences, other code and comments do not.
Task boxes, links, ids (``[S-1]``, ``[P]``), question marks (``[Critical]``), ``$VARS``,
``<RUN_ID>``, HTML tags and addresses in angle brackets are no placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it.common.utils import normalizeReference

from bot.plans.document import Document, fold
from bot.plans.lines import Span
from bot.plans.plaintext import NO_REFERENCES, References, normalise_dashes

_TOKEN = re.compile(
    r"(?P<brace>(?<![\w$\\}{])\{(?:[^{}]|\{[^{}]*\}){1,600}\}(?!\}))"
    r"|(?P<bracket>(?<!\\)\[(?:[^\[\]]|\[[^\[\]]*\]){1,600}\])"
    r"|(?P<angle>(?<![\w\\<])<(?![\s=])[^<>\n]{1,600}(?<![\s=])>)"
    r"|(?P<date>\bYYYY-MM-DD(?:T?HH:MM(?::SS)?Z?)?)"
)
_OPENING = re.compile(r"[{\[<]|YYYY")
_ID = re.compile(r"[A-Z]{1,5}-?\d{1,5}[a-z]?(?:/[A-Z]{1,5}-?(?:\d{1,5}[a-z]?|x))*|#?\d+|P")
_WORDS_NOT_MEANT = frozenset(
    {"critical", "nice", "nice-to-have", "pending", "remove if unused", "n/a", "ok"}
)
_HTML = re.compile(
    r"abbr|a|blockquote|br|b|center|code|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font"
    r"|h[1-6]|hr|img|input|ins|i|kbd|li|mark|ol|picture|pre|p|q|samp|small|source|span|strike"
    r"|strong|sub|summary|sup|s|table|tbody|td|tfoot|thead|th|tr|tt|ul|u|var|video|wbr",
    re.IGNORECASE,
)
_TAG = re.compile(r"/?([A-Za-z][A-Za-z0-9-]*)(?:\s*/|\s+[A-Za-z_:][\w:.-]*\s*=.*)?", re.DOTALL)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[^\s]+|[^\s@]+@[^\s@]+\.[^\s@]+")
_TICKS = re.compile(r"`+")
_LETTER = re.compile(r"\w")
_MASK = "\ue000"
_SHOUTED = re.compile(r"RUN_ID|ISO8601Z")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder: ``text`` as it stands with its brackets, ``span`` in the document."""

    text: str
    span: Span
    line: int

    @property
    def name(self) -> str:
        """What stands between the brackets, blanks collapsed."""
        inner = self.text if self.text.startswith("YYYY") else self.text[1:-1]
        return " ".join(inner.split())


def find_placeholders(document: Document) -> tuple[Placeholder, ...]:
    """Every placeholder of the document's body, in order; its quoted header is not looked at.

    A header's title is shown as it stands, so brackets that a person wrote into it cannot be
    escaped there as they are in the rest.
    """
    text, header = document.text, document.header_span
    found: list[Placeholder] = []
    for chunk in prose_chunks(document):
        if header is not None and chunk.start in header:
            continue
        for span in placeholder_spans(chunk.of(text), document.shape.references):
            start = chunk.start + span.start
            whole = Span(start, chunk.start + span.end)
            if not any(start in comment.span for comment in document.comments):
                found.append(Placeholder(whole.of(text), whole, document.line_of(start)))
    return tuple(found)


def is_placeholder(source: str) -> bool:
    """Whether a value, cell or line holds placeholders and, beside marks and blanks, nothing else.

    ``source`` is the text as written (``Cell.raw``, ``Field.value``): rendering drops ``<x>``.
    """
    spans = placeholder_spans(source)
    if not spans:
        return False
    rest, at = [], 0
    for span in spans:
        rest.append(source[at : span.start])
        at = span.end
    rest.append(source[at:])
    return _LETTER.search("".join(rest)) is None


def is_undecided(value: str, words: Iterable[str]) -> bool:
    """Whether a value still lists its alternatives: two or more allowed words with ``|`` or ``/``.

    >>> is_undecided("PASS | FAIL", ["PASS", "FAIL"])
    True
    """
    allowed = {fold(word) for word in words}
    whole = fold(value.strip("[]{}<>` "))
    if whole in allowed:
        return False
    parts = [part.strip() for part in re.split(r"[|/]", whole)]
    return len(parts) > 1 and all(part in allowed for part in parts)


def placeholder_spans(source: str, references: References = NO_REFERENCES) -> list[Span]:
    """The spans of the placeholders in one paragraph or cell, positions in ``source``."""
    if _OPENING.search(source) is None:
        return []
    masked = _without_code(normalise_dashes(source))
    spans = []
    for match in _TOKEN.finditer(masked):
        span = Span(*match.span())
        if _is_meant(match, span.of(source), masked, references):
            spans.append(span)
    return spans


def prose_chunks(document: Document) -> Iterator[Span]:
    """The spans that inline markdown is read in: paragraphs, headings, cells, raw HTML blocks."""
    rows = [row for table in document.tables for row in (table.header, *table.rows)]
    cells = [cell.span for row in rows for cell in row.cells if cell.present]
    blocks = [
        document.lines.whole(first, after)
        for kind, first, after in document.shape.blocks
        if kind in ("text", "heading", "heading_open", "html_block")
    ]
    yield from sorted([*cells, *blocks], key=lambda span: span.start)


def code_spans(source: str) -> Iterator[tuple[Span, Span]]:
    """The code spans of one paragraph: the whole with its backticks, and what is inside.

    https://spec.commonmark.org/0.31.2/#code-spans
    """
    runs = [Span(*match.span()) for match in _TICKS.finditer(source)]
    closing: dict[int, int] = {}
    partner: list[int | None] = [None] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index].end - runs[index].start
        partner[index] = closing.get(length)
        closing[length] = index
    index = 0
    while index < len(runs):
        other = partner[index]
        if other is None:
            index += 1
            continue
        inside = Span(runs[index].end, runs[other].start)
        yield Span(runs[index].start, runs[other].end), inside
        index = other + 1


def _without_code(source: str) -> str:
    """``source`` with code blotted out, but for code that is wholly a placeholder."""
    if "`" not in source:
        return source
    pieces, at = [], 0
    for whole, inside in code_spans(source):
        content = inside.of(source)
        pieces.append(source[at : whole.start])
        match = _TOKEN.fullmatch(content.strip())
        if match is None or (match["brace"] and re.search(r"[,:\"]", content)):
            pieces.append(_MASK * (whole.end - whole.start))
        else:
            ticks = _MASK * (inside.start - whole.start)
            pieces.append(ticks + content + ticks)
        at = whole.end
    return "".join((*pieces, source[at:]))


def _is_meant(match: re.Match[str], token: str, masked: str, references: References) -> bool:
    if match["date"]:
        return True
    inner = token[1:-1].strip()
    if match["brace"]:
        return bool(inner)
    if match["angle"]:
        return _is_meant_angle(inner)
    return _is_meant_bracket(match, inner, masked, references)


def _is_meant_angle(inner: str) -> bool:
    if inner.startswith(("!", "?", "$")) or _SHOUTED.fullmatch(inner):
        return False
    tag = _TAG.fullmatch(inner)
    if tag is not None and (inner.startswith("/") or _HTML.fullmatch(tag[1])):
        return False
    return _ADDRESS.fullmatch(inner) is None


def _is_meant_bracket(
    match: re.Match[str], inner: str, masked: str, references: References
) -> bool:
    before, after = masked[: match.start()][-1:], masked[match.end() :][:1]
    if inner.lower() in ("", "x") or before in ("!", "]") or after in ("(", "["):
        return False
    if inner.startswith(("^", "!", "$")) or not match["bracket"][1:-1].strip(_MASK + " "):
        return False
    if _ID.fullmatch(normalise_dashes(inner)) or fold(inner) in _WORDS_NOT_MEANT:
        return False
    return normalizeReference(inner) not in references.table
