"""The table of contents: which subjects an event is about, and how each is reconciled."""

from __future__ import annotations

from typing import Protocol

from bot.events import Event
from bot.memory import Trigger


class Known(Protocol):
    """What ``subjects_of`` may look up: which plans of a repository exist already."""

    def plan_path_of_issue(self, repository_id: int, number: int) -> str | None: ...

    def plan_paths(self, repository_id: int) -> list[str]: ...

    def plan_paths_of_pull(self, repository_id: int, number: int) -> list[str]: ...


def subjects_of(event: Event, known: Known) -> list[Trigger]:
    """The subjects an event is about, each with what the event claims of it; [] for none."""
    raise NotImplementedError
