"""Put a repository's configuration together: its own file, the owner's default, what they extend.

A repository without a file of its own has that of ``OWNER/.github``, where the App is installed on
that repository too. Files are read from default branches only, but for the one that a pull request
would change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.config import CONFIG_PATH, ConfigMemory, RepoConfig
from bot.config_file import ParsedConfig, Source, merged, parse_config, parse_source, wrong_together
from bot.errors import UserProblem
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, RepoPath
from bot.plans.model import Problem

MOST_EXTENDED = 3
DEFAULTS = ".github"
"""The repository whose file holds for every repository of the owner that has none."""

_OURS = RepoPath(CONFIG_PATH)
_DRY_RUN = re.compile(r"^['\"]?dry_run['\"]?[ \t]*:[ \t]*true\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read: the settings of all files together, or the problems of the first bad one.

    ``sources`` are the files that were looked for, ``seen`` a digest of what they said. A Problem's
    path is one of the repository's own; the words name the file where it is another's. ``careful``:
    one of the files asks for a dry run, which holds whatever else is wrong in it.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    seen: str = ""
    careful: bool = False

    def over(self, memory: ConfigMemory | None, repository_id: int) -> ConfigMemory:
        """What is in force now: this, or what was, while this has problems."""
        kept = memory.settings if memory and self.problems else self.settings
        if self.problems and self.careful:
            kept = {**kept, "dry_run": True}
        told = tuple(f"{p.path}:{p.line}: {p.message} {p.fix}".strip() for p in self.problems)
        return ConfigMemory(repository_id, kept, self.sources, told,
                            self.seen)  # fmt: skip


def load_config(reader: GitHubReader, ref: str | None = None, *, follow: bool = True) -> Loaded:
    """The configuration of the reader's repository: one request, and one to three for each file
    of another repository. With ``ref`` the repository's own file is read there. Raises Retryable
    and Refused.

    Without ``follow`` no file of another repository is read: whoever wrote this one, from a fork
    say, would learn from the answer what is in a repository that they may not read.
    """
    walk = _Walk(reader, follow=follow)
    own = walk.file(Source(reader.repo.full_name, _OURS), ref)
    if own is None and reader.repo.name.casefold() != DEFAULTS:
        own = walk.file(Source(f"{reader.repo.owner}/{DEFAULTS}", _OURS))
    settings = walk.settings(own, 1) if own is not None else {}
    return Loaded(
        {} if walk.problems else settings,
        tuple(walk.sources),
        tuple(walk.problems),
        walk.digest.hexdigest(),
        walk.careful,
    )


class KeepsChoices(Protocol):
    """What is needed of the store."""

    def choices(self, repository_id: int) -> ConfigMemory | None: ...

    def keep_choices(self, kept: ConfigMemory, now: datetime) -> None: ...


def config_in_force(store: KeepsChoices, reader: GitHubReader, now: datetime) -> RepoConfig:
    """The configuration of the reader's repository: as remembered, at no request. One that was
    never read is read now and kept. Raises Retryable and Refused."""
    known = store.choices(reader.repo.id)
    if known is None:
        known = load_config(reader).over(None, reader.repo.id)
        store.keep_choices(known, now)
    return known.config


class _Walk:
    """From file to file, each read once."""

    def __init__(self, reader: GitHubReader, *, follow: bool) -> None:
        self._reader = reader
        self._follow = follow
        self._readers: dict[str, GitHubReader | None] = {reader.repo.full_name.casefold(): reader}
        self._open: list[tuple[Source, int]] = []
        self.sources: list[str] = []
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()
        self.careful = False

    def file(self, source: Source, ref: str | None = None) -> tuple[Source, ParsedConfig] | None:
        """A file as it is now; None where there is none, or the App may not see it."""
        self.sources.append(str(source))
        file: FileSnapshot | None = None
        name = source.full_name.casefold()
        if name not in self._readers:
            neighbour = source.full_name.partition("/")[2]
            self._readers[name] = self._reader.neighbour(neighbour)
        reader = self._readers[name]
        try:
            file = reader.file(source.path, ref) if reader else None
        except UserProblem as problem:
            self._add(source, problem.message, problem.fix, problem.line or 1, "config.yaml")
        self.careful |= bool(file and _DRY_RUN.search(file.text))
        self.digest.update(f"{source}\0{file.blob_sha if file else ''}\0".encode())
        return (source, parse_config(file.text, str(source.path))) if file else None

    def settings(self, found: tuple[Source, ParsedConfig], depth: int) -> dict[str, Any]:
        """The settings of a file over those of the files that it extends."""
        source, parsed = found
        for problem in parsed.problems:
            self._add(source, problem.message, problem.fix, problem.line, problem.code,
                      problem.column)  # fmt: skip
        if parsed.problems or parsed.extends is None:
            return dict(parsed.settings)
        self._open.append((source, parsed.extends_at))
        below = self._extended(source, parsed, depth)
        self._open.pop()
        if below is None:
            return dict(parsed.settings)
        together = merged(below, parsed.settings)
        if not self.problems:
            for problem in wrong_together(together, source.path, parsed.extends_at):
                self._add(source, problem.message, problem.fix, problem.line, problem.code)
        return together

    def _extended(self, source: Source, parsed: ParsedConfig, depth: int) -> dict[str, Any] | None:
        owner = self._reader.repo.owner
        try:
            wanted = parse_source(parsed.extends or "", owner)
        except UserProblem as problem:
            self._add(source, problem.message, problem.fix, parsed.extends_at)
            return None
        if not self._follow:
            return None
        # Told where this repository begins: the files in between are good by themselves.
        first, line = self._open[0]
        if any(str(one).casefold() == str(wanted).casefold() for one, _ in self._open):
            message = "The files that extend one another form a circle."
            self._add(first, message, "Remove one of their `_extends` lines.", line)
            return None
        if depth > MOST_EXTENDED:
            message = f"More than {MOST_EXTENDED} files extend one another."
            self._add(first, message, "Put what is needed into fewer files.", line)
            return None
        known = len(self.problems)
        found = self.file(wanted)
        if found is None:
            if len(self.problems) == known:
                fix = "Check the name, and install the App on that repository."
                self._add(source, f"There is no {wanted} that plansync can read.", fix,
                          parsed.extends_at)  # fmt: skip
            return None
        return self.settings(found, depth + 1)

    def _add(
        self,
        source: Source,
        message: str,
        fix: str,
        line: int,
        code: str = "config.extends",
        column: int = 1,
    ) -> None:
        if source.full_name.casefold() == self._reader.repo.full_name.casefold():
            found = Problem(code, message, fix, line, column, path=str(source.path))
        else:
            # Who reads this need not be somebody who may read that repository.
            message, fix = "There is a mistake on this line.", "The check of its commit says which."
            found = Problem("config.extends", message, fix, line, path=str(source))
        self.problems.append(found)
