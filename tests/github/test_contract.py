"""What readers and writers promise, on the fake and on the gateway over the emulator alike."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from bot.errors import UserProblem
from bot.github.gitids import git_blob_id
from bot.github.ports import Refused, RepoPath, Stale
from tests.github.sides import Side

PLAN = RepoPath("plan_docs/search.md")
TEXT = "\ufeff# Süche ✓\r\n\n- [ ] one\t\n- [x] two"


# Repository and App.


def test_the_repository_is_named(github: Side) -> None:
    repository = github.reader.repository()
    assert repository.full_name == "acme/shop"
    assert repository.id == github.reader.repo.id == github.writer.repo.id
    assert repository.default_branch == "main"
    assert not repository.archived
    assert github.reader.app_slug == "plansync"


# Issues.


def test_a_persons_issue_is_read_as_it_is(github: Side) -> None:
    number = github.alice.open_issue("Search", "- [ ] one\r\n", ("plan:feature", "ui"))
    issue = github.reader.issue(number)
    assert issue is not None
    assert (issue.title, issue.body, issue.state) == ("Search", "- [ ] one\r\n", "open")
    assert issue.labels == ("plan:feature", "ui")
    assert (issue.author.login, issue.author.is_bot, issue.by_app) == ("alice", False, None)
    assert issue.created_at.tzinfo is UTC
    assert issue.milestone is None
    assert issue.assignees == ()
    assert issue.url.endswith(f"/acme/shop/issues/{number}")


def test_our_own_issue_is_by_the_app(github: Side) -> None:
    made = github.writer.create_issue("Plan", "body", labels=["plan"])
    assert github.reader.issue(made.number) == made
    assert made.author.login == "plansync[bot]"
    assert made.author.is_bot
    assert made.by_app == "plansync"
    assert github.reader.labels() == ["plan"]


def test_an_issue_without_text_has_an_empty_body(github: Side) -> None:
    issue = github.reader.issue(github.alice.open_issue("Search"))
    assert issue is not None
    assert issue.body == ""


def test_what_is_no_issue_is_none(github: Side) -> None:
    assert github.reader.issue(1) is None
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    number = github.bob.open_pull("topic", "Topic")
    assert github.reader.issue(number) is None
    assert github.reader.pull(github.alice.open_issue("Issue")) is None
    assert github.reader.pull(99) is None


def test_issues_are_listed_oldest_first_without_pull_requests(github: Side) -> None:
    first = github.alice.open_issue("first", labels=("plan:feature", "ui"))
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    github.bob.open_pull("topic", "Topic")
    second = github.alice.open_issue("second", labels=("plan:feature",))
    third = github.writer.create_issue("third", "").number
    github.alice.close_issue(second)

    def numbers(**query: object) -> list[int]:
        return [issue.number for issue in github.reader.issues(**query)]  # type: ignore[arg-type]

    assert numbers() == [first, second, third]
    assert numbers(state="open") == [first, third]
    assert numbers(state="closed") == [second]
    assert numbers(labels=["plan:feature"]) == [first, second]
    assert numbers(labels=["plan:feature", "ui"]) == [first]
    assert numbers(labels=["nothing"]) == []


def test_issues_since_a_time(github: Side) -> None:
    number = github.alice.open_issue("first")
    issue = github.reader.issue(number)
    assert issue is not None
    earlier = issue.created_at - timedelta(seconds=1)
    assert [x.number for x in github.reader.issues(since=earlier)] == [number]
    later = issue.created_at + timedelta(hours=1)
    assert github.reader.issues(since=later) == []


def test_lists_are_read_to_their_end(github: Side) -> None:
    numbers = [github.writer.create_issue(f"issue {n}", "").number for n in range(105)]
    assert [issue.number for issue in github.reader.issues()] == numbers
    ids = [github.writer.create_comment(numbers[0], f"comment {n}").id for n in range(105)]
    assert [comment.id for comment in github.reader.comments(numbers[0])] == ids


def test_an_issue_is_edited_in_parts(github: Side) -> None:
    number = github.alice.open_issue("old", "old body")
    assert github.writer.edit_issue(number, body="new body").title == "old"
    assert github.writer.edit_issue(number, title="new").body == "new body"
    assert github.writer.edit_issue(number, body="").body == ""
    assert github.writer.edit_issue(number, state="closed").state == "closed"
    issue = github.reader.issue(number)
    assert issue is not None
    assert (issue.title, issue.body, issue.state) == ("new", "", "closed")


def test_nothing_is_written_to_an_issue_that_is_not_there(github: Side) -> None:
    for write in (
        lambda: github.writer.edit_issue(7, body="x"),
        lambda: github.writer.add_labels(7, ["x"]),
        lambda: github.writer.create_comment(7, "x"),
        lambda: github.writer.add_assignees(7, ["alice"]),
        lambda: github.writer.edit_comment(7, "x"),
    ):
        with pytest.raises(Refused) as refused:
            write()
        assert refused.value.status == 404


def test_what_github_finds_invalid_is_refused(github: Side) -> None:
    with pytest.raises(Refused) as refused:
        github.writer.create_issue(" ", "body")
    assert refused.value.status == 422
    number = github.alice.open_issue("Plan")
    with pytest.raises(Refused) as refused:
        github.writer.create_comment(number, " ")
    assert refused.value.status == 422
    with pytest.raises(Refused) as refused:
        github.writer.create_issue("Plan", "body", milestone=5)
    assert refused.value.status == 422
    assert "422" in str(refused.value)


# Labels, milestones, people.


def test_a_label_is_made_once(github: Side) -> None:
    github.writer.create_label("plan:feature", "5319e7", "Asks for a plan")
    github.writer.create_label("plan:feature", "5319e7", "Asks for a plan")
    github.writer.create_label("ui / ux", "ededed", "")
    github.writer.create_label("ui / ux", "ededed", "")
    assert github.reader.labels() == ["plan:feature", "ui / ux"]


def test_labels_are_put_on_and_taken_off(github: Side) -> None:
    number = github.alice.open_issue("Plan", labels=("a",))
    github.writer.add_labels(number, ["b", "c/d"])
    github.writer.remove_label(number, "a")
    github.writer.remove_label(number, "c/d")
    github.writer.remove_label(number, "never was")
    issue = github.reader.issue(number)
    assert issue is not None
    assert issue.labels == ("b",)


def test_milestones_are_made_and_set(github: Side) -> None:
    assert github.reader.milestones() == []
    made = github.writer.create_milestone("v1.0")
    assert github.reader.milestones() == [made]
    assert (made.title, made.state) == ("v1.0", "open")
    assert github.writer.create_issue("one", "", milestone=made.number).milestone == "v1.0"
    number = github.alice.open_issue("two")
    assert github.writer.edit_issue(number, milestone=made.number).milestone == "v1.0"


def test_who_cannot_be_assigned_is_left_out(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    assert github.writer.add_assignees(number, ["alice"]) == ("alice",)
    assert github.writer.add_assignees(number, ["no-such-person", "bob"]) == ("alice", "bob")
    assert github.writer.add_assignees(number, ["no-such-person"]) == ("alice", "bob")
    issue = github.reader.issue(number)
    assert issue is not None
    assert issue.assignees == ("alice", "bob")


def test_permissions(github: Side) -> None:
    assert github.reader.permission("olivia") == "admin"
    assert github.reader.permission("alice") == "write"
    assert github.reader.permission("mallory") == "none"
    assert github.reader.permission("no-such-person") == "none"
    assert github.reader.permission("renovate[bot]") == "none"


# Comments.


def test_comments_tell_ours_from_others(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    theirs = github.alice.comment(number, "hello <!-- plansync:status -->")
    ours = github.writer.create_comment(number, "status")
    assert ours.ours
    assert ours.author.login == "plansync[bot]"
    edited = github.writer.edit_comment(ours.id, "new status")
    assert (edited.id, edited.body, edited.ours) == (ours.id, "new status", True)
    found = github.reader.comments(number)
    assert [(x.id, x.body, x.ours) for x in found] == [
        (theirs, "hello <!-- plansync:status -->", False),
        (ours.id, "new status", True),
    ]
    assert github.reader.comments(99) == []


def test_a_reaction_is_harmless_wherever_it_fails(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    github.writer.react(github.alice.comment(number, "/plan sync"), "eyes")
    github.writer.react(12345, "eyes")


# Files.


def test_a_file_keeps_every_byte(github: Side) -> None:
    assert github.reader.file(PLAN) is None
    made = github.writer.put_file(PLAN, TEXT, "Plan it\n\nPlan-Request: #1", expected_blob=None)
    file = github.reader.file(PLAN)
    assert file is not None
    assert (file.path, file.text) == (PLAN, TEXT)
    assert file.blob_sha == git_blob_id(TEXT.encode())
    assert made.blobs == ((PLAN, file.blob_sha),)
    assert github.reader.head("main") == made.sha
    assert github.reader.blob(file.blob_sha) == TEXT
    assert github.reader.blob("0" * 40) is None
    assert github.reader.blob("../main") is None
    assert github.alice.read_file(PLAN) == TEXT


@pytest.mark.parametrize(
    "path", ["a b/ü#?.md", "docs/100%/x&y=z.md", "docs/[x]/(y)'s;+~.md", "tasks/日本/plan.md"]
)
def test_odd_paths_are_paths(github: Side, path: str) -> None:
    github.writer.put_file(RepoPath(path), "x\n", "Odd", expected_blob=None)
    file = github.reader.file(RepoPath(path))
    assert file is not None
    assert file.text == "x\n"
    folder, name = path.rsplit("/", 1)
    assert github.reader.listing(RepoPath(folder)) == [name]
    assert [x.message for x in github.reader.commits(path=RepoPath(path))] == ["Odd"]


def test_a_file_is_replaced_only_when_it_is_the_one_that_was_read(github: Side) -> None:
    made = github.writer.put_file(PLAN, "one\n", "one", expected_blob=None)
    (_, blob), *_ = made.blobs
    with pytest.raises(Stale):
        github.writer.put_file(PLAN, "two\n", "two", expected_blob=None)
    with pytest.raises(Stale):
        github.writer.put_file(PLAN, "two\n", "two", expected_blob="a" * 40)
    github.writer.put_file(PLAN, "two\n", "two", expected_blob=blob)
    with pytest.raises(Stale):
        github.writer.put_file(PLAN, "three\n", "three", expected_blob=blob)
    with pytest.raises(Stale):
        github.writer.put_file(RepoPath("gone.md"), "x\n", "x", expected_blob=blob)
    assert github.alice.read_file(PLAN) == "two\n"
    assert [commit.message for commit in github.reader.commits(path=PLAN)] == ["two", "one"]


def test_a_file_on_a_branch_and_at_a_commit(github: Side) -> None:
    first = github.alice.push_file("a.md", "old\n")
    github.bob.create_branch("feature/x")
    github.writer.put_file(RepoPath("b.md"), "b\n", "b", expected_blob=None, branch="feature/x")
    blob = git_blob_id(b"old\n")
    github.writer.put_file(RepoPath("a.md"), "new\n", "a", expected_blob=blob)

    def text(path: str, ref: str | None) -> str | None:
        file = github.reader.file(RepoPath(path), ref)
        return file.text if file else None

    assert text("a.md", None) == text("a.md", "main") == "new\n"
    assert text("a.md", "feature/x") == text("a.md", first) == "old\n"
    assert text("b.md", "feature/x") == "b\n"
    assert text("b.md", None) is None
    assert text("a.md", "no-such-branch") is None


def test_what_is_no_text_file_is_told(github: Side) -> None:
    github.put_bytes("docs/latin.md", "grün\n".encode("latin-1"))
    github.put_bytes("docs/large.md", b"x" * (1024 * 1024 + 1))
    for path in ("docs/latin.md", "docs/large.md", "docs"):
        with pytest.raises(UserProblem) as problem:
            github.reader.file(RepoPath(path))
        assert problem.value.path == path
    github.put_bytes("docs/full.md", b"x" * (1024 * 1024))
    full = github.reader.file(RepoPath("docs/full.md"))
    assert full is not None
    assert len(full.text) == 1024 * 1024


def test_nothing_is_written_under_dot_github(github: Side) -> None:
    for path in (".github/workflows/ci.yml", ".GitHub/plansync.yml"):
        with pytest.raises(Refused):
            github.writer.put_file(RepoPath(path), "x", "x", expected_blob=None)
        with pytest.raises(Refused):
            github.writer.commit_files(
                {RepoPath(path): "x"},
                "x",
                expected_head=str(github.reader.head("main")),
                branch="main",
            )
    assert [commit.message for commit in github.reader.commits()] == ["Initial commit"]


def test_several_files_are_one_commit(github: Side) -> None:
    github.alice.push_file("tasks/old.md", "old\n")
    github.alice.push_file("tasks/keep.md", "keep\n")
    head = str(github.reader.head("main"))
    made = github.writer.commit_files(
        {
            RepoPath("tasks/a/plan.md"): TEXT,
            RepoPath("tasks/a/runs/.gitkeep"): "",
            RepoPath("README.md"): "# new\n",
            RepoPath("tasks/old.md"): None,
        },
        "Make a plan\n\nPlan-Request: #3",
        expected_head=head,
        branch="main",
    )
    assert github.reader.head("main") == made.sha
    assert dict(made.blobs)["tasks/a/plan.md"] == git_blob_id(TEXT.encode())
    assert set(dict(made.blobs)) == {"tasks/a/plan.md", "tasks/a/runs/.gitkeep", "README.md"}
    assert github.alice.read_file("tasks/a/plan.md") == TEXT
    assert github.alice.read_file("README.md") == "# new\n"
    assert github.reader.listing(RepoPath("tasks")) == ["a/", "keep.md"]
    newest = github.reader.commits()[0]
    assert (newest.sha, newest.parents) == (made.sha, (head,))
    assert newest.message == "Make a plan\n\nPlan-Request: #3"
    assert github.reader.changed_paths(head, made.sha) == [
        "README.md",
        "tasks/a/plan.md",
        "tasks/a/runs/.gitkeep",
        "tasks/old.md",
    ]


def test_several_files_are_written_only_on_the_expected_head(github: Side) -> None:
    head = str(github.reader.head("main"))
    github.alice.push_file("a.md", "alice\n")
    with pytest.raises(Stale):
        github.writer.commit_files(
            {RepoPath("b.md"): "b\n"}, "b", expected_head=head, branch="main"
        )
    assert github.reader.file(RepoPath("b.md")) is None
    assert github.alice.read_file("a.md") == "alice\n"


def test_folders_are_listed(github: Side) -> None:
    github.alice.push_files({"docs/b.md": "b", "docs/a/x.md": "x", "docs/c.md": "c"}, "docs")
    assert github.reader.listing(RepoPath("docs")) == ["a/", "b.md", "c.md"]
    assert github.reader.listing(RepoPath("nowhere")) == []
    assert github.reader.listing(RepoPath("README.md")) == []


# Commits and branches.


def test_commits_of_a_file_newest_first(github: Side) -> None:
    github.alice.push_file("a.md", "1", "first")
    github.bob.push_file("b.md", "1", "other")
    last = github.alice.push_file("a.md", "2", "second\n\nwith a body")
    commits = github.reader.commits(path=RepoPath("a.md"))
    assert [commit.message for commit in commits] == ["second\n\nwith a body", "first"]
    assert commits[0].sha == last
    assert commits[0].author_login == "alice"
    assert commits[0].date is not None
    newest = github.reader.commits(path=RepoPath("a.md"), since=commits[0].date)
    assert newest[0].sha == last
    later = commits[0].date + timedelta(hours=1)
    assert github.reader.commits(path=RepoPath("a.md"), since=later) == []
    assert github.reader.commits(path=RepoPath("nowhere.md")) == []


def test_branches(github: Side) -> None:
    main = github.reader.head("main")
    assert main is not None
    assert github.bob.create_branch("feature/x") == main
    assert github.reader.head("feature/x") == main
    assert github.reader.head("feature") is None


def test_changed_paths_are_known_only_going_forward(github: Side) -> None:
    old = str(github.reader.head("main"))
    github.alice.push_file("a.md", "a")
    new = github.alice.push_file("docs/b.md", "b")
    assert github.reader.changed_paths(old, new) == ["a.md", "docs/b.md"]
    assert github.reader.changed_paths(old, old) == []
    assert github.reader.changed_paths(new, old) is None
    assert github.reader.changed_paths("0" * 40, new) is None
    assert github.reader.changed_paths("a" * 40, new) is None


# Pull requests.


def test_a_pull_request_from_open_to_merged(github: Side) -> None:
    github.bob.create_branch("topic")
    github.bob.push_file("src/a.py", "a\n", branch="topic")
    head = github.reader.head("topic")
    number = github.bob.open_pull("topic", "Search", "Plan: #1\nTask: 2")
    github.alice.push_file("b.md", "b\n")

    pull = github.reader.pull(number)
    assert pull is not None
    assert (pull.title, pull.body) == ("Search", "Plan: #1\nTask: 2")
    assert (pull.state, pull.merged, pull.draft) == ("open", False, False)
    assert (pull.head_ref, pull.head_sha, pull.base_ref) == ("topic", head, "main")
    assert (pull.author.login, pull.head_full_name) == ("bob", "acme/shop")
    assert (pull.merge_commit_sha, pull.merged_at) == (None, None)
    assert pull.url.endswith(f"/pull/{number}")

    merge = github.bob.merge_pull(number)
    pull = github.reader.pull(number)
    assert pull is not None
    assert (pull.state, pull.merged, pull.merge_commit_sha) == ("closed", True, merge)
    assert pull.merged_at is not None
    assert github.reader.head("main") == merge
    assert github.alice.read_file("b.md") == "b\n"
    assert github.alice.read_file("src/a.py") == "a\n"


def test_a_pull_request_follows_its_branch(github: Side) -> None:
    github.bob.create_branch("topic")
    before = github.bob.push_file("a.md", "a\n", branch="topic")
    number = github.bob.open_pull("topic", "Search")
    github.webhook("pull_request", "opened")
    assert github.reader.pull_paths(number) == ["a.md"]

    github.alice.push_file("b.md", "b\n")
    after = github.bob.push_files({"c/d.md": "d", "README.md": None}, "more", "topic")
    pull = github.reader.pull(number)
    assert pull is not None
    assert pull.head_sha == after
    assert sorted(github.reader.pull_paths(number)) == ["README.md", "a.md", "c/d.md"]
    synchronize = github.webhook("pull_request", "synchronize")
    assert (synchronize["before"], synchronize["after"]) == (before, after)
    assert synchronize["pull_request"]["head"]["sha"] == after
    assert synchronize["number"] == number

    github.bob.merge_pull(number)
    assert sorted(github.reader.pull_paths(number)) == ["README.md", "a.md", "c/d.md"]
    assert github.reader.listing(RepoPath("c")) == ["d.md"]
    assert github.reader.file(RepoPath("README.md")) is None
    assert github.reader.file(RepoPath("b.md")) is not None
    assert github.reader.pull_paths(99) == []


def test_a_merge_closes_what_it_says_it_closes(github: Side) -> None:
    first, second = github.alice.open_issue("first"), github.alice.open_issue("second")
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    number = github.bob.open_pull("topic", "Topic", f"Closes #{first}, part of #{second}")
    github.bob.merge_pull(number)
    states = {issue.number: issue.state for issue in github.reader.issues()}
    assert states == {first: "closed", second: "open"}
    assert github.webhook("issues", "closed")["issue"]["number"] == first


def test_a_pull_request_closed_edited_and_opened_again(github: Side) -> None:
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    number = github.bob.open_pull("topic", "Search", draft=True)
    github.bob.edit_pull(number, body="Plan: #1")
    github.bob.close_pull(number)
    pull = github.reader.pull(number)
    assert pull is not None
    assert (pull.state, pull.merged, pull.draft, pull.body) == ("closed", False, True, "Plan: #1")
    github.bob.reopen_pull(number)
    pull = github.reader.pull(number)
    assert pull is not None
    assert pull.state == "open"


# What comes back as webhooks.


def test_a_new_issue_is_opened_and_then_labelled(github: Side) -> None:
    number = github.alice.open_issue("Plan", "body", ("plan:feature",))
    labeled = github.webhook("issues", "labeled")
    opened = github.webhook("issues", "opened")
    for payload in (opened, labeled):
        assert payload["issue"]["number"] == number
        assert payload["issue"]["body"] == "body"
        assert [label["name"] for label in payload["issue"]["labels"]] == ["plan:feature"]
        assert payload["sender"]["login"] == "alice"
        assert payload["repository"]["id"] == github.reader.repo.id
        assert payload["repository"]["full_name"] == "acme/shop"
        assert payload["repository"]["default_branch"] == "main"
        assert payload["installation"]["id"] == github.reader.repo.installation_id
    assert labeled["label"]["name"] == "plan:feature"


def test_a_tick_says_what_the_body_was(github: Side) -> None:
    number = github.alice.open_issue("Plan", "- [ ] one\n- [ ] two\n")
    github.webhook("issues", "opened")
    github.alice.tick(number, "two")
    edited = github.webhook("issues", "edited")
    assert edited["issue"]["body"] == "- [ ] one\n- [x] two\n"
    assert edited["changes"] == {"body": {"from": "- [ ] one\n- [ ] two\n"}}
    github.alice.untick(number, "two")
    issue = github.reader.issue(number)
    assert issue is not None
    assert issue.body == "- [ ] one\n- [ ] two\n"


def test_labels_and_states_are_sent(github: Side) -> None:
    number = github.alice.open_issue("Plan")
    github.bob.add_label(number, "plan:story")
    assert github.webhook("issues", "labeled")["sender"]["login"] == "bob"
    github.bob.remove_label(number, "plan:story")
    assert github.webhook("issues", "unlabeled")["label"]["name"] == "plan:story"
    github.alice.close_issue(number)
    assert github.webhook("issues", "closed")["issue"]["state"] == "closed"
    github.alice.reopen_issue(number)
    assert github.webhook("issues", "reopened")["issue"]["state"] == "open"


def test_our_own_writes_come_back(github: Side) -> None:
    issue = github.writer.create_issue("Plan", "a")
    opened = github.webhook("issues", "opened")
    assert (opened["sender"]["login"], opened["sender"]["type"]) == ("plansync[bot]", "Bot")
    github.writer.edit_issue(issue.number, body="b")
    edited = github.webhook("issues", "edited", lambda payload: payload["issue"]["body"] == "b")
    assert edited["sender"]["type"] == "Bot"
    comment = github.writer.create_comment(issue.number, "status")
    created = github.webhook("issue_comment", "created")
    assert created["comment"]["id"] == comment.id
    assert created["issue"]["number"] == issue.number
    made = github.writer.put_file(PLAN, "x\n", "Plan it", expected_blob=None)
    push = _push_after(github, made.sha)
    assert push["ref"] == "refs/heads/main"
    assert push["sender"]["type"] == "Bot"
    assert push["commits"][-1]["added"] == [PLAN]


def test_an_edit_that_changes_nothing_is_not_sent(github: Side) -> None:
    number = github.alice.open_issue("Plan", "a")
    github.webhook("issues", "opened")
    github.writer.edit_issue(number, body="a")
    github.alice.close_issue(number)
    github.webhook("issues", "closed")
    assert ("issues", "edited") not in github.webhooks()


def test_pushes_name_their_paths(github: Side) -> None:
    github.alice.push_file("a.md", "a")
    before = str(github.reader.head("main"))
    github.webhook("push", "")
    after = github.alice.push_files({"b.md": "b", "a.md": "A", "README.md": None}, "many")
    push = _push_after(github, after)
    assert push["before"] == before
    (commit,) = push["commits"]
    assert (commit["id"], commit["message"]) == (after, "many")
    assert (commit["added"], commit["modified"], commit["removed"]) == (
        ["b.md"],
        ["a.md"],
        ["README.md"],
    )
    assert not push["forced"]
    assert not push["created"]


def test_a_merge_is_sent_as_a_push_and_a_closed_pull_request(github: Side) -> None:
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", "from topic", branch="topic")
    number = github.bob.open_pull("topic", "Topic", "Plan: #9")
    opened = github.webhook("pull_request", "opened")["pull_request"]
    assert (opened["number"], opened["body"], opened["merged"]) == (number, "Plan: #9", False)
    assert (opened["head"]["ref"], opened["base"]["ref"]) == ("topic", "main")
    github.alice.push_file("b.md", "b")
    before = str(github.reader.head("main"))
    merge = github.bob.merge_pull(number)
    closed = github.webhook("pull_request", "closed")["pull_request"]
    assert (closed["state"], closed["merged"]) == ("closed", True)
    push = _push_after(github, merge)
    assert (push["before"], push["forced"]) == (before, False)
    assert [commit["message"].splitlines()[0] for commit in push["commits"]] == [
        "from topic",
        f"Merge pull request #{number} from topic",
    ]
    assert "a.md" in push["commits"][0]["added"]


def test_a_comment_on_a_pull_request_says_so(github: Side) -> None:
    github.bob.create_branch("topic")
    github.bob.push_file("a.md", "a", branch="topic")
    number = github.bob.open_pull("topic", "Topic")
    github.webhook("pull_request", "opened")
    github.alice.comment(number, "/plan status")
    created = github.webhook("issue_comment", "created")
    assert created["issue"]["number"] == number
    assert created["issue"].get("pull_request")
    issue = github.alice.open_issue("Plan")
    comment = github.alice.comment(issue, "first")
    github.alice.edit_comment(comment, "second")
    edited = github.webhook("issue_comment", "edited")
    assert edited["comment"]["body"] == "second"
    assert not edited["issue"].get("pull_request")


def _push_after(github: Side, sha: str) -> dict[str, Any]:
    """The push that moved a branch to this commit."""
    return github.webhook("push", "", lambda payload: payload["after"] == sha)
