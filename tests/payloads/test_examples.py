"""Every payload that GitHub publishes, whole and damaged: read, or ignored with a reason.

None is an exception, and none is about a repository other than its own.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.dispatch import dispatch
from bot.emulator.install import EmulatorUnavailable
from bot.event_kinds import InstallationEvent, RemovalEvent
from bot.events import HANDLED_EVENTS, Ignored, handles, parse_event
from bot.memory import PlanMemory, PullMemory
from bot.store import Store
from bot.subjects import subjects_of
from tests.conftest import NOW
from tests.payloads.examples import Example, examples

pytestmark = pytest.mark.journey

# What each payload is damaged by: so many keys taken out, so many values given another type.
REMOVED = 40
RETYPED = 40
SEED = 20_261_121

INSTALLATION = {"id": 4_711, "node_id": "MDIz"}
"""What GitHub adds to the payloads that an App gets; most of the published ones have none."""
FOREIGN = 900_000_001
"""A repository that no payload is about; it has a plan at every path that a payload names."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**70, 1.5, float("nan"), "", "x", "\x00", "\ud800", "../../x",
    "a/b/c", "[bot]", [], [None], [[]], {}, {"": None}, {"id": "7"}, {"name": 1}, [{"number": -1}],
)  # fmt: skip


@pytest.fixture(scope="module")
def published() -> tuple[Example, ...]:
    try:
        return examples()
    except EmulatorUnavailable as error:
        pytest.fail(str(error))


@pytest.fixture
def store_with_plans(sqlite_url: str, published: tuple[Example, ...]) -> Iterator[Store]:
    """A store that knows a plan for each number there is, in its own and a foreign repository."""
    store = Store(sqlite_url)
    store.migrate()
    named = {(_repository_id(e.payload), n) for e in published for n in _numbers(e.payload)}
    for repository_id, number in sorted(named):
        for owner in (repository_id, FOREIGN):
            path = f"plan_docs/p{number}.md"
            linked = (PullMemory(number, "open"),)
            memory = PlanMemory(owner, path, "feature-plan", issue_number=number, pulls=linked)
            store.remember([memory])
    yield store
    store.close()


def _repository_id(payload: dict[str, Any]) -> int:
    repository = payload.get("repository")
    number = repository.get("id") if isinstance(repository, dict) else None
    return number if isinstance(number, int) else 0


def _numbers(payload: dict[str, Any]) -> Iterator[int]:
    for key in ("issue", "pull_request"):
        thing = payload.get(key)
        if isinstance(thing, dict) and isinstance(thing.get("number"), int):
            yield thing["number"]


def _as_delivered(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as it comes to an App, from somebody who says what plansync listens to."""
    made = {"installation": INSTALLATION, **copy.deepcopy(payload)}
    if isinstance(made.get("comment"), dict):
        made["comment"]["body"] = "/plan status"
    return made


def _own_ids(payload: Any) -> set[int]:
    """The repositories that a payload is about: its own, or those an installation lists."""
    if not isinstance(payload, dict):
        return set()
    listed = [payload.get("repository")]
    for key in ("repositories", "repositories_added", "repositories_removed"):
        several = payload.get(key)
        listed += several if isinstance(several, list) else []
    return {
        item["id"]
        for item in listed
        if isinstance(item, dict) and isinstance(item.get("id"), int) and item["id"] is not True
    }


def read(name: str, payload: Any, store: Store) -> str:
    """Read a payload as the dispatcher does; gives what it was. AssertionError for a wrong one."""
    event = parse_event(name, payload)
    if isinstance(event, Ignored):
        assert event.reason.strip()
        assert len(event.reason) < 200
        return "ignored"
    own = _own_ids(payload)
    if isinstance(event, RemovalEvent):
        assert set(event.repository_ids or ()) <= own
        assert event.installation_id == payload["installation"]["id"]
        return "removal"
    named = {event.repo.id} if event.repo else {repo.id for repo in getattr(event, "repos", ())}
    assert named <= own
    listed = isinstance(event, InstallationEvent) and not event.repos
    triggers = subjects_of(event, store)
    for trigger in triggers:
        assert trigger.key.repository_id != FOREIGN
        assert listed or trigger.key.repository_id in own, trigger
    return "subjects" if triggers else "no subject"


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else ()
    items = list(enumerate(value)) if isinstance(value, list) else pairs
    for key, child in items:
        yield (*path, key)
        yield from _places(child, (*path, key))


def _holder(payload: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        payload = payload[key]
    return payload


def _drawn(payload: Any, chance: random.Random, count: int) -> list[tuple[Any, ...]]:
    """Places to damage: half of them near the top, where what is read stands."""
    places = list(_places(payload))
    shallow = [place for place in places if len(place) <= 2]
    return [chance.choice(shallow if chance.random() < 0.5 else places) for _ in range(count)]


def test_all_of_them_are_there(published: tuple[Example, ...]) -> None:
    assert len(published) == 329
    assert len({example.event for example in published}) == 58
    # `check_run`, `merge_group` and the like may be handled too, but these always are.
    assert {"issues", "issue_comment", "pull_request", "push"} <= set(HANDLED_EVENTS)


def test_as_they_are(published: tuple[Example, ...], store_with_plans: Store) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for example in published:
        read(example.event, example.payload, store_with_plans)
        found = read(example.event, _as_delivered(example.payload), store_with_plans)
        seen[example.event, found] += 1
        action = example.payload.get("action")
        if found != "ignored":
            assert handles(example.event, action if isinstance(action, str) else None), example
    handled = {name for name, found in seen if found != "ignored"}
    assert handled <= set(HANDLED_EVENTS)
    about = {name for name, found in seen if found == "subjects"}
    assert {"issues", "issue_comment", "pull_request", "push"} <= about


def test_with_a_key_missing(published: tuple[Example, ...], store_with_plans: Store) -> None:
    chance = random.Random(SEED)
    seen: Counter[str] = Counter()
    for example in published:
        for place in _drawn(_as_delivered(example.payload), chance, REMOVED):
            payload = _as_delivered(example.payload)
            holder = _holder(payload, place)
            del holder[place[-1]]
            seen[read(example.event, payload, store_with_plans)] += 1
    assert seen.total() == 329 * REMOVED
    assert seen["subjects"] > 400


def test_with_a_value_of_another_type(
    published: tuple[Example, ...], store_with_plans: Store
) -> None:
    chance = random.Random(SEED + 1)
    seen: Counter[str] = Counter()
    for example in published:
        for place in _drawn(_as_delivered(example.payload), chance, RETYPED):
            payload = _as_delivered(example.payload)
            holder = _holder(payload, place)
            former = type(holder[place[-1]])
            holder[place[-1]] = chance.choice([odd for odd in ODD if type(odd) is not former])
            seen[read(example.event, payload, store_with_plans)] += 1
    assert seen.total() == 329 * RETYPED
    assert seen["subjects"] > 400


def test_the_dispatcher_fails_none(published: tuple[Example, ...], store_with_plans: Store) -> None:
    store = store_with_plans
    for number, example in enumerate(published):
        body = json.dumps(_as_delivered(example.payload)).encode()
        store.receive(f"example-{number}", example.event, body, received_at=NOW)
    while dispatch(store, NOW, timedelta(0)):
        pass
    assert store.deliveries(state="failed") == []
    foreign = [due.key for due in store.due_subjects(NOW) if due.key.repository_id == FOREIGN]
    assert foreign == []
