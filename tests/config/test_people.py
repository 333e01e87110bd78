"""Names, roles and teams in ``people:``, and whom they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import ConfigMemory, config_of
from bot.config_file import parse_config
from bot.doctor import check_teams
from bot.plans.model import Approval
from bot.plans.people import account_of, is_team, signer_of, teams_of
from tests.conftest import NOW
from tests.databases import sqlite_store
from tests.fake_github import FakeGitHub

PEOPLE = {"Ada Lovelace": "ada", "Backend": "acme/backend", "QA": "acme/qa"}


@pytest.mark.parametrize("value", ["@acme/backend", "acme/backend", "@a/b-c_d.e", "@ada", "ada"])
def test_logins_and_teams_are_taken(value: str) -> None:
    parsed = parse_config(f'people:\n  Backend: "{value}"\n')
    assert parsed.problems == ()
    assert config_of(parsed.settings).people["Backend"] == value.removeprefix("@")


@pytest.mark.parametrize("value", ["@", "@acme/", "/backend", "a b", "@acme/back end", "a/b/c"])
def test_what_is_neither_is_told_with_its_line(value: str) -> None:
    (problem,) = parse_config(f'people:\n  Backend: "{value}"\n').problems
    assert problem.line == 2
    assert "@org/team" in problem.message


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("Ada Lovelace", "ada"),
        ("ada lovelace", "ada"),
        ("`Ada  Lovelace`", "ada"),
        ("@backend", "acme/backend"),
        ("@acme/other", "acme/other"),
        ("@bob", "bob"),
        ("Bob Unknown", "Bob Unknown"),
        ("", ""),
    ],
)
def test_whom_a_name_stands_for(name: str, account: str) -> None:
    assert account_of(name, PEOPLE) == account
    assert account_of(name, {}) in (account, name.strip("`@"))


def test_who_signs_for_a_role() -> None:
    def signer(role: str, name: str) -> str:
        return signer_of(Approval(role, name, 1), PEOPLE)

    assert signer("Tech Lead", "Backend") == "acme/backend"
    assert signer("QA", "") == "acme/qa"
    assert signer("QA", "Ada Lovelace") == "ada"
    assert signer("Security", "") == ""
    approvals = [Approval("QA", "", 1), Approval("A", "Backend", 2), Approval("B", "backend", 3)]
    assert teams_of(approvals, PEOPLE) == ("acme/qa", "acme/backend")
    assert not is_team("ada")


def test_the_doctor_says_what_teams_need(tmp_path: Path) -> None:
    store, github = sqlite_store(tmp_path / "plansync.sqlite3"), FakeGitHub()
    repo = github.repository()
    store.keep_repo(repo.ref)
    assert check_teams(store, github) == []
    chosen = parse_config('people:\n  A: "@acme/a"\n  B: "@acme/b"\n').settings
    store.keep_choices(ConfigMemory(repo.id, chosen), NOW)
    (check,) = check_teams(store, github)
    assert not check.good
    assert check.found.startswith("acme/shop names acme/a, and 1 more")
    assert "Members: read-only" in check.fix
    github.permissions["members"] = "read"
    (check,) = check_teams(store, github)
    assert check.good
    store.close()
