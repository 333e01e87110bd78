"""The model test for as long as you like: ``python -m tests.model.long --minutes 3 --jobs 2``.

Run number n is drawn from the seed n, so what fails is found again with ``--seed n --runs 1``. A
failing run is made as short as it gets and printed as calls that can be pasted into an example.
Prints what was played, also when the time is up or it is interrupted; exit code 1 when a run
failed.
"""

from __future__ import annotations

import argparse
import gc
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.model.mirror import Mirror, Start
from tests.model.steps import ALSO, EVERYTHING_ELSE, draw_run, failure, shorten

_SHORTEN_SECONDS = 60.0
_IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one run; ``wrong`` is "" where all is well, ``left`` the run made short."""

    seed: int
    steps: int
    counts: Counter[str]
    wrong: str = ""
    left: tuple[str, ...] = ()
    left_wrong: str = ""


class Player:
    """A place to play runs in; one for each process."""

    def __init__(self, folder: str, most: int, as_is: bool, also: Sequence[str]) -> None:
        quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
        structlog.configure(wrapper_class=quiet)
        # What is there to stay need not be looked at for garbage again and again.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        self._start = Start(Path(tempfile.mkdtemp(dir=folder)))
        self._most = most
        self._as_is = as_is
        self._also = also

    def play(self, seed: int) -> Played:
        """Play the run of this seed."""
        steps = draw_run(seed, self._most, self._also)
        mirror = Mirror(self._start)
        wrong = failure(self._start, steps, mirror)
        played = Played(seed, len(steps), mirror.counts, wrong)
        if not wrong or self._as_is:
            return played
        until = time.monotonic() + _SHORTEN_SECONDS
        left = shorten(
            steps, lambda some: time.monotonic() < until and bool(failure(self._start, some))
        )
        said = tuple(map(str, left))
        return Played(seed, len(steps), mirror.counts, wrong, said, failure(self._start, left))


_players: list[Player] = []


def _open(folder: str, most: int, as_is: bool, also: Sequence[str]) -> None:
    _players.append(Player(folder, most, as_is, also))


def _play(seed: int) -> Played:
    return _players[0].play(seed)


@contextmanager
def _playing(
    seeds: Sequence[int], jobs: int, given: tuple[int, bool, Sequence[str]]
) -> Iterator[Iterator[Played]]:
    """The runs as they end, in this process or in so many others."""
    place = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="plansync-model-", dir=place) as folder:
        if jobs == 1:
            yield map(Player(folder, *given).play, seeds)
            return
        context = multiprocessing.get_context("spawn")
        with context.Pool(jobs, initializer=_open, initargs=(folder, *given)) as pool:
            yield pool.imap_unordered(_play, seeds)


def main() -> int:
    """Play runs until they or the minutes are used up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000, help="how many runs (5000)")
    parser.add_argument("--steps", type=int, default=50, help="moments of a run at most (50)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first run (1)")
    parser.add_argument("--jobs", type=int, default=1, help="in so many processes (1)")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop then (60)")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many (1)")
    parser.add_argument("--as-is", action="store_true", help="do not shorten what fails")
    every, usual = ",".join(EVERYTHING_ELSE), ",".join(ALSO)
    parser.add_argument("--also", default=usual, help=f"what else happens, of {every} ({usual})")
    wanted = parser.parse_args()
    begun, done = time.monotonic(), 0
    counts: Counter[str] = Counter()
    wrong: list[int] = []
    seeds = range(wanted.seed, wanted.seed + wanted.runs)
    given = (wanted.steps, wanted.as_is, [name for name in wanted.also.split(",") if name])
    try:
        with _playing(seeds, max(wanted.jobs, 1), given) as runs:
            for played in runs:
                counts.update(played.counts)
                counts["step"] += played.steps
                done += 1
                if played.wrong:
                    wrong.append(played.seed)
                    _report(played)
                if len(wrong) >= wanted.failures or time.monotonic() - begun > wanted.minutes * 60:
                    break
    except KeyboardInterrupt:
        print("interrupted")
    print(
        f"model: {done} of {wanted.runs} runs from seed {wanted.seed} in "
        f"{time.monotonic() - begun:.0f} s: {counts['step']} steps, {counts['edit']} edits by "
        f"people, {counts['reconcile']} reconciles, {counts['failure']} failed calls, "
        f"{counts['crash']} crashes, {counts['drop']} deliveries lost, "
        f"{counts['database']} databases lost; "
        + (
            f"{len(wrong)} runs WRONG: seeds {' '.join(map(str, sorted(wrong)))}"
            if wrong
            else "0 wrong: nothing lost, nothing doubled"
        )
    )
    return 1 if wrong else 0


def _report(played: Played) -> None:
    print(f"run {played.seed} of {played.steps} steps: {played.wrong}")
    if played.left:
        print(f"# the same in {len(played.left)} steps: {played.left_wrong}")
    for step in played.left:
        print(f"    {step}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
