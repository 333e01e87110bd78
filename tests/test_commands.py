"""The command line: help that is quick, exit codes, and the commands that look into the store."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS, main, plansync
from bot.events import Ignored, parse_event
from bot.manifest import ALWAYS_SENT, EVENTS, OPTIONAL_EVENTS, render_manifest
from bot.memory import SubjectKey, Trigger
from bot.store import Store

ROOT = Path(__file__).parent.parent
# https://docs.github.com/en/webhooks/webhook-events-and-payloads
ALL_EVENTS = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "delete",
    "deploy_key",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "installation",
    "installation_repositories",
    "issue_comment",
    "issues",
    "label",
    "member",
    "membership",
    "merge_group",
    "meta",
    "milestone",
    "organization",
    "page_build",
    "ping",
    "project",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "registry_package",
    "release",
    "repository",
    "repository_dispatch",
    "star",
    "status",
    "sub_issues",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    url = f"sqlite:///{tmp_path}/plansync.sqlite3"
    monkeypatch.setenv("DATABASE_URL", url)
    store = Store(url)
    store.migrate()
    return store


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_is_there_and_says_what_it_does(name: str) -> None:
    command = plansync.get_command(click.Context(plansync), name)
    assert command is not None
    assert command.name == name
    done = CliRunner().invoke(plansync, [name, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    best = 9.0
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "--help"], capture_output=True, text=True, check=True
        )
        best = min(best, time.perf_counter() - began)
    assert all(name in done.stdout for name in COMMANDS)
    assert best < 0.3
    code = (
        "import sys; from bot.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'dbos', 'flask', 'github', 'pydantic', 'granian', 'rich'}\n"
        "print('HEAVY', heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY set()"


def test_an_unknown_command_is_a_usage_error() -> None:
    done = CliRunner().invoke(plansync, ["nonsense"])
    assert done.exit_code == 2
    assert "There is no command" in done.output


def test_the_manifest_is_app_yml() -> None:
    done = CliRunner().invoke(plansync, ["manifest"])
    assert done.output == render_manifest() == (ROOT / "app.yml").read_text(encoding="utf-8")
    there = CliRunner().invoke(plansync, ["manifest", "--url", "https://plans.test/"])
    assert "  url: https://plans.test/webhooks/github\n" in there.output


@pytest.mark.parametrize("url", ["plans.test", "ftp://plans.test", "https://plans.test/x", ""])
def test_an_address_that_github_cannot_send_to_is_refused(url: str) -> None:
    done = CliRunner().invoke(plansync, ["manifest", "--url", url])
    assert done.exit_code == 2
    assert "Invalid value for --url" in done.output


@pytest.mark.parametrize("event", sorted({*ALL_EVENTS, *EVENTS, *OPTIONAL_EVENTS}))
def test_the_app_asks_for_exactly_the_events_that_are_handled(event: str) -> None:
    found = parse_event(event, {})
    assert isinstance(found, Ignored)
    handled = (*EVENTS, *ALWAYS_SENT, *OPTIONAL_EVENTS)
    assert ("does not handle" in found.reason) == (event not in handled)


def test_deliveries_as_lines_and_as_json(opened: Store) -> None:
    now = datetime.now(UTC)
    assert "No deliveries" in CliRunner().invoke(plansync, ["deliveries"]).output
    opened.receive("guid-1", "issues", b"{}", received_at=now)
    (delivery,) = opened.new_deliveries()
    key = SubjectKey(7, "plan", "plan_docs/search.md")
    opened.record_dispatch(delivery.id, [Trigger(key)], due_at=now, action="edited")
    opened.receive("guid-2", "star", b"{}", received_at=now)
    lines = CliRunner().invoke(plansync, ["deliveries"]).output.splitlines()
    assert [line.split()[3] for line in lines] == ["new", "open"]
    assert "issues.edited" in lines[1]
    assert str(key) in lines[1]
    found = CliRunner().invoke(plansync, ["deliveries", "--json", "--state", "open"]).output
    row = json.loads(found)
    assert (row["delivery"], row["subjects"], row["state"]) == ("guid-1", [str(key)], "open")


def test_deliveries_say_why(opened: Store) -> None:
    now = datetime.now(UTC)
    key = SubjectKey(7, "plan", "a.md")
    for guid, triggers in (("one", [Trigger(key)]), ("two", [])):
        opened.receive(guid, "issues", b"{}", received_at=now)
        (delivery,) = opened.new_deliveries()
        opened.record_dispatch(delivery.id, triggers, due_at=now, reason_ignored="about no plan")
    opened.receive("three", "issues", b"{}", received_at=now)
    opened.record_failure(opened.new_deliveries()[0].id, "KeyError: x")
    opened.park(key, "The repository is archived.", now=now)
    lines = CliRunner().invoke(plansync, ["deliveries"]).output.splitlines()
    assert [line.split("  ")[-1] for line in lines] == [
        "KeyError: x",
        "about no plan",
        "The repository is archived.",
    ]
    rows = CliRunner().invoke(plansync, ["deliveries", "--json"]).output.splitlines()
    assert [json.loads(row)["error"] for row in rows] == [
        "KeyError: x",
        None,
        "The repository is archived.",
    ]


def test_a_payload_that_is_gone_cannot_be_replayed(opened: Store) -> None:
    now = datetime.now(UTC)
    opened.receive("one", "issues", b"{}", received_at=now)
    (delivery,) = opened.new_deliveries()
    opened.record_dispatch(delivery.id, [], due_at=now)
    opened.drop_payloads(datetime.now(UTC))
    done = CliRunner().invoke(plansync, ["replay", str(delivery.id)])
    assert done.exit_code == 1
    assert "is not kept any more. plansync sync" in done.output


def test_a_copy_and_back(opened: Store, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    opened.receive("one", "issues", b"{}", received_at=now)
    copy = str(tmp_path / "copy.sqlite3")
    done = CliRunner().invoke(plansync, ["backup", copy])
    assert (done.exit_code, "MB, checked" in done.output) == (0, True)
    opened.receive("two", "issues", b"{}", received_at=now)
    kept = CliRunner().invoke(plansync, ["restore", copy], input="n\n")
    assert kept.exit_code == 1
    assert len(opened.deliveries()) == 2
    done = CliRunner().invoke(plansync, ["restore", copy, "--yes"])
    assert (done.exit_code, "restored from" in done.output) == (0, True)
    assert [row.guid for row in opened.deliveries()] == ["one"]


def test_a_copy_of_postgres_is_another_programs_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@nowhere/plans")
    for command in ("backup", "restore"):
        done = CliRunner().invoke(plansync, [command, "x"])
        assert "pg_dump" in str(done.exception)


def test_replaying_and_releasing(opened: Store) -> None:
    now = datetime.now(UTC)
    opened.receive("guid-1", "issues", b"{}", received_at=now)
    (delivery,) = opened.new_deliveries()
    key = SubjectKey(7, "plan", "a.md")
    opened.record_dispatch(delivery.id, [Trigger(key)], due_at=now)
    opened.park(key, "a bug", now=now)
    parked = CliRunner().invoke(plansync, ["deliveries", "--parked", "--json"]).output
    assert json.loads(parked)["reason"] == "a bug"
    assert "a bug" in CliRunner().invoke(plansync, ["deliveries", "--parked"]).output

    done = CliRunner().invoke(plansync, ["replay", str(delivery.id), "--parked"])
    assert done.exit_code == 0
    assert len(opened.new_deliveries()) == 1
    assert [due.key for due in opened.due_subjects(datetime.now(UTC))] == [key]
    assert CliRunner().invoke(plansync, ["replay", "999"]).exit_code == 1
    assert CliRunner().invoke(plansync, ["replay"]).exit_code == 2


def test_a_database_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}")
    with pytest.raises(SystemExit) as ended:
        main(["deliveries"])
    assert ended.value.code == 2
    assert f"plansync: The database file {tmp_path} cannot be used" in capsys.readouterr().err
