"""What the fake says about the App itself, with the promises of ``bot.github.app``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.github.app import HookConfig, HookDelivery, HookPage, Registration

if TYPE_CHECKING:
    from tests.fake_github import FakeGitHub


class FakeApp:
    """A ``GitHubApp`` of the fake: it lists what the fake sent, whoever received it."""

    def __init__(self, world: FakeGitHub) -> None:
        self._world = world

    def registration(self) -> Registration:
        with self._world.called("registration", "app"):
            world = self._world
            return Registration(world.app_slug, dict(world.permissions), world.events, world.app_id)

    def hook(self) -> HookConfig:
        with self._world.called("hook", "app"):
            return self._world.hook

    def server_time(self) -> datetime | None:
        with self._world.called("server_time", "app"):
            return self._world.now

    def deliveries(self, cursor: str = "") -> HookPage:
        with self._world.called("deliveries", "app"):
            sent = list(enumerate(self._world.deliveries, 1))
            end = int(cursor.removeprefix("v1_")) if cursor else len(sent)
            start = max(0, end - 100)
            page = tuple(
                HookDelivery(
                    id=number,
                    guid=one.guid,
                    event=one.event,
                    action=one.action,
                    delivered_at=one.at,
                    status_code=self._world.answers.get(one.guid, 202),
                )
                for number, one in reversed(sent[start:end])
            )
            return HookPage(page, f"v1_{start}" if start else "")

    def payload(self, delivery_id: int) -> Mapping[str, Any] | None:
        with self._world.called("payload", "app"):
            one = self._world.deliveries[delivery_id - 1]
            return None if one.guid in self._world.expired else one.payload
