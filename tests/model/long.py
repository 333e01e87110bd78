"""The model test for as long as you like: ``python -m tests.model.long --minutes 3``.

Run number n is drawn from the seed n, so what fails is found again with ``--seed n --runs 1``. A
failing run is made as short as it gets and printed as calls that can be pasted into an example.
Prints what was played, also when the time is up before all runs are done; exit code 1 when a run
failed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import structlog

from tests.model.mirror import Mirror, Start
from tests.model.steps import Step, failure, runs, shorten

_SHORTEN_SECONDS = 60.0


def main() -> int:
    """Play runs until they or the minutes are used up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000, help="how many runs (5000)")
    parser.add_argument("--steps", type=int, default=50, help="moments of a run at most (50)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first run (1)")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop then (60)")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many (1)")
    parser.add_argument("--as-is", action="store_true", help="do not shorten what fails")
    wanted = parser.parse_args()
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    start = Start(Path(tempfile.mkdtemp(prefix="plansync-model-")))
    begun, done, failed = time.monotonic(), 0, 0
    counts: Counter[str] = Counter()
    for seed, steps in runs(wanted.seed, wanted.runs, wanted.steps):
        if failed >= wanted.failures or time.monotonic() - begun > wanted.minutes * 60:
            break
        mirror = Mirror(start)
        wrong = failure(start, steps, mirror)
        counts.update(mirror.counts)
        counts["step"] += len(steps)
        done += 1
        if wrong:
            failed += 1
            _report(start, seed, steps, wrong, wanted.as_is)
    seconds = time.monotonic() - begun
    print(
        f"model: {done} of {wanted.runs} runs from seed {wanted.seed} in {seconds:.0f} s: "
        f"{counts['step']} steps, {counts['edit']} edits by people, "
        f"{counts['reconcile']} reconciles, {counts['failure']} failed calls, "
        f"{counts['crash']} crashes, {counts['drop']} deliveries lost, "
        f"{counts['database']} databases lost; "
        + (f"{failed} runs FAILED" if failed else "nothing lost, nothing doubled")
    )
    return 1 if failed else 0


def _report(start: Start, seed: int, steps: list[Step], wrong: str, as_is: bool) -> None:
    until = time.monotonic() + _SHORTEN_SECONDS
    print(f"run {seed} of {len(steps)} steps: {wrong}")
    if as_is:
        return
    left = shorten(steps, lambda some: time.monotonic() < until and bool(failure(start, some)))
    print(f"# the same in {len(left)} steps: {failure(start, left)}")
    for step in left:
        print(f"    {step}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
