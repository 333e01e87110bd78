"""What GitHub answers about branches and pull requests that the emulator cannot show."""

from __future__ import annotations

import pytest

from bot.errors import Retryable
from bot.github.ports import Refused, Stale
from tests.github.conftest import Live
from tests.github.script import Answer, Request

SHA = "a" * 40
PULL = {
    "number": 4,
    "title": "Update",
    "body": None,
    "state": "closed",
    "merged_at": "2026-03-01T10:00:00Z",
    "head": {"ref": "plansync/plan-updates", "sha": SHA, "repo": {"full_name": "acme/shop"}},
    "base": {"ref": "main"},
    "user": {"login": "plansync[bot]", "id": 1, "type": "Bot"},
}


def test_a_list_says_by_the_time_that_a_pull_request_was_merged(live: Live) -> None:
    live.server.answers(Answer(200, [PULL]))
    (pull,) = live.reader.pulls("plansync/plan-updates")
    assert pull.merged
    query = live.server.calls[-1].query
    assert (query["head"], query["state"]) == ("acme:plansync/plan-updates", "all")


def test_other_branches_pull_requests_are_left_out(live: Live) -> None:
    other = {**PULL, "number": 5, "head": {"ref": "topic", "sha": SHA, "repo": None}}
    live.server.answers(Answer(200, [other, PULL]))
    assert [pull.number for pull in live.reader.pulls("plansync/plan-updates")] == [4]


def test_a_branch_that_exists_is_a_lost_race(live: Live) -> None:
    live.server.answers(Answer(422, {"message": "Reference already exists"}))
    with pytest.raises(Stale):
        live.writer.create_branch("plansync/plan-updates", SHA)


@pytest.mark.parametrize("status", [404, 422])
def test_deleting_a_branch_that_is_gone_is_no_error(live: Live, status: int) -> None:
    live.server.answers(Answer(status, {"message": "Reference does not exist"}))
    live.writer.delete_branch("plansync/plan-updates")


def test_a_branch_that_rules_keep_is_refused(live: Live) -> None:
    live.server.answers(Answer(422, {"message": "Cannot delete this protected branch"}))
    with pytest.raises(Refused):
        live.writer.delete_branch("plansync/plan-updates")


def test_a_second_pull_request_is_refused(live: Live) -> None:
    errors = [{"message": "A pull request already exists for acme:plansync/plan-updates."}]
    live.server.answers(Answer(422, {"message": "Validation Failed", "errors": errors}))
    with pytest.raises(Refused, match="already exists"):
        live.writer.create_pull("Update", "", head="plansync/plan-updates", base="main")


def test_more_files_than_github_lists_are_not_known(live: Live) -> None:
    data = {
        "merge_base_commit": {"sha": SHA},
        "ahead_by": 1,
        "behind_by": 0,
        "files": [{"filename": f"{n}.md"} for n in range(300)],
    }
    live.server.answers(Answer(200, data))
    compared = live.reader.compared("main", SHA)
    assert compared is not None
    assert compared.paths is None


def test_a_tree_that_is_cut_is_not_known(live: Live) -> None:
    tree = [{"type": "blob", "path": "a.md"}, {"type": "tree", "path": "b"}]
    live.server.answers(
        Answer(200, {"truncated": False, "tree": tree}),
        Answer(200, {"truncated": True, "tree": tree}),
    )
    assert live.reader.paths(SHA) == ["a.md"]
    assert live.server.calls[-1].query == {"recursive": "1"}
    assert live.reader.paths(SHA) is None


def test_a_merge_commit_has_both_parents_and_the_others_tree(live: Live) -> None:
    seen: list[Request] = []

    def script(request: Request) -> Answer:
        seen.append(request)
        if request.path.endswith(f"/git/commits/{'b' * 40}"):
            return Answer(200, {"tree": {"sha": "c" * 40}})
        if request.method == "PATCH":
            return Answer(200, {"object": {"sha": "d" * 40}})
        return Answer(201, {"sha": "d" * 40})

    live.server.script = script
    live.writer.commit_files({}, "m", expected_head=SHA, branch="topic", merging="b" * 40)
    bodies = [one.body for one in seen if one.method != "GET"]
    assert bodies[0]["base_tree"] == "c" * 40
    assert bodies[1]["parents"] == [SHA, "b" * 40]
    assert bodies[2] == {"sha": "d" * 40, "force": False}


def test_issues_that_are_switched_off_are_no_missing_issue(live: Live) -> None:
    live.server.answers(
        Answer(410, {"message": "Issues are disabled for this repo"}),
        Answer(410, {"message": "This issue was deleted"}),
        Answer(404, {"message": "Not Found"}),
        Answer(404, {"message": "Not Found"}),
        Answer(502, text="<html>"),
    )
    with pytest.raises(Refused):
        live.reader.issue(3)
    assert live.reader.issue(3) is None
    assert live.reader.issue(3) is None
    with pytest.raises(Retryable):
        live.reader.issue(3)
