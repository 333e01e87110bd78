"""Read what people ordered: each new command once, who gave it, and what it needs to be obeyed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from posixpath import dirname, join

from bot.github.ports import MAY_WRITE, GitHubReader
from bot.github.snapshots import (
    CommentSnapshot,
    FileSnapshot,
    IssueSnapshot,
    PullSnapshot,
    RepoPath,
)
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.commands import Command, parse_command, split_pull, split_task
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.people import teams_of
from bot.plans.requested import is_login
from bot.plans.revisions import changes_between
from bot.subjects.plan_recovery import versions
from bot.subjects.plan_snapshot import Order, PlanSnapshot, Seen
from bot.subjects.readable import readable_file
from bot.subjects.waiting import as_waiting

# These say which of two texts stands: said of a plan where it stands already they change nothing,
# and the file alone does not tell whether the issue was written too.
_MOST_TEAMS = 10
_HARMLESS_AGAIN = frozenset({"take", "sync", "accept"})


def answer_marker(comment_id: int, command: Command) -> str:
    """The hidden first line of the comment that answers a command: it is answered once."""
    return f'<!-- plansync:told comment="{comment_id}" order="{command.digest}" -->'


def ordered_marker(comment_id: int) -> str:
    """The hidden line in an issue that a command asked for."""
    return f'<!-- plansync:ordered comment="{comment_id}" -->'


def read_orders(
    reader: GitHubReader,
    memory: PlanMemory,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
) -> tuple[tuple[Order, ...], tuple[CommentSnapshot, ...]]:
    """The commands among the deliveries, oldest first, and the comments of the plan issue.

    A command counts as it stands in its comment now, and is that of whoever wrote it: of the
    author, or of who edited it into the comment.
    """
    claimed = {d.claim: d for d in deliveries if d.claim.startswith("comment:")}
    places: dict[int, tuple[CommentSnapshot, ...]] = {}
    found = []
    for claim, delivery in claimed.items():
        parts = claim.split(":")
        place = int(parts[3]) if len(parts) > 3 else issue.number
        if place not in places:
            places[place] = tuple(reader.comments(place))
        comment = next((c for c in places[place] if c.id == int(parts[1])), None)
        command = parse_command(comment.body) if comment and not comment.ours else None
        if comment is None or command is None or command.digest != parts[2]:
            continue
        if delivery.actor_is_bot:
            continue
        order = _order(reader, memory, delivery, comment, command, places[place])
        several, joins = parts[4:] == ["several"], parts[4:] == ["join"]
        found.append(replace(order, number=place, several=several, joins=joins))
    if claimed and issue.number not in places:
        places[issue.number] = tuple(reader.comments(issue.number))
    return tuple(sorted(found, key=lambda o: o.comment_id)), places.get(issue.number, ())


def joining_issue(reader: GitHubReader, deliveries: Sequence[OpenDelivery]) -> IssueSnapshot | None:
    """The issue in which somebody who may write asked for it to become the plan's."""
    for delivery in deliveries:
        parts = delivery.claim.split(":")
        if parts[0] != "comment" or parts[4:] != ["join"] or delivery.actor_is_bot:
            continue
        issue = reader.issue(int(parts[3]))
        if issue is not None and reader.permission(delivery.actor_login) in MAY_WRITE:
            return issue
    return None


def _order(
    reader: GitHubReader,
    memory: PlanMemory,
    delivery: OpenDelivery,
    comment: CommentSnapshot,
    command: Command,
    comments: Sequence[CommentSnapshot],
) -> Order:
    login = delivery.actor_login
    done = _done(reader, memory, delivery.claim, comment, command, comments)
    role = reader.permission(login)
    return Order(
        comment_id=comment.id,
        claim=delivery.claim,
        command=command,
        login=login,
        allowed=role in MAY_WRITE and not done,
        role=role,
        at=comment.created_at or delivery.received_at,
        done=done,
        actor_id=delivery.actor_id,
    )


def _done(
    reader: GitHubReader,
    memory: PlanMemory,
    claim: str,
    comment: CommentSnapshot,
    command: Command,
    comments: Sequence[CommentSnapshot],
) -> str:
    """``landed`` or ``known`` for a command that was obeyed already, as GitHub or memory tell."""
    if claim in memory.landing_orders and command.verb not in _HARMLESS_AGAIN:
        return "landed"
    marker = answer_marker(comment.id, command)
    if any(other.ours and other.body.startswith(marker) for other in comments):
        return "known"
    remembered = any(one.startswith(f"comment:{comment.id}:") for one in memory.handled)
    if comment.reactions and not remembered and reader.reacted(comment.id):
        # Nobody remembers this comment: the database was lost after it was obeyed.
        return "known"
    return ""


def read_for_orders(
    snapshot: PlanSnapshot, reader: GitHubReader, people: Mapping[str, str]
) -> PlanSnapshot:
    """The snapshot with what its commands need: pull requests, roles, teams, other files."""
    orders = tuple(_with_seen(order, snapshot, reader, people) for order in snapshot.orders)
    snapshot = replace(snapshot, orders=orders)
    if snapshot.ordered("sync") or snapshot.ordered("sync", "confirm"):
        snapshot = _with_open_pulls(snapshot, reader)
    if any(o.allowed and o.command.verb == "log" for o in orders):
        log = _file(reader, log_path(snapshot.path))
        snapshot = replace(snapshot, log=as_waiting(snapshot.waiting, log))
    return snapshot


def log_path(path: str) -> RepoPath:
    """Where the decision log of the plan at ``path`` is."""
    return RepoPath(join(dirname(path), "decision-log.md"))


def _with_open_pulls(snapshot: PlanSnapshot, reader: GitHubReader) -> PlanSnapshot:
    known = {pull.number for pull in snapshot.pulls} | set(snapshot.gone_pulls)
    wanted = [
        pull.number
        for pull in snapshot.memory.pulls
        if pull.state in ("open", "draft") and pull.number not in known
    ]
    read = {number: reader.pull(number) for number in wanted}
    return replace(
        snapshot,
        pulls=(*snapshot.pulls, *(pull for pull in read.values() if pull)),
        gone_pulls=(*snapshot.gone_pulls, *(n for n, pull in read.items() if not pull)),
    )


def _with_seen(
    order: Order, snapshot: PlanSnapshot, reader: GitHubReader, people: Mapping[str, str]
) -> Order:
    if not order.allowed:
        return order
    verb, text = order.command.verb, order.command.text
    match verb:
        case "link" | "unlink":
            number, _ = split_pull(text)
            on_pull = order.number if order.number != snapshot.memory.issue_number else None
            return replace(order, seen=Seen(pull=_pull(reader, number or on_pull)))
        case "assign":
            login = split_task(text)[1].strip("`@ ")
            role = reader.permission(login) if is_login(login) else ""
            return replace(order, seen=Seen(role=role))
        case "approve" if order.role != "admin":
            return replace(order, seen=Seen(teams=_teams(order, snapshot, reader, people)))
        case "new":
            return replace(order, seen=Seen(issue=_made(reader, order)))
        case "adopt":
            return replace(order, seen=Seen(file=_file(reader, text)))
        case "revise":
            return replace(order, seen=Seen(changes=_changes(reader, snapshot)))
    return order


def _teams(
    order: Order, snapshot: PlanSnapshot, reader: GitHubReader, people: Mapping[str, str]
) -> Mapping[str, bool | None]:
    """Which of the teams that may sign for something whoever approves is in.

    Also of those that only the plan names which waits for the default branch.
    """
    texts = [snapshot.file.text] if snapshot.file else []
    if snapshot.waiting and snapshot.waiting.agreed:
        texts.insert(0, snapshot.waiting.agreed)
    plans = [read_plan(snapshot.path, parse_document(text)) for text in texts]
    approvals = [approval for plan in plans if plan for approval in plan.approvals]
    teams = teams_of(approvals, people)
    return {team: reader.in_team(team, order.login) for team in teams[:_MOST_TEAMS]}


def _pull(reader: GitHubReader, number: int | None) -> PullSnapshot | None:
    return reader.pull(number) if number else None


def _made(reader: GitHubReader, order: Order) -> int | None:
    marker = ordered_marker(order.comment_id)
    for issue in reader.issues(since=order.at):
        if marker in issue.body and issue.by_app == reader.app_slug:
            return issue.number
    return None


def _file(reader: GitHubReader, text: str) -> FileSnapshot | None:
    return readable_file(reader, text.strip("`\"' "))


def _changes(reader: GitHubReader, snapshot: PlanSnapshot) -> tuple[str, ...]:
    """What the plan changed since its last revision was added, else since it was made."""
    now = snapshot.file
    if now is None:
        return ()
    plan = read_plan(snapshot.path, parse_document(now.text))
    count = len(plan.revisions) if plan else 0
    since = now.text
    for number, (_, version) in enumerate(versions(reader, snapshot.path)):
        before = read_plan(snapshot.path, parse_document(version.text))
        if number and before is not None and len(before.revisions) < count:
            break
        since = version.text
    return changes_between(since, now.text, snapshot.path)
