"""Which worker this is: a numbered lock file, held as long as the process lives.

The system lets go of the lock whatever kills the process, so a restarted worker takes the same
number, and with it the jobs that its predecessor left. On SQLite there is only number 0.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bot.errors import UserProblem

_MOST_WORKERS = 64


class WorkerRunning(UserProblem):
    """Another worker holds the lock and only one may run."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A worker's place: its stable id, and where it runs."""

    id: str
    host: str
    pid: int


@contextmanager
def only_worker(database: Path) -> Iterator[Slot]:
    """The one place that a SQLite file has; raises WorkerRunning when it is taken."""
    path = database.with_name(database.name + ".worker.lock")
    held = _take(path)
    if held is None:
        raise WorkerRunning(
            f"Another worker is at work on {database}: {_holder(path)}.",
            "Stop it first, or set DATABASE_URL to a PostgreSQL database, which takes several.",
        )
    with _holding(held):
        yield Slot("worker-0", socket.gethostname(), os.getpid())


@contextmanager
def next_worker(data_dir: Path) -> Iterator[Slot]:
    """The first free place of this machine, for databases that take several workers."""
    machine = _machine_id(data_dir)
    for number in range(_MOST_WORKERS):
        held = _take(data_dir / f"worker-{number}.lock")
        if held is not None:
            break
    else:
        raise WorkerRunning(f"{_MOST_WORKERS} workers run on this machine already.", "Stop some.")
    with _holding(held):
        yield Slot(f"{machine}-{number}", socket.gethostname(), os.getpid())


def _take(path: Path) -> IO[str] | None:
    """The locked file, or None when another process has it. Raises UserProblem."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise UserProblem(
            f"The lock file {path} cannot be written ({error.strerror}).",
            "Set PLANSYNC_DATA_DIR to a directory that plansync may write to.",
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    json.dump(
        {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        file,
    )
    file.flush()
    return file


@contextmanager
def _holding(file: IO[str]) -> Iterator[None]:
    try:
        yield
    finally:
        file.truncate(0)
        file.close()


def _holder(path: Path) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return f"process {found['pid']} on {found['host']}, since {found['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that did not say which"


def _machine_id(data_dir: Path) -> str:
    """A name for this data directory that no other machine has."""
    path = data_dir / "machine-id"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(uuid.uuid4().hex[:12])
        return path.read_text(encoding="utf-8").strip() or socket.gethostname()
    except OSError as error:
        raise UserProblem(
            f"The data directory {data_dir} cannot be written ({error.strerror}).",
            "Set PLANSYNC_DATA_DIR to a directory that plansync may write to.",
        ) from None
