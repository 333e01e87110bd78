"""The files of one commit as the rules want them: named at once, read when a rule asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.github.ports import GitHubReader
from bot.subjects.readable import readable_text

MOST_FILES = 40
"""How many files beside the plans themselves are read for one check."""


class CommitFiles(Mapping[str, str]):
    """The files of a commit by path; ``texts`` are those at hand.

    One without ``fetch`` answers from what is at hand alone, so that a decision reads nothing.
    """

    def __init__(
        self,
        names: frozenset[str],
        texts: Mapping[str, str] | None = None,
        fetch: Callable[[str], str | None] | None = None,
    ) -> None:
        self._names = names
        self._texts = dict(texts or {})
        self._fetch = fetch
        self._left = MOST_FILES

    def __getitem__(self, path: str) -> str:
        if path not in self._names:
            raise KeyError(path)
        if path not in self._texts:
            if self._fetch is None or not self._left:
                raise KeyError(path)
            self._left -= 1
            self._texts[path] = self._fetch(path) or ""
        return self._texts[path]

    def __contains__(self, path: object) -> bool:
        return path in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there."""
        folder = path.rstrip("/") + "/"
        return path in self._names or any(name.startswith(folder) for name in self._names)

    def at_hand(self) -> CommitFiles:
        """The same files without a way to read further ones."""
        return CommitFiles(self._names, self._texts)


def files_of(reader: GitHubReader, commit: str, texts: Mapping[str, str]) -> CommitFiles | None:
    """The files of a commit: one request, and one for each that is asked for.

    None where GitHub does not list them all; nothing is then said about other files.
    """
    names = reader.paths(commit)
    if names is None:
        return None

    def fetch(path: str) -> str | None:
        return readable_text(reader, path, commit)

    return CommitFiles(frozenset(names), texts, fetch)
