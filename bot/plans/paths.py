"""Where a new plan goes: the path patterns of the formats, and what to do when a path is taken."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from bot.errors import UserProblem
from bot.plans.requested import PlanValues, renamed
from bot.plans.slug import path_segment

PATH_PATTERNS = {
    "feature-plan": "plan_docs/{slug}.md",
    "user-story": "docs/user-stories/{date}-{slug}.md",
    "task-plan": "tasks/{slug}-{utc}/plan.md",
    "implementation-plan": "plans/{scope}/{service}/{epic}/features/{feature_id}/impl-plan.md",
    "track-spec": "draft/tracks/{track_id}/spec.md",
}
# Files that feature plans link to as their supporting artifacts.
RESERVED = frozenset(
    {"plan_docs/feature-brief.md", "plan_docs/tech-stack.md", "plan_docs/architecture.md"}
)
# The value that tells one plan of a format from the next, and so takes the suffix.
_DISTINCT = {"implementation-plan": "feature_id", "track-spec": "track_id"}
_NAME = re.compile(r"\{(\w+)\}")
_PATTERN_NAMES = (
    "slug", "date", "utc", "scope", "service", "epic", "feature_id", "track_id", "project", "owner",
)  # fmt: skip
_MOST_TRIES = 1000
# What stands for a name where a path is compared with a pattern.
_SHAPES = {"slug": "[a-z0-9-]+", "date": r"\d{4}-\d\d-\d\d", "utc": r"\d{8}T\d{6}Z"}
_PLAN_PATHS = tuple(
    re.compile(re.sub(r"\\{(\w+)\\}", lambda m: _SHAPES.get(m[1], "[^/]+"), re.escape(pattern)))
    for pattern in PATH_PATTERNS.values()
)


def is_plan_path(path: str) -> bool:
    """Whether a path (in the repository) is one that a new plan of some format is given."""
    if path.casefold() in RESERVED:
        return False
    return any(pattern.fullmatch(path) for pattern in _PLAN_PATHS)


def plan_path(
    format: str, values: PlanValues, taken: Callable[[str], bool], pattern: str | None = None
) -> str:
    """The path for a new plan; ``-2``, ``-3`` … on its distinguishing part while it is taken.

    ``pattern`` replaces the format's own; its names are those of ``PATH_PATTERNS`` and ``project``
    and ``owner``. Raises UserProblem for an unknown name in it.
    """
    return placed(format, values, taken, pattern)[0]


def placed(
    format: str, values: PlanValues, taken: Callable[[str], bool], pattern: str | None = None
) -> tuple[str, PlanValues]:
    """Like ``plan_path``, with the values as the path has them (``track_id`` with its suffix)."""
    for attempt in range(1, _MOST_TRIES):
        path, suffixed = _attempt(format, values, pattern, attempt)
        if path.casefold() not in RESERVED and not taken(path):
            return path, suffixed
    raise UserProblem(
        f"There are {_MOST_TRIES} plans of this name.", "Choose another title.", path=path
    )


def values_at(format: str, values: PlanValues, path: str, pattern: str | None = None) -> PlanValues:
    """The values with the suffix that this path gave them, or unchanged for any other path."""
    for attempt in range(1, _MOST_TRIES):
        there, suffixed = _attempt(format, values, pattern, attempt)
        if there == path:
            return suffixed
        if len(there) > len(path) + 4:
            break
    return values


def _attempt(
    format: str, values: PlanValues, pattern: str | None, attempt: int
) -> tuple[str, PlanValues]:
    shape = pattern or PATH_PATTERNS[format]
    key = _DISTINCT.get(format, "slug")
    if attempt == 1:
        return _path(shape, values), values
    named = f"{{{key}}}" in shape
    if not named:
        stem, extension = posixpath.splitext(_path(shape, values))
        return f"{stem}-{attempt}{extension}", values
    value = f"{getattr(values, key)}-{attempt}"
    suffixed = renamed(values, **{key: value})
    return _path(shape, suffixed), suffixed


def _path(shape: str, values: PlanValues) -> str:
    def insert(match: re.Match[str]) -> str:
        name = match[1]
        if name not in _PATTERN_NAMES:
            raise UserProblem(
                f"{{{name}}} in the path {shape!r} is not known.",
                f"Use {', '.join(_PATTERN_NAMES)}.",
            )
        return path_segment(str(getattr(values, name)), name)

    return _NAME.sub(insert, shape)
