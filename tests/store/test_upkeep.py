"""When plans were compared, whose turn a sweep is, and which repositories are blocked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.blocks import RECHECK, Block
from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, RequestMemory, SubjectKey, Trigger
from bot.store import Store

REPO = RepoRef(id=7, full_name="octo/plans", installation_id=3)
DAY = timedelta(days=1)
PATH = "plan_docs/search.md"
KEY = SubjectKey(7, "plan", PATH)


def arrive(store: Store, now: datetime, guid: str, key: SubjectKey = KEY) -> int:
    store.receive(guid, "push", b"{}", received_at=now)
    (found,) = store.new_deliveries()
    store.record_dispatch(found.id, [Trigger(key)], due_at=now, repo=REPO)
    return found.id


def stale(store: Store, before: datetime) -> list[str]:
    return [plan.path for plan in store.stale_plans(before)]


def test_a_plan_is_stale_until_a_reconcile_has_compared_it(store: Store, now: datetime) -> None:
    store.keep_repo(REPO)
    store.remember([PlanMemory(7, PATH, "feature-plan"), PlanMemory(7, "b.md", "feature-plan")])
    store.remember([PlanMemory(7, "gone.md", "feature-plan", state="gone")])
    assert stale(store, now) == ["b.md", PATH]
    (found, _) = store.stale_plans(now)
    assert (found.repo, found.compared_at) == (REPO, None)

    store.finish(KEY, [arrive(store, now, "a")], finished_at=now, compared=False)
    assert stale(store, now) == ["b.md", PATH]
    store.finish(KEY, [arrive(store, now, "b")], finished_at=now)
    assert stale(store, now) == ["b.md"]
    assert stale(store, now + DAY) == ["b.md", PATH]
    memory = store.plan(7, PATH)
    assert memory is not None
    store.remember([replace(memory, title="Search")])
    assert stale(store, now) == ["b.md"]


def test_what_a_request_made_counts_as_compared(store: Store, now: datetime) -> None:
    request = SubjectKey(7, "request", "1")
    made = PlanMemory(7, PATH, "feature-plan")
    ids = [arrive(store, now, "a", request)]
    store.finish(request, ids, finished_at=now, remember=[made])
    assert stale(store, now) == []
    assert stale(store, now + DAY) == [PATH]


def test_a_look_at_its_sub_issues_compares_no_plan(store: Store, now: datetime) -> None:
    store.keep_repo(REPO)
    plan = PlanMemory(7, PATH, "feature-plan")
    store.remember([plan])
    key = SubjectKey(7, "relations", PATH)
    store.finish(key, [arrive(store, now, "a", key)], finished_at=now, remember=[plan])
    assert stale(store, now) == [PATH]


def test_a_deleted_plan_is_compared_while_somebody_is_asked(store: Store, now: datetime) -> None:
    store.keep_repo(REPO)
    gone = PlanMemory(7, PATH, "feature-plan", 3, state="deleted", stopped="1", stopped_for="gone")
    store.finish(KEY, [], finished_at=now, remember=[gone])
    assert stale(store, now + DAY) == [PATH]
    store.finish(KEY, [], finished_at=now, remember=[replace(gone, stopped_for="")])
    assert stale(store, now + DAY) == []


def test_a_parked_plan_is_not_swept(store: Store, now: datetime) -> None:
    arrive(store, now, "a")
    store.remember([PlanMemory(7, PATH, "feature-plan")])
    assert stale(store, now) == [PATH]
    store.park(KEY, "a bug", now=now)
    assert stale(store, now) == []


def test_known_deliveries_are_told_from_others(store: Store, now: datetime) -> None:
    names = [f"guid-{n}" for n in range(1200)]
    store.receive(names[3], "push", b"{}", received_at=now)
    store.receive(names[1100], "push", b"{}", received_at=now)
    assert store.known_deliveries(names) == {names[3], names[1100]}
    assert store.known_deliveries([]) == set()


def test_a_sweep_is_one_workers_turn(store: Store, now: datetime) -> None:
    later = now + timedelta(minutes=5)
    assert store.claim_sweep("deliveries", now, later)
    assert not store.claim_sweep("deliveries", now, later)
    assert store.claim_sweep("drift", now, later)
    assert store.claim_sweep("deliveries", later, later + timedelta(minutes=5))
    assert store.sweep_cursor("deliveries") == {}
    store.keep_sweep_cursor("deliveries", {"seen": 12})
    assert store.sweep_cursor("deliveries") == {"seen": 12}
    assert store.sweep_cursor("drift") == {}


def test_a_block_is_kept_renewed_and_lifted(store: Store, now: datetime) -> None:
    arrive(store, now, "a")
    block = Block(7, "archived", "It is archived.", now, now)
    store.keep_block(block)
    assert store.block(7) == block
    assert store.block(8) is None
    assert block.until == now + RECHECK
    renewed = replace(block, checked_at=now + RECHECK)
    store.keep_block(renewed)
    assert store.blocks() == [renewed]

    other = SubjectKey(8, "plan", "other.md")
    arrive(store, now, "b", other)
    store.park(KEY, "It is archived.", now=now)
    store.park(other, "a bug", now=now)
    assert store.parked_in(7) == [KEY]
    assert store.due_subjects(now + DAY) == []
    assert store.lift_block(7, now) == 1
    assert store.block(7) is None
    assert [due.key for due in store.due_subjects(now)] == [KEY]
    assert store.parked_in(8) == [other]


def test_one_installations_plans_do_not_take_all_the_places(store: Store, now: datetime) -> None:
    other = RepoRef(8, "octo/blog", 4)
    blocked = RepoRef(9, "octo/old", 5)
    for repo in (REPO, other, blocked):
        store.keep_repo(repo)
    store.keep_block(Block(9, "archived", "It is archived.", now, now))
    names = [f"{letter}.md" for letter in "abc"]
    store.remember([PlanMemory(n, name, "feature-plan") for n in (7, 8, 9) for name in names])
    found = store.stale_plans(now, each=2)
    assert [(plan.repo.id, plan.path) for plan in found] == [
        (7, "a.md"),
        (7, "b.md"),
        (8, "a.md"),
        (8, "b.md"),
    ]
    assert store.repository_ids(4) == [8]


def test_what_waits_in_a_pull_request_is_listed(store: Store, now: datetime) -> None:
    store.remember([PlanMemory(7, PATH, "feature-plan", proposed=12, waiting_text="# Plan\n")])
    store.remember([PlanMemory(7, "b.md", "feature-plan"), RequestMemory(7, 3, "proposed")])
    store.remember([PlanMemory(8, "c.md", "feature-plan", proposed=1), RequestMemory(7, 4)])
    assert store.proposed_in(7) == [SubjectKey(7, "request", "3"), KEY]
    memory = store.plan(7, PATH)
    assert memory is not None
    assert (memory.proposed, memory.waiting_text) == (12, "# Plan\n")
    store.remember([PlanMemory(7, PATH, "feature-plan")])
    assert store.proposed_in(7) == [SubjectKey(7, "request", "3")]


def test_plans_whose_pull_requests_are_about_to_be_looked_at_are_listed(
    store: Store, now: datetime
) -> None:
    def about(claim: str, key: SubjectKey) -> int:
        store.receive(claim, "push", b"{}", received_at=now)
        (found,) = store.new_deliveries()
        store.record_dispatch(found.id, [Trigger(key, claim)], due_at=now, repo=REPO)
        return found.id

    number = about("pull:1:digest", KEY)
    about("pull:2:digest", KEY)
    about("commit:abc:undo:def=abc", SubjectKey(7, "plan", "a_b.md"))
    about("commit:abc", SubjectKey(7, "plan", "pushed.md"))
    about("pull:3:digest", SubjectKey(77, "plan", "elsewhere.md"))
    about("pull:4:digest", SubjectKey(7, "pull", "4"))
    assert store.plan_paths_under_way(7) == ["a_b.md", PATH]
    store.finish(KEY, [number], finished_at=now)
    assert store.plan_paths_under_way(7) == ["a_b.md", PATH]
    store.finish(KEY, [number + 1], finished_at=now)
    assert store.plan_paths_under_way(7) == ["a_b.md"]
