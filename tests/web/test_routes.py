"""Every route, asked by everybody who could: the answer that is stated here, and no other.

A route without a row fails; those of the operator's blueprint share one rule.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from bot.settings import load_settings
from bot.store import Store
from tests.web.visits import LAB, Visits, form_token, keep_story, send
from webhooks.app import create_app

ANYBODY = {"anonymous": 200, "stranger": 200, "reader": 200, "operator": 200}
SIGNED_IN = {"anonymous": 303, "stranger": 200, "reader": 200, "operator": 200}
OF_A_PLAN = {"anonymous": 303, "stranger": 404, "reader": 200, "operator": 200}

GETS: dict[str, dict[str, int]] = {
    "front": {"anonymous": 200, "stranger": 303, "reader": 303, "operator": 303},
    "health.healthz": ANYBODY,
    "health.readyz": ANYBODY,
    "health.metrics": ANYBODY,
    "look.style": ANYBODY,
    "look.icon": ANYBODY,
    "badge.badge": ANYBODY,
    "signin.ask": {"anonymous": 200, "stranger": 303, "reader": 303, "operator": 303},
    "signin.github": {"anonymous": 302, "stranger": 302, "reader": 302, "operator": 302},
    # Without the state that this browser was given.
    "signin.callback": {"anonymous": 403, "stranger": 403, "reader": 403, "operator": 403},
    "signin.link": ANYBODY,
    "plans.plans": SIGNED_IN,
    "plans.api_plans": SIGNED_IN | {"anonymous": 401},
    "plan.plan": OF_A_PLAN,
}
"""What a GET answers to nobody, to who may read nothing, to a reader, and to an operator."""

POSTS: dict[str, dict[str, int]] = {
    # Signed by GitHub, or refused: nobody's session matters.
    "receive.receive": {"anonymous": 415, "stranger": 415, "reader": 415, "operator": 415},
    # The link is none; with a good form that is said, and nobody gets in.
    "signin.use_link": {"anonymous": 403, "stranger": 403, "reader": 403, "operator": 403},
    "signin.out": {"anonymous": 401, "stranger": 303, "reader": 303, "operator": 303},
}
"""What a POST with the right token and origin answers."""

UNPROTECTED = {"receive.receive"}
OPERATOR_GET = {"anonymous": {303}, "stranger": {403}, "reader": {403}, "operator": {200, 303, 404}}
OPERATOR_POST = {
    "anonymous": {401},
    "stranger": {403},
    "reader": {403},
    "operator": {200, 302, 303, 400, 404, 409, 422},
}
OWN_TESTS = {"setup"}
"""Blueprints that are open only while nothing is set up, with tests of their own."""
PEOPLE = {"anonymous": "", "stranger": "sam", "reader": "rita", "operator": "olga"}
VALUES = {
    "owner": "acme",
    "name": "shop",
    "path": "docs/user-stories/search.md",
    "mark": "0",
}


def rules(app: Flask, method: str) -> list[Rule]:
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return [rule for rule in found if rule.endpoint.split(".")[0] not in OWN_TESTS]


def address(app: Flask, rule: Rule) -> str:
    values = {name: VALUES.get(name, "1") for name in rule.arguments}
    converted = {
        name: int(value) if type(rule._converters[name]).__name__ == "IntegerConverter" else value
        for name, value in values.items()
    }
    return app.url_map.bind("localhost").build(rule.endpoint, converted)


def of_operators(rule: Rule) -> bool:
    return rule.endpoint.startswith("operator.")


@pytest.fixture
def browsers(visits: Visits, store: Store, now: datetime) -> dict[str, FlaskClient]:
    keep_story(store, now)
    keep_story(store, now, LAB)
    return {
        role: visits.sign_in(login) if login else visits.client() for role, login in PEOPLE.items()
    }


def test_every_get_answers_what_is_stated(app: Flask, browsers: dict[str, FlaskClient]) -> None:
    for rule in rules(app, "GET"):
        for role, browser in browsers.items():
            got = browser.get(address(app, rule))
            if of_operators(rule):
                assert got.status_code in OPERATOR_GET[role], (rule.rule, role)
            else:
                assert rule.endpoint in GETS, f"{rule.rule} has no row in GETS"
                assert got.status_code == GETS[rule.endpoint][role], (rule.rule, role, got.text)
            if got.status_code == 303 and role == "anonymous":
                assert got.headers["Location"].startswith("/sign-in?next="), rule.rule


def test_no_get_changes_anything(
    app: Flask, browsers: dict[str, FlaskClient], store: Store
) -> None:
    def held() -> list[str]:
        with sqlite3.connect(str(store.sqlite_file)) as connection:
            return list(connection.iterdump())

    before = held()
    for rule in rules(app, "GET"):
        for browser in browsers.values():
            browser.get(address(app, rule))
        assert held() == before, rule.rule


def test_every_post_answers_what_is_stated(
    app: Flask, visits: Visits, store: Store, now: datetime
) -> None:
    keep_story(store, now)
    for rule in rules(app, "POST"):
        for role, login in PEOPLE.items():
            browser = visits.sign_in(login) if login else visits.client()
            token = form_token(browser, "/sign-in/link")
            got = send(browser, address(app, rule), form=token)
            if of_operators(rule):
                assert got.status_code in OPERATOR_POST[role], (rule.rule, role)
            else:
                assert rule.endpoint in POSTS, f"{rule.rule} has no row in POSTS"
                assert got.status_code == POSTS[rule.endpoint][role], (rule.rule, role, got.text)


@pytest.mark.thorough
@pytest.mark.parametrize("fault", ["no token", "wrong token", "another's token", "no origin",
                                   "foreign origin", "null origin"])  # fmt: skip
def test_no_post_is_taken_from_a_foreign_or_forged_form(
    app: Flask, visits: Visits, store: Store, now: datetime, fault: str
) -> None:
    keep_story(store, now)
    for rule in rules(app, "POST"):
        if rule.endpoint in UNPROTECTED:
            continue
        for role, login in PEOPLE.items():
            browser = visits.sign_in(login) if login else visits.client()
            token = form_token(browser, "/sign-in/link")
            origin: str | None = "http://localhost"
            match fault:
                case "no token":
                    token = ""
                case "wrong token":
                    token = ("B" if token[0] == "A" else "A") + token[1:]
                case "another's token":
                    token = form_token(visits.sign_in("olga"), "/sign-in/link")
                case "no origin":
                    origin = None
                case "foreign origin":
                    origin = "https://evil.example"
                case "null origin":
                    origin = "null"
            got = send(browser, address(app, rule), form=token, origin=origin)
            signed_out = role == "anonymous" and rule.endpoint != "signin.use_link"
            assert got.status_code in ({401, 403} if signed_out else {403}), (rule.rule, role)
            if login:
                assert browser.get("/plans").status_code == 200, "a forged form had an effect"


def test_without_github_nobody_signs_in_there(environ: dict[str, str], store: Store) -> None:
    client = create_app(load_settings(environ), store).test_client()
    assert client.get("/sign-in/github").status_code == 404
    assert client.get("/sign-in/callback?code=a&state=b").status_code == 404
    assert "prints a link" in client.get("/sign-in").text
    public = create_app(load_settings(environ | {"HOST": "0.0.0.0"}), store).test_client()
    assert "GITHUB_CLIENT_SECRET" in public.get("/sign-in").text


def test_an_unknown_address_is_a_page_and_in_the_api_json(visits: Visits) -> None:
    got = visits.client().get("/nowhere")
    assert (got.status_code, got.mimetype) == (404, "text/html")
    got = visits.sign_in("rita").get("/api/nothing")
    assert (got.status_code, got.mimetype) == (404, "application/json")


def test_a_form_that_is_too_large_is_refused(visits: Visits) -> None:
    browser = visits.sign_in("rita")
    got = send(browser, "/sign-out", form=form_token(browser), padding="x" * 100_000)
    assert got.status_code == 413
    assert browser.get("/plans").status_code == 200
