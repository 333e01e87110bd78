"""Plans, requests, repositories and the audit in SQL, inside a given transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attention import find_attention
from bot.github.snapshots import RepoRef
from bot.memory import AuditEntry, LinkedTask, PlanMemory, PullMemory, RequestMemory, SubjectKey
from bot.store.engine import upsert
from bot.store.records import AuditRow
from bot.store.tables import (
    audit,
    delivery_subjects,
    plan_pulls,
    plan_summaries,
    plans,
    repositories,
    requests,
)


def remember(connection: Connection, memory: PlanMemory | RequestMemory) -> None:
    if isinstance(memory, PlanMemory):
        _remember_plan(connection, memory)
    else:
        _keep(
            connection,
            requests,
            {"repository_id": memory.repository_id, "number": memory.number},
            {"state": memory.state, "memory": asdict(memory)},
        )


def _remember_plan(connection: Connection, plan: PlanMemory) -> None:
    where = {"repository_id": plan.repository_id, "path": plan.path}
    _keep(
        connection,
        plans,
        where,
        {"issue_number": plan.issue_number, "state": plan.state, "memory": asdict(plan)},
    )
    connection.execute(
        sa.update(plan_summaries)
        .where(
            plan_summaries.c.repository_id == plan.repository_id,
            plan_summaries.c.path == plan.path,
        )
        .values(state=plan.state, issue_number=plan.issue_number, **attention_values(plan))
    )
    connection.execute(
        sa.delete(plan_pulls).where(
            plan_pulls.c.repository_id == plan.repository_id, plan_pulls.c.path == plan.path
        )
    )
    if plan.pulls:
        numbers = sorted({pull.number for pull in plan.pulls})
        connection.execute(
            sa.insert(plan_pulls), [where | {"number": number} for number in numbers]
        )


def attention_values(plan: PlanMemory) -> dict[str, str]:
    """The columns of a plan's summary that say what waits for a person."""
    first = next(iter(find_attention(plan)), None)
    return {
        "attention": "" if first is None else first.kind,
        "attention_why": "" if first is None else first.why,
    }


def _keep(
    connection: Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any]
) -> None:
    insert = upsert(connection.engine, table).values(**key, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))


def plan(connection: Connection, repository_id: int, path: str) -> PlanMemory | None:
    query = sa.select(plans.c.memory).where(
        plans.c.repository_id == repository_id, plans.c.path == path
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _plan(found)


def plan_of_issue(connection: Connection, repository_id: int, number: int) -> PlanMemory | None:
    """The plan whose issue this is; an active one where several plans had the issue."""
    query = (
        sa.select(plans.c.memory)
        .where(plans.c.repository_id == repository_id, plans.c.issue_number == number)
        .order_by(sa.case((plans.c.state == "active", 0), else_=1), plans.c.path)
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _plan(found)


def all_plans(connection: Connection, repository_id: int | None) -> list[PlanMemory]:
    query = sa.select(plans.c.memory).order_by(plans.c.repository_id, plans.c.path)
    if repository_id is not None:
        query = query.where(plans.c.repository_id == repository_id)
    return [_plan(found) for found in connection.execute(query).scalars()]


def plan_paths(connection: Connection, repository_id: int) -> list[str]:
    query = (
        sa.select(plans.c.path).where(plans.c.repository_id == repository_id).order_by(plans.c.path)
    )
    return list(connection.execute(query).scalars())


def plan_paths_of_pull(connection: Connection, repository_id: int, number: int) -> list[str]:
    query = (
        sa.select(plan_pulls.c.path)
        .where(plan_pulls.c.repository_id == repository_id, plan_pulls.c.number == number)
        .order_by(plan_pulls.c.path)
    )
    return list(connection.execute(query).scalars())


def plan_paths_watching(
    connection: Connection, repository_id: int, words: Sequence[str]
) -> list[str]:
    """The plans that watch one of these words; a commit may be named by its first digits."""
    query = (
        sa.select(plans.c.path, plans.c.memory["watches"])
        .where(plans.c.repository_id == repository_id)
        .order_by(plans.c.path)
    )
    wanted = tuple(words)
    return [
        path
        for path, watched in connection.execute(query)
        if any(
            one == word or (word.startswith("merge:") and one.startswith(word))
            for one in watched or ()
            for word in wanted
        )
    ]


def plan_paths_under_way(connection: Connection, repository_id: int) -> list[str]:
    """The plans with open news of a pull request, or of a commit that reverts something."""
    about = delivery_subjects.c
    start = str(SubjectKey(repository_id, "plan"))
    query = (
        sa.select(about.subject)
        .distinct()
        .where(
            about.finished_at.is_(None),
            about.subject.startswith(start, autoescape=True),
            about.claim.like("pull:%") | about.claim.like("commit:%:undo:%"),
        )
    )
    found = connection.execute(query.order_by(about.subject)).scalars()
    return [subject.removeprefix(start) for subject in found]


def request(connection: Connection, repository_id: int, number: int) -> RequestMemory | None:
    query = sa.select(requests.c.memory).where(
        requests.c.repository_id == repository_id, requests.c.number == number
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else RequestMemory(**_known(RequestMemory, found))


def repo(connection: Connection, repository_id: int) -> RepoRef | None:
    columns = (repositories.c.id, repositories.c.full_name, repositories.c.installation_id)
    query = sa.select(*columns).where(repositories.c.id == repository_id)
    found = connection.execute(query).one_or_none()
    return None if found is None else RepoRef(*found)


def repos(connection: Connection) -> list[RepoRef]:
    columns = (repositories.c.id, repositories.c.full_name, repositories.c.installation_id)
    query = sa.select(*columns).order_by(repositories.c.full_name)
    return [RepoRef(*found) for found in connection.execute(query)]


def record_audit(
    connection: Connection, entries: Iterable[AuditEntry], deliveries: Sequence[int], at: datetime
) -> None:
    rows = [asdict(entry) | {"at": at, "deliveries": list(deliveries)} for entry in entries]
    if rows:
        connection.execute(sa.insert(audit), rows)


def audit_rows(
    connection: Connection, subject: SubjectKey | None, before: int | None, limit: int
) -> list[AuditRow]:
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(audit.c.subject == str(subject))
    if before is not None:
        query = query.where(audit.c.id < before)
    names = [field.name for field in fields(AuditEntry)]
    return [
        AuditRow(
            row.id,
            row.at,
            AuditEntry(**{name: getattr(row, name) for name in names}),
            tuple(row.deliveries),
        )
        for row in connection.execute(query)
    ]


def _plan(stored: Mapping[str, Any]) -> PlanMemory:
    known = _known(PlanMemory, stored)
    known["pulls"] = tuple(_pull(pull) for pull in known.get("pulls", ()))
    return PlanMemory(**known)


def _pull(stored: Mapping[str, Any]) -> PullMemory:
    known = _known(PullMemory, stored)
    known["links"] = tuple(
        LinkedTask(**_known(LinkedTask, link)) for link in known.get("links", ())
    )
    return PullMemory(**known)


def _known(kind: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What was stored, as the dataclass has it now; JSON has no tuples and knows no new fields."""
    names = {field.name for field in fields(kind)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
        if name in names
    }
