"""The two hundred hostile texts in a real browser: nothing runs, nothing is even tried."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from bot.memory import AuditEntry, SubjectKey, Trigger
from bot.settings import load_settings
from bot.sign_in_link import make_link
from bot.store import Store
from tests.web.test_pages import HOSTILE, hostile_payload, hostile_plan
from tests.web.visits import SHOP
from webhooks.app import create_app

pytestmark = pytest.mark.browser
EACH = 8
"""Every eighth plan is opened, so that each piece is seen in another wrapping."""


@pytest.fixture
def address(environ: dict[str, str], sqlite_url: str, now: datetime) -> Iterator[str]:
    """A server whose plans are all hostile; the path of a link that signs in follows a blank."""
    store = Store(sqlite_url)
    store.migrate()
    store.keep_repo(SHOP)
    for text in HOSTILE:
        memory = hostile_plan(text)
        key = SubjectKey(SHOP.id, "plan", memory.path)
        entry = AuditEntry(str(key), text, text, text, text, actor=text, url="javascript:alert(1)")
        store.finish(key, [], finished_at=now, remember=[memory], audit=[entry])
        if store.receive(text, "issue_comment", hostile_payload(text), received_at=now):
            number = store.new_deliveries()[0].id
            store.record_dispatch(number, [Trigger(key)], due_at=now, repo=SHOP, action=text)
            store.park(key, text, now=now)
    app = create_app(load_settings(environ), store, clock=lambda: now)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port} {make_link(store, now)}"
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()


def test_no_script_runs_and_no_policy_is_broken(browser: Browser, address: str) -> None:
    base, link = address.split(" ")
    page = browser.new_context(base_url=base).new_page()
    ran: list[str] = []
    said: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    for number in range(1, 6):
        page.goto(f"/plans?page={number}")
        assert page.locator(".plans tbody tr").count() > 0
    for path in ("/operator", "/operator/deliveries", "/plans?waits=1"):
        page.goto(path)
    for number in range(1, len(set(HOSTILE)), EACH):
        page.goto(f"/operator/deliveries/{number}", wait_until="domcontentloaded")
    for place, text in enumerate(HOSTILE):
        if place % EACH != (place // EACH) % EACH:
            continue
        plan = "/plans/acme/shop/" + quote(hostile_plan(text).path)
        page.goto(plan, wait_until="domcontentloaded")
        page.goto(f"{plan}?show=text", wait_until="domcontentloaded")
    assert ran == []
    assert said == []
