"""What the emulator's pull requests lack of GitHub's: a head that follows its branch, and files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote

from bot.emulator.api import Api, ApiError
from bot.emulator.front import Call, Forward, Handle, Reply

_PULL = re.compile(r"/repos/([^/]+/[^/]+)/pulls/(\d+)(/files|/commits)?")
_CLOSING = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)", re.IGNORECASE)


def closing(body: str) -> list[int]:
    """The issues that a pull request's body says its merge closes.

    https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    """
    return [int(number) for number in _CLOSING.findall(body)]


def current_head(api: Api, repository: str, pull: Mapping[str, Any]) -> str:
    """The commit at the tip of a pull request's branch; its first one when the branch is gone."""
    head = pull["head"]
    try:
        path = f"/repos/{repository}/git/ref/heads/{quote(head['ref'])}"
        return str(api.call("GET", path)["object"]["sha"])
    except ApiError:
        return str(head["sha"])


def with_current_head(api: Api, repository: str, pull: Mapping[str, Any]) -> dict[str, Any]:
    """A pull request as GitHub would show it after pushes to its branch."""
    return {**pull, "head": {**pull["head"], "sha": current_head(api, repository, pull)}}


def complete_pulls(api: Api, handle: Handle) -> Handle:
    """``handle`` with the pull requests and their files and commits as GitHub has them."""

    def completed(call: Call, forward: Forward) -> Reply:
        match = _PULL.fullmatch(call.path)
        if call.method != "GET" or not match:
            return handle(call, forward)
        repository, _, part = match.groups()

        def better(call: Call) -> Reply:
            whole = replace(call, path=call.path.removesuffix(part or ""), query="")
            reply = forward(whole)
            if reply.status != 200:
                return reply
            pull = with_current_head(api, repository, json.loads(reply.body))
            data: object = pull
            if part:
                first = parse_qs(call.query).get("page", ["1"]) == ["1"]
                data = _compared(api, repository, pull)[part.lstrip("/")] if first else []
            return replace(reply, body=json.dumps(data).encode())

        return handle(call, better)

    return completed


def _compared(api: Api, repository: str, pull: Mapping[str, Any]) -> dict[str, Any]:
    path = f"/repos/{repository}/compare/{pull['base']['sha']}...{pull['head']['sha']}"
    found: dict[str, Any] = api.call("GET", path)
    return found
