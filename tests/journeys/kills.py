"""Kill -9 of web and worker at random moments of the main job; the end state is the same.

``python -m tests.journeys.kills --kills 30 --seed 1`` plays the demo's steps in one repository
after the other while a killer is at work, until that many processes were killed, and then looks at
what GitHub holds.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from bot.demo import STEPS, Running, Scene, running
from bot.emulator.seed import World
from bot.emulator.stage import Stage, open_stage
from bot.plans.render import parse_plan_marker, plan_text

PATIENCE_SECONDS = 150.0
REPOSITORIES = 40


def children(pid: int) -> list[int]:
    """The processes that this one started (Linux)."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in text.split()]


class Killer:
    """Kills a child of the supervisor every now and then until it has killed enough.

    A worker needs about three seconds to start: some are killed before they are up, most at work.
    """

    def __init__(self, plansync: Running, kills: int, chance: random.Random) -> None:
        self.killed = 0
        self._plansync = plansync
        self._kills = kills
        self._chance = chance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def done(self) -> bool:
        return self.killed >= self._kills

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self.done and not self._stop.wait(self._chance.uniform(0.1, 4.0)):
            victims = children(self._plansync.pid)
            if victims:
                os.kill(self._chance.choice(victims), signal.SIGKILL)
                self.killed += 1


class Redeliverer:
    """Sends again what plansync did not take, as the App's owner may ask of GitHub."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._again: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Redeliverer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(0.2):
            for place, sent in enumerate(self._stage.relay.sent):
                if not 200 <= sent.status < 300 and place not in self._again:
                    self._again.add(place)
                    self._stage.relay.redeliver(sent.webhook.guid)


def problems(scene: Scene) -> list[str]:
    """What is wrong in a repository after the main job: doubles, losses, differences."""
    found: list[str] = []
    issues = [issue for issue in scene.issues() if "pull_request" not in issue]
    plans = {}
    for issue in issues:
        marker = parse_plan_marker(issue["body"] or "")
        if marker:
            plans.setdefault(marker.request, []).append((issue["number"], marker.path))
    for request, label in ((1, "feature"), (3, "story")):
        made = plans.get(request, [])
        if len(made) != 1:
            found.append(f"{len(made)} plan issues for the {label} request #{request}")
            continue
        number, path = made[0]
        text = scene.alice.read_file(path)
        if scene.body(number) != plan_text(text):
            found.append(f"#{number} and {path} differ")
        commits = scene.call(f"/commits?path={path}&per_page=100")
        answering = [c for c in commits if f"Plan-Request: #{request}" in c["commit"]["message"]]
        if len(answering) != 1:
            found.append(f"{len(answering)} commits answer #{request}")
        statuses = [c for c in scene.comments(number) if "plansync:status" in c]
        answers = [c for c in scene.comments(request) if "plansync:answer" in c]
        if (len(statuses), len(answers)) != (1, 1):
            found.append(f"{len(statuses)} status comments, {len(answers)} answers for #{request}")
    if len(plans) != 2:
        found.append(f"{len(plans)} requests were answered")
    return found


def play(kills: int, seed: int) -> tuple[int, int, list[str]]:
    """Processes killed, repositories played through, and what was wrong afterwards."""
    world = World(repositories=tuple(f"shop-{n}" for n in range(REPOSITORIES)))
    scenes: list[Scene] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_stage(world=world) as stage,
        running(stage, Path(folder), "serve", settle_seconds=0.1) as plansync,
        Redeliverer(stage),
        Killer(plansync, kills, random.Random(seed)) as killer,
    ):
        for name in world.repositories:
            if scenes and killer.done:
                break
            people = (stage.person("alice", name), stage.person("bob", name))
            scene = Scene(stage, lambda line: None, *people, patience=PATIENCE_SECONDS)
            scenes.append(scene)
            for step in STEPS:
                step(scene)
        killed = killer.killed
        await_quiet(stage, 2)
        found = [f"{s.alice.repository}: {problem}" for s in scenes for problem in problems(s)]
    return killed, len(scenes), found


def await_quiet(stage: Stage, seconds: float = 1.5) -> None:
    """Return once plansync has asked GitHub for nothing for that long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    count, since = -1, time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < seconds:
        now = len(stage.front.records)
        if now != count:
            count, since = now, time.monotonic()
        time.sleep(0.05)


def main() -> int:
    """Print what was done; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    start = time.monotonic()
    killed, played, found = play(given.kills, given.seed)
    print(
        f"{killed} processes killed during {played} times the main job "
        f"in {time.monotonic() - start:.0f} s (seed {given.seed}): {len(found)} problems"
    )
    print("\n".join(found))
    return 1 if found or killed < given.kills else 0


if __name__ == "__main__":
    sys.exit(main())
