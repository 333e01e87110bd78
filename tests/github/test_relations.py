"""Which requests relations are, and what GitHub may answer to them."""

from __future__ import annotations

import pytest

from bot.errors import Retryable
from bot.github.ports import Refused
from tests.github.conftest import Live
from tests.github.script import Answer

ISSUE = {
    "id": 9001,
    "number": 3,
    "title": "t",
    "body": None,
    "state": "closed",
    "state_reason": "not_planned",
    "created_at": "2026-01-01T00:00:00Z",
}


def test_relations_are_one_request_each(live: Live) -> None:
    live.server.answers(Answer(200, [ISSUE]))
    (issue,) = live.reader.sub_issues(5) or []
    assert (issue.id, issue.number, issue.state_reason) == (9001, 3, "not_planned")
    assert live.reader.blocked_by(5) == [issue]
    assert [(call.method, call.path, call.query) for call in live.server.calls] == [
        ("GET", "/repos/acme/shop/issues/5/sub_issues", {"per_page": "100"}),
        ("GET", "/repos/acme/shop/issues/5/dependencies/blocked_by", {"per_page": "100"}),
    ]


def test_issues_are_related_by_their_ids(live: Live) -> None:
    live.server.answers(Answer(201, ISSUE))
    live.writer.add_sub_issue(5, 9001)
    live.writer.add_blocked_by(5, 9002)
    live.writer.remove_blocked_by(5, 9002)
    assert [(call.method, call.path, call.body) for call in live.server.calls] == [
        ("POST", "/repos/acme/shop/issues/5/sub_issues", {"sub_issue_id": 9001}),
        ("POST", "/repos/acme/shop/issues/5/dependencies/blocked_by", {"issue_id": 9002}),
        ("DELETE", "/repos/acme/shop/issues/5/dependencies/blocked_by/9002", None),
    ]


def test_a_github_without_relations_has_none(live: Live) -> None:
    live.server.answers(Answer(404, {"message": "Not Found"}))
    assert live.reader.sub_issues(5) is None
    assert live.reader.blocked_by(5) is None
    with pytest.raises(Refused):
        live.writer.add_sub_issue(5, 9001)
    live.writer.remove_blocked_by(5, 9001)


def test_a_relation_that_is_there_already_is_no_error(live: Live) -> None:
    refusal = Answer(422, {"message": "Issue may not contain duplicate sub-issues"})
    live.server.answers(refusal, Answer(200, [ISSUE]))
    live.writer.add_sub_issue(5, 9001)
    live.server.answers(refusal, Answer(200, [ISSUE]))
    with pytest.raises(Refused) as refused:
        live.writer.add_sub_issue(5, 9002)
    assert refused.value.status == 422


@pytest.mark.parametrize("answer", [Answer(502, text="<html>"), Answer(200, {"x": 1})])
def test_an_answer_that_is_none_is_tried_again(live: Live, answer: Answer) -> None:
    live.server.answers(answer)
    with pytest.raises(Retryable):
        live.writer.add_sub_issue(5, 9001)
    with pytest.raises(Retryable):
        live.reader.sub_issues(5)


def test_why_an_issue_is_closed_is_sent(live: Live) -> None:
    live.server.answers(Answer(200, ISSUE))
    live.writer.edit_issue(3, state="closed", state_reason="not_planned")
    assert live.server.calls[0].body == {"state": "closed", "state_reason": "not_planned"}
