"""``/setup``: make the GitHub App by clicking, while there is none.

Whoever has the one-time token of the log may begin; from then on only their browser may go on. The
pages are served by ``create_setup_app``, which is gone as soon as the settings file is written: an
application that is set up has no such route.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import UserProblem
from bot.registering import (
    Convert,
    Registered,
    Wanted,
    manifest_json,
    new_app_url,
    settings_of,
)
from bot.settings import SetupSettings
from bot.settings_file import check_writable, write_settings_file
from bot.store import Store
from webhooks import faults, look
from webhooks.access import Access
from webhooks.address import own_origin
from webhooks.look import Look
from webhooks.security import HEADERS, Guard

LASTS = timedelta(hours=1)
"""How long GitHub's code works, and so how long setting up may take."""

_FOR_PROGRAMS = ("/api/", "/webhooks/", "/metrics", "/badge/")
USED = (
    "This link was used already, in another browser. Go on in that one, or start plansync again: it"
    " prints a new link."
)
OPEN_THE_LINK = (
    "Open the link that plansync printed when it started, in its terminal or log: it has a token."
)

log = structlog.get_logger("plansync.setup")


class Setup:
    """One setting up: its token, who has begun, and what came of it."""

    def __init__(
        self,
        settings: SetupSettings,
        file: Path,
        convert: Convert,
        first: Wanted | None = None,
    ) -> None:
        self.settings = settings
        self.file = file
        self.first = first
        self.done = threading.Event()
        self.app: Registered | None = None
        self._convert = convert
        self._token = secrets.token_urlsafe(32)
        self._begun = False
        self._lock = threading.Lock()

    @property
    def path(self) -> str:
        """The path and query to begin at, with the token."""
        return f"/setup?token={self._token}"

    def may_begin(self, token: str) -> bool:
        """Whether this is the token, and nobody has begun with it."""
        return not self._begun and self.knows(token)

    def knows(self, token: str) -> bool:
        """Whether this is the token, used or not."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())

    def begin(self, token: str) -> bool:
        """Use the token up; False when it is wrong or used."""
        with self._lock:
            good = self.may_begin(token)
            self._begun = self._begun or good
            return good

    def finish(self, code: str, wanted: Wanted) -> Registered:
        """Exchange the code and write the settings. Raises UserProblem and Retryable."""
        with self._lock:
            if self.app is None:
                app = self._convert(code)
                write_settings_file(self.file, settings_of(app, wanted, self.settings))
                self.app = app
                log.warning("plansync is set up", app=app.slug, settings_file=str(self.file))
            return self.app


def create_setup_app(
    setup: Setup, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Flask:
    """The application that is served until ``setup.done``. The store must have its tables."""
    app = Flask("plansync", static_folder=None)
    app.config["MAX_FORM_MEMORY_SIZE"] = 64 * 1024
    stand_in = setup.settings.stand_in(secrets.token_urlsafe(32))
    guard = Guard(stand_in, store, Access(None, ""), clock)
    guard.install(app)
    pages = Look(guard)
    app.register_blueprint(look.blueprint())
    app.register_blueprint(blueprint(setup, guard, pages))
    faults.install(app, guard, pages)
    app.register_error_handler(404, _not_yet)
    return app


def _not_yet(error: Exception) -> AnyResponse:
    """Every other address leads to the set-up page, or says to programs that it is too early."""
    if request.method in ("GET", "HEAD") and not request.path.startswith(_FOR_PROGRAMS):
        return redirect("/setup", 303)
    text = '{"status": "error", "reason": "plansync is not set up yet"}\n'
    return Response(text, 503, mimetype="application/json")


def blueprint(setup: Setup, guard: Guard, look: Look) -> Blueprint:
    """The form, the way to GitHub, and the way back."""
    pages = Blueprint("setup", __name__)
    sessions, keys = guard.sessions, guard.keys

    def refused(reason: str, status: int = 403) -> Response:
        log.warning("setting up refused", reason=reason)
        return look.page("setup_refused.html", status, reason=reason)

    def way() -> dict[str, object] | None:
        """What this browser has begun; None for another's."""
        return keys.unseal(sessions.cookie(request, "setup"), int(LASTS.total_seconds()))

    def keep(answer: Response, wanted: Wanted, state: str) -> Response:
        sealed = keys.seal({"state": state, "wanted": asdict(wanted)})
        sessions.set_cookie(request, answer, "setup", sealed, LASTS)
        return answer

    def form(wanted: Wanted, problem: str = "", status: int = 200) -> Response:
        token = request.values.get("token", "")
        shown = {"wanted": wanted, "problem": problem, "token": token}
        return look.page("setup.html", status, github=_host(setup), file=setup.file, **shown)

    @pages.get("/")
    def front() -> AnyResponse:
        return redirect("/setup", 303)

    @pages.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @pages.get("/readyz")
    def readyz() -> Response:
        text = '{\n "ready": false,\n "checks": {"settings": "not set up yet: see the log"}\n}\n'
        return Response(text, 503, mimetype="application/json")

    @pages.get("/setup")
    def ask() -> AnyResponse:
        token = request.args.get("token", "")
        if not setup.may_begin(token) and way() is None:
            return refused(USED if setup.knows(token) else OPEN_THE_LINK)
        return form(setup.first or Wanted("plansync", own_origin(request, setup_settings)))

    setup_settings = setup.settings.stand_in("")

    @pages.post("/setup")
    def go() -> AnyResponse:
        if way() is None and not setup.begin(request.form.get("token", "")):
            token = request.form.get("token", "")
            return refused(USED if setup.knows(token) else OPEN_THE_LINK)
        wanted = _wanted(request.form.to_dict())
        state = secrets.token_urlsafe(32)
        try:
            wanted.check()
            # Before GitHub makes the App: it tells the secrets only once.
            check_writable(setup.file)
        except UserProblem as problem:
            return keep(form(wanted, str(problem), 400), wanted, "")
        there = new_app_url(setup.settings.github_server_url, wanted.organisation, state)
        back = own_origin(request, setup_settings) + "/setup/created"
        answer = look.page(
            "setup_go.html",
            there=there,
            manifest=manifest_json(wanted, back),
            wanted=wanted,
            github=_host(setup),
        )
        answer.headers["Content-Security-Policy"] = _policy([_origin(there)])
        return keep(answer, wanted, state)

    @pages.get("/setup/created")
    def created() -> AnyResponse:
        begun = way() or {}
        state = str(begun.get("state", ""))
        given = request.args.get("state", "").encode("utf-8", "replace")
        if not state or not hmac.compare_digest(given, state.encode()):
            return refused("This was begun in another browser, or more than an hour ago.")
        wanted = Wanted(**begun["wanted"])  # type: ignore[arg-type]
        try:
            app = setup.finish(request.args.get("code", ""), wanted)
        except UserProblem as problem:
            return refused(str(problem), 400)
        answer = look.page(
            "setup_done.html", app=app, wanted=wanted, file=setup.file, github=_host(setup)
        )
        sessions.drop_cookie(request, answer, "setup")
        answer.call_on_close(setup.done.set)
        return answer

    return pages


def _wanted(given: dict[str, str]) -> Wanted:
    def text(name: str) -> str:
        return given.get(name, "").strip()[:300]

    organisation = text("organisation") if text("owner") == "organisation" else ""
    if text("owner") == "organisation" and not organisation:
        organisation = "?"
    return Wanted(text("name"), text("url").rstrip("/"), organisation, text("operators"))


def _policy(form_targets: Sequence[str]) -> str:
    """Our policy, with the one form of these pages that leads elsewhere."""
    allowed = " ".join(["form-action 'self'", *form_targets])
    return HEADERS["Content-Security-Policy"].replace("form-action 'self'", allowed)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(setup: Setup) -> str:
    return urlsplit(setup.settings.github_server_url).netloc
