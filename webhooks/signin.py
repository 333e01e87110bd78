"""Signing in: through GitHub where the App's OAuth is set up, else with a link that works once.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from urllib.parse import quote

import structlog
from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from bot.github.visiting import SignInRefused, Visitors
from bot.settings import Settings
from bot.sign_in_link import hashed
from bot.store import Store
from webhooks.address import is_loopback, local_path, own_origin
from webhooks.look import Look
from webhooks.security import Guard
from webhooks.session import LOCAL

_ON_THE_WAY = timedelta(minutes=10)

log = structlog.get_logger("plansync.signin")


def blueprint(
    settings: Settings, store: Store, guard: Guard, look: Look, visitors: Visitors | None
) -> Blueprint:
    """The ways in and the way out."""
    pages = Blueprint("signin", __name__)
    sessions, keys = guard.sessions, guard.keys

    def refused(reason: str, status: int = 403) -> Response:
        log.warning("sign-in refused", reason=reason)
        return look.page("refused.html", status, reason=reason)

    @pages.get("/sign-in")
    def ask() -> AnyResponse:
        onward = local_path(request.args.get("next", ""))
        if guard.visitor() is not None:
            return redirect(onward, 303)
        way = "/sign-in/github?next=" + quote(onward, safe="")
        local = is_loopback(settings.host)
        return look.page("signin.html", through_github=visitors is not None, way=way, local=local)

    @pages.get("/sign-in/github")
    def github() -> AnyResponse:
        if visitors is None:
            raise NotFound
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        there = visitors.authorize_url(
            state=state, verifier=verifier, redirect_uri=_callback(settings)
        )
        answer = redirect(there, 302)
        way = {"state": state, "verifier": verifier, "next": request.args.get("next", "")}
        sessions.set_cookie(request, answer, "signin", keys.seal(way), _ON_THE_WAY)
        return answer

    @pages.get("/sign-in/callback")
    def callback() -> AnyResponse:
        if visitors is None:
            raise NotFound
        seconds = int(_ON_THE_WAY.total_seconds())
        way = keys.unseal(sessions.cookie(request, "signin"), seconds) or {}
        state = str(way.get("state", ""))
        given = request.args.get("state", "").encode("utf-8", "replace")
        if not state or not hmac.compare_digest(given, state.encode()):
            where = f", not at {settings.public_url}" if settings.public_url else ""
            return refused(
                f"This sign-in was begun in another browser{where}, or more than 10 minutes ago."
            )
        code = request.args.get("code", "")
        if not code:
            return refused("GitHub was asked not to let you in.")
        try:
            verifier = str(way.get("verifier", ""))
            with guard.access.turn():
                token = visitors.exchange(
                    code=code, verifier=verifier, redirect_uri=_callback(settings)
                )
                person = visitors.who(token)
        except SignInRefused as refusal:
            return refused(str(refusal))
        answer = redirect(local_path(str(way.get("next", ""))), 303)
        sessions.begin(request, answer, person, token, guard.clock())
        sessions.drop_cookie(request, answer, "signin")
        log.info("signed in", login=person.login)
        return answer

    @pages.get("/sign-in/link")
    def link() -> Response:
        return look.page("link.html", token=request.args.get("token", ""))

    @pages.post("/sign-in/link")
    def use_link() -> AnyResponse:
        token = request.form.get("token", "")
        if not token or not store.end_session(hashed(token), "link", guard.clock()):
            return refused(
                "This link was used already, or is older than an hour. "
                "Start plansync serve again: it prints a new one."
            )
        answer = redirect("/plans", 303)
        sessions.begin(request, answer, LOCAL, "", guard.clock())
        log.info("signed in", login=LOCAL.login)
        return answer

    @pages.post("/sign-out")
    def out() -> AnyResponse:
        return guard.sign_out(redirect("/", 303))

    return pages


def _callback(settings: Settings) -> str:
    return own_origin(request, settings) + "/sign-in/callback"
