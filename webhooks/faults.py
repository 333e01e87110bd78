"""Pages for what went wrong: what it is, and what to do about it; JSON for programs."""

from __future__ import annotations

import json
from typing import cast

import structlog
from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import Retryable
from bot.github.visiting import SignInRefused
from webhooks.look import Look
from webhooks.security import Guard, to_sign_in

_WORDS = {
    400: ("This request is malformed", ""),
    401: ("You are not signed in", "Sign in, and try again."),
    403: ("This is not for you", ""),
    404: (
        "There is nothing here",
        "The address is wrong, the plan is gone, or GitHub does not let you read its repository.",
    ),
    405: ("This cannot be done here", "The page exists, but not for this kind of request."),
    413: ("This is too large", ""),
    500: ("Something broke", "It is in the log. Trying again may help."),
    503: ("Not now", "Try again in a minute."),
}

log = structlog.get_logger("plansync.pages")


def install(app: Flask, guard: Guard, look: Look) -> None:
    """Answer every fault with a page of ours, and never with a traceback."""

    def answer(status: int, detail: str = "") -> Response:
        title, hint = _WORDS.get(status, (f"Error {status}", ""))
        if request.path.startswith(("/api/", "/webhooks/")):
            text = json.dumps({"status": "error", "reason": detail or title}) + "\n"
            return Response(text, status, mimetype="application/json")
        return look.page("fault.html", status, title=title, detail=detail or hint)

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> AnyResponse:
        if error.response is not None:
            return cast(AnyResponse, error.response)
        status = error.code or 500
        # Only our own words: werkzeug's speak to programmers.
        stock = type(error).description
        detail = (error.description or "") if error.description != stock else ""
        made = answer(status, detail)
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                made.headers[name] = value
        return made

    @app.errorhandler(SignInRefused)
    def signed_out(error: SignInRefused) -> AnyResponse:
        if request.method != "GET" or request.path.startswith("/api/"):
            return guard.sign_out(answer(401, str(error)))
        return guard.sign_out(redirect(to_sign_in(request).location, 303))

    @app.errorhandler(Retryable)
    def later(error: Retryable) -> AnyResponse:
        log.warning("page not available", path=request.path, reason=str(error))
        made = answer(503, str(error))
        made.headers["Retry-After"] = "30"
        return made

    @app.errorhandler(Exception)
    def broken(error: Exception) -> AnyResponse:
        log.error("page broke", path=request.path, exc_info=error)
        return answer(500)
