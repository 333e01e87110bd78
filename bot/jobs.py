"""The worker: dispatch the inbox, and reconcile subjects in durable jobs. Only importer of DBOS.

DBOS keeps the jobs, runs one at a time for each repository, and brings those of a killed worker
back. When a subject is due, how often it failed and whether it is parked are columns of our own
tables; a job that is lost all the same is noticed there and asked for again.
https://docs.dbos.dev/python/tutorials/queue-tutorial
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig

from bot.attempt import Bench, Reconcile, attempt
from bot.config import FORMATS_BY_LABEL
from bot.dispatch import dispatch, enqueue_due, revive_lost
from bot.errors import Retryable
from bot.logs import about
from bot.memory import SubjectKey
from bot.preflight import preflight
from bot.settings import Settings
from bot.slot import Slot, next_worker, only_worker
from bot.store import DueSubject, Store, make_jobs_engine
from bot.sweeps import sweep
from bot.tally import TALLY, count_call
from bot.telemetry import note_call

POLL_SECONDS = 0.05
BEAT = timedelta(seconds=5)
SILENT = timedelta(seconds=30)
"""A worker that has not beaten for this long is dead; the others take its jobs."""
DRAIN_SECONDS = 7.0
"""How long running jobs may take to end when the worker stops."""
# Longer than GitHub lists deliveries (7 days at most), or sweeps would fetch old ones again.
KEEP_DELIVERIES = timedelta(days=30)
KEEP_JOBS = timedelta(days=2)
HOUSEKEEPING = timedelta(hours=1)
SWEEP_LOOK_SECONDS = 10
"""How often a worker looks whether a sweep is due; when it is, the store says."""

_SWEEP_END_SECONDS = 1.0
_QUEUE = "reconcile"
_WORKFLOW = "reconcile_subject"
_PARALLEL = 16
# Never changed: jobs are resumed only by a worker of the version that they were begun with.
_VERSION = "1"
_ALIVE = frozenset({"ENQUEUED", "PENDING", "DELAYED"})

log = structlog.get_logger("plansync.worker")

GatewayFactory = Callable[[Settings], Any]


def run_worker(
    settings: Settings,
    stop: threading.Event,
    *,
    gateway_factory: GatewayFactory | None = None,
    reconcile: Reconcile | None = None,
) -> bool:
    """Work until ``stop`` is set; True when every job had ended by then.

    Raises WorkerRunning when the database takes one worker and has one, StoreProblem when it
    cannot be used.
    """
    store = Store(settings.database_url)
    store.migrate()
    bench = Bench(
        store=store,
        gateway=(gateway_factory or _live_gateway)(settings),
        reconcile=reconcile or _live_reconcile(),
        stopping=stop.is_set,
    )
    with _slot(store, settings) as slot:
        jobs = _Jobs(bench, slot, settings)
        jobs.launch()
        log.info("worker started", worker=slot.id, pid=slot.pid)
        try:
            with _sweeping(bench, stop):
                settle = timedelta(seconds=settings.settle_seconds)
                _loop(jobs, bench, slot, stop, settle, settings.payload_days)
        finally:
            ended = jobs.close()
            with suppress(Retryable):
                TALLY.flush(store, bench.clock())
            log.info("worker stopped", worker=slot.id, jobs_ended=ended)
        if ended:
            store.forget_worker(slot.id)
        store.close()
        return ended


@contextmanager
def _slot(store: Store, settings: Settings) -> Iterator[Slot]:
    file = store.sqlite_file
    taken = next_worker(settings.data_dir) if file is None else only_worker(file)
    with taken as slot:
        yield slot


class _Jobs:
    """DBOS, launched for this worker."""

    def __init__(self, bench: Bench, slot: Slot, settings: Settings) -> None:
        self._bench = bench
        self._slot = slot
        self._settings = settings
        self._running = 0
        self._changed = threading.Condition()

    def launch(self) -> None:
        """Start the queue; jobs that this worker's predecessor left are taken up at once."""
        DBOS(config=self._config())

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=5)
        def reconcile_subject(subject: str) -> str:
            # No steps: a job that is taken up again begins anew, which is harmless.
            return self._work(subject)

        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            partition_concurrency=1,
            worker_concurrency=_PARALLEL,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )

    def _config(self) -> DBOSConfig:
        config: DBOSConfig = {
            "name": "plansync",
            "application_version": _VERSION,
            "executor_id": self._slot.id,
            "log_level": "WARNING",
            "use_listen_notify": False,
        }
        file = self._bench.store.sqlite_file
        if file is None:
            config["system_database_url"] = self._settings.database_url
            config["sys_db_pool_size"] = 10
        else:
            config["system_database_engine"] = make_jobs_engine(
                file.with_name(file.stem + ".jobs" + file.suffix)
            )
        return config

    def _work(self, subject: str) -> str:
        with self._changed:
            self._running += 1
        try:
            with about(job=DBOS.workflow_id):
                return attempt(SubjectKey.parse(subject), self._bench).kind
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def enqueue(self, due: DueSubject) -> None:
        """Ask for the job; asking again for the same id changes nothing."""
        DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": _WORKFLOW,
                "queue_name": _QUEUE,
                "workflow_id": due.job_id,
                "queue_partition_key": str(due.key.repository_id),
            },
            str(due.key),
        )

    @property
    def running(self) -> int:
        """How many jobs this worker is at."""
        return self._running

    def is_alive(self, job_id: str) -> bool:
        """True while the job waits or runs, here or at another worker."""
        status = DBOS.get_workflow_status(job_id)
        return status is not None and status.status in _ALIVE

    def recover(self, worker_id: str) -> None:
        """Put the jobs of a dead worker back into the queue."""
        # There is no public way to it without the vendor's cloud service.
        DBOS._recover_pending_workflows([worker_id])

    def forget(self, before: datetime) -> int:
        """Delete jobs that ended before that time, some at once; gives how many."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            end_time=before.isoformat(),
            limit=500,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([job.workflow_id for job in ended])
        return len(ended)

    def close(self) -> bool:
        """Wait for running jobs, then stop the queue; False when some are still running."""
        deadline = time.monotonic() + DRAIN_SECONDS
        with self._changed:
            while self._running and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            ended = not self._running
        DBOS.destroy(destroy_registry=True)
        return ended


def _loop(
    jobs: _Jobs,
    bench: Bench,
    slot: Slot,
    stop: threading.Event,
    settle: timedelta,
    payload_days: float,
) -> None:
    next_beat = next_cleaning = datetime.min.replace(tzinfo=UTC)
    while not stop.is_set():
        try:
            now = bench.clock()
            if now >= next_beat:
                next_beat = now + BEAT
                _beat(jobs, bench, slot, now)
            if now >= next_cleaning:
                next_cleaning = now + HOUSEKEEPING
                _clean(jobs, bench, now, timedelta(days=payload_days))
            busy = dispatch(bench.store, now, settle)
            busy += enqueue_due(bench.store, jobs.enqueue, bench.clock())
            if not busy:
                stop.wait(POLL_SECONDS)
        except Retryable as error:
            log.error("the inbox cannot be read", reason=str(error))
            stop.wait(1)
        except Exception:
            log.exception("a bug in the worker")
            stop.wait(1)


@contextmanager
def _sweeping(bench: Bench, stop: threading.Event) -> Iterator[None]:
    """Sweep beside the jobs, in a thread: sweeps wait for GitHub, and dispatching must not."""
    if bench.gateway is None:
        yield
        return

    def run() -> None:
        while not stop.is_set():
            try:
                sweep(bench.store, bench.gateway, bench.clock(), stop.is_set)
                labels = list(FORMATS_BY_LABEL)
                preflight(bench.store, bench.gateway, labels, bench.clock(), stop.is_set)
            except Retryable as error:
                log.warning("a sweep was cut short", reason=str(error))
            except Exception:
                log.exception("a bug in a sweep")
            stop.wait(SWEEP_LOOK_SECONDS)

    thread = threading.Thread(target=run, name="sweeps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        # One that waits for GitHub is left behind; it is made up for like after a kill.
        thread.join(_SWEEP_END_SECONDS)


def _clean(jobs: _Jobs, bench: Bench, now: datetime, payloads: timedelta) -> None:
    while not bench.stopping() and bench.store.drop_payloads(now - payloads):
        pass
    while not bench.stopping() and bench.store.forget_deliveries(now - KEEP_DELIVERIES):
        pass
    while not bench.stopping() and jobs.forget(now - KEEP_JOBS):
        pass


def _beat(jobs: _Jobs, bench: Bench, slot: Slot, now: datetime) -> None:
    bench.store.beat(slot.id, slot.host, slot.pid, now)
    TALLY.gauge("jobs_running", jobs.running, worker=slot.id)
    TALLY.flush(bench.store, now)
    for worker_id in bench.store.silent_workers(now - SILENT):
        log.warning("another worker is dead", worker=worker_id)
        jobs.recover(worker_id)
        bench.store.forget_worker(worker_id)
    revive_lost(bench, jobs.is_alive)


def _live_gateway(settings: Settings) -> Any:
    from bot.github.live import Gateway

    def observe(method: str, path: str, status: int, seconds: float) -> None:
        count_call(method, path, status, seconds)
        note_call(method, path, status, seconds)

    return Gateway(settings, observer=observe)


def _live_reconcile() -> Reconcile:
    from bot.reconcile import reconcile

    return reconcile
