"""GitHub's JSON objects -> the values of ``bot.github.ports``.

Each function raises ``Malformed`` when the object lacks what identifies it (number, id, sha): such
an object is no answer, whatever its status was. Shapes: https://docs.github.com/en/rest
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.github.snapshots import (
    ChangedFile,
    CheckSnapshot,
    CommentSnapshot,
    CommitSnapshot,
    IssueSnapshot,
    Milestone,
    Person,
    PullSnapshot,
    RepositorySnapshot,
)

Data = Mapping[str, Any]


class Malformed(Exception):
    """The object is not what it is said to be."""


def number_of(data: Data, key: str) -> int:
    """A whole number above zero."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise Malformed(key)
    return value


def count_of(data: Data, key: str) -> int:
    """A whole number, also zero."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(key)
    return value


def text_of(data: Data, key: str) -> str:
    """A text that is not empty."""
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise Malformed(key)
    return value


def part_of(data: Data, key: str) -> Data:
    """An object within an object."""
    value = data.get(key)
    if not isinstance(value, Mapping):
        raise Malformed(key)
    return value


def _text(data: Data, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _parts(data: Data, key: str) -> list[Data]:
    value = data.get(key)
    return [x for x in value if isinstance(x, Mapping)] if isinstance(value, list) else []


def moment(value: object) -> datetime | None:
    """A time of GitHub's as an aware UTC time; None when there is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def person(value: object) -> Person:
    """An account; a deleted one is GitHub's ``ghost``."""
    if not isinstance(value, Mapping) or not value.get("login"):
        return Person("ghost")
    identity = value.get("id")
    return Person(
        str(value["login"]),
        identity if isinstance(identity, int) else 0,
        value.get("type") == "Bot",
    )


def repository(data: Data) -> RepositorySnapshot:
    """https://docs.github.com/en/rest/repos/repos#get-a-repository"""
    return RepositorySnapshot(
        id=number_of(data, "id"),
        full_name=text_of(data, "full_name"),
        default_branch=text_of(data, "default_branch"),
        private=data.get("private") is True,
        archived=data.get("archived") is True,
        has_issues=data.get("has_issues") is not False,
    )


def issue(data: Data) -> IssueSnapshot:
    """https://docs.github.com/en/rest/issues/issues#get-an-issue"""
    created = moment(data.get("created_at"))
    if created is None:
        raise Malformed("created_at")
    milestone = data.get("milestone")
    author = person(data.get("user"))
    app = data.get("performed_via_github_app")
    by_app = _text(app, "slug") if isinstance(app, Mapping) else ""
    if author.is_bot and not by_app:
        by_app = author.login.removesuffix("[bot]")
    return IssueSnapshot(
        number=number_of(data, "number"),
        title=_text(data, "title"),
        body=_text(data, "body"),
        state=text_of(data, "state"),
        author=author,
        created_at=created,
        labels=tuple(text_of(label, "name") for label in _parts(data, "labels")),
        assignees=assignees(data),
        milestone=_text(milestone, "title") or None if isinstance(milestone, Mapping) else None,
        url=_text(data, "html_url"),
        by_app=by_app or None,
        updated_at=moment(data.get("updated_at")),
        id=number_of(data, "id") if "id" in data else 0,
        state_reason=_text(data, "state_reason"),
    )


def issue_state(state: object, reason: object) -> str:
    """``open``, ``completed`` or ``not_planned``, of an issue's state and its reason; "" for none.

    A duplicate will not be done either. https://docs.github.com/en/rest/issues/issues#get-an-issue
    """
    if state != "closed":
        return "open" if state == "open" else ""
    return "not_planned" if reason in ("not_planned", "duplicate") else "completed"


def assignees(data: Data) -> tuple[str, ...]:
    """The logins an issue is assigned to."""
    return tuple(text_of(account, "login") for account in _parts(data, "assignees"))


def is_pull(data: Data) -> bool:
    """Whether an object of the issues API is a pull request.

    https://docs.github.com/en/rest/issues/issues#list-repository-issues
    """
    return data.get("pull_request") is not None


def comment(data: Data, *, app_id: int, app_slug: str) -> CommentSnapshot:
    """An issue comment; ours when the App itself, or its bot account, wrote it.

    https://docs.github.com/en/rest/issues/comments#get-an-issue-comment
    """
    author = person(data.get("user"))
    app = data.get("performed_via_github_app")
    by_us = isinstance(app, Mapping) and app.get("id") == app_id
    return CommentSnapshot(
        id=number_of(data, "id"),
        body=_text(data, "body"),
        author=author,
        ours=by_us or (author.is_bot and author.login == f"{app_slug}[bot]"),
        url=_text(data, "html_url"),
        created_at=moment(data.get("created_at")),
        updated_at=moment(data.get("updated_at")),
        reactions=_reactions(data),
    )


def _reactions(data: Data) -> int:
    counts = data.get("reactions")
    total = counts.get("total_count") if isinstance(counts, Mapping) else 0
    return total if isinstance(total, int) and not isinstance(total, bool) else 0


def pull(data: Data) -> PullSnapshot:
    """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""
    head, base = part_of(data, "head"), part_of(data, "base")
    source, target = head.get("repo"), base.get("repo")
    merged_by = data.get("merged_by")
    return PullSnapshot(
        number=number_of(data, "number"),
        title=_text(data, "title"),
        body=_text(data, "body"),
        state=text_of(data, "state"),
        # A list of pull requests says only when they were merged.
        merged=data.get("merged") is True or moment(data.get("merged_at")) is not None,
        draft=data.get("draft") is True,
        head_ref=text_of(head, "ref"),
        head_sha=text_of(head, "sha"),
        base_ref=text_of(base, "ref"),
        author=person(data.get("user")),
        url=_text(data, "html_url"),
        merge_commit_sha=_text(data, "merge_commit_sha") or None,
        merged_at=moment(data.get("merged_at")),
        head_full_name=_text(source, "full_name") or None if isinstance(source, Mapping) else None,
        base_sha=_text(base, "sha"),
        default_branch=_text(target, "default_branch") if isinstance(target, Mapping) else "",
        merged_by=person(merged_by) if isinstance(merged_by, Mapping) else None,
    )


def changed_file(data: Data) -> ChangedFile:
    """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files"""
    return ChangedFile(text_of(data, "filename"), _text(data, "status") or "modified")


def commit(data: Data) -> CommitSnapshot:
    """A commit of the repository's commit list."""
    inner = part_of(data, "commit")
    committer = inner.get("committer")
    author = data.get("author")
    return CommitSnapshot(
        sha=text_of(data, "sha"),
        message=_text(inner, "message"),
        parents=tuple(text_of(parent, "sha") for parent in _parts(data, "parents")),
        date=moment(committer.get("date")) if isinstance(committer, Mapping) else None,
        author_login=_text(author, "login") or None if isinstance(author, Mapping) else None,
    )


def commits(data: Data) -> list[CommitSnapshot]:
    """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
    return [commit(one) for one in _parts(data, "commits")]


def check(data: Data) -> CheckSnapshot:
    """https://docs.github.com/en/rest/checks/runs#get-a-check-run"""
    return CheckSnapshot(
        id=number_of(data, "id"),
        head_sha=text_of(data, "head_sha"),
        status=text_of(data, "status"),
        conclusion=_text(data, "conclusion") or None,
        external_id=_text(data, "external_id"),
        url=_text(data, "html_url"),
    )


def milestone(data: Data) -> Milestone:
    """https://docs.github.com/en/rest/issues/milestones#get-a-milestone"""
    return Milestone(
        number=number_of(data, "number"),
        title=text_of(data, "title"),
        state=_text(data, "state") or "open",
    )
