"""Who the gateway is to GitHub: JWTs, tokens, one client per thread, writes spaced out."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from bot.errors import Retryable
from bot.github.auth import BadPrivateKey
from bot.github.live import Installation
from bot.github.ports import Refused
from bot.github.snapshots import RepoRef
from tests.github.conftest import Live
from tests.github.script import TOKEN_PATH, Answer, Request

ISSUE = {
    "number": 3,
    "title": "t",
    "body": "b",
    "state": "open",
    "created_at": "2026-01-01T00:00:00Z",
}


def test_a_token_is_for_one_repository_and_no_more_than_is_needed(live: Live) -> None:
    live.server.answers(Answer(200, ISSUE))
    live.reader.issue(3)
    minted, call = live.server.requests
    assert (minted.method, minted.path) == ("POST", TOKEN_PATH)
    assert minted.body == {
        "repository_ids": [7],
        "permissions": {
            "metadata": "read",
            "contents": "write",
            "issues": "write",
            "pull_requests": "write",
            "checks": "write",
        },
    }
    assert call.headers["Authorization"] == "Bearer token-1"
    assert call.headers["Accept"] == "application/vnd.github+json"
    assert call.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert call.headers["User-Agent"] == "plansync"


def test_the_jwt_is_the_apps_and_short(live: Live, private_key: str) -> None:
    assert live.gateway.app_slug == "plansync"
    (request,) = live.server.requests
    kind, token = request.headers["Authorization"].split()
    key = load_pem_private_key(private_key.encode(), None).public_key()
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(token, public, algorithms=["RS256"], options={"verify_exp": False})
    now = int(live.clock.now.timestamp())
    assert (kind, claims["iss"], claims["iat"]) == ("Bearer", "4711", now - 60)
    assert now < claims["exp"] <= now + 600 - 60
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


def test_a_token_is_kept_until_five_minutes_before_its_end(live: Live) -> None:
    live.server.answers(Answer(200, ISSUE))
    live.reader.issue(3)
    live.reader.issue(3)
    live.clock.forward(54 * 60)
    live.writer.edit_issue(3, body="x")
    assert live.server.minted == 1
    live.clock.forward(60)
    live.reader.issue(3)
    assert live.server.minted == 2
    assert live.server.requests[-1].headers["Authorization"] == "Bearer token-2"


def test_each_repository_has_its_own_token(live: Live) -> None:
    live.server.answers(Answer(200, ISSUE))
    live.reader.issue(3)
    live.gateway.reader(RepoRef(8, "acme/other", 815)).issue(3)
    bodies = [x.body["repository_ids"] for x in live.server.requests if x.path == TOKEN_PATH]
    assert bodies == [[7], [8]]
    assert live.server.requests[-1].headers["Authorization"] == "Bearer token-2"


def test_a_refused_token_is_replaced_once(live: Live) -> None:
    live.server.answers(Answer(401, {"message": "Bad credentials"}), Answer(201, ISSUE))
    assert live.writer.create_issue("t", "b").number == 3
    assert [(x.method, x.headers["Authorization"]) for x in live.server.calls] == [
        ("POST", "Bearer token-1"),
        ("POST", "Bearer token-2"),
    ]
    live.writer.create_issue("t", "b")
    assert live.server.minted == 2


def test_a_token_that_is_refused_again_is_given_back(live: Live) -> None:
    live.server.answers(Answer(401, {"message": "Bad credentials"}))
    with pytest.raises(Retryable):
        live.writer.create_issue("t", "b")
    assert len(live.server.calls) == 2


def test_an_app_that_is_refused_says_what_to_check(live: Live) -> None:
    def refuse(request: Request) -> Answer:
        return Answer(401, {"message": "A JSON web token could not be decoded"})

    live.server.script = refuse
    with pytest.raises(Retryable, match="APP_ID, PRIVATE_KEY and the clock"):
        live.gateway.installations()
    assert len(live.server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(404, {"message": "Not Found"}), Refused),
        (Answer(422, {"message": "The permissions requested are not granted"}), Refused),
        (Answer(201, {"token": "", "expires_at": "2026-03-01T13:00:00Z"}), Retryable),
        (Answer(201, {"token": "x", "expires_at": "soon"}), Retryable),
        (Answer(502, text="<html>"), Retryable),
    ],
)
def test_no_token_no_request(live: Live, answer: Answer, error: type[Exception]) -> None:
    repo = RepoRef(7, "acme/shop", 816)
    live.server.answers(answer)
    with pytest.raises(error):
        live.gateway.writer(repo).create_issue("t", "b")
    assert [x.path for x in live.server.requests] == ["/app/installations/816/access_tokens"]


def test_a_key_that_is_none_is_told(open_live: Callable[..., Live]) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    other = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for key in ("", "no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", other):
        with pytest.raises(BadPrivateKey) as error:
            open_live(key=key)
        assert "AAAA" not in str(error.value)


def test_no_token_reaches_the_log(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    live.server.answers(Answer(200, ISSUE))
    live.reader.issue(3)
    assert live.gateway.app_slug
    assert "token-1" not in caplog.text
    assert "eyJ" not in caplog.text


def test_threads_do_not_get_each_others_answers(live: Live) -> None:
    def echo(request: Request) -> Answer:
        number = int(request.path.rsplit("/", 1)[1])
        return Answer(200, {**ISSUE, "number": number, "title": request.method})

    live.server.script = echo
    reader, writer = live.reader, live.writer
    wrong: list[object] = []

    def work(start: int) -> None:
        for number in range(start, start + 50):
            read, written = reader.issue(number), writer.edit_issue(number, body="x")
            if read is None or (read.number, read.title) != (number, "GET"):
                wrong.append(read)
            if (written.number, written.title) != (number, "PATCH"):
                wrong.append(written)

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(1, 9)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert live.server.minted == 1
    assert sum(x.method == "PATCH" for x in live.server.calls) == 400
    # A connection each, kept open.
    assert live.server.connections == 8


def test_writes_keep_their_distance_and_reads_need_none(open_live: Callable[..., Live]) -> None:
    live = open_live(interval=1.0)
    live.server.answers(Answer(200, ISSUE))
    start = live.clock.now
    for _ in range(3):
        live.writer.edit_issue(3, body="x")
        live.reader.issue(3)
    assert live.clock.slept == [1.0, 1.0]
    live.clock.forward(0.4)
    live.writer.edit_issue(3, body="x")
    assert live.clock.slept[2:] == [pytest.approx(0.6)]
    live.clock.forward(10)
    live.writer.edit_issue(3, body="x")
    assert len(live.clock.slept) == 3
    assert live.clock.now - start == timedelta(seconds=13)


def test_a_long_queue_of_writes_goes_back(open_live: Callable[..., Live]) -> None:
    live = open_live(interval=4.0)
    live.server.answers(Answer(200, ISSUE))
    slots: list[float] = []

    def queue(seconds: float) -> None:
        slots.append(seconds)

    live.gateway._pace._sleep = queue
    live.writer.edit_issue(3, body="x")
    live.writer.edit_issue(3, body="x")
    came = len(live.server.requests)
    with pytest.raises(Retryable) as error:
        live.writer.edit_issue(3, body="x")
    assert slots == [4.0]
    assert error.value.until == live.clock.now + timedelta(seconds=8)
    assert len(live.server.requests) == came


def test_every_request_is_observed(live: Live) -> None:
    live.server.answers(Answer(200, ISSUE), Answer(reset=True))
    live.reader.issue(3)
    with pytest.raises(Retryable):
        live.reader.issue(3)
    assert [call[:3] for call in live.seen] == [
        ("POST", TOKEN_PATH, 201),
        ("GET", "/repos/acme/shop/issues/3", 200),
        ("GET", "/repos/acme/shop/issues/3", 0),
    ]
    assert all(0 <= call[3] < 5 for call in live.seen)


# Where the App is installed.


def repository(number: int, **more: object) -> dict[str, object]:
    return {"id": number, "full_name": f"acme/r{number}", **more}


def test_all_repositories_of_all_installations(live: Live) -> None:
    def script(request: Request) -> Answer:
        page = int(request.query.get("page", 0))
        more = {"Link": '<x>; rel="next"'} if page == 1 else {}
        if request.path == "/app/installations":
            found = [
                {"id": 900 + page, "account": {"login": "acme"}, "suspended_at": None},
                {"id": 910 + page, "account": {"login": "gone"}, "suspended_at": "2026-01-01"},
            ]
            return Answer(200, found, more)
        if request.path == "/app/installations/901/access_tokens":
            body = {"token": "wide", "expires_at": "2026-03-01T13:00:00Z"}
            return Answer(201, {**body, "repository_selection": "all"})
        if request.path == "/app/installations/902/access_tokens":
            return Answer(404, {"message": "Not Found"})
        if request.path == "/installation/repositories":
            assert request.headers["Authorization"] == "Bearer wide"
            listed = [repository(page), repository(10 + page, archived=True)]
            return Answer(200, {"total_count": 4, "repositories": listed}, more)
        raise AssertionError(request)

    live.server.script = script
    assert live.gateway.installations() == [
        Installation(901, "acme"),
        Installation(911, "gone", suspended=True),
        Installation(902, "acme"),
        Installation(912, "gone", suspended=True),
    ]
    assert live.gateway.repositories() == [RepoRef(1, "acme/r1", 901), RepoRef(2, "acme/r2", 901)]
    minted = [x for x in live.server.requests if x.path.endswith("/access_tokens")]
    assert minted[0].body == {"permissions": {"metadata": "read"}}


def test_selected_repositories_come_with_the_token(live: Live) -> None:
    live.server.answers(
        Answer(
            201,
            {
                "token": "wide",
                "expires_at": "2026-03-01T13:00:00Z",
                "repository_selection": "selected",
                "repositories": [repository(5)],
            },
        )
    )
    assert live.gateway.repositories(900) == [RepoRef(5, "acme/r5", 900)]
    assert len(live.server.requests) == 1


def test_a_repository_is_found_by_its_name(live: Live) -> None:
    def script(request: Request) -> Answer:
        if request.path == "/repos/acme/r5/installation":
            return Answer(200, {"id": 900})
        if request.path == "/app/installations/900/access_tokens":
            assert request.body["repositories"] == ["r5"]
            return Answer(201, {"token": "x", "repositories": [repository(5)]})
        return Answer(404, {"message": "Not Found"})

    live.server.script = script
    assert live.gateway.find("acme/r5") == RepoRef(5, "acme/r5", 900)
    assert live.gateway.find("acme/other") is None
    came = len(live.server.requests)
    for name in ("acme", "acme/..", "../app", "acme/r5/x", "a b/c", "acme/r5?x=1", ""):
        assert live.gateway.find(name) is None
    assert len(live.server.requests) == came
