"""What each side of a plan is compared with: the versions that were taken in already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.edits import Edits
from bot.github.ports import FileSnapshot, GitHubReader, IssueSnapshot, RepoPath
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.render import (
    body_sha,
    issue_plan_text,
    parse_plan_marker,
    shown_text,
)
from bot.subjects.plan_recovery import versions
from bot.subjects.plan_snapshot import Bases, TextEdit


def find_bases(
    reader: GitHubReader,
    memory: PlanMemory,
    file: FileSnapshot,
    issue: IssueSnapshot,
    *,
    rewritten: bool,
    unsure: bool,
) -> tuple[Bases, PlanMemory]:
    """The bases of both sides, and the memory as a write that was cut short left it.

    ``rewritten``: the branch may have been moved without its history.
    """
    path = RepoPath(memory.path)
    memory = landed(reader, memory, file)
    if not memory.base_blob:
        return Bases(), memory
    of_file = memory.base_text
    if rewritten and file.blob_sha != memory.base_blob:
        of_file = _version_taken_in(reader, path, memory) or of_file
    shown = memory.issue_text or shown_text(memory.base_text)
    marker = parse_plan_marker(issue.body)
    if marker and marker.base and marker.base != memory.body_base and not memory.held:
        # The body goes back to another write of ours than the last one: an old copy was saved, or
        # the last one is not remembered.
        text = _text_of(reader, marker.base, memory, file)
        shown = shown_text(text) if text is not None else shown
    return Bases(memory.base_text, of_file, shown, unsure), memory


def landed(reader: GitHubReader, memory: PlanMemory, file: FileSnapshot) -> PlanMemory:
    """The memory after a file write of which nobody learned whether it came through."""
    wanted = memory.landing_blob
    if not wanted:
        return memory
    text = file.text if file.blob_sha == wanted else None
    if text is None and file.blob_sha != memory.base_blob:
        for commit, version in versions(reader, RepoPath(memory.path)):
            if version.blob_sha == wanted:
                text = version.text
            if text is not None or commit.sha in memory.seen_commits:
                break
    left = replace(memory, landing_blob="", landing_issue="", landing_facts=())
    if text is None:
        return left
    return replace(
        left,
        base_text=text,
        base_blob=wanted,
        issue_text=memory.landing_issue,
        facts=memory.landing_facts,
        pulls=tuple(p for p in memory.pulls if not _outdated(p.number, p.state, memory)),
    )


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


def _text_of(reader: GitHubReader, blob: str, memory: PlanMemory, file: FileSnapshot) -> str | None:
    if blob == memory.base_blob:
        return memory.base_text
    return file.text if blob == file.blob_sha else reader.blob(blob)


# Edits of the body that need more than the body as it is


@dataclass(frozen=True, slots=True)
class _Claimed:
    """An edit as its delivery claims it: hashes of the body after and, where known, before."""

    delivery: OpenDelivery
    to: str
    former: str


def claimed_edits(deliveries: Sequence[OpenDelivery]) -> list[_Claimed]:
    """The edits of the issue's body among the deliveries, oldest first."""
    found = []
    for delivery in deliveries:
        kind, _, value = delivery.claim.partition(":")
        if kind == "body" and delivery.action == "edited":
            to, _, former = value.partition(":")
            found.append(_Claimed(delivery, to, former))
    return found


def overwritten_edits(
    deliveries: Sequence[OpenDelivery], memory: PlanMemory, edit_of: Edits
) -> tuple[TextEdit, ...]:
    """Edits that a write of ours replaced without having read them.

    Either our own edit's delivery says that it replaced another body than the one we had read, or a
    person's says that theirs began where ours did. Each such body comes once.
    """
    found: dict[str, TextEdit] = {}
    edits = claimed_edits(deliveries)
    wrote = [tuple(pair.split(">")) for pair in memory.wrote]
    replaced_by_people = {e.former for e in edits if not e.delivery.actor_is_bot}
    for edit in edits:
        for believed, left in wrote:
            # A person who takes an edit back arrives at what we wrote, too.
            ours = edit.delivery.actor_is_bot and edit.to == left
            ours = ours and edit.former not in ("", believed, left)
            beside = edit.former == believed and edit.to != left
            sha = edit.former if ours else edit.to if beside else ""
            if not sha or sha in memory.seen_bodies or (beside and sha in replaced_by_people):
                continue
            bodies = edit_of(edit.delivery.id)
            text = (bodies.before if ours else bodies.after) if bodies else None
            if text is None or body_sha(text) != sha:
                continue
            login = "" if ours else edit.delivery.actor_login
            before = memory.overwrote if (believed, left) == wrote[-1] else None
            before = before or memory.issue_text or shown_text(memory.base_text)
            known = found.get(sha)
            login = login or (known.login if known else "")
            found[sha] = TextEdit(login, before, issue_plan_text(text))
    return tuple(found.values())


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


def bodies_of(deliveries: Sequence[OpenDelivery]) -> tuple[str, ...]:
    """Hashes of every body that the deliveries name."""
    edits = claimed_edits(deliveries)
    return tuple(dict.fromkeys(sha for edit in edits for sha in (edit.former, edit.to) if sha))
