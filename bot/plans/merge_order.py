"""In which order the merged lines of a plan stand, and which of them stand at all.

The order is merged by a library over the lines' names, which stay the same however a line was
edited: so an edit never looks like a deletion, and a move never doubles a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from merge3 import Merge3

from bot.plans.alignment import SIMILAR_ELSEWHERE, align, similarity
from bot.plans.units import Unit

_MOST_PAIRS = 10_000
_WORDS_OF_ITS_OWN = 3
"""From so many words on a line is not written twice by chance."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides changed: the lines that stand now and those that do not.

    ``kind`` is ``text`` (the file's were kept, ``lost`` are the issue's), ``cell`` (the same for
    cells of a row or values of fields) or ``kept`` (one side deleted what the other changed: it
    stands, and nothing is lost).
    """

    kept: str
    lost: str
    kind: Literal["text", "cell", "kept"] = "text"


@dataclass(slots=True)
class Places:
    """Where each line stands: ``base``, ``file`` and ``issue`` are the copies as line names.

    A line's name is its index in the base; lines that are new in the file count on from there, and
    those that only the issue has from there.
    """

    units: Mapping[int, tuple[Unit | None, Unit | None, Unit | None]]
    base: list[int]
    file: list[int]
    issue: list[int]
    file_index: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        base: Sequence[Unit],
        file: Sequence[Unit],
        issue: Sequence[Unit],
        *,
        unsure: bool = False,
    ) -> Places:
        """``unsure``: the base is a guess, so what both seem to have added is one line."""
        to_file, to_issue = align(base, file), align(base, issue)
        to_file, to_issue = (
            _but_added(base, file, issue, to_file, to_issue),
            _but_added(base, issue, file, to_issue, to_file),
        )
        to_issue |= _moved_and_edited(base, file, issue, to_file, to_issue)
        to_file |= _moved_and_edited(base, issue, file, to_issue, to_file)
        from_file = {there: here for here, there in to_file.items()}
        from_issue = {there: here for here, there in to_issue.items()}
        of_file = [from_file.get(n, len(base) + n) for n in range(len(file))]
        of_issue = [from_issue.get(n, len(base) + len(file) + n) for n in range(len(issue))]
        same = _same_new(of_file, of_issue, file, issue, len(base), unsure=unsure)
        for here, there in same.items():
            of_issue[there] = of_file[here]
        file_index = {name: n for n, name in enumerate(of_file)}
        issue_index = {name: n for n, name in enumerate(of_issue)}
        units = {
            name: (
                base[name] if name < len(base) else None,
                file[file_index[name]] if name in file_index else None,
                issue[issue_index[name]] if name in issue_index else None,
            )
            for name in {*range(len(base)), *of_file, *of_issue}
        }
        return cls(units, list(range(len(base))), of_file, of_issue, file_index)

    def issue_unit(self, name: int) -> Unit:
        """The line as the issue has it."""
        unit = self.units[name][2]
        assert unit is not None  # noqa: S101 - only asked for names of the issue
        return unit

    def says(self, name: int, *, issue_alone: bool = False) -> bool:
        """Whether the line stands after the merge: new, in both, or changed where it still is."""
        base, file, issue = self.units[name]
        if base is None or (file is not None and issue is not None):
            return not issue_alone or (base is None and issue is not None and issue.kind != "blank")
        left = file if file is not None else issue
        return left is not None and _said(left) != _said(base)

    def gone_from_both(self, name: int) -> bool:
        """Whether a line of the base stands in neither copy and said something."""
        base, file, issue = self.units[name]
        return file is None and issue is None and base is not None and base.kind != "blank"


def _said(unit: Unit) -> tuple[object, ...]:
    """What a person said in a line: not its number, its padding, nor how deep it stands."""
    cells = unit.values[1:] if unit.kind == "row" and unit.id else unit.values
    return unit.checked, unit.name, cells if unit.kind == "row" else ()


def _but_added(
    base: Sequence[Unit],
    copy: Sequence[Unit],
    other: Sequence[Unit],
    to_copy: Mapping[int, int],
    to_other: Mapping[int, int],
) -> dict[int, int]:
    """The pairs of a copy, but for edits of a line to one that the other copy has besides it.

    Both have the new line then, and the copy has taken the old one out.
    """
    known = set(to_other.values())
    added = {(u.kind, u.name) for n, u in enumerate(other) if n not in known and _own_words(u)}

    def edited_to_added(line: int, there: int) -> bool:
        new = copy[there]
        return new.name != base[line].name and (new.kind, new.name) in added

    return {line: there for line, there in to_copy.items() if not edited_to_added(line, there)}


def _moved_and_edited(
    base: Sequence[Unit],
    copy: Sequence[Unit],
    other: Sequence[Unit],
    to_copy: Mapping[int, int],
    to_other: Mapping[int, int],
) -> dict[int, int]:
    """Tasks that the copy edited, to those of the other copy that are like the edit."""
    left = [n for n, u in enumerate(other) if u.kind == "task" and n not in to_other.values()]
    edited = [n for n in to_copy if n not in to_other and copy[to_copy[n]].name != base[n].name]
    if len(left) * len(edited) > _MOST_PAIRS:
        return {}
    scored = sorted(
        (-similarity(copy[to_copy[n]].name, other[there].name), n, there)
        for n in edited
        if base[n].kind == "task"
        for there in left
    )
    pairs: dict[int, int] = {}
    for unlike, n, there in scored:
        if -unlike >= SIMILAR_ELSEWHERE and n not in pairs and there not in pairs.values():
            pairs[n] = there
    return pairs


def _same_new(
    of_file: Sequence[int],
    of_issue: Sequence[int],
    file: Sequence[Unit],
    issue: Sequence[Unit],
    count: int,
    *,
    unsure: bool,
) -> dict[int, int]:
    """Lines that both added, alike and in the same place: one line."""

    def keys(names: Sequence[int], units: Sequence[Unit]) -> list[tuple[int, object]]:
        found: list[tuple[int, object]] = []
        after = -1
        for index, name in enumerate(names):
            if name < count:
                after = name
            else:
                unit = units[index]
                found.append((index, (after, unit.kind, unit.name or unit.text)))
        return found

    here, there = keys(of_file, file), keys(of_issue, issue)
    matcher = SequenceMatcher(None, [k for _, k in here], [k for _, k in there], autojunk=False)
    pairs = {
        here[block.a + n][0]: there[block.b + n][0]
        for block in matcher.get_matching_blocks()
        for n in range(block.size)
    }
    left = [n for n in range(len(file)) if of_file[n] >= count and n not in pairs]
    right = [n for n in range(len(issue)) if of_issue[n] >= count and n not in pairs.values()]
    ours, theirs = [file[n] for n in left], [issue[n] for n in right]
    alike = align(ours, theirs).items() if unsure else _once_each(ours, theirs)
    pairs |= {left[one]: right[other] for one, other in alike if ours[one].kind != "blank"}
    return pairs


Replaced = dict[int | None, list[Conflict]]


def _once_each(one: Sequence[Unit], other: Sequence[Unit]) -> list[tuple[int, int]]:
    """Lines with the same words, once in each: the same line although it stands elsewhere."""

    def places(units: Sequence[Unit]) -> dict[tuple[object, ...], list[int]]:
        found: dict[tuple[object, ...], list[int]] = {}
        for index, unit in enumerate(units):
            if _own_words(unit):
                found.setdefault((unit.kind, unit.section, unit.name), []).append(index)
        return found

    here, there = places(one), places(other)
    return [
        (here[key][0], there[key][0])
        for key in here
        if len(here[key]) == 1 and len(there.get(key, ())) == 1
    ]


def _own_words(unit: Unit) -> bool:
    return unit.kind == "task" or len(unit.name.split()) >= _WORDS_OF_ITS_OWN


def order_lines(places: Places) -> tuple[list[int], Replaced]:
    """The names of the lines that stand, in order, and what was replaced twice before each."""
    entries: list[tuple[int, bool]] = []
    replaced: list[tuple[int, Conflict]] = []
    dropped: set[int] = set()
    for kind, *parts in _groups(places):
        if kind != "conflict":
            entries += [(name, kind == "b") for name in parts[0]]
            continue
        for base_part, file_part, issue_part in _slices(parts[0], parts[1], parts[2]):
            conflict = _both_replaced(places, base_part, file_part, issue_part)
            entries += [(name, False) for name in file_part]
            if conflict is None:
                entries += [(name, True) for name in issue_part if name not in file_part]
            else:
                new = [n for n in issue_part if places.units[n][0] is None]
                dropped.update(n for n in new if places.units[n][1] is None)
                entries += [(name, True) for name in issue_part if name not in (*file_part, *new)]
                replaced.append((len(entries), conflict))
    at_end = len(entries)
    followed: Replaced = {}
    for place, conflict in replaced:
        name = entries[place][0] if place < at_end else None
        followed.setdefault(name, []).append(conflict)
    names = _once(places, entries)
    standing = [name for name in names if places.says(name)]
    _put_back(places, standing, dropped)
    known = set(standing)
    ends = [c for name, told in followed.items() if name not in known for c in told]
    told: Replaced = {name: found for name, found in followed.items() if name in known}
    told[None] = ends
    return standing, told


def _groups(places: Places) -> Iterator[tuple[str, *tuple[list[int], ...]]]:
    """The library's merge of the three orders: its kind of stretch, and the names in it."""
    base, file, issue = (
        [str(name) for name in copy] for copy in (places.base, places.file, places.issue)
    )
    for kind, *parts in Merge3(base, file, issue).merge_groups():
        yield (kind, *([int(name) for name in part] for part in parts))


def _slices(
    base: Sequence[int], file: Sequence[int], issue: Sequence[int]
) -> list[tuple[list[int], list[int], list[int]]]:
    """A stretch that both changed, cut behind each line that both still have."""
    matcher = SequenceMatcher(None, file, issue, autojunk=False)
    shared = [
        (block.a + n, block.b + n)
        for block in matcher.get_matching_blocks()
        for n in range(block.size)
    ]
    place = {name: n for n, name in enumerate(base)}
    found = []
    base_at = file_at = issue_at = 0
    for here, there in shared:
        base_to = max(place.get(file[here], base_at), base_at)
        found.append(
            (
                list(base[base_at:base_to]),
                list(file[file_at : here + 1]),
                list(issue[issue_at:there]),
            )
        )
        base_at = base_to + (file[here] in place)
        file_at, issue_at = here + 1, there + 1
    found.append((list(base[base_at:]), list(file[file_at:]), list(issue[issue_at:])))
    return found


def _both_replaced(
    places: Places, base: Sequence[int], file: Sequence[int], issue: Sequence[int]
) -> Conflict | None:
    """Both put something else where both took something away: the file's stands."""

    def new(names: Sequence[int], side: int) -> list[str]:
        units = (places.units[name] for name in names)
        found = [u[side] for u in units if u[0] is None and u[3 - side] is None]
        return [unit.line for unit in found if unit is not None and unit.kind != "blank"]

    ours, theirs = new(file, 1), new(issue, 2)
    if ours and theirs and any(places.gone_from_both(name) for name in base):
        return Conflict("\n".join(ours), "\n".join(theirs))
    return None


def _once(places: Places, entries: Sequence[tuple[int, bool]]) -> list[int]:
    """Each line in one place: the file's, unless only the issue moved it."""
    counts = Counter(name for name, _ in entries)
    moved_here = _moved(places.base, places.file)
    moved_there = _moved(places.base, places.issue)
    names: list[int] = []
    left = dict(counts)
    taken: set[int] = set()
    for name, from_issue in entries:
        left[name] -= 1
        if name in taken:
            continue
        prefers_issue = name in moved_there and name not in moved_here
        if counts[name] == 1 or from_issue == prefers_issue or not left[name]:
            taken.add(name)
            names.append(name)
    return names


def _moved(base: Sequence[int], copy: Sequence[int]) -> set[int]:
    matcher = SequenceMatcher(None, base, copy, autojunk=False)
    stayed = {
        base[block.a + n] for block in matcher.get_matching_blocks() for n in range(block.size)
    }
    return set(base) & set(copy) - stayed


def _put_back(places: Places, standing: list[int], dropped: set[int]) -> None:
    """Lines that must stand and were in no order: after the line they follow in their copy."""
    there = set(standing)
    for copy in (places.file, places.issue):
        for index, name in enumerate(copy):
            if name in there or name in dropped or not places.says(name):
                continue
            before = next((n for n in reversed(copy[:index]) if n in there), None)
            standing.insert(standing.index(before) + 1 if before is not None else 0, name)
            there.add(name)
