"""``/operator``: what is shown of what went wrong, and what each button does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from bot.blocks import Block
from bot.config import ConfigMemory
from bot.doctor_place import NO_LABEL
from bot.event_kinds import CompareEvent
from bot.events import COMPARE, parse_event
from bot.github.snapshots import Person
from bot.memory import SubjectKey, Trigger
from bot.store import Store
from bot.subjects.configured import LABELS
from tests.conftest import NOW
from tests.web.visits import LAB, SHOP, Visits, form_token, keep_story, send
from webhooks.operating import MOST_SHOWN, parse_asked, shown_payload, span
from webhooks.operator import LABELS_TAKE

HOUR = timedelta(hours=1)
KEY = SubjectKey(SHOP.id, "plan", "plan_docs/search.md")
OTHER = SubjectKey(LAB.id, "request", "4")


@pytest.fixture
def olga(visits: Visits) -> FlaskClient:
    """An operator's browser."""
    return visits.sign_in("olga", "/operator")


def arrive(
    store: Store, guid: str, *keys: SubjectKey, body: bytes = b"{}", age: timedelta = HOUR
) -> int:
    at = NOW - age
    store.receive(guid, "issues", body, received_at=at)
    (found,) = store.new_deliveries()
    repo = SHOP if not keys or keys[0].repository_id == SHOP.id else LAB
    store.record_dispatch(
        found.id,
        [Trigger(key) for key in keys],
        due_at=at,
        repo=repo,
        actor=Person("alice", 1),
        action="edited",
    )
    return found.id


def fail(store: Store, guid: str, age: timedelta = HOUR) -> int:
    store.receive(guid, "push", b"{}", received_at=NOW - age)
    number = store.new_deliveries()[0].id
    store.record_failure(number, "KeyError: 'x'")
    return number


def press(browser: FlaskClient, path: str, **fields: str) -> str:
    """Press a button; the sentence on the page that it leads back to."""
    answer = send(browser, path, form=form_token(browser), **fields)
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    return page.text


# What is shown


def test_an_idle_plansync_says_so(olga: FlaskClient) -> None:
    page = olga.get("/operator").text
    for text in ("Nothing is parked.", "nothing waits", "No worker runs", "never", "No worker has"):
        assert text in page, text
    assert "Nothing was received yet" in olga.get("/operator/deliveries").text


def test_one_look_says_what_is_wrong_and_what_ends_it(olga: FlaskClient, store: Store) -> None:
    arrive(store, "one", KEY)
    arrive(store, "two", OTHER)
    store.receive("new", "ping", b"{}", received_at=NOW - timedelta(minutes=3))
    fail(store, "three")
    store.park(KEY, "KeyError: 'sha'", now=NOW - HOUR)
    block = Block(LAB.id, "archived", "It is archived. Unarchive it.", NOW - HOUR, NOW - HOUR)
    store.keep_block(block)
    store.park(OTHER, block.reason, now=NOW, until=NOW + HOUR)
    store.beat("worker-0", "host-a", 42, NOW - timedelta(minutes=5))
    store.claim_sweep("drift", NOW, NOW + timedelta(minutes=4))
    store.add_tallies(
        {},
        {
            ("rate_left", (("installation", "5"),)): 4321,
            ("rate_limit", (("installation", "5"),)): 5000,
            ("jobs_running", (("worker", "worker-0"),)): 3,
        },
        NOW,
    )
    page = olga.get("/operator").text
    assert "KeyError: &#39;sha&#39;" in page
    assert f"A bug in plansync: the log has it with subject={KEY}" in page
    assert "It is archived. Unarchive it." in page
    assert "plansync asks once an hour" in page
    assert '<dd class="stop">2</dd>' in page, "parked"
    assert '<dd class="stop">1</dd>' in page, "failed"
    assert "<dd>3</dd>" in page, "jobs running"
    assert "4,321 of 5,000" in page
    assert "host-a, process 42" in page
    assert "silent" in page
    assert "Plans to compare" in page
    assert 'href="/plans/acme/shop/plan_docs/search.md"' in page
    assert page.index("It is archived") < page.index("KeyError"), "the newest first"


def test_what_was_counted_long_ago_is_not_shown(olga: FlaskClient, store: Store) -> None:
    store.add_tallies({}, {("rate_left", (("installation", "5"),)): 4321}, NOW - 2 * HOUR)
    assert "4,321" not in olga.get("/operator").text


def test_deliveries_by_repository_state_and_time(olga: FlaskClient, store: Store) -> None:
    first = arrive(store, "one", KEY, age=3 * HOUR)
    second = arrive(store, "two", OTHER, age=2 * HOUR)
    third = fail(store, "three")

    def shown(query: str) -> list[int]:
        page = olga.get(f"/operator/deliveries{query}").text
        return [n for n in (third, second, first) if f'href="/operator/deliveries/{n}"' in page]

    assert shown("") == [third, second, first]
    assert shown("?repository=acme/shop") == [first]
    assert shown("?state=failed") == [third]
    assert shown("?state=open") == [second, first]
    assert shown("?event=push") == [third]
    assert shown("?event=issues&state=open&repository=acme/lab") == [second]
    assert shown("?event=pus") == []
    since = (NOW - 2 * HOUR).strftime("%Y-%m-%dT%H:%M")
    assert shown(f"?since={since}") == [third, second]
    assert shown(f"?until={since}") == [first]
    assert shown(f"?before={second}") == [first]
    assert shown("?repository=acme/none") == []
    page = olga.get("/operator/deliveries?repository=acme/none&since=yesterday").text
    assert "acme/none is no repository that plansync knows" in page
    assert "yesterday is no time" in page


def test_pages_of_deliveries_lead_on_and_back(olga: FlaskClient, store: Store) -> None:
    numbers = [arrive(store, f"g{n}", KEY) for n in range(60)]
    page = olga.get("/operator/deliveries?repository=acme/shop").text
    older = f"/operator/deliveries?repository=acme%2Fshop&amp;before={numbers[10]}"
    assert older in page
    page = olga.get(older.replace("&amp;", "&")).text
    assert f'href="/operator/deliveries/{numbers[0]}"' in page
    assert f'href="/operator/deliveries/{numbers[10]}"' not in page
    assert "Older" not in page
    assert "Newest" in page


def test_what_is_parked_by_repository_and_time_page_by_page(
    olga: FlaskClient, store: Store
) -> None:
    assert "Nothing is parked" in olga.get("/operator/parked").text
    keys = [SubjectKey(SHOP.id, "plan", f"plan_docs/p{n:02}.md") for n in range(60)]
    for place, key in enumerate(keys):
        arrive(store, f"g{place}", key)
        store.park(key, f"reason {place}", now=NOW - place * timedelta(minutes=1))
    arrive(store, "other", OTHER)
    store.park(OTHER, "KeyError: 'x'", now=NOW - 3 * HOUR)

    def shown(query: str = "") -> list[str]:
        return re.findall(
            r"p\d\d(?=\.md</a>)|request #4", olga.get(f"/operator/parked{query}").text
        )

    assert shown() == [f"p{n:02}" for n in range(50)]
    assert "?page=2" in olga.get("/operator/parked").text
    assert shown("?page=2") == [*(f"p{n}" for n in range(50, 60)), "request #4"]
    assert shown("?repository=acme/lab") == ["request #4"]
    assert shown(f"?until={NOW - 2 * HOUR:%Y-%m-%dT%H:%M}") == ["request #4"]
    since = NOW - timedelta(minutes=2)
    assert shown(f"?since={since:%Y-%m-%dT%H:%M}&repository=acme/shop") == ["p00", "p01", "p02"]
    assert shown("?repository=acme/none") == []
    assert shown("?page=9") == []
    assert "A bug in plansync" in olga.get("/operator/parked?repository=acme/lab").text
    overview = olga.get("/operator").text
    assert 'href="/operator/parked">All 61</a>' in overview
    assert "p19.md" in overview
    assert "p20.md" not in overview
    back = "/operator/parked?repository=acme/lab"
    assert "Released" in press(olga, "/operator/release", subject=str(OTHER), back=back)
    assert shown("?repository=acme/lab") == []


def test_a_delivery_with_its_payload_and_without_its_secrets(
    olga: FlaskClient, store: Store, environ: dict[str, str]
) -> None:
    body = {
        "action": "edited",
        "issue": {"title": "</pre><script>alert(1)</script> Grüße"},
        "hook": {"config": {"secret": "canary-1", "url": "https://plans.test/"}},
        "access_token": "canary-2",
        "text": f"my secret is {environ['WEBHOOK_SECRET']} and ghp_{'a' * 36}",
    }
    number = arrive(store, "one", KEY, body=json.dumps(body).encode())
    page = olga.get(f"/operator/deliveries/{number}").text
    assert "&lt;/pre&gt;&lt;script&gt;alert(1)" in page
    assert "Grüße" in page
    assert "https://plans.test/" in page
    for secret in ("canary", "Everybody", "ghp_a", "<script>"):
        assert secret not in page, secret
    assert olga.get("/operator/deliveries/999").status_code == 404


def test_a_payload_that_is_gone_says_why(olga: FlaskClient, store: Store) -> None:
    number = arrive(store, "one", body=b'{"x": 1}')
    store.drop_payloads(NOW)
    page = olga.get(f"/operator/deliveries/{number}").text
    assert "payloads go 7 days after" in page
    assert ">Replay<" not in page
    assert "not kept any more" in press(olga, f"/operator/deliveries/{number}/replay")


# What the buttons do


def test_retry_releases_what_waits(olga: FlaskClient, store: Store) -> None:
    number = arrive(store, "one", KEY)
    store.park(KEY, "a bug", now=NOW)
    page = press(
        olga, f"/operator/deliveries/{number}/retry", back="/operator/deliveries?state=open"
    )
    assert "Tried again: 1." in page
    assert [due.key for due in store.due_subjects(NOW)] == [KEY]
    assert "nothing to do" in press(olga, f"/operator/deliveries/{number}/retry")


def test_retry_of_a_failed_delivery_works_it_off_again(olga: FlaskClient, store: Store) -> None:
    number = fail(store, "one")
    assert "worked off once more" in press(olga, f"/operator/deliveries/{number}/retry")
    assert [found.guid for found in store.new_deliveries()] == ["one"]
    assert store.counts().failed == 0


def test_replay_puts_a_copy_into_the_inbox(olga: FlaskClient, store: Store) -> None:
    number = arrive(store, "one", KEY)
    assert f"as delivery {number + 1}" in press(olga, f"/operator/deliveries/{number}/replay")
    assert [found.id for found in store.new_deliveries()] == [number + 1]
    answer = send(olga, "/operator/deliveries/999/replay", form=form_token(olga))
    assert answer.status_code == 404


def test_park_and_release(olga: FlaskClient, store: Store) -> None:
    number = arrive(store, "one", KEY)
    page = press(olga, "/operator/park", subject=str(KEY), back=f"/operator/deliveries/{number}")
    assert "Parked: it waits" in page
    assert store.due_subjects(NOW) == []
    assert "held by olga" in olga.get("/operator").text
    assert "An operator stopped it" in olga.get("/operator").text
    assert "Released" in press(olga, "/operator/release", subject=str(KEY))
    assert [due.key for due in store.due_subjects(NOW)] == [KEY]
    for path in ("/operator/park", "/operator/release"):
        for subject, status in (("", 400), ("plan:x:y", 400), ("plan:7:none.md", 404)):
            answer = send(olga, path, form=form_token(olga), subject=subject)
            assert answer.status_code == status, (path, subject)


def test_compare_asks_for_it_and_tries_at_once(olga: FlaskClient, store: Store) -> None:
    number = arrive(store, "one", KEY, body=b'{"x": 1}')
    store.keep_repo(SHOP)
    store.park(KEY, "a bug", now=NOW)
    back = f"/operator/deliveries/{number}"
    assert "compares it with GitHub" in press(
        olga, "/operator/compare", subject=str(KEY), back=back
    )
    (wanted,) = store.new_deliveries()
    event = parse_event(wanted.event, json.loads(wanted.body))
    assert isinstance(event, CompareEvent)
    assert (event.repo.id, event.kind, event.name) == (SHOP.id, "plan", KEY.name)
    assert [due.key for due in store.due_subjects(NOW)] == [KEY]
    for subject, status in (("", 400), ("plan:11:none.md", 404), ("plan:99:a.md", 404)):
        answer = send(olga, "/operator/compare", form=form_token(olga), subject=subject)
        assert answer.status_code == status, subject


def test_a_plans_page_has_the_operators_buttons(olga: FlaskClient, store: Store) -> None:
    memory = keep_story(store, NOW)
    key = SubjectKey(SHOP.id, "plan", memory.path)
    arrive(store, "one", key)
    address = f"/plans/acme/shop/{memory.path}"
    assert ">Park<" in olga.get(address).text
    page = press(olga, "/operator/park", subject=str(key), back=address)
    assert "it waits until an operator releases it" in page
    assert "held by olga" in page
    assert ">Release<" in page


def test_plans_that_wait_for_an_answer_are_listed(olga: FlaskClient, store: Store) -> None:
    page = olga.get("/operator").text
    assert page.count("wait for an answer") == 1
    memory = keep_story(store, NOW)
    store.remember([replace(memory, stopped="1", stopped_for="4 of 9 <tasks> vanished")])
    page = olga.get("/operator").text
    assert "4 of 9 &lt;tasks&gt; vanished." in page
    assert f'href="/plans/acme/shop/{memory.path}"' in page
    assert ">Stopped<" in page


def test_labels_that_are_missing_are_made_from_the_page(olga: FlaskClient, store: Store) -> None:
    store.keep_repo(LAB)
    store.want_preflight([LAB.id], NOW)
    store.keep_preflight(LAB.id, NO_LABEL, "sync --labels", now=NOW, again_at=NOW + 24 * HOUR)
    page = olga.get("/operator").text
    assert "Make the labels" in page
    assert "sync --labels" not in page
    assert "makes the labels" in press(olga, "/operator/labels", repository="acme/lab")
    (wanted,) = store.new_deliveries()
    assert wanted.event == COMPARE
    assert json.loads(wanted.body)["action"] == LABELS
    assert store.due_preflights(NOW, 5) == []
    assert store.due_preflights(NOW + LABELS_TAKE, 5) == [LAB]
    answer = send(olga, "/operator/labels", form=form_token(olga), repository="acme/none")
    assert answer.status_code == 404


def test_labels_of_a_repository_in_a_dry_run_are_not_promised(
    olga: FlaskClient, store: Store
) -> None:
    store.keep_repo(LAB)
    store.keep_preflight(LAB.id, NO_LABEL, "sync --labels", now=NOW, again_at=NOW + 24 * HOUR)
    store.keep_choices(ConfigMemory(LAB.id, {"dry_run": True}), NOW)
    page = press(olga, "/operator/labels", repository="acme/lab")
    assert "makes the labels" not in page
    assert "dry_run: true" in page
    assert not store.new_deliveries()


def test_releasing_in_a_blocked_repository_asks_github_again(
    olga: FlaskClient, store: Store
) -> None:
    arrive(store, "one", KEY)
    store.keep_block(Block(SHOP.id, "archived", "It is archived.", NOW, NOW))
    store.park(KEY, "It is archived.", now=NOW, until=NOW + HOUR)
    assert "GitHub is asked now" in press(olga, "/operator/release", subject=str(KEY))
    assert store.blocks() == []
    assert [due.key for due in store.due_subjects(NOW)] == [KEY]


def test_everything_since_a_time_is_retried(olga: FlaskClient, store: Store) -> None:
    arrive(store, "one", KEY)
    arrive(store, "two", OTHER)
    store.park(KEY, "a bug", now=NOW - 5 * HOUR)
    store.park(OTHER, "a bug", now=NOW - HOUR)
    fail(store, "old", age=5 * HOUR)
    fail(store, "new", age=HOUR)
    since = (NOW - 2 * HOUR).strftime("%Y-%m-%dT%H:%M")
    assert "Tried again: 2." in press(olga, "/operator/retry", since=since)
    assert [due.key for due in store.due_subjects(NOW)] == [OTHER]
    assert [found.guid for found in store.new_deliveries()] == ["new"]
    answer = send(olga, "/operator/retry", form=form_token(olga), since="now")
    assert answer.status_code == 400


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test", "/plans", "/operator\\evil"])
def test_a_button_leads_back_to_the_operators_pages_alone(
    olga: FlaskClient, store: Store, back: str
) -> None:
    arrive(store, "one", KEY)
    answer = send(olga, "/operator/park", form=form_token(olga), subject=str(KEY), back=back)
    assert answer.headers["Location"].startswith("/operator?")


def test_what_a_page_says_cannot_be_chosen_by_a_link(olga: FlaskClient) -> None:
    page = olga.get("/operator?said=<b>send money&n=<b>").text
    assert "send money" not in page
    page = olga.get("/operator?said=retried&n=<b>x").text
    assert "Tried again: ?." in page


def test_repositories_that_need_somebody_are_listed(olga: FlaskClient, store: Store) -> None:
    assert "Repositories that need" not in olga.get("/operator").text
    store.keep_repo(LAB)
    store.want_preflight([LAB.id], NOW)
    store.keep_preflight(LAB.id, "it is <archived>", "Unarchive it.", now=NOW, again_at=NOW + HOUR)
    page = olga.get("/operator").text
    assert "it is &lt;archived&gt;" in page
    assert "Unarchive it." in page
    assert store.due_preflights(NOW, 5) == []
    assert "within seconds" in press(olga, "/operator/look", repository="acme/lab")
    assert store.due_preflights(NOW, 5) == [LAB]
    answer = send(olga, "/operator/look", form=form_token(olga), repository="acme/none")
    assert answer.status_code == 404


# The parts


@pytest.mark.parametrize(
    ("length", "said"),
    [(0.04, "0.0 s"), (3.21, "3.2 s"), (65, "65 s"), (600, "10 min"), (9000, "2 h"), (-5, "0.0 s")],
)
def test_durations_as_people_say_them(length: float, said: str) -> None:
    assert span(timedelta(seconds=length)) == said
    assert span(None) == ""


@pytest.mark.parametrize(
    "args",
    [
        {"since": "9999-12-31T23:59-23:59"},
        {"before": "٣"},
        {"before": "9" * 40},
        {"state": "x' OR 1=1"},
        {"repository": "\0"},
    ],
)
def test_an_odd_query_is_no_fault(olga: FlaskClient, args: dict[str, str]) -> None:
    assert parse_asked(args, lambda name: None).wanted.before is None
    assert olga.get("/operator/deliveries", query_string=args).status_code == 200


def test_a_large_payload_is_cut_and_one_that_is_none_is_shown_as_it_is() -> None:
    text, cut = shown_payload(json.dumps({"x": "y" * MOST_SHOWN}).encode(), str)
    assert (len(text), cut) == (MOST_SHOWN, True)
    assert shown_payload(b"\xff{", str) == ("\ufffd{", False)
    assert shown_payload(b"[" * 5000, str)[0].startswith("[[[")
