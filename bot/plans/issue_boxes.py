"""Boxes that stand for an issue: ``- [ ] #123``, ``- [ ] words (#123)``. Pure.

GitHub's “Convert to issue” puts the new issue's number in the place of a box's words. The words are
kept, with the number after them, and the box follows the issue: ticked when it is closed as
completed, settled as N/A when it is closed as not planned, open again when it is reopened.
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/about-tasklists
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from bot.plans.alignment import align
from bot.plans.cellwords import is_settled, na_reason
from bot.plans.document import Document, Task, fold, parse_document
from bot.plans.edit import set_task
from bot.plans.merge import carry
from bot.plans.orders_lines import without_na, words_after
from bot.plans.proof import EditRefused
from bot.plans.render import plan_text
from bot.plans.units import read_units

NOT_PLANNED = "closed as not planned"
"""The reason that a box is given whose issue will not be done."""

_ISSUE = (
    r"(?:(?P<repo>[\w.-]+/[\w.-]+)?#(?P<number>[1-9]\d{0,8})"
    r"|(?P<url>https?://[^\s/()]+(?:/[^\s/()]+)*?/[\w.-]+/[\w.-]+)/issues/(?P<at>[1-9]\d{0,8}))"
)
_ALONE = re.compile(_ISSUE)
_AT_END = re.compile(rf"\s\({_ISSUE}\)\s*\Z")
_NA = re.compile(r"[-\u2010-\u2015\u2212]{1,2}\s*N/A\s*:", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,9}")
_LONGEST_TITLE = 256

# What a fact may say of an issue; ``ticked`` and ``settled``: and that plansync moved its box.
_AMOUNTS_TO: Mapping[str, str] = {
    "open": "open",
    "completed": "completed",
    "ticked": "completed",
    "not_planned": "not_planned",
    "settled": "not_planned",
    "gone": "gone",
}


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
class Followed:
    """The plan text after its issues' states, the facts that hold now, and what moved and why."""

    text: str
    facts: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


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
    return tuple(_by_issue(text, here))


@lru_cache(maxsize=16)
def _by_issue(text: str, here: str) -> Mapping[int, tuple[tuple[Task, Named], ...]]:
    found: dict[int, tuple[tuple[Task, Named], ...]] = {}
    for task, named in _boxes(parse_document(text), here):
        if named.number:
            found[named.number] = (*found.get(named.number, ()), (task, named))
    return found


def _boxes(document: Document, here: str) -> Iterator[tuple[Task, Named]]:
    for task in document.tasks:
        named = named_issue(task.raw, here) if "#" in task.raw or "/issues/" in task.raw else None
        if named is not None:
            yield task, named


# Words that became a number


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
    for one in found:
        at = lines.get(one.old.line)
        marked = _marked(core, at, one.named) if at is not None else None
        core = core if marked is None else marked
        ending = f" ({one.named.shown})" if marked is None else ""
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


def _key(task: Task) -> tuple[tuple[str, ...], str]:
    return task.section, task.raw.strip()


def _by_title(
    old: Sequence[Task], new: Sequence[Task], fresh: Mapping[int, Named], titles: Mapping[int, str]
) -> dict[int, int]:
    """A box that is gone and has the words of the issue's title became that issue."""
    kept = {_key(task) for task in new}
    gone = [n for n, task in enumerate(old) if _key(task) not in kept]
    pairs: dict[int, int] = {}
    for n, named in fresh.items():
        title = fold(titles.get(named.number or 0, ""))
        same = [
            m
            for m in gone
            if title and title in (fold(old[m].text)[:_LONGEST_TITLE], fold(old[m].raw))
        ]
        same = [m for m in same if m not in pairs.values()]
        if same:
            pairs[n] = same[0]
    return pairs


def _in_place(
    old: Sequence[Task], new: Sequence[Task], fresh: Mapping[int, Named], known: Mapping[int, int]
) -> dict[int, int]:
    """Otherwise as many boxes as went have to stand in their place."""
    pairs: dict[int, int] = {}
    matcher = SequenceMatcher(None, [*map(_key, old)], [*map(_key, new)], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "replace":
            continue
        left = [m for m in range(i1, i2) if m not in known.values()]
        here = [n for n in range(j1, j2) if n not in known]
        if len(left) != len(here):
            here = [n for n in here if n in fresh]
        if len(left) == len(here):
            pairs |= {n: m for m, n in zip(left, here, strict=True) if n in fresh}
    return pairs


def _lines_in(before: str, after: str) -> dict[int, int]:
    pairs = align(read_units(before), read_units(after))
    return {here + 1: there + 1 for here, there in pairs.items()}


def _marked(text: str, line: int, named: Named) -> str | None:
    """The text with the number after the words of the box in this line; None without a box."""
    document = parse_document(text)
    task = next((task for task in document.tasks if task.line == line), None)
    if task is None:
        return None
    if f"({named.shown})" in task.raw or task.raw.strip() == named.shown:
        return text
    try:
        return words_after(document, task, f" ({named.shown})")
    except EditRefused:
        return None


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


# Boxes that follow their issues


def issue_facts(facts: Sequence[str]) -> dict[int, str]:
    """Issue number to what was applied of it, of a plan's facts (``#123:ticked``)."""
    found: dict[int, str] = {}
    for fact in facts:
        number, _, word = fact.removeprefix("#").partition(":")
        if fact.startswith("#") and _DIGITS.fullmatch(number) and word in _AMOUNTS_TO:
            found[int(number)] = word
    return found


def amounts_to(word: str) -> str:
    """The state of an issue that a fact's word stands for."""
    return _AMOUNTS_TO.get(word, "")


def follow_issues(
    text: str,
    applied: Sequence[str],
    states: Mapping[int, str],
    here: str,
    own: int = 0,
    converted: Collection[int] = (),
) -> Followed:
    """The text with the boxes of those issues moved whose state is not ``applied`` yet.

    ``states`` are ``open``, ``completed``, ``not_planned`` or ``gone``, of the issues that were
    read; ``own`` is the plan's own issue, which no box follows. Where nothing was applied before, a
    box is moved only when it has no other words or just became the issue: what a person wrote
    beside the number of a closed issue stands. A tick that plansync did not make is never undone.
    """
    former = issue_facts(applied)
    facts: list[str] = []
    reasons: list[str] = []
    for number in issues_named(text, here):
        if number == own:
            continue
        word, state = former.get(number, ""), states.get(number, "")
        if not word and not state:
            continue
        if not state or state == amounts_to(word):
            facts.append(f"#{number}:{_still(text, number, word, here)}")
            continue
        first = not word and not (number in converted or _has_no_words(text, number, here))
        if first or state == "gone" or (word == "gone" and state != "completed"):
            facts.append(f"#{number}:{state}")
            continue
        after, word = _moved(text, number, word, state, here)
        if after != text:
            reasons.append(_reason(number, state))
        text = after
        facts.append(f"#{number}:{word}")
    return Followed(text, tuple(facts), tuple(reasons))


def _reason(number: int, state: str) -> str:
    said = {
        "completed": "was closed: its box is ticked",
        "not_planned": "was closed as not planned: its box is not applicable",
        "open": "is open again: so is its box",
    }
    return f"#{number} {said[state]}"


def _of(text: str, number: int, here: str) -> list[Task]:
    return [task for task, _ in _by_issue(text, here).get(number, ())]


def _has_no_words(text: str, number: int, here: str) -> bool:
    return any(named.alone for _, named in _by_issue(text, here).get(number, ()))


def _still(text: str, number: int, word: str, here: str) -> str:
    """What a fact says once a person changed the box that it moved: it is theirs then."""
    boxes = _of(text, number, here)
    if word == "ticked" and not any(task.checked for task in boxes):
        return "completed"
    if word == "settled" and not any(na_reason(task.raw) == NOT_PLANNED for task in boxes):
        return "not_planned"
    return word


def _moved(text: str, number: int, former: str, state: str, here: str) -> tuple[str, str]:
    """The text with the boxes of one issue as its state is now, and the word for its fact."""
    before = text
    if former == "ticked":
        text = _each(text, number, here, lambda task: task.checked, _untick)
    if former == "settled":
        ours: Callable[[Task], bool] = lambda task: na_reason(task.raw) == NOT_PLANNED  # noqa: E731
        text = _each(text, number, here, ours, without_na)
    if state == "open":
        return text, "open"
    unsettled: Callable[[Task], bool] = lambda task: not is_settled(task)  # noqa: E731
    change = _tick if state == "completed" else _not_planned
    after = _each(text, number, here, unsettled, change)
    theirs = after == text and before == text
    if state == "completed":
        return after, "completed" if theirs else "ticked"
    return after, "not_planned" if theirs else "settled"


def _each(
    text: str,
    number: int,
    here: str,
    applies: Callable[[Task], bool],
    change: Callable[[Document, Task], str],
) -> str:
    for place in range(len(_of(text, number, here))):
        task = _of(text, number, here)[place]
        if applies(task):
            try:
                text = change(parse_document(text), task)
            except EditRefused:
                continue
    return text


def _tick(document: Document, task: Task) -> str:
    return set_task(document, task, True)


def _untick(document: Document, task: Task) -> str:
    return set_task(document, task, False)


def _not_planned(document: Document, task: Task) -> str:
    return words_after(document, task, f" — N/A: {NOT_PLANNED}")
