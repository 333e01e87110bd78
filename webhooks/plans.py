"""``/plans``: every plan that a person may read, by repository; ``/api/plans`` is its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from bot.plan_lists import plan_json, plan_path
from bot.plans.formats import FORMATS
from bot.store import Store
from bot.store.pages import PlanFilter, PlanRow
from webhooks.access import View
from webhooks.look import Look
from webhooks.security import Guard

A_PAGE = 50
MOST_AT_ONCE = 200
READ_AT_ONCE = 10
"""How many plans of before this page was there are read while somebody waits for it."""
STATUSES = ("Draft", "Planning", "Ready", "In Progress", "Blocked", "Complete", "Unreadable")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for; ``page`` is counted from 1."""

    wanted: PlanFilter
    page: int
    size: int = A_PAGE

    @property
    def filtered(self) -> bool:
        """Whether something is left out on purpose."""
        found = self.wanted
        return bool(
            found.repository
            or found.format
            or found.status
            or found.words
            or found.open
            or found.waits
        )

    def query(self, **changed: object) -> str:
        """The address of this list with something changed, such as ``page=2``."""
        wanted = self.wanted
        values: dict[str, object] = {
            "q": wanted.words,
            "repository": wanted.repository,
            "format": wanted.format,
            "status": wanted.status,
            "open": "1" if wanted.open else "",
            "waits": "1" if wanted.waits else "",
            "page": self.page,
        } | changed
        given = {name: value for name, value in values.items() if value not in ("", 1, None)}
        return "/plans" + (f"?{urlencode(given)}" if given else "")


def blueprint(store: Store, guard: Guard, look: Look) -> Blueprint:
    """The list for people and the list for programs."""
    pages = Blueprint("plans", __name__)

    @pages.get("/plans")
    def plans() -> Response:
        unread = store.fill_summaries(guard.clock(), READ_AT_ONCE)
        view = guard.view()
        asked = parse_asked(request.args, view)
        found = store.plan_page(asked.wanted, limit=asked.size, offset=_offset(asked))
        return look.page(
            "plans.html",
            asked=asked,
            found=found,
            groups=_by_repository(found.rows),
            formats=[known.name for known in FORMATS],
            statuses=[word for word in STATUSES if word in found.statuses],
            pages=max(1, -(-found.total // asked.size)),
            unread=unread,
            none_readable=view.readable is not None and not view.readable,
        )

    @pages.get("/api/plans")
    def api_plans() -> Response:
        store.fill_summaries(guard.clock(), READ_AT_ONCE)
        asked = parse_asked(request.args, guard.view())
        size = _number(request.args.get("per_page", ""), A_PAGE, MOST_AT_ONCE)
        asked = replace(asked, size=size)
        found = store.plan_page(asked.wanted, limit=size, offset=_offset(asked), counts=False)
        content = {
            "total": found.total,
            "page": asked.page,
            "per_page": size,
            "plans": [plan_json(row) for row in found.rows],
        }
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        return Response(text, mimetype="application/json")

    return pages


def parse_asked(args: Mapping[str, str], view: View) -> Asked:
    """The list that a query asks for, among what the visitor may read. Never raises."""

    def text(name: str) -> str:
        return args.get(name, "").replace("\0", "").strip()[:200]

    wanted = PlanFilter(
        repositories=view.readable,
        repository=text("repository"),
        format=text("format"),
        status=text("status"),
        words=text("q"),
        open=text("open") == "1",
        waits=text("waits") == "1",
    )
    return Asked(wanted, _number(text("page"), 1, 100_000))


def _by_repository(rows: tuple[PlanRow, ...]) -> list[tuple[str, list[tuple[str, PlanRow]]]]:
    def linked(some: Iterator[PlanRow]) -> list[tuple[str, PlanRow]]:
        return [(plan_path(row.repository, row.path), row) for row in some]

    return [(name, linked(some)) for name, some in groupby(rows, lambda row: row.repository)]


def _offset(asked: Asked) -> int:
    return (asked.page - 1) * asked.size


def _number(text: str, otherwise: int, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return otherwise
    return min(max(int(text), 1), most)
