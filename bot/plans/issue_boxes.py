"""Boxes that stand for an issue: ``- [ ] #123``, ``- [ ] words (#123)``. Pure.

GitHub's “Convert to issue” puts the new issue's number in the place of a box's words. The words are
kept, with the number after them, and the box follows the issue (``box_following``).
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/about-tasklists
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from bot.plans.alignment import align
from bot.plans.box_words import change_boxes, words_behind
from bot.plans.document import Task, fold, parse_document
from bot.plans.merge import carry
from bot.plans.render import plan_text
from bot.plans.units import read_units

_ISSUE = (
    r"(?:(?P<repo>[\w.-]+/[\w.-]+)?#(?P<number>[1-9]\d{0,8})"
    r"|(?P<url>https?://[^\s/()]+(?:/[^\s/()]+)*?/[\w.-]+/[\w.-]+)/issues/(?P<at>[1-9]\d{0,8}))"
)
_ALONE = re.compile(_ISSUE)
_AT_END = re.compile(rf"\s\({_ISSUE}\)\s*\Z")
_NA = re.compile(r"[-\u2010-\u2015\u2212]{1,2}\s*N/A\s*:", re.IGNORECASE)
_LONGEST_TITLE = 256

_Key = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Named:
    """The issue that a box stands for: its ``number`` where it is of this repository, else None.

    ``shown`` is how it is written after words, ``alone``: the box has no words of its own.
    """

    number: int | None
    shown: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The issue's plan text with its words back, the plan file with the numbers after them, and
    the ``issues`` that boxes just became."""

    now: str
    file: str
    issues: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Conversion:
    old: Task
    new: Task
    named: Named


def named_issue(raw: str, here: str) -> Named | None:
    """The issue that a box with this source stands for, None for none.

    ``here`` is the repository's web address.
    """
    words = _before_na(raw.strip()).strip()
    alone = _ALONE.fullmatch(words)
    found = alone or _AT_END.search(words)
    if found is None:
        return None
    number = int(found["number"] or found["at"])
    ours = not (found["repo"] or found["url"]) or _is_here(found["repo"], found["url"], here)
    shown = f"#{number}" if ours else found[0].strip().strip("()")
    return Named(number if ours else None, shown, alone is not None)


def _before_na(raw: str) -> str:
    """The words before a ``— N/A: reason`` on the last line."""
    last = raw.rfind("\n")
    ends = (found for found in _NA.finditer(raw) if found.end() > last)
    return raw[: next((found.start() for found in ends), None)]


def _is_here(repo: str | None, url: str | None, here: str) -> bool:
    here = here.rstrip("/").casefold()
    if url:
        return url.casefold() == here
    return here.endswith(f"/{(repo or '').casefold()}")


def issues_named(text: str, here: str) -> tuple[int, ...]:
    """The issues of this repository that boxes of a text stand for, in document order."""
    return tuple(boxes_by_issue(text, here))


@lru_cache(maxsize=16)
def boxes_by_issue(text: str, here: str) -> Mapping[int, Sequence[tuple[int, Named]]]:
    """The boxes of a text that stand for an issue of this repository, by its number.

    Each is its index among the text's boxes and how it names the issue.
    """
    found: dict[int, list[tuple[int, Named]]] = {}
    for index, task in enumerate(parse_document(text).tasks):
        named = named_issue(task.raw, here) if "#" in task.raw or "/issues/" in task.raw else None
        if named is not None and named.number:
            found.setdefault(named.number, []).append((index, named))
    return found


def keep_words(was: str | None, now: str, file: str, here: str, titles: Mapping[int, str]) -> Kept:
    """Both sides of the plan after boxes became issues in the issue's text.

    ``was`` is what the issue's text ``now`` goes back to, None where nobody knows. A box whose line
    the file does not have any more gets words and number in the issue's text.
    """
    before = plan_text(file) if was is None else was
    found = _conversions(before, now, here, titles)
    if not found:
        return Kept(now, file)
    core = plan_text(file)
    lines = _lines_in(before, core)
    wanted = {lines[one.old.line]: one.named for one in found if one.old.line in lines}
    core, marked = _marked(core, wanted)
    for one in found:
        ending = "" if lines.get(one.old.line) in marked else f" ({one.named.shown})"
        now = _reworded(now, one.new, _words(before, one.old), ending)
    issues = tuple(one.named.number for one in found if one.named.number)
    return Kept(now, carry(file, plan_text(file), core), issues)


def with_words(was: str | None, now: str, here: str, titles: Mapping[int, str]) -> str:
    """An edited plan text with the words back that became numbers, the numbers after them."""
    if was is None:
        return now
    for one in _conversions(was, now, here, titles):
        ending = f" ({one.named.shown})"
        now = _reworded(now, one.new, _words(was, one.old), ending)
    return now


def _conversions(was: str, now: str, here: str, titles: Mapping[int, str]) -> list[_Conversion]:
    """Boxes of ``was`` in whose place an issue stands ``now``, from the last to the first."""
    if now == was or ("#" not in now and "/issues/" not in now):
        return []
    old, new = parse_document(was).tasks, parse_document(now).tasks
    there = {_key(task) for task in old}
    fresh: dict[int, Named] = {}
    for n, task in enumerate(new):
        first = task.raw.strip().split("\n", 1)[0]
        named = named_issue(first, here)
        if named is not None and named.alone and _key(task) not in there:
            fresh[n] = named
    if not fresh:
        return []
    pairs = _by_title(old, new, fresh, titles)
    pairs |= _in_place(old, new, fresh, pairs)
    found = [_Conversion(old[pairs[n]], new[n], fresh[n]) for n in sorted(pairs, reverse=True)]
    return [one for one in found if not _is_alone(one.old, here)]


def _is_alone(task: Task, here: str) -> bool:
    named = named_issue(task.raw, here)
    return named is not None and named.alone


def _key(task: Task) -> _Key:
    return task.section, task.raw.strip()


def _by_title(
    old: Sequence[Task], new: Sequence[Task], fresh: Mapping[int, Named], titles: Mapping[int, str]
) -> dict[int, int]:
    """A box that is gone and has the words of the issue's title became that issue."""
    if not titles:
        return {}
    kept = {_key(task) for task in new}
    gone: dict[str, list[int]] = {}
    for m, task in enumerate(old):
        if _key(task) not in kept:
            for words in {fold(task.text)[:_LONGEST_TITLE], fold(task.raw)}:
                gone.setdefault(words, []).append(m)
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for n, named in fresh.items():
        title = fold(titles.get(named.number or 0, ""))
        free = [m for m in gone.get(title, ()) if m not in used] if title else []
        if free:
            pairs[n] = free[0]
            used.add(free[0])
            gone[title] = free
    return pairs


def _in_place(
    old: Sequence[Task], new: Sequence[Task], fresh: Mapping[int, Named], known: Mapping[int, int]
) -> dict[int, int]:
    """Otherwise as many boxes as went have to stand in their place."""
    pairs: dict[int, int] = {}
    taken = set(known.values())
    for went, came in _replaced([*map(_key, old)], [*map(_key, new)]):
        left = [m for m in went if m not in taken]
        here = [n for n in came if n not in known]
        if len(left) != len(here):
            here = [n for n in here if n in fresh]
        if len(left) == len(here):
            pairs |= {n: m for m, n in zip(left, here, strict=True) if n in fresh}
    return pairs


def _replaced(old: Sequence[_Key], new: Sequence[_Key]) -> Iterator[tuple[range, range]]:
    """The stretches of both that stand in the same place and are not the same.

    Equal boxes are told apart by their number: a great many of one kind cost too much otherwise.
    """
    first, most = 0, min(len(old), len(new))
    while first < most and old[first] == new[first]:
        first += 1
    last = 0
    while last < most - first and old[-1 - last] == new[-1 - last]:
        last += 1
    one, other = (
        _told_apart(old[first : len(old) - last]),
        _told_apart(new[first : len(new) - last]),
    )
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "replace":
            yield range(first + i1, first + i2), range(first + j1, first + j2)


def _told_apart(keys: Sequence[_Key]) -> list[tuple[_Key, int]]:
    """Each with how many equal ones stand before it."""
    seen: Counter[_Key] = Counter()
    found = []
    for key in keys:
        found.append((key, seen[key]))
        seen[key] += 1
    return found


def _lines_in(before: str, after: str) -> dict[int, int]:
    pairs = align(read_units(before), read_units(after))
    return {here + 1: there + 1 for here, there in pairs.items()}


def _marked(text: str, wanted: Mapping[int, Named]) -> tuple[str, set[int]]:
    """The text with the number after the words of the box in each line, and the lines that have
    it then."""
    endings: dict[int, str] = {}
    lines: dict[int, int] = {}
    marked: set[int] = set()
    for index, task in enumerate(parse_document(text).tasks):
        named = wanted.get(task.line)
        if named is None:
            continue
        lines[index] = task.line
        if f"({named.shown})" in task.raw or task.raw.strip() == named.shown:
            marked.add(task.line)
        else:
            endings[index] = f" ({named.shown})"
    text, done = change_boxes(text, list(endings), words_behind(endings))
    return text, marked | {lines[index] for index in done}


def _words(text: str, task: Task) -> str:
    """The source of a box's words, however many lines they have."""
    return text[task.offset + 2 : task.paragraph.end].rstrip("\n").rstrip()


def _reworded(text: str, task: Task, words: str, ending: str) -> str:
    """The text with other words in a box, its mark and what stands below it left as they are."""
    ending = "" if words.endswith(ending) else ending
    end = task.paragraph.end
    rest = text[task.offset + 2 : end]
    tail = rest[len(rest.rstrip("\n")) :]
    return text[: task.offset + 2] + words + ending + tail + text[end:]
