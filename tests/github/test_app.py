"""The App's own part of the API: its registration, and the deliveries GitHub lists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.errors import Retryable
from bot.github.app import HookConfig, HookDelivery, Registration
from bot.github.ports import Refused
from bot.github.snapshots import RepoRef
from bot.tally import Tally
from tests.github.conftest import Live
from tests.github.script import Answer, Request

LISTED = {
    "id": 12,
    "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
    "delivered_at": "2026-03-01T11:58:30Z",
    "redelivery": False,
    "duration": 10.0,
    "status": "Invalid HTTP Response: 503",
    "status_code": 503,
    "event": "issues",
    "action": "edited",
    "installation_id": 815,
    "repository_id": 7,
}
PUSHED = {**LISTED, "id": 11, "event": "push", "action": None, "status": "OK", "status_code": 202}


def test_deliveries_are_listed_with_the_apps_own_token_page_by_page(live: Live) -> None:
    def script(request: Request) -> Answer:
        if "cursor" in request.query:
            return Answer(200, [PUSHED])
        after = f"{live.server.url}{request.path}?per_page=100&cursor=v1_12%3D"
        link = f'<{after}>; rel="next", <{live.server.url}{request.path}>; rel="first"'
        return Answer(200, [LISTED], {"Link": link})

    live.server.script = script
    app = live.gateway.app
    first = app.deliveries()
    assert first.next_cursor == "v1_12="
    (delivery,) = first.deliveries
    assert delivery == HookDelivery(
        12, LISTED["guid"], "issues", "edited", datetime(2026, 3, 1, 11, 58, 30, tzinfo=UTC), 503
    )
    assert delivery.failed
    second = app.deliveries(first.next_cursor)
    assert second.next_cursor == ""
    assert (second.deliveries[0].action, second.deliveries[0].failed) == ("", False)
    assert [call.query.get("cursor") for call in live.server.calls] == [None, "v1_12="]
    assert {call.path for call in live.server.calls} == {"/app/hook/deliveries"}
    # A JWT has three parts; an installation token of the script has none.
    assert all(call.headers["Authorization"].count(".") == 2 for call in live.server.calls)
    assert live.server.minted == 0


def test_a_payload_is_what_was_to_be_delivered(live: Live) -> None:
    payload = {"action": "edited", "issue": {"number": 3, "body": "Süche \ud800"}}
    detail = {**LISTED, "request": {"headers": {}, "payload": payload}, "response": {}}
    live.server.answers(Answer(200, detail))
    assert live.gateway.app.payload(12) == payload
    assert live.server.calls[0].path == "/app/hook/deliveries/12"


@pytest.mark.parametrize("request_part", [None, {}, {"payload": None}, {"payload": "text"}])
def test_a_delivery_without_a_payload_has_none(live: Live, request_part: object) -> None:
    live.server.answers(Answer(200, {**LISTED, "request": request_part}))
    assert live.gateway.app.payload(12) is None


def test_a_payload_that_is_gone_is_none(live: Live) -> None:
    live.server.answers(Answer(404, {"message": "Not Found"}))
    assert live.gateway.app.payload(12) is None


def test_no_list_of_deliveries_is_refused(live: Live) -> None:
    with pytest.raises(Refused) as caught:
        live.gateway.app.deliveries()
    assert caught.value.status == 404


@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, text="<html>"),
        Answer(200, {"message": "an object"}),
        Answer(200, [{**LISTED, "guid": None}]),
        Answer(200, [{**LISTED, "delivered_at": "yesterday"}]),
        Answer(200, [{**LISTED, "id": "12"}]),
        Answer(403, {"message": "x"}, {"x-ratelimit-remaining": "0", "retry-after": "60"}),
    ],
    ids=["502", "no list", "no guid", "no time", "no id", "rate limit"],
)
def test_a_list_that_is_not_one_is_tried_again(live: Live, answer: Answer) -> None:
    live.server.answers(answer)
    with pytest.raises(Retryable):
        live.gateway.app.deliveries()


def test_the_app_says_what_it_may_and_hears(live: Live) -> None:
    app = {"slug": "plans", "permissions": {"issues": "write"}, "events": ["push"]}
    live.server.own_app = app
    assert live.gateway.app.registration() == Registration("plans", {"issues": "write"}, ("push",))


def test_the_apps_webhook_settings(live: Live) -> None:
    told = {"url": "https://plans.test/webhooks/github", "content_type": "json",
            "insecure_ssl": "0", "secret": "********"}  # fmt: skip
    live.server.script = lambda request: Answer(200, told)
    assert live.gateway.app.hook() == HookConfig("https://plans.test/webhooks/github")
    assert live.server.calls[-1].path == "/app/hook/config"
    live.server.script = lambda request: Answer(200, {"url": None, "insecure_ssl": "1"})
    assert live.gateway.app.hook() == HookConfig("", "form", verifies_tls=False, has_secret=False)


def test_githubs_clock_is_read_also_from_a_refusal(live: Live) -> None:
    live.server.script = lambda request: Answer(401, {"message": "no"})
    there = live.gateway.app.server_time()
    assert there is not None
    assert abs((there - datetime.now(UTC)).total_seconds()) < 60
    assert len(live.server.calls) == 1


@pytest.mark.parametrize(
    ("status", "told", "found"), [(200, True, True), (200, False, False), (404, True, None)]
)
def test_whether_a_branch_is_protected(
    live: Live, status: int, told: bool, found: bool | None
) -> None:
    live.server.script = lambda request: Answer(status, {"name": "main", "protected": told})
    assert live.gateway.is_protected(RepoRef(7, "acme/shop", 815), "main") is found
    assert live.server.calls[-1].path == "/repos/acme/shop/branches/main"


def test_what_is_left_of_the_limit_is_noted(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    tally, store = Tally(), Noted()
    monkeypatch.setattr("bot.github.live.TALLY", tally)
    left = {"X-RateLimit-Remaining": "4999", "X-RateLimit-Limit": "5000"}
    live.server.script = lambda request: Answer(200, {"name": "main"}, left)
    live.gateway.is_protected(RepoRef(7, "acme/shop", 815), "main")
    left["X-RateLimit-Remaining"] = "-1"
    live.gateway.is_protected(RepoRef(7, "acme/shop", 815), "main")
    tally.flush(store, datetime(2026, 3, 1, tzinfo=UTC))
    assert store.gauges == {
        ("rate_left", (("installation", "815"),)): 4999.0,
        ("rate_limit", (("installation", "815"),)): 5000.0,
    }


class Noted:
    """Where a tally hands on to, for once."""

    def __init__(self) -> None:
        self.gauges: dict[object, float] = {}

    def add_tallies(self, counted: object, gauges: dict[object, float], now: datetime) -> None:
        self.gauges = dict(gauges)
