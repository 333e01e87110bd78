"""Many boxes changed at once, with one proof for all of them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.plans.document import Document, parse_document
from bot.plans.edit import set_tasks
from bot.plans.orders_lines import before_na
from bot.plans.proof import EditRefused, Expected, Key, Splice, prove, task_fact

MOST_TRIES = 40
"""Proofs for one change of many boxes; what is not found to be possible by then is left."""

Change = Callable[[Document, Sequence[int]], str]
"""The text with the boxes of these indexes changed; raises ``EditRefused``."""


@dataclass(frozen=True, slots=True)
class _Several(Splice):
    """Replacements at several places, in order, none of which touches another.

    Part by part: from where on text is ``behind`` it, where it ``ends``, and where it ``begins`` in
    the new text; ``shifts`` are how far text moves behind none of them, the first, the first two.
    """

    parts: tuple[Splice, ...] = ()
    behind: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def moved(self, position: int) -> int:
        return position + self.shifts[bisect_right(self.behind, position)]

    def end_moved(self, end: int) -> int:
        return end + self.shifts[bisect_right(self.ends, end)]

    def removes(self, position: int, kind: str = "") -> bool:
        at = bisect_right(self.ends, position)
        return at < len(self.parts) and self.parts[at].removes(position, kind)

    def adds(self, position: int, kind: str = "") -> bool:
        at = bisect_right(self.begins, position) - 1
        return at >= 0 and self.parts[at].adds(position - self.shifts[at], kind)


def _several(text: str, parts: Sequence[Splice]) -> _Several:
    parts = sorted(parts, key=lambda part: part.start)
    start, pieces = parts[0].start, list[str]()
    at = start
    for part in parts:
        pieces += [text[at : part.start], part.new]
        at = part.end
    shifts = (0, *accumulate(part.shift for part in parts))
    return _Several(
        start,
        at,
        "".join(pieces),
        parts=tuple(parts),
        behind=tuple(max(part.end, part.start + 1) for part in parts),
        ends=tuple(part.end for part in parts),
        begins=tuple(part.start + shift for part, shift in zip(parts, shifts, strict=False)),
        shifts=shifts,
    )


def ticked(checked: bool) -> Change:
    """Ticks boxes, or unticks them."""
    return lambda document, boxes: set_tasks(
        document, {document.tasks[index]: checked for index in boxes}
    )


def words_behind(words: str | Mapping[int, str]) -> Change:
    """Puts words at the end of boxes' own words: the same behind all, or by the box's index."""

    def change(document: Document, boxes: Sequence[int]) -> str:
        edits: dict[int, tuple[Splice, str]] = {}
        for index in boxes:
            task = document.tasks[index]
            source = document.text[task.offset : task.paragraph.end]
            end = task.offset + len(source.rstrip())
            new = words if isinstance(words, str) else words[index]
            edits[index] = Splice(end, end, new), task.raw.rstrip() + new
        return _reworded(document, edits)

    return change


def na_removed(document: Document, boxes: Sequence[int]) -> str:
    """Takes the ``— N/A: reason`` away that boxes end in."""
    edits: dict[int, tuple[Splice, str]] = {}
    for index in boxes:
        task = document.tasks[index]
        source = document.text[task.offset : task.paragraph.end].rstrip()
        words = before_na(source)
        if words != source:
            splice = Splice(task.offset + len(words), task.offset + len(source), "")
            edits[index] = splice, before_na(task.raw.rstrip())
    return _reworded(document, edits)


def _reworded(document: Document, edits: Mapping[int, tuple[Splice, str]]) -> str:
    """The text with other words in boxes: index to what is replaced and the words then."""
    if not edits:
        return document.text
    splice = _several(document.text, [splice for splice, _ in edits.values()])
    facts: dict[Key, object] = {}
    for index, (_, raw) in edits.items():
        key, fact = task_fact(document, index, document.tasks[index].checked, splice)
        assert isinstance(fact, tuple)  # noqa: S101 - what task_fact gives
        facts[key] = (fact[0], raw, *fact[2:])
    return prove(document, splice, Expected(facts)).text


def change_boxes(text: str, boxes: Sequence[int], change: Change) -> tuple[str, set[int]]:
    """The text with the boxes of these indexes changed, and the indexes of those that were.

    One that cannot be changed is left as it is. A change must keep the number of boxes and of
    lines.
    """
    done: set[int] = set()
    left = [list(boxes)] if boxes else []
    for _ in range(MOST_TRIES):
        if not left:
            break
        some = left.pop()
        try:
            after = change(parse_document(text), some)
        except EditRefused:
            half = len(some) // 2
            left += [part for part in (some[half:], some[:half]) if part and len(some) > 1]
            continue
        if after != text:
            done.update(some)
        text = after
    return text, done
