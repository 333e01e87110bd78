"""What stands before every page: whose form is it, who is there, may they come in.

The answer depends on the endpoint alone. ``OPEN`` is for everybody, blueprints in ``OPERATORS``
are for operators, and whatever is named nowhere needs somebody who is signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import quote

import structlog
from flask import Flask, Request, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from bot.github.snapshots import RepoRef
from bot.github.visiting import SignInRefused
from bot.settings import Settings
from bot.sign_in_link import hashed
from bot.store import Store
from webhooks.access import Access, View, Visitor
from webhooks.address import is_own_origin, is_secure, plain_http, plain_http_advice
from webhooks.keys import Keys
from webhooks.session import LASTS, Sessions

OPEN = frozenset(
    {
        "receive.receive",
        "health.healthz",
        "health.readyz",
        "health.metrics",
        "front",
        "look.style",
        "look.icon",
        "signin.ask",
        "signin.github",
        "signin.callback",
        "signin.link",
        "signin.use_link",
        "badge.badge",
    }
)
"""Endpoints for everybody; those of the blueprint ``setup`` look after themselves."""
OPEN_BLUEPRINTS = frozenset({"setup"})
OPERATORS = frozenset({"operator"})
"""Blueprints for operators alone."""
SIGNED_BY_GITHUB = frozenset({"receive.receive"})
"""What is posted by no browser: the signature stands in for a form's token."""

MOST_FORM_BYTES = 64 * 1024

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": that makes browsers send "Origin: null" with our own forms.
    # https://fetch.spec.whatwg.org/#append-a-request-origin-header
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = structlog.get_logger("plansync.pages")


class Guard:
    """Checks every request before its page, and gives pages the visitor and their view."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        access: Access,
        clock: Callable[[], datetime],
    ) -> None:
        self.keys = Keys(settings)
        self.sessions = Sessions(settings, store, self.keys)
        self.access = access
        self.clock = clock
        self._settings = settings
        self._store = store

    def install(self, app: Flask) -> None:
        """Put the checks before, and the headers behind, every page of the application."""
        app.before_request(self._before)
        app.after_request(self._after)

    def visitor(self) -> Visitor | None:
        """Who sent the current request; None when nobody is signed in."""
        if "visitor" not in g:
            # Set first: whoever shows a token that is refused is nobody, also to the error page.
            g.visitor = None
            g.visitor = self._bearer() or self.sessions.find(request, self.clock())
        found: Visitor | None = g.visitor
        return found

    def signed_in(self) -> Visitor:
        """Who sent the current request to a page that needs somebody."""
        found = self.visitor()
        if found is None:
            abort(401)
        return found

    def view(self, repositories: Sequence[RepoRef] | None = None) -> View:
        """What the visitor may see of these repositories (default: all that have plans).

        Raises Retryable while GitHub cannot be asked; who GitHub does not know any more is signed
        out.
        """
        if "view" not in g or repositories is not None:
            asked = self._store.repositories_with_plans() if repositories is None else repositories
            g.view = self.access.view(self.signed_in(), asked)
        found: View = g.view
        return found

    def plain_http(self) -> str:
        """What to tell a browser that cannot sign in because it came over plain http; else ""."""
        return plain_http(request, self._settings)

    def form_token(self) -> str:
        """What a form of this page has to send back as ``form_token``."""
        return self.keys.sign("form", self._form_secret())

    def _before(self) -> AnyResponse | None:
        endpoint = request.endpoint or ""
        if request.method not in ("GET", "HEAD", "OPTIONS") and endpoint not in SIGNED_BY_GITHUB:
            request.max_content_length = MOST_FORM_BYTES
            self._check_form()
        if not request.endpoint or endpoint in OPEN or request.blueprint in OPEN_BLUEPRINTS:
            return None
        visitor = self.visitor()
        if visitor is None:
            return self._ask_to_sign_in(request)
        if request.blueprint in OPERATORS:
            try:
                operator = self.view().operator
            except SignInRefused:
                return self.sign_out(to_sign_in(request))
            if not operator:
                abort(403, "This page is for operators.")
        return None

    def sign_out(self, answer: AnyResponse) -> AnyResponse:
        """End the session of the current request."""
        visitor = self.visitor()
        if visitor is not None:
            self.access.forget(visitor.key)
        self.sessions.end(request, answer, self.clock())
        g.visitor = None
        return answer

    def _bearer(self) -> Visitor | None:
        """Who reads the API with a GitHub token of their own; raises SignInRefused, Retryable."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        reads = request.method in ("GET", "HEAD") and request.path.startswith("/api/")
        if not reads or scheme.lower() != "bearer" or not token.strip():
            return None
        return self.access.bearer(token.strip(), hashed(token.strip()))

    def _check_form(self) -> None:
        """Refuse what was not sent by a form of ours, in the browser that the form was made for."""
        origin = request.headers.get("Origin")
        if origin is None or not is_own_origin(origin, request, self._settings):
            log.warning("form refused", reason="origin", path=request.path)
            own = self._settings.public_url
            hint = f" plansync is reached at {own}, and at no other address." if own else ""
            abort(403, f"This form was sent from another site.{hint}")
        if origin.startswith("http://") and is_secure(request, self._settings):
            log.warning("form refused", reason="plain http", path=request.path)
            abort(403, plain_http_advice(request))
        if request.endpoint in OPEN or request.blueprint in OPEN_BLUEPRINTS:
            secret = self._form_secret()
        else:
            visitor = self.visitor()
            if visitor is None:
                abort(401)
            secret = visitor.form_secret
        given = request.form.get("form_token", "")
        if not self.keys.is_signed("form", secret, given):
            log.warning("form refused", reason="token", path=request.path)
            abort(403, "This form is out of date. Go back, load the page again, and send it anew.")

    def _form_secret(self) -> str:
        """What the forms of this browser are tied to: its session, else a cookie for that alone."""
        visitor = self.visitor()
        if visitor is not None:
            return visitor.form_secret
        if "form_secret" not in g:
            known = self.sessions.cookie(request, "form")
            g.form_secret = known or self.keys.seal({})
            g.new_form_secret = not known
        secret: str = g.form_secret
        return secret

    def _ask_to_sign_in(self, asked: Request) -> AnyResponse:
        if asked.method not in ("GET", "HEAD") or asked.path.startswith("/api/"):
            abort(401)
        return to_sign_in(asked)

    def _after(self, answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if is_secure(request, self._settings):
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        answer.headers.setdefault("Cache-Control", "no-store")
        if g.get("new_form_secret"):
            self.sessions.set_cookie(request, answer, "form", g.form_secret, LASTS)
        return answer


def to_sign_in(asked: Request) -> AnyResponse:
    """On to the sign-in page, which leads back here."""
    path = asked.full_path.rstrip("?")
    return redirect(f"/sign-in?next={quote(path, safe='')}", 303)
