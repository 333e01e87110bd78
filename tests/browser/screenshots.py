"""The pictures in docs/screenshots: ``python -m tests.browser.screenshots`` takes them anew."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from werkzeug.serving import make_server

from bot.emulator.process import generate_private_key
from bot.github.snapshots import RepoRef
from bot.memory import AuditEntry, PlanMemory, PullMemory, SubjectKey, Trigger
from bot.settings import load_settings
from bot.sign_in_link import make_link
from bot.store import Store
from bot.templates import read_template
from tests.browser.chromium import chromium, launched
from webhooks.app import create_app

NOW = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent.parent / "docs" / "screenshots"
SHOP, LEDGER = RepoRef(1, "acme/shop", 5), RepoRef(2, "acme/ledger", 5)
STORY = "docs/user-stories/2026-03-02-search-by-name.md"
PAGES = {"plans": "/plans", "plan": f"/plans/acme/shop/{STORY}", "operator": "/operator"}
SIZES = {"desktop": {"width": 1200, "height": 1000}, "phone": {"width": 390, "height": 844}}
ROWS = (
    ("1", "Write the search handler", "Backend", "—", "#31", "merged"),
    ("2", "Index the catalogue nightly", "Database", "1", "#34", "merged"),
    ("3", "Show the search form", "Frontend", "1", "#37", "open"),
    ("4", "Rank by what sold last week", "Backend", "2", "", ""),
    ("5", "Alert when the index is old", "SRE", "2", "", ""),
    ("6", "Search end to end", "Tests", "3, 4", "", ""),
)
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


def park(store: Store) -> None:
    """A plan that waits for an operator, and a worker that is alive."""
    path = "plan_docs/gift-cards.md"
    key = SubjectKey(SHOP.id, "plan", path)
    at = NOW - timedelta(minutes=42)
    store.receive("waits", "push", b"{}", received_at=at)
    (delivery,) = store.new_deliveries()
    store.record_dispatch(delivery.id, [Trigger(key)], due_at=at, repo=SHOP)
    store.park(key, f"{path} is larger than 1 MB.", now=at)
    store.beat("worker-1", "plans.example.com", 812, NOW - timedelta(seconds=3))


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


@contextmanager
def served() -> Iterator[str]:
    """An address of a plansync with these plans, and the path of a link that signs in."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            {
                "APP_ID": "1",
                "PRIVATE_KEY": generate_private_key(),
                "WEBHOOK_SECRET": "a secret for pictures",
                "PLANSYNC_DATA_DIR": folder,
            }
        )
        store = Store(settings.database_url)
        store.migrate()
        fill(store)
        park(store)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = create_app(settings, store, clock=lambda: NOW)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{make_link(store, NOW)}"
        finally:
            server.shutdown()
            server.server_close()
            store.close()


def main() -> None:
    """Take every picture, in light and dark, for a desktop and a phone."""
    FOLDER.mkdir(exist_ok=True)
    with served() as link, launched(chromium()) as browser:
        first = browser.new_page()
        first.goto(link)
        first.get_by_role("button", name="Sign in").click()
        state = first.context.storage_state()
        base = link.split("/sign-in")[0]
        for scheme in ("light", "dark"):
            for device, size in SIZES.items():
                page = browser.new_context(
                    base_url=base,
                    color_scheme=scheme,  # type: ignore[arg-type]
                    viewport=size,  # type: ignore[arg-type]
                    storage_state=state,
                ).new_page()
                for name, path in PAGES.items():
                    page.goto(path)
                    page.screenshot(path=FOLDER / f"{name}-{device}-{scheme}.png")


if __name__ == "__main__":
    main()
