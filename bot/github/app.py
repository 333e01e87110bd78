"""What plansync may ask about itself as a GitHub App, and the values it gets back.

Implementations: ``bot.github.live_app`` and the tests' fake. Errors as in ``bot.github.ports``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One attempt of GitHub's to deliver a webhook; a redelivery is another with the same guid.

    ``status_code`` is what GitHub got as an answer, 0 for none; ``id`` grows with time.
    """

    id: int
    guid: str
    event: str
    action: str
    delivered_at: datetime
    status_code: int

    @property
    def failed(self) -> bool:
        """True when plansync did not say that it has it."""
        return not 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class HookPage:
    """Some deliveries, newest first; ``next_cursor`` leads to older ones and is "" at the end."""

    deliveries: tuple[HookDelivery, ...]
    next_cursor: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """The App as GitHub knows it: its permissions and the events it subscribes to."""

    slug: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    id: int = 0


@dataclass(frozen=True, slots=True)
class HookConfig:
    """Where GitHub sends the App's webhooks, and how; the secret itself GitHub does not tell."""

    url: str
    content_type: str = "json"
    verifies_tls: bool = True
    has_secret: bool = True


class GitHubApp(Protocol):
    """The App's own part of the API. One call is one request."""

    def registration(self) -> Registration: ...

    def hook(self) -> HookConfig:
        """The App's own webhook settings; Refused(404) where GitHub has no such thing."""
        ...

    def server_time(self) -> datetime | None:
        """GitHub's clock, also when it does not accept the App's key; None when it is not told."""
        ...

    def deliveries(self, cursor: str = "") -> HookPage:
        """At most 100 deliveries of the last days; Refused(404) where GitHub has no such list."""
        ...

    def payload(self, delivery_id: int) -> Mapping[str, Any] | None:
        """What was to be delivered, or None when GitHub no longer has it."""
        ...
