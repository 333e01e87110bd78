"""What a pull request amounts to for a plan: in its branch, on the way there, or taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.memory import PullMemory

_MOST_STEPS = 20
_MOST_COUNTED = 40


def with_standings(
    pulls: Sequence[PullMemory], target: str | None = None
) -> tuple[PullMemory, ...]:
    """The pull requests, each with what it counts as where that is not its state.

    ``target`` is the branch that the plan names as its own; a merge into it counts like one into
    the default branch.
    """
    by_number = {pull.number: pull for pull in pulls}
    return tuple(replace(pull, counts_as=_counts_as(pull, by_number, target)) for pull in pulls)


def watched(pulls: Sequence[PullMemory], target: str | None = None) -> tuple[str, ...]:
    """What else may have to do with the plan: ``branch:<name>``, ``merge:<commit>``."""
    words = dict.fromkeys([f"branch:{target}"] if target else [])
    for pull in pulls:
        if pull.standing == "elsewhere" and pull.base:
            words[f"branch:{pull.base}"] = None
        matters = pull.tasks or pull.reverts or pull.undoes
        if pull.state == "merged" and matters and pull.merge_commit:
            words[f"merge:{pull.merge_commit}"] = None
        if last := pull.undone_by.strip("?-"):
            words[f"merge:{last}"] = None
    return tuple(words)


def _counts_as(pull: PullMemory, pulls: Mapping[int, PullMemory], target: str | None) -> str:
    if pull.state in ("open", "draft"):
        return "waiting" if not pull.vouched else "planning" if pull.plan_only else ""
    if pull.state != "merged":
        return ""
    if not pull.base and pull.counts_as:
        # Recovered from its fact alone: what it counted as is all that is known of it.
        takers = [other for other in pulls.values() if _takes_back(other, pull)]
        if takers or pull.counts_as != "reverted":
            return "reverted" if is_reverted(pull, pulls) else _without(pull.counts_as, "reverted")
        return pull.counts_as
    if pull.plan_only:
        return "planning"
    if is_reverted(pull, pulls):
        return "reverted"
    return "" if has_landed(pull, pulls, target) else "elsewhere"


def _without(word: str, unwanted: str) -> str:
    return "" if word == unwanted else word


def with_undone(pull: PullMemory, undone: Sequence[tuple[str, str]]) -> PullMemory:
    """The pull request after reverts that were pushed without one, and reverts of those.

    Each commit counts once, however often it is told of.
    """
    for sha, by in undone:
        if by in pull.undone_with or not is_about(pull, sha):
            continue
        again = pull.undone_by.lstrip("-").startswith(sha) and not pull.undone_by.startswith("-")
        counted = (*pull.undone_with, by)[-_MOST_COUNTED:]
        pull = replace(pull, undone_by=f"-{by}" if again else by, undone_with=counted)
    return pull


def is_about(pull: PullMemory, sha: str) -> bool:
    """Whether who reverts this commit takes the pull request back, or brings it back."""
    last = pull.undone_by.lstrip("-")
    if last and last.startswith(sha):
        return True
    merged = pull.state == "merged" and pull.into_default
    return merged and bool(sha) and pull.merge_commit.startswith(sha)


def is_reverted(pull: PullMemory, pulls: Mapping[int, PullMemory], steps: int = 0) -> bool:
    """Whether a later merged pull request takes this one back, and none takes that back.

    Where no pull request does, a commit on the default branch may.
    """
    if steps >= _MOST_STEPS:
        return False
    takers = [
        other
        for other in pulls.values()
        if other.state == "merged" and other.number > pull.number and _takes_back(other, pull)
    ]
    if not takers:
        return bool(pull.undone_by) and not pull.undone_by.startswith("-")
    return any(not is_reverted(other, pulls, steps + 1) for other in takers)


def _takes_back(other: PullMemory, pull: PullMemory) -> bool:
    if other.base and pull.base and other.base != pull.base:
        return False
    if pull.number in other.reverts:
        return True
    return bool(pull.merge_commit) and any(
        pull.merge_commit.startswith(commit) for commit in other.undoes
    )


def has_landed(
    pull: PullMemory, pulls: Mapping[int, PullMemory], target: str | None, steps: int = 0
) -> bool:
    """Whether it is in the default or the plan's branch, if only by way of other branches."""
    if pull.into_default or not pull.base or pull.base == target:
        return True
    return steps < _MOST_STEPS and any(
        other.state == "merged"
        and other.number != pull.number
        and other.head == pull.base
        and other.merged_at >= pull.merged_at
        and has_landed(other, pulls, target, steps + 1)
        for other in pulls.values()
    )
