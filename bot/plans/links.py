"""Which plans and tasks a pull request says it is about, and where it says so.

The whole grammar, with examples: docs/linking.md. Only the author's own prose counts
(``bot.plans.link_text``), and nothing is guessed: a plan without a task names no task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.plans.link_finder import (
    LONGEST_DEVLOOP,
    MOST_PLANS,
    MOST_REVERTS,
    MOST_TASKS,
    Found,
    parse_devloop,
)
from bot.plans.link_text import prose_lines
from bot.plans.link_values import Links, PlanLink, Source, TaskLink

__all__ = [
    "LINK_CODES",
    "LONGEST_DEVLOOP",
    "MOST_PLANS",
    "MOST_REVERTS",
    "MOST_TASKS",
    "Links",
    "PlanLink",
    "Source",
    "TaskLink",
    "body_lines",
    "branch_name",
    "parse_devloop",
    "parse_links",
]

LINK_CODES: Mapping[str, str] = MappingProxyType(
    {
        "link.plan-unreadable": "What stands after `Plan:` names no plan.",
        "link.task-unreadable": "What stands after `Task:` names no task.",
        "link.in-code": "A plan or task is named in a code span, which is not read.",
        "link.no-colon": "A line names a plan or task without a colon.",
        "link.other-repository": "A plan of another repository is named.",
        "link.too-many": "More plans or tasks are named than are read.",
    }
)
"""The findings about a pull request's own words; all are warnings."""


def parse_links(
    body: str,
    title: str = "",
    branch: str = "",
    commits: Sequence[str] = (),
    *,
    repo: str = "",
    closes: bool = True,
) -> Links:
    """The links of a pull request; never raises, an empty ``Links`` where there are none.

    ``commits`` are the messages of its commits, ``repo`` is ``owner/name`` (what names another
    repository is passed over), ``closes`` says that it goes into the default branch: only there do
    closing keywords count.

    >>> links = parse_links("Plan: #12\\nTasks: 2, S‑1/T‑2")
    >>> [task.named for task in links.tasks_of(12, "")]
    ['2', 'S-1/T-2']
    """
    found = Found(repo.casefold())
    found.body(prose_lines(body), closes=closes)
    found.headlines(title, commits)
    found.branch(branch)
    return found.links()


def branch_name(issue: int, address: str) -> str:
    """A branch's name that links a pull request to a task: ``plan-12/task-S-1-T-2``."""
    return f"plan-{issue}/task-{address.replace('/', '-')}"


def body_lines(issue: int, addresses: Sequence[str]) -> str:
    """The lines for a pull request's body that link it to tasks of a plan."""
    key = "Task" if len(addresses) == 1 else "Tasks"
    return f"Plan: #{issue}\n{key}: {', '.join(addresses)}" if addresses else f"Plan: #{issue}"
