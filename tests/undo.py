"""Take an edit back, byte for byte: that shows what an edit touched, and that it lost nothing.

Setting the former value again is not enough for that: a cell that was cleared has lost its padding,
an ``[X]`` comes back as ``[x]``, a value may have had quotes that it did not need. So what an edit
replaced is kept beside it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.plans.proof import EditRefused


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes one edit back: ``old`` in the place of ``new``, which begins at ``start``.

    ``digest`` is the SHA-256 of the text before the edit, so that nothing but that text comes back.
    """

    start: int
    new: str
    old: str
    digest: str

    @property
    def size(self) -> int:
        """How many characters the edit touched."""
        return max(len(self.new), len(self.old))


def undo_of(before: str, after: str) -> Undo:
    """What takes the edit back that made ``after`` of ``before``."""
    start = _common(before, after)
    tail = _common(before[start:][::-1], after[start:][::-1])
    return Undo(
        start, after[start : len(after) - tail], before[start : len(before) - tail], _digest(before)
    )


def take_back(text: str, undo: Undo) -> str:
    """The text before the edit. Raises EditRefused where ``text`` is not what the edit left."""
    end = undo.start + len(undo.new)
    before = text[: undo.start] + undo.old + text[end:]
    if text[undo.start : end] != undo.new or _digest(before) != undo.digest:
        raise EditRefused(
            "The text was changed since this edit was made.", "Edit it by hand, or read it again."
        )
    return before


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
