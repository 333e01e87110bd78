"""``/operator``: what is wrong, in one look, and the buttons that mend it.

Every effect is a POST with the form's token; ``webhooks.security`` lets operators alone in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from bot.doctor_place import NO_LABEL
from bot.errors import UserProblem
from bot.events import COMPARE
from bot.logs import Redactor, secrets_of
from bot.memory import SubjectKey
from bot.plan_lists import plan_path
from bot.settings import Settings
from bot.store import Store, SubjectRow
from bot.store.operations import Handled
from bot.sweeps import EVERY, wish
from webhooks.address import local_path
from webhooks.look import Look
from webhooks.operating import (
    SHOWN_EVENTS,
    STATES,
    Stuck,
    budgets,
    parse_asked,
    parse_time,
    remedy,
    running,
    said,
    shown_payload,
    span,
)
from webhooks.security import Guard

A_PAGE = 50
MOST_PARKED = 20
MOST_WAITING = 50
MOST_NAMED = 200
LABELS_TAKE = timedelta(minutes=1)
"""After which a repository whose labels are made is looked at again."""
"""How many repositories the filter offers; others can be typed."""
_SILENT = timedelta(seconds=60)
_DAY = timedelta(days=1)

log = structlog.get_logger("plansync.operator")


def blueprint(settings: Settings, store: Store, guard: Guard, look: Look) -> Blueprint:
    """The pages and the buttons."""
    pages = Blueprint("operator", __name__, url_prefix="/operator")
    redact = Redactor(secrets_of(settings))

    @pages.get("")
    def overview() -> Response:
        now = guard.clock()
        waiting, plans = store.waiting_plans(MOST_WAITING)
        tallied = store.tallies()
        workers = store.worker_rows()
        return look.page(
            "operator.html",
            said=said(request.args),
            counts=store.counts(),
            oldest=store.oldest_pending(),
            last_webhook=store.last_webhook(),
            running=running(tallied, now),
            budgets=budgets(tallied, store.installations(), now),
            workers=[(one, now - one.seen_at > _SILENT) for one in workers],
            sweeps=[(one.name, one.due_at - EVERY, one.due_at) for one in store.sweep_rows()],
            stuck=_stuck(store, store.parked(MOST_PARKED), redact),
            waiting=waiting,
            plans=[(plan_path(row.repository, row.path), row) for row in plans],
            findings=store.findings(),
            no_label=NO_LABEL,
            yesterday=f"{now - _DAY:%Y-%m-%dT%H:%M}",
            back=request.path,
        )

    @pages.get("/deliveries")
    def deliveries() -> Response:
        asked = parse_asked(request.args, store.repo_named)
        rows = store.handled(asked.wanted, A_PAGE + 1)
        return look.page(
            "operator_deliveries.html",
            said=said(request.args),
            asked=asked,
            rows=[_shown(one, redact) for one in rows[:A_PAGE]],
            older=asked.query(before=rows[A_PAGE - 1].row.id) if len(rows) > A_PAGE else "",
            states=STATES,
            events=SHOWN_EVENTS,
            names=[repo.full_name for repo in store.repos()[:MOST_NAMED]],
            back=request.full_path.rstrip("?"),
        )

    @pages.get("/parked")
    def parked() -> Response:
        asked = parse_asked(request.args, store.repo_named, "/operator/parked")
        rows = store.parked(A_PAGE + 1, asked.wanted, (asked.page - 1) * A_PAGE)
        return look.page(
            "operator_parked.html",
            said=said(request.args),
            asked=asked,
            stuck=_stuck(store, rows[:A_PAGE], redact),
            more=asked.query(page=asked.page + 1) if len(rows) > A_PAGE else "",
            names=[repo.full_name for repo in store.repos()[:MOST_NAMED]],
            back=request.full_path.rstrip("?"),
        )

    @pages.get("/deliveries/<int:number>")
    def delivery(number: int) -> Response:
        found = store.handled_one(number)
        stored = store.delivery(number)
        if found is None or stored is None:
            abort(404, "There is no such delivery, or it is older than 30 days.")
        text, cut = shown_payload(stored.body, redact) if found.has_payload else ("", False)
        return look.page(
            "operator_delivery.html",
            said=said(request.args),
            one=_shown(found, redact),
            payload=text,
            cut=cut,
            days=settings.payload_days,
            standing=[(key, store.subject(SubjectKey.parse(key))) for key in found.row.subjects],
            back=request.path,
        )

    @pages.post("/deliveries/<int:number>/replay")
    def replay(number: int) -> AnyResponse:
        return _again(number)

    @pages.post("/deliveries/<int:number>/retry")
    def retry(number: int) -> AnyResponse:
        found = store.handled_one(number)
        if found is None:
            abort(404)
        if found.row.state == "failed":
            return _again(number)
        waiting = [one.key for one in found.subjects if one.held(guard.clock())]
        for key in waiting:
            _release(key)
        return _back("retried" if waiting else "nothing", len(waiting))

    @pages.post("/release")
    def release() -> AnyResponse:
        return _back(_release(_key()))

    @pages.post("/park")
    def park() -> AnyResponse:
        key = _key()
        login = guard.signed_in().login
        if not store.hold(key, login, guard.clock()):
            abort(404)
        log.warning("parked by an operator", subject=str(key), operator=login)
        return _back("parked")

    @pages.post("/compare")
    def compare() -> AnyResponse:
        key, now = _key(), guard.clock()
        repo = store.repo(key.repository_id)
        if repo is None or store.subject(key) is None or key.kind not in ("plan", "request"):
            abort(404)
        wanted = wish(repo, key.kind, key.name, now, why="sync", since=now)
        store.receive(wanted.guid, COMPARE, wanted.body, received_at=now)
        store.release(key, now)
        log.warning("compared by an operator", subject=str(key), operator=_operator())
        return _back("compared")

    @pages.post("/look")
    def look_again() -> AnyResponse:
        repo = store.repo_named(request.form.get("repository", ""))
        if repo is None:
            abort(404)
        store.want_preflight([repo.id], guard.clock())
        return _back("looked")

    @pages.post("/labels")
    def make_labels() -> AnyResponse:
        repo, now = store.repo_named(request.form.get("repository", "")), guard.clock()
        if repo is None:
            abort(404)
        if store.config(repo.id).dry_run:
            return _back("dry_run")
        wanted = wish(repo, "config", "", now, why="labels", since=now)
        store.receive(wanted.guid, COMPARE, wanted.body, received_at=now)
        store.want_preflight([repo.id], now + LABELS_TAKE)
        log.warning("labels wanted", repository=repo.full_name, operator=_operator())
        return _back("labels")

    @pages.post("/retry")
    def retry_all() -> AnyResponse:
        since = parse_time(request.form.get("since", ""))
        if since is None:
            abort(400, "Say since when, such as 2026-03-01T12:00.")
        now = guard.clock()
        for block in store.blocks():
            if block.since >= since:
                store.lift_block(block.repository_id, now)
        count = store.release_parked(since, now)
        failed = store.failed_since(since)
        for number in failed:
            store.replay(number, now)
        log.warning("retried all", since=since.isoformat(), parked=count, failed=len(failed))
        return _back("retried", count + len(failed))

    def _again(number: int) -> AnyResponse:
        try:
            copied = store.replay(number, guard.clock())
        except UserProblem:
            return _back("gone")
        if copied is None:
            abort(404)
        log.warning("replayed", delivery=number, replayed_as=copied, operator=_operator())
        return _back("replayed", copied)

    def _release(key: SubjectKey) -> str:
        now = guard.clock()
        if store.block(key.repository_id) is not None:
            store.lift_block(key.repository_id, now)
            done = "unblocked"
        elif store.release(key, now):
            done = "released"
        else:
            abort(404)
        log.warning("released by an operator", subject=str(key), operator=_operator())
        return done

    def _operator() -> str:
        return guard.signed_in().login

    return pages


def _key() -> SubjectKey:
    try:
        return SubjectKey.parse(request.form.get("subject", ""))
    except ValueError:
        abort(400, "This is no plan or request.")


def _back(done: str, n: int = 0) -> AnyResponse:
    """To the page that the button was on, which then says what was done."""
    place = local_path(request.form.get("back", ""))
    path, _, query = place.partition("?")
    if not path.startswith(("/operator", "/plans/")):
        path, query = "/operator", ""
    kept = [part for part in query.split("&") if part and not part.startswith(("said=", "n="))]
    return redirect(path + "?" + "&".join([*kept, urlencode({"said": done, "n": n})]), 303)


def _shown(one: Handled, redact: Callable[[str], str]) -> dict[str, object]:
    """A delivery as the pages show it."""
    row = one.row
    took = row.finished_at - row.received_at if row.finished_at else None
    waits = one.row.state == "open" and bool(one.error)
    return {
        "row": row,
        "event": f"{row.event}.{row.action}" if row.action else row.event,
        "repository": one.repository,
        "has_payload": one.has_payload,
        "attempts": one.attempts,
        "took": span(took),
        "error": redact(one.error),
        "note": redact(row.note),
        "can_retry": waits or (row.state == "failed" and one.has_payload),
        "address": f"/operator/deliveries/{row.id}",
    }


def _stuck(store: Store, rows: Sequence[SubjectRow], redact: Callable[[str], str]) -> list[Stuck]:
    """Parked subjects with where they are and what ends it."""
    blocks = {block.repository_id: block for block in store.blocks()}
    names = {repo.id: repo.full_name for repo in store.repos()} if rows else {}
    return [
        Stuck(
            row,
            names.get(row.key.repository_id, str(row.key.repository_id)),
            redact(row.reason),
            remedy(row, blocks.get(row.key.repository_id)),
        )
        for row in rows
    ]
