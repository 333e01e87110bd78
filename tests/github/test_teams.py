"""Who is in a team: which requests that costs, and what GitHub may answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Retryable
from tests.github.conftest import Live
from tests.github.script import TOKEN_PATH, Answer, Request

TEAM = "acme/backend"
PATH = "/orgs/acme/teams/backend/memberships/alice"


def answer(live: Live, *answers: Answer) -> None:
    left = list(answers)

    def script(request: Request) -> Answer:
        assert request.path == PATH
        return left.pop(0) if len(left) > 1 else left[0]

    live.server.script = script


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Answer(200, {"state": "active", "role": "member"}), True),
        (Answer(200, {"state": "active", "role": "maintainer"}), True),
        (Answer(200, {"state": "pending", "role": "member"}), False),
        (Answer(404, {"message": "Not Found"}), False),
        (Answer(403, {"message": "Resource not accessible by integration"}), None),
    ],
)
def test_a_membership(live: Live, said: Answer, expected: bool | None) -> None:
    answer(live, said)
    assert live.reader.in_team(TEAM, "alice") is expected
    assert [call.path for call in live.server.calls] == [PATH]


def test_it_is_asked_with_a_token_for_nothing_else(live: Live) -> None:
    answer(live, Answer(200, {"state": "active"}))
    assert live.reader.in_team(TEAM, "alice")
    (minted,) = [one for one in live.server.requests if one.path == TOKEN_PATH]
    assert minted.body == {"permissions": {"members": "read"}}


def test_it_is_asked_once_in_five_minutes(live: Live) -> None:
    answer(live, Answer(200, {"state": "active"}), Answer(404, {}))
    assert live.reader.in_team(TEAM, "alice") is live.reader.in_team(TEAM, "Alice") is True
    assert len(live.server.calls) == 1
    live.clock.now += timedelta(minutes=6)
    assert live.reader.in_team(TEAM, "alice") is False


def test_without_the_permission_nobody_can_see_it(live: Live) -> None:
    refused = Answer(422, {"message": "The permissions requested are not granted"})
    own = live.server.answer

    def without(request: Request) -> Answer:
        wanted = (request.body or {}).get("permissions", {}) if request.path == TOKEN_PATH else {}
        return refused if "members" in wanted else own(request)

    live.server.answer = without  # type: ignore[method-assign]
    assert live.reader.in_team(TEAM, "alice") is None
    assert live.server.calls == []


def test_another_organisations_team_is_not_asked_for(live: Live) -> None:
    assert live.reader.in_team("other/backend", "alice") is None
    assert live.server.requests == []


@pytest.mark.parametrize(
    "bad",
    [Answer(502, text="<html>"), Answer(403, {"message": "x"}, {"retry-after": "30"})],
)
def test_no_answer_is_no_membership_either_way(live: Live, bad: Answer) -> None:
    answer(live, bad)
    with pytest.raises(Retryable):
        live.reader.in_team(TEAM, "alice")


def test_odd_names_stay_inside(live: Live) -> None:
    live.server.answers(Answer(404, {}))
    assert live.reader.in_team("acme/a/../b", "x/../y") is False
    assert live.server.calls[0].path == "/orgs/acme/teams/a%2F..%2Fb/memberships/x%2F..%2Fy"
