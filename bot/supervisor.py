"""``plansync serve``: the web process and the worker as children of one process.

The supervisor keeps the listening socket, so that connections wait while a web process that died
is started again. A child that dies is started again, a little later each time; children end with
the supervisor, whatever ends it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
GOOD_SECONDS = 5.0
"""A child that lived this long is started again without a pause that has grown."""
STOP_SECONDS = 9.0
WRONG_SETTINGS = 2
"""The exit code of a child that need not be started again."""

log = structlog.get_logger("plansync.serve")


@dataclass(slots=True)
class Child:
    """A child process and how to start it; ``fds`` are what it inherits."""

    name: str
    command: Sequence[str]
    fds: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    next_start: float = field(default=0.0)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, pass_fds=self.fds, stdin=subprocess.DEVNULL, close_fds=True
        )
        self.started = time.monotonic()
        log.info("started", child=self.name, pid=self.process.pid)

    def note_death(self, code: int) -> None:
        now = time.monotonic()
        if now - self.started >= GOOD_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        log.error("died, starting again", child=self.name, code=code, seconds=self.pause)
        self.process = None
        self.next_start = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError. Port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def address(listening: socket.socket) -> str:
    """The address to reach a listening socket at, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def plansync_command(*args: str) -> list[str]:
    """How this very plansync is run in another process."""
    return [sys.executable, "-m", "bot.cli", *args]


def supervise(
    listening: socket.socket,
    stop: threading.Event,
    *,
    command: Callable[..., list[str]] = plansync_command,
) -> int:
    """Run web and worker until ``stop`` is set; the exit code to end with."""
    with _lifeline() as pipe:
        socket_fd = listening.fileno()
        tie = ("--lifeline", str(pipe))
        children = [
            Child("web", command("web", "--listen-fd", str(socket_fd), *tie), (socket_fd, pipe)),
            Child("worker", command("worker", *tie), (pipe,)),
        ]
        try:
            return _watch(children, stop)
        finally:
            _end(children)


def _watch(children: Sequence[Child], stop: threading.Event) -> int:
    while not stop.is_set():
        for child in children:
            if child.process is None:
                if time.monotonic() >= child.next_start:
                    child.start()
                continue
            code = child.process.poll()
            if code == WRONG_SETTINGS:
                log.error("cannot run, giving up", child=child.name)
                return WRONG_SETTINGS
            if code is not None:
                child.note_death(code)
        stop.wait(0.05)
    return 0


def _end(children: Sequence[Child]) -> None:
    """Ask all children to stop, and make those stop that do not."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("did not stop, killed", pid=process.pid)
            process.kill()
            process.wait()


@contextmanager
def _lifeline() -> Iterator[int]:
    """The read end of a pipe whose write end lives exactly as long as this process."""
    read_end, write_end = os.pipe()
    try:
        yield read_end
    finally:
        os.close(write_end)
        os.close(read_end)
