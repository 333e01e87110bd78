"""Questions that stand as bullets: critical or nice, answered below, struck, named resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.plans.cellwords import is_struck, split_numbers
from bot.plans.document import Document, Section, fold
from bot.plans.model import Question
from bot.plans.placeholders import is_placeholder, placeholder_spans
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.prose import prose_in

_BULLET = re.compile(r"(?P<indent>[ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+(?P<text>.*\S)[ \t]*")
_BOX = re.compile(r"\[(?P<mark>[ xX])\][ \t]+")
_MARK = re.compile(r"[*_`]*\[(?P<mark>critical|nice|nice-to-have)\][*_`]*:?[ \t]*", re.IGNORECASE)
_ANSWER = re.compile(r"[*_]*answer(?:ed)?[*_]*\s*:[*_]*\s*(?P<text>.*)", re.IGNORECASE)
_ANSWER_INLINE = re.compile(
    r"(?:\s-{1,2}\s*|\s*\()[*_]*answer[*_]*\s*:[*_]*\s*(?P<text>.*)", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?:question|q|#)?\s*\d{1,3}(?:\s*-\s*\d{1,3})?", re.IGNORECASE)
_LEAST_NAMED = 8
_MOST_NAMED = 200


@dataclass(slots=True)
class _Item:
    line: int
    indent: int
    text: str
    below: list[str] = field(default_factory=list)


def bullet_questions(
    document: Document, section: Section | None, resolved: str = ""
) -> Iterator[Question]:
    """The questions of a section; ``resolved`` is what the plan says is resolved already.

    A question's number is its place among the bullets. One that is a placeholder is passed.
    """
    if section is None:
        return
    named = _Named(resolved)
    for number, item in enumerate(_items(document, section), 1):
        text, settled = item.text, False
        mark = _BOX.match(text)
        if mark is not None:
            text, settled = text[mark.end() :], mark["mark"] in "xX"
        struck = is_struck(_MARK.sub("", text, count=1)) or is_struck(text)
        inner = text.strip("~ ") if struck else text
        kind = _MARK.match(inner)
        wording = inner[kind.end() :] if kind else inner
        if is_placeholder(wording) or not wording.strip():
            continue
        inline = _ANSWER_INLINE.search(normalise_dashes(wording))
        answer = _answer(item.below)
        if inline:
            answer = _said(wording[inline.start("text") :])
            answer = answer[:-1] if inline[0].startswith(" (") and answer[-1:] == ")" else answer
        question = plain_text(wording[: inline.start()] if inline else wording).strip("~ ")
        yield Question(
            number=number,
            text=question,
            line=item.line,
            critical=kind is not None and fold(kind["mark"]) == "critical",
            resolved=settled or struck or bool(answer) or named.has(number, question),
            answer=answer,
        )


def _items(document: Document, section: Section) -> Iterator[_Item]:
    """The outermost bullets of a section, each with the lines below it."""
    items: list[_Item] = []
    for line, _, text in prose_in(document, section.body):
        if not text.strip():
            continue
        bullet = _BULLET.fullmatch(text)
        indent = len(bullet["indent"].expandtabs(4)) if bullet else 0
        if bullet and (not items or indent <= items[-1].indent + 1):
            items.append(_Item(line, indent, bullet["text"]))
        elif items and text[:1] in " \t":
            items[-1].below.append(bullet["text"] if bullet else text.strip())
        elif items and not bullet:
            items[-1].below.append(text.strip())
    yield from items


def _answer(lines: list[str]) -> str:
    for line in lines:
        match = _ANSWER.match(line)
        if match and _said(match["text"]):
            return _said(match["text"])
    return ""


def _said(text: str) -> str:
    return "" if placeholder_spans(text) else plain_text(text).strip()


class _Named:
    """What ``Clarifications resolved:`` names: numbers, or the beginnings of questions."""

    def __init__(self, text: str) -> None:
        self.numbers: set[str] = set()
        beginnings: dict[str, None] = {}
        for piece in re.split(r"[,;]|\s+and\s+", normalise_dashes(text)):
            part = piece.strip(' ."“”')
            if _NUMBERED.fullmatch(part):
                digits = re.sub(r"(?i)question|q|#", "", part)
                self.numbers.update(split_numbers(digits))
            elif len(part) >= _LEAST_NAMED:
                beginnings[fold(part).rstrip("?")] = None
        self.beginnings = tuple(beginnings)[:_MOST_NAMED]

    def has(self, number: int, question: str) -> bool:
        """Whether the question is named."""
        if str(number) in self.numbers:
            return True
        return fold(question).startswith(self.beginnings)
