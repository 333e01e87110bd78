"""What the pages need of SQL: lists of plans, and how far they were when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attention import remedy_of
from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, RequestMemory
from bot.plans.cellwords import STATUS_WORDS
from bot.standing import PlanSummary, digest_of, summary_of
from bot.store.choices import choices
from bot.store.connection import Transactions
from bot.store.engine import upsert
from bot.store.remembered import attention_values
from bot.store.remembered import plan as remembered_plan
from bot.store.tables import plan_progress, plan_summaries, plans, repositories, subjects

_CLOSED = ("Complete",)
_STANDING = ("active", "detached")
"""States of plans whose file is there."""


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which plans: every field that is "" or None lets all through.

    ``repositories`` are the ids that may be seen (None: all); ``open`` leaves out complete plans,
    ``waits`` all but those that wait for a person: stopped, paused, in conflict, held, or parked.
    Plans that are gone are in no list, but for those of which somebody is asked what to do.
    """

    repositories: frozenset[int] | None = None
    repository: str = ""
    format: str = ""
    status: str = ""
    words: str = ""
    open: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan in a list. ``compared_at`` is when both sides were last read; ``parked`` says why
    the plan is not worked on, "" when it is; ``attention`` is the kind of what waits for a person
    (``bot.attention``), "" when nothing does, and ``attention_why`` says it in a sentence."""

    repository_id: int
    repository: str
    path: str
    issue_number: int | None
    state: str
    summary: PlanSummary
    compared_at: datetime | None = None
    parked: str = ""
    attention: str = ""
    attention_why: str = ""

    @property
    def remedy(self) -> str:
        """What ends it that the plan waits for a person, "" when it does not."""
        return remedy_of(self.attention, self.state)


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Some plans of a list, how many there are, and how many by format, status, repository.

    The counts by one property leave the filter for that property out.
    """

    rows: tuple[PlanRow, ...]
    total: int
    formats: dict[str, int]
    statuses: dict[str, int]
    repositories: dict[str, int]


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """How many of a plan's tasks were settled since that time."""

    at: datetime
    done: int
    total: int


class Pages:
    """The part of ``Store`` for the pages; each method is a transaction."""

    _db: Transactions

    def plan_page(
        self, wanted: PlanFilter, *, limit: int = 50, offset: int = 0, counts: bool = True
    ) -> PlanPage:
        """Plans by repository and path, and how many there are of each kind.

        Without ``counts`` formats and repositories are not counted, which is quicker.
        """
        with self._db.read() as connection:
            return plan_page(connection, wanted, limit, offset, counts)

    def plan_row(self, repository_id: int, path: str) -> PlanRow | None:
        """One plan as a list would show it; None where none is remembered or summarised."""
        with self._db.read() as connection:
            query = _rows().where(
                plan_summaries.c.repository_id == repository_id, plan_summaries.c.path == path
            )
            rows = _with_times(connection, connection.execute(query))
        return rows[0] if rows else None

    def waiting_plans(self, limit: int) -> tuple[int, list[PlanRow]]:
        """How many plans wait for a person, parked ones apart, and the first of them."""
        asks = [plan_summaries.c.attention != "", *_where(PlanFilter())]
        with self._db.read() as connection:
            count = sa.select(sa.func.count()).select_from(plan_summaries).where(*asks)
            total = connection.execute(count).scalar_one()
            query = _rows().where(*asks).limit(limit)
            return total, _with_times(connection, connection.execute(query)) if total else []

    def waiting_kinds(self) -> dict[str, int]:
        """How many plans wait for a person, by the kind of what waits."""
        kind = plan_summaries.c.attention
        query = sa.select(kind, sa.func.count()).where(kind != "", *_where(PlanFilter()))
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(kind))}

    def repositories_with_plans(self) -> list[RepoRef]:
        """Every repository that has a plan, by name."""
        with self._db.read() as connection:
            ids = sa.select(plan_summaries.c.repository_id).distinct()
            columns = (repositories.c.id, repositories.c.full_name, repositories.c.installation_id)
            query = sa.select(*columns).where(repositories.c.id.in_(ids))
            found = connection.execute(query.order_by(repositories.c.full_name))
            return [RepoRef(*row) for row in found]

    def repo_named(self, full_name: str) -> RepoRef | None:
        """The repository with this name, in whatever case; None when it is not known."""
        columns = (repositories.c.id, repositories.c.full_name, repositories.c.installation_id)
        query = sa.select(*columns).where(
            sa.func.lower(repositories.c.full_name) == full_name.lower()
        )
        with self._db.read() as connection:
            # A name can be given to another repository later: the newest delivery knows.
            found = connection.execute(query.order_by(repositories.c.delivery_id.desc())).first()
        return None if found is None else RepoRef(*found)

    def progress_of(self, repository_id: int, path: str, limit: int = 1000) -> list[ProgressPoint]:
        """How a plan's counts changed, oldest first; the newest ``limit`` changes."""
        columns = (plan_progress.c.at, plan_progress.c.done, plan_progress.c.total)
        query = (
            sa.select(*columns)
            .where(plan_progress.c.repository_id == repository_id, plan_progress.c.path == path)
            .order_by(plan_progress.c.id.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [ProgressPoint(*row) for row in connection.execute(query)][::-1]

    def new_summaries(
        self, remembered: Iterable[PlanMemory | RequestMemory], at: datetime
    ) -> list[tuple[PlanMemory, PlanSummary]]:
        """The summaries that are not stored yet, worked out outside any writing transaction."""
        memories = [memory for memory in remembered if isinstance(memory, PlanMemory)]
        if not memories:
            return []
        with self._db.read() as connection:
            known = [
                (memory, _digest(connection, memory), _statuses(connection, memory.repository_id))
                for memory in memories
            ]
        return [
            (memory, summary_of(memory, at.date(), statuses))
            for memory, digest, statuses in known
            if digest != digest_of(memory, at.date(), statuses)
        ]

    def fill_summaries(self, now: datetime, limit: int = 20) -> int:
        """Summarise plans that have no summary yet; gives how many are left without one."""
        with self._db.read() as connection:
            keys = without_summary(connection)
            found = [remembered_plan(connection, *key) for key in keys[:limit]]
        made = self.new_summaries([memory for memory in found if memory is not None], now)
        if made:
            with self._db.write() as connection:
                keep_summaries(connection, made, now)
        return max(0, len(keys) - limit)


def keep_summaries(
    connection: Connection, made: Sequence[tuple[PlanMemory, PlanSummary]], at: datetime
) -> None:
    """Store summaries, and a point of the chart for each whose counts changed."""
    for memory, summary in made:
        where = {"repository_id": memory.repository_id, "path": memory.path}
        known = sa.select(plan_summaries.c.done, plan_summaries.c.total)
        before = connection.execute(known.filter_by(**where)).one_or_none()
        values = asdict(summary) | {
            "state": memory.state,
            "issue_number": memory.issue_number,
            "words": words_of(memory, summary),
            **attention_values(memory),
        }
        insert = upsert(connection.engine, plan_summaries).values(**where, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=list(where), set_=values))
        counts = (summary.done, summary.total)
        if memory.state in _STANDING and (before is None or tuple(before) != counts):
            point = where | {"at": at, "done": summary.done, "total": summary.total}
            connection.execute(sa.insert(plan_progress).values(**point))


def follow_move(connection: Connection, remembered: Iterable[PlanMemory | RequestMemory]) -> None:
    """Let a plan's chart go with its file, when the file was moved."""
    memories = [memory for memory in remembered if isinstance(memory, PlanMemory)]
    left = [memory for memory in memories if memory.state == "moved"]
    there = [memory for memory in memories if memory.state != "moved"]
    if len(left) == 1 and len(there) == 1:
        connection.execute(
            sa.update(plan_progress)
            .where(
                plan_progress.c.repository_id == left[0].repository_id,
                plan_progress.c.path == left[0].path,
            )
            .values(repository_id=there[0].repository_id, path=there[0].path)
        )


def words_of(memory: PlanMemory, summary: PlanSummary) -> str:
    """What a search looks through, without regard to case."""
    number = f"#{memory.issue_number}" if memory.issue_number else ""
    parts = (summary.title, memory.path, summary.format, summary.next, summary.blocker, number)
    return " ".join(parts).casefold()


def without_summary(connection: Connection) -> list[tuple[int, str]]:
    joined = sa.and_(
        plan_summaries.c.repository_id == plans.c.repository_id,
        plan_summaries.c.path == plans.c.path,
    )
    query = (
        sa.select(plans.c.repository_id, plans.c.path)
        .outerjoin(plan_summaries, joined)
        .where(plan_summaries.c.path.is_(None))
        .order_by(plans.c.repository_id, plans.c.path)
    )
    return [(row.repository_id, row.path) for row in connection.execute(query)]


def plan_page(
    connection: Connection, wanted: PlanFilter, limit: int, offset: int, counts: bool
) -> PlanPage:
    def counted(column: sa.ColumnElement[str], without: PlanFilter) -> dict[str, int]:
        query = sa.select(column, sa.func.count()).select_from(plan_summaries)
        query = query.join(repositories, repositories.c.id == plan_summaries.c.repository_id)
        query = query.where(*_where(without)).group_by(column).order_by(column)
        return {row[0]: row[1] for row in connection.execute(query)}

    statuses = counted(plan_summaries.c.status, replace(wanted, status=""))
    query = _rows().where(*_where(wanted)).limit(limit).offset(offset)
    formats, named = plan_summaries.c.format, repositories.c.full_name
    return PlanPage(
        rows=tuple(_with_times(connection, connection.execute(query))),
        total=statuses.get(wanted.status, 0) if wanted.status else sum(statuses.values()),
        formats=counted(formats, replace(wanted, format="")) if counts else {},
        statuses=statuses,
        repositories=counted(named, replace(wanted, repository="")) if counts else {},
    )


def _rows() -> sa.Select[Any]:
    return (
        sa.select(plan_summaries, repositories.c.full_name)
        .join(repositories, repositories.c.id == plan_summaries.c.repository_id)
        .order_by(repositories.c.full_name, plan_summaries.c.path)
    )


def _where(wanted: PlanFilter) -> list[sa.ColumnElement[bool]]:
    asks = plan_summaries.c.attention != ""
    there = plan_summaries.c.state.in_(_STANDING)
    found = [sa.or_(there, sa.and_(plan_summaries.c.state == "deleted", asks))]
    if wanted.waits:
        found.append(sa.or_(asks, _key().in_(_parked_keys())))
    if wanted.repositories is not None:
        found.append(plan_summaries.c.repository_id.in_(sorted(wanted.repositories)))
    if wanted.repository:
        found.append(sa.func.lower(repositories.c.full_name) == wanted.repository.lower())
    if wanted.format:
        found.append(plan_summaries.c.format == wanted.format)
    if wanted.status:
        found.append(plan_summaries.c.status == wanted.status)
    if wanted.open:
        found.append(plan_summaries.c.status.not_in(_CLOSED))
    for word in wanted.words.casefold().split()[:10]:
        found.append(
            sa.or_(
                plan_summaries.c.words.contains(word, autoescape=True),
                sa.func.lower(repositories.c.full_name).contains(word, autoescape=True),
            )
        )
    return found


def _with_times(connection: Connection, found: Iterable[Any]) -> list[PlanRow]:
    """The rows as values, with what other tables know of them."""
    rows = list(found)
    keys = [(row.repository_id, row.path) for row in rows]
    compared = _compared(connection, keys)
    parked = _parked(connection, [f"plan:{number}:{path}" for number, path in keys])
    names = PlanSummary.__slots__
    return [
        PlanRow(
            repository_id=row.repository_id,
            repository=row.full_name,
            path=row.path,
            issue_number=row.issue_number,
            state=row.state,
            summary=PlanSummary(**{name: getattr(row, name) for name in names}),
            compared_at=compared.get((row.repository_id, row.path)),
            parked=parked.get(f"plan:{row.repository_id}:{row.path}", ""),
            attention=row.attention,
            attention_why=row.attention_why,
        )
        for row in rows
    ]


def _compared(
    connection: Connection, keys: Collection[tuple[int, str]]
) -> dict[tuple[int, str], datetime | None]:
    query = sa.select(plans.c.repository_id, plans.c.path, plans.c.compared_at).where(
        sa.tuple_(plans.c.repository_id, plans.c.path).in_(list(keys))
    )
    return {(row.repository_id, row.path): row.compared_at for row in connection.execute(query)}


def _parked(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    query = sa.select(subjects.c.key, subjects.c.reason).where(
        subjects.c.key.in_(list(keys)), subjects.c.parked_at.is_not(None)
    )
    return {row.key: row.reason or "parked" for row in connection.execute(query)}


def _parked_keys() -> sa.Select[Any]:
    return sa.select(subjects.c.key).where(subjects.c.parked_at.is_not(None))


def _key() -> sa.ColumnElement[str]:
    """The key of the subject that a summary is about."""
    number = sa.cast(plan_summaries.c.repository_id, sa.String)
    return sa.literal("plan:") + number + ":" + plan_summaries.c.path


def _statuses(connection: Connection, repository_id: int) -> Mapping[str, str]:
    chosen = choices(connection, repository_id)
    return STATUS_WORDS if chosen is None else chosen.config.statuses


def _digest(connection: Connection, memory: PlanMemory) -> str | None:
    query = sa.select(plan_summaries.c.digest).where(
        plan_summaries.c.repository_id == memory.repository_id,
        plan_summaries.c.path == memory.path,
    )
    return connection.execute(query).scalar_one_or_none()
