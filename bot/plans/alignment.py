"""Which line of one text is which of another, however it was edited, moved or duplicated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher

from bot.plans.units import Unit

SIMILAR = 0.5
"""The share of words that two texts have in common when one is an edit of the other."""
SIMILAR_ELSEWHERE = 0.8
"""The same where the line also moved to another section."""
SIMILAR_LETTERS = 0.8

_WORDS = re.compile(r"\w+")

# Aligning by likeness is quadratic; a gap this large is two different texts anyway.
_MOST_PAIRS = 40_000
_SHORTEST_NAME = 3

Key = Callable[[Unit], Hashable | None]


def align(old: Sequence[Unit], new: Sequence[Unit]) -> dict[int, int]:
    """Index in ``old`` to index in ``new`` for every line that is the same one in both.

    In this order: the same section and name, in sequence; the same name, in sequence; the same own
    id or row number; the same name elsewhere, where it stands once; the most similar text in the
    same place; and for tasks the most similar text of the section, then of the plan. Each line is
    used once, and never paired by its position alone.
    """
    pairs: dict[int, int] = {}
    here = [n for n, unit in enumerate(old) if unit.kind != "blank"]
    there = [n for n, unit in enumerate(new) if unit.kind != "blank"]
    _in_sequence(old, new, pairs, lambda unit: (unit.kind, unit.section, unit.name), here, there)
    for one, other in _gaps(pairs, here, there):
        _in_sequence(old, new, pairs, lambda unit: (unit.kind, unit.name), one, other)
    in_order = dict(pairs)
    _unique(old, new, pairs, lambda unit: (unit.kind, unit.section, unit.id) if unit.id else None)
    _unique(old, new, pairs, lambda unit: unit.id if unit.id and unit.kind == "task" else None)
    _unique(old, new, pairs, _name_alone)
    for one, other in _gaps(in_order, here, there):
        in_order |= _similar_in_place(old, new, pairs, one, other)
    _similar_tasks(old, new, pairs)
    _blank_lines(old, new, pairs, in_order)
    return pairs


def similarity(one: str, other: str) -> float:
    """How alike two short texts are, 0.0 to 1.0; 0.0 where one is no edit of the other.

    Half of the words in the same order are enough; fewer only where one word differs in a letter
    or two, as after a corrected typing error.
    """
    if one == other:
        return 1.0
    here, there = _WORDS.findall(one), _WORDS.findall(other)
    words = SequenceMatcher(None, here, there, autojunk=False)
    if (alike := words.ratio()) >= SIMILAR:
        return alike
    same = sum(block.size for block in words.get_matching_blocks())
    if max(len(here), len(there)) - same > 1:
        return 0.0
    letters = SequenceMatcher(None, one, other, autojunk=False)
    return alike if (alike := letters.ratio()) >= SIMILAR_LETTERS else 0.0


def _name_alone(unit: Unit) -> Hashable | None:
    return (unit.kind, unit.name) if len(unit.name) >= _SHORTEST_NAME else None


def _in_sequence(
    old: Sequence[Unit],
    new: Sequence[Unit],
    pairs: dict[int, int],
    key: Key,
    here: Sequence[int],
    there: Sequence[int],
) -> None:
    one, other = [key(old[n]) for n in here], [key(new[n]) for n in there]
    for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        pairs.update((here[block.a + n], there[block.b + n]) for n in range(block.size))


def _gaps(
    in_order: dict[int, int], here: Sequence[int], there: Sequence[int]
) -> list[tuple[Sequence[int], Sequence[int]]]:
    """The stretches of both between neighbouring pairs that stand in the same order."""
    place, other_place = {n: p for p, n in enumerate(here)}, {n: p for p, n in enumerate(there)}
    ends = [(place[one], other_place[other]) for one, other in sorted(in_order.items())]
    found: list[tuple[Sequence[int], Sequence[int]]] = []
    at = other_at = 0
    for one, other in [*ends, (len(here), len(there))]:
        if one > at and other > other_at:
            found.append((here[at:one], there[other_at:other]))
        at, other_at = one + 1, other + 1
    return found


def _blank_lines(
    old: Sequence[Unit], new: Sequence[Unit], pairs: dict[int, int], in_order: dict[int, int]
) -> None:
    """Blank lines are the same only between the same lines: they are no landmarks themselves."""
    for here, there in _gaps(in_order, range(len(old)), range(len(new))):
        one = [n for n in here if old[n].kind == "blank"]
        other = [n for n in there if new[n].kind == "blank"]
        pairs.update(zip(one, other, strict=False))


def _left(count: int, used: set[int]) -> list[int]:
    return [index for index in range(count) if index not in used]


def _unique(old: Sequence[Unit], new: Sequence[Unit], pairs: dict[int, int], key: Key) -> None:
    left_old, left_new = _left(len(old), set(pairs)), _left(len(new), set(pairs.values()))
    count_old = Counter(key(old[i]) for i in left_old)
    count_new = Counter(key(new[j]) for j in left_new)
    place = {key(new[j]): j for j in left_new}
    for i in left_old:
        name = key(old[i])
        if name is not None and count_old[name] == count_new[name] == 1:
            pairs[i] = place[name]


def _similar_in_place(
    old: Sequence[Unit],
    new: Sequence[Unit],
    pairs: dict[int, int],
    here: Sequence[int],
    there: Sequence[int],
) -> dict[int, int]:
    """Pair what is left of a gap so that the likenesses in sequence add up to the most."""
    used = set(pairs.values())
    left_old = [i for i in here if i not in pairs]
    left_new = [j for j in there if j not in used]
    if not left_old or not left_new or len(left_old) * len(left_new) > _MOST_PAIRS:
        return {}
    scores = [[_likeness(old[i], new[j]) for j in left_new] for i in left_old]
    best = [[0.0] * (len(left_new) + 1) for _ in range(len(left_old) + 1)]
    for i in range(len(left_old) - 1, -1, -1):
        for j in range(len(left_new) - 1, -1, -1):
            both = scores[i][j] + best[i + 1][j + 1] if scores[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    found: dict[int, int] = {}
    i = j = 0
    while i < len(left_old) and j < len(left_new):
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            found[left_old[i]] = left_new[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    pairs.update(found)
    return found


def _likeness(one: Unit, other: Unit) -> float:
    return similarity(one.name, other.name) if one.kind == other.kind else 0.0


def _similar_tasks(old: Sequence[Unit], new: Sequence[Unit], pairs: dict[int, int]) -> None:
    used = set(pairs.values())
    left_old = [i for i, unit in enumerate(old) if unit.kind == "task" and i not in pairs]
    left_new = [j for j, unit in enumerate(new) if unit.kind == "task" and j not in used]
    if len(left_old) * len(left_new) > _MOST_PAIRS:
        return
    scored = []
    for i in left_old:
        for j in left_new:
            same = old[i].section == new[j].section
            score = similarity(old[i].name, new[j].name)
            if score >= (SIMILAR if same else SIMILAR_ELSEWHERE):
                scored.append((same, score, -abs(i - j), i, j))
    taken: set[int] = set()
    for _, _, _, i, j in sorted(scored, reverse=True):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
