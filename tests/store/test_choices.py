"""What repositories chose and what was reported, on both kinds of database."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.checks import CheckMemory, external_id, group_head, group_name, subject_name
from bot.config import ConfigMemory, RepoConfig
from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, SubjectKey
from bot.store import Store

CHOSEN = ConfigMemory(
    7,
    {"labels": {"rfc: x": "track-spec"}, "adopt": ["a/*.md"], "checks": {"fail_on": "never"}},
    ("acme/shop:.github/plansync.yml", "acme/.github:.github/plansync.yml"),
    ("x.yml:1: wrong",),
    "seen",
    "commit:a",
)


def test_choices_are_kept_and_replaced(store: Store, now: datetime) -> None:
    assert store.choices(7) is None
    assert store.config(7) == RepoConfig()
    store.keep_choices(CHOSEN, now)
    assert store.choices(7) == CHOSEN
    assert store.config(7).labels == {"rfc: x": "track-spec"}
    assert store.config(7).checks.fail_on == "never"
    store.keep_choices(ConfigMemory(7), now)
    assert store.choices(7) == ConfigMemory(7)
    assert store.choices(8) is None


def test_who_takes_from_a_repository_is_found(store: Store, now: datetime) -> None:
    store.keep_choices(CHOSEN, now)
    store.keep_choices(ConfigMemory(8, sources=("acme/shops:x.yml",)), now)
    assert store.choosing_from("acme/.github") == [7]
    assert store.choosing_from("ACME/shop") == [7]
    assert store.choosing_from("acme/sho") == []


def test_choices_that_were_not_read_for_long_come_first(store: Store, now: datetime) -> None:
    for number in (7, 8, 9):
        store.keep_repo(RepoRef(number, f"acme/r{number}", 1))
    store.keep_choices(CHOSEN, now)
    store.keep_choices(ConfigMemory(8), now - timedelta(days=2))
    assert [repo.id for repo in store.stale_choices(now - timedelta(days=1))] == [9, 8]
    assert [repo.id for repo in store.stale_choices(now - timedelta(days=1), limit=1)] == [9]
    assert len(store.stale_choices(now + timedelta(days=1))) == 3


def test_a_check_is_kept_beside_the_repositorys_plans(store: Store, now: datetime) -> None:
    kept = CheckMemory(7, "41", "check:a:b:l", "a" * 40, ("x.md",), "0123")
    assert store.check_side(7, "41").memory is None
    store.remember([PlanMemory(7, "x.md", "feature-plan", issue_number=5)])
    key = SubjectKey(7, "check", "41")
    store.finish(key, [], remember=[kept], finished_at=now)
    side = store.check_side(7, "41")
    assert side.memory == kept
    assert (side.path_of(5), side.issue_of("x.md"), side.path_of(6)) == ("x.md", 5, None)
    assert store.checks_at(7, "a" * 40) == ["41"]
    assert store.checks_at(8, "a" * 40) == []


def test_removed_repositories_are_forgotten(store: Store, now: datetime) -> None:
    store.keep_repo(RepoRef(7, "acme/shop", 3))
    store.keep_choices(CHOSEN, now)
    store.finish(SubjectKey(7, "check", "41"), [], remember=[CheckMemory(7, "41")], finished_at=now)
    assert store.purge(3, None, delivery_id=10, now=now, action="deleted") == [7]
    assert store.choices(7) is None
    assert store.check_side(7, "41").memory is None


def test_a_check_run_is_known_again_by_its_name() -> None:
    assert subject_name(external_id("41", "abc")) == "41"
    assert subject_name(external_id(group_name("a" * 40), "abc")) == f"group-{'a' * 40}"
    for other in ("", "lint", "plansync", "plansync:41", "plansync::x", "x:41:y"):
        assert subject_name(other) is None
    assert group_head(group_name("abc")) == "abc"
    assert group_head("41") is None
