"""The parts of the main job that ``matrix`` plays: what a person does, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.demo import _with_rows
from bot.emulator.front import Call, Forward, Reply
from bot.emulator.people import Person
from bot.emulator.stage import Stage
from bot.plans.companions import COMPANIONS, parse_feature
from bot.plans.document import parse_document
from bot.plans.render import issue_plan_text, parse_plan_marker, plan_text
from bot.rolling import BRANCH
from tests.journeys.proxy import Fault, Faults
from tests.journeys.stepped import Mortal, Stepped

FEATURE, STORY = "plan_docs/search.md", "Checkout"
PROTECTION = {
    "required_status_checks": None,
    "enforce_admins": True,
    "required_pull_request_reviews": {"required_approving_review_count": 1},
    "restrictions": None,
}


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
    feature: str = ""
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


def _close(play: Play) -> None:
    play.bob.close_pull(play.pull)
    play.known["state"] = 0


def _tracked(play: Play) -> list[str]:
    if not play.known["state"]:
        left = [x for x in play.bob.read_file(play.story).splitlines() if f"#{play.pull}]" in x]
        return [f"#{play.pull} is closed and still there: {left}"] if left else []
    word = "In Progress" if play.known["state"] == 1 else "Complete"
    rows = [line for line in play.bob.read_file(play.story).splitlines() if f"#{play.pull}" in line]
    if len(rows) == 1 and word in rows[0]:
        return []
    return [f"#{play.pull} should be {word}: {rows}"]


def _command(play: Play) -> None:
    before = _boxes(play.body(play.known[FEATURE]))
    tasks = parse_document(play.body(play.known[FEATURE])).tasks
    place = play.played % 9
    play.played += 1
    order = "undo" if before[place] else "done"
    play.alice.comment(play.known[FEATURE], f'/plan {order} "{tasks[place].text}"')
    before[place] = not before[place]
    play.known["wanted"] = _bits(before)


def _question(play: Play) -> None:
    play.played += 1
    play.alice.comment(play.known[play.story], f"/plan ask Is {play.played} enough?")


def _asked(play: Play) -> list[str]:
    text = play.bob.read_file(play.story)
    counts = {n: text.count(f"Is {n} enough?") for n in range(1, play.played + 1)}
    return [f"question {n} is there {count} times" for n, count in counts.items() if count != 1]


def _protected(play: Play) -> None:
    _feature(play)
    _protect(play, True)


def _protect(play: Play, on: bool) -> None:
    path = f"/repos/{play.alice.repository}/branches/main/protection"
    admin = play.stage.emulator.api("olivia")
    admin.call("PUT", path, PROTECTION) if on else admin.call("DELETE", path)


def _proposed(play: Play) -> list[str]:
    """The boxes are as wanted once the one pull request is merged; until then only there."""
    pulls = play.alice.api.pages(f"/repos/{play.alice.repository}/pulls", state="open")
    found = _bits(_boxes(play.bob.read_file(FEATURE, BRANCH)))
    wrong = [] if found == play.known["wanted"] else ["the proposal has other boxes"]
    if len(pulls) != 1:
        wrong.append(f"{len(pulls)} pull requests propose it")
    _protect(play, False)
    for pull in pulls:
        play.bob.merge_pull(int(pull["number"]))
    play.plansync.settle()
    return wrong + _ticked(play)


def _implementation(play: Play) -> None:
    if not play.feature:
        play.alice.open_issue("Export", "", ("plan:implementation",))
        play.plansync.settle()
        play.feature = next(path for path in play.plan_issues() if path.endswith("impl-plan.md"))
        folder = play.feature.removesuffix("impl-plan.md")
        tasks = "# Tasks: Export\n\n## Phase 1: All\n\n- [ ] T001 Begin it\n- [ ] T002 End it\n"
        sha = play.bob.push_file(f"{folder}tasks.md", tasks, "Cut it into tasks")
        # The webhook of a push may come later than that of what was done after it.
        play.stage.relay.wait_for(lambda one: one.event == "push" and one.payload["after"] == sha)
        play.plansync.settle()
        play.known[play.feature] = play.issue_of(play.feature)


def _tick_two_files(play: Play) -> None:
    number = play.known[play.feature]
    tasks = parse_document(play.body(number)).tasks
    before = [task.checked for task in tasks]
    for place in (play.played % 2, 2 + play.played % 9):
        act = play.alice.untick if tasks[place].checked else play.alice.tick
        act(number, tasks[place].text)
        before[place] = not before[place]
    play.played += 1
    play.known["wanted"] = _bits(before)


def _ticked_two_files(play: Play) -> list[str]:
    folder = play.feature.removesuffix("impl-plan.md")
    texts = [play.bob.read_file(folder + name) for name in COMPANIONS]
    found = _bits([box for text in texts for box in _boxes(text)])
    return [] if found == play.known["wanted"] else [f"boxes: {found ^ play.known['wanted']:b}"]


SITUATIONS = (
    Situation("a plan is requested", _nothing, _ask, _answered),
    Situation("a box is ticked", _feature, _tick, _ticked),
    Situation("a file is pushed", _feature, _push, _ticked),
    Situation("both at once", _feature, _both, _ticked),
    Situation("a pull request is opened", _story, _open, _tracked),
    Situation("a pull request is merged", _opened, _merge, _tracked),
    Situation("a pull request is closed", _opened, _close, _tracked),
    Situation("a command ticks a box", _feature, _command, _ticked),
    Situation("a command asks a question", _story, _question, _asked),
    Situation("the branch is protected", _protected, _tick, _proposed),
    Situation("two files of a plan", _implementation, _tick_two_files, _ticked_two_files),
)


def wrong(play: Play) -> list[str]:
    """What is there twice, differs, or is written again by another look at it."""
    found: list[str] = []
    plans = play.plan_issues()
    for path, numbers in plans.items():
        if len(numbers) != 1:
            found.append(f"{path} has {len(numbers)} issues")
        if parse_feature(play.body(numbers[0])).plan.strip() != plan_text(play.bob.read_file(path)):
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
