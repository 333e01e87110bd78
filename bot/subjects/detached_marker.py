"""The hidden line by which a status comment says that the mirror is stopped."""

from __future__ import annotations

DETACHED = "<!-- plansync:detached -->"


def is_detached(comment: str) -> bool:
    """Whether a status comment of ours says that the mirror is stopped."""
    return comment.replace("\r\n", "\n").split("\n")[1:2] == [DETACHED]
