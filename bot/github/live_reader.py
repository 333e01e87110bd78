"""``GitHubReader`` over the real API. https://docs.github.com/en/rest"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from bot.errors import Retryable, UserProblem
from bot.github import payloads
from bot.github.answers import (
    failure,
    is_empty,
    is_gone,
    issues_are_off,
    mapping,
    objects,
    ok,
    parsed,
    unreadable,
)
from bot.github.channel import Channel, branch_part, name_part, path_part
from bot.github.contents import blobs_in, content_of, file_of, paths_in, text_in
from bot.github.payloads import Data
from bot.github.ports import GitHubReader
from bot.github.roles import Roles
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
    RepoRef,
    RepositorySnapshot,
)
from bot.github.transport import Answer

_COMPARE_LIMIT = 300
_COMMIT_PAGES = 3
_COMMITS_A_PAGE = 100
_ROLES = ("admin", "maintain", "write", "triage", "read", "none")

T = TypeVar("T")


class LiveReader:
    """Reads one repository; see ``bot.github.ports.GitHubReader`` for each method's promise."""

    def __init__(
        self,
        channel: Channel,
        app_id: int,
        slug: Callable[[], str],
        roles: Roles,
        neighbour: Callable[[str], GitHubReader | None] = lambda full_name: None,
        in_team: Callable[[str, str], bool | None] = lambda team, login: None,
    ) -> None:
        self._channel = channel
        self._app_id = app_id
        self._slug = slug
        self._roles = roles
        self._neighbour = neighbour
        self._in_team = in_team

    @property
    def repo(self) -> RepoRef:
        return self._channel.repo

    @property
    def app_slug(self) -> str:
        return self._slug()

    def repository(self) -> RepositorySnapshot:
        """https://docs.github.com/en/rest/repos/repos#get-a-repository"""
        answer = self._channel.get("")
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what="reading the repository")
        return self._channel.value(answer, lambda a: payloads.repository(mapping(a)))

    def issue(self, number: int) -> IssueSnapshot | None:
        """https://docs.github.com/en/rest/issues/issues#get-an-issue"""
        answer = self._channel.get(f"/issues/{int(number)}")
        if is_gone(answer) and not issues_are_off(answer):
            return None
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what=f"reading issue #{number}")
        if payloads.is_pull(mapping(answer)):
            return None
        return self._channel.value(answer, lambda a: payloads.issue(mapping(a)))

    def issues(
        self, *, labels: Sequence[str] = (), state: str = "all", since: datetime | None = None
    ) -> list[IssueSnapshot]:
        """https://docs.github.com/en/rest/issues/issues#list-repository-issues"""
        query = {"state": state, "sort": "created", "direction": "asc"}
        # The query separates labels by commas, so a label with a comma is matched here alone.
        plain = [label for label in labels if "," not in label]
        if plain:
            query["labels"] = ",".join(plain)
        if since is not None:
            query["since"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        wanted = {label.casefold() for label in labels}
        found = self._all("/issues", payloads.issue, leave_out=payloads.is_pull, query=query)
        return [x for x in found if wanted <= {label.casefold() for label in x.labels}]

    def sub_issues(self, number: int) -> list[IssueSnapshot] | None:
        """https://docs.github.com/en/rest/issues/sub-issues#list-sub-issues"""
        return self._related(f"/issues/{int(number)}/sub_issues")

    def blocked_by(self, number: int) -> list[IssueSnapshot] | None:
        """https://docs.github.com/en/rest/issues/issue-dependencies#list-dependencies-an-issue-is-blocked-by"""
        return self._related(f"/issues/{int(number)}/dependencies/blocked_by")

    def _related(self, suffix: str) -> list[IssueSnapshot] | None:
        """One page, which is all that GitHub allows there to be."""
        answer = self._channel.get(suffix, {"per_page": "100"})
        if is_gone(answer):
            return None
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what="reading an issue's relations")
        return self._channel.value(answer, lambda a: [payloads.issue(x) for x in objects(a)])

    def comments(self, number: int) -> list[CommentSnapshot]:
        """https://docs.github.com/en/rest/issues/comments#list-issue-comments"""
        slug = self.app_slug
        return self._all(
            f"/issues/{int(number)}/comments",
            lambda data: payloads.comment(data, app_id=self._app_id, app_slug=slug),
        )

    def reacted(self, comment_id: int) -> bool:
        """https://docs.github.com/en/rest/reactions/reactions#list-reactions-for-an-issue-comment"""
        bot = f"{self.app_slug}[bot]"
        suffix = f"/issues/comments/{int(comment_id)}/reactions"
        return bot in self._all(suffix, lambda data: payloads.person(data.get("user")).login)

    def file(self, path: RepoPath, ref: str | None = None) -> FileSnapshot | None:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        query = {"ref": ref} if ref else {}
        answer = self._channel.get(f"/contents/{path_part(path)}", query)
        if is_gone(answer):
            return None
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what=f"reading {path}")
        data = parsed(answer)
        if isinstance(data, list):
            raise UserProblem(f"{path} is a folder, not a file.", path=path)
        if not isinstance(data, dict):
            raise unreadable(answer)
        return self._channel.value(answer, lambda _: file_of(path, data, answer))

    def listing(self, path: RepoPath, ref: str | None = None) -> list[str]:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        return sorted(self.blobs(path, ref))

    def blobs(self, path: RepoPath, ref: str | None = None) -> Mapping[str, str]:
        """https://docs.github.com/en/rest/repos/contents#get-repository-content"""
        query = {"ref": ref} if ref else {}
        answer = self._channel.get(f"/contents/{path_part(path)}", query)
        if is_gone(answer):
            return {}
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what=f"listing {path}")
        data = parsed(answer)
        if not isinstance(data, list):
            return {}
        return self._channel.value(answer, lambda _: blobs_in(data))

    def commits(
        self, *, path: RepoPath | None = None, since: datetime | None = None
    ) -> list[CommitSnapshot]:
        """https://docs.github.com/en/rest/commits/commits#list-commits"""
        query = {"path": str(path)} if path is not None else {}
        if since is not None:
            query["since"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._all("/commits", payloads.commit, query=query)

    def head(self, branch: str) -> str | None:
        """https://docs.github.com/en/rest/git/refs#get-a-reference"""
        data = self._object(f"/git/ref/heads/{branch_part(branch)}")
        if data is None:
            return None
        return self._channel.value(
            data[0], lambda a: payloads.text_of(payloads.part_of(mapping(a), "object"), "sha")
        )

    def blob(self, sha: str) -> str | None:
        """https://docs.github.com/en/rest/git/blobs#get-a-blob"""
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", sha):
            return None
        data = self._object(f"/git/blobs/{sha}")
        if data is None:
            return None
        raw = self._channel.value(data[0], lambda a: content_of(mapping(a), a))
        return text_in(raw, f"The blob {sha[:7]}")

    def changed_paths(self, before: str, after: str) -> list[str] | None:
        """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
        if not all(re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", sha) for sha in (before, after)):
            return None
        if not before.strip("0") or not after.strip("0"):
            return None
        data = self._object(f"/compare/{before}...{after}", query={"per_page": "1", "page": "1"})
        # Any other status compares with the common ancestor, not with ``before``.
        if data is None or data[1].get("status") not in ("ahead", "identical"):
            return None
        files = data[1].get("files")
        if not isinstance(files, list) or len(files) >= _COMPARE_LIMIT:
            return None
        return self._channel.value(data[0], lambda _: paths_in(files))

    def compared(self, base: str, head: str) -> Compared | None:
        """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
        suffix = f"/compare/{branch_part(base)}...{branch_part(head)}"
        data = self._object(suffix, query={"per_page": "1", "page": "1"})
        if data is None:
            return None
        files = data[1].get("files")
        whole = isinstance(files, list) and len(files) < _COMPARE_LIMIT
        return self._channel.value(
            data[0],
            lambda a: Compared(
                merge_base=payloads.text_of(
                    payloads.part_of(mapping(a), "merge_base_commit"), "sha"
                ),
                ahead=payloads.count_of(mapping(a), "ahead_by"),
                behind=payloads.count_of(mapping(a), "behind_by"),
                paths=tuple(paths_in(files)) if isinstance(files, list) and whole else None,
            ),
        )

    def commits_between(self, base: str, head: str) -> list[CommitSnapshot]:
        """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
        suffix = f"/compare/{branch_part(base)}...{branch_part(head)}"
        found: list[CommitSnapshot] = []
        for page in range(1, _COMMIT_PAGES + 1):
            data = self._object(suffix, query={"per_page": "100", "page": str(page)})
            if data is None:
                break
            listed = self._channel.value(data[0], lambda a: payloads.commits(mapping(a)))
            found += listed
            if len(listed) < _COMMITS_A_PAGE:
                break
        return found

    def paths(self, commit: str) -> list[str] | None:
        """https://docs.github.com/en/rest/git/trees#get-a-tree"""
        data = self._object(f"/git/trees/{name_part(commit)}", query={"recursive": "1"})
        if data is None:
            return []
        items = data[1].get("tree")
        if data[1].get("truncated") is True:
            return None
        if not isinstance(items, list):
            raise unreadable(data[0])
        blobs = [item for item in items if item.get("type") == "blob"]
        return self._channel.value(
            data[0], lambda _: sorted(payloads.text_of(item, "path") for item in blobs)
        )

    def pull(self, number: int) -> PullSnapshot | None:
        """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""
        data = self._object(f"/pulls/{int(number)}")
        if data is None:
            return None
        return self._channel.value(data[0], lambda a: payloads.pull(mapping(a)))

    def pulls(self, head: str) -> list[PullSnapshot]:
        """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests"""
        query = {
            "head": f"{self.repo.owner}:{head}",
            "state": "all",
            "sort": "created",
            "direction": "desc",
            "per_page": "30",
        }
        answer = self._channel.get("/pulls", query)
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what="listing pull requests")
        found = self._channel.value(answer, lambda a: [payloads.pull(x) for x in objects(a)])
        # An old name of the owner would be ignored and every pull request be listed.
        return [pull for pull in found if pull.head_ref == head]

    def pull_paths(self, number: int) -> list[str]:
        """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files"""
        return self._all(
            f"/pulls/{int(number)}/files", lambda data: payloads.text_of(data, "filename")
        )

    def pull_files(self, number: int) -> list[ChangedFile]:
        """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files"""
        return self._all(f"/pulls/{int(number)}/files", payloads.changed_file)

    def pull_commits(self, number: int) -> list[CommitSnapshot]:
        """https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request"""
        return self._all(f"/pulls/{int(number)}/commits", payloads.commit)

    def permission(self, login: str) -> str:
        """https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""
        return self._roles.of(self.repo.id, login, lambda: self._role(login))

    def _role(self, login: str) -> str:
        data = self._object(f"/collaborators/{name_part(login)}/permission")
        if data is None:
            return "none"
        for key in ("role_name", "permission"):
            # A custom role has a name of its own; the older key then says what it amounts to.
            role = {"push": "write", "pull": "read"}.get(str(data[1].get(key)), data[1].get(key))
            if role in _ROLES:
                return str(role)
        raise unreadable(data[0])

    def in_team(self, team: str, login: str) -> bool | None:
        """https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user"""
        if team.partition("/")[0].casefold() != self.repo.owner.casefold():
            return None
        return self._in_team(team, login)

    def labels(self) -> list[str]:
        """https://docs.github.com/en/rest/issues/labels#list-labels-for-a-repository"""
        return self._all("/labels", lambda data: payloads.text_of(data, "name"))

    def milestones(self) -> list[Milestone]:
        """https://docs.github.com/en/rest/issues/milestones#list-milestones"""
        return self._all("/milestones", payloads.milestone, query={"state": "all"})

    def check(self, head_sha: str, name: str) -> CheckSnapshot | None:
        """https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference"""
        query = {"check_name": name, "filter": "latest", "per_page": "100"}
        suffix = f"/commits/{name_part(head_sha)}/check-runs"
        answer = self._channel.get(suffix, query)
        if is_gone(answer) or answer.status == 422:
            # There is no such commit.
            return None
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what="reading the checks of a commit")
        runs = mapping(answer).get("check_runs")
        if not isinstance(runs, list):
            raise unreadable(answer)
        found = self._channel.value(answer, lambda _: [payloads.check(run) for run in runs])
        return max(found, key=lambda run: run.id, default=None)

    def neighbour(self, name: str) -> GitHubReader | None:
        """Two requests as the App; reading it needs a token of its own."""
        return self._neighbour(f"{self.repo.owner}/{name}")

    def _object(
        self,
        suffix: str,
        *,
        query: Mapping[str, str] | None = None,
    ) -> tuple[Answer, Data] | None:
        answer = self._channel.get(suffix, query)
        if is_gone(answer) or is_empty(answer):
            return None
        if not ok(answer):
            raise failure(answer, self._channel.clock())
        return answer, mapping(answer)

    def _all(
        self,
        suffix: str,
        make: Callable[[Data], T],
        *,
        leave_out: Callable[[Data], bool] = lambda data: False,
        query: Mapping[str, str] | None = None,
    ) -> list[T]:
        items = self._channel.pages(suffix, query=query)
        try:
            return [make(item) for item in items if not leave_out(item)]
        except payloads.Malformed as error:
            raise Retryable(f"GitHub's list at {suffix} lacks {error}.") from error
