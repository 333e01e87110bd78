"""What is found in feature plans."""

from __future__ import annotations

from collections.abc import Iterator

from bot.plans.formats.feature_plan import level_of
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.model import Problem


def findings(context: Context) -> Iterator[Problem]:
    """Everything that is particular to feature plans."""
    yield from _artifacts(context)
    yield from _regressions(context)
    yield from _tables(context)
    if context.phase_order:
        yield from _phase_order(context)


def _artifacts(context: Context) -> Iterator[Problem]:
    for artifact in context.plan.artifacts:
        if context.is_named_there(artifact.path, "docs/") is False:
            yield finding(
                "feature.artifact-missing",
                f"`{artifact.path}` is named as a supporting artifact but is not there.",
                "Add it (at this path or under `docs/`), or take it off the list.",
                artifact.line,
            )


def _regressions(context: Context) -> Iterator[Problem]:
    for entry in context.plan.regressions:
        parts = {"impact": entry.impact, "mitigation or test": entry.mitigation}
        missing = [name for name, value in parts.items() if not value]
        if missing:
            yield finding(
                "feature.regression-incomplete",
                f"The entry “{entry.area}” has no {' and no '.join(missing)}.",
                "Write it as `area — impact — mitigation or test`.",
                entry.line,
            )


def _tables(context: Context) -> Iterator[Problem]:
    for risk in context.plan.risks:
        for name, word in (("impact", risk.impact_word), ("likelihood", risk.likelihood_word)):
            if word and level_of(word) is None and "/" not in word:
                yield finding(
                    "feature.risk-level",
                    f"The {name} “{word}” is none of High, Med and Low.",
                    "Use one of the three.",
                    risk.line,
                )
    for component in context.plan.components:
        if not component.change:
            yield finding(
                "feature.component-change",
                f"The planned change of “{component.name}” is not said.",
                "Say what changes, or take the component off the table.",
                component.line,
            )


def _phase_order(context: Context) -> Iterator[Problem]:
    phases = [group for group in context.plan.groups if group.kind == "phase" and group.tasks]
    waiting = None
    for phase in phases:
        done = [task for task in phase.tasks if task.settled]
        if waiting is not None and done:
            yield finding(
                "feature.phase-order",
                f"{phase.title} has ticks although {waiting.title} is not done.",
                "Nothing has to be done; phases may overlap.",
                done[0].line,
            )
        if waiting is None and not phase.complete:
            waiting = phase
