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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo import _with_rows
from bot.emulator.front import Call, Forward, Reply
from bot.emulator.people import Person
from bot.emulator.seed import World
from bot.emulator.stage import Stage, open_stage
from bot.plans.document import parse_document
from bot.plans.render import issue_plan_text, parse_plan_marker, plan_text
from tests.journeys import proxy
from tests.journeys.proxy import Fault, Faults
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
FEATURE, STORY = "plan_docs/search.md", "Checkout"


class Switch:
    """What fails on the way to GitHub at the moment: nothing, or what is ``striking``."""

    def __init__(self) -> None:
        self._faults = Faults()

    def __call__(self, call: Call, forward: Forward) -> Reply:
        return self._faults(call, forward)

    @contextmanager
    def striking(self, nth: int, fault: Fault) -> Iterator[Faults]:
        """Within, the nth call from now on fails."""
        made = self._faults = Faults()
        made.at(nth, fault)
        try:
            yield made
        finally:
            made.close()
            self._faults = Faults()


@dataclass(slots=True)
class Play:
    """One repository of a stage with plansync beside it, and what was played there so far.

    ``struck`` and ``calls`` are the last case's: whether its fault came, how many calls it made.
    """

    stage: Stage
    plansync: Stepped
    mortal: Mortal
    fault: Switch
    name: str
    struck: bool = True
    calls: int = 0
    cases: int = 0
    played: int = 0
    story: str = ""
    pull: int = 0
    known: dict[str, int] = field(default_factory=dict)

    @property
    def alice(self) -> Person:
        return self.stage.person("alice", self.name)

    @property
    def bob(self) -> Person:
        return self.stage.person("bob", self.name)

    def issues(self) -> list[dict[str, object]]:
        return self.alice.api.pages(f"/repos/{self.alice.repository}/issues", state="all")

    def comments(self, number: int) -> list[str]:
        path = f"/repos/{self.alice.repository}/issues/{number}/comments"
        return [str(one["body"]) for one in self.alice.api.pages(path)]

    def plan_issues(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for issue in self.issues():
            marker = parse_plan_marker(str(issue["body"] or ""))
            if marker:
                found.setdefault(marker.path, []).append(int(str(issue["number"])))
        return found

    def body(self, number: int) -> str:
        path = f"/repos/{self.alice.repository}/issues/{number}"
        return issue_plan_text(self.alice.api.call("GET", path)["body"])

    def issue_of(self, path: str) -> int:
        (number,) = self.plan_issues()[path]
        return number


@dataclass(frozen=True, slots=True)
class Situation:
    """What a person does, what had to be there before, and how to see that it has arrived."""

    name: str
    prepare: Callable[[Play], None]
    act: Callable[[Play], None]
    arrived: Callable[[Play], list[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A situation in which the nth call fails, or the worker is killed at its nth point."""

    situation: Situation
    kind: str
    nth: int

    def __str__(self) -> str:
        return f"{self.situation.name}, {self.kind}, {self.nth}"


def _nothing(play: Play) -> None:
    """Nothing has to be there."""


def _ask(play: Play) -> None:
    play.played += 1
    play.alice.open_issue(f"Idea {play.played}", "", ("plan:feature",))


def _answered(play: Play) -> list[str]:
    found = []
    requests = {
        int(str(issue["number"])): str(issue["title"])
        for issue in play.issues()
        if not parse_plan_marker(str(issue["body"] or ""))
        and str(issue["title"]).startswith("Idea ")
    }
    commits = play.alice.api.pages(f"/repos/{play.alice.repository}/commits")
    for number, title in requests.items():
        path = f"plan_docs/{title.lower().replace(' ', '-')}.md"
        made = sum(f"Plan-Request: #{number}\n" in c["commit"]["message"] + "\n" for c in commits)
        answers = sum("plansync:answer" in comment for comment in play.comments(number))
        issues = len(play.plan_issues().get(path, []))
        if (made, answers, issues) != (1, 1, 1):
            found.append(f"#{number}: {made} commits, {answers} answers, {issues} plan issues")
    return found


def _feature(play: Play) -> None:
    if FEATURE not in play.known:
        play.alice.open_issue("Search", "", ("plan:feature",))
        play.plansync.settle()
        play.known[FEATURE] = play.issue_of(FEATURE)


def _boxes(text: str) -> list[bool]:
    return [task.checked for task in parse_document(text).tasks]


def _toggle(play: Play, place: int) -> None:
    task = parse_document(play.body(play.known[FEATURE])).tasks[place]
    act = play.alice.untick if task.checked else play.alice.tick
    act(play.known[FEATURE], task.text)


def _tick(play: Play) -> None:
    before = _boxes(play.body(play.known[FEATURE]))
    place = play.played % 9
    play.played += 1
    _toggle(play, place)
    before[place] = not before[place]
    play.known["wanted"] = _bits(before)


def _push(play: Play) -> None:
    before = _boxes(play.bob.read_file(FEATURE))
    play.played += 1
    place = 9 + play.played % 5
    play.bob.edit_file(FEATURE, lambda text: _flipped(text, place), "Tick in the file")
    before[place] = not before[place]
    play.known["wanted"] = _bits(before)


def _both(play: Play) -> None:
    _tick(play)
    wanted = play.known["wanted"]
    _push(play)
    play.known["wanted"] = wanted ^ (1 << (9 + play.played % 5))


def _flipped(text: str, place: int) -> str:
    at = parse_document(text).tasks[place].offset
    return text[:at] + (" " if text[at] != " " else "x") + text[at + 1 :]


def _bits(boxes: Sequence[bool]) -> int:
    return sum(1 << n for n, box in enumerate(boxes) if box)


def _ticked(play: Play) -> list[str]:
    wanted = play.known["wanted"]
    found = _bits(_boxes(play.bob.read_file(FEATURE)))
    return [] if found == wanted else [f"boxes differ: {found ^ wanted:b}"]


def _story(play: Play) -> None:
    if not play.story:
        play.alice.open_issue(STORY, "", ("plan:story",))
        play.plansync.settle()
        play.story = next(path for path in play.plan_issues() if "user-stories" in path)
        play.bob.edit_file(play.story, _with_rows, "Plan the work")
        play.plansync.settle()
        play.known[play.story] = play.issue_of(play.story)


def _open(play: Play) -> None:
    play.played += 1
    branch = f"work-{play.played}"
    play.bob.create_branch(branch)
    play.bob.push_file(f"src/{branch}.py", "pass\n", "Work", branch)
    body = f"Plan: #{play.known[play.story]}\nTask: 1\n"
    play.pull = play.bob.open_pull(branch, "Write the handler", body)
    play.known["state"] = 1


def _opened(play: Play) -> None:
    _story(play)
    _open(play)
    play.plansync.settle()


def _merge(play: Play) -> None:
    play.bob.merge_pull(play.pull)
    play.known["state"] = 2


def _tracked(play: Play) -> list[str]:
    word = "In Progress" if play.known["state"] == 1 else "Complete"
    rows = [line for line in play.bob.read_file(play.story).splitlines() if f"#{play.pull}" in line]
    if len(rows) == 1 and word in rows[0]:
        return []
    return [f"#{play.pull} should be {word}: {rows}"]


SITUATIONS = (
    Situation("a plan is requested", _nothing, _ask, _answered),
    Situation("a box is ticked", _feature, _tick, _ticked),
    Situation("a file is pushed", _feature, _push, _ticked),
    Situation("both at once", _feature, _both, _ticked),
    Situation("a pull request is opened", _story, _open, _tracked),
    Situation("a pull request is merged", _opened, _merge, _tracked),
)


def wrong(play: Play) -> list[str]:
    """What is there twice, differs, or is written again by another look at it."""
    found: list[str] = []
    plans = play.plan_issues()
    for path, numbers in plans.items():
        if len(numbers) != 1:
            found.append(f"{path} has {len(numbers)} issues")
        if play.body(numbers[0]) != plan_text(play.bob.read_file(path)):
            found.append(f"#{numbers[0]} and {path} differ")
        statuses = sum("plansync:status" in text for text in play.comments(numbers[0]))
        if statuses != 1:
            found.append(f"#{numbers[0]} has {statuses} status comments")
    repo = play.plansync.repo(play.alice.repository)
    before = len(play.stage.front.records)
    for path in plans:
        play.plansync.compare(repo, path)
    play.plansync.settle()
    calls = play.stage.front.records[before:]
    again = [one.call for one in calls if one.call.kind == "api" and one.call.method != "GET"]
    found += [f"written again: {call.method} {call.path}" for call in again]
    return found


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
