"""The text of the rolling pull request: one line for each file that waits in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from bot.comments import code_span, render_comment

_LINE = re.compile(r'^- <!-- plan="([^"\s]*)" from="([^"\s]*)" -->(.*)$', re.MULTILINE)
_WORDS = re.compile(r"^GitHub says: `+ ?(.*?) ?`+\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that waits, the subject that wants it, and the line that says what changed."""

    path: str
    source: str
    line: str


def make_entry(path: str, source: str, reason: str) -> Entry:
    """The entry of a file; ``reason`` is user text and cannot mention, link or close anything."""
    return Entry(path, source, f"{code_span(path)}: {code_span(reason)}")


def parse_entries(body: str) -> dict[str, Entry]:
    """The entries of a pull request's body, by path; {} for any other text."""
    found = (
        Entry(unquote(path), unquote(source), line.rstrip("\r"))
        for path, source, line in _LINE.findall(body)
    )
    return {entry.path: entry for entry in found}


def parse_words(body: str) -> str:
    """What GitHub said when it refused, as the body has it."""
    found = _WORDS.search(body)
    return found[1] if found else "Changes must be made through a pull request."


def render_body(branch: str, entries: Mapping[str, Entry], words: str) -> str:
    """The body of the pull request to ``branch``; ``words`` are GitHub's about the refusal."""
    shown = [entries[path] for path in sorted(entries)]
    return render_comment("updates.md", branch=branch, words=words, entries=shown)
