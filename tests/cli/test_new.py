"""``plansync new``, ``scan-experts`` and ``setup-plan`` on a real folder."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from bot.plans.document import parse_document
from bot.templates import read_template
from tests.cli.conftest import Run

PATHS = {
    "feature-plan": r"plan_docs/full-text-search\.md",
    "user-story": r"docs/user-stories/\d{4}-\d\d-\d\d-full-text-search\.md",
    "task-plan": r"tasks/full-text-search-\d{8}T\d{6}Z/plan\.md",
    "implementation-plan": (
        r"plans/general/library/EPIC-1/features/001-full-text-search/impl-plan\.md"
    ),
    "track-spec": r"draft/tracks/full-text-search/spec\.md",
}
COUNTS = {
    "feature-plan": 1, "user-story": 1, "task-plan": 9, "implementation-plan": 5, "track-spec": 1,
}  # fmt: skip


@pytest.mark.parametrize("format", PATHS)
def test_new_writes_the_tree_and_prints_it(run: Run, repository: Path, format: str) -> None:
    done = run("new", format, "Full-text search")
    names = done.out.splitlines()
    assert done.code == 0
    assert re.fullmatch(PATHS[format], names[0])
    assert len(names) == COUNTS[format]
    written = {p.relative_to(repository).as_posix() for p in repository.rglob("*") if p.is_file()}
    assert {name for name in written if not name.startswith(".git/")} == set(names)
    assert b"\r" not in (repository / names[0]).read_bytes()


def test_new_never_overwrites(run: Run, repository: Path) -> None:
    first = run("new", "feature", "Search")
    text = (repository / "plan_docs/search.md").read_text()
    assert run("new", "feature", "Search").out == "plan_docs/search-2.md\n"
    assert first.out == "plan_docs/search.md\n"
    assert (repository / "plan_docs/search.md").read_text() == text


def test_without_a_repository_the_folder_names_the_project(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    done = run("new", "feature", "Search", "--dir", str(folder))
    assert "project = alone (the folder's name)" in done.err


def test_features_of_an_epic_are_numbered_on(run: Run, repository: Path) -> None:
    run("new", "implementation", "One")
    done = run("new", "implementation", "Two")
    assert "plans/general/library/EPIC-1/features/002-two/impl-plan.md" in done.out
    assert "exec-plan.md" not in done.out
    assert "epic = EPIC-1" in done.err
    named = run("new", "implementation", "Three", "--set", "epic=EPIC-9", "--set", "number=41")
    assert "plans/general/library/EPIC-9/features/041-three/impl-plan.md" in named.out


def test_set_and_git_fill_the_plan(run: Run, repository: Path) -> None:
    done = run("new", "spec", "Search", "--set", "owner=@mona", "--set", "track_id=T7", "--json")
    written = json.loads(done.out)
    assert written["path"] == "draft/tracks/T7/spec.md"
    assert [line.split(" = ")[0] for line in written["defaulted"]] == ["project"]
    text = (repository / written["path"]).read_text()
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert f'commit: "{head}"' in text
    assert 'commit_message: "Begin"' in text
    assert 'branch: "main"' in text
    assert 'project: "library"' in text
    assert ">Assignees: mona\n" in text


def test_the_index_of_tasks_gains_its_line(run: Run, repository: Path) -> None:
    (repository / "TASKS.md").write_bytes(b"# Tasks\r\n")
    folder = run("new", "tasks", "Search").out.splitlines()[0].removesuffix("/plan.md")
    added = (repository / "TASKS.md").read_bytes().decode()
    assert re.fullmatch(rf"# Tasks\r\n- \[Search\]\({folder}\) — \d{{4}}-\d\d-\d\d\r\n", added)


def test_the_repository_s_own_template_is_used(run: Run, repository: Path) -> None:
    own = repository / ".github/plansync/templates/user-story.md"
    own.parent.mkdir(parents=True)
    own.write_text("# User Story: {Title}\n\n## Story\n\nOurs, by {owner}.\n")
    path = run("new", "story", "Search").out.strip()
    assert (repository / path).read_text() == (
        "# User Story: Search\n\n## Story\n\nOurs, by {owner}.\n"
    )
    subprocess.run(["git", "config", "github.user", "mona"], check=True)
    path = run("new", "story", "Again").out.strip()
    assert "Ours, by mona." in (repository / path).read_text()


@pytest.mark.parametrize("format", PATHS)
def test_only_a_login_is_assigned(run: Run, repository: Path, format: str) -> None:
    def assigned(*arguments: str) -> tuple[str, str]:
        done = run("new", format, "Search", *arguments)
        text = (repository / done.out.split()[0]).read_text()
        return next(line for line in text.splitlines() if ">Assignees:" in line), done.err

    line, said = assigned()
    assert "octocat" not in line
    assert "owner = nobody yet" in said
    assert "Mona" not in assigned("--set", "owner=Mona Lisa")[0]
    line, said = assigned("--set", "owner=mona")
    assert line == ">Assignees: mona"
    assert "owner" not in said


def test_a_key_that_fills_nothing_is_refused(run: Run, repository: Path) -> None:
    done = run("new", "story", "Search", "--set", "ownr=bob", "--set", "bogus_key=1")
    assert done.code == 2
    assert "'ownr', 'bogus_key'" in done.err
    assert "Did you mean owner?" in done.err
    known = done.err.replace("\n", " ").split("Known: ")[1].strip().rstrip(".").split(", ")
    assert {"owner", "participants", "slug", "title", "persona"} <= set(known)
    assert "service" not in known
    assert not any("{" in name for name in known)
    assert list(repository.iterdir()) == [repository / ".git"]
    for key in known:
        value = "7" if key == "number" else f"word{len(key)}"
        used = run("new", "story", "Search", "--set", f"{key}={value}", "--json")
        path = json.loads(used.out)["path"]
        assert key == "number" or value in path + (repository / path).read_text(), key
    assert run("new", "implementation", "x", "--set", "Epic-ID=E-1").code == 0
    assert run("new", "feature", "x", "--set", "epic=E-1").code == 2


def test_a_slug_that_the_title_does_not_give_is_told(run: Run, repository: Path) -> None:
    done = run("new", "feature-plan", "日本語")
    assert done.out == "plan_docs/plan.md\n"
    assert "Defaults: slug = plan (" in done.err
    assert "slug" not in run("new", "feature-plan", "日本語", "--set", "slug=words").err
    assert "slug" not in run("new", "feature-plan", "Plan").err


def test_a_template_that_cannot_be_used_is_told(run: Run, repository: Path) -> None:
    own = repository / ".github/plansync/templates/task-plan.md"
    own.parent.mkdir(parents=True)
    own.write_text("# x\n\n<!-- BEGIN: plan.md template -->\n# Plan\n")
    done = run("new", "tasks", "Search")
    assert done.code == 2
    assert ".github/plansync/templates/task-plan.md:3: The template's BEGIN" in done.err
    own.write_text("# Notes\n\nOur own way.\n")
    done = run("new", "tasks", "Search")
    assert done.code == 2
    assert ".github/plansync/templates/task-plan.md:1: This template makes no task-plan" in done.err
    assert not (repository / "tasks").exists()


def test_what_is_odd_in_a_template_is_told_and_the_plan_made(run: Run, repository: Path) -> None:
    own = repository / ".github/plansync/templates/user-story.md"
    own.parent.mkdir(parents=True)
    own.write_text(read_template("plans", "user-story.md") + "\n<!-- never closed\n")
    done = run("new", "story", "Search")
    assert done.code == 0
    assert "user-story.md:157: This HTML comment is never closed." in done.err
    assert list((repository / "docs/user-stories").glob("*.md"))


def test_new_works_outside_git_and_in_another_folder(
    run: Run, repository: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    assert run("new", "feature", "検索", "--dir", str(other)).code == 0
    assert "# elsewhere – 検索 Feature Plan" in (other / "plan_docs/plan.md").read_text()
    assert run("new", "feature", "x", "--dir", str(tmp_path / "none")).code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "poem", "x"), "feature-plan, user-story, task-plan"),
        (("new", "story", "  "), "needs a title"),
        (("new", "story", "x", "--set", "owner"), "not KEY=VALUE"),
        (("new", "story", "x", "--set", "number=one"), "is not a number"),
        (("new", "story"), "Missing argument"),
    ],
)
def test_wrong_usage_is_told(
    run: Run, repository: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert said in done.err
    assert list(repository.iterdir()) == [repository / ".git"]


def test_scan_experts_finds_the_last_keyword_and_leaves_secrets_out(
    run: Run, repository: Path
) -> None:
    folder = repository / Path(run("new", "tasks", "Search").out.split()[0]).parent
    plan = folder / "plan.md"
    plan.write_text(plan.read_text().replace("<keyword 3>", "Connection POOL"))
    for name, text in {
        "experts/db.md": "one\ntwo\nthe connection pool\nfour\nfive\nsix\n",
        "docs/.env": "connection pool\n",
        "docs/node_modules/x.md": "connection pool\n",
        "src/pool.py": "# connection pool\n",
        "services/api/AGENTS.md": "No connection pool here.\n",
        "docs/picture.md": "connection pool\0",
    }.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    done = run("scan-experts", str(plan.relative_to(repository)))
    assert done.code == 0
    assert done.out.startswith("1 keywords, 2 hits\n")
    excerpts = (folder / "references/excerpts/search-refs.txt").read_text()
    assert excerpts == (
        "experts/db.md-1-one\nexperts/db.md-2-two\nexperts/db.md:3:the connection pool\n"
        "experts/db.md-4-four\nexperts/db.md-5-five\n--\n"
        "services/api/AGENTS.md:1:No connection pool here.\n"
    )
    expertise = folder / "referenced-expertise.md"
    once = expertise.read_text()
    assert parse_document(once).section("Top files (by hits)")
    again = json.loads(run("scan-experts", str(folder), "--json").out)
    assert again["hits"] == 2
    assert expertise.read_text() == once
    more = json.loads(run("scan-experts", str(folder), "--include-source", "--json").out)
    assert more["hits"] == 3


def test_scan_experts_wants_a_task_plan_and_reads_no_plan(run: Run, repository: Path) -> None:
    story = run("new", "story", "Security testing").out.split()[0]
    refused = run("scan-experts", story)
    assert refused.code == 2
    assert "This is a user-story, and only task plans name keywords." in refused.err
    assert not (repository / story).with_name("referenced-expertise.md").exists()
    (repository / "README.md").write_text("# Security\n")
    assert "no plan" in run("scan-experts", "README.md").err
    plan = run("new", "tasks", "Search").out.split()[0]
    found = json.loads(run("scan-experts", plan, "--json").out)
    assert [entry["path"] for entry in found["top"]] == ["README.md"]


def test_setup_plan_names_the_feature_s_files(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = run("setup-plan", "--json")
    assert nothing.code == 2
    assert "plansync new implementation-plan" in nothing.err
    run("new", "implementation", "One")
    folder = repository / "plans/general/library/EPIC-1/features/001-one"
    expected = {
        "FEATURE_SPEC": str(folder / "spec.md"),
        "IMPL_PLAN": str(folder / "impl-plan.md"),
        "SPECS_DIR": str(folder),
        "BRANCH": "001-one",
    }
    assert json.loads(run("setup-plan", "--json").out) == expected
    run("new", "implementation", "Two")
    unclear = run("setup-plan")
    assert unclear.code == 2
    assert "001-one" in unclear.err
    assert "002-two" in unclear.err
    assert json.loads(run("setup-plan", "001-one", "--json").out) == expected
    assert json.loads(run("setup-plan", str(folder), "--json").out) == expected
    subprocess.run(["git", "checkout", "-q", "-b", "001-one"], check=True)
    assert json.loads(run("setup-plan", "--json").out) == expected
    monkeypatch.chdir(repository / "plans/general/library/EPIC-1/features/002-two/checklists")
    assert json.loads(run("setup-plan", "--json").out)["BRANCH"] == "002-two"
