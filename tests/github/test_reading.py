"""Which request each call makes, what no call may reach, and answers the emulator never gives."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import Retryable, UserProblem
from bot.github.ports import GitHubReader, Refused
from bot.github.snapshots import RepoPath, RepoRef
from bot.plans.gitids import git_blob_id
from tests.github.conftest import Live
from tests.github.script import Answer, Request

ISSUE = {
    "number": 3,
    "title": "t",
    "body": None,
    "state": "open",
    "created_at": "2026-01-01T00:00:00Z",
}
SHA = "a" * 40


def file(data: bytes, **changes: Any) -> dict[str, Any]:
    made = {
        "type": "file",
        "size": len(data),
        "sha": git_blob_id(data),
        "encoding": "base64",
        "content": base64.encodebytes(data).decode(),
    }
    return made | changes


# Containment.


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../../other/contents/x",
        "a/../../b",
        "a/./b",
        "a//b",
        "a/",
        ".",
        "..",
        "a\\b",
        "a\nb",
        "a\0b",
        ".git/config",
        "a/.GIT/config",
        "x" * 4097,
    ],
)
def test_no_path_leaves_the_repository(path: str) -> None:
    with pytest.raises(UserProblem):
        RepoPath(path)


@pytest.mark.parametrize("path", ["a b", "..a/b..", "a/...", "%2e%2e/x", "日本/ü.md", "-", "a:b"])
def test_odd_paths_stay_inside(live: Live, path: str) -> None:
    live.server.answers(Answer(200, file(b"x")))
    found = live.reader.file(RepoPath(path))
    assert found is not None
    (call,) = live.server.calls
    assert call.path.startswith("/repos/acme/shop/contents/")
    assert ".." not in call.path.split("/")


def test_no_name_leaves_the_repository(live: Live) -> None:
    live.server.answers(Answer(200, {}))
    reader, writer = live.reader, live.writer
    for attempt in (
        lambda: reader.head("../../../../app"),
        lambda: reader.head("a/../b"),
        lambda: reader.head("a b"),
        lambda: reader.head("a?b"),
        lambda: reader.head(""),
        lambda: reader.permission(".."),
        lambda: reader.permission(""),
        lambda: writer.remove_label(3, ".."),
        lambda: live.gateway.reader(RepoRef(7, "acme/../shop", 815)),
        lambda: live.gateway.reader(RepoRef(7, "acme/shop/../x", 815)),
        lambda: live.gateway.reader(RepoRef(7, "acme/sh?p", 815)),
    ):
        with pytest.raises(UserProblem):
            attempt()
    assert reader.blob("../git/refs") is None
    assert reader.changed_paths("main", "../x") is None
    assert live.server.calls == []


def test_names_are_quoted(live: Live) -> None:
    live.server.answers(Answer(200, {"role_name": "read"}))
    live.reader.permission("a/../b[bot]")
    live.writer.remove_label(3, "a/../b?c#d")
    assert [call.path for call in live.server.calls] == [
        "/repos/acme/shop/collaborators/a%2F..%2Fb%5Bbot%5D/permission",
        "/repos/acme/shop/issues/3/labels/a%2F..%2Fb%3Fc%23d",
    ]


# One call, one request.


def test_each_read_is_one_request(live: Live) -> None:
    reads: list[tuple[Callable[[GitHubReader], object], str, dict[str, str]]] = [
        (lambda r: r.repository(), "", {}),
        (lambda r: r.issue(3), "/issues/3", {}),
        (lambda r: r.file(RepoPath("a/b.md")), "/contents/a/b.md", {}),
        (lambda r: r.file(RepoPath("a"), "x/y"), "/contents/a", {"ref": "x/y"}),
        (lambda r: r.listing(RepoPath("docs")), "/contents/docs", {}),
        (lambda r: r.blobs(RepoPath("docs"), "x"), "/contents/docs", {"ref": "x"}),
        (lambda r: r.head("x/y"), "/git/ref/heads/x/y", {}),
        (lambda r: r.blob(SHA), f"/git/blobs/{SHA}", {}),
        (lambda r: r.pull(3), "/pulls/3", {}),
        (lambda r: r.permission("alice"), "/collaborators/alice/permission", {}),
        (
            lambda r: r.changed_paths(SHA, "b" * 40),
            f"/compare/{SHA}...{'b' * 40}",
            {"per_page": "1", "page": "1"},
        ),
        (lambda r: r.labels(), "/labels", {"per_page": "100", "page": "1"}),
        (lambda r: r.pull_paths(3), "/pulls/3/files", {"per_page": "100", "page": "1"}),
        (lambda r: r.pull_files(3), "/pulls/3/files", {"per_page": "100", "page": "1"}),
        (lambda r: r.pull_commits(3), "/pulls/3/commits", {"per_page": "100", "page": "1"}),
        (
            lambda r: r.milestones(),
            "/milestones",
            {"state": "all", "per_page": "100", "page": "1"},
        ),
        (
            lambda r: r.issues(
                labels=["a", "b"], state="open", since=datetime(2026, 1, 2, tzinfo=UTC)
            ),
            "/issues",
            {
                "labels": "a,b",
                "state": "open",
                "since": "2026-01-02T00:00:00Z",
                "sort": "created",
                "direction": "asc",
                "per_page": "100",
                "page": "1",
            },
        ),
        (
            lambda r: r.commits(path=RepoPath("a b.md"), since=datetime(2026, 1, 2, tzinfo=UTC)),
            "/commits",
            {"path": "a b.md", "since": "2026-01-02T00:00:00Z", "per_page": "100", "page": "1"},
        ),
    ]
    live.server.answers(Answer(410, {"message": "Gone"}))
    for read, path, query in reads:
        live.server.requests.clear()
        try:
            read(live.reader)
        except Refused:
            assert path == ""
        (call,) = live.server.calls
        assert (call.method, call.path) == ("GET", f"/repos/acme/shop{path}")
        assert call.query == query


def test_pages_are_read_until_there_is_no_next(live: Live) -> None:
    def script(request: Request) -> Answer:
        page = int(request.query["page"])
        link = {"Link": f'<{live.server.url}/x?page={page + 1}>; rel="next"'} if page < 3 else {}
        return Answer(200, [{"name": f"label {page}"}], link)

    live.server.script = script
    assert live.reader.labels() == ["label 1", "label 2", "label 3"]
    assert [call.path for call in live.server.calls] == ["/repos/acme/shop/labels"] * 3


def test_a_list_that_breaks_in_the_middle_is_no_list(live: Live) -> None:
    live.server.answers(
        Answer(200, [{"name": "a"}], {"Link": '<x>; rel="next"'}), Answer(502, text="<html>")
    )
    with pytest.raises(Retryable):
        live.reader.labels()


# Files.


@pytest.mark.parametrize(
    "data",
    [
        [{"name": "x", "type": "file"}],
        file(b"x", type="submodule"),
        file(b"x", type="symlink"),
        file(b"x", sha=SHA),
        file(b"x", size=1024 * 1024 + 1),
        file(b"", size=5_000_000, encoding="none"),
        file(b"\xff\xfe"),
        file(b"\xed\xa0\x80"),
    ],
    ids=["folder", "submodule", "link", "linked file", "large", "larger", "binary", "surrogate"],
)
def test_what_is_no_text_file_is_told(live: Live, data: object) -> None:
    live.server.answers(Answer(200, data))
    with pytest.raises(UserProblem) as problem:
        live.reader.file(RepoPath("docs/x"))
    assert problem.value.path == "docs/x"
    assert "docs/x" in problem.value.message


def test_the_line_that_is_no_text_is_named(live: Live) -> None:
    live.server.answers(Answer(200, file(b"one\ntwo\nthr\xe9\n")))
    with pytest.raises(UserProblem) as problem:
        live.reader.file(RepoPath("x.md"))
    assert problem.value.line == 3


@pytest.mark.parametrize(
    "data", [file(b"x", content="%%%"), file(b"x", content=None), file(b"x", sha=None), 5, None]
)
def test_a_file_without_its_content_is_no_answer(live: Live, data: object) -> None:
    live.server.answers(Answer(200, data))
    with pytest.raises(Retryable):
        live.reader.file(RepoPath("x.md"))


def test_half_a_character_is_not_written(live: Live) -> None:
    with pytest.raises(UserProblem):
        live.writer.put_file(RepoPath("x.md"), "a\ud800", "m", expected_blob=None)
    with pytest.raises(UserProblem):
        live.writer.commit_files(
            {RepoPath("x.md"): "a\ud800"}, "m", expected_head=SHA, branch="main"
        )
    assert live.server.calls == []


# What only GitHub itself says.


@pytest.mark.parametrize(
    ("compared", "paths"),
    [
        ({"status": "ahead", "files": [{"filename": "b"}, {"filename": "a"}]}, ["a", "b"]),
        ({"status": "identical", "files": []}, []),
        (
            {"status": "ahead", "files": [{"filename": "new", "previous_filename": "old"}]},
            ["new", "old"],
        ),
        ({"status": "diverged", "files": [{"filename": "a"}]}, None),
        ({"status": "behind", "files": []}, None),
        ({"status": "ahead", "files": [{"filename": f"{n}"} for n in range(300)]}, None),
        ({"status": "ahead"}, None),
    ],
)
def test_changed_paths(live: Live, compared: object, paths: list[str] | None) -> None:
    live.server.answers(Answer(200, compared))
    assert live.reader.changed_paths(SHA, "b" * 40) == paths


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ({"role_name": "maintain", "permission": "write"}, "maintain"),
        ({"role_name": "triage", "permission": "read"}, "triage"),
        ({"role_name": "release-captain", "permission": "write"}, "write"),
        ({"permission": "admin"}, "admin"),
        ({"permission": "push"}, "write"),
        ({"role_name": "none", "permission": "none"}, "none"),
    ],
)
def test_roles(live: Live, said: object, role: str) -> None:
    live.server.answers(Answer(200, said))
    assert live.reader.permission("alice") == role


def test_a_role_that_is_none_is_no_answer(live: Live) -> None:
    live.server.answers(Answer(200, {"permission": "emperor"}))
    with pytest.raises(Retryable):
        live.reader.permission("alice")


def test_pull_requests_are_no_issues(live: Live) -> None:
    pull = {**ISSUE, "number": 4, "pull_request": {"url": "x"}}
    live.server.answers(Answer(200, [ISSUE, pull]))
    assert [issue.number for issue in live.reader.issues()] == [3]
    live.server.answers(Answer(200, pull))
    assert live.reader.issue(4) is None


def test_a_label_with_a_comma_is_matched_here(live: Live) -> None:
    labels = [{"name": "A, B"}, {"name": "c"}]
    live.server.answers(Answer(200, [ISSUE, {**ISSUE, "number": 5, "labels": labels}]))
    assert [issue.number for issue in live.reader.issues(labels=["a, b", "C"])] == [5]
    assert live.server.calls[0].query["labels"] == "C"


def test_who_wrote_what(live: Live) -> None:
    bot = {"login": "plansync[bot]", "id": 9, "type": "Bot"}
    other = {"login": "renovate[bot]", "id": 10, "type": "Bot"}
    fake = {"login": "plansync[bot]", "id": 11, "type": "User"}
    live.server.answers(
        Answer(
            200,
            [
                {"id": 1, "body": "a", "user": bot},
                {"id": 2, "body": "b", "user": other},
                {"id": 3, "body": "c", "user": fake},
                {"id": 4, "body": "d", "user": None},
                {"id": 5, "body": None, "user": other, "performed_via_github_app": {"id": 4711}},
                {"id": 6, "body": "f", "user": other, "performed_via_github_app": {"id": 1}},
            ],
        )
    )
    comments = live.reader.comments(3)
    assert [comment.ours for comment in comments] == [True, False, False, False, True, False]
    assert comments[3].author.login == "ghost"
    assert comments[4].body == ""


def test_an_issue_of_an_app(live: Live) -> None:
    app = {"slug": "plansync", "id": 4711}
    user = {"login": "alice", "id": 1, "type": "User"}
    live.server.answers(Answer(200, {**ISSUE, "user": user, "performed_via_github_app": app}))
    issue = live.reader.issue(3)
    assert issue is not None
    assert (issue.by_app, issue.author.is_bot, issue.body) == ("plansync", False, "")


def test_a_pull_request_from_a_fork_that_is_gone(live: Live) -> None:
    data = {
        "number": 4,
        "state": "closed",
        "merged": True,
        "merged_at": "2026-02-01T10:00:00Z",
        "merge_commit_sha": SHA,
        "head": {"ref": "topic", "sha": "b" * 40, "repo": None},
        "base": {"ref": "main", "sha": "c" * 40},
    }
    live.server.answers(Answer(200, data))
    pull = live.reader.pull(4)
    assert pull is not None
    assert (pull.head_full_name, pull.merged) == (None, True)
    assert pull.merged_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_assignees_that_github_refuses_one_by_one(live: Live) -> None:
    def script(request: Request) -> Answer:
        if request.method == "POST":
            refused = "nobody" in request.body["assignees"]
            return Answer(
                422 if refused else 201, {"message": "Validation Failed"} if refused else ISSUE
            )
        return Answer(200, {**ISSUE, "assignees": [{"login": "alice"}, {"login": "bob"}]})

    live.server.script = script
    assert live.writer.add_assignees(3, ["alice", "nobody", "bob"]) == ("alice", "bob")
    assert [x.body["assignees"] for x in live.server.calls if x.method == "POST"] == [
        ["alice", "nobody", "bob"],
        ["alice"],
        ["nobody"],
        ["bob"],
    ]


@pytest.mark.parametrize(
    "answer", [Answer(404, {}), Answer(403, {}), Answer(502), Answer(reset=True)]
)
def test_a_failed_reaction_is_harmless(live: Live, answer: Answer) -> None:
    live.server.answers(answer)
    live.writer.react(5, "eyes")
    (call,) = live.server.calls
    assert (call.path, call.body) == (
        "/repos/acme/shop/issues/comments/5/reactions",
        {"content": "eyes"},
    )


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".GITHUB/plansync.yml"])
def test_nothing_is_written_under_dot_github(live: Live, path: str) -> None:
    with pytest.raises(Refused):
        live.writer.put_file(RepoPath(path), "x", "m", expected_blob=None)
    for text in ("x", None):
        with pytest.raises(Refused):
            live.writer.commit_files({RepoPath(path): text}, "m", expected_head=SHA, branch="main")
    assert live.server.calls == []


def test_a_label_that_is_not_there_is_taken_off_already(live: Live) -> None:
    live.server.answers(Answer(404, {"message": "Label does not exist"}))
    live.writer.remove_label(3, "plan")
    live.server.answers(Answer(502))
    with pytest.raises(Retryable):
        live.writer.remove_label(3, "plan")
