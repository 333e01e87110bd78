"""What a pull request says about plans, as values: which plan, which task, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.plans.model import Problem


@dataclass(frozen=True, slots=True)
class Source:
    """Where a link stands.

    ``kind`` is ``line`` (``Plan:``, ``Task:``), ``linking`` or ``closing`` (a keyword), ``title``,
    ``commit``, ``branch``, ``plan`` (the plan names the branch) or ``command``. ``line`` is the
    body's line or the commit's number, from 1; ``words`` is what stands there.
    """

    kind: str
    line: int = 0
    words: str = ""

    @property
    def sentence(self) -> str:
        """``its body line 3 says `Task: 2` ``, with the words in a code span nothing can leave."""
        words = f"`{self.words.replace('`', '´')}`"
        places = {
            "title": f"its title says {words}",
            "commit": f"the subject of its commit {self.line} says {words}",
            "branch": f"its branch is {words}",
            "plan": f"the plan names the branch {words}",
            "command": f"{words} was ordered",
        }
        return places.get(self.kind, f"its body line {self.line} says {words}")


@dataclass(frozen=True, slots=True)
class PlanLink:
    """A plan that is named, by its issue's number or its file's path, and where."""

    issue: int | None
    path: str
    source: Source

    def is_about(self, issue: int | None, path: str) -> bool:
        """Whether this names the plan with that issue and file."""
        return (self.issue is not None and self.issue == issue) or bool(path and self.path == path)


@dataclass(frozen=True, slots=True)
class TaskLink:
    """A task as it is named, where, and the plans it belongs to (none: the only plan named).

    ``elsewhere`` says that its plan is none that can be linked.
    """

    named: str
    source: Source
    plans: tuple[PlanLink, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """Everything a pull request says about plans.

    ``reverts`` are pull requests of the same repository that it undoes, ``reverted_commits`` the
    commits (7 to 40 hex digits). ``problems`` have the body's lines.
    """

    plans: tuple[PlanLink, ...] = ()
    tasks: tuple[TaskLink, ...] = ()
    devloop: str = ""
    reverts: tuple[int, ...] = ()
    reverted_commits: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def issues(self) -> tuple[int, ...]:
        """The issue numbers under which plans are named; not every one need be a plan's."""
        return tuple(dict.fromkeys(link.issue for link in self.plans if link.issue is not None))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths under which plans are named."""
        return tuple(dict.fromkeys(link.path for link in self.plans if link.path))

    def plan(self, issue: int | None, path: str) -> PlanLink | None:
        """The first link to the plan with this issue and file, or None."""
        return next((link for link in self.plans if link.is_about(issue, path)), None)

    def tasks_of(
        self, issue: int | None, path: str, *, implied: bool = False
    ) -> tuple[TaskLink, ...]:
        """The tasks that are named of this plan, each once.

        ``implied`` says that the plan itself names the pull request's branch: tasks that belong to
        no plan that is named are then its own.
        """
        alone = self._is_only_plan(issue, path) or (implied and not self.plans)
        found: dict[str, TaskLink] = {}
        for task in self.tasks:
            about = any(plan.is_about(issue, path) for plan in task.plans)
            if about or (alone and not task.plans and not task.elsewhere):
                found.setdefault(task.named.casefold(), task)
        return tuple(found.values())

    def _is_only_plan(self, issue: int | None, path: str) -> bool:
        """Whether no other plan is named as clearly as this one."""
        for kind in ("line", "branch", "linking", "closing"):
            named = [link for link in self.plans if link.source.kind == kind]
            if named:
                return all(link.is_about(issue, path) for link in named)
        return False
