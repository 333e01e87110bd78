"""What the gateway makes of GitHub's bad days: one request, and the right kind of error."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import Retryable
from bot.github.channel import STILL_WORKING
from bot.github.ports import Refused, Stale
from bot.github.snapshots import RepoPath
from tests.github.conftest import Live
from tests.github.script import Answer

ISSUE = {
    "number": 3,
    "title": "t",
    "body": "b",
    "state": "open",
    "created_at": "2026-01-01T00:00:00Z",
}
PAGE = "<html><body>Unicorn!</body></html>"

Write = Callable[[Live], Any]

CREATING: dict[str, Write] = {
    "issue": lambda live: live.writer.create_issue("t", "b"),
    "edit": lambda live: live.writer.edit_issue(3, body="b"),
    "comment": lambda live: live.writer.create_comment(3, "c"),
    "edit comment": lambda live: live.writer.edit_comment(5, "c"),
    "label": lambda live: live.writer.create_label("x", "ededed", ""),
    "labels": lambda live: live.writer.add_labels(3, ["x"]),
    "milestone": lambda live: live.writer.create_milestone("v1"),
    "file": lambda live: live.writer.put_file(RepoPath("a.md"), "a", "m", expected_blob=None),
}


def open_pull(live: Live) -> object:
    return live.writer.create_pull("t", "b", head="plansync/x", base="main")


@pytest.fixture(params=CREATING)
def write(request: pytest.FixtureRequest) -> Write:
    return CREATING[request.param]


def writes_that_came(live: Live) -> int:
    return sum(request.method != "GET" for request in live.server.calls)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, text=PAGE),
        Answer(500, {"message": "Server Error"}),
        Answer(200, text=PAGE),
        Answer(201, text='{"number": 3, "ti'),
        Answer(201, text='{"number": 3}', cut=True),
        Answer(201, {}),
        Answer(201, {"number": None, "id": None}),
        Answer(201, {**ISSUE, "number": 0, "id": -1}),
        Answer(201, {**ISSUE, "number": True, "id": True}),
        Answer(201, text=""),
        Answer(201, text="null"),
        Answer(307, {"message": "Temporary Redirect"}, {"Location": "https://elsewhere.example/x"}),
        Answer(307, {"message": "Temporary Redirect"}),
        Answer(reset=True),
    ],
    ids=lambda answer: f"{answer.status}-{(answer.text or str(answer.data))[:12]}",
)
def test_a_write_of_unknown_effect_is_tried_once_and_given_back(
    live: Live, write: Write, answer: Answer
) -> None:
    live.server.answers(answer)
    with pytest.raises(Retryable) as error:
        write(live)
    assert error.value.until in (None, live.clock.now + STILL_WORKING)
    assert writes_that_came(live) == 1


@pytest.mark.parametrize("what", ["issue", "comment", "milestone", "pull request"])
@pytest.mark.parametrize("answer", [Answer(502, text=PAGE), Answer(reset=True)], ids=str)
def test_what_may_still_appear_is_not_looked_for_too_early(
    live: Live, what: str, answer: Answer
) -> None:
    live.server.answers(answer)
    with pytest.raises(Retryable) as error:
        (CREATING | {"pull request": open_pull})[what](live)
    assert error.value.until == live.clock.now + STILL_WORKING


def test_a_read_of_half_an_answer_is_tried_once_and_given_back(live: Live) -> None:
    for answer in (
        Answer(502, text=PAGE),
        Answer(200, text=PAGE),
        Answer(200, {}),
        Answer(reset=True),
    ):
        live.server.requests.clear()
        live.server.answers(answer)
        with pytest.raises(Retryable):
            live.reader.issue(3)
        assert len(live.server.calls) == 1


def test_a_list_with_half_an_object_is_given_back(live: Live) -> None:
    for data in ([{"number": 3}], {"message": "?"}, ["x"]):
        live.server.answers(Answer(200, data))
        with pytest.raises(Retryable):
            live.reader.issues()


@pytest.mark.parametrize("answer", [Answer(silent=True), Answer(200, ISSUE, trickle=True)])
def test_no_call_takes_longer_than_its_deadline(
    open_live: Callable[..., Live], answer: Answer
) -> None:
    live = open_live(deadline=0.3)
    live.server.answers(Answer(200, ISSUE))
    live.reader.issue(3)
    live.server.answers(answer)
    began = time.monotonic()
    with pytest.raises(Retryable) as error:
        live.reader.issue(3)
    assert "took too long" in str(error.value)
    assert time.monotonic() - began < 1.0
    assert live.seen[-1][:3] == ("GET", "/repos/acme/shop/issues/3", 0)


def test_an_answer_that_stops_halfway_does_not_get_a_second_deadline(
    open_live: Callable[..., Live],
) -> None:
    live = open_live(deadline=1.0)
    live.server.answers(Answer(200, ISSUE))
    live.reader.issue(3)
    live.server.answers(Answer(200, ISSUE, stall=0.7))
    began = time.monotonic()
    with pytest.raises(Retryable):
        live.reader.issue(3)
    assert 0.9 < time.monotonic() - began < 1.5


def test_the_next_call_after_a_broken_one_works(live: Live) -> None:
    live.server.answers(Answer(reset=True), Answer(200, ISSUE))
    with pytest.raises(Retryable):
        live.reader.issue(3)
    issue = live.reader.issue(3)
    assert issue is not None
    assert issue.number == 3


def test_a_thing_is_missing_only_when_github_says_so_twice(live: Live) -> None:
    gone = Answer(404, {"message": "Not Found"})
    live.server.answers(gone, Answer(200, ISSUE), gone, gone)
    assert live.reader.issue(3) is not None
    assert live.reader.issue(3) is None
    assert len(live.server.calls) == 4


def test_a_write_that_meets_a_404_is_not_tried_again(live: Live) -> None:
    live.server.answers(Answer(404, {"message": "Not Found"}))
    with pytest.raises(Refused):
        live.writer.create_comment(3, "c")
    assert writes_that_came(live) == 1


def test_a_202_is_not_asked_again(live: Live) -> None:
    live.server.answers(Answer(202, {}))
    with pytest.raises(Retryable):
        live.reader.changed_paths("a" * 40, "b" * 40)
    assert len(live.server.calls) == 1


# Refusals.


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422, 451])
def test_a_refusal_carries_githubs_words(live: Live, write: Write, status: int) -> None:
    errors = [{"code": "custom", "field": "body", "message": "body is too long"}]
    live.server.answers(Answer(status, {"message": "Validation Failed", "errors": errors}))
    with pytest.raises(Refused) as refused:
        write(live)
    assert refused.value.status == status
    assert refused.value.message == "Validation Failed; body is too long body"
    assert writes_that_came(live) == 1


def test_a_refusal_that_is_a_page_is_still_one(live: Live) -> None:
    live.server.answers(Answer(403, text=PAGE))
    with pytest.raises(Refused) as refused:
        live.writer.create_comment(3, "x")
    assert refused.value.message == "HTTP status 403"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_none_when_read(live: Live, status: int) -> None:
    live.server.answers(Answer(status, {"message": "Not Found"}))
    reader = live.reader
    assert reader.issue(3) is None
    assert reader.pull(3) is None
    assert reader.file(RepoPath("a.md")) is None
    assert reader.listing(RepoPath("a")) == []
    assert reader.head("main") is None
    assert reader.blob("a" * 40) is None
    assert reader.changed_paths("a" * 40, "b" * 40) is None
    assert reader.comments(3) == []
    assert reader.pull_paths(3) == []
    assert reader.permission("alice") == "none"


def test_an_empty_repository_has_no_commits(live: Live) -> None:
    live.server.answers(Answer(409, {"message": "Git Repository is empty."}))
    assert live.reader.commits() == []
    assert live.reader.head("main") is None


def test_a_conflict_is_no_empty_repository(live: Live) -> None:
    """Whoever takes it for one does not see what was made, and makes it again."""
    live.server.answers(Answer(409, {"message": "Conflict"}))
    with pytest.raises(Stale):
        live.reader.commits()
    with pytest.raises(Stale):
        live.reader.head("main")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (409, "a.md does not match 3d21ec53a331a6f037a91c368710b99387d012c1"),
        (409, "is at 3d21ec5 but expected 99387d0"),
        (422, 'Invalid request.\n\n"sha" wasn\'t supplied.'),
    ],
)
def test_a_lost_race_for_a_file(live: Live, status: int, message: str) -> None:
    live.server.answers(Answer(status, {"message": message}))
    with pytest.raises(Stale):
        live.writer.put_file(RepoPath("a.md"), "a", "m", expected_blob="a" * 40)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (409, "Could not update file: Changes must be made through a pull request."),
        (409, "Repository rule violations found\n\nChanges must be made through a pull request."),
        (409, "Protected branch update failed for refs/heads/main."),
        (403, "Resource not accessible by integration"),
        (422, "path contains a malformed path component"),
    ],
)
def test_a_protected_branch_is_no_lost_race(live: Live, status: int, message: str) -> None:
    live.server.answers(Answer(status, {"message": message}))
    with pytest.raises(Refused):
        live.writer.put_file(RepoPath("a.md"), "a", "m", expected_blob="a" * 40)


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (422, "Update is not a fast forward", Stale),
        (422, "Reference does not exist", Stale),
        (409, "Reference cannot be updated", Stale),
        (422, "Repository rule violations found\n\nCannot update this protected ref.", Refused),
        (422, "Protected branch update failed for refs/heads/main.", Refused),
        (403, "Resource not accessible by integration", Refused),
        (502, "", Retryable),
    ],
)
def test_moving_a_branch(live: Live, status: int, message: str, error: type[Exception]) -> None:
    made = {"sha": "c" * 40, "tree": {"sha": "d" * 40}}

    def script(request: Any) -> Answer:
        if request.method == "PATCH":
            return Answer(status, {"message": message})
        return Answer(201 if request.method == "POST" else 200, made)

    live.server.script = script
    with pytest.raises(error):
        live.writer.commit_files({RepoPath("a"): "a"}, "m", expected_head="e" * 40, branch="main")
    assert [request.method for request in live.server.calls] == ["GET", "POST", "POST", "PATCH"]
    assert live.server.calls[-1].body == {"sha": "c" * 40, "force": False}


def test_a_label_that_exists_is_no_error(live: Live) -> None:
    exists = [{"resource": "Label", "code": "already_exists", "field": "name"}]
    live.server.answers(Answer(422, {"message": "Validation Failed", "errors": exists}))
    live.writer.create_label("plan", "ededed", "")
    assert len(live.server.calls) == 1


# Rate limits.


def test_retry_after_is_a_time_and_holds_the_installation(live: Live) -> None:
    live.server.answers(
        Answer(
            403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "600"}
        ),
        Answer(200, ISSUE),
    )
    until = live.clock.now + timedelta(seconds=600)
    with pytest.raises(Retryable) as error:
        live.writer.create_issue("t", "b")
    assert error.value.until == until
    assert live.clock.slept == []

    came = len(live.server.requests)
    live.clock.forward(599)
    for call in (lambda: live.reader.issue(3), lambda: live.writer.create_issue("t", "b")):
        with pytest.raises(Retryable) as error:
            call()
        assert error.value.until == until
    assert len(live.server.requests) == came

    live.clock.forward(1)
    assert live.reader.issue(3) is not None


def test_an_exhausted_limit_ends_at_its_reset(live: Live) -> None:
    reset = live.clock.now + timedelta(minutes=20)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(reset.timestamp()))}
    live.server.answers(
        Answer(403, {"message": "API rate limit exceeded for installation"}, headers)
    )
    with pytest.raises(Retryable) as error:
        live.reader.issue(3)
    assert error.value.until == reset


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(403, {"message": "You have exceeded a secondary rate limit."}), 60),
        (Answer(429, {"message": "Too many"}), 60),
        (Answer(429, text=PAGE), 60),
        (Answer(429, {}, {"Retry-After": "Sun, 01 Mar 2026 12:05:00 GMT"}), 300),
        (Answer(429, {}, {"Retry-After": "soon"}), 60),
        (Answer(429, {}, {"Retry-After": "99999999999"}), 24 * 3600),
        (Answer(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "never"}), 60),
        (Answer(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "5"}), 0),
    ],
)
def test_a_limit_that_says_little_is_a_minute(live: Live, answer: Answer, seconds: int) -> None:
    live.server.answers(answer)
    with pytest.raises(Retryable) as error:
        live.reader.issue(3)
    assert error.value.until == live.clock.now + timedelta(seconds=seconds)


def test_an_outage_may_say_when_it_ends(live: Live) -> None:
    live.server.answers(Answer(503, text=PAGE, headers={"Retry-After": "30"}))
    with pytest.raises(Retryable) as error:
        live.reader.issue(3)
    assert error.value.until == datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def test_the_last_request_of_a_limit_is_a_good_one(live: Live) -> None:
    live.server.answers(Answer(200, ISSUE, {"X-RateLimit-Remaining": "0"}))
    assert live.reader.issue(3) is not None
    assert live.reader.issue(3) is not None
