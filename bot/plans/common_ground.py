"""What somebody had before them when nobody recorded it: found from what they left.

An issue's body goes back to a version of ours that is known (``older``). Since then people changed
it (``newer``), and then somebody saved a copy (``now``) of which nobody knows whether they had
opened it before or after those changes. Where ``now`` agrees with ``newer`` they had it before
them; where it does not, they are taken to have begun from ``older``: so nothing that they merely
did not know of looks as if they had taken it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from bot.plans.alignment import SIMILAR, SIMILAR_ELSEWHERE, align, similarity
from bot.plans.companions import (
    Feature,
    is_feature,
    parse_feature,
    shown_feature,
    shown_parts,
)
from bot.plans.merge import with_parts
from bot.plans.units import Unit, read_units

_MOST_PAIRS = 40_000
_WORD = re.compile(r"\s*\S+")


def common_ground(older: str, newer: str, now: str) -> str:
    """The plan text that ``now`` is to be compared with; all are plan texts with LF."""
    if older == newer or newer == now:
        return newer
    if is_feature(older) or is_feature(newer):
        return _of_features(older, newer, now)
    return _common_ground(older, newer, now)


def in_doubt(ground: str, agreed: str, copies: Sequence[str]) -> str:
    """``ground``, which is a guess, with those boxes in doubt that one of the copies took out.

    Where ``agreed`` has such a box in another state, nobody knows which of the two the copy's
    writer knew of: so whatever the other copy says of it stands, and is told. All are plan texts.
    """
    if is_feature(ground) or is_feature(agreed):
        return ground
    lines, known = read_units(ground), read_units(agreed)
    to_known = align(lines, known)
    there = [align(lines, read_units(copy)) for copy in copies]
    return "\n".join(
        unit.line
        if n not in to_known or all(n in pairs for pairs in there)
        else _taken_out(unit, known[to_known[n]])
        for n, unit in enumerate(lines)
    )


def _of_features(older: str, newer: str, now: str) -> str:
    """Each file by itself. A copy without one that only ``newer`` has is from before it came."""
    old, new, here = map(
        shown_parts, (older, newer, with_parts(older, now, (*parse_feature(newer).files,)))
    )
    files = {}
    for name, said in {**old.files, **new.files}.items():
        if name in here.files:
            known = old.files.get(name, said)
            files[name] = common_ground(known, new.files.get(name, known), here.files[name])
        elif name in old.files:
            files[name] = old.files[name]
    return shown_feature(Feature(common_ground(old.plan, new.plan, here.plan), files))


def _common_ground(older: str, newer: str, now: str) -> str:
    before, after, here = read_units(older), read_units(newer), read_units(now)
    to_after, to_here = align(before, after), align(before, here)
    after_to_here = _beside(to_after, to_here, after, here)
    from_before = {there: index for index, there in to_here.items()}
    from_after = {there: index for index, there in after_to_here.items()}
    lines: list[str] = []
    place: dict[int, int] = {}
    for index, unit in enumerate(here):
        old = before[from_before[index]] if index in from_before else None
        new = after[from_after[index]] if index in from_after else None
        if old is None and new is None:
            continue
        if index in from_after:
            place[from_after[index]] = len(lines)
        lines.append(_line(unit, old, new))
    taken_out = [
        (index, there)
        for index, there in sorted(to_after.items(), key=lambda pair: pair[1])
        if index not in to_here and there not in after_to_here
    ]
    for index, there in taken_out:
        # Both knew the line, so whoever saved without it took it out: as it was in ``older``, for
        # what it says since may be what they never saw.
        at = max((place[n] + 1 for n in place if n < there), default=0)
        lines.insert(at, _taken_out(before[index], after[there]))
        place = {n: p + (p >= at) for n, p in place.items()} | {there: at}
    return "\n".join(lines)


def _taken_out(old: Unit, new: Unit) -> str:
    """A line that is not there any more, as whoever took it out had it before them.

    Nobody knows whether they saw a box ticked or not: then it is neither, so whatever it says
    elsewhere is told.
    """
    return old.line if old.checked == new.checked else f"{old.line} ?"


def _beside(
    to_after: dict[int, int], to_here: dict[int, int], after: list[Unit], here: list[Unit]
) -> dict[int, int]:
    """Lines of ``newer`` to those of ``now``, through ``older`` where it has them."""
    pairs = {there: to_here[index] for index, there in to_after.items() if index in to_here}
    new = [n for n in range(len(after)) if n not in to_after.values()]
    left = [n for n in range(len(here)) if n not in to_here.values()]
    likely = sorted(
        (
            (-similarity(after[one].name, here[other].name), abs(one - other), one, other)
            for one in new
            for other in left
            if after[one].kind == here[other].kind
        )
        if len(new) * len(left) <= _MOST_PAIRS
        else ()
    )
    for unlike, _, one, other in likely:
        # Elsewhere, two lines that two people added are alike sooner than one is an edit of the
        # other.
        near = after[one].section == here[other].section
        alike = -unlike >= (SIMILAR if near else SIMILAR_ELSEWHERE)
        if alike and one not in pairs and other not in pairs.values():
            pairs[one] = other
    return pairs


def _line(now: Unit, old: Unit | None, new: Unit | None) -> str:
    """The line as whoever wrote ``now`` had it before them."""
    known = [unit for unit in (new, old) if unit is not None]
    text = next((unit for unit in known if unit.text == now.text), known[-1])
    if old is None and text.text != now.text:
        # Which of the two is the edit nobody knows: what both say is the ground.
        return _common_words(text.with_mark(" "), now.with_mark(" "))
    marks = [unit.mark for unit in known if unit.mark]
    if not text.mark or not now.mark or not marks:
        return text.line
    if len({mark == " " for mark in marks}) == 1:
        return text.with_mark(marks[0])
    # Where nobody knows whether somebody ticked a box again or never saw it unticked, they did.
    agrees = new is not None and new.checked == now.checked
    return text.with_mark(now.mark if agrees else " ")


def _common_words(one: str, other: str) -> str:
    here, there = _WORD.findall(one), _WORD.findall(other)
    matcher = SequenceMatcher(None, here, there, autojunk=False)
    blocks = matcher.get_matching_blocks()
    return "".join(word for block in blocks for word in here[block.a : block.a + block.size])
