"""What waits for what: unknown dependencies, cycles, and the longest chain of open work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.plans.model import PlanTask


def dependents(tasks: Sequence[PlanTask]) -> dict[str, tuple[str, ...]]:
    """Every task's dependencies that are tasks of the plan, by address."""
    known = {task.address for task in tasks}
    return {
        task.address: tuple(name for name in task.depends_on if name in known) for task in tasks
    }


def cycles(tasks: Sequence[PlanTask]) -> list[tuple[str, ...]]:
    """The groups of tasks that wait for each other, each in the order of the plan.

    Tarjan's strongly connected components, without recursion: a plan can be thousands deep.
    """
    graph = dependents(tasks)
    order = {address: place for place, address in enumerate(graph)}
    found = [part for part in _components(graph) if len(part) > 1 or part[0] in graph[part[0]]]
    ordered = [tuple(sorted(part, key=lambda address: order[address])) for part in found]
    return sorted(ordered, key=lambda part: order[part[0]])


def _components(graph: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, below = work[-1]
            following = next(below, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_unwound(stack, on_stack, node))
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(graph[following])))
            elif following in on_stack:
                low[node] = min(low[node], index[following])
    return found


def _unwound(stack: list[str], on_stack: set[str], node: str) -> list[str]:
    part = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        part.append(member)
        if member == node:
            return part


def critical_path(tasks: Sequence[PlanTask]) -> tuple[str, ...]:
    """The longest chain of open tasks that wait for each other, first to do first.

    Empty where no open task waits for another, and where the open tasks wait in a circle. Of
    chains of one length the one that comes first in the plan counts.
    """
    left = [task for task in tasks if not task.settled]
    if cycles(left):
        return ()
    graph = dependents(left)
    length: dict[str, int] = {}
    before: dict[str, str | None] = {}
    for start in graph:
        pending = [start]
        while pending:
            node = pending[-1]
            missing = [name for name in graph[node] if name not in length]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            previous = max(graph[node], key=lambda name: length[name], default=None)
            before[node] = previous
            length[node] = 1 if previous is None else length[previous] + 1
    last = max(length, key=lambda name: length[name], default=None)
    chain: list[str] = []
    while last is not None:
        chain.append(last)
        last = before[last]
    return tuple(reversed(chain)) if len(chain) > 1 else ()
