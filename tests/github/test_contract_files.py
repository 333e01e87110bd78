"""What readers and writers promise of files, on the fake and on the gateway over the emulator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import UserProblem
from bot.github.ports import Refused, Stale
from bot.github.snapshots import RepoPath
from bot.plans.gitids import git_blob_id
from tests.github.sides import Side

PLAN = RepoPath("plan_docs/search.md")
TEXT = "\ufeff# Süche ✓\r\n\n- [ ] one\t\n- [x] two"


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
    assert set(github.reader.blobs(RepoPath("tasks"))) == {"a/", "keep.md"}
    inside = github.reader.blobs(RepoPath("tasks/a"), made.sha)
    assert inside["plan.md"] == git_blob_id(TEXT.encode())
    assert set(inside) == {"plan.md", "runs/"}
    assert github.reader.blobs(RepoPath("tasks/none")) == {}
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
