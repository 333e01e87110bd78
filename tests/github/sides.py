"""The two GitHubs that the contract suite runs on: the fake, and the gateway over the emulator."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import pytest

from bot.emulator.stage import Stage
from bot.github.live import Gateway
from bot.github.ports import GitHubReader, GitHubWriter
from tests.fake_github import FakeGitHub


class SomePerson(Protocol):
    """What people can do on both sides."""

    login: str

    def open_issue(self, title: str, body: str = "", labels: tuple[str, ...] = ()) -> int: ...
    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None
    ) -> None: ...
    def tick(self, number: int, text: str) -> None: ...
    def untick(self, number: int, text: str) -> None: ...
    def close_issue(self, number: int) -> None: ...
    def reopen_issue(self, number: int) -> None: ...
    def add_label(self, number: int, label: str) -> None: ...
    def remove_label(self, number: int, label: str) -> None: ...
    def comment(self, number: int, body: str) -> int: ...
    def edit_comment(self, comment_id: int, body: str) -> None: ...
    def read_file(self, path: str, branch: str | None = None) -> str: ...
    def push_file(
        self, path: str, text: str, message: str = ..., branch: str | None = None
    ) -> str: ...
    def push_files(
        self, files: dict[str, str | None], message: str, branch: str | None = None
    ) -> str: ...
    def edit_file(
        self, path: str, change: Callable[[str], str], message: str = ..., branch: str | None = None
    ) -> str: ...
    def create_branch(self, name: str, at: str | None = None) -> str: ...
    def open_pull(
        self, head: str, title: str, body: str = "", base: str | None = None, draft: bool = False
    ) -> int: ...
    def edit_pull(
        self, number: int, *, title: str | None = None, body: str | None = None
    ) -> None: ...
    def merge_pull(self, number: int) -> str: ...
    def close_pull(self, number: int) -> None: ...
    def reopen_pull(self, number: int) -> None: ...


class Awaited(Protocol):
    """The newest webhook of an event and action that is ``found``; raises TimeoutError."""

    def __call__(self, event: str, action: str, found: Found = ...) -> dict[str, Any]: ...


Found = Callable[[dict[str, Any]], bool]


def anything(payload: dict[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Side:
    """One repository ``acme/shop`` as plansync and as people see it.

    ``webhook`` waits for one; ``put_bytes`` commits a file that need not be text.
    """

    name: str
    reader: GitHubReader
    writer: GitHubWriter
    person: Callable[[str], SomePerson]
    webhook: Awaited
    webhooks: Callable[[], list[tuple[str, str]]]
    put_bytes: Callable[[str, bytes], None]

    @property
    def alice(self) -> SomePerson:
        return self.person("alice")

    @property
    def bob(self) -> SomePerson:
        return self.person("bob")


def fake_side() -> Side:
    world = FakeGitHub()
    repo = world.repository()

    def webhook(event: str, action: str, found: Found = anything) -> dict[str, Any]:
        for one in reversed(world.deliveries):
            if (one.event, one.action) == (event, action) and found(one.payload):
                return one.payload
        raise TimeoutError("no such webhook was sent")

    def put_bytes(path: str, data: bytes) -> None:
        repo.commit("alice", {path: data}, "Bytes")

    return Side(
        "fake",
        world.reader(repo.ref),
        world.writer(repo.ref),
        lambda login: world.person(login, repo),
        webhook,
        lambda: [(one.event, one.action) for one in world.deliveries],
        put_bytes,
    )


def live_side(stage: Stage) -> Iterator[Side]:
    given = stage.environment()
    gateway = Gateway(
        SimpleNamespace(
            app_id=int(given["APP_ID"]),
            private_key=given["PRIVATE_KEY"],
            github_api_url=given["GITHUB_API_URL"],
            write_interval_seconds=0.0,
        )
    )
    repo = gateway.find("acme/shop")
    assert repo is not None

    def webhook(event: str, action: str, found: Found = anything) -> dict[str, Any]:
        return stage.relay.wait_for(
            lambda one: (one.event, one.action) == (event, action) and found(one.payload)
        ).payload

    def put_bytes(path: str, data: bytes) -> None:
        body = {"message": "Bytes", "content": base64.b64encode(data).decode()}
        stage.emulator.api("alice").call("PUT", f"/repos/acme/shop/contents/{path}", body)

    yield Side(
        "live",
        gateway.reader(repo),
        gateway.writer(repo),
        stage.person,
        webhook,
        lambda: [(one.event, one.action) for one in stage.relay.waiting],
        put_bytes,
    )
    gateway.close()


@pytest.fixture(params=["fake", pytest.param("live", marks=pytest.mark.journey)])
def github(request: pytest.FixtureRequest) -> Iterator[Side]:
    """A GitHub with an empty repository; every test that takes it runs on both."""
    if request.param == "fake":
        yield fake_side()
    else:
        yield from live_side(request.getfixturevalue("fresh_stage"))
