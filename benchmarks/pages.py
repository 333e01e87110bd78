"""How long every page takes with a large database.

``python -m benchmarks.pages [--plans 5000] [--deliveries 200000] [--audit 100000] [--rounds 20]``
makes a SQLite database of that size and asks every page of the application, as a person who may
read half of the repositories and as an operator; prints median and 95th percentile of each. Exit
code 1 when a page takes 200 ms or more at the 95th percentile.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from bot.emulator.process import generate_private_key
from bot.github.snapshots import Person, RepoRef
from bot.memory import PlanMemory
from bot.settings import Settings, load_settings
from bot.sign_in_link import make_link
from bot.standing import summary_of
from bot.store import Store
from bot.store.pages import words_of
from bot.templates import read_template
from webhooks.app import create_app
from webhooks.serve import keep_what_is_loaded

LIMIT_MS = 200.0
REPOSITORIES = 50
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ORIGIN = "http://localhost"
TEMPLATES = (
    ("feature-plan", "plan_docs/p{0}.md"),
    ("user-story", "docs/user-stories/p{0}.md"),
    ("track-spec", "draft/tracks/p{0}/spec.md"),
)
EVENTS = ("issues",) * 12 + ("push",) * 5 + ("pull_request", "issue_comment", "check_run")
STATES = ("finished",) * 16 + ("ignored", "ignored", "failed", "open")


class Half:
    """A GitHub that lets everybody read half of the repositories, at once."""

    def authorize_url(self, *, state: str, verifier: str, redirect_uri: str) -> str:
        return f"{redirect_uri}?state={state}&code=x"

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> str:
        return "token"

    def who(self, token: str) -> Person:
        return Person("rita", 1)

    def memberships(self, token: str) -> frozenset[str]:
        return frozenset()

    def readable(self, token: str, repositories: Sequence[RepoRef]) -> frozenset[int]:
        return frozenset(repo.id for repo in repositories if repo.id % 2)

    def is_public(self, repository_id: int) -> bool:
        return True


def text_time(place: int) -> str:
    """A time as SQLite stores ours: the more, the older."""
    return (NOW - timedelta(seconds=20 * place)).strftime("%Y-%m-%d %H:%M:%S.%f")


def fill(path: Path, plans: int, deliveries: int, audit: int) -> None:
    """Put that many rows of each kind into a database that has its tables."""
    with sqlite3.connect(path) as connection:
        names = [
            (number, f"acme/repository-{number:02}", 5) for number in range(1, REPOSITORIES + 1)
        ]
        connection.executemany(
            "INSERT INTO repositories (id, full_name, installation_id) VALUES (?, ?, ?)", names
        )
        subjects = fill_plans(connection, plans)
        connection.executemany(
            "INSERT INTO deliveries (id, guid, body_sha, event, action, received_at, finished_at,"
            " state, repository_id, actor_login, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            delivery_rows(deliveries),
        )
        connection.executemany(
            "INSERT INTO delivery_subjects (delivery_id, subject, finished_at) VALUES (?, ?, ?)",
            (
                (number, subjects[number % len(subjects)], text_time(deliveries - number))
                for number in range(1, deliveries + 1)
                if STATES[number % len(STATES)] == "finished"
            ),
        )
        connection.executemany(
            "INSERT INTO audit (at, subject, kind, target, reason, result, actor, url, deliveries)"
            " VALUES (?, ?, 'CommitFiles', 'p.md', 'a tick', 'done', 'alice', '', '[]')",
            ((text_time(n), subjects[(n * n) % len(subjects)]) for n in range(audit, 0, -1)),
        )
        connection.executemany(
            "INSERT INTO subjects (key, repository_id, due_at, parked_at, reason)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (key, int(key.split(":")[1]), text_time(n), text_time(n) if n % 5 == 0 else None,
                 "It is larger than 1 MB." if n % 5 == 0 else "")
                for n, key in enumerate(subjects)
            ),
        )  # fmt: skip
        connection.execute("ANALYZE")


def fill_plans(connection: sqlite3.Connection, plans: int) -> list[str]:
    """Plans of three formats, as far as any, with their summaries and their charts."""
    subjects: list[str] = []
    known: dict[tuple[int, int], tuple[PlanMemory, dict[str, object]]] = {}
    for number in range(plans):
        kind, ticked = number % len(TEMPLATES), number % 7
        if (kind, ticked) not in known:
            name, _ = TEMPLATES[kind]
            text = read_template("plans", f"{name}.md").replace("- [ ]", "- [x]", ticked)
            memory = PlanMemory(1, TEMPLATES[kind][1].format(0), name, 7, base_text=text)
            known[kind, ticked] = memory, asdict(summary_of(memory, NOW.date()))
        memory, summary = known[kind, ticked]
        repository, path = number % REPOSITORIES + 1, TEMPLATES[kind][1].format(number)
        values = asdict(memory) | {"repository_id": repository, "path": path}
        subjects.append(f"plan:{repository}:{path}")
        connection.execute(
            "INSERT INTO plans (repository_id, path, issue_number, state, memory, compared_at)"
            " VALUES (?, ?, ?, 'active', ?, ?)",
            (repository, path, number, json.dumps(values), text_time(number)),
        )
        row = summary | {
            "repository_id": repository,
            "path": path,
            "state": "active",
            "issue_number": number,
            "title": f"Plan {number}",
            "words": words_of(memory, summary_of(memory, NOW.date())) + f" plan {number}",
            "attention": "stopped" if number % 50 == 0 else "",
            "attention_why": "9 of 30 tasks vanished." if number % 50 == 0 else "",
        }
        marks = ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO plan_summaries ({', '.join(row)}) VALUES ({marks})", list(row.values())
        )
        connection.executemany(
            "INSERT INTO plan_progress (repository_id, path, at, done, total)"
            " VALUES (?, ?, ?, ?, 30)",
            [(repository, path, text_time(1000 - step * 50), step) for step in range(20)],
        )
    return subjects


def delivery_rows(count: int) -> Iterator[tuple[object, ...]]:
    body = b'{"action":"edited","padding":"' + b"x" * 1000 + b'"}'
    for number in range(1, count + 1):
        state = STATES[number % len(STATES)]
        received = text_time(count - number)
        event = "installation" if number == count // 2 else EVENTS[number * 7 // 3 % len(EVENTS)]
        yield (number, f"guid-{number}", f"{number:064}", event, "edited", received,
               received if state == "finished" else None, state, number % REPOSITORIES + 1,
               "alice", body)  # fmt: skip


def reader(app: Flask) -> FlaskClient:
    """A browser in which somebody is signed in through GitHub."""
    browser = app.test_client()
    there = browser.get("/sign-in/github").headers["Location"]
    browser.get(there.removeprefix(ORIGIN))
    return browser


def operator(app: Flask, store: Store) -> FlaskClient:
    """A browser in which the one-time link was used."""
    browser = app.test_client()
    link = make_link(store, NOW)
    token = re.search(r'name="form_token" value="([^"]+)"', browser.get(link).text)
    assert token is not None
    fields = {"form_token": token[1], "token": link.split("token=")[1]}
    browser.post("/sign-in/link", data=fields, headers={"Origin": ORIGIN})
    return browser


def addresses(app: Flask) -> list[str]:
    """Every page that can be asked for, lists also filtered and far into them."""
    values = {"owner": "acme", "name": "repository-01", "path": "plan_docs/p0.md", "mark": "0"}

    def address(rule: Rule) -> str:
        known = {name: values.get(name, "1000") for name in rule.arguments}
        converters = rule._converters
        made = {
            name: int(value) if type(converters[name]).__name__ == "IntegerConverter" else value
            for name, value in known.items()
        }
        return app.url_map.bind("localhost").build(rule.endpoint, made)

    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    found = [address(rule) for rule in rules if not rule.endpoint.startswith(("signin", "setup"))]
    more = ["/plans?page=40", "/plans?q=plan+49", "/plans?status=Draft&format=user-story",
            "/plans?repository=acme/repository-07", "/plans?waits=1", "/plans?open=1&page=50",
            "/api/plans?per_page=200",
            "/plans/acme/repository-01/plan_docs/p0.md?show=text",
            "/plans/acme/repository-01/plan_docs/p0.md?before=5000"]  # fmt: skip
    lists = ({"event": "issues"}, {"event": "installation"}, {"event": "nothing"},
             {"event": "push", "state": "failed"}, {"event": "check_run", "state": "finished"},
             {"event": "installation", "state": "ignored"}, {"event": "issues", "state": "new"},
             {"repository": "acme/repository-07"}, {"state": "failed"}, {"state": "new"},
             {"repository": "acme/repository-07", "event": "check_run", "state": "ignored"},
             {"since": "2026-02-01T00:00", "until": "2026-02-01T06:00", "event": "push"},
             {"until": "2026-01-20T00:00"}, {"before": "100000", "state": "finished"})  # fmt: skip
    more += ["/operator/parked?repository=acme/repository-07", "/operator/parked?page=20"]
    more += [f"/operator/deliveries?{urlencode(one)}" for one in lists]
    return sorted({*found, *more})


def measure(browser: FlaskClient, address: str, rounds: int) -> tuple[int, list[float]]:
    """The status, and the milliseconds of each time."""
    times = []
    status = browser.get(address).status_code
    for _ in range(rounds):
        start = time.perf_counter()
        status = browser.get(address).status_code
        times.append((time.perf_counter() - start) * 1000)
    return status, times


def main() -> int:
    """Make the database, ask every page, print a line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--plans", type=int, default=5000)
    parser.add_argument("--deliveries", type=int, default=200_000)
    parser.add_argument("--audit", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(folder)
        store = Store(settings.database_url)
        store.migrate()
        assert store.sqlite_file is not None
        fill(store.sqlite_file, options.plans, options.deliveries, options.audit)
        app = create_app(settings, store, Half(), clock=lambda: NOW)
        keep_what_is_loaded()
        print(f"{'median':>8} {'p95':>8}  status  who       page (milliseconds)")
        for who, browser in (("reader", reader(app)), ("operator", operator(app, store))):
            for address in addresses(app):
                status, times = measure(browser, address, options.rounds)
                p95 = statistics.quantiles(times, n=20)[-1]
                slow += p95 >= LIMIT_MS
                late = "  SLOW" if p95 >= LIMIT_MS else ""
                median = statistics.median(times)
                print(f"{median:8.1f} {p95:8.1f}  {status:<6}  {who:<8}  {address}{late}")
        store.close()
    return 1 if slow else 0


def settings_in(folder: str) -> Settings:
    """Settings with their data in a folder, and sign-in through GitHub."""
    return load_settings(
        {
            "APP_ID": "1",
            "PRIVATE_KEY": generate_private_key(),
            "WEBHOOK_SECRET": "a secret for measuring",
            "PLANSYNC_DATA_DIR": folder,
            "LOG_LEVEL": "error",
            "GITHUB_CLIENT_ID": "id",
            "GITHUB_CLIENT_SECRET": "secret",
        }
    )


if __name__ == "__main__":
    sys.exit(main())
