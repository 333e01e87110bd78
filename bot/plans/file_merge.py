"""Merge two versions of a plan file as git does, but by what its lines say.

Git calls neighbouring ticks a conflict; here boxes, cells and lines are merged as the mirror merges
them. What both sides really changed is left between git's own conflict markers.
https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from merge3 import Merge3

from bot.plans.document import parse_document
from bot.plans.merge import Conflict, Merged, carry, merge_texts, take_over
from bot.plans.render import newlines, plan_text

MARKER_SIZE = 7


@dataclass(frozen=True, slots=True)
class FileMerge:
    """The merged file; ``clean`` is False when conflict markers stand in it.

    ``kept`` are lines that one side deleted and the other changed: they stand.
    """

    text: str
    clean: bool
    kept: tuple[str, ...] = ()


def merge_files(
    base: str,
    ours: str,
    theirs: str,
    *,
    names: tuple[str, str] = ("ours", "theirs"),
    marker_size: int = MARKER_SIZE,
) -> FileMerge:
    """Merge two versions of a plan file against their common base ("" where there is none).

    Lines that stay keep every byte of ``ours``. Never raises on any text.
    """
    if ours == theirs or theirs == base:
        return FileMerge(ours, clean=True)
    if ours == base:
        return FileMerge(theirs, clean=True)
    markers = _Markers(names, marker_size)
    our_head = _head(ours)
    head, head_clean = _merge_heads(_head(base), our_head, _head(theirs), markers)
    was = plan_text(base) if base.strip() else None
    here, there = plan_text(ours), plan_text(theirs)
    merged = merge_texts(was, here, there)
    kept = tuple(conflict.kept for conflict in merged.conflicts if conflict.kind == "kept")
    if not any(_is_conflict(conflict) for conflict in merged.conflicts):
        body = carry(ours, here, merged.text)[len(our_head) :]
        return FileMerge(head + body, head_clean, kept)
    # The same merge with the sides swapped keeps what this one lost: where they differ is the
    # conflict, and either half between the markers is a whole merge.
    other = merge_texts(was, there, here)
    lines = markers.between(merged.text.split("\n"), other.text.split("\n"))
    body = carry(ours, here, "\n".join(lines))[len(our_head) :]
    return FileMerge(head + body, clean=False, kept=kept)


def take_over_file(file: str, was: str, now: str) -> Merged:
    """A plan file with what changed between two other whole ones, their front matter too.

    Where the file changed the same, its own words stand and the others are a ``Conflict``. Lines
    that stay keep every byte. Never raises on any text.
    """
    if now in (was, file):
        return Merged(file)
    merged = take_over(file, plan_text(was), plan_text(now))
    mine = _head(file)
    head, lost = _head_with(_head(was), mine, _head(now))
    text = head + merged.text[len(mine) :]
    if mine and not head:
        text = text.lstrip("\r\n")
    conflicts = (*([Conflict(mine, lost)] if lost else []), *merged.conflicts)
    return replace(merged, text=text, edited=merged.edited or head != mine, conflicts=conflicts)


def _head_with(base: str, ours: str, theirs: str) -> tuple[str, str]:
    """Our front matter with what changed in theirs, and their lines that had no place in it."""
    was, here, there = newlines(base), newlines(ours), newlines(theirs)
    if there in (was, here):
        return ours, ""
    lines: list[str] = []
    lost: list[str] = []
    for group in Merge3(_lines(was), _lines(here), _lines(there)).merge_groups():
        if group[0] == "conflict":
            lines += group[2]
            lost += group[3]
        else:
            lines += group[1]
    return _with_line_ends_of(ours, "".join(lines)), "".join(lost)


def _is_conflict(conflict: Conflict) -> bool:
    return conflict.kind != "kept"


def _head(text: str) -> str:
    """The front matter as it stands, with a byte order mark before it."""
    return text[: parse_document(text).body_start]


def _merge_heads(base: str, ours: str, theirs: str, markers: _Markers) -> tuple[str, bool]:
    was, here, there = newlines(base), newlines(ours), newlines(theirs)
    if there in (was, here):
        return ours, True
    merge = Merge3(_lines(was), _lines(here), _lines(there))
    lines: list[str] = []
    clean = True
    for group in merge.merge_groups():
        if group[0] == "conflict":
            clean = False
            lines += [f"{line}\n" for line in markers.around(_bare(group[2]), _bare(group[3]))]
        else:
            lines += group[1]
    return _with_line_ends_of(ours, "".join(lines)), clean


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.removesuffix("\n") for line in lines]


def _with_line_ends_of(model: str, text: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in model else text


@dataclass(frozen=True, slots=True)
class _Markers:
    names: tuple[str, str]
    size: int

    def around(self, ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
        """Both halves of a conflict between git's markers."""
        return [
            f"{'<' * self.size} {self.names[0]}",
            *ours,
            "=" * self.size,
            *theirs,
            f"{'>' * self.size} {self.names[1]}",
        ]

    def between(self, ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
        """The lines that are equal, and each difference between markers."""
        lines: list[str] = []
        matcher = SequenceMatcher(None, list(ours), list(theirs), autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                lines += ours[i1:i2]
            else:
                lines += self.around(ours[i1:i2], theirs[j1:j2])
        return lines
