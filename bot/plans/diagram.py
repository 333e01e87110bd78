"""What depends on what, as a Mermaid graph that GitHub draws, with the state of each part.

https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-diagrams
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.plans.model import Group, Plan, PlanTask, TaskState

MOST_NODES = 40
MOST_EDGES = 80
"""Above that a graph is drawn too small to be read, and is left out."""

_LABEL_LENGTH = 36
# Everything that Mermaid or a fence could read as more than a label.
_NOT_SHOWN = re.compile(r"[^\w .,:/+()'\u2013\u2014-]+")
_CLASSES = {
    TaskState.COMPLETE: "done",
    TaskState.IN_PROGRESS: "doing",
    TaskState.BLOCKED: "blocked",
}
_STYLES = (
    "classDef done fill:#2da44e,color:#fff",
    "classDef doing fill:#bf8700,color:#fff",
    "classDef blocked fill:#cf222e,color:#fff",
)


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    label: str
    state: str = ""


def render_diagram(plan: Plan, blocked: Iterable[str] = ()) -> str:
    """The lines of a Mermaid flowchart, ``""`` where nothing depends on anything or it is too big.

    A user story's rows with their dependencies; phases and stories one after the other. ``blocked``
    are addresses of boxes that carry a block.
    """
    stopped = frozenset(blocked)
    rows = [group for group in plan.groups if group.kind == "rows"]
    nodes, edges = _rows(rows[0].tasks) if rows else _chain(plan, stopped)
    if not edges or len(nodes) > MOST_NODES or len(edges) > MOST_EDGES:
        return ""
    lines = ["flowchart LR"]
    lines += [f'  {n.name}["{n.label}"]{f":::{n.state}" if n.state else ""}' for n in nodes]
    lines += [f"  {before} --> {after}" for before, after in edges]
    used = {node.state for node in nodes}
    lines += [f"  {style}" for style in _STYLES if style.split()[1] in used]
    return "\n".join(lines)


def _rows(tasks: tuple[PlanTask, ...]) -> tuple[list[_Node], list[tuple[str, str]]]:
    names = {task.address: f"t{place}" for place, task in enumerate(tasks, 1)}
    nodes = [
        _Node(names[t.address], _label(t.address, t.text), _CLASSES.get(t.state, "")) for t in tasks
    ]
    edges = [
        (names[before], names[task.address])
        for task in tasks
        for before in task.depends_on
        if before in names
    ]
    return nodes, edges


def _chain(plan: Plan, stopped: frozenset[str]) -> tuple[list[_Node], list[tuple[str, str]]]:
    groups = [g for g in plan.groups if g.kind in ("phase", "story", "acceptance")]
    nodes = [_group_node(group, place, stopped) for place, group in enumerate(groups, 1)]
    edges = [(one.name, other.name) for one, other in itertools.pairwise(nodes)]
    return nodes, edges


def _group_node(group: Group, place: int, stopped: frozenset[str]) -> _Node:
    progress = group.progress
    state = ""
    if group.complete:
        state = "done"
    elif any(task.address in stopped for task in (*group.tasks, *group.exit_tasks)):
        state = "blocked"
    elif progress.done:
        state = "doing"
    title = _label(group.key if group.kind == "story" else "", group.title)
    return _Node(f"g{place}", f"{title} {progress.done}/{progress.total}", state)


def _label(address: str, text: str) -> str:
    words = " ".join(_NOT_SHOWN.sub(" ", text.replace("&", "and")).split())
    short = words if len(words) <= _LABEL_LENGTH else f"{words[: _LABEL_LENGTH - 1].rstrip()}…"
    name = _NOT_SHOWN.sub(" ", address).strip()
    return ": ".join(part for part in (name, short) if part)
