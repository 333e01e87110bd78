"""The dependency graph: which task waits for which, drawn in layers from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.plans.gates.dependencies import cycles, dependents
from bot.plans.model import PlanTask
from bot.plans.plaintext import plain_text

MOST_TASKS = 60
BOX_WIDTH, BOX_HEIGHT = 176, 44
_ACROSS, _DOWN = 56, 14
_MOST_LETTERS = 24


@dataclass(frozen=True, slots=True)
class Box:
    """A task in the drawing; ``x`` and ``y`` are its upper left corner."""

    x: int
    y: int
    address: str
    text: str
    short: str
    state: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing: boxes, and the curves from a task to those that wait for it."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]


def dependency_graph(tasks: Sequence[PlanTask]) -> Graph | None:
    """The drawing of the tasks that wait for others or are waited for.

    None where no task waits, where tasks wait in a circle (a finding says so), and where there are
    too many to be read.
    """
    graph = dependents(tasks)
    involved = {name for names in graph.values() for name in names}
    drawn = [task for task in tasks if task.address in involved or graph[task.address]]
    if not drawn or len(drawn) > MOST_TASKS or cycles(drawn):
        return None
    layers = _layers([task.address for task in drawn], graph)
    places: dict[str, tuple[int, int]] = {}
    rows: dict[int, int] = {}
    for task in drawn:
        layer = layers[task.address]
        row = rows.get(layer, 0)
        rows[layer] = row + 1
        places[task.address] = (
            layer * (BOX_WIDTH + _ACROSS) + 1,
            row * (BOX_HEIGHT + _DOWN) + 1,
        )
    curves = tuple(
        _curve(places[before], places[task.address])
        for task in drawn
        for before in graph[task.address]
    )
    return Graph(
        width=(max(rows) + 1) * (BOX_WIDTH + _ACROSS) - _ACROSS + 2,
        height=max(rows.values()) * (BOX_HEIGHT + _DOWN) - _DOWN + 2,
        boxes=tuple(_box(task, places[task.address]) for task in drawn),
        curves=curves,
    )


def _layers(addresses: Sequence[str], graph: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many tasks come before each on the longest way to it; the graph has no circle."""
    found: dict[str, int] = {}
    for start in addresses:
        pending = [start]
        while pending:
            node = pending[-1]
            missing = [name for name in graph[node] if name not in found]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            found[node] = 1 + max((found[name] for name in graph[node]), default=-1)
    return found


def _box(task: PlanTask, place: tuple[int, int]) -> Box:
    text = plain_text(task.text)
    short = text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
    state = "settled" if task.settled else task.state.name.lower()
    return Box(*place, task.address, text, short, state)


def _curve(before: tuple[int, int], after: tuple[int, int]) -> str:
    x, y = before[0] + BOX_WIDTH, before[1] + BOX_HEIGHT // 2
    to_x, to_y = after[0], after[1] + BOX_HEIGHT // 2
    middle = (x + to_x) // 2
    return f"M{x} {y} C{middle} {y} {middle} {to_y} {to_x - 3} {to_y}"
