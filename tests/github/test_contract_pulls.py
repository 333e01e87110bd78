"""Pull requests and webhooks, on the fake and on the gateway over the emulator alike."""

from __future__ import annotations

from typing import Any

from bot.github.snapshots import RepoPath
from tests.github.sides import Side

PLAN = RepoPath("plan_docs/search.md")
TEXT = "\ufeff# Süche ✓\r\n\n- [ ] one\t\n- [x] two"


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
    # The webhook of the first push may come after the pull request was opened, and counts too then.
    synchronize = github.webhook(
        "pull_request", "synchronize", lambda payload: payload["after"] == after
    )
    assert synchronize["before"] == before
    assert synchronize["pull_request"]["head"]["sha"] == after
    assert synchronize["number"] == number

    github.bob.merge_pull(number)
    assert sorted(github.reader.pull_paths(number)) == ["README.md", "a.md", "c/d.md"]
    assert github.reader.listing(RepoPath("c")) == ["d.md"]
    assert github.reader.file(RepoPath("README.md")) is None
    assert github.reader.file(RepoPath("b.md")) is not None
    assert github.reader.pull_paths(99) == []


def test_what_a_pull_request_changes_and_who_merges_it(github: Side) -> None:
    base = github.reader.head("main")
    github.bob.create_branch("topic")
    first = github.bob.push_file("a.md", "a\n", "[T012] Add a\n\nBecause of b.", "topic")
    second = github.bob.push_files({"c.md": "c", "README.md": "b"}, "more", "topic")
    number = github.bob.open_pull("topic", "Search")
    pull = github.reader.pull(number)
    assert pull is not None
    assert (pull.base_sha, pull.default_branch, pull.merged_by) == (base, "main", None)

    def changed() -> set[tuple[str, str]]:
        return {(file.path, file.status) for file in github.reader.pull_files(number)}

    assert changed() == {("a.md", "added"), ("c.md", "added"), ("README.md", "modified")}
    commits = github.reader.pull_commits(number)
    assert [commit.sha for commit in commits] == [first, second]
    assert commits[0].message == "[T012] Add a\n\nBecause of b."

    github.alice.merge_pull(number)
    pull = github.reader.pull(number)
    assert pull is not None
    assert pull.merged_by is not None
    assert (pull.merged_by.login, pull.merged_by.is_bot) == ("alice", False)
    assert changed() == {("a.md", "added"), ("c.md", "added"), ("README.md", "modified")}
    assert [commit.sha for commit in github.reader.pull_commits(number)] == [first, second]
    assert github.reader.pull_commits(99) == []
    assert github.reader.pull_files(99) == []


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
