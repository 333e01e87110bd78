"""What each side of a plan is compared with: the versions that were taken in already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.edits import Edits
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, IssueSnapshot, RepoPath
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.common_ground import common_ground, in_doubt
from bot.plans.companions import is_feature, plan_alone
from bot.plans.render import (
    PlanMarker,
    body_sha,
    issue_plan_text,
    shown_text,
    version_of,
    written_over,
)
from bot.subjects.body_edits import BodyHistory, claimed_edits, note_read, read_since
from bot.subjects.plan_recovery import versions
from bot.subjects.plan_snapshot import Bases

_BODIES_KEPT = 12
_MOST_KEPT = 200_000
"""How many characters of replaced bodies are kept, however many they are."""


def find_bases(
    reader: GitHubReader,
    memory: PlanMemory,
    file: FileSnapshot,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
    edit_of: Edits,
    *,
    unsure: bool,
) -> tuple[Bases, PlanMemory]:
    """The bases of both sides, and the memory as writes that were cut short left it."""
    path, now = RepoPath(memory.path), issue_plan_text(issue.body)
    begun = memory.landing_issue
    memory = _landed(reader, memory, file, issue, deliveries)
    if not memory.base_blob:
        return Bases(), memory
    of_file = memory.base_text
    if file.blob_sha != memory.base_blob and _may_be_moved(memory, file, deliveries):
        # The branch may have been moved without its history.
        taken_in = _version_taken_in(reader, path, memory)
        if taken_in is not None:
            # What stands beside the plan came after a base that has nothing of it.
            of_file = taken_in if is_feature(memory.base_text) else plan_alone(taken_in)
    shown = memory.issue_text or shown_text(memory.base_text)
    version = version_of(issue.body)
    history = BodyHistory.of(deliveries, edit_of)
    jump = history.jump(body_sha(issue.body))
    moved = bool(version) and version != memory.body_base
    if moved or (jump is not None and not read_since(memory, jump)):
        # The body goes back to another write of ours than the last one: an old copy was saved, or
        # the last write is not remembered. What was edited since it was saved is seen as it is.
        saved = history.after(jump) if jump else None
        saved = saved or history.first_of(issue.body, memory)
        newer = history.last_of(version_of(saved), jump, memory) if jump else None
        ground = goes_back_to(reader.blob, memory, file, saved, newer)
        shown = now if memory.held else ground or shown
        shown = in_doubt(shown, shown_text(memory.base_text), (shown_text(file.text), now))
        unsure = unsure or not is_remembered(version, memory)
    elif begun and now != shown and _saved_over(memory, deliveries):
        shown = goes_back_to(reader.blob, memory, file, issue.body) or shown
    return Bases(memory.base_text, of_file, shown, unsure), memory


def _may_be_moved(
    memory: PlanMemory, file: FileSnapshot, deliveries: Sequence[OpenDelivery]
) -> bool:
    """Whether the file may be another one without a commit on top of those that were seen.

    The push that says so may come later; an ordinary one tells of none, where the file is no former
    one.
    """
    if file.blob_sha in _made_from(memory):
        return True
    claims = [delivery.claim for delivery in deliveries]
    pushes = [claim for claim in claims if claim.startswith("commit:")]
    return "" in claims or all(claim[7:] in memory.seen_commits for claim in pushes)


def _made_from(memory: PlanMemory) -> set[str]:
    """The plan files that bodies of ours were made from."""
    return {version.partition(".")[0] for version in (memory.body_base, *memory.body_bases)}


def _saved_over(memory: PlanMemory, deliveries: Sequence[OpenDelivery]) -> bool:
    """Whether a body of ours that nobody saw come through did, and an old copy was saved over it.

    Without a delivery that says so it never came through: then whoever edits knows what they edit.
    """
    last = memory.wrote[-1] if memory.wrote else ""
    left = last.rstrip("?").partition(">")[2]
    return last.endswith("?") and any(
        (edit.stale and not read_since(memory, edit)) or left in (edit.to, edit.former)
        for edit in claimed_edits(deliveries)
    )


def is_remembered(version: str, memory: PlanMemory) -> bool:
    """Whether a body of this version is remembered, or the version is what is agreed on."""
    known = {memory.body_base, *(version_of(body) for body in memory.overwrote)}
    return version in known or version.partition(".")[0] == memory.base_blob


def goes_back_to(
    blob: Callable[[str], str | None],
    memory: PlanMemory,
    file: FileSnapshot | None,
    body: str,
    replaced: str | None = None,
) -> str | None:
    """The plan text that a body goes back to, as its hidden line and its own text tell.

    ``replaced`` is the last body with the same hidden line before it, where that is known.
    """
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
    for one in (*memory.overwrote, *([replaced] if replaced is not None else [])):
        if version_of(one) == version:
            newer = issue_plan_text(one)
    return common_ground(older, newer, issue_plan_text(body))


def _body_landed(
    memory: PlanMemory, issue: IssueSnapshot, deliveries: Sequence[OpenDelivery]
) -> bool:
    """Whether the body that was being written surely came through: then so did the file."""
    before, _, left = memory.landing_body.partition(">")
    if not left:
        return False
    ours = written_over(before, PlanMarker(memory.path, base=memory.landing_blob)).version
    edits = claimed_edits(deliveries)
    return version_of(issue.body) == ours or any(left in (e.to, e.former) for e in edits)


def _landed(
    reader: GitHubReader,
    memory: PlanMemory,
    file: FileSnapshot,
    issue: IssueSnapshot,
    deliveries: Sequence[OpenDelivery],
) -> PlanMemory:
    """The memory after writes of which nobody learned whether they came through."""
    wanted = memory.landing_blob
    if not wanted:
        return memory
    text = _text_landed(reader, memory, file)
    if text is None and _body_landed(memory, issue, deliveries):
        text = reader.blob(wanted)
    left = memory.landed()
    if text is None:
        # The body is written after the file.
        return left
    left = replace(
        left,
        base_text=text,
        base_blob=wanted,
        issue_text=issue_plan_text(memory.landing_issue),
        # Until our body is known to be there, the issue goes back to what was to be replaced.
        body_base=version_of(memory.landing_issue),
        body_bases=(*memory.body_bases, memory.body_base),
        reads=note_read(left, memory.landing_at, body_sha(memory.landing_issue)),
        facts=memory.landing_facts,
        landing_orders=memory.landing_orders,
        pulls=tuple(p for p in memory.pulls if not _outdated(p.number, p.standing, memory)),
    )
    return _with_body(left, memory, issue) if memory.landing_body else left


def _text_landed(reader: GitHubReader, memory: PlanMemory, file: FileSnapshot) -> str | None:
    """The plan file that was being written, where it came through."""
    wanted = memory.landing_blob
    if file.blob_sha == wanted:
        return file.text
    if file.blob_sha == memory.base_blob and not memory.landing_orders:
        return None
    # What a command wrote may have been taken back since, to the very version before it.
    for commit, version in versions(reader, RepoPath(memory.path), ours_before=True):
        if commit.sha in memory.seen_commits:
            # Older versions with the same text are not the write that was begun.
            return None
        if version.blob_sha == wanted:
            return version.text
    return None


def _with_body(left: PlanMemory, memory: PlanMemory, issue: IssueSnapshot) -> PlanMemory:
    """``left`` with the body that was being written when the process ended."""
    before = memory.landing_body.partition(">")[0]
    marker = PlanMarker(memory.path, base=memory.landing_blob)
    ours = written_over(before, marker).version
    sure = version_of(issue.body) == ours
    left = replace(
        left,
        wrote=(*memory.wrote, memory.landing_body if sure else f"{memory.landing_body}?"),
        overwrote=replaced_bodies(memory, memory.landing_issue),
        body_bases=(*left.body_bases, ours),
    )
    if not sure:
        return left
    return replace(
        left, body_base=ours, issue_text=issue_plan_text(issue.body) if memory.held else ""
    )


def replaced_bodies(memory: PlanMemory, body: str) -> tuple[str, ...]:
    """The bodies that our last writes replaced, oldest first."""
    others = [one for one in memory.overwrote if one != body]
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
    former = None
    for commit, version in versions(reader, path):
        known = version.blob_sha == memory.base_blob or commit.sha in memory.seen_commits
        if known or commit.author_login == bot:
            return version.text
        if former is None and version.blob_sha in _made_from(memory):
            former = version.text
    # Somebody may have brought a former version back; without a memory it is the best there is.
    return None if memory.seen_commits else former
