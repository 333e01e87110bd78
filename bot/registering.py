"""Registering the App on GitHub from its manifest: what is sent, and what comes back.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from bot.errors import UserProblem
from bot.manifest import EVENTS, PERMISSIONS
from bot.settings import SetupSettings, parse_operators
from bot.web_address import is_loopback

_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_LONGEST_NAME = 34
"""https://docs.github.com/en/apps/creating-github-apps/registering-a-github-app/registering-a-github-app"""


class WrongAnswer(UserProblem):
    """Something in the form cannot be; the message says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the App shall be like. An empty ``organisation`` is the person's own account.

    ``url`` is where GitHub and people reach plansync; ``operators`` as the setting OPERATORS.
    """

    name: str
    url: str
    organisation: str = ""
    operators: str = ""

    def check(self) -> None:
        """Raises WrongAnswer."""
        if not self.name.strip() or len(self.name) > _LONGEST_NAME:
            raise WrongAnswer(f"The name must have 1 to {_LONGEST_NAME} characters.")
        check_url(self.url)
        if self.organisation and not _LOGIN.fullmatch(self.organisation):
            raise WrongAnswer(f"{self.organisation!r} is not the name of an organisation.")
        try:
            parse_operators(self.operators)
        except ValueError as error:
            raise WrongAnswer(
                f"The list of operators {error}. Separate logins by commas."
            ) from error

    @property
    def hears_github(self) -> bool:
        """False for an address that only this machine reaches."""
        return not is_loopback(urlsplit(self.url).hostname or "")


@dataclass(frozen=True, slots=True)
class Registered:
    """The App that GitHub made, with the secrets that it tells only once."""

    id: int
    slug: str
    page: str
    owner: str
    owner_id: int
    owner_is_person: bool
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    private_key: str = field(repr=False)

    @property
    def install_url(self) -> str:
        """Where the App is installed on repositories."""
        return f"{self.page}/installations/new"


Convert = Callable[[str], Registered]
"""Exchanges the code that GitHub sent back. Raises UserProblem and Retryable."""


def check_url(url: str) -> None:
    """Raises WrongAnswer unless this is an address without path that GitHub can send to."""
    try:
        parts = urlsplit(url)
        port_good = parts.port != 0
    except ValueError:
        parts, port_good = urlsplit(""), False
    good = parts.scheme in ("http", "https") and parts.hostname and port_good
    host = parts.hostname or ""
    good = good and not re.search(r"[\s\x00-\x1f\"'<>\\]", url)
    if not good or parts.username is not None or parts.query or parts.fragment:
        raise WrongAnswer(f"{url!r} is not a web address such as https://plans.example.com.")
    if parts.path.strip("/"):
        raise WrongAnswer(f"{url!r} has a path; plansync needs a host name of its own.")
    if parts.scheme == "http" and not is_loopback(host):
        raise WrongAnswer(f"{url!r} must begin with https://: what is sent there is confidential.")


def manifest_json(wanted: Wanted, redirect_url: str) -> str:
    """The manifest for GitHub's form; GitHub leads back to ``redirect_url`` with a code.

    GitHub refuses webhook addresses that only this machine reaches: such an App hears nothing until
    its settings name another.
    """
    url = wanted.url.rstrip("/")
    hook = url if wanted.hears_github else "https://example.com"
    return json.dumps(
        {
            "name": wanted.name.strip(),
            "description": "Keeps markdown plans and GitHub issues the same thing.",
            "url": url,
            "public": False,
            "redirect_url": redirect_url,
            "callback_urls": [f"{url}/sign-in/callback"],
            "hook_attributes": {
                "url": f"{hook}/webhooks/github",
                "active": wanted.hears_github,
            },
            "default_permissions": PERMISSIONS,
            "default_events": list(EVENTS),
        }
    )


def new_app_url(server_url: str, organisation: str, state: str) -> str:
    """Where the manifest is posted to, by the person's browser."""
    place = f"/organizations/{quote(organisation, safe='')}" if organisation else ""
    return f"{server_url}{place}/settings/apps/new?state={quote(state, safe='')}"


def settings_of(app: Registered, wanted: Wanted, current: SetupSettings) -> dict[str, str]:
    """What the settings file is to say.

    Who made the App for their own account operates it; for an organisation the form says who.
    """
    own = f"user:{app.owner_id}" if app.owner_is_person else ""
    found = {
        "APP_ID": str(app.id),
        "PRIVATE_KEY": app.private_key,
        "WEBHOOK_SECRET": app.webhook_secret,
        "GITHUB_CLIENT_ID": app.client_id,
        "GITHUB_CLIENT_SECRET": app.client_secret,
        "OPERATORS": wanted.operators or own,
        "PLANSYNC_URL": wanted.url.rstrip("/"),
    }
    if current.github_api_url != SetupSettings.model_fields["github_api_url"].default:
        found["GITHUB_API_URL"] = current.github_api_url
        found["GITHUB_SERVER_URL"] = current.github_server_url
    return {name: value for name, value in found.items() if value}
