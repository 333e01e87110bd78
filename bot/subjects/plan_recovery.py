"""What a lost database, a lost process or a rewritten history leave to be found on GitHub.

Only issues and comments that this App wrote are believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.commits import parse_trailers
from bot.github.ports import GitHubReader
from bot.github.snapshots import (
    CommentSnapshot,
    CommitSnapshot,
    FileSnapshot,
    IssueSnapshot,
    RepoPath,
)
from bot.memory import PlanMemory
from bot.plans.common_ground import common_ground
from bot.plans.render import (
    StatusMarker,
    blob_sha,
    body_sha,
    issue_plan_text,
    parse_plan_marker,
    parse_status_marker,
    shown_text,
)
from bot.plans.story_issues import parse_story_marker
from bot.subjects.body_edits import note_read, seconds
from bot.subjects.detached_marker import is_detached
from bot.subjects.overdue import told_in
from bot.subjects.waiting import recall_waiting

_MOST_COMMITS = 10
"""How far back a plan file's history is read for a version that was taken in."""
_MOST_LOST = 100
"""The same where the database is lost: the status comment alone says where to stop."""


def is_ours(issue: IssueSnapshot, slug: str) -> bool:
    """True for an issue that this App opened."""
    return issue.by_app == slug or (issue.author.is_bot and issue.author.login == f"{slug}[bot]")


def find_plan_issue(reader: GitHubReader, path: str) -> IssueSnapshot | None:
    """The oldest issue of ours for this plan file: by its marker, else by its status comment's."""
    unmarked = []
    for issue in reader.issues():
        marker = parse_plan_marker(issue.body)
        here = marker is not None and marker.path == path
        if not is_ours(issue, reader.app_slug):
            # Anybody can write a marker: one that joined has our status comment too.
            unmarked += [issue] if here else []
            continue
        if here:
            return issue
        if marker is None and parse_story_marker(issue.body) is None:
            unmarked.append(issue)
    for issue in unmarked:
        comment = find_status(reader, issue.number)
        status = parse_status_marker(comment.body) if comment else None
        if status and status.path == path:
            return issue
    return None


def find_status(reader: GitHubReader, number: int) -> CommentSnapshot | None:
    """Our status comment on a plan issue."""
    return _status_among(reader.comments(number))


def _status_among(comments: Sequence[CommentSnapshot]) -> CommentSnapshot | None:
    return next((one for one in comments if one.ours and parse_status_marker(one.body)), None)


def requested_by(reader: GitHubReader, path: RepoPath) -> int | None:
    """The number of the request whose commit made this file, by the commit's trailers."""
    return requested_in(reader.commits(path=path), path)


def requested_in(history: Sequence[CommitSnapshot], path: RepoPath) -> int | None:
    """The number of the request that one of these commits answered with this file."""
    for commit in history:
        answered = parse_trailers(commit.message)
        if answered and answered[1] == path:
            return answered[0]
    return None


def recover(
    reader: GitHubReader, path: RepoPath, memory: PlanMemory, file: FileSnapshot
) -> tuple[IssueSnapshot | None, PlanMemory, bool]:
    """The plan issue by its marker; base, facts and held edits by the status comment's.

    The third value is True when also a write was cut short: the file has a commit of ours that the
    status comment does not know, so what the issue had by then is a guess.
    """
    issue = find_plan_issue(reader, path)
    return (None, memory, False) if issue is None else recall(reader, issue, path, memory, file)


def recall(
    reader: GitHubReader,
    issue: IssueSnapshot,
    path: RepoPath,
    memory: PlanMemory,
    file: FileSnapshot,
) -> tuple[IssueSnapshot, PlanMemory, bool]:
    """What ``recover`` gives, of a plan issue that is found already."""
    comments = reader.comments(issue.number)
    comment = _status_among(comments)
    marker = parse_plan_marker(issue.body)
    status = parse_status_marker(comment.body) if comment else None
    status = status or StatusMarker(marker.base if marker else "")
    version, landed = _last_taken_in(reader, path, file, status.base)
    agreed = version.text if version else _blob(reader, status.base)
    known = _blob(reader, status.base) if landed else agreed
    now, begun = issue_plan_text(issue.body), ""
    if landed and known is not None and agreed is not None:
        begun = common_ground(shown_text(known), shown_text(agreed), now)
    found = replace(
        memory,
        issue_number=issue.number,
        request_number=marker.request if marker else None,
        title=issue.title,
        comment_id=comment.id if comment else None,
        comment_sha=body_sha(comment.body) if comment else "",
        state="detached" if comment and is_detached(comment.body) else memory.state,
        base_text=agreed or "",
        base_blob=blob_sha(agreed) if agreed is not None else "",
        issue_text=now if status.held else begun,
        body_base=status.body or status.base,
        facts=status.facts,
        held=status.held,
        told=tuple(dict.fromkeys((*memory.told, *told_in(comments)))),
        # What was edited before the status was written last was dealt with before the memory went.
        reads=note_read(memory, seconds(comment.updated_at if comment else None), ""),
    )
    return issue, recall_waiting(reader, found), landed


def _last_taken_in(
    reader: GitHubReader, path: RepoPath, file: FileSnapshot, base: str
) -> tuple[FileSnapshot | None, bool]:
    """The newest version that is the base or a write of ours, and whether it is a newer write."""
    if file.blob_sha == base:
        return file, False
    bot = f"{reader.app_slug}[bot]"
    for commit, version in versions(reader, path, most=_MOST_LOST if base else _MOST_COMMITS):
        if version.blob_sha == base:
            return version, False
        if commit.author_login == bot:
            return version, bool(base)
    return None, False


def versions(
    reader: GitHubReader,
    path: RepoPath,
    *,
    ours_before: bool = False,
    most: int = _MOST_COMMITS,
) -> Iterator[tuple[CommitSnapshot, FileSnapshot]]:
    """The newest versions of a file (at ``most`` so many), newest first, and what made them.

    ``ours_before``: after these also older ones, of this App's own commits alone.
    """
    bot = f"{reader.app_slug}[bot]"
    history = reader.commits(path=path)
    chosen = list(history[:most])
    if ours_before:
        older = [c for c in history[most:] if c.author_login == bot]
        chosen += older[:_MOST_COMMITS]
    for commit in chosen:
        version = reader.file(path, ref=commit.sha)
        if version is None:
            return
        yield commit, version


def _blob(reader: GitHubReader, sha: str) -> str | None:
    return reader.blob(sha) if sha else None
