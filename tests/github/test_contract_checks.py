"""Check runs, on the fake and on the gateway over the emulator alike."""

from __future__ import annotations

import pytest

from bot.github.ports import Refused
from bot.github.snapshots import Annotation, CheckOutput
from tests.github.sides import Side

REMARK = Annotation("README.md", 1, "failure", "plan.x", "This is wrong. Mend it.")


def head(github: Side) -> str:
    sha = github.reader.head("main")
    assert sha is not None
    return sha


def output(title: str = "1 error", *annotations: Annotation) -> CheckOutput:
    return CheckOutput(title, "A table", annotations)


def test_a_check_run_is_made_and_found(github: Side) -> None:
    sha = head(github)
    assert github.reader.check(sha, "plansync") is None
    made = github.writer.create_check(
        "plansync", sha, output("1 error", REMARK), external_id="plansync:7:a", conclusion="failure"
    )
    assert (made.status, made.conclusion, made.head_sha) == ("completed", "failure", sha)
    assert github.reader.check(sha, "plansync") == made
    assert github.reader.check(sha, "other") is None
    assert made.external_id == "plansync:7:a"


def test_the_newest_check_run_counts(github: Side) -> None:
    sha = head(github)
    for conclusion in ("failure", "success"):
        made = github.writer.create_check(
            "plansync", sha, output(), external_id=conclusion, conclusion=conclusion
        )
    assert github.reader.check(sha, "plansync") == made


def test_a_check_run_with_many_remarks_ends_with_the_last(github: Side) -> None:
    sha = head(github)
    begun = github.writer.create_check(
        "plansync", sha, output("51", *[REMARK] * 50), external_id="x", conclusion=None
    )
    assert (begun.status, begun.conclusion) == ("in_progress", None)
    ended = github.writer.extend_check(begun.id, output("51", REMARK), conclusion="neutral")
    assert (ended.id, ended.status, ended.conclusion) == (begun.id, "completed", "neutral")
    assert github.reader.check(sha, "plansync") == ended


def test_a_commit_without_checks_and_one_that_is_not_there(github: Side) -> None:
    assert github.reader.check("0" * 40, "plansync") is None
    with pytest.raises(Refused):
        github.writer.extend_check(123456, output(), conclusion="success")


def test_check_runs_come_back_as_webhooks(github: Side) -> None:
    sha = head(github)
    made = github.writer.create_check(
        "plansync", sha, output(), external_id="plansync:7:a", conclusion="success"
    )
    assert github.reader.repo.full_name == "acme/shop"
    if ("check_run", "created") in github.webhooks() or github.name == "fake":
        created = github.webhook("check_run", "created")
        assert created["check_run"]["id"] == made.id
        assert created["check_run"]["external_id"] == "plansync:7:a"
        assert created["sender"]["type"] == "Bot"


def test_a_repository_beside_ours_that_the_app_is_not_on(github: Side) -> None:
    assert github.reader.neighbour(".github") is None
    same = github.reader.neighbour("shop")
    assert same is not None
    assert same.repo == github.reader.repo
