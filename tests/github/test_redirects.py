"""A repository or an issue that is elsewhere: followed where it is still the same."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Retryable
from bot.github.ports import Refused
from tests.github.conftest import Live
from tests.github.script import Answer
from tests.github.test_bad_answers import ISSUE


def moved(live: Live, request: Any) -> Answer:
    """A repository whose name has changed: GitHub names it by its id from then on."""
    if request.path.startswith("/repositories/7/"):
        return Answer(200, ISSUE)
    suffix = request.path.removeprefix("/repos/acme/shop")
    where = {"Location": f"{live.server.url}/repositories/7{suffix}?page=1"}
    return Answer(301 if request.method == "GET" else 307, {"message": "Moved"}, where)


def test_a_renamed_repository_is_followed_and_remembered(live: Live) -> None:
    live.server.script = lambda request: moved(live, request)
    assert live.reader.issue(3) is not None
    live.writer.edit_issue(3, body="b")
    assert [(x.method, x.path) for x in live.server.calls] == [
        ("GET", "/repos/acme/shop/issues/3"),
        ("GET", "/repositories/7/issues/3"),
        ("PATCH", "/repositories/7/issues/3"),
    ]


def test_a_write_follows_a_rename_with_its_body(live: Live) -> None:
    live.server.script = lambda request: moved(live, request)
    live.writer.create_issue("t", "b")
    assert [(x.method, x.path, x.body) for x in live.server.calls] == [
        ("POST", "/repos/acme/shop/issues", {"title": "t", "body": "b"}),
        ("POST", "/repositories/7/issues", {"title": "t", "body": "b"}),
    ]


def test_an_issue_that_went_elsewhere_is_gone(live: Live) -> None:
    where = {"Location": f"{live.server.url}/repositories/99/issues/1"}
    live.server.answers(Answer(301, {"message": "Moved Permanently"}, where))
    assert live.reader.issue(3) is None
    with pytest.raises(Refused) as refused:
        live.writer.edit_issue(3, body="b")
    assert refused.value.status == 410
    assert {request.path for request in live.server.calls} == {"/repos/acme/shop/issues/3"}


def test_no_redirect_leads_to_another_server(live: Live) -> None:
    for where in ("http://127.0.0.1:9/repositories/7/issues/3", "//evil.example/repositories/7"):
        live.server.answers(Answer(301, {}, {"Location": where}))
        with pytest.raises(Retryable):
            live.reader.issue(3)


def test_a_redirect_that_goes_round_ends(live: Live) -> None:
    where = {"Location": f"{live.server.url}/repositories/7/issues/3"}
    live.server.answers(Answer(301, {}, where))
    with pytest.raises(Retryable):
        live.reader.issue(3)
    assert len(live.server.calls) == 2
