"""The contract suite's two sides, and the scripted server with a gateway in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.emulator.install import EmulatorUnavailable
from bot.emulator.stage import Stage, open_stage
from bot.github.live import Gateway
from bot.github.ports import GitHubReader, GitHubWriter
from bot.github.snapshots import RepoRef
from tests.github.script import Server
from tests.github.sides import github

__all__ = ["github"]

REPO = RepoRef(7, "acme/shop", 815)


@pytest.fixture(scope="session")
def long_stage(private_key: str) -> Iterator[Stage]:
    try:
        opened = open_stage(private_key=private_key)
    except EmulatorUnavailable as error:
        pytest.fail(str(error))
    with opened:
        yield opened


@pytest.fixture
def fresh_stage(long_stage: Stage) -> Stage:
    """The emulator as it was at its start."""
    long_stage.reset()
    return long_stage


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@dataclass
class Clock:
    """A time that moves only when it is told to, or when somebody sleeps."""

    now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.forward(seconds)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Live:
    """A gateway in front of the scripted server."""

    server: Server
    clock: Clock
    gateway: Gateway
    seen: list[tuple[str, str, int, float]]

    @property
    def reader(self) -> GitHubReader:
        return self.gateway.reader(REPO)

    @property
    def writer(self) -> GitHubWriter:
        return self.gateway.writer(REPO)


@pytest.fixture
def open_live(server: Server, private_key: str) -> Callable[..., Live]:
    """Makes gateways to the scripted server."""

    def make(*, interval: float = 0.0, deadline: float = 5.0, key: str = private_key) -> Live:
        clock = Clock()
        seen: list[tuple[str, str, int, float]] = []
        settings = SimpleNamespace(
            app_id=4711,
            private_key=key,
            github_api_url=server.url,
            write_interval_seconds=interval,
        )
        gateway = Gateway(
            settings,
            observer=lambda *call: seen.append(call),
            clock=clock,
            sleep=clock.sleep,
            deadline=deadline,
        )
        return Live(server, clock, gateway, seen)

    return make


@pytest.fixture
def live(open_live: Callable[..., Live]) -> Live:
    return open_live()
