"""People tick, write and push at random in an implementation plan and the files beside it, calls
fail, the database goes; in the end all agree, nothing is lost, and another look writes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.store import Store
from tests.databases import sqlite_store
from tests.fake_github import Crash
from tests.subjects.features import GATE, LIST, PATH, REQUIREMENTS, TASKS, Notes
from tests.world import World

STEPS = 14
BOXES = {
    TASKS: ("T001", "T002", "T003", "T004"),
    REQUIREMENTS: ("Says what", "Says why"),
    GATE: ("Steps name", "Validation says what it prints"),
}
FAULTS: tuple[Callable[[], BaseException], ...] = (Crash, lambda: Retryable("502"))


class Play:
    """What people did so far: boxes are only ever ticked and words only added."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng, self.folder = random.Random(seed), folder
        self.world = World(sqlite_store(folder / "plansync.sqlite3"))
        self.notes = Notes(self.world)
        self.ticked: set[tuple[str, str]] = set()
        self.words: list[tuple[str, str]] = []
        self.lost = 0

    def box(self) -> tuple[str, str]:
        path = self.rng.choice(list(BOXES))
        return path, self.rng.choice(BOXES[path])

    def tick(self) -> None:
        path, text = self.box()
        self.world.alice.change_body(
            self.notes.issue, lambda body: body.replace(f"- [ ] {text}", f"- [x] {text}")
        )
        self.ticked.add((path, text))

    def push_tick(self) -> None:
        path, text = self.box()
        self.world.bob.edit_file(path, lambda t: t.replace(f"- [ ] {text}", f"- [x] {text}"))
        self.ticked.add((path, text))

    def write(self) -> None:
        path, after = self.rng.choice([(TASKS, "## Phase 2"), (GATE, "# Plan Quality")])
        word = f"- [ ] Word {len(self.words)} of Alice"
        self.words.append((path, word))
        anchor = next(line for line in self.notes.body.split("\n") if line.startswith(after))
        self.world.alice.change_body(
            self.notes.issue, lambda body: body.replace(anchor, f"{anchor}\n\n{word}", 1)
        )

    def push_words(self) -> None:
        path = self.rng.choice([PATH, *BOXES])
        word = f"Word {len(self.words)} of Bob."
        self.words.append((path, word))
        self.world.bob.edit_file(path, lambda text: f"{text.rstrip()}\n\n{word}\n")

    def fail(self) -> None:
        fault = self.rng.choice(FAULTS)()
        kind = self.rng.choice(["writes", "reads", "any"])
        nth, after = self.rng.randint(1, 6), self.rng.random() < 0.5
        self.world.github.interrupt(fault, nth=nth, calls=kind, after=after)

    def work(self) -> None:
        self.world.send()
        with suppress(Crash):
            self.world.work()

    def lose(self) -> None:
        self.world.settle()
        self.lost += 1
        self.world.store.close()
        self.world.store = Store(f"sqlite:///{self.folder}/store-{self.lost}.sqlite3")
        self.world.store.migrate()

    def run(self) -> None:
        people = [self.tick, self.push_tick, self.write, self.push_words]
        for _ in range(STEPS):
            self.rng.choice([*people, *people, self.fail, self.work, self.work])()
            if self.rng.random() < 0.05:
                self.world.github.calm()
                self.lose()
        self.world.github.calm()
        # Deliveries of before a loss are gone with it: a push shows the plan to it again.
        self.world.bob.edit_file(TASKS, lambda text: f"{text.rstrip()}\n\nThe end.\n")
        self.notes.settle()

    def judge(self) -> None:
        for path, text in self.ticked:
            assert self.notes.is_ticked(path, text), (path, text)
        comments = "\n".join(c.body for c in self.world.repo.comments_on(self.notes.issue))
        for path, word in self.words:
            assert word in self.notes.text(path) + comments, (path, word)
        assert len(self.notes.said("status")) == 1
        assert len(self.world.repo.issues) == 1
        assert self.notes.text(TASKS).startswith(LIST.split("\n")[0])


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_nothing_is_lost(seed: int, tmp_path: Path) -> None:
    play = Play(seed, tmp_path)
    play.run()
    play.judge()
    play.world.store.close()
