"""Many people at work on many plans while the worker is killed again and again.

``python -m benchmarks.edits_under_kills [EDITS] [SEED]`` (200, 1) requests 20 plans on the emulated
GitHub and makes that many edits in their issues and files, each read and written under one lock,
while the worker is killed with SIGKILL every two seconds. Afterwards every plan's issue and file
must agree, every box be as the last person who set it left it, and every line they added be there.
Exit code 1 when that is not so.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo import Running, Scene, running
from bot.emulator.people import Person
from bot.emulator.stage import open_stage
from bot.plans.document import parse_document
from bot.plans.render import plan_text
from tests.journeys.kills import await_quiet, children

PLANS = 20
KILL_SECONDS = 2.0
PAUSE_SECONDS = 0.25


@dataclass(slots=True)
class Planned:
    """One plan, and what people did to it: the boxes they set, the lines they added."""

    path: str
    issue: int
    boxes: dict[str, bool] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


class WorkerKiller:
    """Kills the worker of a ``plansync serve`` every two seconds."""

    def __init__(self, plansync: Running) -> None:
        self.killed = 0
        self._plansync = plansync
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> WorkerKiller:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(KILL_SECONDS):
            for pid in children(self._plansync.pid):
                if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
                    self.killed += 1


def request_plans(scene: Scene) -> list[Planned]:
    """Twenty feature plans, all quiet."""
    for number in range(PLANS):
        scene.alice.open_issue(f"Feature {number:02}", "", ("plan:feature",))
    paths = [f"plan_docs/feature-{number:02}.md" for number in range(PLANS)]
    for path in paths:
        scene.wait(f"an issue for {path}", lambda path=path: scene.plan_issue(path))
    await_quiet(scene.stage, 2)
    found = {path: scene.plan_issue(path) for path in paths}
    return [Planned(path, issue["number"]) for path, issue in found.items() if issue]


def edit(scene: Scene, plan: Planned, chance: random.Random, nth: int) -> None:
    """One edit by somebody, in the issue or in the file.

    Each box is only ever set on one side, so that what it must be in the end is known whatever
    arrives first.
    """
    in_issue = chance.random() < 0.5
    person: Person = scene.alice if chance.random() < 0.5 else scene.bob
    added = f"- [ ] Added as edit {nth}" if chance.random() < 0.25 else ""

    def change(text: str) -> str:
        document = parse_document(text)
        if added:
            plan.lines.append(added)
            last = document.tasks[chance.randrange(len(document.tasks))]
            lines = text.split("\n")
            return "\n".join([*lines[: last.line], added, *lines[last.line :]])
        mine = [t for t in document.tasks if (sum(map(ord, t.text)) % 2 == 0) == in_issue]
        task = chance.choice(mine)
        checked = plan.boxes[task.text] = not task.checked
        return text[: task.offset] + ("x" if checked else " ") + text[task.offset + 1 :]

    if in_issue:
        person.change_body(plan.issue, change)
    else:
        person.edit_file(plan.path, change, f"Edit {nth}")


def wrong(scene: Scene, plan: Planned) -> list[str]:
    """What of the people's edits is not there, or differs between the two sides."""
    text, body = scene.alice.read_file(plan.path), scene.body(plan.issue)
    found = [] if body == plan_text(text) else [f"{plan.path}: issue and file differ"]
    boxes = {task.text: task.checked for task in parse_document(text).tasks}
    for name, checked in plan.boxes.items():
        if boxes.get(name) != checked:
            found.append(f"{plan.path}: “{name}” should be {checked}, is {boxes.get(name)}")
    names = [line.removeprefix("- [ ] ") for line in plan.lines]
    found += [f"{plan.path}: “{name}” is lost" for name in names if name not in boxes]
    statuses = sum("plansync:status" in comment for comment in scene.comments(plan.issue))
    if statuses != 1:
        found.append(f"{plan.path}: {statuses} status comments")
    return found


def play(edits: int, seed: int, say: Callable[[str], None]) -> list[str]:
    """Make the edits; gives what is wrong afterwards."""
    chance = random.Random(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_stage() as stage,
        running(stage, Path(folder), "serve", settle_seconds=0.2) as plansync,
    ):
        scene = Scene(stage, lambda line: None, stage.person("alice"), stage.person("bob"), 300)
        plans = request_plans(scene)
        say(f"{len(plans)} plans requested")
        start = time.monotonic()
        with WorkerKiller(plansync) as killer:
            for nth in range(edits):
                if not nth % PLANS:
                    chance.shuffle(plans)
                edit(scene, plans[nth % PLANS], chance, nth)
                time.sleep(chance.uniform(0, 2 * PAUSE_SECONDS))
        took = time.monotonic() - start
        await_quiet(stage, 12)
        issues = len([i for i in scene.issues() if "plansync:plan" in (i["body"] or "")])
        found = [problem for plan in plans for problem in wrong(scene, plan)]
        if issues != PLANS:
            found.append(f"{issues} plan issues for {PLANS} plans")
        say(
            f"{edits} edits on {PLANS} plans in {took:.0f} s, the worker killed {killer.killed} "
            f"times, quiet {time.monotonic() - start - took:.0f} s later: {len(found)} wrong"
        )
    return found


def main(arguments: list[str]) -> int:
    """Print what was done; 1 when anything was lost."""
    edits, seed = ([int(word) for word in arguments] + [200, 1][len(arguments) :])[:2]
    found = play(edits, seed, print)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
