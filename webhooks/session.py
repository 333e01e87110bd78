"""Sessions: a random secret in a cookie, its hash in the store, the person's token sealed there.

A session lasts 8 hours, gets a new secret at every sign-in, and ends for good at sign-out.
https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from flask import Request
from werkzeug.wrappers import Response

from bot.github.snapshots import Person
from bot.settings import Settings
from bot.sign_in_link import hashed
from bot.store import Store
from bot.store.sessions import SessionRow
from webhooks.access import Visitor
from webhooks.address import is_secure
from webhooks.keys import Keys

LASTS = timedelta(hours=8)
LOCAL = Person("operator of this machine")


class Sessions:
    """Begins, finds and ends sessions; the cookies are ``__Host-`` ones wherever there is TLS."""

    def __init__(self, settings: Settings, store: Store, keys: Keys) -> None:
        self._settings = settings
        self._store = store
        self._keys = keys

    def find(self, request: Request, now: datetime) -> Visitor | None:
        """Who sent the request; None without a session that holds."""
        secret = self.cookie(request, "session")
        row = self._store.session(hashed(secret), "session", now) if secret else None
        inside = self._keys.unseal(row.sealed) if row is not None else None
        if row is None or inside is None:
            return None
        return Visitor(
            login=row.login,
            id=row.user_id,
            key=hashed(secret),
            form_secret=secret,
            token=str(inside.get("token", "")),
            everything=inside.get("everything") is True,
        )

    def begin(
        self, request: Request, answer: Response, person: Person, token: str, now: datetime
    ) -> Visitor:
        """Sign somebody in with a new secret; the session that the browser had ends.

        An empty token is that of the one-time link.
        """
        self.end(request, answer, now)
        secret = secrets.token_urlsafe(32)
        inside = {"token": token, "everything": not token}
        row = SessionRow("session", person.login, person.id, self._keys.seal(inside), now + LASTS)
        self._store.keep_session(hashed(secret), row, now)
        self.set_cookie(request, answer, "session", secret, LASTS)
        return Visitor(person.login, person.id, hashed(secret), secret, token, not token)

    def end(self, request: Request, answer: Response, now: datetime) -> None:
        """Sign out: the secret is worth nothing any more, wherever it was copied to."""
        secret = self.cookie(request, "session")
        if secret:
            self._store.end_session(hashed(secret), "session", now)
            self.drop_cookie(request, answer, "session")

    def cookie(self, request: Request, name: str) -> str:
        """The value of one of our cookies, "" without it."""
        return request.cookies.get(self._name(request, name), "")

    def set_cookie(
        self, request: Request, answer: Response, name: str, value: str, lasts: timedelta
    ) -> None:
        """A cookie for this host alone, out of reach of scripts and of other sites' forms.

        https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
        """
        answer.set_cookie(
            self._name(request, name),
            value,
            max_age=lasts,
            path="/",
            secure=is_secure(request, self._settings),
            httponly=True,
            samesite="Lax",
        )

    def drop_cookie(self, request: Request, answer: Response, name: str) -> None:
        """Make the browser forget a cookie of ours."""
        self.set_cookie(request, answer, name, "", timedelta(0))

    def _name(self, request: Request, name: str) -> str:
        prefix = "__Host-" if is_secure(request, self._settings) else ""
        return f"{prefix}plansync-{name}"
