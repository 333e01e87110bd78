"""Counters that every process adds to, so that they survive it and one page shows them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.connection import Transactions
from bot.store.engine import upsert
from bot.store.tables import tallies


@dataclass(frozen=True, slots=True)
class Tallied:
    """A series: its name, its labels, the sum or newest value, and when that was."""

    name: str
    labels: Mapping[str, str]
    value: float
    at: datetime


Series = tuple[str, tuple[tuple[str, str], ...]]
"""A name with its labels, sorted."""


class Tallying:
    """The part of ``Store`` for numbers; each method is a transaction."""

    _db: Transactions

    def add_tallies(
        self,
        counted: Mapping[Series, float],
        gauges: Mapping[Series, float],
        now: datetime,
    ) -> None:
        """Add what was counted since the last time, and replace the gauges."""
        if not counted and not gauges:
            return
        insert = upsert(self._db.engine, tallies)
        with self._db.write() as connection:
            for rows, value in (
                (counted, tallies.c.value + insert.excluded.value),
                (gauges, insert.excluded.value),
            ):
                if rows:
                    connection.execute(
                        insert.on_conflict_do_update(
                            index_elements=["name", "labels"], set_={"value": value, "at": now}
                        ),
                        [_row(series, number, now) for series, number in sorted(rows.items())],
                    )

    def tallies(self) -> list[Tallied]:
        """Every series, by name and labels."""
        with self._db.read() as connection:
            query = sa.select(tallies).order_by(tallies.c.name, tallies.c.labels)
            return [
                Tallied(row.name, json.loads(row.labels), row.value, row.at)
                for row in connection.execute(query)
            ]

    def forget_gauges(self, names: Iterable[str], before: datetime) -> None:
        """Delete series of these names that nobody renewed since then."""
        with self._db.write() as connection:
            connection.execute(
                sa.delete(tallies).where(tallies.c.name.in_(list(names)), tallies.c.at < before)
            )


def _row(series: Series, value: float, now: datetime) -> dict[str, object]:
    name, labels = series
    return {"name": name, "labels": json.dumps(dict(labels)), "value": value, "at": now}
