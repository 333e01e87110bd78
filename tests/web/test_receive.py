"""``POST /webhooks/github``: every answer of the contract, and what is stored."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import webhooks.receive
from bot.settings import load_settings
from bot.store import Store
from webhooks.app import create_app
from webhooks.receive import MAX_BODY_BYTES
from webhooks.signature import is_signed, sign

SECRET = b"It's a Secret to Everybody"
PUBLISHED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


class CountedStream(io.RawIOBase):
    """An endless body that counts how much of it was read, and the largest single read."""

    def __init__(self) -> None:
        self.read_bytes = 0
        self.largest = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "an unbounded read"
        self.read_bytes += size
        self.largest = max(self.largest, size)
        return b"x" * size


@pytest.fixture
def client(environ: dict[str, str], store: Store) -> Iterator[FlaskClient]:
    with create_app(load_settings(environ), store).test_client() as made:
        yield made


def post(
    client: FlaskClient,
    body: bytes = b'{"zen": "Keep it logically awesome."}',
    *,
    secret: bytes = SECRET,
    content_type: str = "application/json",
    **changed: str | None,
) -> TestResponse:
    headers: dict[str, str | None] = {
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": sign(secret, body),
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    given = {name: value for name, value in headers.items() if value is not None}
    return client.post("/webhooks/github", data=body, content_type=content_type, headers=given)


def test_the_signature_that_github_publishes() -> None:
    assert sign(SECRET, b"Hello, World!") == PUBLISHED
    assert is_signed(PUBLISHED, b"Hello, World!", [SECRET])
    assert is_signed(PUBLISHED, b"Hello, World!", [b"another", SECRET])
    assert not is_signed(PUBLISHED, b"Hello, World?", [SECRET])
    assert not is_signed(PUBLISHED, b"Hello, World!", [b"another"])
    assert not is_signed("sha256=\udcff", b"Hello, World!", [SECRET])


def test_a_delivery_is_stored_before_the_answer(client: FlaskClient, store: Store) -> None:
    body = b'{"a": "\xc3\xa9"}  '
    answer = post(client, body)
    assert (answer.status_code, answer.get_json()) == (202, {"status": "stored"})
    (delivery,) = store.new_deliveries()
    assert (delivery.event, delivery.body) == ("ping", body)
    assert delivery.guid == "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def test_a_replayed_delivery_is_accepted_and_stored_once(client: FlaskClient, store: Store) -> None:
    assert post(client).get_json() == {"status": "stored"}
    again = post(client)
    assert (again.status_code, again.get_json()) == (202, {"status": "known"})
    assert len(store.new_deliveries()) == 1


def test_an_unknown_event_is_stored(client: FlaskClient, store: Store) -> None:
    assert post(client, X_GitHub_Event="brand_new_event").status_code == 202
    assert store.new_deliveries()[0].event == "brand_new_event"


@pytest.mark.parametrize(
    "signature", [None, "", "sha256=", "sha256=" + "0" * 64, PUBLISHED, "sha1=" + "0" * 40]
)
def test_a_missing_or_wrong_signature_is_401(
    client: FlaskClient, store: Store, signature: str | None
) -> None:
    answer = post(client, X_Hub_Signature_256=signature)
    assert answer.status_code == 401
    assert store.new_deliveries() == []


def test_while_the_secret_changes_both_are_good(environ: dict[str, str], store: Store) -> None:
    environ["WEBHOOK_SECRET_PREVIOUS"] = "old"
    client = create_app(load_settings(environ), store).test_client()
    assert post(client, b"{}", secret=b"old").status_code == 202
    assert post(client, b'{"b":1}', secret=SECRET).status_code == 202
    assert post(client, b'{"c":1}', secret=b"older").status_code == 401


@pytest.mark.parametrize("header", ["X-GitHub-Event", "X-GitHub-Delivery"])
@pytest.mark.parametrize("value", [None, "", "a b", "x" * 200, "../x", "é"])
def test_a_missing_or_malformed_header_is_400(
    client: FlaskClient, store: Store, header: str, value: str | None
) -> None:
    answer = post(client, **{header: value})
    assert answer.status_code == 400
    assert header in answer.get_json()["reason"]
    assert store.new_deliveries() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'"text"', b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000, b"{}{}"],
)
def test_a_signed_body_that_is_no_json_object_is_400(
    client: FlaskClient, store: Store, body: bytes
) -> None:
    assert post(client, body).status_code == 400
    assert store.new_deliveries() == []


def test_the_signature_is_checked_before_the_json(client: FlaskClient) -> None:
    assert post(client, b"not json", secret=b"wrong").status_code == 401


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "", "application/jsonx"]
)
def test_another_content_type_is_415(client: FlaskClient, content_type: str) -> None:
    assert post(client, content_type=content_type).status_code == 415


def test_a_charset_may_be_named(client: FlaskClient) -> None:
    assert post(client, content_type="application/json; charset=utf-8").status_code == 202


def test_26_mib_are_413_and_nothing_is_read(client: FlaskClient, store: Store) -> None:
    stream = CountedStream()
    answer = client.post(
        "/webhooks/github",
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(26 * 1024 * 1024), "wsgi.input": stream},
    )
    assert answer.status_code == 413
    assert stream.read_bytes == 0
    assert store.new_deliveries() == []


def test_a_body_of_unknown_length_is_cut_off_at_the_cap(client: FlaskClient) -> None:
    stream = CountedStream()
    answer = client.post(
        "/webhooks/github",
        headers={
            "X-GitHub-Event": "ping",
            "X-GitHub-Delivery": "1",
            "X-Hub-Signature-256": "sha256=" + "0" * 64,
        },
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "wsgi.input": stream},
    )
    assert answer.status_code == 413
    assert stream.read_bytes <= MAX_BODY_BYTES + stream.largest
    assert stream.largest <= 1024 * 1024


def test_a_body_that_trickles_in_is_given_up(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.receive.READ_SECONDS", -1.0)
    answer = post(client)
    assert (answer.status_code, "too long" in answer.get_json()["reason"]) == (400, True)


def test_only_some_large_bodies_are_held_at_once(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.receive._large_bodies", threading.BoundedSemaphore(1))
    large = b'{"a":"' + b"x" * 2_000_000 + b'"}'
    with webhooks.receive._large_bodies:
        answer = post(client, large)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert post(client, b"{}").status_code == 202
    assert post(client, large, secret=b"wrong").status_code == 401
    assert post(client, large).status_code == 202


def test_exactly_25_mib_are_taken(client: FlaskClient, store: Store) -> None:
    filler = MAX_BODY_BYTES - len(b'{"a":""}')
    body = b'{"a":"' + b"x" * filler + b'"}'
    assert len(body) == MAX_BODY_BYTES
    assert post(client, body).status_code == 202
    assert store.new_deliveries()[0].body == body


def test_a_body_that_ends_early_is_400(client: FlaskClient) -> None:
    body = b"{}"
    answer = client.post(
        "/webhooks/github",
        headers={
            "X-GitHub-Event": "ping",
            "X-GitHub-Delivery": "1",
            "X-Hub-Signature-256": sign(SECRET, body),
        },
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "10", "wsgi.input": io.BytesIO(body)},
    )
    assert answer.status_code == 400


def test_a_store_that_cannot_take_it_is_503(environ: dict[str, str], sqlite_url: str) -> None:
    never_migrated = Store(sqlite_url, busy_seconds=0.1)
    client = create_app(load_settings(environ), never_migrated).test_client()
    answer = post(client)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_get_is_no_delivery(client: FlaskClient) -> None:
    assert client.get("/webhooks/github").status_code == 405


def test_the_answer_is_json_and_names_no_secret(client: FlaskClient) -> None:
    answer = post(client, X_Hub_Signature_256="sha256=" + "0" * 64)
    assert json.loads(answer.data)["status"] == "rejected"
    assert b"Everybody" not in answer.data
    assert sign(SECRET, b"{}").encode() not in answer.data
