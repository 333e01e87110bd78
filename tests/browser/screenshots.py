"""The pictures in docs/screenshots: ``python -m tests.browser.screenshots`` takes them anew."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, StorageState
from werkzeug.serving import make_server

from bot.doctor_place import NO_LABEL
from bot.emulator.process import generate_private_key
from bot.github.snapshots import Person, RepoRef
from bot.memory import AuditEntry, PlanMemory, PullMemory, SubjectKey, Trigger
from bot.registering import Registered
from bot.settings import load_settings, load_setup_settings
from bot.sign_in_link import make_link
from bot.store import Store
from bot.templates import read_template
from tests.browser.chromium import chromium, launched
from webhooks.app import create_app
from webhooks.setup import Setup, create_setup_app

NOW = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent.parent / "docs" / "screenshots"
SHOP, LEDGER = RepoRef(1, "acme/shop", 5), RepoRef(2, "acme/ledger", 5)
STORY = "docs/user-stories/2026-03-02-search-by-name.md"
CARDS = "plan_docs/gift-cards.md"
SIZES = {"desktop": {"width": 1200, "height": 1000}, "phone": {"width": 390, "height": 844}}
PAGES = {
    "plans": "/plans",
    "plans-none": "/plans?q=elsewhere",
    "plan": f"/plans/acme/shop/{STORY}",
    "plan-stopped": "/plans/acme/ledger/plan_docs/export.md",
    "plan-unreadable": "/plans/acme/ledger/plan_docs/audit.md",
    "plan-text": f"/plans/acme/shop/{STORY}?show=text",
    "operator": "/operator",
    "parked": "/operator/parked",
    "deliveries": "/operator/deliveries",
    "delivery": "/operator/deliveries/8",
    "error": "/plans/acme/shop/plan_docs/nowhere.md",
}
"""What an operator sees of a plansync at work."""
FIRST_PAGES = {
    "front": "/",
    "sign-in": "/sign-in",
    "sign-in-link": "/sign-in/link?token=x",
    "sign-in-refused": "/sign-in/callback?code=a&state=b",
}
"""What somebody sees who is not signed in."""
EMPTY_PAGES = {"plans-empty": "/plans", "operator-idle": "/operator",
               "deliveries-empty": "/operator/deliveries"}  # fmt: skip
"""What an operator sees before anything has happened."""
SETUP_PAGES = ("setup", "setup-go", "setup-done", "setup-refused")
"""What whoever makes the App sees, and the last one whoever has no link."""
ROWS = (
    ("1", "Write the search handler", "Backend", "—", "#31", "merged"),
    ("2", "Index the catalogue nightly", "Database", "1", "#34", "merged"),
    ("3", "Show the search form", "Frontend", "1", "#37", "open"),
    ("4", "Rank by what sold last week", "Backend", "2", "", ""),
    ("5", "Alert when the index is old", "SRE", "2", "", ""),
    ("6", "Search end to end", "Tests", "3, 4", "", ""),
)
PUSH = json.dumps(
    {
        "ref": "refs/heads/main",
        "before": "a" * 40,
        "after": "b" * 40,
        "repository": {"id": 1, "full_name": "acme/shop", "default_branch": "main"},
        "sender": {"login": "alice", "id": 1, "type": "User"},
        "hook": {"config": {"secret": "is not shown"}},
        "commits": [{"id": "b" * 40, "message": "Plan gift cards", "modified": [CARDS]}],
    }
).encode()
WORD = {"merged": "Complete", "open": "In Progress", "": "Pending"}


def story(done: int) -> str:
    """The user story when that many of its pull requests were merged."""
    lines = ["# User Story: Search by name", "", "**Status**: In Progress", ""]
    lines += ["## Requirements", "", "- [x] **R-1**: find a product by a part of its name", ""]
    lines += [
        "## Architecture Validation",
        "",
        "**Result**: PASS",
        "",
        "## Implementation Plan",
        "",
    ]
    lines += ["| # | Task | Specialist | Dependencies | Covers | Status |"]
    lines += ["|---|------|------------|--------------|--------|--------|"]
    tracked = []
    for place, (number, task, who, after, pull, state) in enumerate(ROWS):
        word = WORD[state] if place < done or state == "open" else "Pending"
        lines.append(f"| {number} | {task} | {who} | {after} | Code | {word} |")
        link = f"[{pull}](https://github.com/acme/shop/pull/{pull[1:]})" if pull else ""
        tracked.append(f"| {number} | {task} | | {link} | {word} |")
    lines += ["", "## Devloop Tracking", "", "| # | Task | Devloop Output | PR | Status |"]
    lines += ["|---|------|----------------|----|--------|", *tracked, ""]
    return "\n".join(lines)


def fill(store: Store) -> None:
    """A few weeks of plansync at work in two repositories."""
    store.keep_repo(SHOP)
    store.keep_repo(LEDGER)
    pulls = tuple(
        PullMemory(int(pull[1:]), state, tasks=(number,))
        for number, _, _, _, pull, state in ROWS
        if pull
    )
    memory = PlanMemory(SHOP.id, STORY, "user-story", 21, request_number=20, pulls=pulls)
    steps = [
        (18, 0, "CreateIssue", "“Search by name”", "asked for in #20", "alice"),
        (11, 1, "CommitFiles", STORY, "task 1: merged by #31", "bob"),
        (4, 2, "CommitFiles", STORY, "task 2: merged by #34", "carol"),
        (1, 2, "EditIssueBody", "#21", "a person edited the plan file", "alice"),
    ]
    for days, done, kind, target, reason, actor in steps:
        at = NOW - timedelta(days=days, hours=3)
        keep(store, replace(memory, base_text=story(done)), at, kind, target, reason, actor)
    for repo, name, title, ticks, number in (
        (SHOP, "gift-cards", "Gift cards", 17, 24),
        (LEDGER, "closing", "Monthly closing", 30, 9),
        (LEDGER, "export", "Export for auditors", 3, 12),
    ):
        text = read_template("plans", "feature-plan.md").replace("- [ ]", "- [x]", ticks)
        lines = text.splitlines()
        first = next(place for place, line in enumerate(lines) if line.startswith("# "))
        lines[first] = f"# {repo.name.title()} – {title} Feature Plan"
        plan = PlanMemory(repo.id, f"plan_docs/{name}.md", "feature-plan", number)
        plan = replace(plan, base_text="\n".join(lines), title=f"{title} Feature Plan")
        keep(
            store, plan, NOW - timedelta(hours=number), "CommitFiles", plan.path, "a tick", "alice"
        )

    lost = PlanMemory(LEDGER.id, "plan_docs/audit.md", "", 14)
    lost = replace(lost, base_text="Moved to the wiki.\n", title="Audit trail Feature Plan")
    at = NOW - timedelta(days=2)
    keep(store, lost, at, "CommitFiles", lost.path, "a tick", "alice")


def park(store: Store) -> None:
    """A plan that waits for an operator, and a worker that is alive."""
    key = SubjectKey(SHOP.id, "plan", CARDS)
    at = NOW - timedelta(minutes=42)
    store.receive("5c1d7e10-24b2-11f1-9d3a-0242ac120002", "push", PUSH, received_at=at)
    (delivery,) = store.new_deliveries()
    alice = Person("alice", 1)
    store.record_dispatch(delivery.id, [Trigger(key)], due_at=at, repo=SHOP, actor=alice)
    store.park(key, f"{CARDS} is larger than 1 MB.", now=at)
    store.receive("failed", "issues", b"{}", received_at=NOW - timedelta(minutes=8))
    store.record_failure(store.new_deliveries()[0].id, "KeyError: 'repository'")
    store.beat("worker-1", "plans.example.com", 812, NOW - timedelta(seconds=3))
    left = {("rate_left", (("installation", "5"),)): 4870.0}
    limit = {("rate_limit", (("installation", "5"),)): 5000.0}
    store.add_tallies({}, left | limit, NOW - timedelta(seconds=20))
    for name in ("deliveries", "drift"):
        store.claim_sweep(name, NOW, NOW + timedelta(minutes=3))
    export = store.plan(LEDGER.id, "plan_docs/export.md")
    assert export is not None
    told = replace(export, stopped="1", stopped_for="11 of 30 tasks vanished from the plan file")
    store.remember([told])
    store.want_preflight([LEDGER.id], NOW)
    fix = "Make the labels: plansync sync acme/ledger --labels."
    store.keep_preflight(LEDGER.id, NO_LABEL, fix, now=NOW, again_at=NOW + timedelta(days=1))


def keep(
    store: Store, memory: PlanMemory, at: datetime, kind: str, target: str, reason: str, actor: str
) -> None:
    key = SubjectKey(memory.repository_id, "plan", memory.path)
    store.receive(f"{key}{at}", "push", b"{}", received_at=at)
    (delivery,) = store.new_deliveries()
    store.record_dispatch(delivery.id, [Trigger(key)], due_at=at)
    url = "" if kind == "EditIssueBody" else "a" * 40
    entry = AuditEntry(str(key), kind, target, reason, actor=actor, url=url)
    store.finish(key, [delivery.id], finished_at=at, remember=[memory], audit=[entry])


def environ(folder: str) -> dict[str, str]:
    return {
        "APP_ID": "1",
        "PRIVATE_KEY": generate_private_key(),
        "WEBHOOK_SECRET": "a secret for pictures",
        "PLANSYNC_DATA_DIR": folder,
    }


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of an application, while it is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def served(*, at_work: bool) -> Iterator[str]:
    """An address of a plansync with or without plans, and the path of a link that signs in."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(environ(folder))
        store = Store(settings.database_url)
        store.migrate()
        if at_work:
            fill(store)
            park(store)
        with serving(create_app(settings, store, clock=lambda: NOW)) as address:
            yield f"{address}{make_link(store, NOW)}"
        store.close()


class People:
    """A GitHub that people could sign in through; nobody does."""

    def authorize_url(self, *, state: str, verifier: str, redirect_uri: str) -> str:
        return "https://github.com/login/oauth/authorize"

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> str:
        raise NotImplementedError

    def who(self, token: str) -> Person:
        raise NotImplementedError

    def memberships(self, token: str) -> frozenset[str]:
        return frozenset()

    def readable(self, token: str, repositories: object) -> frozenset[int]:
        return frozenset()

    def is_public(self, repository_id: int) -> bool:
        return False


@contextmanager
def first_seen() -> Iterator[str]:
    """An address of a plansync that nobody is signed in to."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(environ(folder))
        store = Store(settings.database_url)
        store.migrate()
        with serving(create_app(settings, store, People(), clock=lambda: NOW)) as address:
            yield address
        store.close()


def made_app(code: str) -> Registered:
    """The App that GitHub makes of the form."""
    page = "https://github.com/apps/plans-of-acme"
    return Registered(
        7, "plans-of-acme", page, "acme", 1, True, "id", "s", "s", generate_private_key()
    )


@contextmanager
def set_up() -> Iterator[tuple[str, Setup]]:
    """The address of a first start, and the setting up of an App that GitHub has made."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_setup_settings({"PLANSYNC_DATA_DIR": folder})
        store = Store(settings.database_url)
        store.migrate()
        setup = Setup(settings, Path(folder) / "plansync.env", made_app)
        setup.app = made_app("")
        with serving(create_setup_app(setup, store)) as address:
            yield address, setup
        store.close()


class Camera:
    """Takes a page in light and dark, on a desktop and on a phone."""

    def __init__(self, browser: Browser, base: str, state: StorageState | None = None) -> None:
        self._pages = {
            f"{device}-{scheme}": browser.new_context(
                base_url=base,
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport=size,  # type: ignore[arg-type]
                storage_state=state,
            ).new_page()
            for scheme in ("light", "dark")
            for device, size in SIZES.items()
        }

    def take(self, pages: Mapping[str, str]) -> None:
        """A picture of each page, named as it is."""
        for look, page in self._pages.items():
            for name, path in pages.items():
                page.goto(path)
                page.screenshot(path=FOLDER / f"{name}-{look}.png")

    def take_setup(self, setup: Setup) -> None:
        """The form, the page that leads to GitHub, and the one that it leads back to."""
        written, shown = setup.file, Path("/var/lib/plansync/plansync.env")
        begun: list[Any] = []
        for look, page in self._pages.items():
            setup.file = shown
            page.goto("/setup")
            page.screenshot(path=FOLDER / f"setup-refused-{look}.png")
            page.context.add_cookies(begun)
            page.goto(setup.path)
            page.get_by_label("Where GitHub and people").fill("https://plans.example.com")
            page.screenshot(path=FOLDER / f"setup-{look}.png")
            setup.file = written
            page.get_by_role("button", name="Go on").click()
            page.screenshot(path=FOLDER / f"setup-go-{look}.png")
            # One browser alone may begin: the others go on with its cookies.
            begun = begun or list(page.context.cookies())
            action = page.locator("main form").get_attribute("action") or ""
            setup.file = shown
            page.goto("/setup/created?code=x&" + action.partition("?")[2])
            page.screenshot(path=FOLDER / f"setup-done-{look}.png")


def signed_in(browser: Browser, link: str) -> StorageState:
    """What a browser keeps in which the link was used."""
    page = browser.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    return page.context.storage_state()


def main() -> None:
    """Take every picture, in light and dark, for a desktop and a phone."""
    FOLDER.mkdir(exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with launched(chromium()) as browser:
        for at_work, pages in ((True, PAGES), (False, EMPTY_PAGES)):
            with served(at_work=at_work) as link:
                base = link.split("/sign-in")[0]
                Camera(browser, base, signed_in(browser, link)).take(pages)
        with first_seen() as base:
            Camera(browser, base).take(FIRST_PAGES)
        with set_up() as (base, setup):
            Camera(browser, base).take_setup(setup)


if __name__ == "__main__":
    main()
