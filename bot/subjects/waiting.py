"""What waits for a plan in the pull request of a branch that takes no commits.

The pull request has what the plan issue agreed on, so a plan is compared with that, and what the
default branch lacks of it is put on top of what stands there. What the issue does not show, front
matter and the files beside the plan, waits the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.changes import FileEdit
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, PullSnapshot, RepoPath
from bot.memory import PlanMemory, SubjectKey
from bot.plans.companions import COMPANIONS, folder_of
from bot.plans.file_merge import take_over_file
from bot.plans.render import blob_sha
from bot.rolling import BRANCH
from bot.rolling_body import parse_entries
from bot.subjects.readable import readable_file, readable_text


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the default branch lacks of a plan.

    ``agreed`` is the plan file ("" where it waits for nothing) as the issue and the pull request
    agreed last, ``before`` the one before it where a write was cut short (the same otherwise).
    ``steps`` are what is to be put on top of the default branch's file, each as (what was, what
    is): the first from what that branch had. ``files`` are the other files of the plan as they are
    with what waits in them.
    """

    agreed: str
    before: str
    steps: tuple[tuple[str, str], ...]
    files: tuple[FileEdit, ...] = ()

    def file(self, path: str) -> FileEdit | None:
        """Another file as it is with what waits in it; None where nothing does."""
        return next((edit for edit in self.files if edit.path == path), None)


def waiting_pull(reader: GitHubReader, memory: PlanMemory) -> PullSnapshot | None:
    """The pull request in which changes of the plan wait; to be asked before its file is read.

    Costs no request where nothing waits.
    """
    return reader.pull(memory.proposed) if memory.proposed is not None else None


def find_waiting(reader: GitHubReader, memory: PlanMemory) -> PullSnapshot | None:
    """Our newest pull request, where it is not merged and lists something of this plan."""
    newest = next(iter(reader.pulls(BRANCH)), None)
    if newest is None or newest.merged or not newest.author.is_bot:
        return None
    sources = {entry.source for entry in parse_entries(newest.body).values()}
    return newest if source_of(memory) in sources else None


def recall_waiting(reader: GitHubReader, memory: PlanMemory) -> PlanMemory:
    """The memory with what waits for the plan, found on GitHub."""
    pull = find_waiting(reader, memory) if memory.base_blob else None
    if pull is None:
        return memory
    there = _proposed_text(reader, memory, pull) or memory.base_text
    return replace(memory, proposed=pull.number, waiting_text=there)


def read_waiting(
    reader: GitHubReader, memory: PlanMemory, pull: PullSnapshot | None, file: FileSnapshot
) -> tuple[PlanMemory, Waiting | None]:
    """What waits for the plan beside its ``file`` on the default branch, and the memory then.

    Where the pull request was merged, what waited is what both sides agreed on.
    """
    path, landing = RepoPath(memory.path), memory.landing_blob
    if landing and file.blob_sha == landing:
        # The branch has it after all.
        open_ = pull is not None and not pull.merged
        files = _files(reader, pull, memory, pull.head_sha) if pull and open_ else ()
        return replace(memory, waiting_text=""), Waiting("", "", (), files) if files else None
    if pull is None:
        if not memory.waiting_text:
            return memory, None
        step = (memory.base_text, memory.waiting_text)
        return memory, Waiting(memory.waiting_text, memory.waiting_text, (step,))
    if pull.merged:
        return _after_merge(reader, memory, pull, readable_text(reader, path, pull.head_sha))
    there = _proposed_text(reader, memory, pull)
    before = memory.waiting_text or there or memory.base_text
    if not before:
        return memory, None
    landed = there is not None and blob_sha(there) == landing
    agreed = there if landed and there is not None else before
    steps = [(memory.base_text, agreed)]
    if there is not None and there != agreed:
        # Somebody changed it on the branch; what that branch lost of ours is not taken back.
        with_ours = take_over_file(there, memory.base_text, agreed).text
        steps += [(agreed, with_ours)] if with_ours != agreed else []
    files = _files(reader, pull, memory, pull.head_sha)
    return memory, Waiting(agreed, before, tuple(steps), files)


def _proposed_text(reader: GitHubReader, memory: PlanMemory, pull: PullSnapshot) -> str | None:
    """The plan file of the pull request; None where it is not among what waits there: then the
    branch may have an older one."""
    if memory.path not in parse_entries(pull.body):
        return None
    return readable_text(reader, RepoPath(memory.path), pull.head_sha)


def _after_merge(
    reader: GitHubReader, memory: PlanMemory, pull: PullSnapshot, there: str | None
) -> tuple[PlanMemory, Waiting | None]:
    """What is agreed once the pull request is merged, and a commit that came too late for it."""
    path, agreed = RepoPath(memory.path), memory.waiting_text
    if not agreed:
        return memory, None
    if there is not None and there != agreed and readable_text(reader, path, BRANCH) == agreed:
        files = _files(reader, pull, memory, BRANCH)
        return memory, Waiting(agreed, agreed, ((there, agreed),), files)
    merged = replace(memory, base_text=agreed, base_blob=blob_sha(agreed), waiting_text="")
    return merged, None


def _files(
    reader: GitHubReader, pull: PullSnapshot, memory: PlanMemory, ref: str
) -> tuple[FileEdit, ...]:
    """The other files that the plan's own reconcile put there, where the branch lacks something."""
    source, folder = source_of(memory), folder_of(memory.path)
    ours = [one.path for one in parse_entries(pull.body).values() if one.source == source]
    shown = {memory.path, *(folder + name for name in COMPANIONS)}
    found = []
    for other in map(RepoPath, (path for path in ours if path not in shown)):
        here, there = readable_file(reader, other), readable_text(reader, other, ref)
        if there is None or (here is not None and here.text == there):
            continue
        if here is None:
            found.append(FileEdit(other, there, None))
            continue
        parted = reader.compared(pull.base_ref, ref)
        was = readable_text(reader, other, parted.merge_base) if parted else None
        text = take_over_file(here.text, was or "", there).text
        if text != here.text:
            found.append(FileEdit(other, text, here.blob_sha))
    return tuple(found)


def as_waiting(waiting: Waiting | None, file: FileSnapshot | None) -> FileSnapshot | None:
    """A file beside the plan with what waits in it; its blob is the default branch's."""
    edit = waiting.file(file.path) if waiting and file else None
    return replace(file, text=edit.text) if file and edit else file


def source_of(memory: PlanMemory) -> str:
    """Who a plan's entries in the pull request are from."""
    return str(SubjectKey(memory.repository_id, "plan", memory.path))
