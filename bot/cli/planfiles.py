"""Plans on this machine's disk: found, read and written byte for byte, or told why not."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from bot.errors import UserProblem
from bot.plans.document import Document, parse_document
from bot.plans.experts import is_ignored_folder

MAX_BYTES = 1024 * 1024
_MAGIC = frozenset("*?[")


class Fault(UserProblem):
    """A file or an argument that cannot be worked with; nothing was written."""

    exit_code = 2


@contextmanager
def told(path: str | Path) -> Iterator[None]:
    """What goes wrong with a file is told with its path: the core's errors and the system's."""
    try:
        yield
    except UserProblem as problem:
        problem.path = problem.path or shown(path)
        raise
    except OSError as error:
        where = error.filename if isinstance(error.filename, str | bytes) else path
        raise Fault(_reason(error), _remedy(error), shown(where)) from error


def shown(path: str | bytes | Path) -> str:
    """A path as it can be printed, whatever bytes it has."""
    return click.format_filename(os.fspath(path))


def read_text(path: Path) -> str:
    """The text of a file with its line ends as they are. Raises ``Fault`` where there is none."""
    with told(path):
        if path.is_dir():
            raise Fault("This is a folder.", "Name a file in it.", shown(path))
        data = path.read_bytes()
    if b"\0" in data[:8192]:
        raise Fault("This is a binary file.", "Name a markdown file.", shown(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Fault(
            f"The file is not UTF-8 text (byte {data[error.start]:#04x}).",
            "Save it as UTF-8.",
            shown(path),
            line,
        ) from error


def read_document(path: Path) -> Document:
    """The parsed text of a file. Raises ``Fault`` where it cannot be read or passes a limit."""
    document = parse_document(read_text(path))
    if document.refused:
        problem = document.problems[0]
        raise Fault(problem.message, problem.fix, shown(path), problem.line)
    return document


def write_text(path: Path, text: str) -> None:
    """Replace a file at once, line ends as given; its mode stays, and so does a link to it."""
    with told(path):
        target = Path(os.path.realpath(path))
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            # A temporary file is its owner's only; a new file gets what the shell's umask says.
            os.chmod(name, _usual_mode() if mode is None else mode)
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def write_new(path: Path, text: str) -> None:
    """Make a file and the folders above it. Raises ``Fault`` when it is there already."""
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)


def expand(names: Iterable[str]) -> list[tuple[Path, bool]]:
    """The files that arguments name, each once: ``(path, was it named itself)``.

    A folder stands for every ``*.md`` below it but in build, vendored and hidden folders; a name
    with ``*``, ``?`` or ``[`` that is no file is a pattern (``**`` goes down). Raises ``Fault`` for
    what is not there.
    """
    found: dict[Path, bool] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            for file in _markdown_below(path):
                found.setdefault(file, False)
        elif path.exists() or path.is_symlink():
            found[path] = True
        elif set(name) & _MAGIC:
            matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]
            if not matches:
                raise Fault(f"Nothing matches {shown(name)}.", "Check the pattern.")
            for match in matches:
                if match.is_file() and not any(map(is_ignored_folder, match.parts[:-1])):
                    found.setdefault(match, False)
        else:
            raise Fault("There is no such file.", "Check the path.", shown(name))
    return list(found.items())


def repository_root(start: Path) -> Path:
    """The nearest folder at or above ``start`` that has a ``.git``; ``start``'s own folder else."""
    folder = start if start.is_dir() else start.parent
    resolved = folder.resolve()
    for candidate in (resolved, *resolved.parents):
        if (candidate / ".git").exists():
            return candidate
    return resolved


def repository_path(root: Path, path: Path) -> str:
    """``path`` as the repository names it, with ``/``; as it was given when it is outside."""
    with suppress(ValueError):
        return path.resolve().relative_to(root).as_posix()
    return path.as_posix()


def git(root: Path, *arguments: str) -> str:
    """What git prints, stripped; "" when there is no git, no repository or no answer."""
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


class RepositoryFiles(Mapping[str, str]):
    """The text files of a checkout by their path in the repository, read when asked for.

    Iterating lists markdown and text files only; asking for any other file works too.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._texts: dict[str, str | None] = {}
        self._names: list[str] | None = None

    def __getitem__(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = self._read(path)
        text = self._texts[path]
        if text is None:
            raise KeyError(path)
        return text

    def __contains__(self, path: object) -> bool:
        if isinstance(path, str) and path.endswith("/"):
            with suppress(OSError, ValueError):
                folder = (self.root / path).resolve()
                return folder.is_relative_to(self.root) and folder.is_dir()
        return super().__contains__(path)

    def __iter__(self) -> Iterator[str]:
        if self._names is None:
            self._names = [repository_path(self.root, path) for path in _markdown_below(self.root)]
        return iter(self._names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def exists(self, path: str) -> bool:
        """Whether a file or folder of the repository is there."""
        with suppress(OSError, ValueError):
            target = (self.root / path).resolve()
            return target.is_relative_to(self.root) and target.exists()
        return False

    def _read(self, path: str) -> str | None:
        with suppress(OSError, ValueError):
            file = (self.root / path).resolve()
            if file.is_relative_to(self.root) and file.is_file():
                return file.read_bytes()[:MAX_BYTES].decode("utf-8", "replace")
        return None


def walk(root: Path) -> Iterator[Path]:
    """Every file below ``root`` outside ignored folders, sorted; links to folders not followed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not is_ignored_folder(name))
        for name in sorted(names):
            yield Path(folder, name)


def _markdown_below(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not is_ignored_folder(name) and not name.startswith(".")
        )
        for name in sorted(names):
            if name.lower().endswith((".md", ".markdown")):
                yield Path(folder, name)


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, FileExistsError):
        return "This file is there already."
    if isinstance(error, PermissionError):
        return "This may not be read or written."
    return f"{error.strerror or error}."


def _remedy(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "Check the path."
    if isinstance(error, FileExistsError):
        return "Choose another title, or move it away."
    if isinstance(error, PermissionError):
        return "Check its permissions."
    return ""
