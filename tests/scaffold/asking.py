"""A request, and the values and templates that a new plan is made of."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.plans.scaffold import SIBLING_TEMPLATES, PlanValues, Scaffold, scaffold
from bot.plans.scaffold import values_from_request as read_values
from bot.templates import read_template

CREATED = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)
FORMATS = ("feature-plan", "user-story", "task-plan", "implementation-plan", "track-spec")


def asked(
    format: str, title: str = "Full-text search", body: str = "", number: int | None = 7
) -> tuple[PlanValues, list[str]]:
    """The values of a request by octocat in acme/library."""
    return read_values(
        title=title,
        body=body,
        author="octocat",
        repository="acme/library",
        number=number,
        created_at=CREATED,
        format=format,
        branch="main",
        commit="3f2a" * 10,
        commit_date="2026-11-20T09:00:00Z",
        commit_message='Say "hi" and \\ bye\n\nThe body.',
    )


def made(
    format: str,
    title: str = "Full-text search",
    *,
    body: str = "",
    template: str | None = None,
    existing: dict[str, str | None] | None = None,
    as_plan: str | None = None,
) -> Scaffold:
    """The scaffold of that request, from our own templates where none is given."""
    values, _ = asked(format, title, body)
    return scaffold(
        format,
        values,
        template if template is not None else read_template("plans", f"{format}.md"),
        siblings={name: read_template("plans", name) for name in SIBLING_TEMPLATES.get(format, ())},
        existing=existing,
        body=as_plan,
    )
