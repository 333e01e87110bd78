"""The emulator with all that stands around it: the relay, the front, and the people."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from bot.emulator.complete import Completer
from bot.emulator.front import Front, Handle, straight
from bot.emulator.people import Person
from bot.emulator.process import Emulator, start_emulator
from bot.emulator.pulls import complete_pulls
from bot.emulator.relations import Relations
from bot.emulator.relay import Relay
from bot.emulator.seed import World


@dataclass(slots=True)
class Stage:
    """What a demo or a journey plays on.

    plansync is given ``environment()``; its webhooks are sent to ``relay.target`` once that is set.
    """

    emulator: Emulator
    relay: Relay
    front: Front
    relations: Relations
    _open: ExitStack = field(default_factory=ExitStack)

    def person(self, login: str, repository: str | None = None) -> Person:
        """Somebody at work in a repository of the world (its first one)."""
        world = self.emulator.world
        name = repository or world.repositories[0]
        return Person(
            login,
            f"{world.owner}/{name}",
            self.emulator.api(login),
            exclusive=self.front.exclusive,
            relay=self.relay,
            alias=self._alias,
        )

    def environment(self) -> dict[str, str]:
        """The variables with which plansync works on this stage."""
        return {
            "APP_ID": str(self.emulator.app_id),
            "PRIVATE_KEY": self.emulator.private_key,
            "WEBHOOK_SECRET": self.emulator.webhook_secret,
            "GITHUB_API_URL": self.front.url,
            "GITHUB_SERVER_URL": self.emulator.url,
            "PLANSYNC_WRITE_INTERVAL_SECONDS": "0",
        }

    def reset(self) -> None:
        """Back to the seed, with nothing waiting and nothing counted."""
        # A webhook of before may still be on its way; when this one has come, it has too.
        title = f"Reset {uuid.uuid4()}"
        self.person(self.emulator.world.admin).open_issue(title)
        self.relay.wait_for(
            lambda one: one.event == "issues" and one.payload["issue"]["title"] == title
        )
        self.emulator.reset()
        self.relay.reset()
        self.relay.complete_with(Completer(self.emulator.api(self.emulator.world.admin)))
        self.front.reset()
        self.relations.reset()

    def close(self) -> None:
        """End everything; again does nothing."""
        self._open.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _alias(self, old: str, new: str) -> None:
        self.relay.aliases[old] = new
        self.front.aliases[old] = new


def open_stage(
    *,
    world: World | None = None,
    handle: Handle | None = None,
    cache: Path | None = None,
    private_key: str | None = None,
) -> Stage:
    """A stage on ports that the system chose, usable as a context manager.

    ``handle`` sees each of plansync's requests. Raises EmulatorUnavailable.
    """
    world = world or World()
    with ExitStack() as opened:
        relay = Relay(world.webhook_secret)
        opened.callback(relay.close)
        emulator = opened.enter_context(
            start_emulator(webhook_url=relay.url, world=world, cache=cache, private_key=private_key)
        )
        relay.complete_with(Completer(emulator.api(world.admin)))
        api = emulator.api(world.admin)
        relations = Relations(api)
        answered = relations.around(complete_pulls(api, handle or straight))
        front = Front(emulator.url, answered)
        opened.callback(front.close)
        return Stage(emulator, relay, front, relations, opened.pop_all())
