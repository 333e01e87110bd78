"""What is found in feature plans."""

from __future__ import annotations

from collections.abc import Iterator

from bot.plans.document import Document
from bot.plans.formats.feature_plan import level_of
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.model import Problem, Severity
from bot.plans.paths import RESERVED
from bot.plans.placeholders import placeholder_spans, prose_chunks

# Half of the placeholders that the format as it was handed over has.
_HALF_FILLED = 17


def findings(context: Context) -> Iterator[Problem]:
    """Everything that is particular to feature plans."""
    yield from _artifacts(context)
    yield from _regressions(context)
    yield from _tables(context)
    if context.phase_order:
        yield from _phase_order(context)


def _artifacts(context: Context) -> Iterator[Problem]:
    begun: bool | None = None
    for artifact in context.plan.artifacts:
        if context.is_named_there(artifact.path, "docs/") is False:
            if begun is None:
                begun = _is_half_filled(context.document)
            # The template names these three itself, so a plan just made is not to blame.
            own = begun or artifact.path.casefold() not in RESERVED
            yield finding(
                "feature.artifact-missing",
                f"`{artifact.path}` is named as a supporting artifact but is not there.",
                "Add it (at this path or under `docs/`), or take it off the list.",
                artifact.line,
                severity=None if own else Severity.NOTE,
            )


def _is_half_filled(document: Document) -> bool:
    waiting = 0
    for chunk in prose_chunks(document):
        waiting += len(placeholder_spans(chunk.of(document.text)))
        if waiting >= _HALF_FILLED:
            return False
    return True


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
