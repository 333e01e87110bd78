"""The files beside a plan that change with it: a decision log, or where gates are noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from posixpath import basename, dirname

from bot.changes import FileEdit
from bot.config import RepoConfig
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, IssueSnapshot, RepoPath
from bot.memory import OpenDelivery, PullMemory
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan
from bot.plans.render import issue_plan_text
from bot.plans.story_log import MergedWork, keep_log, wants_log
from bot.subjects.gate_keeping import read_around, with_gates
from bot.subjects.orders import Obeyed
from bot.subjects.plan_notices import with_scores, with_stories
from bot.subjects.plan_snapshot import PlanSnapshot
from bot.subjects.readable import readable_file
from bot.subjects.waiting import as_waiting

_LOG = "decision-log.md"
_MOST_STORIES = 3


def read_beside(
    snapshot: PlanSnapshot,
    reader: GitHubReader,
    file: FileSnapshot,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
) -> PlanSnapshot:
    """The snapshot with the file beside the plan that may change with it, and when what happened.

    That is the decision log where an entry may be due, and where the gates of an implementation
    plan are noted. Costs no request for any other plan.
    """
    heard = max((delivery.received_at for delivery in deliveries), default=None)
    snapshot = replace(snapshot, heard_at=heard)
    plan = read_plan(snapshot.path, parse_document(file.text))
    if plan is not None and plan.format == "implementation-plan":
        return read_around(snapshot, reader, file, issue)
    if plan is None or plan.format != "task-plan":
        return snapshot
    texts = [snapshot.bases.agreed or file.text, issue_plan_text(issue.body)]
    others = (read_plan(snapshot.path, parse_document(text), plan.format) for text in texts)
    versions: list[Plan] = [other for other in others if other is not None]
    merged = [d for d in snapshot.pull_details if d.pull.merged and d.tasks(snapshot.memory)]
    if not merged and not snapshot.orders and not wants_log([*versions[:1], plan, *versions[1:]]):
        return snapshot
    folder = dirname(snapshot.path)
    log = readable_file(reader, f"{folder}/{_LOG}" if folder else _LOG)
    log = as_waiting(snapshot.waiting, log)
    if log is None:
        return snapshot
    return replace(snapshot, log=log, evidence=_evidence(reader, folder, plan))


def _evidence(reader: GitHubReader, folder: str, plan: Plan) -> tuple[tuple[str, str], ...]:
    """The newest run folder of each story; of the plan where stories have none of their own."""
    runs = RepoPath(f"{folder}/runs" if folder else "runs")
    names = [name.rstrip("/") for name in reader.listing(runs) if name.endswith("/")]
    keys = [group.key for group in plan.groups if group.kind == "story" and not group.complete]
    own = {key: key for key in keys if key in names}
    found = {}
    for key in keys[:_MOST_STORIES]:
        if key in own:
            inside = [n for n in reader.listing(RepoPath(f"{runs}/{key}")) if n.endswith("/")]
            found[key] = f"runs/{key}/{max(inside)}" if inside else f"runs/{key}/"
        elif others := [name for name in names if not name.startswith("S-")]:
            found[key] = f"runs/{max(others)}/"
    return tuple(found.items())


def with_beside(
    snapshot: PlanSnapshot, issue: IssueSnapshot, obeyed: Obeyed, config: RepoConfig
) -> Obeyed:
    """What the commands came to, with what is due in the file beside the plan. Pure."""
    obeyed = with_scores(snapshot, issue, obeyed)
    if snapshot.around:
        return with_gates(snapshot, obeyed, _utc(snapshot.heard_at))
    return with_stories(snapshot, issue, _with_log(snapshot, obeyed), config)


def _with_log(snapshot: PlanSnapshot, obeyed: Obeyed) -> Obeyed:
    log = snapshot.log
    if log is None or basename(log.path) != _LOG:
        return obeyed
    settled = obeyed.settled
    kept = keep_log(
        settled.text,
        snapshot.path,
        snapshot.bases.agreed or (snapshot.file.text if snapshot.file else settled.text),
        obeyed.log.text if obeyed.log else log.text,
        merged=[_work(pull) for pull in settled.moved if pull.standing == "merged"],
        at=_utc(snapshot.heard_at),
        evidence=dict(snapshot.evidence),
    )
    if kept.text != settled.text or kept.said:
        settled = settled.with_text(kept.text, *kept.said)
    edit = FileEdit(log.path, kept.log, log.blob_sha) if kept.log != log.text else None
    return replace(obeyed, settled=settled, log=edit)


def _work(pull: PullMemory) -> MergedWork:
    return MergedWork(pull.number, pull.title, pull.tasks, pull.merged_at, pull.by)


def _utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
