"""How long from a tick in the issue to the commit on GitHub: idle system, settle window 0.

``python -m benchmarks.tick_latency [TICKS]`` starts a GitHub emulator and ``plansync serve``
(SQLite), ticks one box at a time, and prints the distribution; a plan is ticked fifteen times, then
comes a copy of it. Exit code 1 when the median is not under half a second.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from bot.demo import Scene, request_feature, running
from bot.emulator.front import Call, Forward, Reply
from bot.emulator.stage import open_stage
from bot.plans.document import parse_document

LIMIT_SECONDS = 0.5
TICKS_A_PLAN = 15


class Commits:
    """Notes when a commit of plansync was answered."""

    def __init__(self) -> None:
        self.seen = threading.Event()

    def __call__(self, call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if call.method == "PUT" and "/contents/" in call.path and reply.status < 300:
            self.seen.set()
        return reply


def another_plan(scene: Scene, place: int) -> int:
    """The issue of a copy of the plan, settled: one that is written too often would be parked."""
    path = f"plan_docs/search-{place}.md"
    scene.bob.push_file(path, scene.bob.read_file("plan_docs/search.md").replace("[x]", "[ ]"))
    issue = scene.wait(f"the issue of {path}", lambda: scene.plan_issue(path))
    number = int(issue["number"])
    scene.wait("its status comment", lambda: scene.comments(number))
    return number


def measure(ticks: int) -> list[float]:
    """Seconds from the answer to the person's tick to the answer to the commit, for each tick."""
    commits = Commits()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_stage(handle=commits) as stage,
        running(stage, Path(folder), "serve", settle_seconds=0),
    ):
        scene = Scene(stage, lambda line: None, stage.person("alice"), stage.person("bob"))
        request_feature(scene)
        number = int(scene.seen["feature"])
        names = [task.text for task in parse_document(scene.body(number)).tasks]
        times = []
        for place in range(ticks):
            if place and place % TICKS_A_PLAN == 0:
                number = another_plan(scene, place)
            time.sleep(0.3)
            commits.seen.clear()
            scene.alice.tick(number, names[place % TICKS_A_PLAN])
            start = time.perf_counter()
            if not commits.seen.wait(15):
                raise SystemExit(f"tick {place + 1} led to no commit within 15 s")
            times.append(time.perf_counter() - start)
        return times


def main() -> int:
    """Print the figures; 1 when the median is over the limit."""
    times = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    median = statistics.median(times)
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"tick to commit, {len(times)} ticks: p50 {median * 1000:.0f} ms, "
        f"p95 {p95 * 1000:.0f} ms, max {max(times) * 1000:.0f} ms"
    )
    return 0 if median < LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
