"""Who is there and what they may see, asked of GitHub with their own token every 5 minutes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.errors import Retryable
from bot.github.snapshots import RepoRef
from bot.github.visiting import SignInRefused, Visitors

REMEMBERED_SECONDS = 300.0
PUBLIC_SECONDS = 3600.0
UNANSWERED_SECONDS = 60.0
# Threads are shared with the receiver: a GitHub that answers slowly must not take them all.
_AT_ONCE = 8
_PATIENCE_SECONDS = 3.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in; ``key`` names the session, ``form_secret`` ties forms to it.

    ``everything`` is true of who holds the one-time link: they can read the database anyway.
    """

    login: str
    id: int
    key: str
    form_secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    everything: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What a visitor may see: repositories by id (None: all of them), and the operator's pages."""

    readable: frozenset[int] | None
    operator: bool

    def may_read(self, repository_id: int) -> bool:
        return self.readable is None or repository_id in self.readable


@dataclass(frozen=True, slots=True)
class _Kept:
    view: View
    asked: frozenset[int]
    until: float


class Access:
    """Answers what a visitor may see; asks GitHub at most once in five minutes a session."""

    def __init__(
        self,
        visitors: Visitors | None,
        operators: str,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._visitors = visitors
        self._operators = frozenset(name.lstrip("@") for name in operators.split(",") if name)
        self._seconds = seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bearers: OrderedDict[str, tuple[Visitor, float]] = OrderedDict()
        self._public: dict[int, tuple[bool, float]] = {}
        self._lock = threading.Lock()
        self._asking = threading.BoundedSemaphore(_AT_ONCE)

    def view(self, visitor: Visitor, repositories: Sequence[RepoRef]) -> View:
        """What they may see of these repositories. Raises SignInRefused and Retryable."""
        if visitor.everything:
            return View(None, True)
        wanted = frozenset(repo.id for repo in repositories)
        with self._lock:
            kept = self._kept.get(visitor.key)
        if kept is not None and kept.until > self._seconds() and wanted <= kept.asked:
            return kept.view
        if self._visitors is None:
            raise SignInRefused("Signing in through GitHub is not set up any more.")
        with self.turn():
            readable = self._visitors.readable(visitor.token, repositories)
            view = View(readable, self._is_operator(visitor))
        with self._lock:
            self._kept[visitor.key] = _Kept(view, wanted, self._seconds() + REMEMBERED_SECONDS)
            while len(self._kept) > _MOST_REMEMBERED:
                self._kept.popitem(last=False)
        return view

    def bearer(self, token: str, key: str) -> Visitor:
        """Who shows a GitHub token of their own, as programs do. Raises SignInRefused, Retryable.

        They see what GitHub lets that token read: one with fewer rights shows less.
        """
        if self._visitors is None:
            raise SignInRefused("Signing in through GitHub is not set up.")
        with self._lock:
            known = self._bearers.get(key)
        if known is not None and known[1] > self._seconds():
            return known[0]
        with self.turn():
            person = self._visitors.who(token)
        found = Visitor(person.login, person.id, key, "", token)
        with self._lock:
            self._bearers[key] = (found, self._seconds() + REMEMBERED_SECONDS)
            while len(self._bearers) > _MOST_REMEMBERED:
                self._bearers.popitem(last=False)
        return found

    def forget(self, key: str) -> None:
        """Ask anew when this session is seen again."""
        with self._lock:
            self._kept.pop(key, None)
            self._bearers.pop(key, None)

    def is_public(self, repository_id: int) -> bool:
        """Whether anybody may read it, as it was within the hour; not while GitHub is away."""
        with self._lock:
            known = self._public.get(repository_id)
        if known is not None and known[1] > self._seconds():
            return known[0]
        public, lasts = False, PUBLIC_SECONDS
        if self._visitors is not None:
            try:
                with self.turn(0):
                    public = self._visitors.is_public(repository_id)
            except Retryable:
                lasts = UNANSWERED_SECONDS
        with self._lock:
            self._public[repository_id] = (public, self._seconds() + lasts)
        return public

    @contextmanager
    def turn(self, seconds: float = _PATIENCE_SECONDS) -> Iterator[None]:
        """One of the few who may ask GitHub at once; Retryable when it takes longer than that."""
        if not self._asking.acquire(timeout=seconds):
            raise Retryable("GitHub answers too slowly now.")
        try:
            yield
        finally:
            self._asking.release()

    def _is_operator(self, visitor: Visitor) -> bool:
        if {visitor.login.lower(), f"user:{visitor.id}"} & self._operators:
            return True
        if self._visitors is None or not any(
            name.startswith(("org:", "team:")) for name in self._operators
        ):
            return False
        return bool(self._visitors.memberships(visitor.token) & self._operators)
