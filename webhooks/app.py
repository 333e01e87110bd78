"""The web application: the receiver, the health pages, signing in, and the pages about plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, redirect
from werkzeug.wrappers import Response as AnyResponse

from bot.github.visiting import Visitors
from bot.settings import Settings
from bot.store import Store
from webhooks import badge, faults, health, look, operator, plan, plans, receive, signin
from webhooks.access import Access
from webhooks.look import Look
from webhooks.security import Guard


def create_app(
    settings: Settings,
    store: Store,
    visitors: Visitors | None = None,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The WSGI application. The store must have its tables.

    ``visitors`` asks GitHub who somebody is and what they may read; without it nobody signs in
    through GitHub. ``clock`` gives aware UTC times.
    """
    app = Flask("plansync", static_folder=None)
    guard = Guard(settings, store, Access(visitors, settings.operators), clock)
    guard.install(app)
    pages = Look(guard)
    for blueprint in (
        receive.blueprint(settings, store),
        health.blueprint(settings, store),
        look.blueprint(),
        signin.blueprint(settings, store, guard, pages, visitors),
        plans.blueprint(store, guard, pages),
        plan.blueprint(settings, store, guard, pages),
        badge.blueprint(store, guard.access, guard.keys),
        operator.blueprint(settings, store, guard, pages),
    ):
        app.register_blueprint(blueprint)
    faults.install(app, guard, pages)

    @app.get("/")
    def front() -> AnyResponse:
        if guard.visitor() is not None:
            return redirect("/plans", 303)
        return pages.page("front.html")

    return app
