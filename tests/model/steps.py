"""A run of the model as a list of steps: drawn from a seed, played, made shorter when it fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.model.mirror import Mirror, Start
from tests.model.plan_text import KINDS, Act

PEOPLE = ("alice", "bob")
OUTSIDER = "mallory"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens: ``name`` is a method of the mirror, ``given`` what it is called with.

    Its text form is the call, so a failing run can be pasted into an example test.
    """

    name: str
    given: tuple[object, ...] = ()

    def __str__(self) -> str:
        return f"mirror.{self.name}({', '.join(repr(value) for value in self.given)})"

    def play(self, mirror: Mirror) -> None:
        """Let it happen."""
        getattr(mirror, self.name)(*self.given)


def draw(chance: random.Random, most: int, also: Sequence[str] = ()) -> list[Step]:
    """Up to ``most`` moments of a run; the same for the same seed, ``also`` among them."""
    moments = _MOMENTS | {_ALSO[name]: 2 for name in also}
    kinds = [kind for kind, weight in moments.items() for _ in range(weight)]
    steps: list[Step] = []
    for _ in range(chance.randint(1, most)):
        steps += chance.choice(kinds)(chance)
    return steps


def failure(start: Start, steps: Sequence[Step], mirror: Mirror | None = None) -> str:
    """What is wrong after these steps and quiet; empty when nothing is."""
    mirror = mirror or Mirror(start)
    try:
        for step in steps:
            step.play(mirror)
        mirror.settle()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def shorten(steps: Sequence[Step], fails: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """As few of the steps as still fail, each as simple as it can be."""
    left = list(steps)
    size = max(len(left) // 2, 1)
    while size:
        at = 0
        while at < len(left):
            fewer = left[:at] + left[at + size :]
            if fails(fewer):
                left = fewer
            else:
                at += size
        size //= 2
    return left


def _act(chance: random.Random) -> Act:
    return Act(chance.choice(KINDS), chance.randint(0, 12), chance.randint(0, 12))


def _acts(chance: random.Random, name: str, who: str) -> list[Step]:
    return [Step(name, (who, _act(chance))) for _ in range(chance.randint(1, 3))]


def _edit_issue(chance: random.Random) -> list[Step]:
    return _acts(chance, "edit_issue", chance.choice(PEOPLE))


def _edit_file(chance: random.Random) -> list[Step]:
    return _acts(chance, "edit_file", chance.choice(PEOPLE))


def _edit_both(chance: random.Random) -> list[Step]:
    return _acts(chance, "edit_issue", "alice") + _acts(chance, "edit_file", "bob")


def _deliver(chance: random.Random) -> Step:
    return Step("deliver", (chance.randint(1, 6), chance.randint(0, 5)))


def _work(chance: random.Random) -> list[Step]:
    return [_deliver(chance), Step("work")]


def _break(chance: random.Random) -> list[Step]:
    broken = Step("break_call", (chance.randint(1, 8), chance.randint(0, 3), chance.random() < 0.5))
    return [_deliver(chance), broken, Step("work")]


def _lose_mail(chance: random.Random) -> list[Step]:
    return [Step(chance.choice(("repeat", "drop")), (chance.randint(0, 12),))]


def _old_copy(chance: random.Random) -> list[Step]:
    act = Step("save_page", (chance.choice(PEOPLE), _act(chance)))
    return [chance.choice((Step("open_page"), act))]


def _race(chance: random.Random) -> list[Step]:
    return [Step("race", (chance.choice(PEOPLE), _act(chance)))]


def _lose_database(chance: random.Random) -> list[Step]:
    return [Step("lose_database")]


def _settle(chance: random.Random) -> list[Step]:
    return [Step("settle", (chance.randint(0, 5),))]


def _state(chance: random.Random) -> list[Step]:
    return [Step("close_or_open", (chance.choice(PEOPLE),))]


def _gone(chance: random.Random) -> list[Step]:
    return [Step("remove_or_restore", (chance.choice(PEOPLE),))]


def _moved(chance: random.Random) -> list[Step]:
    return [Step("move_file", (chance.choice(PEOPLE),))]


def _forced(chance: random.Random) -> list[Step]:
    return [Step("force_push", (chance.choice(PEOPLE), chance.randint(1, 4)))]


def _held(chance: random.Random) -> list[Step]:
    if chance.random() < 0.3:
        return [Step("accept")]
    return _acts(chance, "edit_issue", OUTSIDER)


def _hurry(chance: random.Random) -> list[Step]:
    return [Step("hurry", (chance.choice((100, 300, 500, 1000)),))]


_MOMENTS: dict[Callable[[random.Random], list[Step]], int] = {
    _edit_issue: 6,
    _edit_file: 6,
    _edit_both: 5,
    _work: 8,
    _break: 7,
    _lose_mail: 5,
    _old_copy: 6,
    _race: 4,
    _lose_database: 1,
    _settle: 1,
}


_ALSO: dict[str, Callable[[random.Random], list[Step]]] = {
    "closed": _state,
    "gone": _gone,
    "moved": _moved,
    "forced": _forced,
    "held": _held,
    "hurry": _hurry,
}
EVERYTHING_ELSE = tuple(_ALSO)
ALSO = ("closed",)
"""What every run has of it; the others are played by wish, for what is known to go wrong there."""


def draw_run(seed: int, most: int, also: Sequence[str] = ALSO) -> list[Step]:
    """The steps of the run with this seed."""
    return draw(random.Random(seed), most, also)
