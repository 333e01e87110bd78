"""Read one plan: its file, its issue, what the deliveries claim, and what each is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.config import RepoConfig
from bot.edits import Edits
from bot.errors import UserProblem
from bot.github.ports import (
    FileSnapshot,
    GitHubReader,
    IssueSnapshot,
    Person,
    RepoPath,
)
from bot.memory import OpenDelivery, PlanMemory, SubjectKey
from bot.plans.render import body_sha
from bot.subjects.order_reading import MAY_WRITE, read_for_orders, read_orders
from bot.subjects.plan_bases import (
    bodies_before,
    claimed_edits,
    echoes_of,
    find_bases,
    overwritten_edits,
    refused_edits,
)
from bot.subjects.plan_recovery import recover, requested_by
from bot.subjects.plan_snapshot import PlanSnapshot
from bot.subjects.pull_read import read_details
from bot.subjects.story_keeping import read_story_log


def is_known(claim: str, memory: PlanMemory | None) -> bool:
    """True when a delivery's claim is what is remembered already: nothing to read for it."""
    if memory is None or memory.issue_number is None:
        return False
    kind, _, value = claim.partition(":")
    if kind in ("body", "echo"):
        body, former = (*value.split(":"), "")[:2]
        if body != memory.body_sha:
            return False
        if kind == "echo" and former:
            return f"{former}>{body}" in (*memory.wrote, *memory.echoes)
        return not former or former in memory.seen_bodies
    if kind == "commit":
        return value in memory.seen_commits
    if kind == "comment":
        return claim in memory.handled
    if kind == "pull":
        number, _, digest = value.partition(":")
        pull = memory.pull(int(number))
        return pull is not None and pull.digest == digest
    return False


def read(
    key: SubjectKey,
    reader: GitHubReader,
    memory: PlanMemory | None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
    edit_of: Edits,
) -> PlanSnapshot:
    """The plan file, its issue, and what the deliveries are about."""
    path = RepoPath(key.name)
    memory = memory or PlanMemory(key.repository_id, path, "")
    file, problem = _file(reader, path, memory)
    issue: IssueSnapshot | None = None
    unsure = False
    if memory.issue_number is not None:
        issue = reader.issue(memory.issue_number)
    elif file is not None:
        issue, memory, unsure = recover(reader, path, memory, file)
        if issue is None:
            memory = replace(memory, request_number=requested_by(reader, path))
    asked = memory.request_number if issue is None else None
    request = reader.issue(asked) if asked else None
    claims = [delivery.claim.split(":") for delivery in deliveries]
    snapshot = PlanSnapshot(
        path=path,
        memory=memory,
        file=file,
        issue=issue,
        commits=tuple(parts[1] for parts in claims if parts[0] == "commit"),
        bodies=bodies_before(deliveries, body_sha(issue.body)) if issue else (),
        request_title=request.title if request else "",
        problem=problem,
    )
    if file is None or issue is None:
        return snapshot
    bases, memory = find_bases(reader, memory, file, issue, deliveries, unsure=unsure)
    snapshot = replace(snapshot, bases=bases, memory=memory)
    snapshot = _with_pulls(snapshot, file.text, reader, claims, deliveries, config)
    snapshot = _with_people(snapshot, reader, issue, deliveries, edit_of)
    return read_story_log(snapshot, reader, file, issue, deliveries)


def _file(
    reader: GitHubReader, path: RepoPath, memory: PlanMemory
) -> tuple[FileSnapshot | None, str]:
    """The plan file; where it cannot be read, what it was and why it cannot be."""
    try:
        return reader.file(path), ""
    except UserProblem as problem:
        if memory.issue_number is None or not memory.base_blob:
            raise
        return FileSnapshot(path, memory.base_text, memory.base_blob), problem.message


def _with_pulls(
    snapshot: PlanSnapshot,
    text: str,
    reader: GitHubReader,
    claims: Sequence[Sequence[str]],
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
) -> PlanSnapshot:
    numbers = dict.fromkeys(int(parts[1]) for parts in claims if parts[0] == "pull")
    if [""] in claims:
        # Nobody said what is new, so what may have ended is asked too.
        known = snapshot.memory.pulls
        numbers.update({p.number: None for p in known if p.state in ("open", "draft")})
    pulls = {number: reader.pull(number) for number in numbers}
    there = tuple(pull for pull in pulls.values() if pull)
    memory = snapshot.memory
    return replace(
        snapshot,
        pulls=there,
        pull_details=tuple(
            read_details(reader, pull, memory, text, deliveries, config) for pull in there
        ),
        gone_pulls=tuple(number for number, pull in pulls.items() if not pull),
    )


def _with_people(
    snapshot: PlanSnapshot,
    reader: GitHubReader,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
    edit_of: Edits,
) -> PlanSnapshot:
    """Who edited the issue and who ordered something, and whether they may."""
    memory = snapshot.memory
    news = [d for d in deliveries if not is_known(d.claim, memory)]
    editors = {
        edit.delivery.actor_login: Person(
            edit.delivery.actor_login, edit.delivery.actor_id, edit.delivery.actor_is_bot
        )
        for edit in claimed_edits(news)
        if not edit.delivery.actor_is_bot
    }
    refused = frozenset(name for name in editors if reader.permission(name) not in MAY_WRITE)
    orders, comments = read_orders(reader, memory, issue, news)
    found = replace(
        snapshot,
        refused=refused_edits(news, refused, edit_of),
        overwritten=tuple(
            edit
            for edit in overwritten_edits(news, memory, edit_of, reader.blob)
            if edit.login not in refused
        ),
        echoes=echoes_of(news, memory),
        orders=orders,
        comments=comments,
        people=tuple(person for name, person in editors.items() if name not in refused),
    )
    return read_for_orders(found, reader) if orders else found
