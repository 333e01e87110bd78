"""A ``GitHubReader`` of the fake, with the promises of ``bot.github.ports``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.errors import UserProblem
from bot.github.contents import LARGEST_FILE
from bot.github.snapshots import (
    ChangedFile,
    CheckSnapshot,
    CommentSnapshot,
    CommitSnapshot,
    Compared,
    FileSnapshot,
    IssueSnapshot,
    Milestone,
    PullSnapshot,
    RepoPath,
    RepositorySnapshot,
)
from tests.fake_bound import Bound, reads

if TYPE_CHECKING:
    pass


class FakeReader(Bound):
    """A ``GitHubReader`` of the fake."""

    @property
    def app_slug(self) -> str:
        return self.world.app_slug

    @reads
    def repository(self) -> RepositorySnapshot:
        it = self._it
        return RepositorySnapshot(
            it.id, it.full_name, it.default_branch, it.private, it.archived, it.has_issues
        )

    @reads
    def issue(self, number: int) -> IssueSnapshot | None:
        self._check_issues()
        issue = self._it.issues.get(number)
        if issue is None or number in self._it.pulls:
            return None
        return self._issue(issue)

    @reads
    def issues(
        self, *, labels: Sequence[str] = (), state: str = "all", since: datetime | None = None
    ) -> list[IssueSnapshot]:
        wanted = {label.casefold() for label in labels}
        return [
            self._issue(issue)
            for number, issue in sorted(self._it.issues.items())
            if number not in self._it.pulls
            and self._it.is_listed(number)
            and state in ("all", issue.state)
            and wanted <= {label.casefold() for label in issue.labels}
            and (since is None or issue.updated_at >= since)
        ]

    @reads
    def sub_issues(self, number: int) -> list[IssueSnapshot] | None:
        return self._related(number, self._it.sub_issues)

    @reads
    def blocked_by(self, number: int) -> list[IssueSnapshot] | None:
        return self._related(number, self._it.blocked)

    def _related(
        self, number: int, relations: Mapping[int, Sequence[int]]
    ) -> list[IssueSnapshot] | None:
        if not self._it.has_relations or number not in self._it.issues:
            return None
        listed = filter(self._it.is_listed, relations.get(number, ()))
        there = [self._it.issues.get(other) for other in listed]
        return [self._issue(issue) for issue in there if issue is not None]

    @reads
    def comments(self, number: int) -> list[CommentSnapshot]:
        return [self._comment(one) for one in self._it.comments_on(number)]

    @reads
    def reacted(self, comment_id: int) -> bool:
        return any(id_ == comment_id for id_, _ in self._it.reactions)

    @reads
    def file(self, path: RepoPath, ref: str | None = None) -> FileSnapshot | None:
        path = RepoPath(path)
        commit = self._it.git.resolve(ref or self._it.default_branch)
        if commit is None:
            return None
        if path not in commit.files:
            if any(name.startswith(f"{path}/") for name in commit.files):
                raise UserProblem(f"{path} is a folder, not a file.", path=path)
            return None
        sha = commit.files[path]
        if len(self._it.git.blobs[sha]) > LARGEST_FILE:
            raise UserProblem(f"{path} is larger than 1 MiB.", path=path)
        return FileSnapshot(path, self._text(sha, path), sha)

    @reads
    def listing(self, path: RepoPath, ref: str | None = None) -> list[str]:
        commit = self._it.git.resolve(ref or self._it.default_branch)
        start = f"{RepoPath(path)}/"
        inside = (
            [name[len(start) :] for name in commit.files if name.startswith(start)]
            if commit
            else []
        )
        return sorted({name.split("/")[0] + ("/" if "/" in name else "") for name in inside})

    @reads
    def blobs(self, path: RepoPath, ref: str | None = None) -> Mapping[str, str]:
        commit = self._it.git.resolve(ref or self._it.default_branch)
        found: dict[str, str] = {}
        for name, sha in commit.files.items() if commit else ():
            inside = name.removeprefix(f"{RepoPath(path)}/")
            if inside != name:
                folder, slash, _ = inside.partition("/")
                found[folder + slash] = "0" * 40 if slash else sha
        return found

    @reads
    def commits(
        self, *, path: RepoPath | None = None, since: datetime | None = None
    ) -> list[CommitSnapshot]:
        git = self._it.git
        return [
            CommitSnapshot(sha, one.message, one.parents, one.date, one.author)
            for sha in git.ancestors(git.branches[self._it.default_branch])
            for one in [git.commits[sha]]
            if (path is None or git.touching(sha, path)) and (since is None or one.date >= since)
        ]

    @reads
    def head(self, branch: str) -> str | None:
        return self._it.git.branches.get(branch)

    @reads
    def blob(self, sha: str) -> str | None:
        return self._text(sha, f"The blob {sha[:7]}") if sha in self._it.git.blobs else None

    @reads
    def changed_paths(self, before: str, after: str) -> list[str] | None:
        git = self._it.git
        if before not in git.commits or after not in git.commits:
            return None
        if before not in git.ancestors(after):
            return None
        changed = git.changed(before, after)
        return changed if len(changed) < 300 else None

    @reads
    def compared(self, base: str, head: str) -> Compared | None:
        git = self._it.git
        one, other = git.resolve(base), git.resolve(head)
        common = git.merge_base(one.sha, other.sha) if one and other else None
        if one is None or other is None or common is None:
            return None
        before, after = set(git.ancestors(one.sha)), set(git.ancestors(other.sha))
        changed = git.changed(common, other.sha)
        return Compared(
            merge_base=common,
            ahead=len(after - before),
            behind=len(before - after),
            paths=tuple(changed) if len(changed) < 300 else None,
        )

    @reads
    def commits_between(self, base: str, head: str) -> list[CommitSnapshot]:
        git = self._it.git
        one, other = git.resolve(base), git.resolve(head)
        if one is None or other is None:
            return []
        known = set(git.ancestors(one.sha))
        new = [sha for sha in reversed(git.ancestors(other.sha)) if sha not in known]
        return [
            CommitSnapshot(sha, one.message, one.parents, one.date, one.author)
            for sha in new[:300]
            for one in [git.commits[sha]]
        ]

    @reads
    def paths(self, commit: str) -> list[str] | None:
        found = self._it.git.commits.get(commit)
        return sorted(found.files) if found else []

    @reads
    def pull(self, number: int) -> PullSnapshot | None:
        return self._pull(number) if number in self._it.pulls else None

    @reads
    def pulls(self, head: str) -> list[PullSnapshot]:
        named = [number for number, pull in self._it.pulls.items() if pull.head == head]
        return [self._pull(number) for number in sorted(named, reverse=True)[:30]]

    @reads
    def pull_paths(self, number: int) -> list[str]:
        pull = self._it.pulls.get(number)
        return self._it.pull_paths(pull) if pull else []

    @reads
    def pull_files(self, number: int) -> list[ChangedFile]:
        pull = self._it.pulls.get(number)
        if pull is None:
            return []
        at = self._it.git.commits[pull.merge_base or self._it.merge_base_of(pull)].files
        now = self._it.git.commits[self._it.head_of(pull)].files
        return [
            ChangedFile(
                path, "removed" if path not in now else "modified" if path in at else "added"
            )
            for path in self._it.pull_paths(pull)
        ]

    @reads
    def pull_commits(self, number: int) -> list[CommitSnapshot]:
        pull, git = self._it.pulls.get(number), self._it.git
        if pull is None:
            return []
        before = set(git.ancestors(pull.merge_base or self._it.merge_base_of(pull)))
        own = [sha for sha in reversed(git.ancestors(self._it.head_of(pull))) if sha not in before]
        return [
            CommitSnapshot(sha, one.message, one.parents, one.date, one.author)
            for sha in own
            for one in [git.commits[sha]]
        ]

    @reads
    def permission(self, login: str) -> str:
        return self._it.permissions.get(login, "none")

    @reads
    def in_team(self, team: str, login: str) -> bool | None:
        of_owner = team.partition("/")[0].casefold() == self.repo.owner.casefold()
        if not of_owner or self.world.permissions.get("members") not in ("read", "write"):
            return None
        return login in self.world.teams.get(team, ())

    @reads
    def labels(self) -> list[str]:
        return sorted(self._it.labels)

    @reads
    def milestones(self) -> list[Milestone]:
        return [
            Milestone(number, title, state)
            for number, (title, state) in enumerate(self._it.milestones.items(), 1)
        ]

    @reads
    def check(self, head_sha: str, name: str) -> CheckSnapshot | None:
        runs = [run for run in self._it.checks_on(head_sha) if run.name == name]
        return self._check_run(runs[-1]) if runs else None

    @reads
    def neighbour(self, name: str) -> FakeReader | None:
        other = self.world.find(f"{self.repo.owner}/{name}")
        return FakeReader(self.world, other) if other else None

    def _text(self, sha: str, name: str) -> str:
        try:
            return self._it.git.blobs[sha].decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserProblem(f"{name} is not UTF-8 text.", path=name) from error
