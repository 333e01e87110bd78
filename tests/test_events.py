"""Payloads become events of ours or a reason to ignore them, and never an exception."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import (
    COMPARE,
    HANDLED_EVENTS,
    CheckEvent,
    CommentEvent,
    CompareEvent,
    Ignored,
    InstallationEvent,
    IssueEvent,
    MergeGroupEvent,
    PullEvent,
    PushEvent,
    RepositoryEvent,
    compare_payload,
    handles,
    parse_event,
)
from bot.github.snapshots import RepoRef

COMMON: dict[str, Any] = {
    "repository": {"id": 7, "full_name": "acme/shop", "default_branch": "main"},
    "installation": {"id": 3},
    "sender": {"login": "alice", "id": 11, "type": "User"},
}
ISSUE: dict[str, Any] = COMMON | {
    "action": "labeled",
    "issue": {"number": 4, "title": "Search", "body": None, "labels": [{"name": "plan:feature"}]},
    "label": {"name": "plan:feature"},
}
COMMENT: dict[str, Any] = COMMON | {
    "action": "created",
    "issue": {"number": 4, "title": "Search", "body": "text", "labels": []},
    "comment": {"id": 99, "body": "/plan accept"},
}
PULL: dict[str, Any] = COMMON | {
    "action": "closed",
    "pull_request": {
        "number": 41,
        "title": "Add search",
        "body": "Plan: #5",
        "state": "closed",
        "merged": True,
        "draft": False,
        "head": {"ref": "search", "sha": "a" * 40},
        "base": {"ref": "main"},
    },
}
PUSH: dict[str, Any] = COMMON | {
    "ref": "refs/heads/main",
    "before": "a" * 40,
    "after": "b" * 40,
    "commits": [{"added": ["x.md"], "removed": [], "modified": ["plan_docs/y.md"]}],
}
REPOSITORY: dict[str, Any] = COMMON | {"action": "unarchived"}
INSTALLATION: dict[str, Any] = {
    "action": "unsuspend",
    "installation": {"id": 3},
    "repositories": [{"id": 7, "full_name": "acme/shop"}],
    "sender": COMMON["sender"],
}
ADDED = INSTALLATION | {"action": "added", "repositories_added": INSTALLATION["repositories"]}
CHECK_RUN: dict[str, Any] = COMMON | {
    "action": "rerequested",
    "check_run": {
        "head_sha": "c" * 40,
        "external_id": "plansync:41:0123456789abcdef",
        "pull_requests": [{"number": 41}],
    },
}
CHECK_SUITE: dict[str, Any] = COMMON | {
    "action": "rerequested",
    "check_suite": {"head_sha": "c" * 40, "pull_requests": []},
}
MERGE_GROUP: dict[str, Any] = COMMON | {
    "action": "checks_requested",
    "merge_group": {
        "head_sha": "d" * 40,
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-41-" + "b" * 40,
        "base_sha": "b" * 40,
    },
}
PAYLOADS = {
    "issues": ISSUE,
    "issue_comment": COMMENT,
    "pull_request": PULL,
    "push": PUSH,
    "repository": REPOSITORY,
    "installation": INSTALLATION,
    "installation_repositories": ADDED,
    "check_run": CHECK_RUN,
    "check_suite": CHECK_SUITE,
    "merge_group": MERGE_GROUP,
}


def test_each_handled_event_is_read() -> None:
    assert set(PAYLOADS) == set(HANDLED_EVENTS)
    issue = parse_event("issues", ISSUE)
    assert isinstance(issue, IssueEvent)
    assert (issue.number, issue.body, issue.labels, issue.label) == (
        4,
        "",
        ("plan:feature",),
        "plan:feature",
    )
    assert issue.repo.full_name == "acme/shop"
    assert issue.repo.installation_id == 3
    comment = parse_event("issue_comment", COMMENT)
    assert isinstance(comment, CommentEvent)
    assert comment.body == "/plan accept"
    pull = parse_event("pull_request", PULL)
    assert isinstance(pull, PullEvent)
    assert pull.merged
    push = parse_event("push", PUSH)
    assert isinstance(push, PushEvent)
    assert push.paths == ("x.md", "plan_docs/y.md")
    assert push.on_default_branch


def test_what_may_end_a_refusal_is_read() -> None:
    repo = RepoRef(7, "acme/shop", 3)
    repository = parse_event("repository", REPOSITORY)
    assert isinstance(repository, RepositoryEvent)
    assert (repository.repo, repository.action) == (repo, "unarchived")
    for name in ("installation", "installation_repositories"):
        installation = parse_event(name, PAYLOADS[name])
        assert isinstance(installation, InstallationEvent)
        assert (installation.installation_id, installation.repos) == (3, (repo,))
    assert isinstance(parse_event("repository", REPOSITORY | {"action": "deleted"}), Ignored)


def test_a_wish_to_run_a_check_again_is_read() -> None:
    run = parse_event("check_run", CHECK_RUN)
    assert isinstance(run, CheckEvent)
    assert (run.head_sha, run.pulls, run.external_id[:11]) == ("c" * 40, (41,), "plansync:41")
    suite = parse_event("check_suite", CHECK_SUITE)
    assert isinstance(suite, CheckEvent)
    assert (suite.external_id, suite.pulls) == ("", ())
    other = copy.deepcopy(CHECK_RUN)
    other["check_run"]["external_id"] = "lint"
    assert isinstance(parse_event("check_run", other), Ignored)
    assert isinstance(parse_event("check_run", CHECK_RUN | {"action": "completed"}), Ignored)
    assert isinstance(parse_event("check_suite", CHECK_SUITE | {"action": "requested"}), Ignored)


def test_a_merge_group_is_read() -> None:
    group = parse_event("merge_group", MERGE_GROUP)
    assert isinstance(group, MergeGroupEvent)
    assert (group.head_sha, group.base_sha) == ("d" * 40, "b" * 40)
    assert isinstance(parse_event("merge_group", MERGE_GROUP | {"action": "destroyed"}), Ignored)


def test_our_own_wish_to_compare_is_read_like_a_delivery() -> None:
    payload = compare_payload(RepoRef(7, "acme/shop", 3), "plan", "plan_docs/y.md", "drift")
    event = parse_event(COMPARE, payload)
    assert isinstance(event, CompareEvent)
    assert (event.kind, event.name, event.action) == ("plan", "plan_docs/y.md", "drift")
    assert event.sender.is_bot
    assert isinstance(parse_event(COMPARE, payload | {"kind": "person"}), Ignored)


def test_only_payloads_that_matter_are_worth_fetching() -> None:
    assert handles("push", None)
    assert handles("issues", "edited")
    assert not handles("issues", "pinned")
    assert handles("installation_repositories", "added")
    assert not handles("check_run", "created")
    assert not handles(COMPARE, "drift")


@pytest.mark.parametrize("login", ["plansync[bot]", "renovate[bot]"])
def test_bots_are_known_by_their_login_too(login: str) -> None:
    event = parse_event("issues", ISSUE | {"sender": {"login": login, "id": 1}})
    assert isinstance(event, IssueEvent)
    assert event.sender.is_bot


def test_a_bots_comment_is_no_command() -> None:
    sender = {"login": "x[bot]", "id": 1, "type": "Bot"}
    assert parse_event("issue_comment", COMMENT | {"sender": sender}) == Ignored("a bot's comment")


@pytest.mark.parametrize(
    "change",
    [{"forced": True}, {"created": True}, {"commits": []}, {"commits": [{}] * 2048}],
    ids=["forced", "created", "no commits", "cut list"],
)
def test_a_push_whose_paths_are_not_all_known_says_so(change: dict[str, Any]) -> None:
    event = parse_event("push", PUSH | change)
    assert isinstance(event, PushEvent)
    assert event.paths is None


def test_a_pull_request_is_no_issue() -> None:
    payload = copy.deepcopy(ISSUE)
    payload["issue"]["pull_request"] = {}
    assert isinstance(parse_event("issues", payload), Ignored)


@pytest.mark.parametrize("name", ["star", "", "workflow_run"])
def test_an_unknown_event_is_ignored_with_its_name(name: str) -> None:
    ignored = parse_event(name, {})
    assert isinstance(ignored, Ignored)
    assert repr(name) in ignored.reason


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else children
    return [p for key, child in items for p in ((*path, key), *_paths(child, (*path, key)))]


CUTS = [(name, path) for name, payload in PAYLOADS.items() for path in _paths(payload)]
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=3), st.lists(st.none()),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=2), st.floats(),
)  # fmt: skip


@pytest.mark.parametrize(("name", "path"), CUTS, ids=str)
def test_a_missing_key_is_never_an_exception(name: str, path: tuple[str | int, ...]) -> None:
    payload = copy.deepcopy(PAYLOADS[name])
    holder: Any = payload
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    parse_event(name, payload)


@given(st.sampled_from(CUTS), ODD)
def test_a_retyped_value_is_never_an_exception(
    cut: tuple[str, tuple[str | int, ...]], odd: Any
) -> None:
    name, path = cut
    payload = copy.deepcopy(PAYLOADS[name])
    holder: Any = payload
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    parse_event(name, payload)


@given(st.sampled_from(HANDLED_EVENTS), ODD)
def test_any_json_at_all_is_never_an_exception(name: str, odd: Any) -> None:
    assert isinstance(parse_event(name, odd), Ignored)
