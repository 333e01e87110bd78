"""Every way a call can fail, at every call of the main job's parts; and a kill at every point.

``python -m tests.journeys.matrix`` tries all cases and prints how many; ``--share 0.1 --seed 1``
a random tenth of them. Each case ends with the same questions: do file and issue agree, is what
the person did in both, is nothing there twice, does another look write nothing?
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.emulator.seed import World
from bot.emulator.stage import open_stage
from tests.journeys import proxy
from tests.journeys.proxy import Fault
from tests.journeys.situations import SITUATIONS, Play, Situation, Switch, wrong
from tests.journeys.stepped import Mortal, NeverQuiet, Stepped, be_quiet

FAULTS: dict[str, Fault] = {
    "502 before the effect": proxy.bad_gateway_before,
    "502 after it": proxy.bad_gateway_after,
    "reset before": proxy.reset_before,
    "reset after": proxy.reset_after,
    "timeout after": proxy.timeout_after,
    "403 rate limit with retry-after": proxy.rate_limit(60),
    "403 rate limit without": proxy.rate_limit(),
    "401": proxy.status(401, "Bad credentials"),
    "404, then found": proxy.status(404, "Not Found"),
    "409": proxy.status(409, "Conflict"),
    "422": proxy.status(422, "Validation Failed"),
    "200 with HTML": proxy.html_after,
    "200 truncated": proxy.truncated_after,
}
KILLED = "kill -9"
CASES_A_STAGE = 40
# A plan that is written twenty times in ten minutes is parked.
CASES_A_PLAN = 8
REPOSITORIES = tuple(f"shop-{n}" for n in range(16))


@dataclass(frozen=True, slots=True)
class Case:
    """A situation in which the nth call fails, or the worker is killed at its nth point."""

    situation: Situation
    kind: str
    nth: int

    def __str__(self) -> str:
        return f"{self.situation.name}, {self.kind}, {self.nth}"


class Players:
    """Fresh stages and repositories for as many cases as are tried."""

    def __init__(self, key: str | None = None) -> None:
        self._key = key
        self._opened = ExitStack()
        self._plays: dict[str, Play] = {}
        self._left = 0

    def play(self, situation: Situation) -> Play:
        """Where the next case of this situation is played."""
        if not self._left:
            self.close()
            self._open()
        self._left -= 1
        made = self._plays.get(situation.name)
        if made is None or made.cases == CASES_A_PLAN:
            made = self._plays[situation.name] = self._make()
        made.cases += 1
        return made

    def close(self) -> None:
        """End what is open; the next case begins afresh."""
        self._opened.close()
        self._plays.clear()
        self._left = 0

    def _open(self) -> None:
        fault = Switch()
        world = World(repositories=REPOSITORIES)
        stage = self._opened.enter_context(
            open_stage(world=world, handle=fault, private_key=self._key)
        )
        folder = self._opened.enter_context(tempfile.TemporaryDirectory())
        plansync = self._opened.enter_context(closing(Stepped(stage, Path(folder))))
        mortal = self._opened.enter_context(closing(Mortal(plansync.environment)))
        names = iter(REPOSITORIES[:-1])
        self._make = lambda: Play(stage, plansync, mortal, fault, next(names))
        self._left = CASES_A_STAGE


def play_case(play: Play, case: Case) -> tuple[bool, list[str]]:
    """Whether the case came to its fault, and what is wrong afterwards."""
    situation = case.situation
    situation.prepare(play)
    before = len(play.stage.front.records)
    situation.act(play)
    play.plansync.received()
    struck = True
    if case.kind == KILLED:
        struck = play.mortal.work(case.nth)
    elif case.nth:
        with play.fault.striking(case.nth, FAULTS[case.kind]) as faults:
            play.plansync.settle()
        struck = bool(faults.struck)
    play.plansync.settle()
    play.calls = play.stage.front.count(since=before)
    return struck, situation.arrived(play) + wrong(play)


@dataclass(slots=True)
class Tried:
    """How many cases were tried, by kind, and what was wrong; ``loud`` tells what was parked."""

    cases: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    loud: bool = False

    def note(self, players: Players, case: Case) -> Play:
        """Play a case."""
        play = players.play(case.situation)
        play.plansync.parked.clear()
        play.struck = True
        try:
            play.struck, found = play_case(play, case)
        except NeverQuiet:
            found = ["it never came to an end"]
        self.cases[case.kind] += play.struck
        self.parked[case.kind] += bool(play.plansync.parked)
        if self.loud and play.plansync.parked:
            print(f"{case}: parked, {play.plansync.parked[0]}", flush=True)
        if found:
            self.wrong.append(f"{case}: {'; '.join(found[:4])}")
            print(self.wrong[-1], flush=True)
            # What went wrong must not be seen again in the next case.
            players.close()
        return play


def run(
    share: float,
    seed: int,
    *,
    only: str = "",
    minutes: float = 60,
    key: str | None = None,
    loud: bool = False,
) -> Tried:
    """Try that share of all cases, or as many as fit into the time."""
    chance, tried, players = random.Random(seed), Tried(loud=loud), Players(key)
    ends = time.monotonic() + minutes * 60
    try:
        for situation in SITUATIONS:
            if only not in situation.name:
                continue
            calls = tried.note(players, Case(situation, "nothing", 0)).calls
            for nth in range(1, calls + 1):
                for kind in FAULTS:
                    if chance.random() < share and time.monotonic() < ends:
                        tried.note(players, Case(situation, kind, nth))
            for nth in itertools.count(1):
                if time.monotonic() > ends:
                    break
                if (
                    chance.random() < share
                    and not tried.note(players, Case(situation, KILLED, nth)).struck
                ):
                    break
    finally:
        players.close()
    return tried


def main() -> int:
    """Print how many cases there were; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="situations whose name contains this")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--parked", action="store_true", help="say why a case was parked")
    given = parser.parse_args()
    start = time.monotonic()
    be_quiet()
    tried = run(given.share, given.seed, only=given.only, minutes=given.minutes, loud=given.parked)
    for kind, count in tried.cases.items():
        print(f"{count:5} {kind} ({tried.parked[kind]} waited for an operator)")
    print(
        f"{tried.cases.total()} cases in {time.monotonic() - start:.0f} s "
        f"(seed {given.seed}): {len(tried.wrong)} wrong"
    )
    return 1 if tried.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
