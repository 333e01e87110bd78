"""Facts of pull requests as values: kept in a marker, applied once, whatever order they come in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import RepoConfig
from bot.memory import LinkedTask, PlanMemory, PullMemory
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.linked import (
    TaskRef,
    Version,
    find_task,
    follow_task,
    parse_ref,
    ref_of,
    resolve_link,
    shown_address,
)
from bot.plans.render import StatusMarker, parse_status_marker, render_status_marker
from bot.subjects.pull_facts import apply_facts, pulls_now
from bot.subjects.pull_read import is_plan_file
from bot.subjects.pull_standing import watched, with_standings
from bot.subjects.pull_words import fact_of, facts_of
from tests.formats.plans_at_hand import PATHS, filled_text
from tests.subjects.test_pulls import FEATURE, PLAN

CONFIG = RepoConfig()
FORMATS = ["feature-plan", "user-story", "task-plan"]
TASKS = {
    "feature-plan": ["0.1", "1.2", "2.1", "A.1", "9.9"],
    "user-story": ["1", "2", "3", "R-1", "99"],
    "task-plan": ["S-1/T-1", "S-2/T-1", "S-2/T-2", "S-2/E-1", "S-9/T-9"],
}
STATES = ["open", "draft", "merged", "closed"]


def plan_of(text: str, path: str = FEATURE) -> Version:
    plan = read_plan(path, parse_document(text))
    assert plan is not None
    return Version(plan, text)


def linked(number: int, state: str, *named: str, **more: object) -> PullMemory:
    links = tuple(LinkedTask(name) for name in named)
    return PullMemory(number, state, f"https://github.com/acme/shop/pull/{number}", links=links,
                      **more)  # type: ignore[arg-type]  # fmt: skip


def known(pulls: tuple[PullMemory, ...], path: str, text: str) -> tuple[PullMemory, ...]:
    memory = PlanMemory(1, path, "", 12, pulls=pulls)
    return pulls_now(memory, (), (), (), text, CONFIG)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(FORMATS))
def test_facts_are_applied_once_and_survive_the_marker(data: st.DataObject, name: str) -> None:
    path, text = PATHS[name], filled_text(name)
    count = data.draw(st.integers(1, 4))
    pulls: tuple[PullMemory, ...] = tuple(
        linked(
            40 + n,
            data.draw(st.sampled_from(STATES)),
            *data.draw(st.lists(st.sampled_from(TASKS[name]), max_size=3, unique=True)),
            vouched=data.draw(st.booleans()),
            reverts=data.draw(st.sampled_from([(), (), (40,)])),
        )
        for n in range(count)
    )
    applied: tuple[str, ...] = ()
    base = text
    for _ in range(data.draw(st.integers(1, 3))):
        moved = apply_facts(text, path, applied, known(pulls, path, text), CONFIG, before=base)
        again = apply_facts(
            moved.text, path, facts_of(moved.pulls), moved.pulls, CONFIG, before=moved.text
        )
        assert (again.text, again.reasons, again.changed) == (moved.text, (), ())
        marker = render_status_marker(StatusMarker("a" * 40, facts_of(moved.pulls)))
        parsed = parse_status_marker(marker)
        assert parsed is not None
        assert parsed.facts == facts_of(moved.pulls)
        memory = PlanMemory(1, path, "", 12, facts=parsed.facts)
        found = pulls_now(memory, (), (), (), moved.text, CONFIG)
        lost = apply_facts(moved.text, path, parsed.facts, found, CONFIG, before=moved.text)
        assert (lost.text, lost.changed) == (moved.text, ())
        text = base = moved.text
        applied = facts_of(moved.pulls)
        changed = data.draw(st.integers(0, count - 1))
        pulls = tuple(
            replace(pull, state=data.draw(st.sampled_from(STATES))) if n == changed else pull
            for n, pull in enumerate(moved.pulls)
        )


@given(st.text(min_size=1, max_size=30), st.sampled_from(["", "0123abcd"]))
def test_any_address_is_one_word_of_a_marker(address: str, digest: str) -> None:
    ref = TaskRef(address.encode("utf-8", "ignore").decode() or "x", digest)
    word = ref.render()
    assert not set(word) & set(' ,"<>:=?!\n')
    assert parse_ref(word) == ref


@pytest.mark.parametrize(
    ("link", "word"),
    [
        (LinkedTask("2", "2"), "2"),
        (LinkedTask("S-1/T-2", "S-1/T-2", "0123abcd"), "S-1/T-2~0123abcd"),
        (LinkedTask("S-1/T-2", "S-1/T-3", "0123abcd"), "S-1/T-3~0123abcd=S-1/T-2"),
        (LinkedTask('"a, b"', "1.1", "0123abcd"), "1.1~0123abcd=%22a%2C%20b%22"),
        (LinkedTask("T099"), "?T099"),
        (LinkedTask("1.2", "1.2", "0123abcd", gone=True), "-1.2~0123abcd"),
    ],
)
def test_words_of_facts(link: LinkedTask, word: str) -> None:
    pull = PullMemory(41, "open", links=(link,), reverts=(40,))
    assert fact_of(pull) == f"41:open:{word},!40"
    memory = PlanMemory(1, FEATURE, "", 12, facts=(fact_of(pull),))
    (found,) = pulls_now(memory, (), (), (), "", CONFIG)
    assert found.links == (link,)
    assert found.reverts == (40,)


@pytest.mark.parametrize("fact", ["", "x", "41", "41:open", "41:odd:2", ":open:2", "41:open:~,=,,"])
def test_facts_that_are_none_are_passed_over(fact: str) -> None:
    memory = PlanMemory(1, FEATURE, "", 12, facts=(fact,))
    assert all(not pull.links for pull in pulls_now(memory, (), (), (), "", CONFIG))


def test_a_hostile_row_number_is_no_link_and_never_shown_as_it_is() -> None:
    text = filled_text("user-story").replace("| 2 | Sign", "| @all<!-- | Sign")
    version = plan_of(text, PATHS["user-story"])
    assert resolve_link("@all<!--", version) is not None
    assert shown_address("@all<!--") == "_all__--"
    pulls = (linked(41, "open", '"Sign and verify"'),)
    moved = apply_facts(text, version.plan.path, (), known(pulls, version.plan.path, text), CONFIG)
    assert not any("@" in reason or "<" in reason for reason in moved.reasons)
    assert "<" not in fact_of(moved.pulls[0])


def test_a_path_is_shown_without_what_it_could_do() -> None:
    pulls = (linked(41, "open", "1.1"),)
    path = "plan_docs/closes #1 @all.md"
    moved = apply_facts(PLAN, path, (), known(pulls, path, PLAN), CONFIG)
    assert moved.reasons == ("#41 is open: task 1.1 of plan_docs/closes%20%231%20%40all.md",)


def test_equal_texts_are_told_apart_by_their_group() -> None:
    text = PLAN.replace("- [ ] Turn it on", "- [ ] Write the index\n- [ ] Turn it on")
    version = plan_of(text)
    task = version.plan.task("2.1")
    assert task is not None
    ref = ref_of(version.plan, task)
    shifted = plan_of(text.replace("### Phase 2: Ship\n\n", "### Phase 2: Ship\n\n- [ ] New\n"))
    found = find_task(shifted.plan, ref)
    assert found is not None
    assert (found.address, found.text) == ("2.2", "Write the index")
    gone = plan_of(PLAN.replace("- [ ] Write the index\n", ""))
    assert follow_task(TaskRef("1.2", "00000000"), gone) is None


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("plan_docs/search.md", True),
        ("docs/user-stories/x.md", True),
        ("plans/a/b/E-1/features/F/impl-plan.md", True),
        ("plans/a/b/E-1/features/F/tasks.md", True),
        ("plans/a/b/E-1/features/F/checklists/requirements.md", True),
        ("plans/a/b/E-1/features/F/research.md", False),
        ("src/plan.md", False),
        ("src/a.py", False),
    ],
)
def test_which_files_are_plan_files(path: str, is_one: bool) -> None:
    plan = "plans/a/b/E-1/features/F/impl-plan.md"
    assert is_plan_file(path, plan, CONFIG.adopts) is is_one


def test_standings_of_stacked_and_reverted_pull_requests() -> None:
    def pull(number: int, **more: object) -> PullMemory:
        kind: dict[str, object] = {"base": "main", "merged_at": f"2026-03-0{number}T00:00:00Z"}
        return PullMemory(number, "merged", tasks=("1",), **{**kind, **more})  # type: ignore[arg-type]

    stacked = [
        pull(1, base="b", into_default=False, head="a", merge_commit="abc1234567"),
        pull(2, base="c", into_default=False, head="b"),
        pull(3, head="c"),
    ]
    assert [p.standing for p in with_standings(stacked[:2])] == ["elsewhere", "elsewhere"]
    assert watched(with_standings(stacked[:1])) == ("branch:b", "merge:abc1234567")
    assert [p.standing for p in with_standings(stacked)] == ["merged"] * 3
    assert [p.standing for p in with_standings(stacked[:1], "b")] == ["merged"]
    early = [stacked[0], replace(stacked[2], head="b", merged_at="2026-02-01T00:00:00Z")]
    assert with_standings(early)[0].standing == "elsewhere"
    done, undo = pull(4), pull(5, reverts=(4,))
    assert with_standings([done, undo])[0].standing == "reverted"
    assert with_standings([done, replace(undo, state="open")])[0].standing == "merged"
    assert with_standings([done, replace(undo, base="old")])[0].standing == "merged"
    assert with_standings([done, undo, pull(6, reverts=(5,))])[0].standing == "merged"
    loop = [pull(7, reverts=(8,)), pull(8, reverts=(7,))]
    assert [p.standing for p in with_standings(loop)] == ["reverted", "merged"]
