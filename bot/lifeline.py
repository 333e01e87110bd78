"""A process that ends when its parent does, however the parent dies.

The parent keeps the write end of a pipe; the system closes it with the parent, and the child reads
the end of the file. Linux is asked for a signal as well, which also covers a child that is stuck.
https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
LAST_SECONDS = 9.0
"""How long an orphan may take to end by itself."""


def hold_on_to(pipe: int) -> None:
    """End this process when the other end of the pipe is closed: SIGTERM, then for good."""
    _ask_linux(signal.SIGTERM)

    def until_closed() -> None:
        with contextlib.suppress(OSError):
            while os.read(pipe, 64):
                pass
        _end()

    _watch(until_closed)


def follow_parent(parent: int) -> None:
    """End this process when its parent is not ``parent`` any more: SIGTERM, then for good."""
    _ask_linux(signal.SIGTERM)

    def until_orphaned() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        _end()

    _watch(until_orphaned)


def _watch(wait: Callable[[], None]) -> None:
    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_SECONDS)
    os._exit(1)


def _ask_linux(number: signal.Signals) -> None:
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
