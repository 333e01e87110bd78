"""The rolling pull request: where changes wait that the default branch does not take from an App.

One branch and one pull request a repository, updated in place. Nothing is ever forced: the branch
only moves forward, so a commit that a person adds to it stays. What waits here is not lost without
it either: it stands in the plan issue, and the plan's base stays what the default branch has.
Everything here reads and returns changes; ``bot.apply`` carries them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.changes import (
    Change,
    CommitFiles,
    CommitToBranch,
    CreateBranch,
    DeleteBranch,
    EditPull,
    FileEdit,
    OpenPull,
)
from bot.commits import running_ci
from bot.errors import UserProblem
from bot.github.ports import GitHubReader, Refused, Stale
from bot.github.snapshots import Compared, FileSnapshot, PullSnapshot, RepoPath
from bot.plans.file_merge import take_over_file
from bot.rolling_body import Entry, make_entry, parse_entries, parse_words, render_body

BRANCH = "plansync/plan-updates"
TITLE = "Update plans from their issues"

# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches
# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
_PROTECTED = re.compile(
    r"protected (branch|ref)|rule violation|through a pull request|approving review|"
    r"status check|required signature|verified signature|not authorized to push|"
    r"branch is locked|cannot update this|being restricted",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to write so that a change waits in the pull request; ``pull`` where there is one."""

    changes: tuple[Change, ...]
    pull: PullSnapshot | None


@dataclass(frozen=True, slots=True)
class _Rolling:
    default: str
    tip: str
    head: str | None
    pulls: tuple[PullSnapshot, ...]
    compared: Compared | None

    @property
    def open(self) -> PullSnapshot | None:
        return next((pull for pull in self.pulls if pull.state == "open"), None)

    @property
    def newest(self) -> PullSnapshot | None:
        return self.open or next(iter(self.pulls), None)

    @property
    def over(self) -> bool:
        """True when nothing on the branch is still wanted: it may begin anew."""
        if self.head is None:
            return True
        last = self.newest
        merged = last is not None and last.merged and last.head_sha == self.head
        nothing = self.compared is not None and not self.compared.ahead
        return self.open is None and (merged or nothing)


def is_protected(refused: Refused) -> bool:
    """True when a branch does not take commits from plansync, in whatever words GitHub says so."""
    return refused.status in (403, 409, 422) and bool(_PROTECTED.search(refused.message))


def propose(change: CommitFiles, source: str, refused: Refused, reader: GitHubReader) -> Proposal:
    """What makes ``change`` wait in the pull request; no change where it waits there already.

    A pull request that a person closed stays closed until something else is to be changed. Raises
    Stale when a file of the default branch is not what the change expects, and UserProblem when
    the new file of another subject waits at the same path.
    """
    now = _read(reader)
    before = {edit.path: reader.file(edit.path, ref=now.tip) for edit in change.files}
    if any(_blob(before[edit.path]) != edit.expected_blob for edit in change.files):
        raise Stale(f"{change.target} changed since it was read")
    entries = parse_entries(now.newest.body if now.newest else "")
    message = running_ci(change.message)
    steps: list[Change] = []
    if now.over or now.head is None:
        entries = {}
        if now.head is not None and now.head != now.tip:
            steps.append(DeleteBranch(BRANCH, "What waited on the branch is merged"))
        if now.head != now.tip:
            reason = f"{now.default} takes no commits from plansync"
            steps.append(CreateBranch(BRANCH, now.tip, reason))
        steps.append(CommitToBranch(change.files, message, BRANCH, now.tip, change.reason))
    else:
        paths = {str(edit.path) for edit in change.files}
        ended = {p for p, one in entries.items() if one.source == source and p not in paths}
        commit, dropped = _next_commit(change, source, message, now, before, entries, ended, reader)
        steps += commit
        entries = {p: entry for p, entry in entries.items() if p not in dropped | ended}
    new = [str(edit.path) for edit in change.files]
    entries |= {path: make_entry(path, source, change.reason) for path in new}
    return _with_pull(now, entries, steps, refused)


def _with_pull(
    now: _Rolling, entries: Mapping[str, Entry], steps: list[Change], refused: Refused
) -> Proposal:
    body = render_body(now.default, entries, refused.message)
    pull = now.open
    if pull is not None:
        if pull.body.strip() != body.strip() and (
            steps or set(entries) != set(parse_entries(pull.body))
        ):
            steps.append(EditPull(pull.number, "Other changes wait in it now", body=body))
        return Proposal(tuple(steps), pull)
    last = now.newest
    if not steps and last and not last.merged and last.head_sha == now.head:
        return Proposal((), last)
    reason = f"{now.default} takes no commits from plansync"
    steps.append(OpenPull(TITLE, body, BRANCH, now.default, reason))
    return Proposal(tuple(steps), None)


def _next_commit(
    change: CommitFiles,
    source: str,
    message: str,
    now: _Rolling,
    before: Mapping[RepoPath, FileSnapshot | None],
    entries: Mapping[str, Entry],
    ended: set[str],
    reader: GitHubReader,
) -> tuple[list[Change], set[str]]:
    """The commit on the branch as it is, and the entries that it drops.

    What is ``ended`` waits no more, and is made what the default branch has.
    """
    head, compared = now.head or "", now.compared
    there = {edit.path: reader.file(edit.path, ref=head) for edit in change.files}
    for edit in change.files:
        _check_free(edit, there[edit.path], entries, source, now)
    outdated = (
        compared is not None
        and compared.behind > 0
        and any(
            _blob(reader.file(path, ref=compared.merge_base)) != _blob(file)
            for path, file in before.items()
        )
    )
    if outdated and compared is not None:
        merged = _merged(compared, now, change.files, entries, ended, reader)
        if merged is not None:
            files, deleted, dropped = merged
            commit = CommitToBranch(
                files, message, BRANCH, head, change.reason, deleted, merging=now.tip
            )
            return [commit], dropped
    changed = tuple(
        replace(edit, expected_blob=_blob(there[edit.path]))
        for edit in change.files
        if _text(there[edit.path]) != edit.text
    )
    back, deleted = _as_there(map(RepoPath, sorted(ended)), now, reader)
    if not (changed or back or deleted):
        return [], set()
    files = (*changed, *back)
    return [CommitToBranch(files, message, BRANCH, head, change.reason, deleted)], set()


def _check_free(
    edit: FileEdit,
    there: FileSnapshot | None,
    entries: Mapping[str, Entry],
    source: str,
    now: _Rolling,
) -> None:
    entry = entries.get(edit.path)
    taken = there is not None and edit.expected_blob is None
    if taken and entry is not None and entry.source != source and now.open is not None:
        raise UserProblem(
            f"Another new plan waits at this path in #{now.open.number}.",
            f"Merge or close #{now.open.number} first.",
            path=edit.path,
        )


def _merged(
    compared: Compared,
    now: _Rolling,
    wanted: Sequence[FileEdit],
    entries: Mapping[str, Entry],
    ended: set[str],
    reader: GitHubReader,
) -> tuple[tuple[FileEdit, ...], tuple[RepoPath, ...], set[str]] | None:
    """The files of a merge with the default branch, and the plans that are left out of it.

    A file of ours that changed on both sides is merged; where both changed the same it is as the
    default branch has it, and its own reconcile, which that change causes, puts it right. One of
    which nothing is left is left out. None where something else changed on both sides: that is for
    a person to merge.
    """
    if compared.paths is None:
        return None
    here = {edit.path for edit in wanted}
    carried: list[FileEdit] = []
    deleted: list[RepoPath] = []
    dropped: set[str] = set()
    try:
        for path in map(RepoPath, compared.paths):
            if path in here or path in ended:
                continue
            base = reader.file(path, ref=compared.merge_base)
            ours, theirs = reader.file(path, ref=now.head), reader.file(path, ref=now.tip)
            if _blob(ours) == _blob(theirs):
                continue
            if _blob(theirs) != _blob(base) and path not in entries:
                return None
            if _blob(theirs) != _blob(base):
                text = _merged_text(base, ours, theirs)
                if theirs is None or text == theirs.text:
                    dropped.add(path)
                else:
                    carried.append(FileEdit(path, text, theirs.blob_sha))
            elif ours is None:
                deleted.append(path)
            else:
                carried.append(FileEdit(path, ours.text, _blob(theirs)))
    except UserProblem:
        # A file that is no text cannot be carried over.
        return None
    return (*carried, *wanted), tuple(deleted), dropped


def _merged_text(
    base: FileSnapshot | None, ours: FileSnapshot | None, theirs: FileSnapshot | None
) -> str:
    """The default branch's text with what the branch changes in it."""
    if ours is None or theirs is None:
        return theirs.text if theirs else ""
    return take_over_file(theirs.text, base.text if base else "", ours.text).text


def withdraw(path: str, source: str, reader: GitHubReader) -> tuple[Change, ...]:
    """What takes a plan out of the pull request, which is closed when nothing is left in it.

    Out go the file at ``path`` and every file that waits there for ``source``.
    """
    now = _read(reader, only_open=True)
    pull, compared = now.open, now.compared
    if pull is None or now.head is None or compared is None:
        return ()
    there = parse_entries(pull.body)
    ours = [path, *(p for p, entry in there.items() if entry.source == source and p != path)]
    entries = {p: entry for p, entry in there.items() if p not in ours}
    others = [RepoPath(each) for each in compared.paths or () if each not in ours]
    if compared.paths is not None and not any(_differs(each, now, reader) for each in others):
        gone = "Nothing is left in it"
        # In this order: a closed pull request whose branch is there means that a person said no.
        return DeleteBranch(BRANCH, gone), EditPull(pull.number, gone, state="closed")
    steps: list[Change] = []
    reason = f"{path} needs no change any more"
    files, deleted = _as_there(map(RepoPath, ours), now, reader)
    if files or deleted:
        message = f"Leave {path} as it is"
        steps.append(CommitToBranch(files, message, BRANCH, now.head, reason, deleted))
    if set(entries) != set(there):
        body = render_body(now.default, entries, parse_words(pull.body))
        steps.append(EditPull(pull.number, reason, body=body))
    return tuple(steps)


def _as_there(
    paths: Iterable[RepoPath], now: _Rolling, reader: GitHubReader
) -> tuple[tuple[FileEdit, ...], tuple[RepoPath, ...]]:
    """What makes these files on the branch what they are on the default branch."""
    files: list[FileEdit] = []
    deleted: list[RepoPath] = []
    for path in paths:
        ours, theirs = reader.file(path, ref=now.head), reader.file(path, ref=now.tip)
        if _blob(ours) == _blob(theirs):
            continue
        if theirs is None:
            deleted.append(path)
        else:
            files.append(FileEdit(path, theirs.text, _blob(ours)))
    return tuple(files), tuple(deleted)


def _differs(path: RepoPath, now: _Rolling, reader: GitHubReader) -> bool:
    try:
        return _blob(reader.file(path, ref=now.head)) != _blob(reader.file(path, ref=now.tip))
    except UserProblem:
        return True


def _read(reader: GitHubReader, *, only_open: bool = False) -> _Rolling:
    pulls = tuple(reader.pulls(BRANCH))
    if only_open and not any(pull.state == "open" for pull in pulls):
        return _Rolling("", "", None, pulls, None)
    default = reader.repository().default_branch
    tip, head = reader.head(default), reader.head(BRANCH)
    if tip is None:
        raise Stale(f"the branch {default} is gone")
    compared = reader.compared(tip, head) if head is not None else None
    return _Rolling(default, tip, head, pulls, compared)


def _blob(file: FileSnapshot | None) -> str | None:
    return file.blob_sha if file else None


def _text(file: FileSnapshot | None) -> str | None:
    return file.text if file else None
