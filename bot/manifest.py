"""What the GitHub App asks for. ``app.yml`` is this text; a test keeps them the same.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "metadata": "read",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "checks": "write",
}
"""Commit files, keep issues and comments, read and comment pull requests, report checks."""

EVENTS: tuple[str, ...] = (
    "issues",
    "issue_comment",
    "pull_request",
    "push",
    "repository",
    "check_run",
    "check_suite",
)
"""What the App subscribes to: exactly the events that ``bot.events`` handles, but for these:"""

OPTIONAL_EVENTS: tuple[str, ...] = ("merge_group",)
"""Events of merge queues, which need the permission ``merge_queues: read`` beside the others.

An App asks for it where a repository uses merge queues: docs/configuration.md says how.
https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group
"""

OPTIONAL_PERMISSIONS: dict[str, str] = {"members": "read"}
"""What only teams in ``people:`` need, to see who is in them: docs/configuration.md says how.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps#organization-permissions-for-members
"""

ALWAYS_SENT: tuple[str, ...] = ("installation", "installation_repositories")
"""Events that GitHub sends every App, subscribed or not.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation
"""

_HEAD = """\
# The GitHub App manifest of plansync. Printed by: plansync manifest
# Replace https://example.com by the address that plansync is reached at.
name: plansync
description: Keeps markdown plans and GitHub issues the same thing.
url: {url}
callback_urls:
  - {url}/sign-in/callback
public: false
hook_attributes:
  url: {url}/webhooks/github
  active: true
"""


def render_manifest(url: str = "https://example.com") -> str:
    """The manifest as YAML, for a plansync that is reached at ``url``."""
    permissions = "".join(f"  {name}: {access}\n" for name, access in PERMISSIONS.items())
    events = "".join(f"  - {name}\n" for name in EVENTS)
    head = _HEAD.format(url=url.rstrip("/"))
    return f"{head}default_permissions:\n{permissions}default_events:\n{events}"
