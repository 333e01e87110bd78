"""A git of the fake's own: blobs with real ids, commits with full snapshots, branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.plans.gitids import git_blob_id, git_object_id


class Conflict(Exception):
    """Two branches changed the same file in different ways."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; ``files`` maps every path of its tree to a blob id."""

    sha: str
    message: str
    parents: tuple[str, ...]
    files: Mapping[str, str]
    author: str
    date: datetime


@dataclass(slots=True)
class Git:
    """The objects and branches of one repository."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def blob(self, data: bytes) -> str:
        sha = git_blob_id(data)
        self.blobs[sha] = data
        return sha

    def commit(
        self,
        changes: Mapping[str, bytes | None],
        message: str,
        *,
        parents: tuple[str, ...],
        author: str,
        date: datetime,
    ) -> str:
        """A commit on its first parent's tree; a change to None removes the path."""
        files = dict(self.commits[parents[0]].files) if parents else {}
        for path, data in changes.items():
            if data is None:
                files.pop(path, None)
            else:
                files[path] = self.blob(data)
        tree = "".join(f"{path}\0{sha}\n" for path, sha in sorted(files.items()))
        said = f"{tree}\n{parents}\n{author}\n{date.isoformat()}\n\n{message}"
        sha = git_object_id("commit", said.encode("utf-8", "surrogatepass"))
        self.commits[sha] = Commit(sha, message, parents, files, author, date)
        return sha

    def onto(
        self, parents: tuple[str, ...], changes: Mapping[str, bytes | None]
    ) -> Mapping[str, bytes | None]:
        """Changes to the last parent's tree, as changes to the first one's."""
        if len(parents) == 1:
            return changes
        mine, theirs = self.commits[parents[0]].files, self.commits[parents[1]].files
        taken: dict[str, bytes | None] = {path: None for path in mine if path not in theirs}
        taken.update((path, self.blobs[sha]) for path, sha in theirs.items())
        return {**taken, **changes}

    def resolve(self, ref: str) -> Commit | None:
        """The commit that a branch or a commit id names."""
        return self.commits.get(self.branches.get(ref, ref))

    def ancestors(self, sha: str) -> list[str]:
        """The commit and all before it, newest first."""
        seen: dict[str, int] = {}
        waiting = [sha]
        while waiting:
            current = waiting.pop()
            if current not in seen and current in self.commits:
                seen[current] = list(self.commits).index(current)
                waiting.extend(self.commits[current].parents)
        return sorted(seen, key=seen.__getitem__, reverse=True)

    def merge_base(self, one: str, other: str) -> str | None:
        theirs = set(self.ancestors(other))
        return next((sha for sha in self.ancestors(one) if sha in theirs), None)

    def changed(self, before: str | None, after: str) -> list[str]:
        """Paths that differ between two commits' trees."""
        old = self.commits[before].files if before else {}
        new = self.commits[after].files
        return sorted(path for path in {*old, *new} if old.get(path) != new.get(path))

    def touching(self, sha: str, path: str) -> bool:
        """Whether a commit changes a file, or anything in a folder, against its first parent."""
        commit = self.commits[sha]
        changed = self.changed(commit.parents[0] if commit.parents else None, sha)
        return any(one == path or one.startswith(f"{path}/") for one in changed)

    def merge(self, base: str, head: str, message: str, *, author: str, date: datetime) -> str:
        """A true merge commit of ``head`` into ``base``; raises Conflict."""
        common = self.merge_base(base, head)
        old = self.commits[common].files if common else {}
        ours, theirs = self.commits[base].files, self.commits[head].files
        changes: dict[str, bytes | None] = {}
        for path in {*old, *theirs}:
            if theirs.get(path) == old.get(path):
                continue
            if ours.get(path) not in (old.get(path), theirs.get(path)):
                raise Conflict(path)
            sha = theirs.get(path)
            changes[path] = self.blobs[sha] if sha else None
        return self.commit(changes, message, parents=(base, head), author=author, date=date)
