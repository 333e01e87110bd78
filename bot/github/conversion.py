"""Exchanging the code of a manifest flow for the App that GitHub made.

https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest
"""

from __future__ import annotations

import re
from typing import Any

import requests

from bot.errors import Retryable, UserProblem
from bot.registering import Registered
from bot.settings import parse_private_key

SECONDS = 10.0
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")


def convert(api_url: str, code: str) -> Registered:
    """The App with its secrets; a code works once, within an hour.

    Raises UserProblem for a code that GitHub does not take and an answer that is none, Retryable
    when there is no answer.
    """
    if not _CODE.fullmatch(code):
        raise UserProblem("GitHub's code is malformed.", "Begin again.")
    try:
        answer = requests.post(
            f"{api_url}/app-manifests/{code}/conversions",
            headers={"Accept": "application/vnd.github+json", "User-Agent": "plansync"},
            timeout=SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise Retryable(f"GitHub gives no answer at {api_url}.") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Retryable(f"GitHub cannot answer now ({answer.status_code}).")
    if answer.status_code != 201:
        raise UserProblem(
            f"GitHub does not take the code ({answer.status_code}).",
            "It works once, within an hour: delete the App on GitHub if it is there, begin again.",
        )
    try:
        return _registered(answer.json())
    except (KeyError, TypeError, ValueError) as error:
        raise UserProblem(
            "GitHub's answer is not an App.",
            "Look at GITHUB_API_URL; delete the App on GitHub if it is there, and begin again.",
        ) from error


def _registered(found: dict[str, Any]) -> Registered:
    owner = found.get("owner") or {}
    return Registered(
        id=int(found["id"]),
        slug=str(found["slug"]),
        page=_web_address(found["html_url"]),
        owner=str(owner.get("login", "")),
        owner_id=int(owner.get("id") or 0),
        owner_is_person=owner.get("type") == "User" and bool(owner.get("id")),
        client_id=_line(found["client_id"]),
        client_secret=_line(found["client_secret"]),
        webhook_secret=_line(found["webhook_secret"]),
        private_key=parse_private_key(found["pem"]),
    )


def _line(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("not a text")
    return value


def _web_address(value: object) -> str:
    text = _line(value).rstrip("/")
    if not re.match(r"https?://[^/]+/", text):
        raise ValueError("not a web address")
    return text
