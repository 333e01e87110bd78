"""The one rule by which titles become parts of paths, and what else may stand in a path."""

from __future__ import annotations

import re

MAX_SLUG = 200

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_SEGMENT = re.compile(r"[^A-Za-z0-9._-]+")


def slug(text: str, number: int | None = None) -> str:
    """``text`` in lower case with every run of anything but a-z and 0-9 as one ``-``, trimmed.

    A text that leaves nothing (a title in another script) becomes ``issue-<number>``, or ``plan``
    when there is no number. At most 200 characters, so that a file name made of it fits into the
    255 bytes that file systems allow.
    """
    found = _NOT_SLUG.sub("-", text.lower()).strip("-")[:MAX_SLUG].rstrip("-")
    if found:
        return found
    return "plan" if number is None else f"issue-{number}"


def path_segment(text: str, default: str) -> str:
    """``text`` as one part of a path, letters' case kept; ``default`` when nothing usable is left.

    Slashes, blanks and whatever else is not a letter of ASCII, a digit, ``.``, ``_`` or ``-``
    become ``-``; it never begins with a dot, so it is neither ``..`` nor hidden.
    """
    found = _NOT_SEGMENT.sub("-", text).strip("-.")[:MAX_SLUG].rstrip("-.")
    return found or default


def pascal_case(slugged: str) -> str:
    """``full-text-search`` as ``FullTextSearch``, for names of projects and folders."""
    return "".join(part[:1].upper() + part[1:] for part in slugged.split("-"))
