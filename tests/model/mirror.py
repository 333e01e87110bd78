"""The model: people, a GitHub that loses things, and plansync that dies; driven one step at a time.

Whoever drives it (hypothesis, the long run, an example) calls the methods in any order with any
numbers; ``settle`` then lets everything arrive and compares with the ledger.
"""

from __future__ import annotations

import itertools
import json
import pickle
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot.config import RepoConfig
from bot.errors import Retryable
from bot.events import COMPARE, compare_payload
from bot.github.ports import Stale
from bot.store import Store
from tests.fake_github import Crash, Delivery, FakeGitHub
from tests.model.ledger import Ledger
from tests.model.plan_text import PATH, START, Act, made_from, perform, plain
from tests.world import World

ERRORS: tuple[Callable[[], BaseException], ...] = (
    Crash,
    Crash,
    lambda: Retryable("502 Bad Gateway"),
    lambda: Stale("409 Conflict"),
)


class Start:
    """A world in which the plan and its issue are settled, and the one database of all runs.

    Every run begins by copying what the database held then over what it holds now.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "runs.sqlite3"
        self._empty, self._begun = folder / "empty.sqlite3", folder / "begun.sqlite3"
        self.store = Store(f"sqlite:///{self._file}")
        self.store.migrate()
        _copy(self._file, self._empty)
        world = World(self.store)
        world.bob.push_file(PATH, START)
        world.settle()
        _copy(self._file, self._begun)
        self._github = pickle.dumps(world.github)
        self.issue = world.plan_issue(PATH)

    def world(self) -> World:
        """The world as it was in the beginning."""
        _copy(self._begun, self._file)
        github: FakeGitHub = pickle.loads(self._github)
        (repo,) = github.repositories.values()
        return World(self.store, repo)

    def empty(self) -> None:
        """The database holds nothing any more."""
        _copy(self._empty, self._file)


def _copy(one: Path, other: Path) -> None:
    with closing(sqlite3.connect(one)) as source, closing(sqlite3.connect(other)) as target:
        source.backup(target)


class Mirror:
    """One repository with one plan, settled."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._numbers = itertools.count(100)
        self._asked = itertools.count(1)
        self.mail: list[Delivery] = []
        self.dropped: list[Delivery] = []
        self.counts: Counter[str] = Counter()
        self.world = start.world()
        # Whether people may delete many tasks at once is not what is played here.
        self.world.config = RepoConfig(brake=1.0)
        self.issue = start.issue
        self.path = PATH
        self.gone = ""
        """What the plan file said when somebody took it away; "" while it is there."""
        self.opened = self.body
        self.ledger = Ledger.of(START)

    def fresh(self, kind: str) -> str:
        return f"{kind}{next(self._numbers)}"

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    @property
    def file(self) -> str:
        return self.gone or self.world.repo.text(self.path)

    @property
    def told(self) -> str:
        """Everything plansync ever said on the plan issue, but its status."""
        said = [c.body for c in self.world.repo.comments_on(self.issue)]
        return "\n".join(body for body in said if "plansync:status" not in body)

    # What people do.

    def edit_issue(self, who: str, act: Act) -> None:
        self._write_body(who, self.body, act)

    def open_page(self) -> None:
        """Somebody (an agent, a script) reads the issue and takes its time."""
        self.opened = self.body

    def save_page(self, who: str, act: Act) -> None:
        """They save what they read then, whatever stands there now."""
        self._write_body(who, self.opened, act)
        self.opened = self.body

    def _write_body(self, who: str, seen: str, act: Act) -> None:
        before, after = self.body, perform(act, seen, self.fresh)
        if after != before:
            self.counts["edit"] += 1
            self.ledger.record("issue", seen, before, after)
            self.world.person(who).edit_issue(self.issue, body=after)

    def edit_file(self, who: str, act: Act) -> None:
        before = self.file
        after = perform(act, before, self.fresh)
        if after != before and not self.gone:
            self.counts["edit"] += 1
            self.ledger.record("file", before, before, after)
            self.world.person(who).push_file(self.path, after)

    def close_or_open(self, who: str) -> None:
        """The plan issue is closed, or reopened."""
        person = self.world.person(who)
        if self.world.repo.issues[self.issue].state == "open":
            person.close_issue(self.issue)
        else:
            person.reopen_issue(self.issue)

    def remove_or_restore(self, who: str) -> None:
        """The plan file is deleted; or it is there again as it was."""
        gone, self.gone = self.gone, "" if self.gone else self.file
        self.world.person(who).push_files({self.path: gone or None}, "Take the plan away, or back")

    def move_file(self, who: str) -> None:
        """The plan file is renamed, and edited no further."""
        if not self.gone:
            old, text = self.path, self.file
            self.path = f"docs/user-stories/search-{next(self._numbers)}.md"
            self.world.person(who).push_files({old: None, self.path: text}, "Rename the plan")

    def force_push(self, who: str, back: int) -> None:
        """The default branch is put back by some commits that changed the plan."""
        git, branch = self.world.repo.git, self.world.repo.default_branch
        former = [
            sha
            for sha in git.ancestors(git.branches[branch])
            if self.path in git.commits[sha].files and git.touching(sha, self.path)
        ]
        if self.gone or len(former) < 2:
            return
        before, sha = self.file, former[min(back, len(former) - 1)]
        after = git.blobs[git.commits[sha].files[self.path]].decode()
        self.ledger.rewind(before, after)
        self.world.repo.move(who, branch, sha)

    def accept(self) -> None:
        """Somebody who may write takes what is held."""
        self.world.alice.comment(self.issue, "/plan accept")

    def race(self, who: str, act: Act) -> None:
        """Somebody edits the issue just between plansync's last look at it and its write."""

        def cut_in() -> None:
            before = self.body
            self.edit_issue(who, act)
            self.ledger.expose(self.body, before)

        self.world.github.meanwhile(cut_in, calls="edit_issue")

    def hurry(self, milliseconds: int) -> None:
        """From now on so much time passes between one thing and the next; GitHub tells seconds."""
        self.world.github.pace = timedelta(milliseconds=milliseconds)

    # What goes wrong on the way.

    def _collect(self) -> None:
        self.mail += self.world.github.take_deliveries()

    def deliver(self, count: int, order: int) -> None:
        """Some of the webhooks arrive, in some order."""
        self._collect()
        random.Random(order).shuffle(self.mail)
        arriving, self.mail = self.mail[:count], self.mail[count:]
        self.world.send(arriving)

    def drop(self, index: int) -> None:
        """A webhook is lost, unless it alone still has what somebody wrote."""
        self._collect()
        lost = [one for one in self.mail if not _irreplaceable(one)]
        if lost:
            self.dropped.append(lost[index % len(lost)])
            self.mail.remove(self.dropped[-1])
            self.counts["drop"] += 1

    def repeat(self, index: int) -> None:
        """A webhook comes again."""
        known = self.world.github.deliveries
        if known:
            self.world.send([known[index % len(known)]])

    def break_call(self, nth: int, kind: int, after: bool) -> None:
        """The nth call from now on fails, or plansync dies there."""
        error = ERRORS[kind % len(ERRORS)]()
        self.world.github.interrupt(error, nth=nth, calls="any", after=after)

    def work(self) -> None:
        """plansync works off what has arrived, once."""
        body, file = self.body, self.file
        try:
            outcomes = self.world.work()
        except Crash:
            self.counts["crash"] += 1
            outcomes = []
        self.ledger.bring("issue", body, self.body)
        self.ledger.bring("file", file, self.file)
        self.counts["reconcile"] += len(outcomes)
        self.counts["failure"] += sum(outcome.kind != "done" for outcome in outcomes)
        parked = [outcome.reason for outcome in outcomes if outcome.kind == "parked"]
        assert not parked, parked
        if not self.gone and plain(self.file) == plain(self.body):
            self.ledger.agree(self.file, self.told)

    def lose_database(self) -> None:
        """The database is gone; a new one starts by comparing everything."""
        self.counts["database"] += 1
        self._start.empty()
        self.ledger.lose_database()
        self.world.store.keep_repo(self.world.repo.ref)
        self.compare()
        # The sweep finds in GitHub's list what the new inbox has never seen.
        gone = {delivery.guid for delivery in self.dropped}
        self.mail = [one for one in self.world.github.deliveries if one.guid not in gone]
        self.world.github.take_deliveries()

    def compare(self) -> None:
        """The slow sweep: every plan is compared though no webhook asks for it."""
        repo, store = self.world.repo.ref, self.world.store
        for path in sorted({*store.plan_paths(repo.id), self.path}):
            store.receive(
                f"compare-{next(self._asked)}",
                COMPARE,
                json.dumps(compare_payload(repo, "plan", path, "drift")).encode(),
                received_at=self.world.github.now,
            )

    # Quiet.

    def settle(self, order: int = 0) -> None:
        """Everything arrives that will, all is worked off, and what must hold is checked."""
        if self.gone:
            self.remove_or_restore("alice")
        self._rest(order)
        for _ in range(3):
            plan = self.world.store.plan(self.world.repo.id, self.path)
            if plan is None or not plan.held:
                break
            self.accept()
            self._rest(order)
        self.check()

    def _rest(self, order: int) -> None:
        self.dropped.clear()
        self.compare()
        self.world.github.calm()
        for _ in range(60):
            self.deliver(len(self.mail) + self.world.github.untaken, order)
            busy = self.world.store.counts().open or self.world.store.counts().new
            self.work()
            if not busy and not self.world.waiting() and not self.mail:
                return
        raise AssertionError("never quiet")

    def check(self) -> None:
        """Both sides agree, nothing is lost, doubled or made up, and there is nothing to do."""
        world = self.world
        assert plain(self.file) == plain(self.body)
        problems = self.ledger.problems(self.file, self.told)
        assert not problems, problems
        marked = [n for n, i in world.repo.issues.items() if f'path="{self.path}"' in i.body]
        assert marked == [self.issue]
        statuses = [c for c in world.repo.comments.values() if "plansync:status" in c.body]
        assert len(statuses) == 1, statuses
        assert world.repo.paths() == ["README.md", self.path]
        written = len(world.github.writes)
        self.compare()
        world.settle()
        assert world.github.writes[written:] == []
        self.ledger.settle(self.file)


def _irreplaceable(delivery: Delivery) -> bool:
    """Whether a delivery tells of a body that was replaced by somebody who had not seen it."""
    changes = delivery.payload.get("changes", {}).get("body")
    if changes is None:
        return False
    bot = delivery.payload["sender"]["login"].endswith("[bot]")
    return bot or made_from(changes["from"]) != made_from(delivery.payload["issue"]["body"])
