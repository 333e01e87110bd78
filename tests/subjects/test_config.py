"""A repository's configuration: in force as soon as it is pushed, and told where it is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.config import CONFIG_PATH, RepoConfig
from bot.events import COMPARE
from bot.store import Store
from bot.subjects.configured import LABELS
from bot.sweeps import CONFIG_AGE, sweep_configs, wish
from tests.fake_github import FakeCheck, FakeRepository
from tests.subjects.desk import work_again
from tests.world import World


def config(world: World) -> RepoConfig:
    return world.store.config(world.repo.id)


def problems(world: World) -> tuple[str, ...]:
    known = world.store.choices(world.repo.id)
    assert known is not None
    return known.problems


def check_on(world: World, sha: str) -> FakeCheck:
    return world.repo.checks_on(sha)[-1]


def beside(world: World, name: str, text: str, path: str = CONFIG_PATH) -> FakeRepository:
    """Another repository of the same owner with a configuration file."""
    repo = world.github.repository(f"acme/{name}", files={path: text})
    world.store.keep_repo(repo.ref)
    return repo


def test_a_label_of_its_own_asks_for_a_plan(world: World) -> None:
    world.configure("labels:\n  rfc: feature-plan\n")
    world.request(label="plan:feature")
    assert world.repo.paths() == [CONFIG_PATH, "README.md"]
    world.request(label="rfc")
    assert "plan_docs/search.md" in world.repo.paths()


def test_a_request_right_after_the_push_of_its_label_is_answered(world: World) -> None:
    world.bob.push_file(CONFIG_PATH, "labels:\n  rfc: feature-plan\n")
    world.alice.open_issue("Search", "", ("rfc",))
    world.settle()
    assert "plan_docs/search.md" in world.repo.paths()


def test_plans_pushed_with_the_glob_that_adopts_them_get_their_issue(world: World) -> None:
    world.request()
    text = world.repo.text("plan_docs/search.md").replace("Search", "Basket")
    config_text = "adopt:\n  - docs/**/*.md\n"
    world.bob.push_files({CONFIG_PATH: config_text, "docs/a/basket.md": text}, "Move")
    world.settle()
    assert world.plan_issue("docs/a/basket.md")


def test_a_lost_database_misses_no_request_with_a_label_of_its_own(
    world: World, tmp_path: object
) -> None:
    world.configure("labels:\n  rfc: feature-plan\n")
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.alice.open_issue("Search", "", ("rfc",))
    world.settle()
    assert "plan_docs/search.md" in world.repo.paths()


def test_an_issue_that_waits_in_vain_is_ignored_after_two_looks(world: World) -> None:
    world.bob.push_file(CONFIG_PATH, "brake: 0.5\n")
    world.alice.open_issue("A bug", "", ("bug",))
    world.settle()
    assert world.new_calls() == ["file", "file"]
    world.alice.open_issue("A bug", "", ("bug",))
    world.settle()
    assert world.new_calls() == []


def test_a_push_that_changes_it_costs_one_request(world: World) -> None:
    world.new_calls()
    world.configure("brake: 0.5\n")
    assert world.new_calls() == ["file"]
    assert config(world).brake == 0.5
    world.send(list(world.github.deliveries))
    world.work()
    assert world.new_calls() == []


def test_the_last_good_configuration_stays_in_force_and_the_bad_one_is_told_once(
    world: World,
) -> None:
    world.configure("brake: 0.5\n")
    sha = world.configure("brake: 0.7\nbreak: 2\n")
    assert config(world).brake == 0.5
    assert problems(world) == (f"{CONFIG_PATH}:2: There is no key `break`. Did you mean `brake`?",)
    check = check_on(world, sha)
    assert (check.conclusion, check.title) == ("failure", "1 error")
    (remark,) = check.annotations
    assert (remark.path, remark.line, remark.level) == (CONFIG_PATH, 2, "failure")
    assert "Did you mean `brake`?" in remark.message
    assert work_again(world) == []
    assert len(world.repo.checks) == 1
    mended = world.configure("brake: 0.7\n")
    assert config(world).brake == 0.7
    assert problems(world) == ()
    assert check_on(world, mended).conclusion == "success"


def test_a_first_configuration_that_is_wrong_leaves_the_defaults(world: World) -> None:
    world.configure("brake: 12\n")
    assert config(world) == RepoConfig()
    assert len(problems(world)) == 1


@pytest.mark.parametrize("before", ["", "brake: 0.7\n"])
def test_a_dry_run_holds_whatever_else_is_wrong(world: World, before: str) -> None:
    if before:
        world.configure(before)
    world.configure("dry_run: true\nbrakes: 1\n")
    assert config(world).dry_run
    assert config(world).brake == (0.7 if before else RepoConfig().brake)
    assert len(problems(world)) == 1


def test_only_the_default_branch_counts(world: World) -> None:
    world.bob.create_branch("work")
    world.bob.push_file(CONFIG_PATH, "brake: 0.9\n", branch="work")
    world.settle()
    assert config(world) == RepoConfig()


def test_a_removed_file_brings_the_defaults_back(world: World) -> None:
    world.configure("brake: 0.5\n")
    world.bob.push_files({CONFIG_PATH: None}, "Remove")
    world.settle()
    assert config(world) == RepoConfig()


def test_the_owners_default_holds_where_a_repository_has_none(world: World) -> None:
    beside(world, ".github", "brake: 0.6\n")
    world.configure("brake: 0.5\n")
    assert config(world).brake == 0.5
    world.bob.push_files({CONFIG_PATH: None}, "Remove")
    world.settle()
    assert config(world).brake == 0.6


@pytest.mark.parametrize("own", ["_extends: .github\n", None])
def test_a_change_of_the_owners_default_reaches_its_repositories(
    world: World, own: str | None
) -> None:
    org = beside(world, ".github", "brake: 0.6\n")
    world.configure(own or "brake: 0.1\n")
    if own is None:
        world.bob.push_files({CONFIG_PATH: None}, "Remove")
        world.settle()
    assert config(world).brake == 0.6
    org.commit("olivia", {CONFIG_PATH: b"brake: 0.9\n"}, "More")
    world.settle()
    assert config(world).brake == 0.9
    org.commit("olivia", {CONFIG_PATH: b"brake: nine\n"}, "Wrong")
    world.settle()
    assert config(world).brake == 0.9
    assert "acme/.github:.github/plansync.yml:1" in problems(world)[0]
    assert world.repo.checks == {}
    assert [run.conclusion for run in org.checks.values()] == ["failure"]


def test_files_extend_one_another_and_the_nearer_wins(world: World) -> None:
    beside(world, ".github", "brake: 0.6\nchecks: {fail_on: never}\n_extends: base:a.yml\n")
    beside(world, "base", "dry_run: false\nbrake: 0.1\nstatuses: {complete: Done}\n", "a.yml")
    world.configure("_extends: .github\nchecks:\n  every_pull: true\n")
    now = config(world)
    assert (now.brake, now.checks.fail_on, now.checks.every_pull) == (0.6, "never", True)
    assert now.statuses["complete"] == "Done"


@pytest.mark.parametrize(
    ("others", "text", "words"),
    [
        ({}, "_extends: nowhere", "There is no acme/nowhere:.github/plansync.yml"),
        ({}, "_extends: other/base", "belongs to another owner"),
        ({}, "_extends: shop", "form a circle"),
        ({"a": "_extends: shop"}, "_extends: a", "form a circle"),
        ({"a": "_extends: b", "b": "_extends: c", "c": "_extends: d", "d": ""}, "_extends: a",
         "More than 3 files"),
        ({"a": "brake: 7"}, "_extends: a", "acme/a:.github/plansync.yml:1: There is a mistake"),
        ({"a": "password: hunter2"}, "_extends: a", "There is a mistake on this line"),
        ({"a": "statuses: {pending: open}"}, "_extends: a\nstatuses: {complete: Open}",
         "must differ"),
    ],
)  # fmt: skip
def test_what_cannot_be_extended_is_told(
    world: World, others: dict[str, str], text: str, words: str
) -> None:
    for name, other in others.items():
        beside(world, name, other)
    world.configure("brake: 0.5\n")
    world.configure(text + "\n")
    assert config(world).brake == 0.5
    (problem,) = problems(world)
    assert words in problem


def test_three_files_may_extend_one_another(world: World) -> None:
    beside(world, "a", "_extends: b")
    beside(world, "b", "_extends: c")
    beside(world, "c", "brake: 0.8")
    world.configure("_extends: a\n")
    assert (problems(world), config(world).brake) == ((), 0.8)


def test_a_repository_that_was_never_asked_is_read_before_anything_is_done(
    world: World, tmp_path: object
) -> None:
    """The database is lost: what the file says holds all the same."""
    world.configure("dry_run: true\n")
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.new_calls()
    writes = len(world.repo.git.commits)
    world.alice.open_issue("Search", "", ("plan:feature",))
    world.settle()
    assert world.new_calls()[0] == "file"
    assert config(world).dry_run
    assert len(world.repo.git.commits) == writes


def test_a_dry_run_writes_nothing_but_what_it_would_do(world: World) -> None:
    number = world.request()
    plan = world.plan_issue("plan_docs/search.md")
    world.configure("dry_run: true\n")
    commits, comments = len(world.repo.git.commits), len(world.repo.comments)
    before = world.repo.text("plan_docs/search.md")
    for _ in range(3):
        world.alice.tick(plan, "Backend/API changes")
        world.settle()
        world.bob.untick(plan, "Backend/API changes")
        world.settle()
        world.alice.tick(plan, "Backend/API changes")
        world.settle()
    assert world.repo.text("plan_docs/search.md") == before
    assert len(world.repo.git.commits) == commits
    assert len(world.repo.comments) == comments + 1
    (said,) = [c.body for c in world.repo.comments_on(plan) if "### Dry run" in c.body]
    assert "CommitFiles plan\\_docs/search.md: Tick “Backend/API changes”" in said
    asked = world.request("Basket")
    assert "plan_docs/basket.md" not in world.repo.paths()
    assert any("### Dry run" in c.body for c in world.repo.comments_on(asked))
    world.configure("dry_run: false\n")
    assert "- [x] Backend/API changes" in world.repo.text("plan_docs/search.md")
    assert "plan_docs/basket.md" in world.repo.paths()
    assert number < asked


def test_in_a_dry_run_the_same_thing_is_said_once(world: World) -> None:
    world.request()
    plan = world.plan_issue("plan_docs/search.md")
    world.configure("dry_run: true\n")
    world.alice.tick(plan, "Backend/API changes")
    world.settle()
    assert work_again(world) == []


def test_an_installation_is_when_the_file_is_looked_for(world: World) -> None:
    repo = world.github.repository("acme/new", files={CONFIG_PATH: "brake: 0.5\n"})
    payload = {"action": "created", "repositories": [{"id": repo.id, "full_name": repo.full_name}]}
    world.github.deliver(repo, "installation", "olivia", payload)
    world.settle()
    assert world.store.config(repo.id).brake == 0.5


def test_what_no_webhook_told_of_is_found_within_a_day(world: World) -> None:
    world.store.keep_repo(world.repo.ref)
    with world.github.silence():
        world.bob.push_file(CONFIG_PATH, "brake: 0.5\n")
    assert sweep_configs(world.store, world.github.now) == 0
    world.github.now += CONFIG_AGE + timedelta(hours=1)
    assert sweep_configs(world.store, world.github.now) == 1
    assert sweep_configs(world.store, world.github.now) == 0
    world.new_calls()
    world.send([])
    world.settle()
    assert config(world).brake == 0.5
    assert world.new_calls() == ["file"]
    assert sweep_configs(world.store, world.github.now) == 0


def test_a_repository_that_is_not_known_yet_is_looked_at(world: World) -> None:
    beside(world, "new", "brake: 0.5\n")
    assert sweep_configs(world.store, world.github.now) == 1
    world.send([])
    world.settle()
    assert world.store.config(2).brake == 0.5


def want_labels(world: World) -> None:
    now = world.github.now
    asked = wish(world.repo.ref, "config", "", now, why=LABELS, since=now)
    world.store.receive(asked.guid, COMPARE, asked.body, received_at=now)
    world.github.now += timedelta(minutes=1)
    world.settle()


def test_the_labels_that_ask_for_a_plan_are_made_where_somebody_wants_them(world: World) -> None:
    world.configure("labels:\n  rfc: feature-plan\n  Plan:Story: user-story\n")
    world.repo.labels["plan:story"] = "000000"
    want_labels(world)
    assert world.repo.labels["rfc"]
    assert world.repo.labels["plan:story"] == "000000"
    assert "Plan:Story" not in world.repo.labels
    assert "plan:feature" not in world.repo.labels
    (entry,) = [e for e in world.store.audit(limit=50) if e.entry.kind == "MakeLabels"]
    assert entry.entry.target == "rfc"
    world.new_calls()
    want_labels(world)
    assert not [name for name in world.new_calls() if name.startswith("create")]


def test_a_dry_run_makes_no_labels_and_says_so(world: World) -> None:
    world.configure("dry_run: true\nlabels:\n  rfc: feature-plan\n")
    want_labels(world)
    assert world.repo.labels == {}
    notes = [row.note for row in world.store.deliveries(limit=5)]
    assert any("dry run: the labels rfc are not made" in note for note in notes)
    world.configure("labels:\n  rfc: feature-plan\n")
    want_labels(world)
    assert [*world.repo.labels] == ["rfc"]


def test_labels_are_not_made_by_themselves(world: World) -> None:
    world.configure("brake: 0.5\n")
    assert world.repo.labels == {}
