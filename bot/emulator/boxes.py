"""A person's click on a box: one character of an issue's or a file's text."""

from __future__ import annotations

import re

_BOX = re.compile(r"(?:[ \t]*>)*[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]")


def set_box(text: str, task: str, *, checked: bool) -> str:
    """``text`` with the box of the one task whose line contains ``task`` set.

    Raises LookupError when no task's line, or more than one, contains it.
    """
    found = []
    position = 0
    for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text):
        match = _BOX.match(line)
        if match and task in line[match.end() :]:
            found.append(position + match.start(1))
        position += len(line)
    if len(found) != 1:
        raise LookupError(f"{len(found)} tasks contain {task!r}")
    at = found[0]
    return text[:at] + ("x" if checked else " ") + text[at + 1 :]
