"""Files as GitHub's contents API has them. https://docs.github.com/en/rest/repos/contents"""

from __future__ import annotations

import base64
import binascii

from bot.errors import UserProblem
from bot.github import payloads
from bot.github.answers import unreadable
from bot.github.payloads import Data
from bot.github.snapshots import FileSnapshot, RepoPath
from bot.github.transport import Answer
from bot.plans.gitids import git_blob_id

LARGEST_FILE = 1024 * 1024


def file_of(path: RepoPath, data: Data, answer: Answer) -> FileSnapshot:
    """The file of an answer. Raises UserProblem for a folder, a link, or what is no text."""
    kind = data.get("type")
    if kind != "file":
        raise UserProblem(f"{path} is a {kind}, not a file.", path=path)
    size = data.get("size")
    if (isinstance(size, int) and size > LARGEST_FILE) or data.get("encoding") == "none":
        raise UserProblem(
            f"{path} is larger than 1 MiB.", "Split it into several plans.", path=path
        )
    sha = payloads.text_of(data, "sha")
    raw = content_of(data, answer)
    if len(sha) == 40 and sha != git_blob_id(raw):
        # GitHub shows a link's target under the link's own id; writing would replace the link.
        raise UserProblem(f"{path} is a symbolic link, not a file.", path=path)
    return FileSnapshot(path, text_in(raw, path), sha)


def content_of(data: Data, answer: Answer) -> bytes:
    """The bytes of a file or blob. Raises Retryable where the answer has none."""
    if data.get("encoding") != "base64" or not isinstance(data.get("content"), str):
        raise unreadable(answer)
    try:
        return base64.b64decode("".join(data["content"].split()), validate=True)
    except binascii.Error as error:
        raise unreadable(answer) from error


def text_in(raw: bytes, name: str) -> str:
    """Bytes as UTF-8 text. Raises UserProblem with the line that is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserProblem(
            f"{name} is not UTF-8 text.", "Save it as UTF-8.", path=name, line=line
        ) from error


def blobs_in(items: list[Data]) -> dict[str, str]:
    """The blob ids of a folder's entries by name; folders end in ``/``."""
    folders = [item.get("type") == "dir" for item in items]
    return {
        payloads.text_of(item, "name") + "/" * is_folder: payloads.text_of(item, "sha")
        for item, is_folder in zip(items, folders, strict=True)
    }


def paths_in(files: list[Data]) -> list[str]:
    """The paths of changed files, both of a renamed one, sorted."""
    found: set[str] = set()
    for item in files:
        found.add(payloads.text_of(item, "filename"))
        if isinstance(item.get("previous_filename"), str):
            found.add(item["previous_filename"])
    return sorted(found)
