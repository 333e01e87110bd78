"""Payload -> frozen event of ours, or a reason to ignore it.

The only file that knows payload keys, with ``event_parts.py`` for what several kinds share.

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
from bot.event_parts import (
    assignees_of,
    default_branch_of,
    former_body,
    is_by_app,
    label_names,
    one_of,
    repository_in,
    repository_of,
    sender_of,
    words_of,
)
from bot.github.payloads import Malformed, count_of, issue_state, moment, part_of
from bot.github.snapshots import RepoRef
from bot.plans.links import parse_links

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
        "closed",
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
_MOST_UNDONE = 50
PUSH_FILES_LISTED = 3000

COMPARE = "plansync.compare"
"""The name of the deliveries that plansync puts into its inbox itself."""
COMPARABLE = frozenset({"plan", "request", "config"})


def parse_event(name: str, payload: object) -> Event | Ignored:
    """The event that a delivery of type ``name`` is about, or why it is none of ours."""
    parse = _PARSERS.get(name)
    if parse is None:
        return Ignored(f"plansync does not handle {name!r} events")
    if not isinstance(payload, Mapping):
        return Ignored("the payload is not an object")
    try:
        return parse(payload)
    except Malformed as malformed:
        return Ignored(f"the {name} payload is malformed at {malformed}")


def _issue(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in ISSUE_ACTIONS:
        return Ignored(f"issues.{action} changes no plan")
    issue = part_of(payload, "issue")
    if "pull_request" in issue:
        return Ignored("a pull request, not an issue")
    label = payload.get("label")
    return IssueEvent(
        repo=repository_of(payload),
        sender=sender_of(payload),
        action=action,
        number=count_of(issue, "number"),
        title=words_of(issue, "title"),
        body=words_of(issue, "body", optional=True),
        labels=label_names(issue),
        label=words_of(label, "name") if isinstance(label, Mapping) else None,
        former_body=former_body(payload),
        by_app=is_by_app(issue),
        assignees=assignees_of(issue),
        retitled=_is_retitled(payload),
        updated_at=moment(issue.get("updated_at")),
        state=_state_of(action, issue),
    )


def _state_of(action: str, issue: Mapping[str, Any]) -> str:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=closed#issues"""
    if action in ("deleted", "transferred"):
        return "gone"
    return issue_state(issue.get("state"), issue.get("state_reason"))


def _is_retitled(payload: Mapping[str, Any]) -> bool:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=edited#issues"""
    changes = payload.get("changes")
    return isinstance(changes, Mapping) and bool(changes.get("title"))


def _comment(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in COMMENT_ACTIONS:
        return Ignored(f"issue_comment.{action} changes no plan")
    sender = sender_of(payload)
    if sender.is_bot:
        return Ignored("a bot's comment")
    issue, comment = part_of(payload, "issue"), part_of(payload, "comment")
    return CommentEvent(
        repo=repository_of(payload),
        sender=sender,
        action=action,
        number=count_of(issue, "number"),
        issue_body=words_of(issue, "body", optional=True),
        comment_id=count_of(comment, "id"),
        body=words_of(comment, "body", optional=True),
        on_pull="pull_request" in issue,
        former=former_body(payload),
        by_app=is_by_app(issue),
    )


def _pull(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in PULL_ACTIONS:
        return Ignored(f"pull_request.{action} changes no plan")
    pull = part_of(payload, "pull_request")
    head, base = part_of(pull, "head"), part_of(pull, "base")
    return PullEvent(
        repo=repository_of(payload),
        sender=sender_of(payload),
        action=action,
        number=count_of(pull, "number"),
        title=words_of(pull, "title"),
        body=words_of(pull, "body", optional=True),
        state=words_of(pull, "state"),
        merged=pull.get("merged") is True,
        draft=pull.get("draft") is True,
        head_ref=words_of(head, "ref"),
        head_sha=words_of(head, "sha"),
        base_ref=words_of(base, "ref"),
        default_branch=default_branch_of(payload),
        merge_commit_sha=words_of(pull, "merge_commit_sha", optional=True),
    )


def _push(payload: Mapping[str, Any]) -> Event | Ignored:
    if payload.get("deleted") is True:
        return Ignored("a branch was deleted")
    repository = part_of(payload, "repository")
    return PushEvent(
        repo=repository_of(payload),
        sender=sender_of(payload),
        ref=words_of(payload, "ref"),
        default_branch=words_of(repository, "default_branch"),
        before=words_of(payload, "before"),
        after=words_of(payload, "after"),
        paths=_pushed_paths(payload),
        undone=_undone(payload),
    )


def _undone(payload: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the commits of a push say they revert, in git's own words, oldest first.

    https://git-scm.com/docs/git-revert#_discussion
    """
    commits = payload.get("commits")
    found: list[tuple[str, str]] = []
    for commit in commits if isinstance(commits, list) else ():
        said = commit.get("message") if isinstance(commit, Mapping) else None
        by = commit.get("id") if isinstance(commit, Mapping) else None
        if isinstance(said, str) and isinstance(by, str):
            found += [(sha, by) for sha in parse_links("", commits=[said]).reverted_commits]
    return tuple(found[:_MOST_UNDONE])


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
            raise Malformed("commits")
        for key in ("added", "removed", "modified"):
            names = commit.get(key)
            if not isinstance(names, list):
                return None
            paths.update((path, None) for path in names if isinstance(path, str))
    return None if len(paths) >= PUSH_FILES_LISTED else tuple(paths)


def _repository(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in REPOSITORY_ACTIONS:
        return Ignored(f"repository.{action} ends no trouble")
    changes = payload.get("changes")
    other = action == "edited" and isinstance(changes, Mapping) and "default_branch" in changes
    return RepositoryEvent(repository_of(payload), sender_of(payload), action, other)


def _installation(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action in REMOVAL_ACTIONS:
        return _removal(payload, action)
    if action not in INSTALLATION_ACTIONS:
        return Ignored(f"installation.{action} ends no trouble")
    number = count_of(part_of(payload, "installation"), "id")
    named = payload.get("repositories_added" if action == "added" else "repositories")
    repos = tuple(repository_in(item, number) for item in named) if isinstance(named, list) else ()
    return InstallationEvent(number, sender_of(payload), action, repos)


def _check_run(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in CHECK_ACTIONS:
        return Ignored(f"check_run.{action} asks for nothing")
    run = part_of(payload, "check_run")
    named = words_of(run, "external_id", optional=True)
    if subject_name(named) is None:
        return Ignored("a check run that is not plansync's")
    return _check(payload, action, run, named)


def _check_suite(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in CHECK_ACTIONS:
        return Ignored(f"check_suite.{action} asks for nothing")
    return _check(payload, action, part_of(payload, "check_suite"), "")


def _check(
    payload: Mapping[str, Any], action: str, check: Mapping[str, Any], external_id: str
) -> CheckEvent:
    pulls = check.get("pull_requests")
    named = pulls if isinstance(pulls, list) else []
    return CheckEvent(
        repo=repository_of(payload),
        sender=sender_of(payload),
        action=action,
        head_sha=words_of(check, "head_sha"),
        external_id=external_id,
        pulls=tuple(count_of(pull, "number") for pull in named if isinstance(pull, Mapping)),
    )


def _merge_group(payload: Mapping[str, Any]) -> Event | Ignored:
    action = words_of(payload, "action")
    if action not in MERGE_GROUP_ACTIONS:
        return Ignored(f"merge_group.{action} asks for nothing")
    group = part_of(payload, "merge_group")
    return MergeGroupEvent(
        repo=repository_of(payload),
        sender=sender_of(payload),
        action=action,
        head_sha=words_of(group, "head_sha"),
        head_ref=words_of(group, "head_ref"),
        base_sha=words_of(group, "base_sha"),
    )


def _removal(payload: Mapping[str, Any], action: str) -> Event | Ignored:
    number = count_of(part_of(payload, "installation"), "id")
    if action == "deleted":
        return RemovalEvent(number, sender_of(payload), action, None)
    named = payload.get("repositories_removed")
    if not isinstance(named, list):
        raise Malformed("repositories_removed")
    ids = tuple(count_of(item, "id") for item in named if isinstance(item, Mapping))
    return RemovalEvent(number, sender_of(payload), action, ids)


def _compare(payload: Mapping[str, Any]) -> Event | Ignored:
    return CompareEvent(
        repo=repository_of(payload),
        sender=sender_of(payload),
        action=words_of(payload, "action"),
        kind=one_of(payload, "kind", COMPARABLE),
        name=words_of(payload, "name"),
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
