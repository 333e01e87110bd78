"""The plan formats in the order they are tried: which one a text is, and what it says.

>>> from bot.plans.document import parse_document
>>> story = parse_document("# User Story: Search\\n\\n## Story\\n\\nAs a reader ...\\n")
>>> recognise("docs/user-stories/search.md", story).format
'user-story'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bot.plans.addresses import resolve_task
from bot.plans.cellwords import STATUS_WORDS
from bot.plans.companions import is_feature, parse_feature
from bot.plans.document import REMEMBERED_SIZE, Document, parse_document
from bot.plans.formats import (
    feature_plan,
    implementation_plan,
    task_plan,
    track_spec,
    user_story,
)
from bot.plans.model import Plan

__all__ = ["FORMATS", "Format", "Recognised", "alone", "read_plan", "recognise", "resolve_task"]

LEAST_CONFIDENCE = 0.5

Recogniser = Callable[[str, Document], float]
Reader = Callable[[str, Document, Mapping[str, str] | None, Mapping[str, str]], Plan]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, how sure it is of a document, and how it reads one."""

    name: str
    recognise: Recogniser = field(repr=False)
    read: Reader = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The format a document is in, and how sure that is (0.5 to 1)."""

    format: str
    confidence: float


FORMATS: tuple[Format, ...] = tuple(
    Format(module.NAME, module.recognise, module.read)
    for module in (feature_plan, user_story, task_plan, implementation_plan, track_spec)
)


def recognise(path: str, document: Document | str) -> Recognised | None:
    """The format of a plan file, or None when it is none that plansync knows. Never raises."""
    if isinstance(document, str):
        document = parse_document(document)
    document = alone(document)
    best: Recognised | None = None
    for known in FORMATS:
        sure = known.recognise(path, document)
        if sure >= LEAST_CONFIDENCE and (best is None or sure > best.confidence):
            best = Recognised(known.name, sure)
    return best


def alone(document: Document) -> Document:
    """The document of the plan without its companions; any other document is its own."""
    text = document.text
    return parse_document(parse_feature(text).plan) if is_feature(text) else document


def read_plan(
    path: str,
    document: Document,
    format: str | None = None,
    *,
    files: Mapping[str, str] | None = None,
    statuses: Mapping[str, str] | None = None,
) -> Plan | None:
    """The plan that a document is, or None when it is none. Never raises on user text.

    ``format`` reads it as that format whatever it looks like (None for an unknown name). ``files``
    are the texts of the repository's other files by path (an implementation plan's ``tasks.md``
    and checklists stand beside it), None when they are not known. ``statuses`` are the words
    of tracking tables: ``pending``, ``in_progress``, ``complete``. A document that holds a plan's
    companions too (``bot.plans.companions``) is the plan, and they are its files.
    """
    words = statuses or STATUS_WORDS
    if files is None and len(document.text) <= REMEMBERED_SIZE:
        return _read_alone(path, document.text, format, tuple(sorted(words.items())))
    return _read(path, document, format, files, words)


@lru_cache(maxsize=32)
def _read_alone(
    path: str, text: str, format: str | None, words: tuple[tuple[str, str], ...]
) -> Plan | None:
    # A decision reads the same few texts again and again: base, file, issue and what they become.
    return _read(path, parse_document(text), format, None, dict(words))


def _read(
    path: str,
    document: Document,
    format: str | None,
    files: Mapping[str, str] | None,
    words: Mapping[str, str],
) -> Plan | None:
    if is_feature(document.text):
        files = parse_feature(document.text).beside(path) | dict(files or {})
        document = alone(document)
    if format is None:
        found = recognise(path, document)
        if found is None:
            return None
        format = found.format
    for known in FORMATS:
        if known.name == format:
            return known.read(path, document, files, words)
    return None
