"""Start and stop the emulator: one Node process that dies with the process that started it."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.emulator.api import Api
from bot.emulator.install import EmulatorUnavailable, default_cache, find_node, installed
from bot.emulator.seed import World, seed_of

START_SECONDS = 30.0


def generate_private_key() -> str:
    """A fresh RSA key of 2,048 bits as PEM, such as GitHub gives to an App."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


@dataclass(slots=True)
class Emulator:
    """A running emulator: its address, what an App needs to know, and the people's tokens."""

    url: str
    world: World
    private_key: str
    _process: subprocess.Popen[str]
    _answers: queue.Queue[str | None]

    @property
    def app_id(self) -> int:
        return self.world.app_id

    @property
    def webhook_secret(self) -> str:
        return self.world.webhook_secret

    @property
    def tokens(self) -> dict[str, str]:
        """Login to token, for everybody in the world."""
        return {login: self.world.token(login) for login in self.world.people}

    @property
    def pid(self) -> int:
        return self._process.pid

    def api(self, login: str, url: str | None = None) -> Api:
        """The API as this person sees it; ``url`` when it is to go through a proxy."""
        return Api(url or self.url, self.world.token(login))

    def reset(self) -> None:
        """Back to the seed. Tokens that the App holds from before are no longer its own."""
        self._say("reset")
        self._answer()
        self._let_writers_in()

    def stop(self) -> None:
        """End the process; again does nothing."""
        if self._process.stdin and not self._process.stdin.closed:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _say(self, line: str) -> None:
        stdin = self._process.stdin
        if stdin is None:
            raise EmulatorUnavailable("The emulator has stopped.")
        stdin.write(line + "\n")
        stdin.flush()

    def _answer(self) -> str:
        try:
            line = self._answers.get(timeout=START_SECONDS)
        except queue.Empty:
            line = None
        if line is None:
            self.stop()
            raise EmulatorUnavailable("The emulator did not answer.")
        return line

    def _let_writers_in(self) -> None:
        admin = self.api(self.world.admin)
        for name in self.world.repositories:
            for login in self.world.writers:
                path = f"/repos/{self.world.owner}/{name}/collaborators/{login}"
                admin.call("PUT", path, {"permission": "push"})


def start_emulator(
    *,
    port: int = 0,
    webhook_url: str = "http://127.0.0.1:9/webhooks/github",
    world: World | None = None,
    private_key: str | None = None,
    cache: Path | None = None,
) -> Emulator:
    """A running emulator, usable as a context manager.

    ``port`` 0 lets the system choose; ``webhook_url`` is where the App's webhooks go (the default
    is nowhere); ``cache`` is where its packages are kept. Raises EmulatorUnavailable.
    """
    world = world or World()
    private_key = private_key or generate_private_key()
    node = find_node()
    folder = installed(cache or default_cache(), node)
    process = subprocess.Popen(
        [node.node, str(folder / "start.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    answers: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_listen, args=(process.stdout, answers), daemon=True).start()
    emulator = Emulator("", world, private_key, process, answers)
    try:
        seed = seed_of(world, private_key=private_key, webhook_url=webhook_url)
        emulator._say(json.dumps({"port": port, "seed": seed}))
        # The emulator names itself "localhost", which may resolve to ::1 where it does not listen.
        emulator.url = json.loads(emulator._answer())["url"].replace("localhost", "127.0.0.1")
        emulator._let_writers_in()
    except BaseException:
        emulator.stop()
        raise
    return emulator


def _listen(stdout: IO[str] | None, answers: queue.Queue[str | None]) -> None:
    for line in _lines(stdout):
        if line.startswith("{"):
            answers.put(line)
    answers.put(None)


def _lines(stdout: IO[str] | None) -> Iterator[str]:
    with contextlib.suppress(ValueError, OSError):
        yield from stdout or ()
