"""plansync and a GitHub in one process, stepped by hand: nothing waits, nothing runs by itself."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

from bot.attempt import Bench, Outcome, attempt
from bot.config import CONFIG_PATH, ConfigMemory, RepoConfig
from bot.dispatch import dispatch
from bot.reconcile import reconcile
from bot.store import Store
from tests.fake_github import Delivery, FakeGitHub, FakeRepository
from tests.fake_people import FakePerson


class World:
    """A fake GitHub with one repository, its people, and plansync's store beside it."""

    def __init__(self, store: Store, repo: FakeRepository | None = None) -> None:
        self.github = repo.world if repo else FakeGitHub()
        self.repo = repo or self.github.repository()
        self.store = store
        self.waited = timedelta(0)
        self.pause = timedelta(hours=2)
        """How much later it is whenever plansync works."""
        self.config: RepoConfig | None = None
        """What the repository chose, whatever its file says; None for what the file says."""
        if repo is None:
            # As after the App's installation, when it has looked for the file.
            store.keep_choices(ConfigMemory(self.repo.id), self.github.now)

    def person(self, login: str) -> FakePerson:
        return self.github.person(login, self.repo)

    @property
    def alice(self) -> FakePerson:
        return self.person("alice")

    @property
    def bob(self) -> FakePerson:
        return self.person("bob")

    def send(self, deliveries: list[Delivery] | None = None) -> None:
        """Receive and dispatch deliveries (default: all that GitHub sent since the last time)."""
        sent = self.github.take_deliveries() if deliveries is None else deliveries
        for delivery in sent:
            body = json.dumps(delivery.payload).encode()
            self.store.receive(delivery.guid, delivery.event, body, received_at=self.github.now)
        while dispatch(self.store, self.github.now, timedelta(0)):
            pass

    def work(self) -> list[Outcome]:
        """Try every subject that has open deliveries once; waits are over by then."""
        self.waited += self.pause
        bench = Bench(
            store=self.store,
            gateway=self.github,
            reconcile=partial(reconcile, config=self.config),
            clock=lambda: self.github.now + self.waited,
            sleep=lambda seconds: None,
            chance=lambda: 0.5,
        )
        due = self.store.due_subjects(bench.clock())
        return [attempt(subject.key, bench) for subject in due]

    def settle(self, rounds: int = 12) -> None:
        """Send and work until nothing is open; AssertionError when it never ends or is parked."""
        for _ in range(rounds):
            self.send()
            outcomes = self.work()
            stuck = [outcome.reason for outcome in outcomes if outcome.kind == "parked"]
            assert not stuck, stuck
            if not outcomes and not self.waiting():
                return
        raise AssertionError("still busy after many rounds")

    def request(self, title: str = "Search", label: str = "plan:feature", body: str = "") -> int:
        """Alice asks for a plan; the number of the request. Settled."""
        number = self.alice.open_issue(title, body, (label,))
        self.settle()
        return number

    def configure(self, text: str) -> str:
        """Olivia pushes .github/plansync.yml; gives the commit. Settled."""
        sha = self.person("olivia").push_file(CONFIG_PATH, text, "Configure plansync")
        self.settle()
        return sha

    def plan_issue(self, path: str) -> int:
        """The number of the one plan issue for a path."""
        marker = f'path="{path}"'
        found = [n for n, issue in self.repo.issues.items() if marker in issue.body]
        assert len(found) == 1, found
        return found[0]

    def waiting(self) -> bool:
        """True when GitHub sent something that was not received yet."""
        return self.github.untaken > 0

    def new_calls(self) -> list[str]:
        """The GitHub calls since the last time, by name; roles apart, which the gateway keeps."""
        calls = [name for name in self.github.calls if name != "permission"]
        self.github.calls.clear()
        return calls
