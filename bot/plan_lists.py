"""A plan of a list as programs read it: the same from the web and from the command line."""

from __future__ import annotations

from urllib.parse import quote

from bot.store.pages import PlanRow


def plan_path(repository: str, path: str) -> str:
    """The address of a plan's page."""
    return f"/plans/{quote(repository)}/{quote(path)}"


def plan_json(row: PlanRow) -> dict[str, object]:
    """A plan as ``/api/plans`` and ``plansync status --all --json`` tell it."""
    summary = row.summary
    return {
        "repository": row.repository,
        "path": row.path,
        "title": summary.title,
        "format": summary.format,
        "status": summary.status,
        "progress": {"done": summary.done, "total": summary.total},
        "next": summary.next or None,
        "blockers": summary.blockers,
        "blocker": summary.blocker or None,
        "issue": row.issue_number,
        "parked": row.parked or None,
        "attention": row.attention or None,
        "attention_why": row.attention_why or None,
        "remedy": row.remedy or None,
        "compared_at": row.compared_at.isoformat() if row.compared_at else None,
        "page": plan_path(row.repository, row.path),
    }
