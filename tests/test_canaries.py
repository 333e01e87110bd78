"""A canary for every secret: after the main job, with every kind of failure, none is anywhere.

Looked through: log lines, standard output and error, every byte of the database, the numbers, every
page and every error answer.
"""

from __future__ import annotations

import base64
import contextlib
import html
import http.client
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import psutil
import pytest
import structlog
from click.testing import CliRunner

import bot.logs
from bot.cli import plansync
from bot.errors import Retryable, UserProblem
from bot.github.ports import Refused
from bot.settings import Settings, load_settings
from bot.sign_in_link import make_link
from bot.store import Store
from tests.web.visits import form_token, send
from tests.world import World
from webhooks.app import create_app
from webhooks.session import LOCAL
from webhooks.signature import sign

CANARIES = {
    "WEBHOOK_SECRET": "canary/webhook+secret 4f1d",
    "WEBHOOK_SECRET_PREVIOUS": "canary-previous-secret-77ab",
    "GITHUB_CLIENT_ID": "Iv1.0123456789abcdef",
    "GITHUB_CLIENT_SECRET": 'canary-client-secret-"quoted"-09',
    "METRICS_TOKEN": "canary-metrics-token-5e5e",
}
TOKEN = "ghs_canary" + "T" * 36
PATIENCE = 30.0


@pytest.fixture
def canaries(environ: dict[str, str]) -> dict[str, str]:
    return environ | CANARIES | {"LOG_LEVEL": "debug"}


def forms(environ: dict[str, str]) -> dict[str, list[str]]:
    """Each secret in every way in which it might be written."""
    secrets = {name: value for name, value in CANARIES.items() if name != "GITHUB_CLIENT_ID"}
    secrets["token"] = TOKEN
    found = {
        name: [
            value,
            json.dumps(value)[1:-1],
            repr(value)[1:-1],
            quote(value, ""),
            quote_plus(value),
            html.escape(value),
            base64.b64encode(value.encode()).decode().rstrip("="),
        ]
        for name, value in secrets.items()
    }
    key = environ["PRIVATE_KEY"]
    lines = [line for line in key.splitlines() if len(line) > 40 and "-" not in line]
    found["PRIVATE_KEY"] = [*lines, base64.b64encode(key.encode()).decode()[100:160]]
    return found


def assert_clean(environ: dict[str, str], **places: str | bytes) -> None:
    """None of the secrets is in any of these."""
    for place, content in places.items():
        assert content, f"nothing was looked through in {place}"
        text = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        for name, written in forms(environ).items():
            for form in written:
                at = text.find(form.encode())
                assert at < 0, f"{name} is in {place}: …{text[max(0, at - 80) : at + 20]!r}…"


def database_bytes(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.glob("*.sqlite3*")))


@pytest.fixture
def configured(canaries: dict[str, str]) -> Iterator[io.StringIO]:
    """Logging as a process has it, into a stream of this test."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook, bot.logs._redact
    stream = io.StringIO()
    bot.logs.configure(load_settings(canaries), process="worker", stream=stream)
    yield stream
    root.handlers[:], level, sys.excepthook, threading.excepthook, bot.logs._redact = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def store(canaries: dict[str, str]) -> Iterator[Store]:
    made = Store(load_settings(canaries).database_url, busy_seconds=10)
    made.migrate()
    yield made
    made.close()


def say_it_all(settings: Settings) -> str:
    """A message with every secret in it, as a careless library would make one."""
    secrets = [
        settings.private_key,
        settings.webhook_secret,
        settings.webhook_secret_previous,
        settings.github_client_secret,
        settings.metrics_token,
    ]
    return f"headers {[one.get_secret_value() for one in secrets if one]!r} Bearer {TOKEN}"


def main_job_with_failures(world: World, settings: Settings) -> None:
    """Request, tick, push, pull request; then failures of each kind that tell everything."""
    world.request()
    issue = world.plan_issue("plan_docs/search.md")
    world.alice.tick(issue, "Backend/API changes")
    world.settle()
    said = say_it_all(settings)
    for error in (
        ValueError(said),
        Refused(500, said),
        Retryable(said),
        UserProblem(said, said),
        RuntimeError(said[:400]),
    ):
        world.github.interrupt(error, calls="issue")
        box = "Frontend" if "Frontend" in world.repo.issues[issue].body else "Backend/API changes"
        world.alice.edit_issue(
            issue, body=world.repo.issues[issue].body + f"\n- [ ] {box} {id(error)}\n"
        )
        world.send()
        world.work()
    # What cannot even be dispatched.
    world.store.receive("odd", "issues", b"[]", received_at=world.github.now)
    world.send([])


def every_page(settings: Settings, store: Store) -> str:
    """What an operator is shown on every page, and what a stranger is answered."""
    client = create_app(settings, store).test_client()
    browser = create_app(settings, store).test_client()
    shown: list[str] = []

    def look(path: str) -> str:
        answer = browser.get(path)
        shown.append(f"{answer.status} {answer.headers} {answer.text}")
        return answer.text

    link = make_link(store, datetime.now(UTC))
    signed = send(
        browser,
        "/sign-in/link",
        form=form_token(browser, link),
        token=link.partition("token=")[2],
    )
    assert signed.status_code == 303
    assert LOCAL.login in look("/operator")
    for path in ("/plans", "/api/plans", "/plans/acme/shop/plan_docs/search.md", "/readyz", "/"):
        look(path)
    page = look("/operator/deliveries")
    assert "failed" in page
    for row in store.deliveries(limit=100):
        look(f"/operator/deliveries/{row.id}")
    numbers = browser.get(
        "/metrics", headers={"Authorization": f"Bearer {CANARIES['METRICS_TOKEN']}"}
    )
    assert numbers.status_code == 200
    shown.append(numbers.text)
    for answer in (
        client.get("/metrics", headers={"Authorization": "Bearer a wrong token"}),
        client.post("/webhooks/github", data=b"{}", content_type="application/json"),
        client.get("/operator"),
        client.post("/operator/retry"),
        client.get("/nowhere"),
    ):
        assert answer.status_code >= 300
        shown.append(f"{answer.headers} {answer.text}")
    return "\n".join(shown)


def test_no_secret_is_left_anywhere_after_the_main_job(
    canaries: dict[str, str],
    configured: io.StringIO,
    store: Store,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_settings(canaries)
    main_job_with_failures(World(store), settings)
    assert store.counts().parked or store.counts().open, "the failures left no trace to look at"
    pages = every_page(settings, store)
    for name, value in canaries.items():
        monkeypatch.setenv(name, value)
    printed = ""
    for command in (["deliveries"], ["deliveries", "--parked"], ["deliveries", "--json"]):
        printed += CliRunner().invoke(plansync, command).output
    store.close()
    out, err = capfd.readouterr()
    log = configured.getvalue()
    assert "[secret]" in log, "the failures never reached the log"
    assert "[secret]" in printed
    assert_clean(
        canaries,
        log=log,
        database=database_bytes(settings.data_dir),
        pages=pages,
        commands=printed,
        output=out + err + "-",
    )


def test_settings_do_not_show_their_secrets(canaries: dict[str, str]) -> None:
    settings = load_settings(canaries)
    assert_clean(canaries, repr=repr(settings), str=str(settings), json=settings.model_dump_json())


@pytest.mark.thorough
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_leaves_a_real_process(canaries: dict[str, str], log_format: str) -> None:
    """``plansync serve`` with a GitHub that is not there: every request of its own fails."""
    canaries |= {
        "LOG_FORMAT": log_format,
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "PATH": os.environ.get("PATH", ""),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "serve"],
        env=canaries,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    answers = ""
    try:
        assert child.stdout is not None
        address = child.stdout.readline().split()[2]
        log: list[str] = []
        drain = threading.Thread(target=lambda: child.stderr and log.extend(child.stderr))
        drain.start()
        secret = CANARIES["WEBHOOK_SECRET"].encode()
        issue = {"number": 4, "title": "Search", "body": "", "state": "open",
                 "labels": [{"name": "plan:feature"}],
                 "user": {"login": "mona", "id": 5, "type": "User"}}  # fmt: skip
        repository = {"id": 7, "name": "plans", "full_name": "octo/plans",
                      "owner": {"login": "octo"}, "default_branch": "main"}  # fmt: skip
        payload = {"action": "opened", "issue": issue, "repository": repository,
                   "installation": {"id": 3},
                   "sender": {"login": "mona", "id": 5, "type": "User"}}  # fmt: skip
        body = json.dumps(payload).encode()
        for good in (sign(secret, body), sign(b"wrong", body)):
            connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
            headers = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "one",
                       "X-Hub-Signature-256": good, "Content-Type": "application/json"}  # fmt: skip
            connection.request("POST", "/webhooks/github", body, headers)
            answer = connection.getresponse()
            answers += f"{answer.status} {answer.headers} {answer.read()!r}\n"
            connection.close()
        store = Store(load_settings(canaries).database_url)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            subjects = store.subjects()
            if subjects and subjects[0].attempts:
                break
            threading.Event().wait(0.1)
        assert subjects[0].attempts, "the job never failed"
        store.close()
        family = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGTERM)
        assert child.wait(15) == 0
        drain.join()
        out = child.stdout.read()
    finally:
        child.kill()
        with contextlib.suppress(NameError, psutil.NoSuchProcess):
            for process in family:
                process.kill()
        child.wait()
    assert "202" in answers
    assert "401" in answers
    data = Path(canaries["PLANSYNC_DATA_DIR"])
    text = "".join(log)
    assert "GitHub gave no answer" in text
    assert_clean(
        canaries, log=text, output=out + "-", answers=answers, database=database_bytes(data)
    )
