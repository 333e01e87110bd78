"""Which task of a plan a pull request is about, however the plan is edited later.

An address such as ``S-1/T-2`` is a place, so it is read once, against the plan that its author had
before them; from then on the task is known by its own id, or by a digest of its text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from bot.plans.addresses import resolve_task
from bot.plans.alignment import align
from bot.plans.elements import fold
from bot.plans.model import Plan, PlanTask
from bot.plans.newlines import LINE_BREAK
from bot.plans.units import read_units

_REF = re.compile(r"([^~]*)(?:~([0-9a-f]{8}))?\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9._/-]")
_SAFE = re.compile(r"[A-Za-z0-9._/-]{1,64}\Z")
_QUOTED = "\"“„'‘«"


@dataclass(frozen=True, slots=True)
class TaskRef:
    """A task by its address, and by its text's digest where the address is only a place."""

    address: str
    digest: str = ""

    def render(self) -> str:
        """One word without blanks, commas or quotes, as the status comment's marker keeps it."""
        address = quote(self.address)
        return f"{address}~{self.digest}" if self.digest else address


@dataclass(frozen=True, slots=True)
class Version:
    """A plan as it was read from one text of its file."""

    plan: Plan
    text: str


def parse_ref(word: str) -> TaskRef | None:
    """What ``TaskRef.render`` made; None for anything else."""
    match = _REF.match(word)
    if match is None or not match[1]:
        return None
    return TaskRef(unquote(match[1]), match[2] or "")


def quote(text: str) -> str:
    """Any text with all but letters, digits, ``.``, ``_``, ``/`` and ``-`` as ``%XX``."""
    return _UNSAFE.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode("utf-8")), text)


def shown_address(task: PlanTask | TaskRef | str) -> str:
    """An address as it may stand in a commit message or a comment: one that is none is cut."""
    address = task if isinstance(task, str) else task.address
    return address if _SAFE.match(address) else _UNSAFE.sub("_", address)[:64]


def is_stable(plan: Plan, task: PlanTask) -> bool:
    """Whether the task's address is its own id, which no insertion changes."""
    if task.own_id and task.own_id.casefold() == task.address.casefold():
        return True
    return any(group.kind == "rows" and task in group.tasks for group in plan.groups)


def ref_of(plan: Plan, task: PlanTask) -> TaskRef:
    """The task as it is remembered."""
    return TaskRef(task.address, "" if is_stable(plan, task) else digest_of(task))


def digest_of(task: PlanTask) -> str:
    """Eight hex digits of the task's text, case and blanks aside."""
    return hashlib.sha256(fold(task.text).encode("utf-8", "replace")).hexdigest()[:8]


def find_task(plan: Plan, ref: TaskRef) -> PlanTask | None:
    """The task by its id; or by its text: at its address, else in its group, else in the plan."""
    here = plan.task(ref.address)
    if not ref.digest or (here is not None and digest_of(here) == ref.digest):
        return here
    same = [task for task in plan.boxes if digest_of(task) == ref.digest]
    group = ref.address.rpartition("/")[0] or ref.address.rpartition(".")[0]
    near = [task for task in same if task.group.casefold() == group.casefold()]
    for found in (near, same):
        if len(found) == 1:
            return found[0]
    return None


def follow_task(ref: TaskRef, now: Version, before: Sequence[Version] = ()) -> PlanTask | None:
    """The task in the plan as it is now; where its text was edited, the one that it became.

    ``before`` are versions in which it may be found as it was remembered. None when it is gone.
    """
    found = find_task(now.plan, ref)
    if found is not None:
        return found
    for version in before:
        old = find_task(version.plan, ref)
        if old is None or old.path:
            continue
        line = _aligned(version.text, now.text).get(old.line)
        at = next((t for t in now.plan.boxes if t.line == line and not t.path), None)
        if at is not None:
            return at
    return None


@lru_cache(maxsize=8)
def _aligned(before: str, now: str) -> dict[int, int]:
    """Line numbers of one text to those of the other."""
    old, new = ("\n".join(LINE_BREAK.split(text)) for text in (before, now))
    pairs = align(read_units(old), read_units(new))
    return {here + 1: there + 1 for here, there in pairs.items()}


def resolve_link(
    named: str, now: Version, *, base: Version | None = None, late: bool = False
) -> TaskRef | None:
    """The task that a pull request names, in the plan of its base commit or as it is now.

    ``late`` says that the name was there before: then only what cannot mean another task by now is
    taken, an own id or a quoted beginning. None when there is no such task, or more than one.
    """
    for version in (base, now):
        if version is None:
            continue
        found = resolve_task(version.plan, named)
        if not isinstance(found, PlanTask):
            continue
        stable = is_stable(version.plan, found)
        if not late or stable or named[:1] in _QUOTED:
            return ref_of(version.plan, found)
    return None
