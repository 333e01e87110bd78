"""What several kinds of payload have in common: whose repository, who, which words.

Only ``events.py`` uses it. Everything raises ``Malformed`` with the key that has not the
documented shape. https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.github.payloads import Malformed, count_of, part_of
from bot.github.snapshots import Person, RepoRef


def repository_of(payload: Mapping[str, Any]) -> RepoRef:
    """The repository that the payload is about, with the installation that sent it."""
    number = count_of(part_of(payload, "installation"), "id")
    return repository_in(part_of(payload, "repository"), number)


def repository_in(repository: object, installation_id: int) -> RepoRef:
    """A repository object of a payload; its ``full_name`` has exactly one slash within."""
    if not isinstance(repository, Mapping):
        raise Malformed("repository")
    full_name = words_of(repository, "full_name")
    if full_name.count("/") != 1 or full_name.startswith("/") or full_name.endswith("/"):
        raise Malformed("repository.full_name")
    return RepoRef(count_of(repository, "id"), full_name, installation_id)


def sender_of(payload: Mapping[str, Any]) -> Person:
    """Who caused the event. An App's login ends in ``[bot]`` also where the type is missing."""
    sender = part_of(payload, "sender")
    login = words_of(sender, "login")
    is_bot = sender.get("type") == "Bot" or login.endswith("[bot]")
    return Person(login=login, id=count_of(sender, "id"), is_bot=is_bot)


def label_names(issue: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of an issue's labels; what is no label is left out."""
    labels = issue.get("labels")
    if not isinstance(labels, list):
        return ()
    return tuple(
        label["name"]
        for label in labels
        if isinstance(label, Mapping) and isinstance(label.get("name"), str)
    )


def assignees_of(issue: Mapping[str, Any]) -> tuple[str, ...]:
    """The logins of an issue's assignees, in GitHub's order."""
    people = issue.get("assignees")
    people = people if isinstance(people, list) else []
    return tuple(words_of(one, "login") for one in people if isinstance(one, Mapping))


def former_body(payload: Mapping[str, Any]) -> str | None:
    """What a body was before the edit; None where nobody edited it or GitHub does not say.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=edited#issues
    """
    changes = payload.get("changes")
    body = changes.get("body") if isinstance(changes, Mapping) else None
    former = body.get("from") if isinstance(body, Mapping) else None
    return former if isinstance(former, str) else None


def is_by_app(issue: Mapping[str, Any]) -> bool:
    """Whether an App opened the issue, for itself or on behalf of a person."""
    author = issue.get("user")
    is_bot = isinstance(author, Mapping) and author.get("type") == "Bot"
    return is_bot or isinstance(issue.get("performed_via_github_app"), Mapping)


def default_branch_of(payload: Mapping[str, Any]) -> str:
    """The repository's default branch; empty where the payload does not say."""
    name = part_of(payload, "repository").get("default_branch")
    return name if isinstance(name, str) else ""


def words_of(payload: Mapping[str, Any], key: str, *, optional: bool = False) -> str:
    """A text, which may be empty; one that is null is empty where it is ``optional``."""
    value = payload.get(key)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise Malformed(key)
    return value


def one_of(payload: Mapping[str, Any], key: str, known: frozenset[str]) -> str:
    """A text out of ``known``."""
    value = words_of(payload, key)
    if value not in known:
        raise Malformed(key)
    return value
