"""What a rule may look at: the plan, its text, and what the caller knows of files and dates."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.plans.cellwords import STATUS_WORDS
from bot.plans.document import Document
from bot.plans.formats.implementation_plan import feature_dir
from bot.plans.model import Plan

_FOLDERS = {"feature-plan": "plan_docs/", "track-spec": "draft/tracks/"}


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a rule is given. What is None or empty is unknown, and rules about it are silent.

    ``files`` are texts by path in the repository. It may be a lazy mapping: it is asked for paths,
    and iterated only for folders and for what it does not have.
    ``exists`` answers for files and folders that are only named.
    ``stalled`` are the keys of stories that stand still; ``approved_at`` is when a role approved,
    ``changed_at`` when the plan was last changed. All times are aware.
    """

    plan: Plan
    document: Document
    files: Mapping[str, str] | None = None
    exists: Callable[[str], bool] | None = None
    today: date | None = None
    phase_order: bool = False
    stalled: Collection[str] = ()
    approved_at: Mapping[str, datetime] = field(default_factory=dict)
    changed_at: datetime | None = None
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUS_WORDS)

    def is_there(self, path: str) -> bool | None:
        """Whether a file is there; None when that is not known."""
        if self.exists is not None:
            return self.exists(path)
        if self.files is None:
            return None
        folder = path.rstrip("/") + "/"
        if path in self.files or folder in self.files:
            return True
        return any(name.startswith(folder) for name in self.files)

    def text_of(self, path: str) -> str | None:
        """The text of a file by its path in the repository, None when it is not at hand."""
        return None if self.files is None else self.files.get(path)

    def is_named_there(self, path: str, *places: str) -> bool | None:
        """Whether a file that the plan names is there: at the root, under one of ``places``, or
        below the folder that holds the plans of a project inside the repository."""
        folder = _FOLDERS.get(self.plan.format, "")
        at = self.plan.path.rfind(f"/{folder}") if folder else -1
        project = self.plan.path[: at + 1]
        found = [self.is_there(start + place + path) for start in dict.fromkeys(("", project))
                 for place in ("", *places)]  # fmt: skip
        return True if any(found) else found[0]

    def beside(self, name: str) -> str:
        """The path of a file beside the plan."""
        return posixpath.normpath(feature_dir(self.plan.path) + name)

    def text_beside(self, name: str) -> str | None:
        """The text of a file beside the plan, None when it is not at hand."""
        return self.text_of(self.beside(name))

    def line_of_part(self, name: str) -> int:
        """The line of a heading, 1 without it."""
        section = self.document.section(name)
        return section.line if section else 1
