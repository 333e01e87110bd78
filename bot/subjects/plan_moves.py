"""Where a plan file came from, or went to, when it stands at another path.

Git keeps no renames: a file that came in the commit in which another one went, and that says much
the same, is that file. https://git-scm.com/docs/git-diff#Documentation/git-diff.txt--Mltngt
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from posixpath import basename

from bot.github.ports import GitHubReader
from bot.github.snapshots import CommitSnapshot, FileSnapshot, IssueSnapshot, RepoPath
from bot.plans.render import newlines, parse_plan_marker
from bot.subjects.plan_recovery import is_ours
from bot.subjects.readable import readable_text

SIMILAR = 0.5
"""The share of lines that a moved file keeps; git's own limit."""

_MOST_LOOKED_AT = 10
_MOST_MOVES = 3
"""How many moves in a row are followed of which nobody saw the first."""


def moved_from(
    reader: GitHubReader, path: RepoPath, file: FileSnapshot, history: Sequence[CommitSnapshot]
) -> IssueSnapshot | None:
    """The issue of the plan that this new file was before, None for a plan of its own.

    ``history`` are the commits that touch the file, newest first. Costs one request for a file with
    one commit that took no other file away. Several moves in a row are followed back.
    """
    others = _came_from(reader, path, history)
    if not others:
        return None
    found: list[tuple[float, int, IssueSnapshot]] = []
    for issue in reader.issues():
        marker = parse_plan_marker(issue.body)
        if marker is None or marker.path not in others or not is_ours(issue, reader.app_slug):
            continue
        if readable_text(reader, marker.path) is not None:
            continue
        before = reader.blob(marker.base) if marker.base else None
        likeness = _likeness(before, file.text)
        if likeness >= SIMILAR:
            found.append((likeness, -issue.number, issue))
    return max(found)[2] if found else None


def _came_from(
    reader: GitHubReader, path: RepoPath, history: Sequence[CommitSnapshot]
) -> frozenset[str]:
    """Every other file of the commit that made this one, and of those that made them."""
    found: set[str] = set()
    looked_at = {str(path)}
    waiting = [(str(path), history)]
    for _ in range(_MOST_MOVES):
        new: set[str] = set()
        for name, commits in waiting:
            made_by = _made_by(reader, RepoPath(name), commits)
            new |= _changed_with(reader, name, made_by) if made_by else set()
        new -= looked_at
        found |= new
        looked_at |= new
        gone = [
            name for name in sorted(new) if name.endswith(".md") and not readable_text(reader, name)
        ]
        gone = gone[:_MOST_LOOKED_AT]
        waiting = [(name, reader.commits(path=RepoPath(name))) for name in gone]
    return frozenset(found)


def moved_to(
    reader: GitHubReader, path: RepoPath, text: str, *, most: int = _MOST_MOVES
) -> tuple[RepoPath | None, str]:
    """Where the plan file with this text went, at ``most`` so many times, and what took it away."""
    history = reader.commits(path=path)
    if not history:
        return None, ""
    gone = history[0]
    others = _changed_with(reader, path, gone)
    same_name_first = sorted(others, key=lambda name: (basename(name) != basename(path), name))
    found: list[tuple[float, str]] = []
    for other in [name for name in same_name_first if name.endswith(".md")][:_MOST_LOOKED_AT]:
        if readable_text(reader, other, ref=gone.parents[0]) is None:
            there = readable_text(reader, other)
            likeness = _likeness(there, text)
            if likeness >= SIMILAR:
                found.append((likeness, other))
            elif there is None and most > 1:
                then = readable_text(reader, other, ref=gone.sha)
                further = None
                if then is not None and _likeness(then, text) >= SIMILAR:
                    further, _ = moved_to(reader, RepoPath(other), then, most=most - 1)
                found += [(SIMILAR, str(further))] if further else []
    return (RepoPath(max(found)[1]) if found else None), gone.sha


def _made_by(
    reader: GitHubReader, path: RepoPath, history: Sequence[CommitSnapshot]
) -> CommitSnapshot | None:
    """The commit since which the file is there; None where it is older than one looks."""
    for commit in history[:_MOST_LOOKED_AT]:
        first = commit is history[-1] or not commit.parents
        if first or readable_text(reader, path, ref=commit.parents[0]) is None:
            return commit
    return None


def _changed_with(reader: GitHubReader, path: str, commit: CommitSnapshot) -> frozenset[str]:
    """The other files of a commit; none where GitHub cannot list them."""
    if not commit.parents:
        return frozenset()
    changed = reader.changed_paths(commit.parents[0], commit.sha)
    return frozenset(changed or ()) - {path}


def _likeness(one: str | None, other: str) -> float:
    """The share of lines that two texts have in common, 0.0 to 1.0."""
    if one is None:
        return 0.0
    here, there = newlines(one).split("\n"), newlines(other).split("\n")
    return 1.0 if here == there else SequenceMatcher(None, here, there, autojunk=False).ratio()
