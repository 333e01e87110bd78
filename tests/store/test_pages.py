"""What the pages ask of the store, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, SubjectKey, Trigger
from bot.store import Store
from bot.store.pages import PlanFilter
from bot.store.sessions import SessionRow

TEXT = "# Shop – Search Feature Plan\n\n## Implementation Plan\n\n### Phase 1: Build\n\n"
SHOP, LAB = RepoRef(1, "acme/shop", 9), RepoRef(2, "acme/Lab", 9)


def plan(
    repo: RepoRef, name: str, boxes: str = "- [ ] one\n- [ ] two\n", issue: int = 7
) -> PlanMemory:
    return PlanMemory(
        repo.id, f"plan_docs/{name}.md", "feature-plan", issue, base_text=TEXT + boxes
    )


def keep(store: Store, memory: PlanMemory, now: datetime) -> None:
    key = SubjectKey(memory.repository_id, "plan", memory.path)
    store.finish(key, [], finished_at=now, remember=[memory])


def test_a_list_is_filtered_searched_and_counted(store: Store, now: datetime) -> None:
    store.keep_repo(SHOP)
    store.keep_repo(LAB)
    keep(store, plan(SHOP, "search"), now)
    keep(store, plan(SHOP, "done", "- [x] all\n"), now)
    keep(store, plan(LAB, "100%_sure"), now)
    page = store.plan_page(PlanFilter())
    assert [(row.repository, row.path) for row in page.rows] == [
        ("acme/Lab", "plan_docs/100%_sure.md"),
        ("acme/shop", "plan_docs/done.md"),
        ("acme/shop", "plan_docs/search.md"),
    ]
    assert (page.total, page.statuses) == (3, {"Complete": 1, "Draft": 2})
    assert page.repositories == {"acme/Lab": 1, "acme/shop": 2}
    assert page.rows[2].summary.next == "1.1 one"

    def paths(wanted: PlanFilter) -> list[str]:
        return [row.path.split("/")[1] for row in store.plan_page(wanted).rows]

    assert paths(PlanFilter(repositories=frozenset({1}))) == ["done.md", "search.md"]
    assert paths(PlanFilter(repositories=frozenset())) == []
    assert paths(PlanFilter(repository="ACME/lab")) == ["100%_sure.md"]
    assert paths(PlanFilter(words="0%_s")) == ["100%_sure.md"]
    assert paths(PlanFilter(words="%")) == ["100%_sure.md"]
    assert paths(PlanFilter(words="Acme SEARCH.md")) == ["search.md"]
    assert paths(PlanFilter(open=True, repository="acme/shop")) == ["search.md"]
    assert paths(PlanFilter(status="Complete")) == ["done.md"]
    assert paths(PlanFilter(format="user-story")) == []
    assert store.plan_page(PlanFilter(), limit=1, offset=1).rows[0].path.endswith("done.md")
    assert store.plan_page(PlanFilter(status="Complete")).statuses == {"Complete": 1, "Draft": 2}
    quick = store.plan_page(PlanFilter(status="Complete"), counts=False)
    assert (quick.total, len(quick.rows), quick.formats) == (1, 1, {})
    assert store.plan_page(PlanFilter(status="Complete", open=True)).total == 0


def test_a_plan_that_is_gone_leaves_the_list(store: Store, now: datetime) -> None:
    store.keep_repo(SHOP)
    keep(store, plan(SHOP, "search"), now)
    store.remember([replace(plan(SHOP, "search"), state="gone")])
    assert store.plan_page(PlanFilter()).total == 0
    for state in ("moved", "deleted"):
        store.remember([replace(plan(SHOP, "search"), state=state)])
        assert store.plan_page(PlanFilter()).total == 0, state
    store.remember([replace(plan(SHOP, "search"), state="detached")])
    assert store.plan_page(PlanFilter()).rows[0].state == "detached"


def test_what_waits_for_a_person_is_known_at_once_and_can_be_listed(
    store: Store, now: datetime
) -> None:
    store.keep_repo(SHOP)
    store.keep_repo(LAB)
    keep(store, plan(SHOP, "search"), now)
    keep(store, plan(SHOP, "parked"), now)
    keep(store, plan(LAB, "search"), now)
    assert store.plan_page(PlanFilter(waits=True)).total == 0
    assert store.waiting_plans(10) == (0, [])

    told = replace(plan(SHOP, "search"), stopped="1a", stopped_for="5 of 9 tasks vanished")
    store.remember([told])
    held = replace(plan(LAB, "search"), held=("mallory",))
    keep(store, held, now)
    key = SubjectKey(SHOP.id, "plan", "plan_docs/parked.md")
    store.receive("one", "push", b"{}", received_at=now)
    store.record_dispatch(store.new_deliveries()[0].id, [Trigger(key)], due_at=now)
    store.park(key, "a bug", now=now)

    page = store.plan_page(PlanFilter(waits=True))
    assert [(row.path, row.attention, row.parked) for row in page.rows] == [
        ("plan_docs/search.md", "held", ""),
        ("plan_docs/parked.md", "", "a bug"),
        ("plan_docs/search.md", "stopped", ""),
    ]
    assert page.rows[2].attention_why == "5 of 9 tasks vanished."
    count, rows = store.waiting_plans(1)
    assert (count, [row.repository for row in rows]) == (2, ["acme/Lab"])
    store.remember([replace(told, stopped="", stopped_for="")])
    keep(store, replace(held, held=()), now)
    store.release(key, now)
    assert store.plan_page(PlanFilter(waits=True)).total == 0


def test_a_deleted_plan_is_listed_while_somebody_is_asked(store: Store, now: datetime) -> None:
    store.keep_repo(SHOP)
    gone = replace(
        plan(SHOP, "search"), state="deleted", stopped="1a", stopped_for="it was deleted"
    )
    keep(store, gone, now)
    (row,) = store.plan_page(PlanFilter()).rows
    assert (row.state, row.attention) == ("deleted", "stopped")
    keep(store, replace(gone, stopped_for=""), now)
    assert store.plan_page(PlanFilter()).total == 0


def test_each_change_of_the_counts_is_a_point_of_the_chart(store: Store, now: datetime) -> None:
    memory = plan(SHOP, "search")
    keep(store, memory, now)
    keep(store, memory, now + timedelta(hours=1))
    keep(store, plan(SHOP, "search", "- [x] one\n- [ ] other\n"), now + timedelta(hours=2))
    keep(store, plan(SHOP, "search", "- [x] one\n- [ ] renamed\n"), now + timedelta(hours=3))
    points = store.progress_of(1, memory.path)
    assert [(point.at, point.done, point.total) for point in points] == [
        (now, 0, 2),
        (now + timedelta(hours=2), 1, 2),
    ]
    assert len(store.progress_of(1, memory.path, limit=1)) == 1


def test_plans_of_before_are_summarised_when_they_are_looked_at(
    store: Store, now: datetime
) -> None:
    store.keep_repo(SHOP)
    store.remember([plan(SHOP, f"p{number}") for number in range(5)])
    assert store.plan_page(PlanFilter()).total == 0
    assert store.fill_summaries(now, limit=3) == 2
    assert store.plan_page(PlanFilter()).total == 3
    assert store.fill_summaries(now, limit=3) == 0
    assert store.plan_page(PlanFilter()).total == 5


def test_a_parked_plan_says_why(store: Store, now: datetime) -> None:
    store.keep_repo(SHOP)
    memory = plan(SHOP, "search")
    keep(store, memory, now)
    key = SubjectKey(1, "plan", memory.path)
    store.receive("g", "push", b"{}", received_at=now)
    store.record_dispatch(store.new_deliveries()[0].id, [Trigger(key)], due_at=now)
    store.park(key, "a bug", now=now)
    row = store.plan_row(1, memory.path)
    assert row is not None
    assert (row.parked, row.compared_at) == ("a bug", None)
    store.release(key, now)
    store.finish(key, [1], finished_at=now)
    row = store.plan_row(1, memory.path)
    assert row is not None
    assert (row.parked, row.compared_at) == ("", now)


def test_a_name_finds_its_repository_in_whatever_case(store: Store) -> None:
    store.keep_repo(SHOP)
    assert store.repo_named("Acme/SHOP") == SHOP
    assert store.repo_named("acme/shops") is None


def test_sessions_end_when_they_expire_or_are_ended_once(store: Store, now: datetime) -> None:
    hour = timedelta(hours=1)
    store.keep_session("a" * 64, SessionRow("session", "alice", 5, "sealed", now + hour), now)
    store.keep_session("b" * 64, SessionRow("link", "", 0, "", now + hour), now)
    found = store.session("a" * 64, "session", now)
    assert found is not None
    assert (found.login, found.expires_at) == ("alice", now + hour)
    assert store.session("a" * 64, "link", now) is None
    assert store.session("a" * 64, "session", now + hour) is None
    assert store.end_session("b" * 64, "link", now)
    assert not store.end_session("b" * 64, "link", now)
    assert not store.end_session("a" * 64, "session", now + hour)
    store.keep_session("c" * 64, SessionRow("link", "", 0, "", now + 3 * hour), now + 2 * hour)
    assert store.session("a" * 64, "session", now) is None
