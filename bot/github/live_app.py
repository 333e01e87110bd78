"""``GitHubApp`` over the real API, with the App's own JWT.

https://docs.github.com/en/rest/apps/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from bot.github.answers import failure, is_gone, mapping, objects, ok, unreadable
from bot.github.app import HookConfig, HookDelivery, HookPage, Registration
from bot.github.auth import Clock
from bot.github.payloads import Data, Malformed, moment, number_of, text_of
from bot.github.transport import Answer

_PER_PAGE = 100
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="next"')


class AsApp(Protocol):
    """Sends one request with the App's JWT."""

    def __call__(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None
    ) -> Answer: ...


class LiveApp:
    """See ``bot.github.app.GitHubApp`` for each method's promise."""

    def __init__(self, send: AsApp, clock: Clock, ask: AsApp | None = None) -> None:
        self._send = send
        self._ask = ask or send
        self._clock = clock

    def registration(self) -> Registration:
        """https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app"""
        answer = self._send("GET", "/app")
        if not ok(answer):
            raise failure(answer, self._clock(), what="reading the App")
        data = mapping(answer)
        permissions, events = data.get("permissions"), data.get("events")
        try:
            slug = text_of(data, "slug")
        except Malformed as error:
            raise unreadable(answer) from error
        return Registration(
            slug=slug,
            permissions={str(name): str(access) for name, access in permissions.items()}
            if isinstance(permissions, Mapping)
            else {},
            events=tuple(map(str, events)) if isinstance(events, list) else (),
            id=number if isinstance(number := data.get("id"), int) else 0,
        )

    def hook(self) -> HookConfig:
        """https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app"""
        answer = self._send("GET", "/app/hook/config")
        if not ok(answer):
            raise failure(answer, self._clock(), what="reading the App's webhook settings")
        data = mapping(answer)
        return HookConfig(
            url=str(data.get("url") or ""),
            content_type=str(data.get("content_type") or "form"),
            verifies_tls=str(data.get("insecure_ssl", "0")) == "0",
            has_secret=bool(data.get("secret")),
        )

    def server_time(self) -> datetime | None:
        """https://www.rfc-editor.org/rfc/rfc9110#name-date"""
        try:
            found = parsedate_to_datetime(self._ask("GET", "/app").headers.get("date", ""))
        except (TypeError, ValueError):
            return None
        return found if found.tzinfo else None

    def deliveries(self, cursor: str = "") -> HookPage:
        """https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook"""
        query = {"per_page": str(_PER_PAGE)} | ({"cursor": cursor} if cursor else {})
        answer = self._send("GET", "/app/hook/deliveries", query=query)
        if not ok(answer):
            raise failure(answer, self._clock(), what="listing the App's deliveries")
        try:
            found = tuple(_delivery(item) for item in objects(answer))
        except Malformed as error:
            raise unreadable(answer) from error
        return HookPage(found, _next_cursor(answer.headers.get("link", "")))

    def payload(self, delivery_id: int) -> Mapping[str, Any] | None:
        """https://docs.github.com/en/rest/apps/webhooks#get-a-delivery-for-an-app-webhook"""
        answer = self._send("GET", f"/app/hook/deliveries/{int(delivery_id)}")
        if is_gone(answer):
            return None
        if not ok(answer):
            raise failure(answer, self._clock(), what="reading a delivery of the App")
        request = mapping(answer).get("request")
        payload = request.get("payload") if isinstance(request, Mapping) else None
        return payload if isinstance(payload, Mapping) else None


def _delivery(data: Data) -> HookDelivery:
    delivered_at = moment(data.get("delivered_at"))
    if delivered_at is None:
        raise Malformed("delivered_at")
    action, status = data.get("action"), data.get("status_code")
    return HookDelivery(
        id=number_of(data, "id"),
        guid=text_of(data, "guid"),
        event=text_of(data, "event"),
        action=action if isinstance(action, str) else "",
        delivered_at=delivered_at,
        status_code=status if isinstance(status, int) else 0,
    )


def _next_cursor(link: str) -> str:
    """The cursor of the next page, out of a Link header.

    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    found = _NEXT.search(link)
    return parse_qs(urlsplit(found[1]).query).get("cursor", [""])[0] if found else ""
