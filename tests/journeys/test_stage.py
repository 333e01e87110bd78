"""The journeys' own tools do what the journeys take for granted."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from bot.emulator.people import MergeConflict
from bot.emulator.stage import Stage
from bot.errors import Retryable
from bot.github.live import Gateway
from bot.github.ports import GitHubReader, GitHubWriter, Refused, Stale
from bot.github.snapshots import RepoPath
from tests.journeys import proxy
from tests.journeys.proxy import Faults


@dataclass
class Listener:
    """Somebody who takes webhooks, in plansync's place."""

    url: str = ""
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def actions(self) -> list[str]:
        return [f"{event}.{body.get('action', '')}".strip(".") for event, _, body in self.got]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.got.append(
                (self.headers["X-GitHub-Event"], self.headers["X-GitHub-Delivery"], body)
            )
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/github"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ports(stage: Stage) -> tuple[GitHubReader, GitHubWriter]:
    given = stage.environment()
    gateway = Gateway(
        SimpleNamespace(
            app_id=int(given["APP_ID"]),
            private_key=given["PRIVATE_KEY"],
            github_api_url=given["GITHUB_API_URL"],
            write_interval_seconds=0.0,
        ),
        deadline=1.0,
    )
    repo = gateway.find("acme/shop")
    assert repo is not None
    return gateway.reader(repo), gateway.writer(repo)


def test_a_merge_keeps_what_both_sides_did(
    stage: Stage, ports: tuple[GitHubReader, GitHubWriter], listener: Listener
) -> None:
    reader, writer = ports
    bob = stage.person("bob")
    bob.create_branch("topic")
    bob.push_file("src/search.py", "found = True\n", branch="topic")
    number = bob.open_pull("topic", "Search", "Plan: #1")
    writer.put_file(RepoPath("plan.md"), "- [x] one\n", "Tick", expected_blob=None)
    stage.relay.wait_for(lambda one: one.event == "push" and one.sender == "plansync[bot]")
    stage.relay.target = listener.url

    merged = bob.merge_pull(number)

    stage.relay.wait_until_sent()
    assert reader.head("main") == merged
    assert reader.file(RepoPath("plan.md")) is not None
    assert reader.file(RepoPath("src/search.py")) is not None
    pull = reader.pull(number)
    assert pull is not None
    assert (pull.merged, pull.merge_commit_sha) == (True, merged)
    closed = next(
        body
        for event, _, body in listener.got
        if event == "pull_request" and body["action"] == "closed"
    )
    assert closed["pull_request"]["merge_commit_sha"] == merged
    pushed = listener.got[-1][2] if listener.got[-1][0] == "push" else listener.got[-2][2]
    assert pushed["after"] == merged
    assert pushed["before"] in (reader.commits()[0].parents)
    assert pushed["commits"][-1]["added"] == ["src/search.py"]


def test_a_merge_of_the_same_line_is_a_conflict(stage: Stage) -> None:
    bob = stage.person("bob")
    bob.create_branch("topic")
    bob.push_file("README.md", "theirs\n", branch="topic")
    number = bob.open_pull("topic", "Read me")
    bob.push_file("README.md", "ours\n")
    with pytest.raises(MergeConflict):
        bob.merge_pull(number)


def test_people_are_undisturbed_while_they_tick(
    stage: Stage, ports: tuple[GitHubReader, GitHubWriter]
) -> None:
    reader, writer = ports
    alice = stage.person("alice")
    number = alice.open_issue("Plan", "- [ ] one\n- [ ] two\n")
    began, go_on = threading.Event(), threading.Event()

    def slowly(body: str) -> str:
        began.set()
        go_on.wait(5)
        return body.replace("[ ] one", "[x] one")

    def bot() -> None:
        body = reader.issue(number).body  # type: ignore[union-attr]
        writer.edit_issue(number, body=body.replace("[ ] two", "[x] two"))

    person = threading.Thread(target=alice.change_body, args=(number, slowly))
    person.start()
    assert began.wait(5)
    machine = threading.Thread(target=bot)
    machine.start()
    go_on.set()
    person.join()
    machine.join()
    issue = reader.issue(number)
    assert issue is not None
    assert issue.body == "- [x] one\n- [x] two\n"


def test_webhooks_are_held_dropped_repeated_and_reordered(stage: Stage, listener: Listener) -> None:
    relay, alice = stage.relay, stage.person("alice")
    relay.target = listener.url
    with relay.held():
        number = alice.open_issue("Plan", "a")
        relay.wait_for(lambda one: one.action == "opened")
        alice.edit_issue(number, body="b")
        relay.wait_for(lambda one: one.action == "edited")
        assert listener.got == []
        relay.rule = proxy.backwards
    relay.wait_until_sent()
    assert listener.actions() == ["issues.edited", "issues.opened"]
    assert listener.got[0][2]["changes"] == {"body": {"from": "a"}}

    relay.rule = proxy.duplicate()
    alice.edit_issue(number, body="c")
    relay.wait_for(lambda one: one.payload["issue"]["body"] == "c")
    relay.wait_until_sent()
    assert [guid for _, guid, _ in listener.got[2:]] == [listener.got[2][1]] * 2

    relay.rule = proxy.drop(lambda one: one.action == "closed")
    with relay.held():
        alice.close_issue(number)
        relay.wait_for(lambda one: one.action == "closed")
        alice.reopen_issue(number)
        relay.wait_for(lambda one: one.action == "reopened")
    relay.wait_until_sent()
    assert listener.actions()[4:] == ["issues.reopened"]
    assert {sent.status for sent in relay.sent} == {202}


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        (proxy.bad_gateway_before, False),
        (proxy.bad_gateway_after, True),
        (proxy.reset_before, False),
        (proxy.reset_after, True),
        (proxy.timeout_after, True),
        (proxy.html_after, True),
        (proxy.truncated_after, True),
        (proxy.rate_limit(), False),
        (proxy.rate_limit(60), False),
    ],
)
def test_a_fault_leaves_one_effect_or_none(
    stage: Stage,
    faults: Faults,
    ports: tuple[GitHubReader, GitHubWriter],
    fault: proxy.Fault,
    done: bool,
) -> None:
    _, writer = ports
    faults.at(2, fault, method="POST", path=r"/issues$")
    writer.create_issue("first", "")
    with pytest.raises(Retryable):
        writer.create_issue("second", "")
    titles = [x["title"] for x in stage.emulator.api("alice").pages("/repos/acme/shop/issues")]
    assert titles == (["second", "first"] if done else ["first"])
    assert len(faults.struck) == 1


@pytest.mark.parametrize(("code", "error"), [(404, Refused), (409, Stale), (422, Refused)])
def test_a_refusal_is_told_apart(
    faults: Faults,
    ports: tuple[GitHubReader, GitHubWriter],
    code: int,
    error: type[Exception],
) -> None:
    faults.at(1, proxy.status(code), method="WRITE")
    with pytest.raises(error):
        ports[1].create_issue("first", "")


def test_one_401_is_made_good(
    stage: Stage, faults: Faults, ports: tuple[GitHubReader, GitHubWriter]
) -> None:
    reader, writer = ports
    reader.repository()
    before = stage.front.count("app")
    faults.at(1, proxy.status(401), method="POST")
    writer.create_issue("first", "")
    assert [issue.title for issue in reader.issues()] == ["first"]
    assert stage.front.count("app") == before + 1


def test_requests_are_counted_by_kind(
    stage: Stage, ports: tuple[GitHubReader, GitHubWriter]
) -> None:
    reader, _ = ports
    start = len(stage.front.records)
    reader.repository()
    reader.permission("alice")
    reader.repository()
    counts = {kind: stage.front.count(kind, start) for kind in ("app", "permission", "api")}
    assert counts == {"app": 1, "permission": 1, "api": 2}


def test_a_reset_forgets_everything(stage: Stage) -> None:
    alice = stage.person("alice")
    alice.open_issue("Plan")
    alice.push_file("a.md", "a")
    stage.emulator.reset()
    api = stage.emulator.api("alice")
    assert api.pages("/repos/acme/shop/issues") == []
    alice.push_file("b.md", "b")
    names = {entry["name"] for entry in api.call("GET", "/repos/acme/shop/contents/")}
    assert names == {"README.md", "b.md"}


def test_the_emulator_dies_with_whoever_started_it() -> None:
    script = (
        "from bot.emulator.process import start_emulator\n"
        "import os\n"
        "print(start_emulator().url, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    port = int(done.stdout.rsplit(":", 1)[1])
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
    pytest.fail("the emulator is still there")
