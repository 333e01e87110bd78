"""Webhook payloads as GitHub sends them, of the fake's own records.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fake_repository import FakeCheck, FakeComment, FakeIssue, FakePull, FakeRepository

NO_COMMIT = "0" * 40


def when(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def account(repo: FakeRepository, login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": repo.world.account_id(login), "type": kind}


def repository(repo: FakeRepository) -> dict[str, Any]:
    owner, name = repo.full_name.split("/", 1)
    return {
        "id": repo.id,
        "name": name,
        "full_name": repo.full_name,
        "private": repo.private,
        "archived": repo.archived,
        "has_issues": repo.has_issues,
        "default_branch": repo.default_branch,
        "html_url": repo.url(""),
        "owner": {"login": owner, "id": repo.world.account_id(owner), "type": "Organization"},
    }


def app(repo: FakeRepository, login: str) -> dict[str, Any] | None:
    if not login.endswith("[bot]"):
        return None
    return {"id": repo.world.app_id, "slug": login.removesuffix("[bot]")}


def issue_id(repo: FakeRepository, number: int) -> int:
    """The database id of an issue: not its number, and no other repository's."""
    return 1_000_000 * repo.id + 1000 + number


def issue(repo: FakeRepository, issue: FakeIssue) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": issue_id(repo, issue.number),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body or None,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "user": account(repo, issue.author),
        "labels": [label(repo, name) for name in issue.labels],
        "assignees": [account(repo, login) for login in issue.assignees],
        "milestone": {"number": 1, "title": issue.milestone} if issue.milestone else None,
        "created_at": when(issue.created_at),
        "updated_at": when(issue.updated_at),
        "html_url": repo.url(f"/issues/{issue.number}"),
        "author_association": "NONE",
        "performed_via_github_app": app(repo, issue.author),
    }
    if issue.number in repo.pulls:
        data["pull_request"] = {"html_url": repo.url(f"/pull/{issue.number}")}
    return data


def label(repo: FakeRepository, name: str) -> dict[str, Any]:
    return {"id": 2000 + list(repo.labels).index(name), "name": name, "color": repo.labels[name]}


def comment(repo: FakeRepository, comment: FakeComment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "body": comment.body,
        "created_at": when(comment.created_at),
        "updated_at": when(comment.updated_at),
        "user": account(repo, comment.author),
        "html_url": repo.url(f"/issues/{comment.number}#issuecomment-{comment.id}"),
        "performed_via_github_app": app(repo, comment.author),
    }


def pull(repo: FakeRepository, pull: FakePull) -> dict[str, Any]:
    issue = repo.issues[pull.number]
    return {
        "id": 3000 + pull.number,
        "number": pull.number,
        "title": issue.title,
        "body": issue.body or None,
        "state": issue.state,
        "merged": pull.merge_commit is not None,
        "merged_at": when(pull.merged_at),
        "merge_commit_sha": pull.merge_commit,
        "draft": pull.draft,
        "user": account(repo, issue.author),
        "html_url": repo.url(f"/pull/{pull.number}"),
        "head": {
            "ref": pull.head,
            "sha": repo.head_of(pull),
            "repo": {"id": repo.id, "full_name": pull.fork or repo.full_name},
        },
        "base": {"ref": pull.base, "sha": pull.base_sha, "repo": repository(repo)},
        "merged_by": account(repo, pull.merged_by) if pull.merged_by else None,
    }


def check(repo: FakeRepository, run: FakeCheck) -> dict[str, Any]:
    of = [
        {"id": 3000 + pull.number, "number": pull.number}
        for pull in repo.pulls.values()
        if repo.head_of(pull) == run.head_sha
    ]
    return {
        "id": run.id,
        "name": run.name,
        "head_sha": run.head_sha,
        "status": run.status,
        "conclusion": run.conclusion,
        "external_id": run.external_id,
        "html_url": repo.url(f"/runs/{run.id}"),
        "output": {"title": run.title, "summary": run.summary},
        "pull_requests": of,
        "app": app(repo, repo.world.bot),
    }


def push(repo: FakeRepository, branch: str, before: str | None, after: str) -> dict[str, Any]:
    git = repo.git
    old = set(git.ancestors(before)) if before else set()
    new = [sha for sha in reversed(git.ancestors(after)) if sha not in old] if before else []
    listed = [_pushed(repo, sha) for sha in new]
    return {
        "ref": f"refs/heads/{branch}",
        "before": before or NO_COMMIT,
        "after": after,
        "created": before is None,
        "deleted": False,
        "forced": bool(before) and before not in git.ancestors(after),
        "commits": listed,
        "head_commit": _pushed(repo, after),
    }


def deleted(branch: str, before: str) -> dict[str, Any]:
    """The push that says that a branch is no more."""
    return {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": NO_COMMIT,
        "created": False,
        "deleted": True,
        "forced": False,
        "commits": [],
        "head_commit": None,
    }


def _pushed(repo: FakeRepository, sha: str) -> Mapping[str, Any]:
    commit = repo.git.commits[sha]
    parent = commit.parents[0] if commit.parents else None
    old = repo.git.commits[parent].files if parent else {}
    changed = repo.git.changed(parent, sha)
    return {
        "id": sha,
        "message": commit.message,
        "timestamp": commit.date.isoformat(),
        "distinct": True,
        "author": {"name": commit.author, "username": commit.author},
        "added": [path for path in changed if path not in old],
        "removed": [path for path in changed if path not in commit.files],
        "modified": [path for path in changed if path in old and path in commit.files],
    }
