"""Signing in and out: through GitHub, with the link that works once, and everything in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from bot.github.visitors import GitHubVisitors
from bot.settings import load_settings
from bot.sign_in_link import make_link
from bot.store import Store
from tests.web.github_stub import GitHubStub
from tests.web.visits import ORIGIN, SHOP, Visits, form_token, keep_story, send
from webhooks.app import create_app


def cookie(answer: TestResponse, name: str) -> SimpleCookie:
    found = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(f"{name}=")]
    assert found, answer.headers
    return SimpleCookie(found[-1])


def test_a_person_signs_in_and_comes_back_to_where_they_wanted_to_go(
    visits: Visits, store: Store, now: datetime
) -> None:
    keep_story(store, now)
    page = "/plans/acme/shop/docs/user-stories/search.md?show=text"
    asked = visits.client().get(page)
    assert dict(parse_qsl(urlsplit(asked.headers["Location"]).query)) == {"next": page}
    browser = visits.sign_in("rita", page)
    assert "rita" in browser.get(page).text


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\tx", ""]
)
def test_nobody_is_led_away_after_signing_in(visits: Visits, onward: str) -> None:
    browser = visits.client()
    answer = browser.get("/sign-in/github", query_string={"next": onward})
    back = visits.github.authorise(answer.headers["Location"], "rita")
    assert browser.get(back.removeprefix(ORIGIN)).headers["Location"] == "/plans"
    assert browser.get("/sign-in", query_string={"next": onward}).headers["Location"] == "/plans"


def test_the_cookie_is_out_of_reach(
    visits: Visits, web_environ: dict[str, str], store: Store
) -> None:
    """On https it is a __Host- cookie; only this machine may do without."""
    browser = visits.client()
    answer = browser.get("/sign-in/github")
    back = visits.github.authorise(answer.headers["Location"], "rita")
    local = cookie(browser.get(back.removeprefix(ORIGIN)), "plansync-session")["plansync-session"]
    assert (local["secure"], local["httponly"], local["samesite"]) == ("", True, "Lax")
    assert (local["path"], local["domain"], local["max-age"]) == ("/", "", str(8 * 3600))

    settings = load_settings(web_environ | {"PLANSYNC_URL": "https://plans.example.com"})
    browser = create_app(settings, store, GitHubVisitors(settings)).test_client()
    answer = browser.get("/sign-in/github", base_url="https://plans.example.com")
    assert "redirect_uri=https%3A%2F%2Fplans.example.com%2Fsign-in%2Fcallback" in answer.location
    back = visits.github.authorise(answer.headers["Location"], "rita")
    answer = browser.get(back.removeprefix("https://plans.example.com"),
                         base_url="https://plans.example.com")  # fmt: skip
    public = cookie(answer, "__Host-plansync-session")["__Host-plansync-session"]
    assert (public["secure"], public["httponly"], public["samesite"]) == (True, True, "Lax")
    assert (public["path"], public["domain"]) == ("/", "")
    assert answer.headers["Strict-Transport-Security"]


def test_behind_a_proxy_that_says_nothing_the_cookie_is_a_secure_one(app: Flask) -> None:
    answer = app.test_client().get("/sign-in/github", base_url="http://plans.example.com")
    assert cookie(answer, "__Host-plansync-signin")["__Host-plansync-signin"]["secure"]
    assert "redirect_uri=https%3A%2F%2Fplans.example.com" in answer.location


CHROME = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-in/link?token=x"])
def test_a_browser_that_cannot_keep_a_sign_in_is_told_why(app: Flask, path: str) -> None:
    """Over plain http from another machine the cookies would be dropped without a word."""

    def told(address: str, **headers: str) -> bool:
        page = app.test_client().get(path, base_url=address, headers=CHROME | headers).text
        return "keeps no cookie" in page and "sets PLANSYNC_URL" in page

    assert told("http://192.168.7.5:3000")
    assert not told("http://127.0.0.1:3000")
    assert not told("http://[::1]:3000")
    assert not told("http://plans.example.com", **{"Sec-Fetch-Site": "none"}), "behind a TLS proxy"


@pytest.mark.parametrize("host", ["[", "[::1", "a:b:c", "x:99999999", "", "٣:٣"])
def test_an_odd_host_is_no_fault(app: Flask, host: str) -> None:
    headers = CHROME | {"Host": host}
    assert app.test_client().get("/sign-in", headers=headers).status_code < 500
    answer = app.test_client().post("/sign-out", headers=headers | {"Origin": f"http://{host}"})
    assert answer.status_code < 500


def test_a_form_over_plain_http_is_answered_with_what_to_set(app: Flask) -> None:
    browser = app.test_client()
    address = "http://192.168.7.5:3000"
    answer = browser.post("/sign-in/link", base_url=address, headers={"Origin": address})
    assert answer.status_code == 403
    assert "over plain http at http://192.168.7.5:3000" in answer.text
    assert "ssh -L 3000:127.0.0.1:3000" in answer.text


def test_who_comes_by_another_address_is_told_the_right_one(
    web_environ: dict[str, str], store: Store
) -> None:
    settings = load_settings(web_environ | {"PLANSYNC_URL": "https://plans.example.com"})
    browser = create_app(settings, store, GitHubVisitors(settings)).test_client()
    answer = browser.post("/sign-in/link", headers={"Origin": "http://10.0.0.5:3000"})
    assert "plansync is reached at https://plans.example.com, and at no other" in answer.text
    answer = browser.get("/sign-in/callback?code=a&state=b")
    assert "in another browser, not at https://plans.example.com" in answer.text


def test_a_sign_in_that_was_begun_elsewhere_is_refused(visits: Visits) -> None:
    """Otherwise somebody could sign others in as themselves."""
    attacker, victim = visits.client(), visits.client()
    back = visits.github.authorise(attacker.get("/sign-in/github").location, "sam")
    victim.get("/sign-in/github")
    answer = victim.get(back.removeprefix(ORIGIN))
    assert (answer.status_code, "in another browser" in answer.text) == (403, True)
    assert victim.get("/plans").status_code == 303
    assert visits.client().get(back.removeprefix(ORIGIN)).status_code == 403


def test_a_code_and_a_state_work_once(visits: Visits) -> None:
    browser = visits.client()
    back = visits.github.authorise(browser.get("/sign-in/github").location, "rita")
    assert browser.get(back.removeprefix(ORIGIN)).status_code == 303
    assert browser.get(back.removeprefix(ORIGIN)).status_code == 403


def test_a_code_without_its_verifier_is_worth_nothing(visits: Visits) -> None:
    """PKCE: whoever caught a code cannot use it."""
    one, other = visits.client(), visits.client()
    caught = visits.github.authorise(one.get("/sign-in/github").location, "rita")
    code = dict(parse_qsl(urlsplit(caught).query))["code"]
    state = dict(parse_qsl(urlsplit(other.get("/sign-in/github").location).query))["state"]
    answer = other.get("/sign-in/callback", query_string={"code": code, "state": state})
    assert (answer.status_code, "bad_verification_code" in answer.text) == (403, True)


def test_who_says_no_on_github_is_told_so(visits: Visits) -> None:
    browser = visits.client()
    state = dict(parse_qsl(urlsplit(browser.get("/sign-in/github").location).query))["state"]
    query = {"error": "access_denied", "state": state}
    answer = browser.get("/sign-in/callback", query_string=query)
    assert (answer.status_code, "asked not to" in answer.text) == (403, True)


def test_a_session_gets_a_new_secret_at_every_sign_in(visits: Visits) -> None:
    browser = visits.sign_in("rita")
    first = browser.get_cookie("plansync-session")
    assert first is not None
    back = visits.github.authorise(browser.get("/sign-in/github").location, "olga")
    browser.get(back.removeprefix(ORIGIN))
    second = browser.get_cookie("plansync-session")
    assert second is not None
    assert first.value != second.value
    old = visits.client()
    old.set_cookie("plansync-session", first.value)
    assert old.get("/plans").status_code == 303


def test_a_cookie_that_somebody_planted_signs_nobody_in(visits: Visits) -> None:
    browser = visits.client()
    browser.set_cookie("plansync-session", "planted")
    back = visits.github.authorise(browser.get("/sign-in/github").location, "rita")
    browser.get(back.removeprefix(ORIGIN))
    planted = visits.client()
    planted.set_cookie("plansync-session", "planted")
    assert planted.get("/plans").status_code == 303


def test_signing_out_ends_the_session_for_good(visits: Visits) -> None:
    browser = visits.sign_in("rita")
    kept = browser.get_cookie("plansync-session")
    assert kept is not None
    assert send(browser, "/sign-out", form=form_token(browser)).status_code == 303
    assert browser.get("/plans").status_code == 303
    copy = visits.client()
    copy.set_cookie("plansync-session", kept.value)
    assert copy.get("/plans").status_code == 303


def test_a_session_lasts_eight_hours(
    web_environ: dict[str, str], store: Store, github: GitHubStub, now: datetime
) -> None:
    settings = load_settings(web_environ)
    clock = [now]
    app = create_app(settings, store, GitHubVisitors(settings), clock=lambda: clock[0])
    browser = Visits(app.test_client, github, store).sign_in("rita")
    clock[0] = now + timedelta(hours=8, seconds=-1)
    assert browser.get("/plans").status_code == 200
    clock[0] = now + timedelta(hours=8)
    assert browser.get("/plans").status_code == 303


def test_no_token_of_a_person_is_readable_in_the_database(visits: Visits, store: Store) -> None:
    browser = visits.sign_in("rita")
    (token,) = visits.github.tokens
    secret = browser.get_cookie("plansync-session")
    assert secret is not None
    with store._db.read() as connection:
        (row,) = connection.execute(sa.text("SELECT * FROM sessions")).all()
    assert "rita" in row
    assert token not in str(row)
    assert secret.value not in str(row)


def test_another_key_of_the_app_signs_everybody_out(
    visits: Visits, web_environ: dict[str, str], store: Store
) -> None:
    from bot.emulator.process import generate_private_key

    kept = visits.sign_in("rita").get_cookie("plansync-session")
    assert kept is not None
    settings = load_settings(web_environ | {"PRIVATE_KEY": generate_private_key()})
    browser = create_app(settings, store, GitHubVisitors(settings)).test_client()
    browser.set_cookie("plansync-session", kept.value)
    assert browser.get("/plans").status_code == 303


def test_the_printed_link_signs_in_once_and_shows_everything(
    environ: dict[str, str], store: Store, now: datetime
) -> None:
    keep_story(store, now)
    app = create_app(load_settings(environ), store, clock=lambda: now)
    link = make_link(store, now)
    for _ in range(2):
        app.test_client().get(link)  # a preview uses nothing up
    browser = app.test_client()
    token = form_token(browser, link)
    secret = link.split("token=")[1]
    assert send(browser, "/sign-in/link", form=token, token=secret).status_code == 303
    assert "Search" in browser.get("/plans").text
    other = app.test_client()
    again = send(other, "/sign-in/link", form=form_token(other, link), token=secret)
    assert (again.status_code, "used already" in again.text) == (403, True)


def test_the_printed_link_expires(environ: dict[str, str], store: Store, now: datetime) -> None:
    link = make_link(store, now - timedelta(hours=1))
    app = create_app(load_settings(environ), store, clock=lambda: now)
    browser = app.test_client()
    answer = send(browser, "/sign-in/link", form=form_token(browser, link),
                  token=link.split("token=")[1])  # fmt: skip
    assert answer.status_code == 403


def test_the_person_of_the_link_sees_what_github_was_never_asked_about(
    visits: Visits, app: Flask, store: Store, now: datetime
) -> None:
    keep_story(store, now)
    link = make_link(store, now)
    browser = app.test_client()
    send(browser, "/sign-in/link", form=form_token(browser, link),
         token=link.split("token=")[1])  # fmt: skip
    visits.github.asked.clear()
    assert "acme/shop" in browser.get("/plans").text
    assert visits.github.asked == []
    assert SHOP.full_name in browser.get("/api/plans").text
