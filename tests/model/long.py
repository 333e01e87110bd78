"""The model test for as long as you like: ``python -m tests.model.long --runs 5000 --seconds 600``.

Seeded, so that a failure is found again with the same numbers; prints how many runs it did. Exit
code 1 when a run failed (hypothesis then prints the shortest steps that fail).
"""

from __future__ import annotations

import argparse
import logging
import sys
import time

import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import MirrorMachine

BATCH = 50


def main() -> int:
    """Run batches of ``BATCH`` until the runs or the seconds are used up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--no-shrink", action="store_true", help="print the first failure as it is")
    wanted = parser.parse_args()
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    phases = [Phase.generate] if wanted.no_shrink else [Phase.generate, Phase.shrink]
    start, done = time.monotonic(), 0
    while done < wanted.runs and time.monotonic() - start < wanted.seconds:
        batch = min(BATCH, wanted.runs - done)
        machine = seed(wanted.seed + done)(type("MirrorMachine", (MirrorMachine,), {}))
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=batch,
                stateful_step_count=wanted.steps,
                deadline=None,
                database=None,
                phases=phases,
                suppress_health_check=list(HealthCheck),
            ),
        )
        done += batch
    print(
        f"{done} runs of up to {wanted.steps} steps, seed {wanted.seed}, "
        f"{time.monotonic() - start:.0f} s: nothing lost"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
