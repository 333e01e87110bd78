"""The world that the emulator starts with: people, one repository, and the App installed on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.manifest import EVENTS, PERMISSIONS

# The emulator takes an unknown token for its first user: let that be nobody in particular.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class World:
    """Who and what is there. ``owner`` is an organisation, ``admin`` its only member.

    ``writers`` have push access to every repository; ``strangers`` have an account and no more.
    Each person's token is ``<login>-token``.
    """

    owner: str = "acme"
    repositories: tuple[str, ...] = ("shop",)
    admin: str = "olivia"
    writers: tuple[str, ...] = ("alice", "bob")
    strangers: tuple[str, ...] = ("mallory",)
    app_id: int = 4711
    app_slug: str = "plansync"
    installation_id: int = 815
    webhook_secret: str = "a secret that only GitHub and plansync know"  # noqa: S105
    permissions: Mapping[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    events: tuple[str, ...] = EVENTS

    @property
    def people(self) -> tuple[str, ...]:
        return (self.admin, *self.writers, *self.strangers)

    def token(self, login: str) -> str:
        """The token that this person works with."""
        return f"{login}-token"


def seed_of(world: World, *, private_key: str, webhook_url: str) -> dict[str, Any]:
    """The emulator's seed for this world (https://emulate.dev), as it takes it."""
    full_names = [f"{world.owner}/{name}" for name in world.repositories]
    installation = {
        "installation_id": world.installation_id,
        "account": world.owner,
        "repository_selection": "selected",
        "repositories": full_names,
    }
    return {
        "tokens": {world.token(login): {"login": login} for login in world.people},
        "github": {
            "users": [_account(login) for login in (NOBODY, *world.people)],
            "orgs": [{"login": world.owner, "members": [{"login": world.admin, "role": "admin"}]}],
            "repos": [
                {"owner": world.owner, "name": name, "auto_init": True}
                for name in world.repositories
            ],
            "apps": [
                {
                    "app_id": world.app_id,
                    "slug": world.app_slug,
                    "name": world.app_slug,
                    "private_key": private_key,
                    "permissions": dict(world.permissions),
                    "events": list(world.events),
                    "webhook_url": webhook_url,
                    "webhook_secret": world.webhook_secret,
                    "installations": [installation],
                }
            ],
        },
    }


def _account(login: str) -> dict[str, str]:
    return {"login": login, "name": login.title(), "email": f"{login}@users.noreply.github.com"}
