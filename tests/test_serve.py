"""``plansync serve`` and ``web`` as real processes: granian, DBOS, signals, and kill -9."""

from __future__ import annotations

import gc
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from bot.store import Store
from webhooks.serve import keep_what_is_loaded
from webhooks.signature import sign

pytestmark = pytest.mark.thorough

PATIENCE = 20.0
SECRET = b"It's a Secret to Everybody"


class Running:
    """A plansync process and its children."""

    def __init__(self, child: subprocess.Popen[str], address: str) -> None:
        self.child = child
        self.address = address

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.child.pid).children(recursive=True)

    def named(self, command: str) -> psutil.Process:
        """The supervisor's child that runs this command."""
        children = psutil.Process(self.child.pid).children()
        return next(each for each in children if command in each.cmdline())

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.address + path, timeout=PATIENCE) as answer:
            return bytes(answer.read())

    def send(self, guid: str, body: bytes = b"{}") -> int:
        """The status of a signed ping."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE)
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "ping",
            "X-GitHub-Delivery": guid,
            "X-Hub-Signature-256": sign(SECRET, body),
        }
        connection.request("POST", "/webhooks/github", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status


def command(*args: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot.cli", *args],
        env={"PATH": os.environ.get("PATH", "")} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(name: str, environ: dict[str, str]) -> Iterator[Running]:
    child = command(name, environ=environ)
    family: list[psutil.Process] = []
    try:
        assert child.stdout is not None
        found = re.search(r"http://[\d.]+:\d+", child.stdout.readline())
        assert found, child.communicate()[1]
        log: list[str] = []
        drain = threading.Thread(target=lambda: child.stderr and log.extend(child.stderr))
        drain.start()
        plansync = Running(child, found[0])
        plansync.get("/healthz")
        family = plansync.family()
        try:
            yield plansync
        except BaseException:
            print("plansync's log:", *log, sep="\n")
            raise
    finally:
        child.kill()
        child.wait()
        for process in family:
            if process.is_running():
                process.kill()


def gone(processes: list[psutil.Process], seconds: float) -> bool:
    """True when all have ended; what nobody has buried yet has ended too."""
    deadline = time.monotonic() + seconds

    def ended(process: psutil.Process) -> bool:
        try:
            return process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    while not all(ended(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def until(good: object) -> None:
    """Ask a question of another process until the answer is yes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if good():  # type: ignore[operator]
                return
        except (psutil.Error, StopIteration):
            pass
        threading.Event().wait(0.02)
    raise AssertionError("it never happened")


@pytest.fixture
def opened(environ: dict[str, str]) -> Iterator[Store]:
    store = Store(f"sqlite:///{environ['PLANSYNC_DATA_DIR']}/plansync.sqlite3")
    yield store
    store.close()


def test_serve_receives_works_off_and_stops_cleanly(environ: dict[str, str], opened: Store) -> None:
    with running("serve", environ) as plansync:
        assert plansync.send("one") == 202
        assert plansync.send("one") == 202
        until(lambda: [row.state for row in opened.deliveries()] == ["ignored"])
        until(lambda: json.loads(plansync.get("/readyz"))["worker_seen_seconds"] is not None)
        family = plansync.family()
        assert len(family) == 3
        began = time.monotonic()
        plansync.child.send_signal(signal.SIGTERM)
        assert plansync.child.wait(10) == 0
        assert gone(family, 1)
        assert time.monotonic() - began < 10


def test_ctrl_c_stops_it_too(environ: dict[str, str]) -> None:
    with running("serve", environ) as plansync:
        family = plansync.family()
        plansync.child.send_signal(signal.SIGINT)
        assert plansync.child.wait(10) == 0
        assert gone(family, 1)


def test_killing_the_supervisor_leaves_no_child(environ: dict[str, str]) -> None:
    with running("serve", environ) as plansync:
        until(lambda: len(plansync.family()) == 3)
        family = plansync.family()
        plansync.child.kill()
        assert gone(family, 10)


def test_what_is_killed_is_started_again_and_no_request_is_refused(
    environ: dict[str, str], opened: Store
) -> None:
    with running("serve", environ) as plansync:
        sent = 0
        for victim in ("web", "worker", "granian", "web"):
            if victim == "granian":
                until(lambda: plansync.named("web").children())
                (process,) = plansync.named("web").children()
            else:
                until(lambda name=victim: plansync.named(name))
                process = plansync.named(victim)
            process.kill()
            sent += 1
            assert plansync.send(f"after-{sent}") == 202
            assert gone([process], PATIENCE)
        until(lambda: [row.state for row in opened.deliveries()] == ["ignored"] * sent)


def test_web_alone_takes_what_fits_and_refuses_what_does_not(
    environ: dict[str, str], opened: Store
) -> None:
    with running("web", environ) as plansync:
        netloc = urlsplit(plansync.address).netloc
        too_large = 26 * 1024 * 1024
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "ping",
            "X-GitHub-Delivery": "big",
            "X-Hub-Signature-256": "sha256=" + "0" * 64,
        }
        declared = http.client.HTTPConnection(netloc, timeout=PATIENCE)
        declared.putrequest("POST", "/webhooks/github")
        for name, value in (headers | {"Content-Length": str(too_large)}).items():
            declared.putheader(name, value)
        declared.endheaders()
        assert declared.getresponse().status == 413
        declared.close()

        chunked = http.client.HTTPConnection(netloc, timeout=PATIENCE)
        chunk = b"x" * 1024 * 1024
        try:
            chunked.request(
                "POST",
                "/webhooks/github",
                (chunk for _ in range(too_large // len(chunk))),
                headers,
                encode_chunked=True,
            )
            assert chunked.getresponse().status == 413
        except (BrokenPipeError, ConnectionResetError):
            pass  # answered and closed before all of it was sent
        chunked.close()

        assert plansync.send("good", b'{"a":"' + b"x" * 20_000_000 + b'"}') == 202
        assert [row.guid for row in opened.deliveries()] == ["good"]


@pytest.mark.parametrize("name", ["serve", "web", "worker"])
def test_missing_settings_are_named_and_nothing_starts(environ: dict[str, str], name: str) -> None:
    del environ["PRIVATE_KEY"]
    del environ["APP_ID"]
    child = command(name, environ=environ)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert "APP_ID is missing" in err
    assert "PRIVATE_KEY is missing. Generate one" in err
    assert "Traceback" not in err
    assert out == ""


def test_a_database_that_cannot_be_written_ends_serve(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    environ["PLANSYNC_DATA_DIR"] = str(tmp_path / "file" / "data")
    child = command("serve", environ=environ)
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert "cannot be made (Not a directory)" in err
    assert "PLANSYNC_DATA_DIR" in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_said(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ["PORT"] = str(taken.getsockname()[1])
        child = command("serve", environ=environ)
        _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert f"port {environ['PORT']} (Address already in use)" in err


def test_a_second_serve_on_the_same_database_gives_up(environ: dict[str, str]) -> None:
    with running("serve", environ) as first:
        until(lambda: json.loads(first.get("/readyz"))["worker_seen_seconds"] is not None)
        child = command("serve", environ=environ)
        out, err = child.communicate(timeout=PATIENCE)
        assert child.returncode == 2
        assert "Another worker is at work" in err
        assert out == "", "nothing is announced that does not come"


def test_what_the_web_process_has_loaded_is_not_walked_again_and_again() -> None:
    try:
        keep_what_is_loaded()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
