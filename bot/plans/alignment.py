"""Which task of one text is which of another, however it was edited, moved or duplicated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher

from bot.plans.document import Task

SIMILAR = 0.6


def align_tasks(old: Sequence[Task], new: Sequence[Task]) -> dict[int, int]:
    """Index in ``old`` to index in ``new`` for every task that is the same one in both.

    In this order: the same section and text, in sequence; the same own id; the same text elsewhere,
    where it stands once; and in one section the most similar text. Each task is used once.
    """
    pairs: dict[int, int] = {}
    here = [(task.section, task.text) for task in old]
    there = [(task.section, task.text) for task in new]
    for block in SequenceMatcher(None, here, there, autojunk=False).get_matching_blocks():
        pairs.update((block.a + n, block.b + n) for n in range(block.size))
    _match_unique(old, new, pairs, lambda task: task.own_id)
    _match_unique(old, new, pairs, lambda task: task.text or None)
    _match_similar(old, new, pairs)
    return pairs


def _left(count: int, used: set[int]) -> list[int]:
    return [index for index in range(count) if index not in used]


def _match_unique(
    old: Sequence[Task],
    new: Sequence[Task],
    pairs: dict[int, int],
    key: Callable[[Task], Hashable | None],
) -> None:
    left_old, left_new = _left(len(old), set(pairs)), _left(len(new), set(pairs.values()))
    count_old = Counter(key(old[i]) for i in left_old)
    count_new = Counter(key(new[j]) for j in left_new)
    place = {key(new[j]): j for j in left_new}
    for i in left_old:
        name = key(old[i])
        if name is not None and count_old[name] == count_new[name] == 1:
            pairs[i] = place[name]


def _match_similar(old: Sequence[Task], new: Sequence[Task], pairs: dict[int, int]) -> None:
    left_old, left_new = _left(len(old), set(pairs)), _left(len(new), set(pairs.values()))
    scored = sorted(
        (
            (similarity(old[i].text, new[j].text), -abs(i - j), i, j)
            for i in left_old
            for j in left_new
            if old[i].section == new[j].section
        ),
        reverse=True,
    )
    used: set[int] = set()
    for score, _, i, j in scored:
        if score < SIMILAR:
            break
        if i not in pairs and j not in used:
            pairs[i] = j
            used.add(j)


def similarity(one: str, other: str) -> float:
    """How alike two short texts are, 0.0 to 1.0."""
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < SIMILAR or matcher.quick_ratio() < SIMILAR:
        return 0.0
    return matcher.ratio()
