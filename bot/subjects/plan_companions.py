"""An implementation plan's companions on GitHub: read as one file with it, written as their own.

The reader here gives a plan together with what stands beside it wherever the plan is asked for,
also at a former commit and by the id that our markers name; so what compares and merges need not
know that there is more than one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from bot.changes import FileEdit
from bot.edits import BodyEdit, Edits
from bot.errors import UserProblem
from bot.github.ports import GitHubReader
from bot.github.snapshots import (
    CommentSnapshot,
    CommitSnapshot,
    FileSnapshot,
    IssueSnapshot,
    RepoPath,
)
from bot.memory import PlanMemory
from bot.plans.companions import (
    COMPANIONS,
    OUTPUT_FILES,
    Feature,
    folder_of,
    has_companions,
    ids_of,
    is_feature,
    outputs_of,
    parse_feature,
    plan_of_companion,
    refuse_own_lines,
    render_feature,
)
from bot.plans.render import blob_sha, parse_plan_marker, parse_status_marker

_CHECKLISTS = "checklists/"


class _Together:
    """A ``GitHubReader`` to which a plan and its companions are one file.

    ``known`` are texts that need not be read again. Plans without companions cost nothing more; the
    others a request for each of their folders, and one for each companion that changed.
    """

    def __init__(self, reader: GitHubReader, known: Sequence[str] = ()) -> None:
        self._reader = reader
        self._texts = {blob_sha(text): text for text in known}
        self._recipes: dict[str, tuple[str, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def learn(self, body: str) -> None:
        """Remember what the texts are made of that our markers in a body name."""
        found = (parse_plan_marker(body), parse_status_marker(body))
        for marker in found:
            if marker is not None and marker.files:
                self._recipes[marker.base] = marker.files

    def file(self, path: RepoPath, ref: str | None = None) -> FileSnapshot | None:
        file = self._reader.file(path, ref=ref)
        if file is None or not has_companions(path):
            return file
        refuse_own_lines(path, file.text)
        text = render_feature(self._beside(file, ref))
        return file if text == file.text else FileSnapshot(path, text, blob_sha(text))

    def _beside(self, file: FileSnapshot, ref: str | None) -> Feature:
        folder = folder_of(file.path)
        if not folder:
            return Feature(file.text)
        there = dict(self._reader.blobs(RepoPath(folder[:-1]), ref))
        if _CHECKLISTS in there:
            inside = self._reader.blobs(RepoPath(folder + _CHECKLISTS[:-1]), ref)
            there |= {_CHECKLISTS + name: sha for name, sha in inside.items()}
        names = [name for name in COMPANIONS if name in there]
        texts = {n: self._text(RepoPath(folder + n), there[n], ref) for n in names}
        files = {name: text for name, text in texts.items() if text is not None}
        return Feature(file.text, files, tuple(name for name in OUTPUT_FILES if name in there))

    def _text(self, path: RepoPath, sha: str, ref: str | None) -> str | None:
        if sha not in self._texts:
            file = self._reader.file(path, ref=ref)
            if file is None:
                return None
            refuse_own_lines(path, file.text)
            self._texts[file.blob_sha] = file.text
            return file.text
        return self._texts[sha]

    def blob(self, sha: str) -> str | None:
        ids = ids_of(self._recipes.get(sha, ()))
        if ids is None:
            return self._reader.blob(sha)
        texts: dict[str, str] = {}
        for name, one in ids.items():
            text = self._texts.get(one) or self._reader.blob(one)
            if text is None:
                return None
            texts[name] = text
        files = {name: text for name, text in texts.items() if name}
        whole = render_feature(Feature(texts[""], files, outputs_of(self._recipes[sha])))
        # Anybody may have written the marker: the id says whether it is true.
        return whole if blob_sha(whole) == sha else None

    def commits(
        self, *, path: RepoPath | None = None, since: datetime | None = None
    ) -> list[CommitSnapshot]:
        folder = folder_of(path) if path is not None and has_companions(path) else ""
        return self._reader.commits(path=RepoPath(folder[:-1]) if folder else path, since=since)

    def issue(self, number: int) -> IssueSnapshot | None:
        issue = self._reader.issue(number)
        self.learn(issue.body if issue else "")
        return issue

    def issues(
        self, *, labels: Sequence[str] = (), state: str = "all", since: datetime | None = None
    ) -> list[IssueSnapshot]:
        found = self._reader.issues(labels=labels, state=state, since=since)
        for issue in found:
            self.learn(issue.body)
        return found

    def comments(self, number: int) -> list[CommentSnapshot]:
        found = self._reader.comments(number)
        for comment in found:
            self.learn(comment.body if comment.ours else "")
        return found


def together(
    reader: GitHubReader, memory: PlanMemory | None = None, edit_of: Edits | None = None
) -> tuple[GitHubReader, Edits]:
    """A reader that gives a plan together with its companions, and edits that it learns from."""
    whole = parse_feature(memory.base_text if memory else "")
    own = _Together(reader, (whole.plan, *whole.files.values()))
    for body in (*memory.overwrote, memory.landing_issue) if memory else ():
        own.learn(body)

    def learning(delivery_id: int) -> BodyEdit | None:
        edit = edit_of(delivery_id) if edit_of else None
        for body in (edit.before or "", edit.after) if edit else ():
            own.learn(body)
        return edit

    # It hands on every method that it does not have itself.
    return cast(GitHubReader, own), learning


def belongs_to(reader: GitHubReader, path: RepoPath) -> str:
    """The plan that a file is a companion of, where that plan is there; else ""."""
    plan = plan_of_companion(path)
    if plan is None:
        return ""
    try:
        return plan if reader.file(RepoPath(plan)) is not None else ""
    except UserProblem:
        return plan


def file_edits(file: FileSnapshot, text: str) -> list[FileEdit]:
    """What makes the plan, and each of its companions, what the one text says."""
    if not (is_feature(file.text) or is_feature(text)):
        return [FileEdit(file.path, text, file.blob_sha)] if text != file.text else []
    was, now = parse_feature(file.text), parse_feature(text)
    folder = folder_of(file.path)
    edits = []
    if now.plan != was.plan:
        edits.append(FileEdit(file.path, now.plan, blob_sha(was.plan)))
    for name, said in now.files.items():
        before = was.files.get(name)
        if said != before:
            blob = blob_sha(before) if before is not None else None
            edits.append(FileEdit(RepoPath(folder + name), said, blob))
    return edits
