"""The one stateful fake GitHub of the quick tests: in memory, deterministic, without threads.

``FakeGitHub().repository()`` makes a repository; ``reader`` and ``writer`` are what plansync gets
(the same promises as ``bot.github.live``: tests/github/test_contract.py runs on both), ``person``
is somebody who works there. Whatever changes is put into ``deliveries`` as GitHub would send it,
plansync's own writes included. ``interrupt`` fails or crashes a call, before or after its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.github.app import HookConfig
from bot.github.live import Installation
from bot.github.snapshots import RepoRef
from bot.manifest import EVENTS, PERMISSIONS
from tests import fake_payloads as payloads
from tests.fake_repository import FakeCheck, FakeComment, FakeIssue, FakePull, FakeRepository

__all__ = [
    "Crash",
    "Delivery",
    "FakeCheck",
    "FakeComment",
    "FakeGitHub",
    "FakeIssue",
    "FakePull",
    "FakeRepository",
]

if TYPE_CHECKING:
    from tests.fake_app import FakeApp
    from tests.fake_people import FakePerson
    from tests.fake_reader import FakeReader
    from tests.fake_writer import FakeWriter


class Crash(BaseException):
    """The process dies here; nothing but the test itself may catch it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that GitHub would send: ``guid`` is its id, ``event`` its X-GitHub-Event."""

    guid: str
    event: str
    payload: dict[str, Any]
    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    @property
    def action(self) -> str:
        return str(self.payload.get("action", ""))


@dataclass(slots=True)
class _Interruption:
    left: int
    error: BaseException | Callable[[], object]
    calls: str
    after: bool

    def strike(self) -> None:
        if isinstance(self.error, BaseException):
            raise self.error
        self.error()


class FakeGitHub:
    """The world: repositories, accounts, the clock, what was sent, and what goes wrong."""

    def __init__(
        self,
        *,
        app_slug: str = "plansync",
        app_id: int = 4711,
        installation_id: int = 815,
        now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    ) -> None:
        self.app_slug = app_slug
        self.app_id = app_id
        self.installation_id = installation_id
        self.now = now
        self.pace = timedelta(seconds=1)
        self.repositories: dict[int, FakeRepository] = {}
        self.deliveries: list[Delivery] = []
        self.answers: dict[str, int] = {}
        """What GitHub was answered to a delivery, by guid; 202 where nothing stands here."""
        self.suspended: set[str] = set()
        """Accounts whose installation is suspended."""
        self.permissions: dict[str, str] = dict(PERMISSIONS)
        self.teams: dict[str, set[str]] = {}
        """The members of each team, by ``org/team``."""
        self.events: tuple[str, ...] = EVENTS
        """What the App is registered with."""
        self.hook = HookConfig("https://plans.example.com/webhooks/github")
        """The App's webhook settings."""
        self.expired: set[str] = set()
        """Deliveries whose payload GitHub no longer has."""
        self.calls: list[str] = []
        self._accounts: dict[str, int] = {}
        self._interruptions: list[_Interruption] = []
        self._quiet = 0
        self._taken = 0
        self._last_comment = 5000

    @property
    def bot(self) -> str:
        """The login under which the App acts."""
        return f"{self.app_slug}[bot]"

    def repository(
        self,
        full_name: str = "acme/shop",
        *,
        files: Mapping[str, str] | None = None,
        private: bool = False,
        permissions: Mapping[str, str] | None = None,
    ) -> FakeRepository:
        """A new repository with a README and ``files``; olivia is admin, alice and bob write."""
        repo = FakeRepository(self, len(self.repositories) + 1, full_name, private=private)
        repo.permissions.update(
            permissions or {"olivia": "admin", "alice": "write", "bob": "write"}
        )
        given = {"README.md": f"# {full_name.split('/')[1]}\n", **(files or {})}
        first = repo.git.commit(
            {path: text.encode() for path, text in given.items()},
            "Initial commit",
            parents=(),
            author=full_name.split("/")[0],
            date=self.now,
        )
        repo.git.branches[repo.default_branch] = first
        self.repositories[repo.id] = repo
        return repo

    @property
    def app(self) -> FakeApp:
        from tests.fake_app import FakeApp

        return FakeApp(self)

    def find(self, full_name: str) -> RepoRef | None:
        """The repository of this name, where the App is installed on it."""
        found = [repo.ref for repo in self.repositories.values() if repo.full_name == full_name]
        return found[0] if found else None

    def is_protected(self, repo: RepoRef, branch: str) -> bool:
        """Whether rules protect the branch."""
        found = self.repositories[repo.id]
        return found.protected and branch == found.default_branch

    def installations(self) -> list[Installation]:
        """The one installation, on every owner's account."""
        owners = {repo.full_name.split("/")[0] for repo in self.repositories.values()}
        return [
            Installation(self.installation_id, owner, owner in self.suspended)
            for owner in sorted(owners)
        ]

    def reader(self, repo: RepoRef) -> FakeReader:
        from tests.fake_reader import FakeReader

        return FakeReader(self, repo)

    def writer(self, repo: RepoRef) -> FakeWriter:
        from tests.fake_writer import FakeWriter

        return FakeWriter(self, repo)

    def person(self, login: str, repo: FakeRepository) -> FakePerson:
        """Somebody at work in this repository."""
        from tests.fake_people import FakePerson

        return FakePerson(login, repo)

    def account_id(self, login: str) -> int:
        return self._accounts.setdefault(login, 101 + len(self._accounts))

    def next_comment(self) -> int:
        """The id of a new comment; ids are the world's, as on GitHub."""
        self._last_comment += 1
        return self._last_comment

    def tick(self) -> datetime:
        """A moment later: a second, where nobody set another pace."""
        self.now += self.pace
        return self.now

    # What is sent.

    def deliver(
        self, repo: FakeRepository, event: str, actor: str, payload: Mapping[str, Any]
    ) -> None:
        if self._quiet:
            return
        guid = f"00000000-0000-4000-8000-{len(self.deliveries) + 1:012d}"
        full = {
            **payload,
            "repository": payloads.repository(repo),
            "sender": payloads.account(repo, actor),
            "installation": {"id": self.installation_id},
        }
        self.deliveries.append(Delivery(guid, event, full, self.now))

    def take_deliveries(self) -> list[Delivery]:
        """What was sent since the last time, oldest first."""
        taken = self.deliveries[self._taken :]
        self._taken = len(self.deliveries)
        return taken

    @property
    def untaken(self) -> int:
        """How many deliveries wait to be taken."""
        return len(self.deliveries) - self._taken

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Changes within it send nothing: lost webhooks, or a state prepared for a test."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    # What goes wrong.

    def interrupt(
        self, error: BaseException, *, nth: int = 1, calls: str = "writes", after: bool = False
    ) -> None:
        """Raise ``error`` at the nth call from now on, before its effect or ``after`` it.

        ``calls``: ``writes``, ``reads``, ``any``, or the name of a method. Happens once.
        """
        self._interruptions.append(_Interruption(nth, error, calls, after))

    def meanwhile(
        self, act: Callable[[], object], *, nth: int = 1, calls: str = "writes", after: bool = False
    ) -> None:
        """Somebody acts at the nth call from now on: between what plansync read and its write."""
        self._interruptions.append(_Interruption(nth, act, calls, after))

    @property
    def armed(self) -> bool:
        """Whether something is still to go wrong."""
        return bool(self._interruptions)

    def calm(self) -> None:
        """Nothing that was to go wrong does any more."""
        self._interruptions.clear()

    @contextmanager
    def called(self, name: str, kind: str) -> Iterator[None]:
        """Around every call of a reader (``reads``) or writer (``writes``)."""
        self.calls.append(name)
        due = self._due(name, kind)
        if due is not None and not due.after:
            due.strike()
        yield
        if due is not None and due.after:
            due.strike()

    def _due(self, name: str, kind: str) -> _Interruption | None:
        found = None
        for one in list(self._interruptions):
            if one.calls not in ("any", kind, name):
                continue
            one.left -= 1
            if one.left <= 0:
                self._interruptions.remove(one)
                found = found or one
        return found

    @property
    def writes(self) -> list[str]:
        """The names of the writing calls so far."""
        from tests.fake_writer import FakeWriter

        return [name for name in self.calls if hasattr(FakeWriter, name)]
