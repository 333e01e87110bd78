"""``plansync outline``, ``tick`` and ``set``: byte for byte, or told why not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PLAN = (
    '\ufeff---\r\ngit:\r\n  branch: "main" # where\r\n  dirty: false\r\n---\r\n\r\n'
    ">Title: Notes\r\n\r\n---\r\n\r\n# Notes\r\n\r\n**Status**: Draft  \r\n\r\n## Work\r\n"
    "- [ ] T001 First thing\r\n- [X] T002 First other   \r\n\t- [ ] deep \u2028 one\r\n\r\n"
    "| # | Task | Status / State |\r\n|---|:-:|--|\r\n| 1 | a \\| b | Pending |\r\n|2|c||\r\n\r\n"
    "### More\r\n**Status**: Open\r\nno end"
)


@pytest.fixture
def plan(repository: Path) -> Path:
    path = repository / "notes.md"
    path.write_bytes(PLAN.encode())
    return path


def text_of(path: Path) -> str:
    return path.read_bytes().decode()


def test_outline_is_one_object_a_line(run: Run, repository: Path, plan: Path) -> None:
    run("new", "feature", "Search")
    done = run("outline", "notes.md", "plan_docs/*.md", "--json")
    notes, feature = (json.loads(line) for line in done.out.splitlines())
    assert list(notes) == [
        "path", "format", "sections", "tasks", "tables", "fields", "front_matter", "problems",
    ]  # fmt: skip
    assert notes["format"] is None
    assert notes["sections"][1] == {"level": 2, "title": "Work", "line": 15}
    task = notes["tasks"][0]
    assert task == {
        "line": 16, "offset": PLAN.index("] T001") - 1, "checked": False,
        "text": "T001 First thing", "section": ["Notes", "Work"], "id": "T001", "address": None,
    }  # fmt: skip
    assert notes["tables"][0]["rows"] == [["1", "a | b", "Pending"], ["2", "c", ""]]
    assert notes["front_matter"] == {"git": {"branch": "main", "dirty": False}}
    assert feature["format"] == "feature-plan"
    assert [task["address"] for task in feature["tasks"]][:4] == ["0.1", "0.2", "0.3", "1.1"]
    assert [task["address"] for task in feature["tasks"]][-1] == "A.8"


def test_outline_for_people(run: Run, plan: Path) -> None:
    out = run("outline", "notes.md").out
    assert out.startswith("notes.md: no plan\n")
    assert "    16   [ ] T001  T001 First thing\n" in out
    assert "    18   [ ] :18  deep" in out


@pytest.mark.parametrize("name", ["T001", "t001", "T001 First", '"T001 First thing"', ":16"])
def test_tick_changes_one_character(run: Run, plan: Path, name: str) -> None:
    done = run("tick", "notes.md", name)
    assert done.code == 0
    assert done.out == "notes.md:16: [x] T001 First thing\n"
    assert text_of(plan) == PLAN.replace("[ ] T001", "[x] T001")
    run("tick", "notes.md", name, "--undo")
    assert text_of(plan) == PLAN


def test_tick_by_address_and_several_at_once(run: Run, repository: Path) -> None:
    run("new", "feature", "Search")
    path = repository / "plan_docs/search.md"
    before = text_of(path)
    done = run("tick", "plan_docs/search.md", "2.1", "a.8", "Backend/API")
    assert done.code == 0
    assert len(done.out.splitlines()) == 2
    after = text_of(path)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 2
    again = run("tick", "plan_docs/search.md", "2.1")
    assert "already [x] Backend/API" in again.out


def test_ticking_what_is_ticked_writes_nothing(run: Run, plan: Path) -> None:
    os.utime(plan, (1, 1))
    assert run("tick", "notes.md", "T002").code == 0
    assert plan.stat().st_mtime == 1


def test_an_ambiguous_task_prints_its_candidates(run: Run, plan: Path, repository: Path) -> None:
    plan.write_text("- [ ] First thing\n- [ ] First other\n- [ ] Last\n")
    done = run("tick", "notes.md", "First")
    assert done.code == 1
    assert "2 tasks are meant by 'First'" in done.err
    assert "notes.md:1: :1  First thing" in done.err
    assert "notes.md:2: :2  First other" in done.err
    assert "[x]" not in plan.read_text()


def test_one_unknown_task_and_nothing_is_ticked(run: Run, plan: Path) -> None:
    done = run("tick", "notes.md", "T001", "T999")
    assert done.code == 1
    assert "'T999'" in done.err
    assert text_of(plan) == PLAN
    assert run("tick", "notes.md", ":1").code == 1


def test_a_row_has_no_box_to_tick(run: Run, repository: Path) -> None:
    path = run("new", "story", "Search").out.strip()
    text = (repository / path).read_text().replace("| 1 | {task} |", "| 1 | Do it |")
    (repository / path).write_text(text)
    done = run("tick", path, "1")
    assert done.code == 1
    assert "row of a table" in done.err
    assert "plansync set" in done.err


def test_set_cell_field_front_matter_and_header(run: Run, plan: Path) -> None:
    done = run(
        "set", "notes.md",
        "--cell", "Work/2/Status / State", "x | y",
        "--cell", "Work/1/Task", "b",
        "--field", "More/Status", "Closed",
        "--front-matter", "git.branch=it's",
        "--front-matter", "git.dirty=true",
        "--header", "title", "Other",
    )  # fmt: skip
    assert done.code == 0, done.err
    expected = (
        PLAN.replace('branch: "main" # where', 'branch: "it\'s" # where')
        .replace("dirty: false", "dirty: true")
        .replace(">Title: Notes", ">Title: Other")
        .replace("| a \\| b |", "| b |")
        .replace("**Status**: Open", "**Status**: Closed")
    )
    before, after = expected.split("|2|c||"), text_of(plan)
    assert after.startswith(before[0])
    assert after.endswith(before[1])
    assert "x \\| y" in after
    assert len(done.out.splitlines()) == 6


def test_set_to_what_is_there_writes_nothing(run: Run, plan: Path) -> None:
    os.utime(plan, (1, 1))
    done = run("set", "notes.md", "--cell", "Work/1/Status / State", "Pending")
    assert done.code == 0
    assert "nothing to change" in done.out
    assert plan.stat().st_mtime == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Say what to set"),
        (("--cell", "Nowhere/1/x", "v"), 1, "There are tables under: Work"),
        (("--cell", "Work/9/Task", "v"), 1, "# | Task | Status / State and 2 rows"),
        (("--cell", "Work/1/Nope", "v"), 1, "There is no cell"),
        (("--field", "Status", "v"), 1, "Notes/Status (line 13)"),
        (("--field", "Nope", "v"), 1, "There are: Status"),
        (("--front-matter", "git.nope=v"), 1, "git.nope"),
        (("--front-matter", "v"), 2, "not KEY=VALUE"),
        (("--header", "labels", "v"), 1, "labels"),
        (("--field", "More/Status", "a\nb"), 1, "line"),
    ],
)
def test_what_cannot_be_set_is_told_and_nothing_written(
    run: Run, plan: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = (
        run("set", "notes.md", "--cell", "Work/1/Task", "new", *arguments)
        if arguments
        else (run("set", "notes.md"))
    )
    assert done.code == code
    assert said in done.err
    assert text_of(plan) == PLAN


def test_mode_and_links_stay(run: Run, plan: Path, repository: Path) -> None:
    plan.chmod(0o640)
    link = repository / "link.md"
    link.symlink_to("notes.md")
    assert run("tick", "link.md", "T001").code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(plan.stat().st_mode) == 0o640
    assert "[x] T001" in text_of(plan)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "link.md", "notes.md"]


@pytest.mark.parametrize("command", [("outline",), ("tick",), ("set",), ("scan-experts",)])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.md", "There is no such file"),
        ("picture.md", "This is a binary file"),
        ("latin.md", "latin.md:2: The file is not UTF-8 text (byte 0xe9)"),
    ],
)
def test_files_that_cannot_be_read(
    run: Run, repository: Path, command: tuple[str, ...], name: str, said: str
) -> None:
    (repository / "picture.md").write_bytes(b"\x89PNG\0\0")
    (repository / "latin.md").write_bytes("# a\n- [ ] caf\u00e9\n".encode("latin-1"))
    arguments = {"tick": ["a"], "set": ["--field", "a", "b"]}.get(command[0], [])
    done = run(*command, name, *arguments)
    assert done.code == 2
    assert said in done.err


def test_a_folder_is_no_plan_to_tick(run: Run, repository: Path) -> None:
    done = run("tick", ".", "a")
    assert done.code == 2
    assert "This is a folder" in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(run: Run, plan: Path) -> None:
    plan.chmod(0)
    done = run("tick", "notes.md", "T001")
    assert done.code == 2
    assert "may not be read" in done.err
