"""The web application: the receiver, the health pages, and a page that says what this is."""

from __future__ import annotations

from flask import Flask, Response

from bot.settings import Settings
from bot.store import Store
from webhooks import health, receive

_FRONT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>plansync</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
</style>
<h1>plansync</h1>
<p>This server keeps markdown plans and GitHub issues the same thing. It is a GitHub App: it has
no pages to work with, people use it through issues, plan files and pull requests.</p>
<ul>
<li>GitHub sends its webhooks to <code>/webhooks/github</code>.</li>
<li><a href="/readyz">/readyz</a> says whether it is ready, <a href="/healthz">/healthz</a> whether
it is alive, <a href="/metrics">/metrics</a> how much there is to do.</li>
</ul>
</html>
"""


def create_app(settings: Settings, store: Store) -> Flask:
    """The WSGI application. The store must have its tables; nothing here talks to GitHub."""
    app = Flask("plansync", static_folder=None)
    app.register_blueprint(receive.blueprint(settings, store))
    app.register_blueprint(health.blueprint(settings, store))

    @app.get("/")
    def front() -> Response:
        return Response(_FRONT, mimetype="text/html")

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault(
            "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"
        )
        return response

    return app
