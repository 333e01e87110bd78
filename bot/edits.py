"""What one edit of an issue's body replaced and left, read again from its stored delivery."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.events import IssueEvent, parse_event


class Stored(Protocol):
    """A delivery as it came in."""

    @property
    def event(self) -> str: ...

    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class BodyEdit:
    """The body before (None where GitHub does not say) and after."""

    before: str | None
    after: str


Edits = Callable[[int], BodyEdit | None]
"""From a delivery's id to the edit it tells of; None for any other delivery."""


def body_edit(stored: Stored | None) -> BodyEdit | None:
    """The edit that a stored delivery tells of. Never raises on a payload."""
    if stored is None:
        return None
    try:
        payload = json.loads(stored.body)
    except ValueError:
        return None
    event = parse_event(stored.event, payload)
    if not isinstance(event, IssueEvent):
        return None
    return BodyEdit(event.former_body, event.body)
