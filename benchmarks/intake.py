"""How many signed deliveries a second are stored and answered, over real HTTP.

``python -m benchmarks.intake [--seconds 5] [--connections 32] [--body-bytes 10000]`` starts
``plansync web`` on a new SQLite file (or the database named by ``--database-url``), sends distinct
deliveries over that many connections and prints requests a second and the time to the answer.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from webhooks.signature import sign

SECRET = b"a secret for measuring"


@dataclass(slots=True)
class Connection:
    """One keep-alive connection and when its request was sent."""

    socket: socket.socket
    sent: float = 0.0
    got: bytes = b""


@contextmanager
def web(environ: dict[str, str]) -> Iterator[str]:
    """``plansync web`` while the measurement runs; its address."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "web"],
        env={"PATH": os.environ.get("PATH", "")} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdout is not None
        found = re.search(r"http://[\d.]+:\d+", child.stdout.readline())
        assert found, "plansync web did not start"
        yield found[0]
    finally:
        child.terminate()
        child.wait()


def measure(
    address: str, body: bytes, *, connections: int, seconds: float
) -> tuple[float, list[float]]:
    """Requests a second, and the seconds each took; raises when an answer is not 202."""
    netloc = urlsplit(address)
    head = (
        "POST /webhooks/github HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"X-GitHub-Event: ping\r\nX-Hub-Signature-256: {sign(SECRET, body)}\r\n"
        f"Content-Length: {len(body)}\r\nX-GitHub-Delivery: "
    ).encode()
    selector = selectors.DefaultSelector()
    number = 0

    def send(connection: Connection) -> None:
        nonlocal number
        number += 1
        connection.got = b""
        connection.sent = time.perf_counter()
        connection.socket.sendall(head + f"d-{number}\r\n\r\n".encode() + body)

    for _ in range(connections):
        opened = Connection(socket.create_connection((netloc.hostname, netloc.port)))
        selector.register(opened.socket, selectors.EVENT_READ, opened)
        send(opened)
    took: list[float] = []
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        for key, _ in selector.select(1):
            connection: Connection = key.data
            connection.got += connection.socket.recv(65536)
            if b'"}\n' not in connection.got:
                continue
            assert connection.got.startswith(b"HTTP/1.1 202"), connection.got
            took.append(time.perf_counter() - connection.sent)
            send(connection)
    elapsed = now - began
    selector.close()
    return len(took) / elapsed, took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--body-bytes", type=int, default=10_000)
    parser.add_argument("--database-url", default="")
    given = parser.parse_args()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    body = json.dumps({"zen": "x" * given.body_bytes}).encode()
    with tempfile.TemporaryDirectory(prefix="plansync-bench-") as folder:
        environ = {
            "APP_ID": "1",
            "PRIVATE_KEY": pem.decode(),
            "WEBHOOK_SECRET": SECRET.decode(),
            "PLANSYNC_DATA_DIR": folder,
            "DATABASE_URL": given.database_url,
            "PORT": "0",
            "LOG_LEVEL": "warning",
        }
        with web(environ) as address:
            measure(address, body, connections=given.connections, seconds=0.5)
            # Ids of the warm-up are known already and would be answered without an insert.
            body = body.replace(b"zen", b"Zen")
            rate, took = measure(
                address, body, connections=given.connections, seconds=given.seconds
            )
    quantiles = statistics.quantiles(took, n=100)
    print(
        f"{rate:,.0f} deliveries/s stored ({given.connections} connections, "
        f"{len(body):,} bytes each); answer after {1000 * quantiles[49]:.1f} ms at the median, "
        f"{1000 * quantiles[98]:.1f} ms at the 99th percentile, {1000 * max(took):.0f} ms at most"
    )


if __name__ == "__main__":
    main()
