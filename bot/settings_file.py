"""The settings file: lines ``NAME=value`` that ``plansync setup`` writes and every command reads.

Quoted as systemd and Docker Compose read such files too. It holds secrets: only its owner may read
it. https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.errors import UserProblem

NAME = "plansync.env"
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,+-]*")
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\", "$": "$", "`": "`"}
_HEAD = "# Written by plansync. It holds secrets: keep it to yourself.\n"


class FileProblem(UserProblem):
    """The settings file cannot be read or written."""

    exit_code = 2


def parse_settings_file(text: str, path: str = NAME) -> dict[str, str]:
    """Name -> value. Raises FileProblem, with the line, for what is neither setting nor comment."""
    found: dict[str, str] = {}
    for number, line in enumerate(re.split(r"\r\n?|\n", text.removeprefix("\ufeff")), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise FileProblem("This is not NAME=value.", "Mend the line.", path, number)
        found[match[1]] = _value(match[2])
    return found


def read_settings_file(path: Path) -> dict[str, str]:
    """What the file says; {} when there is none. Raises FileProblem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise FileProblem(
            f"The settings file {path} cannot be read ({why}).",
            "Let the user that plansync runs as own it, or set PLANSYNC_SETTINGS_FILE.",
        ) from None
    return parse_settings_file(text, str(path))


def check_writable(path: Path) -> None:
    """Raises FileProblem when ``write_settings_file`` could not write there; leaves nothing."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from None


def write_settings_file(path: Path, values: Mapping[str, str]) -> None:
    """Put these settings into the file, whole or not at all, for its owner alone (mode 0600).

    Other lines of the file stay as they are. Raises FileProblem.
    """
    text = _with(path.read_text(encoding="utf-8") if path.exists() else _HEAD, values)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            # mkstemp makes files that only their owner may read and write.
            with os.fdopen(handle, "w", encoding="utf-8") as made:
                made.write(text)
                made.flush()
                os.fsync(made.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def _with(text: str, values: Mapping[str, str]) -> str:
    kept = [
        line
        for line in text.splitlines()
        if not ((match := _LINE.fullmatch(line.strip())) and match[1] in values)
    ]
    return (
        "\n".join([*kept, *(f"{name}={_quoted(value)}" for name, value in values.items())]) + "\n"
    )


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return '"' + escaped.replace("`", "\\`").replace("\n", "\\n") + '"'


def _value(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        inside = text[1:-1]
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), inside)
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    return text.split(" #", 1)[0].rstrip()


def _unwritable(path: Path, error: OSError) -> FileProblem:
    return FileProblem(
        f"The settings file {path} cannot be written ({error.strerror}).",
        "Set PLANSYNC_SETTINGS_FILE or PLANSYNC_DATA_DIR to a place that plansync may write to.",
    )
