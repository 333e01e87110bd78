"""The plan that the model's people work on, and how they change it.

Every word that a person writes is new (``w17``), every task has a name of its own (``k4``), every
line of prose (``n2``) and every table row (``c1``) too. So what became of each word, task and tick
can be told from the texts alone, without any of plansync's own reading or merging.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

PATH = "docs/user-stories/search.md"
FEWEST_TASKS = 4
KNOWN_ELSEWHERE = 0.8

START = """\
# User Story: Search

**Status**: Draft

## Requirements
- [ ] k1 list w1 of w2
- [ ] k2 sort w3 by w4
- [x] k3 find w5 in w6
- [ ] k4 show w7 with w8
- [ ] k5 open w9 from w10

## Notes
n1 is about w11 and w12.
n2 is about w13 and w14.

n3 stands alone with w15.

## Tasks
- [ ] k6 write w16 for w17
  - [ ] k7 draw w18 for w19
- [x] k8 test w20 with w21
- [ ] k9 ship w22 with w23

## Implementation Plan
| # | Task | Specialist | Dependencies | Covers | Status |
|---|------|------------|--------------|--------|--------|
| 1 | c1 write | w24 | — | w25 | Pending |
| 2 | c2 draw | w26 | — | w27 | Pending |

## Devloop Tracking
| # | Task | Devloop Output | PR | Status |
|---|------|----------------|----|--------|
| 1 | c3 write |  |  | Pending |
| 2 | c4 draw |  |  | Pending |
"""

WORD = re.compile(r"\b[kwnc]\d+\b")
_TASK = re.compile(r"^(\s*[-*] \[)([ xX])(\] .*?\b(k\d+)\b.*)$")
_MARKER = re.compile(r"<!-- plansync:base ([^>]*)-->")

KINDS = ("toggle", "toggle", "toggle", "reword", "reword", "add_task", "add_text", "delete", "move",
         "cell", "crlf")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does to a text: ``a`` and ``b`` choose where."""

    kind: str
    a: int = 0
    b: int = 0


def words(text: str) -> set[str]:
    """Every word with a number."""
    return set(WORD.findall(text))


def tasks(text: str) -> dict[str, bool]:
    """Each task's state; the last one where a name stands twice."""
    found = (_TASK.match(line) for line in text.replace("\r", "").split("\n"))
    return {match[4]: match[2] != " " for match in found if match}


def task_count(text: str, name: str) -> int:
    """How many tasks have this name."""
    matches = (_TASK.match(line) for line in text.replace("\r", "").split("\n"))
    return sum(1 for match in matches if match and match[4] == name)


def places(text: str) -> dict[str, tuple[str, str]]:
    """Each task's section and words."""
    found, section = {}, ""
    for line in text.replace("\r", "").split("\n"):
        match = _TASK.match(line)
        if match:
            found[match[4]] = (section, line.partition("]")[2])
        elif line.startswith("#"):
            section = line
    return found


def is_another(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a task that went elsewhere has too few words left to be known again.

    Nothing says that it is the same one: docs/mirror.md tells people so.
    """
    if one[0] == other[0]:
        return False
    here, there = re.findall(r"\w+", one[1]), re.findall(r"\w+", other[1])
    return SequenceMatcher(None, here, there, autojunk=False).ratio() < KNOWN_ELSEWHERE


def made_from(body: str) -> str:
    """Which of plansync's own writes a body descends from, as its hidden line says."""
    found = _MARKER.search(body)
    return found[1] if found else ""


def plain(text: str) -> str:
    """A text without plansync's hidden lines."""
    lines = text.replace("\r", "").split("\n")
    return "\n".join(line for line in lines if "<!-- plansync:" not in line).strip("\n")


def perform(act: Act, text: str, fresh: Callable[[str], str]) -> str:
    """The text after the act; ``fresh("w")`` gives a word that nobody used."""
    if act.kind == "crlf":
        return text.replace("\r", "").replace("\n", "\r\n")
    crlf = "\r\n" in text
    lines = text.replace("\r", "").split("\n")
    _ACTS[act.kind](lines, act, fresh)
    return ("\r\n" if crlf else "\n").join(lines)


def _task_lines(lines: list[str]) -> list[int]:
    return [n for n, line in enumerate(lines) if _TASK.match(line)]


def _prose_lines(lines: list[str]) -> list[int]:
    return [n for n, line in enumerate(lines) if re.match(r"n\d+ ", line)]


def _toggle(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = _task_lines(lines)
    if there:
        at = there[act.a % len(there)]
        match = _TASK.match(lines[at])
        assert match
        lines[at] = match[1] + ("x" if match[2] == " " else " ") + match[3]


def _reword(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = _task_lines(lines) + _prose_lines(lines)
    if not there:
        return
    at = there[act.a % len(there)]
    found = list(re.finditer(r"\bw\d+\b", lines[at]))
    if act.b % 3 == 0 or not found:
        lines[at] += f" {fresh('w')}"
    else:
        match = found[act.b % len(found)]
        lines[at] = lines[at][: match.start()] + fresh("w") + lines[at][match.end() :]


def _add_task(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = _task_lines(lines)
    at = there[act.a % len(there)] + 1 if there else len(lines)
    box = "x" if act.b % 4 == 0 else " "
    lines.insert(at, f"- [{box}] {fresh('k')} do {fresh('w')} with {fresh('w')}")


def _add_text(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = _prose_lines(lines)
    at = there[act.a % len(there)] + 1 if there else len(lines)
    added = [f"{fresh('n')} says {fresh('w')} about it."]
    lines[at:at] = ["", *added] if act.b % 2 else added


def _delete(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = _prose_lines(lines)
    if len(_task_lines(lines)) > FEWEST_TASKS:
        there += _task_lines(lines)
    if there:
        del lines[there[act.a % len(there)]]


def _move(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = _task_lines(lines)
    if len(there) < 2:
        return
    line = lines.pop(there[act.a % len(there)])
    there = _task_lines(lines)
    lines.insert(there[act.b % len(there)] + 1, line.lstrip())


def _cell(lines: list[str], act: Act, fresh: Callable[[str], str]) -> None:
    there = [n for n, line in enumerate(lines) if re.search(r"\| c[12] ", line)]
    if there:
        at = there[act.a % len(there)]
        cells = lines[at].split("|")
        cells[3 if act.b % 2 else 5] = f" {fresh('w')} "
        lines[at] = "|".join(cells)


_ACTS: dict[str, Callable[[list[str], Act, Callable[[str], str]], None]] = {
    "toggle": _toggle,
    "reword": _reword,
    "add_task": _add_task,
    "add_text": _add_text,
    "delete": _delete,
    "move": _move,
    "cell": _cell,
}
