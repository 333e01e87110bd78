"""The burn-up chart and the dependency graph: where every line and box stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.plans.model import PlanTask, TaskState
from bot.store.pages import ProgressPoint
from webhooks.burnup import HEIGHT, WIDTH, burn_up
from webhooks.waiting import BOX_HEIGHT, BOX_WIDTH, MOST_TASKS, dependency_graph


def task(address: str, *after: str, settled: bool = False) -> PlanTask:
    state = TaskState.COMPLETE if settled else TaskState.PENDING
    text = f"Task **{address}** with a long text to be cut"
    return PlanTask(address, text, 1, state, settled=settled, depends_on=after)


def test_the_chart_ends_now_and_reaches_from_nothing_to_all(now: datetime) -> None:
    points = [
        ProgressPoint(now - timedelta(days=4), 0, 4),
        ProgressPoint(now - timedelta(days=2), 2, 8),
    ]
    chart = burn_up(points, now)
    assert chart is not None
    # The bottom is at 192, the top at 12; the left is at 40, the right at 628, the middle at 334.
    assert chart.done == "M40.0 192.0 H334.0 V147.0 H628.0"
    assert chart.scope == "M40.0 102.0 H334.0 V12.0 H628.0"
    assert chart.area == chart.done + " V192.0 H40.0 Z"
    assert [mark.text for mark in chart.heights] == ["0", "2", "4", "6", "8"]
    assert [mark.at for mark in chart.heights] == [192.0, 147.0, 102.0, 57.0, 12.0]
    assert [mark.text for mark in chart.times] == ["25 Feb", "26 Feb", "28 Feb", "01 Mar"]
    assert (WIDTH, HEIGHT) == (640, 220)


def test_a_chart_of_one_moment_and_of_nothing_can_be_drawn(now: datetime) -> None:
    assert burn_up([], now) is None
    one = burn_up([ProgressPoint(now, 0, 0)], now)
    assert one is not None
    assert one.done == "M40.0 192.0 H628.0"
    assert [mark.text for mark in one.times] == ["12:00", "12:20", "12:40", "13:00"]


def test_a_graph_goes_from_left_to_right(now: datetime) -> None:
    graph = dependency_graph([task("1", settled=True), task("2", "1"), task("3", "1", "2"),
                              task("4"), task("5", "9")])  # fmt: skip
    assert graph is not None
    assert [box.address for box in graph.boxes] == ["1", "2", "3"]
    assert [box.x for box in graph.boxes] == [1, 233, 465]
    assert {box.y for box in graph.boxes} == {1}
    assert [box.state for box in graph.boxes] == ["settled", "pending", "pending"]
    assert graph.boxes[0].text == "Task 1 with a long text to be cut"
    assert graph.boxes[0].short == "Task 1 with a long text…"
    assert len(graph.curves) == 3
    assert graph.curves[0] == f"M{1 + BOX_WIDTH} {1 + BOX_HEIGHT // 2} C205 23 205 23 230 23"
    assert (graph.width, graph.height) == (642, 46)


def test_what_cannot_be_read_is_not_drawn() -> None:
    assert dependency_graph([task("1"), task("2")]) is None
    assert dependency_graph([task("1", "2"), task("2", "1")]) is None
    chain = [task(str(n), str(n - 1)) for n in range(1, MOST_TASKS + 2)]
    assert dependency_graph(chain) is None
    assert dependency_graph(chain[:MOST_TASKS]) is not None
