"""Spoiled feature plans and user stories."""

from __future__ import annotations

from tests.formats.spoiled import FEATURE, SPEC, STORY, Case

CASES = [
    Case(
        "plan.placeholder",
        FEATURE,
        (("- Median wait under 15", "- [Metric 1]\n- Median"),),
        "- [Metric",
    ),
    Case(
        "plan.placeholder", SPEC, (('project: "atlas"', 'project: "{PROJECT_NAME}"'),), "project:"
    ),
    Case(
        "plan.undecided",
        STORY,
        (("**Status**: In Progress", "**Status**: Draft | Planning"),),
        "**Stat",
    ),
    Case("plan.undecided", FEATURE, (("| Med | High |", "| High/Low | High |"),), "| Printers"),
    Case("plan.example-row", FEATURE, (("| Desks go back to", "| [Risk] |"),), "| [Risk]"),
    Case(
        "plan.label-long",
        FEATURE,
        ((">Labels: plan, feature", ">Labels: plan, " + "very " * 12 + "long"),),
        ">Labels",
    ),
    Case(
        "plan.assignee-unknown",
        FEATURE,
        ((">Assignees: jonas-w", ">Assignees: Jonas Weber"),),
        ">Assignees",
    ),
    Case(
        "plan.bare-na",
        STORY,
        (
            (
                "N/A — the carrier's scan message already has a free reference "
                "field, which holds the code.",
                "N/A",
            ),
        ),
        "### Protocol",
    ),
    Case(
        "plan.bare-na",
        FEATURE,
        ((" — N/A: one site goes live this year", " — N/A"),),
        "- [ ] Load of",
    ),
    Case(
        "feature.artifact-missing",
        FEATURE,
        (),
        "- `plan_docs/tech-stack.md`",
        facts={"exists": lambda path: "tech-stack" not in path},
    ),
    Case(
        "feature.regression-incomplete", FEATURE, ((" — print both on the bench", ""),), "- Badge"
    ),
    Case("feature.risk-level", FEATURE, (("| High | Low |", "| Huge | Low |"),), "| Desks"),
    Case(
        "feature.component-change", FEATURE, (("None but a new printer template", ""),), "| badge"
    ),
    Case("feature.phase-order", FEATURE, (), "- [ ] Load of", facts={"phase_order": True}),
    Case("story.validation-failed", STORY, (("PASS", "FAIL"),), "**Result**"),
    Case(
        "story.status-word",
        STORY,
        (("**Status**: In Progress", "**Status**: Cooking"),),
        "**Status**",
    ),
    Case(
        "story.status-differs",
        STORY,
        (("**Status**: In Progress", "**Status**: Ready"),),
        "**Status**",
    ),
    Case(
        "story.assumption-reason",
        STORY,
        (("The carrier's contract of 2024 demands it", "—"),),
        "| 1 | Every",
    ),
    Case(
        "story.question-pending",
        STORY,
        (("| Answered | Yes, the", "| Pending | Yes, the"),),
        "| 1 | May",
    ),
    Case(
        "story.question-status",
        STORY,
        (("| Answered | Yes, the", "| Maybe | Yes, the"),),
        "| 1 | May",
    ),
    Case(
        "story.question-unanswered", STORY, (("Yes, the depot is only a default", ""),), "| 1 | May"
    ),
    Case(
        "story.duplicate-number",
        STORY,
        (("| 2 | Sign and verify codes | | [", "| 1 | Sign and verify codes | | ["),),
        "| 1 | Sign",
        with_it=frozenset({"story.tracking-missing"}),
    ),
    Case(
        "story.dependency-unknown",
        STORY,
        (("| 2, 3 | code, op", "| 2, 9 | code, op"),),
        "| 5 | Scan",
    ),
    Case("story.dependency-cycle", STORY, (("| dba | — |", "| dba | 5 |"),), "| 1 | Table"),
    Case(
        "story.row-status", STORY, (("| code | Pending |", "| code | Someday |"),), "| 4 | Button"
    ),
    Case(
        "story.row-status",
        STORY,
        (("shop | | | Pending |", "shop | | | Someday |"),),
        "| 4 | Button",
    ),
    Case("story.requirement-uncovered", STORY, (("| R-3 | 2, 6 |", "| R-3 | |"),), "- [ ] R-3"),
    Case(
        "story.requirement-unknown",
        STORY,
        (("| R-3 | 2, 6 |", "| R-3 | 2, 6 |\n| R-8 | 2 |"),),
        "| R-8",
    ),
    Case("story.coverage-unknown-task", STORY, (("| R-3 | 2, 6 |", "| R-3 | 2, 7 |"),), "| R-3"),
    Case(
        "story.coverage-unknown-task",
        STORY,
        (("| Database | 1 |", "| Database | 1, 8 |"),),
        "| Data",
    ),
    Case(
        "story.aspect-uncovered",
        STORY,
        (("| Deployment | | N/A |", "| Deployment | | |"),),
        "| Depl",
    ),
    Case("story.aspect-uncovered", STORY, (("| Deployment | | N/A |\n", ""),), "### Aspect"),
    Case(
        "story.aspect-differs", STORY, (("| code, observability |", "| code |"),), "| 3 | Endpoint"
    ),
    Case("story.scenario-requirement", STORY, ((" is refused (R-3)", " is refused"),), "  - Late"),
    Case(
        "story.scenario-requirement",
        STORY,
        ((" is refused (R-3)", " is refused (R-7)"),),
        "  - Late",
    ),
    Case(
        "story.cross-cutting-empty",
        STORY,
        (("Codes are single use, 128 bits, and rate-limited to five per return.", ""),),
        "### Security",
    ),
    Case(
        "story.cross-cutting-empty",
        STORY,
        ((" switch the flag off; codes already issued stay valid until they expire", ""),),
        "- **Rollback**",
    ),
    Case(
        "story.specialist-unknown", STORY, (("| web-shop | 3 |", "| nobody | 3 |"),), "| 4 | Button"
    ),
    Case(
        "story.tracking-orphan",
        STORY,
        (("\n---\n\n## Revisions", "| 9 | Old | | | Pending |\n\n---\n\n## Revisions"),),
        "| 9 | Old",
    ),
    Case(
        "story.tracking-missing",
        STORY,
        (("| 6 | Scenarios against the carrier's sandbox | | | Pending |\n", ""),),
        "| 6 | Scenarios",
    ),
]
