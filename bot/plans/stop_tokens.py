"""Stop tokens where they count: beginning a line, a bullet or a field's value, alone or with a
reason after ``:`` or a dash. In comments, code, placeholders and mid-sentence they say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.plans.document import Document
from bot.plans.model import StopToken
from bot.plans.plaintext import normalise_dashes, plain_text
from bot.plans.prose import prose_lines

BUILT_IN = (("needs_clarification", "NEEDS_CLARIFICATION"), ("blocked", "BLOCKED"))

_LEAD = re.compile(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*")
_BOX = re.compile(r"\[(?P<mark>[ xX])\][ \t]+")
_EMPHASIS = r"[*_]{0,3}"


def find_stop_tokens(
    document: Document, tokens: Iterable[tuple[str, str]] = BUILT_IN
) -> tuple[StopToken, ...]:
    """The stop tokens that stand where they count, one a line; ``token`` is its configured word.

    A ``_`` in a token also matches a blank. A ticked or struck-through line has been lifted.
    """
    patterns = [(word, _pattern(word)) for _, word in tokens if word.strip()]
    values: dict[int, list[str]] = {}
    for field in document.fields:
        values.setdefault(field.line, []).append(field.value.split("\n")[0])
    found: list[StopToken] = []
    for line, _, text in prose_lines(document):
        if text.lstrip().startswith(("#", "|")):
            continue
        for candidate in (_content(text), *values.get(line, ())):
            token = _token(candidate, patterns)
            if token is not None:
                found.append(StopToken(token[0], line, token[1]))
                break
    return tuple(found)


def begins_with_token(value: str, word: str) -> bool:
    """Whether a value begins with this stop token, alone or with a reason."""
    return _token(value.lstrip("[ "), [(word, _pattern(word))]) is not None


def _content(line: str) -> str:
    lead = _LEAD.match(line)
    rest = line[lead.end() :] if lead else line
    mark = _BOX.match(rest)
    if mark is None:
        return rest
    return "" if mark["mark"] in "xX" else rest[mark.end() :]


def _pattern(word: str) -> re.Pattern[str]:
    spelled = r"[_ ]".join(re.escape(part) for part in re.split(r"[_ ]+", word.strip()))
    return re.compile(
        rf"{_EMPHASIS}{spelled}{_EMPHASIS}"
        rf"(?:[.!]?\]?[ \t]*$|[ \t]*:{_EMPHASIS}(?P<said>.*)|[ \t]*-{{1,2}}(?P<dashed>.*))"
    )


def _token(text: str, patterns: list[tuple[str, re.Pattern[str]]]) -> tuple[str, str] | None:
    plain = normalise_dashes(text).strip()
    for word, pattern in patterns:
        match = pattern.match(plain)
        if match is not None:
            said = text.strip()[match.start("said") :] if match["said"] is not None else ""
            if match["dashed"] is not None:
                said = text.strip()[match.start("dashed") :]
            return word, plain_text(said).strip(" -–—[]")
    return None
