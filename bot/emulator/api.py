"""A plain JSON client for the people of the emulator; plansync itself never uses it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

TIMEOUT_SECONDS = 15.0


class ApiError(Exception):
    """The emulator answered with an error; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """The API at ``url``, called with one person's token."""

    url: str
    token: str

    def call(self, method: str, path: str, body: object = None, **query: str | int) -> Any:
        """The decoded answer, or None for an empty one. Raises ApiError for any error status."""
        address = self.url + path + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(  # noqa: S310 - only ever a loopback address
            address,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                data = answer.read()
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, error.read().decode("utf-8", "replace")[:300]) from error
        return json.loads(data) if data else None

    def pages(self, path: str, **query: str | int) -> list[Any]:
        """All pages of a list."""
        found: list[Any] = []
        for page in range(1, 1000):
            items = self.call("GET", path, per_page=100, page=page, **query)
            found.extend(items)
            if len(items) < 100:
                break
        return found
