"""The webhook payloads that GitHub publishes, installed once from the lock file beside this."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.emulator.install import find_node, install_packages

_PACKAGE = "@octokit/webhooks-examples"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """One payload: the event's name, which of its examples this is, and what GitHub sent."""

    event: str
    number: int
    payload: dict[str, Any]

    def __str__(self) -> str:
        action = self.payload.get("action")
        return f"{self.event}{f'.{action}' if isinstance(action, str) else ''}-{self.number}"


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """All of them. Raises EmulatorUnavailable when the package cannot be fetched."""
    contents = {name: (_HERE / name).read_bytes() for name in ("package.json", "package-lock.json")}
    cache = Path.cwd() / ".cache" / "payloads"
    what = "The payloads that GitHub publishes"
    folder = install_packages(contents, cache, find_node(), proof=_PACKAGE, what=what)
    index = folder / "node_modules" / _PACKAGE / "api.github.com" / "index.json"
    return tuple(
        Example(event["name"], number, payload)
        for event in json.loads(index.read_text(encoding="utf-8"))
        for number, payload in enumerate(event["examples"], start=1)
    )
