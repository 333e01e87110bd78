"""``/healthz``, ``/readyz``, ``/metrics`` and the front page."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.memory import SubjectKey, Trigger
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.tally import METRICS, Tally
from tests.web.visits import keep_story
from webhooks.app import create_app
from webhooks.exposition import exposition
from webhooks.health import readiness
from webhooks.signature import sign


def test_ready_with_a_good_database_and_key(
    settings: Settings, store: Store, now: datetime
) -> None:
    client = create_app(settings, store).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    found = answer.get_json()
    assert set(found["checks"].values()) == {"ok"}
    assert found["oldest_pending_seconds"] is None
    assert client.get("/healthz").data == b"ok\n"


def test_the_age_of_what_waits_is_told(settings: Settings, store: Store, now: datetime) -> None:
    store.receive("g", "ping", b"{}", received_at=now - timedelta(seconds=90))
    store.beat("w", "host", 1, now - timedelta(seconds=5))
    ready, found = readiness(settings, store, now)
    assert ready
    assert (found["oldest_pending_seconds"], found["worker_seen_seconds"]) == (90, 5)


def test_not_ready_without_tables(settings: Settings, database_url: str) -> None:
    empty = Store(database_url, busy_seconds=0.1)
    answer = create_app(settings, empty).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["migrations current"] == "the tables are out of date"
    empty.close()


def test_not_ready_while_another_writer_holds_the_database(
    settings: Settings, sqlite_url: str, store: Store
) -> None:
    impatient = Store(sqlite_url, busy_seconds=0.05)
    blocker = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    client = create_app(settings, impatient).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "locked" in answer.get_json()["checks"]["database writable"]
    blocker.execute("ROLLBACK")
    assert client.get("/readyz").status_code == 200
    blocker.close()
    impatient.close()


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """A tally of this test's own, in every module that counts here."""
    tally = Tally()
    monkeypatch.setattr("webhooks.health.TALLY", tally)
    monkeypatch.setattr("webhooks.receive.TALLY", tally)
    return tally


def numbers(text: str) -> dict[str, float]:
    """The samples of a page, as a scraper reads them: ``name{label=value}`` -> number."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_what_the_database_says_of_this_moment(store: Store, now: datetime) -> None:
    store.receive("g", "ping", b"{}", received_at=now - timedelta(seconds=3))
    found = numbers(exposition(store, now))
    assert found["plansync_database_up"] == 1
    assert found["plansync_deliveries_new"] == 1
    assert found["plansync_oldest_pending_seconds"] == 3
    assert found["plansync_worker_up"] == 0
    assert found["plansync_last_delivery_timestamp_seconds"] == now.timestamp() - 3
    (delivery,) = store.new_deliveries()
    key = SubjectKey(1, "plan", "p.md")
    store.record_dispatch(delivery.id, [Trigger(key)], due_at=now)
    store.park(key, "a bug", now=now)
    store.beat("w", "host", 1, now)
    found = numbers(exposition(store, now))
    assert found["plansync_subjects_parked"] == 1
    assert found["plansync_worker_up"] == 1


def test_plans_that_wait_for_somebody_are_counted_by_what_waits(
    store: Store, now: datetime
) -> None:
    found = numbers(exposition(store, now))
    assert found["plansync_plans_waiting{kind=stopped}"] == 0
    memory = keep_story(store, now)
    for number, changed in enumerate(({"stopped": "1"}, {"held": ("eve",)}, {"stopped": "2"})):
        store.finish(
            SubjectKey(memory.repository_id, "plan", f"{number}.md"),
            [],
            finished_at=now,
            remember=[replace(memory, path=f"{number}.md", **changed)],  # type: ignore[arg-type]
        )
    found = numbers(exposition(store, now))
    assert found["plansync_plans_waiting{kind=stopped}"] == 2
    assert found["plansync_plans_waiting{kind=held}"] == 1
    assert found["plansync_plans_waiting{kind=paused}"] == 0


def test_what_two_processes_counted_is_one_page(store: Store, now: datetime) -> None:
    web, worker = Tally(), Tally()
    web.count("deliveries_received", result="stored")
    web.flush(store, now)
    web.count("deliveries_received", result="stored")
    web.count("deliveries_received", result="unsigned")
    web.flush(store, now)
    worker.count("changes", kind="CommitFiles", result="done")
    worker.count("changes", kind='Odd"\n', result="done")
    worker.gauge("rate_left", 4321, installation="815")
    worker.gauge("jobs_running", 2, worker="worker-0")
    for seconds in (0.06, 0.3, 0.3, 400):
        worker.observe("reconcile_seconds", seconds, outcome="done")
    worker.flush(store, now)
    found = numbers(exposition(store, now))
    assert found["plansync_deliveries_received_total{result=stored}"] == 2
    assert found["plansync_deliveries_received_total{result=unsigned}"] == 1
    assert found["plansync_changes_total{kind=CommitFiles,result=done}"] == 1
    assert found['plansync_changes_total{kind=Odd"\n,result=done}'] == 1
    assert found["plansync_rate_left{installation=815}"] == 4321
    assert found["plansync_reconcile_seconds_bucket{le=0.05,outcome=done}"] == 0
    assert found["plansync_reconcile_seconds_bucket{le=0.1,outcome=done}"] == 1
    assert found["plansync_reconcile_seconds_bucket{le=60.0,outcome=done}"] == 3
    assert found["plansync_reconcile_seconds_bucket{le=+Inf,outcome=done}"] == 4
    assert found["plansync_reconcile_seconds_count{outcome=done}"] == 4
    assert found["plansync_reconcile_seconds_sum{outcome=done}"] == pytest.approx(400.66)
    later = numbers(exposition(store, now + timedelta(minutes=5)))
    assert "plansync_jobs_running{worker=worker-0}" not in later
    assert later["plansync_rate_left{installation=815}"] == 4321
    assert not [
        name for name in numbers(exposition(store, now + timedelta(hours=2))) if "rate_left" in name
    ]


def test_counts_are_kept_while_the_database_cannot_take_them(
    settings: Settings, store: Store, now: datetime, sqlite_url: str, counted: Tally
) -> None:
    impatient = Store(sqlite_url, busy_seconds=0.05)
    client = create_app(settings, impatient).test_client()
    counted.count("sweeps", sweep="drift", result="done")
    counted.gauge("rate_left", 1, installation="1")
    with store._db.write():
        found = numbers(client.get("/metrics").text)
        assert "plansync_sweeps_total{result=done,sweep=drift}" not in found
        counted.count("sweeps", sweep="drift", result="done")
        counted.gauge("rate_left", 2, installation="1")
    found = numbers(client.get("/metrics").text)
    assert found["plansync_sweeps_total{result=done,sweep=drift}"] == 2
    assert found["plansync_rate_left{installation=1}"] == 2
    impatient.close()


def test_a_database_that_is_gone_is_a_number_too(settings: Settings, sqlite_url: str) -> None:
    empty = Store(sqlite_url, busy_seconds=0.1)
    answer = create_app(settings, empty).test_client().get("/metrics")
    assert numbers(answer.text) == {"plansync_database_up": 0}
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    empty.close()


def test_every_way_to_answer_a_webhook_is_counted(settings: Settings, store: Store) -> None:
    client = create_app(settings, store).test_client()
    good = {
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": "1",
        "X-Hub-Signature-256": sign(b"It's a Secret to Everybody", b"{}"),
    }

    def send(kind: str = "application/json", **changed: str) -> int:
        headers = good | {name.replace("_", "-"): value for name, value in changed.items()}
        return client.post(
            "/webhooks/github", data=b"{}", content_type=kind, headers=headers
        ).status_code

    assert [send(), send()] == [202, 202]
    assert send(X_Hub_Signature_256="sha256=" + "0" * 64) == 401
    assert send(X_GitHub_Event="no good") == 400
    assert send("text/plain") == 415
    found = numbers(client.get("/metrics").text)
    results = ("stored", "known", "unsigned", "malformed", "not_json")
    assert [found[f"plansync_deliveries_received_total{{result={name}}}"] for name in results] == [
        1
    ] * 5


def test_only_this_machine_sees_the_numbers_without_a_token(
    settings: Settings, store: Store
) -> None:
    client = create_app(settings, store).test_client()

    def ask(remote: str = "127.0.0.1", host: str = "localhost:3000", **headers: str) -> int:
        return client.get(
            "/metrics",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            environ_overrides={"REMOTE_ADDR": remote, "HTTP_HOST": host},
        ).status_code

    assert ask() == 200
    assert ask("::1", "[::1]:3000") == 200
    assert ask("192.0.2.7") == 403
    assert ask(host="plans.example.com") == 403
    assert ask(X_Forwarded_For="192.0.2.7") == 403
    assert ask(Forwarded="for=192.0.2.7") == 403


def test_with_a_token_whoever_has_it_sees_the_numbers(
    environ: dict[str, str], store: Store
) -> None:
    environ["METRICS_TOKEN"] = "correct horse battery"
    client = create_app(load_settings(environ), store).test_client()

    def ask(given: str | None) -> int:
        headers = {} if given is None else {"Authorization": given}
        return client.get(
            "/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
        ).status_code

    assert ask("Bearer correct horse battery") == 200
    for wrong in (None, "", "Bearer correct horse", "correct horse battery", "Bearer é"):
        assert ask(wrong) == 401, wrong


def test_only_what_is_in_the_table_is_counted() -> None:
    tally = Tally()
    with pytest.raises(KeyError):
        tally.count("nonsense")
    with pytest.raises(KeyError):
        tally.count("changes", kind="CommitFiles")
    with pytest.raises(KeyError):
        tally.gauge("changes", 1, kind="CommitFiles", result="done")


@pytest.mark.parametrize("name", METRICS)
def test_every_number_is_documented(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    kind = METRICS[name].kind
    shown = f"plansync_{name}" + ("_total" if kind == "counter" else "")
    assert f"| `{shown}` | {kind} |" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/", "/readyz", "/metrics", "/healthz", "/nowhere"])
def test_pages_load_nothing_from_elsewhere(settings: Settings, store: Store, path: str) -> None:
    store.beat("w", "host", 1, datetime.now(UTC))
    answer = create_app(settings, store).test_client().get(path)
    assert answer.status_code == (404 if path == "/nowhere" else 200)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
