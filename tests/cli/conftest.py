"""Running a command as a person does, in a repository of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty git repository named ``library``, and the folder that commands run in."""
    folder = tmp_path / "library"
    folder.mkdir()
    environ = {
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-11-20T09:00:00Z",
        "GIT_COMMITTER_DATE": "2026-11-20T09:00:00Z",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "octocat"],
        ["config", "user.email", "octocat@example.org"],
        ["commit", "-q", "--allow-empty", "-m", "Begin"],
    ):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("tick", "plan.md", "2.1")`` gives the exit code and both outputs."""

    def run_command(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        assert "Traceback" not in err
        return Ran(code or 0, out, err)

    return run_command
