"""Files that may be anything: a folder, a binary, a path that leads out of the repository."""

from __future__ import annotations

from bot.errors import UserProblem
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, RepoPath


def readable_file(reader: GitHubReader, path: str, ref: str | None = None) -> FileSnapshot | None:
    """The text file at ``path``; None where there is none, or nothing that can be read as one.

    ``ref`` is a branch or commit, the default branch where it is None. One request.
    """
    try:
        return reader.file(RepoPath(path), ref=ref)
    except UserProblem:
        return None


def readable_text(reader: GitHubReader, path: str, ref: str | None = None) -> str | None:
    """What the file that ``readable_file`` gives says; None where it gives none."""
    file = readable_file(reader, path, ref)
    return file.text if file else None
