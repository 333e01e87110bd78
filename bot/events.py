"""Payload -> frozen event of ours, or a reason to ignore it. The only file that knows payload keys.

``parse_event`` never raises on a payload: what does not have the stated shape is ``Ignored``.
Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.github.ports import Person, RepoRef


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for plansync, and why; kept with the delivery for the operator."""

    reason: str


@dataclass(frozen=True, slots=True)
class IssueEvent:
    """An issue was opened, edited, labelled, closed …; ``body`` as the payload has it."""

    repo: RepoRef
    sender: Person
    action: str
    number: int
    title: str
    body: str
    labels: tuple[str, ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """A comment on an issue or pull request was created, edited or deleted."""

    repo: RepoRef
    sender: Person
    action: str
    number: int
    issue_body: str
    comment_id: int
    body: str
    on_pull: bool = False


@dataclass(frozen=True, slots=True)
class PullEvent:
    """A pull request was opened, edited, merged, closed …"""

    repo: RepoRef
    sender: Person
    action: str
    number: int
    title: str
    body: str
    state: str
    merged: bool
    draft: bool
    head_ref: str
    head_sha: str
    base_ref: str


@dataclass(frozen=True, slots=True)
class PushEvent:
    """A branch moved; ``paths`` is None when the payload cannot list them all."""

    repo: RepoRef
    sender: Person
    ref: str
    default_branch: str
    before: str
    after: str
    paths: tuple[str, ...] | None

    @property
    def on_default_branch(self) -> bool:
        return self.ref == f"refs/heads/{self.default_branch}"


Event = IssueEvent | CommentEvent | PullEvent | PushEvent


def parse_event(name: str, payload: Mapping[str, Any]) -> Event | Ignored:
    """The event that a delivery of type ``name`` is about, or why it is none of ours."""
    raise NotImplementedError
