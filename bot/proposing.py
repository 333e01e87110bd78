"""Carry out what a subject decides, also where the default branch takes no commits.

A commit that the branch refuses waits in the rolling pull request. The subject then decides again,
knowing that, on the same snapshot: what it remembers and tells is what the branch really has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.apply import apply
from bot.changes import Applied, Change, CommitFiles, Decision, EditIssueBody
from bot.commits import skipping_ci
from bot.config import RepoConfig
from bot.github.ports import GitHubReader, GitHubWriter, Refused
from bot.github.snapshots import PullSnapshot
from bot.memory import PlanMemory, SubjectKey
from bot.rolling import is_protected, propose, withdraw

Write = Callable[[Sequence[Change]], list[Applied]]


def carry_out(
    key: SubjectKey,
    snapshot: Any,
    decide: Callable[[Any, RepoConfig], Decision],
    config: RepoConfig,
    *,
    reader: GitHubReader,
    writer: GitHubWriter,
    stopping: Callable[[], bool],
    applied: list[Applied],
    announce: Callable[[Decision], None] = lambda decision: None,
) -> tuple[Any, Decision]:
    """Apply the decision on ``snapshot``; gives what both became.

    ``applied`` is filled as changes succeed. ``announce`` is called with what was decided right
    before the first write to either side of it: what has to be told is told by then. Raises what
    ``apply`` raises.
    """
    announced: list[Decision] = []

    def decided(snapshot: Any) -> Decision:
        decision = decide(snapshot, config)
        return _quiet(decision) if config.skip_ci and key.kind == "plan" else decision

    def write(changes: Sequence[Change]) -> list[Applied]:
        done: list[Applied] = []
        try:
            for change in changes:
                if isinstance(change, CommitFiles | EditIssueBody) and decision not in announced:
                    announced.append(decision)
                    announce(decision)
                apply((change,), reader=reader, writer=writer, stopping=stopping, applied=done)
        finally:
            applied.extend(done)
        return done

    decision = decided(snapshot)
    waits = isinstance(getattr(snapshot, "memory", None), PlanMemory) and snapshot.memory.proposed
    at = _commit_at(decision)
    if waits and at is None and not _keeps(decision):
        snapshot = _withdrawn(key, snapshot, reader, write)
        decision = decided(snapshot)
    if at is None:
        write(decision.changes)
        return snapshot, decision
    done: Sequence[Change] = decision.changes[: at + 1]
    begun = len(applied)
    try:
        write(done)
    except Refused as refused:
        commit = done[-1]
        reached = len(applied) - begun == at
        if not (reached and isinstance(commit, CommitFiles) and is_protected(refused)):
            raise
        snapshot = _proposed(key, snapshot, commit, refused, reader, write)
    else:
        if not waits:
            write(decision.changes[at + 1 :])
            return snapshot, decision
        snapshot = _withdrawn(key, snapshot, reader, write)
    decision = decided(snapshot)
    write([c for c in decision.changes if not isinstance(c, CommitFiles) and c not in done])
    return snapshot, decision


def _quiet(decision: Decision) -> Decision:
    changes = tuple(
        replace(change, message=skipping_ci(change.message))
        if isinstance(change, CommitFiles)
        else change
        for change in decision.changes
    )
    return replace(decision, changes=changes)


def _keeps(decision: Decision) -> bool:
    """Whether nothing was settled, so that what waits goes on waiting: a plan that is stopped."""
    return decision.after is not None and bool(decision.after.waiting_text)


def _commit_at(decision: Decision) -> int | None:
    places = (n for n, change in enumerate(decision.changes) if isinstance(change, CommitFiles))
    return next(places, None)


def _proposed(
    key: SubjectKey,
    snapshot: Any,
    change: CommitFiles,
    refused: Refused,
    reader: GitHubReader,
    write: Write,
) -> Any:
    proposal = propose(change, str(key), refused, reader)
    made = [done.result for done in write(proposal.changes)]
    pull = next((one for one in made if isinstance(one, PullSnapshot)), proposal.pull)
    number = pull.number if pull else None
    return replace(snapshot, memory=replace(snapshot.memory, proposed=number))


def _withdrawn(key: SubjectKey, snapshot: Any, reader: GitHubReader, write: Write) -> Any:
    write(withdraw(key.name, str(key), reader))
    return replace(snapshot, memory=replace(snapshot.memory, proposed=None))
