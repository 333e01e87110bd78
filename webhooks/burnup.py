"""The burn-up chart: how many tasks there were and how many of them were settled, over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.pages import ProgressPoint

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 12, 28
_SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of an axis, at a place in the drawing."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class BurnUp:
    """A chart to draw: paths of SVG for the scope and for what is settled, and the axes."""

    scope: str
    done: str
    area: str
    heights: tuple[Mark, ...]
    times: tuple[Mark, ...]
    said: str


def burn_up(points: Sequence[ProgressPoint], now: datetime) -> BurnUp | None:
    """The chart of a plan's counts from the first that is known until now; None without any."""
    if not points:
        return None
    begin, end = points[0].at, max(now, points[-1].at, points[0].at + _SHORTEST)
    most = max(1, *(point.total for point in points))
    span = (end - begin).total_seconds()

    def x(at: datetime) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (at - begin).total_seconds() / span, 1)

    def y(count: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * count / most, 1)

    done = _steps([(x(p.at), y(p.done)) for p in points], x(end))
    first, last = points[0], points[-1]
    said = (
        f"From {first.done} of {first.total} tasks on {_day(first.at)} "
        f"to {last.done} of {last.total} on {_day(last.at)}."
    )
    return BurnUp(
        scope=_steps([(x(p.at), y(p.total)) for p in points], x(end)),
        done=done,
        area=f"{done} V{y(0)} H{x(begin)} Z",
        heights=_heights(most, y),
        times=_times(begin, end, x),
        said=said,
    )


def _steps(places: Sequence[tuple[float, float]], end: float) -> str:
    """A line that stays at each height until the next place, and at the last until the end."""
    path = f"M{places[0][0]} {places[0][1]}"
    for across, down in places[1:]:
        path += f" H{across} V{down}"
    return f"{path} H{end}"


def _heights(most: int, y: Callable[[float], float]) -> tuple[Mark, ...]:
    step = max(1, -(-most // 4))
    return tuple(Mark(y(count), str(count)) for count in range(0, most + 1, step))


def _times(begin: datetime, end: datetime, x: Callable[[datetime], float]) -> tuple[Mark, ...]:
    pattern = "%H:%M" if end - begin < timedelta(days=1) else "%d %b %H:%M"
    # Marks of one day must not look the same.
    pattern = pattern if end - begin < timedelta(days=4) else "%d %b"
    thirds = (begin + (end - begin) * share / 3 for share in range(4))
    return tuple(Mark(x(at), at.strftime(pattern)) for at in thirds)


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")
