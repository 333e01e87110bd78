"""Payload -> frozen event of ours, or a reason to ignore it. The only file that knows payload keys.

``parse_event`` never raises on a payload: what does not have the stated shape is ``Ignored``.
Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.checks import subject_name
from bot.event_kinds import (
    CheckEvent,
    CommentEvent,
    CompareEvent,
    Event,
    Ignored,
    InstallationEvent,
    IssueEvent,
    MergeGroupEvent,
    PullEvent,
    PushEvent,
    RemovalEvent,
    RepositoryEvent,
)
from bot.github.snapshots import Person, RepoRef

__all__ = [
    "COMPARE",
    "HANDLED_EVENTS",
    "CheckEvent",
    "CommentEvent",
    "CompareEvent",
    "Event",
    "Ignored",
    "InstallationEvent",
    "IssueEvent",
    "MergeGroupEvent",
    "PullEvent",
    "PushEvent",
    "RemovalEvent",
    "RepositoryEvent",
    "compare_payload",
    "handles",
    "parse_event",
]


ISSUE_ACTIONS = frozenset(
    {
        "opened",
        "edited",
        "labeled",
        "unlabeled",
        "assigned",
        "unassigned",
        "reopened",
        "deleted",
        "transferred",
    }
)
COMMENT_ACTIONS = frozenset({"created", "edited"})
PULL_ACTIONS = frozenset(
    {
        "opened",
        "edited",
        "closed",
        "reopened",
        "ready_for_review",
        "converted_to_draft",
        "synchronize",
    }
)
REPOSITORY_ACTIONS = frozenset(
    {"archived", "unarchived", "edited", "renamed", "transferred", "publicized", "privatized"}
)
INSTALLATION_ACTIONS = frozenset({"created", "unsuspend", "new_permissions_accepted", "added"})
REMOVAL_ACTIONS = frozenset({"deleted", "removed"})
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=removed#installation_repositories"""
CHECK_ACTIONS = frozenset({"rerequested"})
MERGE_GROUP_ACTIONS = frozenset({"checks_requested"})
PUSH_COMMITS_LISTED = 2048
PUSH_FILES_LISTED = 3000

COMPARE = "plansync.compare"
"""The name of the deliveries that plansync puts into its inbox itself."""
COMPARABLE = frozenset({"plan", "request", "config"})


class _Malformed(Exception):
    """The payload has not the documented shape at this key."""


def parse_event(name: str, payload: object) -> Event | Ignored:
    """The event that a delivery of type ``name`` is about, or why it is none of ours."""
    parse = _PARSERS.get(name)
    if parse is None:
        return Ignored(f"plansync does not handle {name!r} events")
    if not isinstance(payload, Mapping):
        return Ignored("the payload is not an object")
    try:
        return parse(payload)
    except _Malformed as malformed:
        return Ignored(f"the {name} payload is malformed at {malformed}")


def _issue(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in ISSUE_ACTIONS:
        return Ignored(f"issues.{action} changes no plan")
    issue = _object(payload, "issue")
    if "pull_request" in issue:
        return Ignored("a pull request, not an issue")
    label = payload.get("label")
    return IssueEvent(
        repo=_repo(payload),
        sender=_sender(payload),
        action=action,
        number=_number(issue, "number"),
        title=_text(issue, "title"),
        body=_text(issue, "body", optional=True),
        labels=_label_names(issue),
        label=_text(label, "name") if isinstance(label, Mapping) else None,
        former_body=_former_body(payload),
        by_app=_is_by_app(issue),
        assignees=_assignees(issue),
        retitled=_is_retitled(payload),
    )


def _assignees(issue: Mapping[str, Any]) -> tuple[str, ...]:
    people = issue.get("assignees")
    people = people if isinstance(people, list) else []
    return tuple(_text(one, "login") for one in people if isinstance(one, Mapping))


def _is_retitled(payload: Mapping[str, Any]) -> bool:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=edited#issues"""
    changes = payload.get("changes")
    return isinstance(changes, Mapping) and bool(changes.get("title"))


def _former_body(payload: Mapping[str, Any]) -> str | None:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=edited#issues"""
    changes = payload.get("changes")
    body = changes.get("body") if isinstance(changes, Mapping) else None
    former = body.get("from") if isinstance(body, Mapping) else None
    return former if isinstance(former, str) else None


def _is_by_app(issue: Mapping[str, Any]) -> bool:
    """Whether an App opened the issue, for itself or on behalf of a person."""
    author = issue.get("user")
    is_bot = isinstance(author, Mapping) and author.get("type") == "Bot"
    return is_bot or isinstance(issue.get("performed_via_github_app"), Mapping)


def _comment(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in COMMENT_ACTIONS:
        return Ignored(f"issue_comment.{action} changes no plan")
    sender = _sender(payload)
    if sender.is_bot:
        return Ignored("a bot's comment")
    issue, comment = _object(payload, "issue"), _object(payload, "comment")
    return CommentEvent(
        repo=_repo(payload),
        sender=sender,
        action=action,
        number=_number(issue, "number"),
        issue_body=_text(issue, "body", optional=True),
        comment_id=_number(comment, "id"),
        body=_text(comment, "body", optional=True),
        on_pull="pull_request" in issue,
        former=_former_body(payload),
        by_app=_is_by_app(issue),
    )


def _pull(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in PULL_ACTIONS:
        return Ignored(f"pull_request.{action} changes no plan")
    pull = _object(payload, "pull_request")
    head, base = _object(pull, "head"), _object(pull, "base")
    return PullEvent(
        repo=_repo(payload),
        sender=_sender(payload),
        action=action,
        number=_number(pull, "number"),
        title=_text(pull, "title"),
        body=_text(pull, "body", optional=True),
        state=_text(pull, "state"),
        merged=pull.get("merged") is True,
        draft=pull.get("draft") is True,
        head_ref=_text(head, "ref"),
        head_sha=_text(head, "sha"),
        base_ref=_text(base, "ref"),
        default_branch=_default_branch(payload),
        merge_commit_sha=_text(pull, "merge_commit_sha", optional=True),
    )


def _default_branch(payload: Mapping[str, Any]) -> str:
    name = _object(payload, "repository").get("default_branch")
    return name if isinstance(name, str) else ""


def _push(payload: Mapping[str, Any]) -> Event | Ignored:
    if payload.get("deleted") is True:
        return Ignored("a branch was deleted")
    repository = _object(payload, "repository")
    return PushEvent(
        repo=_repo(payload),
        sender=_sender(payload),
        ref=_text(payload, "ref"),
        default_branch=_text(repository, "default_branch"),
        before=_text(payload, "before"),
        after=_text(payload, "after"),
        paths=_pushed_paths(payload),
    )


def _pushed_paths(payload: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Every path the push names, or None where the list may be cut or history was rewritten.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#push: at most 2,048 commits
    are listed, and their file lists end at 3,000 files.
    """
    commits = payload.get("commits")
    if payload.get("forced") is True or payload.get("created") is True:
        return None
    if not isinstance(commits, list) or not commits or len(commits) >= PUSH_COMMITS_LISTED:
        return None
    paths: dict[str, None] = {}
    for commit in commits:
        if not isinstance(commit, Mapping):
            raise _Malformed("commits")
        for key in ("added", "removed", "modified"):
            names = commit.get(key)
            if not isinstance(names, list):
                return None
            paths.update((path, None) for path in names if isinstance(path, str))
    return None if len(paths) >= PUSH_FILES_LISTED else tuple(paths)


def _repository(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in REPOSITORY_ACTIONS:
        return Ignored(f"repository.{action} ends no trouble")
    changes = payload.get("changes")
    other = action == "edited" and isinstance(changes, Mapping) and "default_branch" in changes
    return RepositoryEvent(_repo(payload), _sender(payload), action, other)


def _installation(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action in REMOVAL_ACTIONS:
        return _removal(payload, action)
    if action not in INSTALLATION_ACTIONS:
        return Ignored(f"installation.{action} ends no trouble")
    number = _number(_object(payload, "installation"), "id")
    named = payload.get("repositories_added" if action == "added" else "repositories")
    repos = tuple(_repo_of(item, number) for item in named) if isinstance(named, list) else ()
    return InstallationEvent(number, _sender(payload), action, repos)


def _check_run(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in CHECK_ACTIONS:
        return Ignored(f"check_run.{action} asks for nothing")
    run = _object(payload, "check_run")
    named = _text(run, "external_id", optional=True)
    if subject_name(named) is None:
        return Ignored("a check run that is not plansync's")
    return _check(payload, action, run, named)


def _check_suite(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in CHECK_ACTIONS:
        return Ignored(f"check_suite.{action} asks for nothing")
    return _check(payload, action, _object(payload, "check_suite"), "")


def _check(
    payload: Mapping[str, Any], action: str, check: Mapping[str, Any], external_id: str
) -> CheckEvent:
    pulls = check.get("pull_requests")
    named = pulls if isinstance(pulls, list) else []
    return CheckEvent(
        repo=_repo(payload),
        sender=_sender(payload),
        action=action,
        head_sha=_text(check, "head_sha"),
        external_id=external_id,
        pulls=tuple(_number(pull, "number") for pull in named if isinstance(pull, Mapping)),
    )


def _merge_group(payload: Mapping[str, Any]) -> Event | Ignored:
    action = _text(payload, "action")
    if action not in MERGE_GROUP_ACTIONS:
        return Ignored(f"merge_group.{action} asks for nothing")
    group = _object(payload, "merge_group")
    return MergeGroupEvent(
        repo=_repo(payload),
        sender=_sender(payload),
        action=action,
        head_sha=_text(group, "head_sha"),
        head_ref=_text(group, "head_ref"),
        base_sha=_text(group, "base_sha"),
    )


def _removal(payload: Mapping[str, Any], action: str) -> Event | Ignored:
    number = _number(_object(payload, "installation"), "id")
    if action == "deleted":
        return RemovalEvent(number, _sender(payload), action, None)
    named = payload.get("repositories_removed")
    if not isinstance(named, list):
        raise _Malformed("repositories_removed")
    ids = tuple(_number(item, "id") for item in named if isinstance(item, Mapping))
    return RemovalEvent(number, _sender(payload), action, ids)


def _compare(payload: Mapping[str, Any]) -> Event | Ignored:
    return CompareEvent(
        repo=_repo(payload),
        sender=_sender(payload),
        action=_text(payload, "action"),
        kind=_one_of(payload, "kind", COMPARABLE),
        name=_text(payload, "name"),
    )


def compare_payload(repo: RepoRef, kind: str, name: str, why: str) -> dict[str, Any]:
    """The payload of a delivery that asks for one subject to be compared; ``why`` is its action."""
    return {
        "action": why,
        "repository": {"id": repo.id, "full_name": repo.full_name},
        "installation": {"id": repo.installation_id},
        "sender": {"login": "plansync", "id": 0, "type": "Bot"},
        "kind": kind,
        "name": name,
    }


def handles(name: str, action: str | None) -> bool:
    """False for a delivery whose payload need not even be fetched: plansync would ignore it."""
    actions = _ACTIONS.get(name, frozenset())
    return name in HANDLED_EVENTS and (not actions or not action or action in actions)


def _repo(payload: Mapping[str, Any]) -> RepoRef:
    number = _number(_object(payload, "installation"), "id")
    return _repo_of(_object(payload, "repository"), number)


def _repo_of(repository: object, installation_id: int) -> RepoRef:
    if not isinstance(repository, Mapping):
        raise _Malformed("repository")
    full_name = _text(repository, "full_name")
    if full_name.count("/") != 1 or full_name.startswith("/") or full_name.endswith("/"):
        raise _Malformed("repository.full_name")
    return RepoRef(_number(repository, "id"), full_name, installation_id)


def _sender(payload: Mapping[str, Any]) -> Person:
    sender = _object(payload, "sender")
    login = _text(sender, "login")
    is_bot = sender.get("type") == "Bot" or login.endswith("[bot]")
    return Person(login=login, id=_number(sender, "id"), is_bot=is_bot)


def _label_names(issue: Mapping[str, Any]) -> tuple[str, ...]:
    labels = issue.get("labels")
    if not isinstance(labels, list):
        return ()
    return tuple(
        label["name"]
        for label in labels
        if isinstance(label, Mapping) and isinstance(label.get("name"), str)
    )


def _object(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = payload.get(key)
    if not isinstance(value, Mapping):
        raise _Malformed(key)
    return value


def _text(payload: Mapping[str, Any], key: str, *, optional: bool = False) -> str:
    value = payload.get(key)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise _Malformed(key)
    return value


def _one_of(payload: Mapping[str, Any], key: str, known: frozenset[str]) -> str:
    value = _text(payload, key)
    if value not in known:
        raise _Malformed(key)
    return value


def _number(payload: Mapping[str, Any], key: str) -> int:
    value = payload.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _Malformed(key)
    return value


_PARSERS: dict[str, Callable[[Mapping[str, Any]], Event | Ignored]] = {
    "issues": _issue,
    "issue_comment": _comment,
    "pull_request": _pull,
    "push": _push,
    "repository": _repository,
    "installation": _installation,
    "installation_repositories": _installation,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "merge_group": _merge_group,
    COMPARE: _compare,
}
_ACTIONS: Mapping[str, frozenset[str]] = {
    "issues": ISSUE_ACTIONS,
    "issue_comment": COMMENT_ACTIONS,
    "pull_request": PULL_ACTIONS,
    "repository": REPOSITORY_ACTIONS,
    "check_run": CHECK_ACTIONS,
    "check_suite": CHECK_ACTIONS,
    "merge_group": MERGE_GROUP_ACTIONS,
    "installation": INSTALLATION_ACTIONS | REMOVAL_ACTIONS,
    "installation_repositories": INSTALLATION_ACTIONS | REMOVAL_ACTIONS,
}

HANDLED_EVENTS = tuple(name for name in _PARSERS if name != COMPARE)
