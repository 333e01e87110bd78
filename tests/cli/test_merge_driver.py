"""``plansync merge-driver`` as git runs it: real repositories, real merges."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import plansync
from tests.mirror.test_file_merge import BASE

PLAN = "plan_docs/search.md"
DRIVER = f'"{sys.executable}" -m bot.cli merge-driver %O %A %B %L %P'
ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Repo:
    """A git repository whose plans are merged by plansync."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "-q", "-b", "main")
        self.git("config", "merge.plansync.driver", DRIVER)
        self.write(".gitattributes", "plan_docs/*.md merge=plansync\n")
        self.write(PLAN, BASE)
        self.commit("Begin")

    def git(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.path),
            "PYTHONPATH": str(ROOT),
            "GIT_AUTHOR_NAME": "alice",
            "GIT_AUTHOR_EMAIL": "alice@example.com",
            "GIT_COMMITTER_NAME": "alice",
            "GIT_COMMITTER_EMAIL": "alice@example.com",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        return subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=60,
        )

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())

    def read(self, name: str = PLAN) -> str:
        return (self.path / name).read_bytes().decode()

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def change(self, branch: str, old: str, new: str) -> None:
        """A commit on a branch of its own, or on main."""
        if branch != "main":
            self.git("checkout", "-q", "-b", branch)
        self.write(PLAN, self.read().replace(old, new))
        self.commit(f"Change on {branch}")
        self.git("checkout", "-q", "main")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path)


def test_git_alone_calls_neighbouring_ticks_a_conflict(repo: Repo) -> None:
    repo.write(".gitattributes", "")
    repo.commit("Without the driver")
    repo.change("topic", "[ ] one", "[x] one")
    repo.change("main", "[ ] two", "[x] two")
    assert repo.git("merge", "-q", "topic", check=False).returncode == 1


def test_the_driver_merges_what_git_calls_a_conflict(repo: Repo) -> None:
    repo.change("topic", "[ ] one", "[x] one")
    repo.change("main", "[ ] two", "[x] two")
    done = repo.git("merge", "-q", "--no-edit", "topic", check=False)
    assert done.returncode == 0, done
    assert repo.read() == BASE.replace("[ ] one", "[x] one").replace("[ ] two", "[x] two")
    assert repo.git("status", "--porcelain").stdout == ""


def test_a_rebase_uses_it_too(repo: Repo) -> None:
    repo.change("topic", "[ ] one", "[x] one")
    repo.change("main", "[ ] two", "[x] two")
    repo.git("checkout", "-q", "topic")
    assert repo.git("rebase", "-q", "main", check=False).returncode == 0
    assert "- [x] one\n- [x] two\n" in repo.read()


def test_a_real_conflict_is_left_to_the_person(repo: Repo) -> None:
    repo.change("topic", "Some words", "Their words")
    repo.write(PLAN, repo.read().replace("[ ] one", "[x] one"))
    repo.change("main", "Some words", "Our words")
    done = repo.git("merge", "-q", "topic", check=False)
    assert done.returncode == 1
    assert f"{PLAN}: both sides changed the same" in done.stderr
    assert repo.git("diff", "--name-only", "--diff-filter=U").stdout == f"{PLAN}\n"
    markers = "<<<<<<< ours\nOur words.\n=======\nTheir words.\n>>>>>>> theirs\n"
    assert markers in repo.read()
    assert "- [x] one" in repo.read()


def test_what_was_deleted_and_ticked_is_kept_and_said(repo: Repo) -> None:
    repo.change("topic", "- [ ] two\n", "")
    repo.change("main", "[ ] two", "[x] two")
    done = repo.git("merge", "-q", "--no-edit", "topic", check=False)
    assert done.returncode == 0, done
    assert "- [x] two" in repo.read()
    assert "kept what one side deleted" in done.stderr


def test_a_file_that_both_added_keeps_both(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "topic")
    repo.write("plan_docs/new.md", "# New\n\n- [x] one\n")
    repo.commit("Add it")
    repo.git("checkout", "-q", "main")
    repo.write("plan_docs/new.md", "# New\n\n- [ ] two\n")
    repo.commit("Add it too")
    assert repo.git("merge", "-q", "topic", check=False).returncode == 1
    text = repo.read("plan_docs/new.md")
    assert "- [x] one" in text
    assert "- [ ] two" in text


def files(tmp_path: Path, *texts: bytes) -> list[str]:
    names = []
    for name, text in zip("OAB", texts, strict=True):
        (tmp_path / name).write_bytes(text)
        names.append(str(tmp_path / name))
    return names


def test_bytes_that_are_no_text_come_out_as_they_were(tmp_path: Path) -> None:
    base = BASE.encode() + b"\xff\xfe\n"
    ours, theirs = base.replace(b"[ ] one", b"[x] one"), base.replace(b"[ ] two", b"[x] two")
    done = CliRunner().invoke(plansync, ["merge-driver", *files(tmp_path, base, ours, theirs)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "A").read_bytes() == ours.replace(b"[ ] two", b"[x] two")


def test_a_file_that_is_not_there_stops_the_merge(tmp_path: Path) -> None:
    names = files(tmp_path, b"a", b"b", b"c")
    done = CliRunner().invoke(plansync, ["merge-driver", names[0], names[1], f"{names[2]}x"])
    assert done.exit_code == 129
    assert "No such file" in done.output
    assert (tmp_path / "A").read_bytes() == b"b"


def test_the_lines_to_copy_are_those_that_work_here() -> None:
    page = (ROOT / "docs" / "merge-driver.md").read_text(encoding="utf-8")
    assert "plan_docs/*.md merge=plansync\n" in page
    assert '"plansync merge-driver %O %A %B %L %P"' in page
