"""What each side of a plan is compared with: the versions that were taken in already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.edits import Edits
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, IssueSnapshot, RepoPath
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.common_ground import common_ground
from bot.plans.render import (
    PlanMarker,
    body_sha,
    issue_plan_text,
    shown_text,
    version_of,
    written_over,
)
from bot.subjects.plan_recovery import versions
from bot.subjects.plan_snapshot import Bases, TextEdit

_BODIES_KEPT = 12
_MOST_KEPT = 200_000
"""How many characters of replaced bodies are kept, however many they are."""


def find_bases(
    reader: GitHubReader,
    memory: PlanMemory,
    file: FileSnapshot,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
    *,
    unsure: bool,
) -> tuple[Bases, PlanMemory]:
    """The bases of both sides, and the memory as writes that were cut short left it."""
    path, now = RepoPath(memory.path), issue_plan_text(issue.body)
    begun = memory.landing_issue
    memory = _landed(reader, memory, file, issue)
    if not memory.base_blob:
        return Bases(), memory
    of_file = memory.base_text
    if file.blob_sha != memory.base_blob and any(d.claim == "" for d in deliveries):
        # The branch may have been moved without its history.
        of_file = _version_taken_in(reader, path, memory) or of_file
    shown = memory.issue_text or shown_text(memory.base_text)
    version = version_of(issue.body)
    if version and version != memory.body_base:
        # The body goes back to another write of ours than the last one: an old copy was saved, or
        # the last write is not remembered.
        shown = now if memory.held else _ground(reader.blob, memory, file, issue.body) or shown
        unsure = unsure or not _is_remembered(version, memory)
    elif begun and now != shown and _saved_over(memory, deliveries):
        shown = _ground(reader.blob, memory, file, issue.body) or shown
    return Bases(memory.base_text, of_file, shown, unsure), memory


def _saved_over(memory: PlanMemory, deliveries: Sequence[OpenDelivery]) -> bool:
    """Whether a body of ours that nobody saw come through did, and an old copy was saved over it.

    Without a delivery that says so it never came through: then whoever edits knows what they edit.
    """
    last = memory.wrote[-1] if memory.wrote else ""
    left = last.rstrip("?").partition(">")[2]
    edits = claimed_edits(deliveries)
    return last.endswith("?") and any(edit.stale or edit.to == left for edit in edits)


def _is_remembered(version: str, memory: PlanMemory) -> bool:
    """Whether a body of this version is remembered, or the version is what is agreed on."""
    known = {memory.body_base, *(version_of(body) for body in memory.overwrote)}
    return version in known or version.partition(".")[0] == memory.base_blob


def _ground(
    blob: Callable[[str], str | None], memory: PlanMemory, file: FileSnapshot | None, body: str
) -> str | None:
    """The plan text that a body goes back to, as its hidden line and its own text tell."""
    version = version_of(body)
    made_from = version.partition(".")[0]
    if made_from == memory.base_blob:
        text: str | None = memory.base_text
    elif file is not None and made_from == file.blob_sha:
        text = file.text
    else:
        text = blob(made_from) if made_from else None
    if text is None:
        return None
    older = newer = shown_text(text)
    if version == memory.body_base:
        newer = memory.issue_text or shown_text(memory.base_text)
    for replaced in memory.overwrote:
        if version_of(replaced) == version:
            newer = issue_plan_text(replaced)
    return common_ground(older, newer, issue_plan_text(body))


def _landed(
    reader: GitHubReader, memory: PlanMemory, file: FileSnapshot, issue: IssueSnapshot
) -> PlanMemory:
    """The memory after writes of which nobody learned whether they came through."""
    wanted = memory.landing_blob
    if not wanted:
        return memory
    text = file.text if file.blob_sha == wanted else None
    # What a command wrote may have been taken back since, to the very version before it.
    if text is None and (file.blob_sha != memory.base_blob or memory.landing_orders):
        path = RepoPath(memory.path)
        for commit, version in versions(reader, path, ours_before=True):
            if commit.sha in memory.seen_commits:
                # Older versions with the same text are not the write that was begun.
                break
            if version.blob_sha == wanted:
                text = version.text
                break
    left = replace(
        memory,
        landing_blob="",
        landing_issue="",
        landing_facts=(),
        landing_body="",
        landing_orders=(),
    )
    if text is None:
        # The body is written after the file.
        return left
    taken = issue_plan_text(memory.landing_issue)
    if memory.landing_body:
        before = memory.landing_body.partition(">")[0]
        ours = written_over(before, PlanMarker(memory.path, base=wanted)).version
        sure = version_of(issue.body) == ours
        pair = memory.landing_body if sure else f"{memory.landing_body}?"
        replaced = replaced_bodies(memory, memory.landing_issue)
        left = replace(
            left,
            wrote=(*memory.wrote, pair),
            overwrote=replaced,
            body_bases=(*memory.body_bases, ours),
        )
        if sure:
            left = replace(left, body_base=ours)
            taken = issue_plan_text(issue.body) if memory.held else ""
    return replace(
        left,
        base_text=text,
        base_blob=wanted,
        issue_text=taken,
        facts=memory.landing_facts,
        landing_orders=memory.landing_orders,
        pulls=tuple(p for p in memory.pulls if not _outdated(p.number, p.standing, memory)),
    )


def replaced_bodies(memory: PlanMemory, body: str) -> tuple[str, ...]:
    """The bodies that our last writes replaced: of each version of ours the last."""
    others = [one for one in memory.overwrote if version_of(one) != version_of(body)]
    kept = [*others, body][-_BODIES_KEPT:]
    while len(kept) > 1 and sum(map(len, kept)) > _MOST_KEPT:
        del kept[0]
    return tuple(kept)


def _outdated(number: int, state: str, memory: PlanMemory) -> bool:
    """Whether the facts that landed know a pull request better than the memory does."""
    facts = [fact for fact in memory.landing_facts if fact.startswith(f"{number}:")]
    return bool(facts) and not facts[0].startswith(f"{number}:{state}:")


def _version_taken_in(reader: GitHubReader, path: RepoPath, memory: PlanMemory) -> str | None:
    """The newest version in the file's present history that is taken in already."""
    bot = f"{reader.app_slug}[bot]"
    for commit, version in versions(reader, path):
        known = version.blob_sha == memory.base_blob or commit.sha in memory.seen_commits
        if known or commit.author_login == bot:
            return version.text
    return None


# Edits of the body that need more than the body as it is


@dataclass(frozen=True, slots=True)
class _Claimed:
    """An edit as its delivery claims it: hashes of the body after and, where known, before.

    ``by_bot``: perhaps our own write. ``stale``: it was made on an older copy than it replaced.
    """

    delivery: OpenDelivery
    to: str
    former: str
    by_bot: bool
    stale: bool


def claimed_edits(deliveries: Sequence[OpenDelivery]) -> list[_Claimed]:
    """The edits of the issue's body among the deliveries, oldest first."""
    found = []
    for delivery in deliveries:
        kind, *parts = delivery.claim.split(":")
        if kind in ("body", "echo") and delivery.action == "edited":
            former = parts[1] if len(parts) > 1 else ""
            edit = _Claimed(delivery, parts[0], former, kind == "echo", "stale" in parts)
            found.append(edit)
    return found


def overwritten_edits(
    deliveries: Sequence[OpenDelivery],
    memory: PlanMemory,
    edit_of: Edits,
    blob: Callable[[str], str | None],
) -> tuple[TextEdit, ...]:
    """Edits that were replaced by somebody who had not seen them; each body comes once.

    By us: our own edit's delivery says that it replaced another body than the one we had read. By a
    person: theirs goes back to an older write of ours than the body it replaced, which goes back to
    a write that we remember (what is older was dealt with before the memory was lost).
    """
    found: dict[str, TextEdit] = {}
    known = memory.issue_text or shown_text(memory.base_text)
    begun_from = {body_sha(body): issue_plan_text(body) for body in memory.overwrote}
    versions_known = {memory.body_base, *memory.body_bases}
    for edit in claimed_edits(deliveries):
        believed = _believed(edit, memory)
        unseen = edit.stale and edit.former not in memory.seen_bodies
        if not edit.former or not (believed or unseen):
            continue
        bodies = edit_of(edit.delivery.id)
        if bodies is None or bodies.before is None:
            continue
        if believed or version_of(bodies.before) in versions_known:
            exact = begun_from.get(believed)
            begun = exact or _ground(blob, memory, None, bodies.before) or known
            written = issue_plan_text(bodies.before)
            if written != begun:
                guessed = exact is None and not _is_remembered(version_of(bodies.before), memory)
                found[edit.former] = TextEdit("", begun, written, unsure=guessed)
    writers = {edit.to: edit.delivery.actor_login for edit in claimed_edits(deliveries)}
    return tuple(replace(one, login=writers.get(sha, "")) for sha, one in found.items())


def _believed(edit: _Claimed, memory: PlanMemory) -> str:
    """The hash of the body that our write was made for, where it replaced another one."""
    if not edit.by_bot:
        return ""
    pairs = (pair.rstrip("?").partition(">") for pair in memory.wrote)
    believed = [before for before, _, left in pairs if left == edit.to]
    return "" if not believed or edit.former in (*believed, edit.to) else believed[-1]


def refused_edits(
    deliveries: Sequence[OpenDelivery], refused: frozenset[str], edit_of: Edits
) -> tuple[TextEdit, ...]:
    """The edits by people who may not write, oldest first."""
    found = []
    for edit in claimed_edits(deliveries):
        if edit.delivery.actor_is_bot or edit.delivery.actor_login not in refused:
            continue
        bodies = edit_of(edit.delivery.id)
        if bodies is not None:
            before = None if bodies.before is None else issue_plan_text(bodies.before)
            found.append(TextEdit(edit.delivery.actor_login, before, issue_plan_text(bodies.after)))
    return tuple(found)


def echoes_of(deliveries: Sequence[OpenDelivery], memory: PlanMemory) -> tuple[str, ...]:
    """What edits by bots replaced and left, where that is no write as we remember it."""
    pairs = (f"{e.former}>{e.to}" for e in claimed_edits(deliveries) if e.by_bot and e.former)
    return tuple(pair for pair in dict.fromkeys(pairs) if pair not in memory.wrote)


def bodies_before(deliveries: Sequence[OpenDelivery], body: str) -> tuple[str, ...]:
    """Hashes of the bodies that became this one by edits that the deliveries tell of."""
    came_from = {edit.to: edit for edit in claimed_edits(deliveries)}
    found: dict[str, None] = {}
    edit = came_from.get(body)
    while edit is not None and edit.former and edit.former not in found:
        found[edit.former] = None
        edit = came_from.get(edit.former)
    return tuple(reversed(found))
