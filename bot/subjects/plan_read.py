"""Read one plan: its file, its issue, what the deliveries claim, and what each is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.config import RepoConfig
from bot.edits import Edits
from bot.errors import UserProblem
from bot.github.ports import MAY_WRITE, GitHubReader
from bot.github.snapshots import FileSnapshot, IssueSnapshot, Person, RepoPath
from bot.memory import OpenDelivery, PlanMemory, SubjectKey
from bot.plans.companions import has_companions, refuse_own_lines
from bot.plans.document import parse_document
from bot.plans.formats import recognise
from bot.plans.render import blob_sha, body_sha, parse_plan_marker
from bot.subjects.body_edits import bodies_before, claimed_edits, is_settled, parse_claim
from bot.subjects.issue_following import CLAIM as ISSUE
from bot.subjects.issue_following import is_applied, read_named
from bot.subjects.order_reading import joining_issue, read_for_orders, read_orders
from bot.subjects.overwritten import (
    echoes_of,
    overwritten_edits,
    put_off,
    refused_edits,
    settled_by,
)
from bot.subjects.plan_bases import find_bases
from bot.subjects.plan_companions import belongs_to, together
from bot.subjects.plan_header import RETITLED, fields_digest
from bot.subjects.plan_moves import moved_from, moved_to
from bot.subjects.plan_recovery import recall, recover, requested_in
from bot.subjects.plan_snapshot import Bases, PlanSnapshot, TextEdit
from bot.subjects.pull_claims import undone_commits
from bot.subjects.pull_read import read_details, with_later_reverts
from bot.subjects.story_keeping import read_beside
from bot.subjects.unexplained import find_unexplained, held_edit, wait_until
from bot.subjects.waiting import Waiting, read_waiting, waiting_pull


def is_known(claim: str, memory: PlanMemory | None) -> bool:
    """True when a delivery's claim is what is remembered already: nothing to read for it."""
    if memory is None or memory.issue_number is None:
        return False
    kind, _, value = claim.partition(":")
    if kind in ("body", "echo"):
        body, former = (*value.split(":"), "")[:2]
        if body != memory.body_sha or claim.endswith(f":{RETITLED}"):
            return False
        if kind == "echo" and former:
            return f"{former}>{body}" in (*memory.wrote, *memory.echoes)
        edit = parse_claim(claim)
        return edit is None or not former or is_settled(edit, memory)
    if kind == "commit":
        # A file that was taken away may come back with a commit that was seen before.
        return value.partition(":")[0] in memory.seen_commits and not memory.stopped
    if kind == "fields":
        shown = (memory.shown_title, memory.shown_labels, memory.shown_people)
        return bool(memory.shown_title) and value == fields_digest(*shown)
    if kind == "comment":
        return claim in memory.handled
    if kind == ISSUE:
        return is_applied(value, memory)
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
    owner = belongs_to(reader, path) if memory.issue_number is None else ""
    if owner:
        return _of_another(owner, path, memory, reader, deliveries, edit_of)
    reader, edit_of = together(reader, memory, edit_of)
    # Before the file: what is merged by then is in the file that is read afterwards.
    proposed = waiting_pull(reader, memory)
    file, problem = _file(reader, path, memory)
    found = _Found(None, memory)
    if memory.issue_number is not None:
        found = _known_issue(reader, path, memory, file, deliveries)
    elif file is not None:
        found = _find_issue(reader, path, memory, file)
    if found.issue is None and memory.issue_number is None:
        found = _joined(reader, found, deliveries)
    issue, memory = found.issue, found.memory
    asked = memory.request_number if memory.issue_number is None else None
    request = reader.issue(asked) if asked else None
    claims = [delivery.claim.split(":") for delivery in deliveries]
    snapshot = PlanSnapshot(
        path=path,
        memory=memory,
        file=file,
        issue=issue,
        moved_from=found.moved_from,
        commits=tuple(parts[1] for parts in claims if parts[0] == "commit"),
        undone=with_later_reverts(reader, memory, undone_commits(claims, memory)),
        bodies=bodies_before(deliveries, body_sha(issue.body)) if issue else (),
        request_title=request.title if request else "",
        problem=problem,
    )
    if file is None and memory.base_blob:
        snapshot = _without_file(snapshot, reader)
        file = snapshot.file
    if issue is not None and (file is None or not _is_plan(path, file.text, memory)):
        return _with_people(snapshot, reader, issue, deliveries, edit_of, config.people)
    if file is None or issue is None:
        return snapshot
    if proposed is None and memory.proposed is not None:
        proposed = waiting_pull(reader, memory)
    memory, waiting = read_waiting(reader, memory, proposed, file)
    bases, memory = _bases(reader, memory, file, issue, deliveries, edit_of, waiting, found.unsure)
    snapshot = replace(snapshot, bases=bases, memory=memory, waiting=waiting)
    snapshot = _with_pulls(snapshot, file.text, reader, claims, deliveries, config)
    snapshot = _with_people(snapshot, reader, issue, deliveries, edit_of, config.people)
    snapshot = read_named(snapshot, reader, file, issue, claims)
    return read_beside(snapshot, reader, file, issue, deliveries)


def _of_another(
    owner: str,
    path: RepoPath,
    memory: PlanMemory,
    reader: GitHubReader,
    deliveries: Sequence[OpenDelivery],
    edit_of: Edits,
) -> PlanSnapshot:
    """A file that the issue of another plan shows; who asked for one of its own is told."""
    found = _joined(reader, _Found(None, memory), deliveries)
    why = f"it belongs to {owner}, whose issue shows it"
    snapshot = PlanSnapshot(path, found.memory, None, found.issue, problem=why)
    if found.issue is None:
        return snapshot
    return _with_people(snapshot, reader, found.issue, deliveries, edit_of)


@dataclass(frozen=True, slots=True)
class _Found:
    """A plan's issue and what is known of the plan; ``moved_from`` is where its file was before."""

    issue: IssueSnapshot | None
    memory: PlanMemory
    unsure: bool = False
    moved_from: RepoPath | None = None


def _known_issue(
    reader: GitHubReader,
    path: RepoPath,
    memory: PlanMemory,
    file: FileSnapshot | None,
    deliveries: Sequence[OpenDelivery],
) -> _Found:
    """The issue that is remembered; where it is gone, the same one under another number."""
    assert memory.issue_number is not None  # noqa: S101 - only asked where there is one
    issue = reader.issue(memory.issue_number)
    if issue is not None or file is None:
        return _Found(issue, memory)
    if all(delivery.event != "issues" and delivery.claim for delivery in deliveries):
        return _Found(None, memory)
    # It may have been transferred back, which gives it a new number.
    fresh = PlanMemory(memory.repository_id, path, "")
    issue, fresh, unsure = recover(reader, path, fresh, file)
    return _Found(issue, memory if issue is None else fresh, unsure)


def _find_issue(
    reader: GitHubReader, path: RepoPath, memory: PlanMemory, file: FileSnapshot
) -> _Found:
    """The issue of a plan that nobody remembers, also of one that stood at another path."""
    issue, memory, unsure = recover(reader, path, memory, file)
    if issue is not None:
        return _Found(issue, memory, unsure)
    history = reader.commits(path=path)
    issue = moved_from(reader, path, file, history)
    if issue is None:
        return _Found(None, replace(memory, request_number=requested_in(history, path)))
    marker = parse_plan_marker(issue.body)
    issue, memory, unsure = recall(reader, issue, path, memory, file)
    return _Found(issue, memory, unsure, RepoPath(marker.path) if marker else None)


def _joined(reader: GitHubReader, found: _Found, deliveries: Sequence[OpenDelivery]) -> _Found:
    """The issue of a person that was asked to become the plan's."""
    issue = joining_issue(reader, deliveries)
    if issue is None:
        return found
    memory = replace(found.memory, issue_number=issue.number, title=issue.title)
    return replace(found, issue=issue, memory=memory)


def _is_plan(path: RepoPath, text: str, memory: PlanMemory) -> bool:
    """Whether there is a plan to compare with the issue: in a known format, or agreed on."""
    return bool(memory.base_blob) or recognise(path, parse_document(text)) is not None


def _without_file(snapshot: PlanSnapshot, reader: GitHubReader) -> PlanSnapshot:
    """The plan whose file is gone, as both sides last agreed on it, and where the file went."""
    memory = snapshot.memory
    file = FileSnapshot(snapshot.path, memory.base_text, memory.base_blob)
    if memory.state == "deleted" or snapshot.issue is None:
        return replace(snapshot, file=file, deleted="?")
    there, commit = moved_to(reader, snapshot.path, memory.base_text)
    return replace(snapshot, file=file, deleted=commit or "?", moved_to=there)


def _file(
    reader: GitHubReader, path: RepoPath, memory: PlanMemory
) -> tuple[FileSnapshot | None, str]:
    """The plan file; where it cannot be read, what it was and why it cannot be."""
    try:
        file = reader.file(path)
        if file is not None and not has_companions(path):
            refuse_own_lines(path, file.text)
        return file, ""
    except UserProblem as problem:
        if memory.issue_number is None or not memory.base_blob:
            raise
        return FileSnapshot(path, memory.base_text, memory.base_blob), problem.message


def _bases(
    reader: GitHubReader,
    memory: PlanMemory,
    file: FileSnapshot,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
    edit_of: Edits,
    waiting: Waiting | None,
    unsure: bool,
) -> tuple[Bases, PlanMemory]:
    """The bases; while changes wait the issue is compared with the pull request's plan file."""
    if waiting is None or not waiting.agreed:
        return find_bases(reader, memory, file, issue, deliveries, edit_of, unsure=unsure)
    there = FileSnapshot(file.path, waiting.agreed, blob_sha(waiting.agreed))
    inner = _as_waiting(memory, waiting.before)
    bases, inner = find_bases(reader, inner, there, issue, deliveries, edit_of, unsure=unsure)
    outer = replace(
        inner,
        base_text=memory.base_text,
        base_blob=memory.base_blob,
        waiting_text=waiting.agreed,
    )
    return replace(bases, agreed=waiting.agreed, file=waiting.steps[0][0]), outer


def _as_waiting(memory: PlanMemory, text: str) -> PlanMemory:
    """The memory as if the pull request were the branch that the plan is on."""
    return replace(memory, base_text=text, base_blob=blob_sha(text))


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


def _is_held(edit: TextEdit, held: TextEdit | None) -> bool:
    """Whether an edit that was replaced is the one of which nobody says whose it is."""
    return held is not None and not edit.login and edit.after == held.after


def _with_people(
    snapshot: PlanSnapshot,
    reader: GitHubReader,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
    edit_of: Edits,
    people: Mapping[str, str] | None = None,
) -> PlanSnapshot:
    """Who edited the issue and who ordered something, and whether they may."""
    memory, agreed = snapshot.memory, snapshot.memory
    if snapshot.waiting and snapshot.waiting.agreed:
        agreed = _as_waiting(memory, snapshot.waiting.agreed)
    news = [d for d in deliveries if not is_known(d.claim, memory)]
    editors = {
        edit.delivery.actor_login: Person(
            edit.delivery.actor_login, edit.delivery.actor_id, edit.delivery.actor_is_bot
        )
        for edit in claimed_edits(news)
        if not edit.delivery.actor_is_bot
    }
    refused = frozenset(name for name in editors if reader.permission(name) not in MAY_WRITE)
    unexplained = find_unexplained(reader, memory, issue, deliveries)
    held = held_edit(unexplained, agreed, issue, edit_of) if unexplained else None
    then = unexplained.then if unexplained else frozenset()
    edits = (
        *refused_edits([d for d in news if d.id not in then], refused, edit_of),
        *([held] if held else []),
        *refused_edits([d for d in news if d.id in then], refused, edit_of),
    )
    named = [d for d in news if d.claim.startswith("fields:") or d.claim.endswith(f":{RETITLED}")]
    renamers = {delivery.actor_login for delivery in named if not delivery.actor_is_bot}
    orders, comments = read_orders(reader, memory, issue, news)
    found = replace(
        snapshot,
        refused=edits,
        early=wait_until(deliveries) if unexplained else None,
        overwritten=(
            *put_off(memory),
            *(
                edit
                for edit in overwritten_edits(
                    news, agreed, edit_of, reader.blob, issue.body, refused
                )
                if edit.login not in refused and not _is_held(edit, held)
            ),
        ),
        echoes=echoes_of(news, memory),
        settled_edits=settled_by(deliveries),
        orders=orders,
        comments=comments,
        may_rename=all(reader.permission(name) in MAY_WRITE for name in sorted(renamers)),
        people=tuple(person for name, person in editors.items() if name not in refused),
    )
    return read_for_orders(found, reader, people or {}) if orders else found
